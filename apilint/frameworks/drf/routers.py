"""Routers: registered viewsets -> URL patterns, as rest_framework.routers and drf-nested-routers make them."""

from __future__ import annotations

import msgspec

from apilint.facts import Span
from apilint.frameworks.arguments import by_name
from apilint.frameworks.django.patterns import Pattern, Several
from apilint.frameworks.drf import registered as registered_below
from apilint.frameworks.drf.viewsets import Viewset, segment
from apilint.startup import attributes
from apilint.startup.core import Core, Extensions
from apilint.startup.values import (
    NONE,
    Attr,
    Choice,
    ClassValue,
    External,
    FunctionValue,
    Instance,
    Known,
    Mapping,
    Result,
    Seq,
    Setting,
    Unknown,
    Value,
    constant,
    text_of,
    unwrap,
)

Object = Result | Instance
SIMPLE = ("rest_framework.routers.SimpleRouter", "rest_framework.routers.BaseRouter")
DEFAULT = ("rest_framework.routers.DefaultRouter",)
NESTED = (
    "rest_framework_nested.routers.NestedSimpleRouter",
    "rest_framework_nested.routers.NestedDefaultRouter",
    "rest_framework_nested.routers.NestedMixin",
)
OTHERS = (
    "rest_framework_nested.routers.SimpleRouter",
    "rest_framework_nested.routers.DefaultRouter",
    "rest_framework_extensions.routers.ExtendedSimpleRouter",
    "rest_framework_extensions.routers.ExtendedDefaultRouter",
    "rest_framework_bulk.routes.BulkRouter",
)
BULK = "rest_framework_bulk.routes.BulkRouter"
ROUTERS = (*SIMPLE, *DEFAULT, *NESTED, *OTHERS)
_BASES = {
    "views": ("APIView",),
    "viewsets": ("ViewSetMixin", "ViewSet", "GenericViewSet", "ReadOnlyModelViewSet", "ModelViewSet"),
    "mixins": ("CreateModelMixin", "ListModelMixin", "RetrieveModelMixin", "UpdateModelMixin", "DestroyModelMixin"),
    "generics": (
        "GenericAPIView", "CreateAPIView", "ListAPIView", "RetrieveAPIView", "DestroyAPIView", "UpdateAPIView",
        "ListCreateAPIView", "RetrieveUpdateAPIView", "RetrieveDestroyAPIView", "RetrieveUpdateDestroyAPIView",
    ),
}  # fmt: skip
VIEW_CLASSES = tuple(f"rest_framework.{module}.{name}" for module, names in _BASES.items() for name in names)
OFFERED = frozenset(
    """
    action action_map allowed_methods args as_view authentication_classes basename check_object_permissions
    check_permissions check_throttles content_negotiation_class create default_response_headers description destroy
    detail determine_version dispatch filter_backends filter_queryset finalize_response format_kwarg get_authenticators
    get_authenticate_header get_content_negotiator get_exception_handler get_extra_action_url_map get_extra_actions
    get_format_suffix get_object get_paginated_response get_parsers get_permissions get_queryset get_renderers
    get_serializer get_serializer_class get_serializer_context get_success_headers get_throttles get_view_description
    get_view_name handle_exception headers http_method_names http_method_not_allowed initial initialize_request kwargs
    list lookup_field lookup_url_kwarg metadata_class name options paginate_queryset pagination_class paginator
    parser_classes partial_update perform_authentication perform_content_negotiation perform_create
    perform_destroy perform_update
    permission_classes permission_denied queryset raise_uncaught_exception renderer_classes request response retrieve
    reverse_action schema serializer_class settings setup suffix throttle_classes throttled update versioning_class
    view_is_async
    """.split()
)
SAFE_METHODS = "rest_framework.permissions.SAFE_METHODS"
ROUTE = "rest_framework.routers.Route"
DYNAMIC_ROUTE = (
    "rest_framework.routers.DynamicRoute",
    "rest_framework.routers.DynamicListRoute",
    "rest_framework.routers.DynamicDetailRoute",
)

LIST = {"get": "list", "post": "create"}
DETAIL = {"get": "retrieve", "put": "update", "patch": "partial_update", "delete": "destroy"}
BULK_LIST = {**LIST, "put": "bulk_update", "patch": "partial_bulk_update", "delete": "bulk_destroy"}


class Route(msgspec.Struct):
    """A row of a router's `routes`; `mapping` is None for a dynamic one, which stands for the viewset's actions."""

    url: str
    mapping: dict[str, str] | None
    detail: bool


ROUTES = (
    Route("^{prefix}{trailing_slash}$", LIST, False),
    Route("^{prefix}/{url_path}{trailing_slash}$", None, False),
    Route("^{prefix}/{lookup}{trailing_slash}$", DETAIL, True),
    Route("^{prefix}/{lookup}/{url_path}{trailing_slash}$", None, True),
)
BULK_ROUTES = (Route(ROUTES[0].url, BULK_LIST, False), *ROUTES[1:])


class RouterUrls(Several):
    """`router.urls`: asked for when all registrations are done."""

    def __init__(self, router: Object, span: Span, *, is_super: bool = False) -> None:
        self.router = router
        self.span = span
        self.is_super = is_super

    def patterns(self, machine: Core) -> list[Pattern]:
        """The router's patterns, in its order."""
        own = None if self.is_super else _own_method(machine, self.router, "get_urls")
        if own is not None:
            found: list[Pattern] = []
            for item in _flat(machine.call(own, [], {}, self.span)):
                if isinstance(item, Pattern):
                    found.append(item)
                elif isinstance(item, Several):
                    found += item.patterns(machine)
            return found
        return Urls(machine, self.router, self.span).patterns()


def _flat(value: Value) -> list[Value]:
    if isinstance(value, Choice):
        return [item for option in value.options for item in _flat(option)]
    return value.items if isinstance(value, Seq) else [value]


def _own_method(machine: Core, router: Value, name: str) -> FunctionValue | None:
    if not isinstance(router, Instance):
        return None
    found = attributes.own(machine, router.cls, name)
    target = unwrap(found) if found is not None else None
    return FunctionValue(target.function, target.env, router) if isinstance(target, FunctionValue) else None


# ------------------------------------------------------------------------------------------ at start-up


def teach(machine: Core) -> None:
    """Let the machine keep what is registered with routers."""
    extensions: Extensions = machine.extensions
    machine.substitutes[SAFE_METHODS] = Seq("tuple", [Known(method) for method in ("GET", "HEAD", "OPTIONS")])
    for name in VIEW_CLASSES:
        extensions.attributes[name] = OFFERED
        extensions.properties[f"{name}.lookup_field"] = lambda machine, base, span: Known("pk")
        extensions.properties[f"{name}.lookup_url_kwarg"] = lambda machine, base, span: NONE
    for name in ROUTERS:
        extensions.methods[f"{name}.__init__"] = _init
        extensions.methods[f"{name}.register"] = _register
        extensions.methods[f"{name}.get_urls"] = _get_urls
        extensions.properties[f"{name}.urls"] = _urls
        extensions.properties[f"{name}.registry"] = _registry_property


def _init(machine: Core, router: Value, args: list[Value], kwargs: dict[str, Value], span: Span) -> Value | None:
    if isinstance(router, (Result, Instance)):
        registry_of(router)
        slash = kwargs.get("trailing_slash")
        if slash is None and args and isinstance(args[0], Known) and isinstance(args[0].value, bool):
            slash = args[0]
        if slash is not None and constant(slash) is not None:
            router.attrs["trailing_slash"] = Known("/" if constant(slash) else "")
        for key in ("include_root_view", "use_regex_path"):
            if key in kwargs:
                router.attrs[key] = kwargs[key]
        names = attributes.library_names(machine, router)
        if any(name in NESTED for name in names):
            given = by_name(("parent_router", "parent_prefix"), args, kwargs)
            router.attrs.update({f"nested {key}": value for key, value in given.items()})
    return NONE


def registry_of(router: Object) -> Seq:
    """What is registered: tuples of prefix, viewset and basename."""
    found = router.attrs.get("registry")
    if not isinstance(found, Seq):
        found = router.attrs["registry"] = Seq("list", [])
    return found


def _register(machine: Core, router: Value, args: list[Value], kwargs: dict[str, Value], span: Span) -> Value | None:
    given = by_name(("prefix", "viewset", "basename"), args, kwargs)
    if isinstance(router, (Result, Instance)) and "viewset" in given:
        basename = given.get("basename") or given.get("base_name") or NONE
        prefix = given.get("prefix") or Known("")
        registered = registry_of(router).items
        registered.append(Seq("tuple", [prefix, given["viewset"], basename], span=span))
        if any(name in registered_below.ROUTERS for name in attributes.library_names(machine, router)):
            return registered_below.Registered(machine, registered.append, text_of(prefix) or "", given["viewset"])
    return NONE


def _get_urls(machine: Core, router: Value, args: list[Value], kwargs: dict[str, Value], span: Span) -> Value | None:
    return Seq("list", [RouterUrls(router, span, is_super=True)]) if isinstance(router, (Result, Instance)) else None


def _urls(machine: Core, router: Value, span: Span) -> Value | None:
    return Seq("list", [RouterUrls(router, span)]) if isinstance(router, (Result, Instance)) else None


def _registry_property(machine: Core, router: Value, span: Span) -> Value | None:
    return registry_of(router) if isinstance(router, (Result, Instance)) else None


# ------------------------------------------------------------------------------------------ patterns


class Urls:
    """Makes the patterns of one router."""

    def __init__(self, machine: Core, router: Object, span: Span) -> None:
        self.machine = machine
        self.router = router
        self.span = span
        self.is_regex = constant(self._attribute("use_regex_path") or Known(True)) is not False

    def patterns(self) -> list[Pattern]:
        """One pattern for each route of each registered viewset, and the root page."""
        found: list[Pattern] = []
        parent = self._parent()
        for entry in registry_of(self.router).items:
            if isinstance(entry, Seq) and len(entry.items) >= 2:
                found += self._viewset(entry, parent)
        if self._has_root():
            found.append(self._root())
        return found

    def _viewset(self, entry: Seq, parent: str) -> list[Pattern]:
        prefix = segment(entry.items[0])
        viewset = unwrap(entry.items[1])
        options = viewset.options if isinstance(viewset, Choice) else [viewset]
        found: list[Pattern] = []
        for option in options:
            view = Viewset(self.machine, unwrap(option))
            lookup = self.lookup(view)
            base = self._basename(entry, view)
            for route in self.routes():
                for mapping, url_path, kwargs, name in _rows(route, view, base):
                    if mapping:
                        url = self._url(route.url, prefix, lookup, url_path, parent)
                        found.append(self._pattern(url, entry.items[1], mapping, kwargs, name))
        return found

    def _basename(self, entry: Seq, view: Viewset) -> str:
        given = text_of(entry.items[2]) if len(entry.items) > 2 else None
        return given or view.model_name()

    def _url(self, template: str, prefix: str, lookup: str, url_path: str, parent: str) -> str:
        url = template.replace("^", f"^{parent}", 1) if parent else template
        parts = {"prefix": prefix, "lookup": lookup, "url_path": url_path, "trailing_slash": self._slash()}
        for key, value in parts.items():
            url = url.replace("{" + key + "}", value, 1)
        if not self.is_regex:
            url = url.removeprefix("^").removesuffix("$")
        if not prefix:
            url = "^" + url[2:] if url.startswith("^/") else url.removeprefix("/") if not self.is_regex else url
        return url

    def _pattern(
        self, url: str, viewset: Value, mapping: dict[str, str], options: dict[str, Value], name: str
    ) -> Pattern:
        actions = Mapping({method: Known(action) for method, action in mapping.items()})
        view = Result(Attr(viewset, "as_view"), [actions], options, self.span, 0, ())
        return Pattern(self.machine, "regex" if self.is_regex else "path", Known(url), view, Known(name), self.span)

    def _slash(self) -> str:
        given = self._attribute("trailing_slash")
        value = constant(given) if given is not None else "/"
        return value if isinstance(value, str) else "/" if value is not False else ""

    def lookup(self, view: Viewset, lookup_prefix: str = "") -> str:
        """The part of the URL that names one object."""
        own = _own_method(self.machine, self.router, "get_lookup_regex")
        if own is not None:
            return segment(self.machine.call(own, [view.cls], {"lookup_prefix": Known(lookup_prefix)}, self.span))
        field = view.text("lookup_field") or "pk"
        kwarg = view.text("lookup_url_kwarg") or field
        if not self.is_regex:
            value = view.text("lookup_value_converter") or view.text("lookup_value_regex") or "str"
            return f"<{value}:{lookup_prefix}{kwarg}>"
        return f"(?P<{lookup_prefix}{kwarg}>{view.text('lookup_value_regex') or '[^/.]+'})"

    def routes(self) -> list[Route]:
        """The router's own `routes`, or the library's."""
        given = self._attribute("routes")
        if not isinstance(given, Seq):
            return list(BULK_ROUTES if BULK in attributes.library_names(self.machine, self.router) else ROUTES)
        return [route for route in map(_route, given.items) if route is not None]

    def _attribute(self, name: str) -> Value | None:
        found = self.router.attrs.get(name)
        if found is None and isinstance(self.router, Instance):
            given = attributes.in_class(self.machine, self.router.cls, name)
            found = given[0] if given is not None and isinstance(given[1], ClassValue) else None
        while isinstance(found, Setting):
            found = found.default
        return found

    def _has_root(self) -> bool:
        names = attributes.library_names(self.machine, self.router)
        if not any(name.endswith("DefaultRouter") for name in names):
            return False
        return constant(self._attribute("include_root_view") or Known(True)) is not False

    def _root(self) -> Pattern:
        own = _own_method(self.machine, self.router, "get_api_root_view")
        view: Value = Unknown("the root page")
        if own is not None:
            view = self.machine.call(own, [], {"api_urls": NONE}, self.span)
        if not isinstance(view, Result):
            cls = self._attribute("APIRootView") or External("rest_framework.routers.APIRootView")
            view = Result(Attr(cls, "as_view"), [], {}, self.span, 0, ())
        name = text_of(self._attribute("root_view_name") or Known("api-root")) or "api-root"
        return Pattern(self.machine, "path", Known(""), view, Known(name), self.span)

    # -------------------------------------------------------------------- nested routers

    def _parent(self) -> str:
        """The part of the URL that a nested router puts before its own."""
        parent = self.router.attrs.get("nested parent_router")
        if not isinstance(parent, (Result, Instance)):
            return ""
        prefix = segment(self.router.attrs.get("nested parent_prefix") or Known(""))
        above = Urls(self.machine, parent, self.span)
        if "trailing_slash" not in self.router.attrs and "trailing_slash" in parent.attrs:
            self.router.attrs["trailing_slash"] = parent.attrs["trailing_slash"]
        label = text_of(self.router.attrs.get("nested lookup") or NONE) or f"nested_{above.depth() + 1}"
        for entry in registry_of(parent).items:
            if isinstance(entry, Seq) and len(entry.items) >= 2 and text_of(entry.items[0]) == prefix:
                view = Viewset(self.machine, unwrap(entry.items[1]))
                own = f"{prefix}/{above.lookup(view, f'{label}_')}/"
                return above._parent() + (own.removeprefix("/") if not prefix else own)
        return f"{prefix}/{{?}}/"

    def depth(self) -> int:
        """How many routers are above this one."""
        parent = self.router.attrs.get("nested parent_router")
        return Urls(self.machine, parent, self.span).depth() + 1 if isinstance(parent, (Result, Instance)) else 0


def _route(value: Value) -> Route | None:
    """A `Route(…)` or `DynamicRoute(…)` of a custom router."""
    if not isinstance(value, Result) or not isinstance(value.callee, External):
        return None
    names = (
        ("url", "mapping", "name", "detail", "initkwargs") if value.callee.name == ROUTE else ("url", "name", "detail")
    )
    given = by_name(names, value.args, value.kwargs)
    url = text_of(given.get("url") or NONE)
    if url is None:
        return None
    detail = constant(given.get("detail") or Known("{lookup}" in url)) is True
    if value.callee.name == ROUTE:
        mapping = given.get("mapping")
        items = mapping.items if isinstance(mapping, Mapping) else {}
        named = {str(method).lower(): text_of(action) for method, action in items.items()}
        return Route(url, {method: action for method, action in named.items() if action}, detail)
    return Route(url, None, detail) if value.callee.name in DYNAMIC_ROUTE else None


def _rows(route: Route, view: Viewset, base: str) -> list[tuple[dict[str, str], str, dict[str, Value], str]]:
    """The patterns that one route gives for a viewset: mapping, URL part, options and name."""
    if route.mapping is None:
        return [
            (action.mapping, action.url_path, action.options, f"{base}-{action.url_name}")
            for action in view.actions()
            if action.detail == route.detail
        ]
    mapping = {method: action for method, action in route.mapping.items() if view.has(action)}
    return [(mapping, "", {}, f"{base}-{'detail' if route.detail else 'list'}")]


__all__ = ["ROUTERS", "RouterUrls", "teach"]
