"""Routers: registered viewsets -> URL patterns, as rest_framework.routers and drf-nested-routers make them."""

from __future__ import annotations

import msgspec

from apilint.facts import Span
from apilint.frameworks.arguments import by_name
from apilint.frameworks.django.patterns import Pattern, Several
from apilint.frameworks.drf import registered as registered_below
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
    wrappers,
)

Object = Result | Instance
SIMPLE = ("rest_framework.routers.SimpleRouter", "rest_framework.routers.BaseRouter")
DEFAULT = ("rest_framework.routers.DefaultRouter",)
NESTED = ("rest_framework_nested.routers.NestedSimpleRouter", "rest_framework_nested.routers.NestedDefaultRouter")
OTHERS = (
    "rest_framework_nested.routers.SimpleRouter",
    "rest_framework_nested.routers.DefaultRouter",
    "rest_framework_extensions.routers.ExtendedSimpleRouter",
    "rest_framework_extensions.routers.ExtendedDefaultRouter",
    "rest_framework_bulk.routes.BulkRouter",
)
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
ACTION = "rest_framework.decorators.action"
OLD_ACTIONS = {"rest_framework.decorators.detail_route": True, "rest_framework.decorators.list_route": False}
_OWN_KEYS = frozenset({"methods", "detail", "url_path", "url_name"})
_METHODS = frozenset("get post put patch delete head options trace".split())

LIST = {"get": "list", "post": "create"}
DETAIL = {"get": "retrieve", "put": "update", "patch": "partial_update", "delete": "destroy"}


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


class Action(msgspec.Struct):
    """An `@action` of a viewset."""

    name: str
    mapping: dict[str, str]
    detail: bool
    url_path: str
    url_name: str
    options: dict[str, Value]


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
        prefix = _text(entry.items[0])
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
            return _text(self.machine.call(own, [view.cls], {"lookup_prefix": Known(lookup_prefix)}, self.span))
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
            return list(ROUTES)
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
        prefix = _text(self.router.attrs.get("nested parent_prefix") or Known(""))
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


def _text(value: Value) -> str:
    text = text_of(value)
    if text is not None:
        return text
    return "{" + (value.text if isinstance(value, Unknown) and value.text else "?") + "}"


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


# ------------------------------------------------------------------------------------------ viewsets

_STANDARD = frozenset((*LIST.values(), *DETAIL.values()))
_BY_MIXIN = {
    "CreateModelMixin": {"create"},
    "ListModelMixin": {"list"},
    "RetrieveModelMixin": {"retrieve"},
    "UpdateModelMixin": {"update", "partial_update"},
    "DestroyModelMixin": {"destroy"},
    "ReadOnlyModelViewSet": {"list", "retrieve"},
    "ModelViewSet": set(_STANDARD),
    "CreateAPIView": {"create"},
    "ListAPIView": {"list"},
    "RetrieveAPIView": {"retrieve"},
    "DestroyAPIView": {"destroy"},
    "UpdateAPIView": {"update", "partial_update"},
    "ListCreateAPIView": {"list", "create"},
    "RetrieveUpdateAPIView": {"retrieve", "update", "partial_update"},
    "RetrieveDestroyAPIView": {"retrieve", "destroy"},
    "RetrieveUpdateDestroyAPIView": {"retrieve", "update", "partial_update", "destroy"},
    "UserViewSet": set(_STANDARD),
}


class Viewset:
    """What a router asks of a viewset class."""

    def __init__(self, machine: Core, cls: Value) -> None:
        self.machine = machine
        self.cls = cls

    def _bases(self) -> list[Value]:
        return attributes.mro(self.machine, self.cls) if isinstance(self.cls, ClassValue) else [self.cls]

    def text(self, name: str) -> str | None:
        """A class attribute that is a string."""
        if not isinstance(self.cls, ClassValue):
            return None
        found = attributes.own(self.machine, self.cls, name)
        return text_of(found) if found is not None else None

    def has(self, action: str) -> bool:
        """Whether the viewset implements an action."""
        for base in self._bases():
            if isinstance(base, ClassValue):
                if action in attributes.namespace(self.machine, base).vars or action in base.overrides:
                    return True
            elif isinstance(base, External) and action in _BY_MIXIN.get(base.name.rpartition(".")[2], ()):
                return True
        return False

    def model_name(self) -> str:
        """The default basename: the model of the queryset, in lower case."""
        if not isinstance(self.cls, ClassValue):
            return ""
        found = attributes.in_class(self.machine, self.cls, "queryset")
        value: Value | None = found[0] if found is not None else None
        while isinstance(value, (Result, Attr)):
            value = value.callee if isinstance(value, Result) else value.base
        target = unwrap(value) if value is not None else None
        return target.cls.name.lower() if isinstance(target, ClassValue) else ""

    def actions(self) -> list[Action]:
        """The extra actions, by name, as the library lists them."""
        found: dict[str, Value] = {}
        for base in self._bases():
            if isinstance(base, ClassValue):
                env = attributes.namespace(self.machine, base)
                for name, value in env.vars.items():
                    found.setdefault(name, value)
        actions = {name: action for name, value in found.items() if (action := _action(name, value)) is not None}
        for name, value in found.items():
            _mapped(name, value, actions)
        return [actions[name] for name in sorted(actions)]


def _action(name: str, value: Value) -> Action | None:
    for wrapped in wrappers(value):
        made = wrapped.decorator
        if not isinstance(made, Result) or not isinstance(made.callee, External):
            continue
        if made.callee.name == ACTION or made.callee.name in OLD_ACTIONS:
            given = by_name(("methods", "detail", "url_path", "url_name"), made.args, made.kwargs)
            detail = OLD_ACTIONS.get(made.callee.name)
            if detail is None:
                detail = constant(given.get("detail") or Known(False)) is True
            listed = given.get("methods")
            methods = [_method(item) for item in listed.items] if isinstance(listed, Seq) else ["get"]
            path = given.get("url_path")
            label = text_of(given.get("url_name") or NONE) or name.replace("_", "-")
            options = {key: option for key, option in given.items() if key not in _OWN_KEYS}
            url_path = _text(path) if path is not None and constant(path) is not None else name
            if path is not None and constant(path) is None and not isinstance(path, Known):
                url_path = _text(path)
            return Action(name, {method: name for method in methods if method}, detail, url_path, label, options)
    return None


def _method(value: Value) -> str:
    text = text_of(value)
    if text is None:
        text = value.name.rpartition(".")[2] if isinstance(value, (External, Attr)) else ""
    return text.lower()


def _mapped(name: str, value: Value, actions: dict[str, Action]) -> None:
    """`@cover.mapping.delete`: another method of an action that is there already."""
    for wrapped in wrappers(value):
        made = wrapped.decorator
        if (
            isinstance(made, Attr)
            and made.name in _METHODS
            and isinstance(made.base, Attr)
            and made.base.name == "mapping"
        ):
            target = unwrap(made.base.base)
            if isinstance(target, FunctionValue) and target.function.name in actions:
                actions[target.function.name].mapping[made.name] = name


__all__ = ["ROUTERS", "RouterUrls", "teach"]
