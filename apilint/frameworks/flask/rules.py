"""Flask's registration: applications with their blueprints -> URL rules, and the functions that run before them."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from apilint.facts import Span
from apilint.frameworks import connexion
from apilint.frameworks.program import Object, Program, argument, path_part
from apilint.index import Function
from apilint.startup.values import Attr, Condition, External, Known, Mapping, Result, Unknown, Value, text_of, unwrap

APPS = (
    "flask.Flask",
    "flask.app.Flask",
    "quart.Quart",
    "quart.app.Quart",
    "apiflask.APIFlask",
    "apiflask.app.APIFlask",
    "flask_openapi3.OpenAPI",
    "flask_api.FlaskAPI",
    *connexion.APPS,
)
BLUEPRINTS = (
    "flask.Blueprint",
    "flask.blueprints.Blueprint",
    "quart.Blueprint",
    "quart.blueprints.Blueprint",
    "apiflask.APIBlueprint",
    "apiflask.blueprint.APIBlueprint",
    "flask_smorest.Blueprint",
    "flask_smorest.blueprint.Blueprint",
    "flask_openapi3.APIBlueprint",
    "flask_openapi3.APIView",
)
SMOREST_APIS = ("flask_smorest.Api",)
_CURRENT = ("flask.current_app.", "quart.current_app.")
# What runs before the handlers, as a reader calls it.
_VALUES = "url_value_preprocessor"
HOOKS = {
    _VALUES: _VALUES,
    "before_request": "before_request",
    "before_websocket": "before_request",
}
_FUNCS = "before_request_funcs of the application"
SHORTCUTS = ("get", "post", "put", "delete", "patch")


class Hook(msgspec.Struct, frozen=True):
    """A function that runs before requests, or before websockets; `via` says of which object. One that processes
    values is given the endpoint, and what stands in the parts of the path."""

    function: Value
    via: str
    span: Span
    conditions: tuple[Condition, ...]
    of_sockets: bool = False
    takes_values: bool = False


class Scope(msgspec.Struct, frozen=True):
    """A registration of an application or blueprint: what its rules inherit. `prefix` is None where none was
    given, `name` the blueprint's full dotted name."""

    prefix: str | None = None
    name: str = ""
    hooks: tuple[Hook, ...] = ()
    router: str = ""
    conditions: tuple[Condition, ...] = ()


class Rule(msgspec.Struct):
    """One URL rule. `methods` is None where the view says; `decorators` are what extensions put around the view,
    innermost first. `library` is the id of a library's method that answers for the project's class at `head`."""

    path: str
    methods: tuple[str, ...] | None
    endpoint: str
    view: Value
    span: Span
    scope: Scope
    conditions: tuple[Condition, ...] = ()
    decorators: tuple[Value, ...] = ()
    decorated_by: Result | None = None
    is_socket: bool = False
    library: str = ""
    head: Span | None = None


class Registration:
    """One application being put together, as `Flask` itself does it."""

    def __init__(self, program: Program, app: Object, *, is_first: bool) -> None:
        self.program = program
        self.app = app
        self.is_first = is_first
        self.hooks: list[Hook] = []
        self.rules: list[Rule] = []
        self.views: dict[str, Value] = {}
        self.scopes: dict[int, list[Scope]] = {}
        self.is_open = False
        self._stack: list[Object] = []

    def run(self) -> None:
        """Replay what happened to the application, blueprints included."""
        mounted = self.program.mounted.get(id(self.app))
        top = Scope(prefix=mounted.prefix if mounted else None, router=place(self.program, self.app))
        self.enter(self.app, top)
        for name, event in self._current():
            self._event(name, event, top)
        for api in self.program.objects(SMOREST_APIS):
            self._smorest(api, top)
        for rule in self.rules:
            if isinstance(rule.view, Known):
                rule.view = self.views.get(rule.endpoint, rule.view)

    def _current(self) -> list[tuple[str, Result]]:
        """What is called on `flask.current_app` while the program starts: views in modules that the factory imports
        inside its application's context. With several applications it is the first one's."""
        if not self.is_first:
            return []
        found = []
        for event in self.program.machine.results:
            name = event.callee.name if isinstance(event.callee, External) else ""
            found += [(name[len(current) :], event) for current in _CURRENT if name.startswith(current)]
        return found

    def enter(self, made: Object, scope: Scope) -> None:
        """Replay the calls on an application or blueprint that is registered under `scope`."""
        if made in self._stack or len(self._stack) > 20:
            return
        self._stack.append(made)
        self.scopes.setdefault(id(made), []).append(scope)
        for name, event in list(self.program.events(made)):
            self._event(name, event, scope)
        self._stack.pop()

    def _event(self, name: str, event: Result, scope: Scope) -> None:
        if name == "route" or name in SHORTCUTS or name == "websocket":
            self._decorated(name, event, scope)
        elif name in ("add_url_rule", "add_websocket"):
            self._add_url_rule(name, event, scope)
        elif name in ("register_blueprint", "register_api"):
            self.register(event, scope)
        elif name in ("before_app_request", "before_app_websocket"):
            if len(self.scopes[id(self._stack[-1])]) == 1:
                self.hooks += self._hooks(event, f"before_app_request of {_label(scope)}")
        elif name == "endpoint" and event.args:
            endpoint = text_of(event.args[0])
            for view in self.program.decorated(event):
                self.views[_qualified(scope, endpoint or "?")] = view

    def _smorest(self, api: Object, scope: Scope) -> None:
        """Flask-smorest's `Api` registers blueprints on the application that it was given."""
        args, kwargs = self.program.made_with(api)
        given = [kwargs.get("app") or (args[0] if args else None)]
        given += [argument(event, 0, "app") for name, event in self.program.events(api) if name == "init_app"]
        targets = [self.program.object_of(value) for value in given if value is not None]
        if self.app in targets:
            for name, event in list(self.program.events(api)):
                if name == "register_blueprint":
                    self.register(event, scope)

    # ------------------------------------------------------------------ rules

    def _decorated(self, name: str, event: Result, scope: Scope) -> None:
        methods = (name.upper(),) if name in SHORTCUTS else methods_of(self.program, event.kwargs.get("methods"))
        for view in self.program.decorated(event):
            rule = self.rule(event, argument(event, 0, "rule"), view, methods, event.kwargs.get("endpoint"), scope)
            rule.decorated_by = event
            rule.is_socket = name == "websocket"
            self.rules.append(rule)

    def _add_url_rule(self, name: str, event: Result, scope: Scope) -> None:
        view = argument(event, 2, "view_func") or Known(None)
        methods = methods_of(self.program, event.kwargs.get("methods"))
        rule = self.rule(event, argument(event, 0, "rule"), view, methods, argument(event, 1, "endpoint"), scope)
        rule.is_socket = name == "add_websocket"
        self.rules.append(rule)

    def rule(
        self,
        event: Result,
        path: Value | None,
        view: Value,
        methods: tuple[str, ...] | None,
        endpoint: Value | None,
        scope: Scope,
    ) -> Rule:
        """A rule for `view` at `path` below the scope's prefix."""
        label = (text_of(endpoint) if endpoint is not None else None) or view_name(view)
        return Rule(
            path=full_path(scope.prefix, path_part(path)),
            methods=methods,
            endpoint=_qualified(scope, label),
            view=view,
            span=event.span,
            scope=scope,
            conditions=(*scope.conditions, *event.conditions, *self._entry(event)),
        )

    # ------------------------------------------------------------- blueprints

    def register(self, event: Result, scope: Scope) -> None:
        """`register_blueprint(blueprint, **options)` on an application or a blueprint."""
        value = argument(event, 0, "blueprint")
        children = self.program.objects_of(value) if value is not None else []
        blueprints = [each for each in children if self.program.is_a(each[0], BLUEPRINTS)]
        self.is_open = self.is_open or not blueprints
        for child, conditions in blueprints:
            self.enter(child, self.below(child, scope, event.kwargs, (*event.conditions, *conditions)))

    def below(self, child: Object, scope: Scope, options: dict[str, Value], conditions: tuple[Condition, ...]) -> Scope:
        """The scope of a blueprint's rules; the option takes the place of the blueprint's own prefix, and nested
        prefixes are joined."""
        args, kwargs = self.program.made_with(child)
        own = _given(options.get("url_prefix"))
        if own is None:
            stated = kwargs.get("url_prefix") or (args[5] if len(args) > 5 else None)
            own = _given(child.attrs.get("url_prefix") or stated)
        prefix = scope.prefix if own is None else own
        if own is not None and scope.prefix is not None:
            prefix = scope.prefix.rstrip("/") + "/" + own.lstrip("/")
        name = options.get("name") or kwargs.get("name") or (args[0] if args else None)
        label = (text_of(name) if name is not None else None) or "?"
        full = f"{scope.name}.{label}".lstrip(".")
        hooks = [
            hook
            for called, event in self.program.events(child)
            if called in HOOKS
            for hook in self._hooks(event, f"{HOOKS[called]} of blueprint '{label}'")
        ]
        return Scope(
            prefix=prefix,
            name=full,
            hooks=(*scope.hooks, *hooks),
            router=place(self.program, child),
            conditions=(*scope.conditions, *conditions),
        )

    def _hooks(self, event: Result, via: str) -> list[Hook]:
        conditions = (*event.conditions, *self._entry(event))
        of_sockets = isinstance(event.callee, Attr) and event.callee.name.endswith("_websocket")
        values = via.startswith(_VALUES)
        return [Hook(function, via, event.span, conditions, of_sockets, values) for function in event.args[:1]]

    def _entry(self, event: Result) -> tuple[Condition, ...]:
        """The condition under which something is done to an application by a function that nobody in the program
        calls, and that did not make the application."""
        for function in self.program.machine.entries:
            if _inside(event.span, function) and not _inside(self.app.span, function):
                reason = Unknown("whether it is called", function.span)
                return (Condition(function.span, f"{function.name}() is called", True, reason),)
        return ()

    def own_hooks(self) -> list[Hook]:
        """The functions before every request of the application, however they were attached."""
        return [*self._called_hooks(), *self._set_hooks(), *self.hooks]

    def _called_hooks(self) -> Iterator[Hook]:
        for name, event in [*self.program.events(self.app), *self._current()]:
            if name in HOOKS:
                yield from self._hooks(event, f"{HOOKS[name]} of the application")
            elif name.startswith("before_request_funcs"):
                for added in [event, *event.events]:
                    if isinstance(added.callee, Attr) and added.callee.name in ("append", "insert") and added.args:
                        yield Hook(added.args[-1], _FUNCS, added.span, added.conditions)

    def _set_hooks(self) -> Iterator[Hook]:
        """`app.before_request_funcs = {None: [check]}` and `app.before_request_funcs[None] = [check]`."""
        for name, value, span in self.app.sets:
            if name.startswith("before_request_funcs"):
                for listed in value.items.values() if isinstance(value, Mapping) else [value]:
                    for function in self.program.items(listed):
                        yield Hook(function, _FUNCS, span, ())


def _inside(span: Span, function: Function) -> bool:
    facts = function.facts
    return span.file == function.module.file and facts.start <= span.start < facts.end


def full_path(prefix: str | None, path: str) -> str:
    """Prefix and path as Flask joins them; an application's own path stands as it is written."""
    if prefix is None:
        return path if path.startswith(("/", "{")) else f"/{path}"
    joined = "/".join((prefix.rstrip("/"), path.lstrip("/"))) if path else prefix
    return joined if joined.startswith("/") else f"/{joined}"


def methods_of(program: Program, listed: Value | None) -> tuple[str, ...] | None:
    """The methods that a rule lists; None when it lists none."""
    names = [text_of(item) for item in program.items(listed)]
    methods = sorted({name.upper() for name in names if name})
    return tuple(methods) or None


def view_name(view: Value) -> str:
    """The name under which Flask knows a view that got no endpoint."""
    inner = unwrap(view)
    if isinstance(inner, Result) and isinstance(inner.callee, Attr) and inner.callee.name.endswith("as_view"):
        named = argument(inner, 0, "name")
        return (text_of(named) if named is not None else None) or "?"
    function = getattr(inner, "function", None) or getattr(inner, "cls", None)
    if function is not None:
        return str(function.name)
    return view_name(inner.args[0]) if isinstance(inner, Result) and inner.args else "?"


def place(program: Program, made: Object) -> str:
    """Where an object is made, `file:line`."""
    module = program.index.file(made.span.file)
    return f"{made.span.file}:{module.line(made.span.start) if module else 0}"


def _qualified(scope: Scope, endpoint: str) -> str:
    return f"{scope.name}.{endpoint}" if scope.name else endpoint


def _label(scope: Scope) -> str:
    return f"blueprint '{scope.name}'" if scope.name else "the application"


def _given(value: Value | None) -> str | None:
    """A prefix, None where none is given."""
    if value is None or (isinstance(value, Known) and value.value is None):
        return None
    return path_part(value)
