"""Flask-AppBuilder: the views and APIs that an `AppBuilder` is given -> URL rules, the library's own included."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from apilint.facts import Span
from apilint.frameworks.flask.rules import Hook, Registration, Rule, Scope, full_path, methods_of, place
from apilint.frameworks.program import Object, Program, argument, path_part
from apilint.startup import attributes
from apilint.startup.values import (
    Attr,
    ClassValue,
    External,
    FunctionValue,
    Instance,
    Known,
    Result,
    Value,
    text_of,
    unwrap,
    wrappers,
)

BUILDERS = ("flask_appbuilder.AppBuilder", "flask_appbuilder.base.AppBuilder")
_API = ("flask_appbuilder.api.BaseApi", "flask_appbuilder.api.ModelRestApi")
_EXPOSE = ("flask_appbuilder.expose", "flask_appbuilder.api.expose", "flask_appbuilder.baseviews.expose")
_BEFORE_REQUEST = "flask_appbuilder.hooks.before_request"
_PROTECT = "flask_appbuilder.security.decorators.protect"
_HAS_ACCESS = "flask_appbuilder.security.decorators.has_access"

# What the library's own classes expose: method -> (path, HTTP methods, guard).
Exposed = dict[str, tuple[str, tuple[str, ...], str]]
_FORM: Exposed = {
    "this_form_get": ("/form", ("GET",), _HAS_ACCESS),
    "this_form_post": ("/form", ("POST",), _HAS_ACCESS),
}
_CRUD: Exposed = {
    "list": ("/list/", ("GET",), _HAS_ACCESS),
    "show": ("/show/<pk>", ("GET",), _HAS_ACCESS),
    "add": ("/add", ("GET", "POST"), _HAS_ACCESS),
    "edit": ("/edit/<pk>", ("GET", "POST"), _HAS_ACCESS),
    "delete": ("/delete/<pk>", ("GET", "POST"), _HAS_ACCESS),
    "download": ("/download/<string:filename>", ("GET",), _HAS_ACCESS),
    "action": ("/action/<string:name>/<pk>", ("GET", "POST"), ""),
    "action_post": ("/action_post", ("POST",), ""),
}
_REST: Exposed = {
    "info": ("/_info", ("GET",), _PROTECT),
    "get": ("/<int:pk>", ("GET",), _PROTECT),
    "get_list": ("/", ("GET",), _PROTECT),
    "post": ("/", ("POST",), _PROTECT),
    "put": ("/<pk>", ("PUT",), _PROTECT),
    "delete": ("/<pk>", ("DELETE",), _PROTECT),
}
_ROLES: Exposed = {
    "list_role_permissions": ("/<int:role_id>/permissions/", ("GET",), _PROTECT),
    "add_role_permissions": ("/<int:role_id>/permissions", ("POST",), _PROTECT),
    "update_role_users": ("/<int:role_id>/users", ("PUT",), _PROTECT),
    "update_role_groups": ("/<int:role_id>/groups", ("PUT",), _PROTECT),
}
_USERS: Exposed = {"post": _REST["post"], "put": _REST["put"]}
_PUBLIC_FORM: Exposed = {name: (path, methods, "") for name, (path, methods, _) in _FORM.items()}
# The library's classes: those that expose something, nearest first.
_MODEL_API = ("flask_appbuilder.api:ModelRestApi", _REST)
_LIBRARY: dict[str, list[tuple[str, Exposed]]] = {
    "ModelRestApi": [_MODEL_API],
    "GroupApi": [_MODEL_API],
    "PermissionApi": [_MODEL_API],
    "ViewMenuApi": [_MODEL_API],
    "RoleApi": [("flask_appbuilder.security.sqla.apis.role.api:RoleApi", _ROLES), _MODEL_API],
    "UserApi": [("flask_appbuilder.security.sqla.apis.user.api:UserApi", _USERS), _MODEL_API],
    "AuthView": [("flask_appbuilder.security.views:AuthView", {"logout": ("/logout/", ("GET",), "")})],
    "ModelView": [("flask_appbuilder.views:ModelView", _CRUD)],
    "SimpleFormView": [("flask_appbuilder.views:SimpleFormView", _FORM)],
    "PublicFormView": [("flask_appbuilder.views:PublicFormView", _PUBLIC_FORM)],
}
_BASES = {
    "IndexView": "",
    "UtilView": "",
    "AuthView": "",
    "UserApi": "/api/v1/security/users",
    "RoleApi": "/api/v1/security/roles",
    "GroupApi": "/api/v1/security/groups",
    "PermissionApi": "/api/v1/security/permissions",
    "ViewMenuApi": "/api/v1/security/resources",
    "SecurityApi": "/api/v1/security",
}
_SECURITY_VIEWS = ("security_api", "user_api", "role_api", "group_api", "permission_api", "view_menu_api")


def rules(program: Program, application: Registration) -> list[Rule]:
    """The rules of all views of the builders that stand on the application; a builder without one stands on the
    first."""
    found: list[Rule] = []
    for builder in program.objects(BUILDERS):
        targets = _targets(program, builder)
        if application.app in targets or (not targets and application.is_first):
            _secure(program, builder)
            for name, event in list(program.events(builder)):
                if name in ("add_view", "add_view_no_menu", "add_api"):
                    view = argument(event, 0, "baseview")
                    if view is not None:
                        found += _View(program, view, event).rules()
            index = builder.attrs.get("indexview") or program.made_with(builder)[1].get("indexview")
            if index is not None:
                found += _View(program, index, Result(builder, [], {}, builder.span, 0, ())).rules()
    return found


def _targets(program: Program, builder: Object) -> list[Object]:
    args, kwargs = program.made_with(builder)
    values = [kwargs.get("app") or (args[0] if args else None)]
    values += [argument(event, 0, "app") for name, event in program.events(builder) if name == "init_app"]
    made = [program.object_of(value) for value in values if value is not None]
    return [target for target in made if target is not None]


def _secure(program: Program, builder: Object) -> None:
    """Run what the project's security manager adds to the builder."""
    _, kwargs = program.made_with(builder)
    manager = builder.attrs.get("security_manager_class") or kwargs.get("security_manager_class")
    cls = unwrap(manager) if manager is not None else None
    cls = next((o for o in getattr(cls, "options", ()) if isinstance(o, ClassValue)), cls)
    if not isinstance(cls, ClassValue):
        return
    instance = Instance(cls, [builder], {}, cls.cls.span, program.machine.next_order())
    instance.attrs["appbuilder"] = builder
    method = attributes.get(program.machine, instance, "register_views", cls.cls.span)
    if isinstance(unwrap(method), FunctionValue):
        program.machine.call(method, [], {}, cls.cls.span)
    for name in _SECURITY_VIEWS:
        found = attributes.in_class(program.machine, cls, name)
        view = unwrap(found[0]) if found is not None else None
        if isinstance(view, ClassValue):
            event = Result(Attr(builder, "add_api"), [view], {}, cls.cls.span, program.machine.next_order(), ())
            builder.events.append(event)


class _View:
    """One view class and the rules that registering it makes."""

    def __init__(self, program: Program, view: Value, event: Result) -> None:
        self.program = program
        self.event = event
        made = program.object_of(view)
        inner = unwrap(view)
        self.cls = inner if isinstance(inner, ClassValue) else made.cls if isinstance(made, Instance) else None
        self.instance = made if isinstance(made, Instance) else None

    def rules(self) -> Iterator[Rule]:
        """A rule for every exposed method, by the order of the library: alphabetical."""
        cls = self.cls
        if cls is None:
            return
        instance = self.instance or Instance(cls, [], {}, cls.cls.span, 0)
        scope = Scope(
            prefix=self._base(cls),
            name=cls.cls.name,
            router=place(self.program, instance),
            conditions=self.event.conditions,
        )
        included = self._names(cls, "include_route_methods")
        excluded = self._names(cls, "exclude_route_methods") or set()
        hooks = self._hooks(cls, instance)
        for name in sorted({*self._own(cls), *self._inherited(cls)}):
            if (included is not None and name not in included) or name in excluded:
                continue
            before = tuple(hook for only, hook in hooks if not only or name in only)
            yield from self._method(cls, instance, name, msgspec.structs.replace(scope, hooks=before))

    def _method(self, cls: ClassValue, instance: Instance, name: str, scope: Scope) -> Iterator[Rule]:
        own = attributes.in_class(self.program.machine, cls, name)
        if own is not None and isinstance(own[1], ClassValue):
            view = attributes.get(self.program.machine, instance, name, cls.cls.span)
            for decorator in reversed(wrappers(view)):
                made = decorator.decorator
                if isinstance(made, Result) and self.program.knowledge.name_of(made.callee) in _EXPOSE:
                    url = argument(made, 0, "url")
                    path = "/" if url is None else path_part(url)
                    methods = methods_of(self.program, argument(made, 1, "methods")) or ("GET",)
                    yield self._rule(path, methods, name, view, made.span, scope)
            return
        library = self._inherited(cls).get(name)
        if library is not None:
            owner, (path_, methods_, guard) = library
            view = External(f"{owner.replace(':', '.')}.{name}")
            rule = self._rule(path_, methods_, name, view, self.event.span, scope)
            rule.decorators = (External(guard),) if guard else ()
            rule.library = f"{owner}.{name}"
            rule.head = cls.cls.span
            yield rule

    def _rule(self, path: str, methods: tuple[str, ...], name: str, view: Value, span: Span, scope: Scope) -> Rule:
        return Rule(
            path=full_path(scope.prefix, path),
            methods=methods,
            endpoint=f"{scope.name}.{name}",
            view=view,
            span=span,
            scope=scope,
            conditions=scope.conditions,
        )

    def _base(self, cls: ClassValue) -> str:
        """`route_base`, or what the library makes of the class's name."""
        base = self._text(cls, "route_base")
        if base is not None:
            return base
        for name in attributes.external_bases(self.program.machine, cls):
            if name.startswith("flask_appbuilder") and name.rpartition(".")[2] in _BASES:
                return _BASES[name.rpartition(".")[2]]
        if not self.program.is_subclass(cls, _API) and self._api_base(cls) is None:
            return "/" + cls.cls.name.lower()
        version = self._text(cls, "version") or "v1"
        name = self._text(cls, "resource_name") or cls.cls.name
        return f"/api/{version}/{name.lower()}"

    def _api_base(self, cls: ClassValue) -> str | None:
        bases = attributes.external_bases(self.program.machine, cls)
        return next((base for base in bases if base.startswith("flask_appbuilder") and base.endswith("Api")), None)

    def _text(self, cls: ClassValue, name: str) -> str | None:
        value = attributes.own(self.program.machine, cls, name)
        is_none = isinstance(value, Known) and value.value is None
        return None if value is None or is_none else path_part(value)

    def _names(self, cls: ClassValue, name: str) -> set[str] | None:
        found = attributes.own(self.program.machine, cls, name)
        if found is None or (isinstance(found, Known) and found.value is None):
            return None
        return {text for item in self.program.items(found) if (text := text_of(item))}

    def _own(self, cls: ClassValue) -> set[str]:
        """The names that the project's classes define."""
        machine = self.program.machine
        return {
            name
            for base in attributes.own_classes(machine, cls)
            for name, value in attributes.namespace(machine, base).vars.items()
            if wrappers(value) and isinstance(unwrap(value), FunctionValue)
        }

    def _inherited(self, cls: ClassValue) -> dict[str, tuple[str, tuple[str, tuple[str, ...], str]]]:
        """The methods that the library's classes expose, by name."""
        found: dict[str, tuple[str, tuple[str, tuple[str, ...], str]]] = {}
        for base in attributes.external_bases(self.program.machine, cls):
            package, _, cls_name = base.rpartition(".")
            for owner, exposed in _LIBRARY.get(cls_name, ()) if package.startswith("flask_appbuilder") else ():
                for name, route in exposed.items():
                    found.setdefault(name, (owner, route))
        return found

    def _hooks(self, cls: ClassValue, instance: Instance) -> list[tuple[set[str], Hook]]:
        """`@before_request` methods of the class, with the methods that they are limited to."""
        found = []
        for name in sorted(self._own(cls)):
            value = attributes.get(self.program.machine, instance, name, cls.cls.span)
            for wrapped in wrappers(value):
                made = wrapped.decorator
                called = self.program.knowledge.name_of(made.callee if isinstance(made, Result) else made)
                if called == _BEFORE_REQUEST:
                    only = made.kwargs.get("only") if isinstance(made, Result) else None
                    names = {text for item in self.program.items(only) if (text := text_of(item))}
                    hook = Hook(unwrap(value), f"before_request of '{cls.cls.name}'", wrapped.span, ())
                    found.append((names, hook))
        return found
