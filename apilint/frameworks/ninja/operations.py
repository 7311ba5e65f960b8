"""Operations of Ninja APIs: routers below an API -> URL patterns, `auth` -> guards."""

from __future__ import annotations

import re
from collections.abc import Iterator

import msgspec

from apilint.facts import Span
from apilint.frameworks.arguments import by_name
from apilint.frameworks.django.decorators import layer_guards
from apilint.frameworks.django.handlers import Handler, body_guards
from apilint.frameworks.django.patterns import Pattern, Several
from apilint.frameworks.django.request import Request
from apilint.frameworks.django.views import Layer
from apilint.frameworks.drf.apiviews import Guards
from apilint.frameworks.drf.policies import Asker, Source
from apilint.frameworks.program import Program
from apilint.guards.caller import NOTHING
from apilint.guards.judge import Judgement
from apilint.model import Guard
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
    Result,
    Seq,
    Special,
    Unknown,
    Value,
    constant,
    text_of,
    unwrap,
    wrappers,
)

Object = Result | Instance
APIS = ("ninja.NinjaAPI", "ninja.main.NinjaAPI", "ninja_extra.NinjaExtraAPI", "ninja_extra.main.NinjaExtraAPI")
METHODS = ("get", "post", "put", "patch", "delete")
# These look at the credential themselves, and ask `authenticate` only when there is one.
_NEED_CREDENTIAL = frozenset({"HttpBearer", "HttpBasicAuth", "AsyncHttpBearer", "AsyncHttpBasicAuth", "HttpAuthBase"})
MAX_DEPTH = 20


class Auth(msgspec.Struct):
    """`auth=…` and where it is given."""

    value: Value
    span: Span
    via: str


class Operation(msgspec.Struct):
    """One method of one path. `auth` is what counts for it, None when nothing does."""

    method: str
    path: str
    name: str
    function: Value
    span: Span
    auth: Auth | None
    permissions: Source | None = None

    def guards(self, program: Program, handler: Handler) -> Guards:
        """What stands before the operation."""

        def found(request: Request, settled: bool) -> Iterator[Guard]:
            guards = [] if self.auth is None else auth_guards(program, self.auth, request)
            if self.permissions is not None:
                guards += Asker(program, Unknown("the controller")).guards(self.permissions, request)
            for wrapped in wrappers(self.function):
                if not _is_own(wrapped.decorator):
                    layer = Layer(wrapped.decorator, wrapped.span, wrapped.inner, wrapped.result)
                    guards += layer_guards(program, layer, request)
            yield from guards
            if not settled and not any(guard.effect == "required" for guard in guards):
                yield from body_guards(program, None, handler, request)

        return found


class NinjaView(Special):
    """What Ninja puts behind a path, for one operation."""

    truth = True

    def __init__(self, operation: Operation) -> None:
        self.operation = operation

    def operations(self, program: Program) -> Iterator[Operation]:
        """The operation."""
        yield self.operation

    def attribute(self, name: str) -> Value:
        """Ninja's views carry nothing that middleware looks at."""
        return Unknown(f"a Ninja view's '{name}'")

    def has(self, name: str) -> bool | None:
        """They are exempt from the check of the CSRF token."""
        return name == "csrf_exempt"

    def item(self, key: Value) -> Value:
        """Views have no items."""
        return Unknown("an item of a view")

    def called(self, args: list[Value], kwargs: dict[str, Value]) -> Value:
        """A decorated Ninja view is still that view."""
        return Unknown("a call of a view")


class NinjaUrls(Several):
    """`api.urls`: asked for when all routers are added."""

    def __init__(self, api: Object, span: Span) -> None:
        self.api = api
        self.span = span

    def patterns(self, machine: Core) -> list[Pattern]:
        """A pattern for each operation."""
        operations = Api(machine, self.api).operations()
        return [
            Pattern(machine, "path", Known(operation.path), NinjaView(operation), Known(operation.name), self.span)
            for operation in operations
        ]


def teach(extensions: Extensions) -> None:
    """`api.urls` is the tuple that Django includes."""
    for name in APIS:
        extensions.properties[f"{name}.urls"] = _urls


def _urls(machine: Core, api: Value, span: Span) -> Value | None:
    if not isinstance(api, (Result, Instance)):
        return None
    _, kwargs = _made_with(api)
    namespace = text_of(kwargs.get("urls_namespace") or NONE)
    version = text_of(kwargs.get("version") or NONE) or "1.0.0"
    label = (namespace or f"api-{version}").rpartition(":")[2]
    return Seq("tuple", [Seq("list", [NinjaUrls(api, span)]), Known("ninja"), Known(label)])


# ------------------------------------------------------------------------------------------ operations


class Api:
    """Walks from an API down its routers."""

    def __init__(self, machine: Core, api: Object) -> None:
        self.machine = machine
        self.api = api

    def operations(self) -> list[Operation]:
        """All operations, those of the API's own first."""
        _, kwargs = _made_with(self.api)
        auth = _auth(kwargs, self.api.span, "the API")
        return [*self._of(self.api, "", None, auth, 0), *self._controllers(auth)]

    def _of(
        self, router: Object, prefix: str, mounted: Auth | None, api: Auth | None, depth: int
    ) -> Iterator[Operation]:
        """The operations of one router and of those below it."""
        if depth > MAX_DEPTH:
            return
        effective = mounted
        if depth:
            _, kwargs = _made_with(router)
            own = _assigned(router) or _auth(kwargs, router.span, "the router")
            effective = own if own is not None else mounted
        children: list[tuple[str, Object, Auth | None]] = []
        for event in router.events:
            name = _name(event)
            if name in METHODS or name == "api_operation":
                yield from self._registered(event, name, prefix, effective or api)
            elif name == "add_api_operation" and len(event.args) > 2:
                yield from self._operation(event, event.args[2], _methods(event.args[1]), prefix, effective or api)
            elif name == "add_router":
                children += self._child(event)
        for path, child, auth in children:
            below = normalised(f"{prefix}/{path}").lstrip("/")
            yield from self._below(child, below, auth, effective, api, depth)

    def _below(
        self, child: Object, prefix: str, auth: Auth | None, inherited: Auth | None, api: Auth | None, depth: int
    ) -> Iterator[Operation]:
        """A mounted router: what `add_router` says of it comes before what the router says of itself."""
        if auth is None:
            yield from self._of(child, prefix, inherited, api, depth + 1)
            return
        before = child.attrs.get("auth")
        child.attrs["auth"] = auth.value
        child.attrs["auth span"] = _Place(auth.span)
        yield from self._of(child, prefix, inherited, api, depth + 1)
        if before is None:
            child.attrs.pop("auth", None)
            child.attrs.pop("auth span", None)
        else:
            child.attrs["auth"] = before

    def _child(self, event: Result) -> Iterator[tuple[str, Object, Auth | None]]:
        given = by_name(("prefix", "router"), event.args, event.kwargs)
        router = given.get("router")
        if router is not None and text_of(router) is not None:
            router = self.machine.resolve_dotted(text_of(router) or "", event.span.file, event.span)
        found = unwrap(router) if router is not None else None
        options = found.options if isinstance(found, Choice) else [found]
        for option in options:
            if isinstance(option, (Result, Instance)):
                yield text_of(given.get("prefix") or NONE) or "", option, _auth(event.kwargs, event.span, "add_router")

    def _registered(self, event: Result, name: str, prefix: str, auth: Auth | None) -> Iterator[Operation]:
        if name == "api_operation":
            given = by_name(("methods", "path"), event.args, event.kwargs)
            methods = _methods(given.get("methods") or NONE)
        else:
            methods = (name.upper(),)
        for use in event.events:
            if use.callee is event and use.args:
                yield from self._operation(event, use.args[0], methods, prefix, auth)

    def _operation(
        self, event: Result, function: Value, methods: tuple[str, ...], prefix: str, auth: Auth | None
    ) -> Iterator[Operation]:
        path = event.kwargs.get("path") or next((arg for arg in event.args if text_of(arg) is not None), Known(""))
        own = _auth(event.kwargs, event.span, "the operation")
        url = join(prefix, text_of(path) or "")
        target = unwrap(function)
        name = text_of(event.kwargs.get("url_name") or NONE) or (
            target.function.name if isinstance(target, FunctionValue) else ""
        )
        for method in methods:
            yield Operation(method, url, name, function, event.span, own if own is not None else auth)

    # ------------------------------------------------------------------ controllers of Ninja Extra

    def _controllers(self, api: Auth | None) -> Iterator[Operation]:
        for event in self.api.events:
            if _name(event) == "register_controllers":
                for arg in event.args:
                    yield from self._controller(arg, api)

    def _controller(self, value: Value, api: Auth | None) -> Iterator[Operation]:
        cls = unwrap(value)
        made = next((w.decorator for w in wrappers(value) if _called(w.decorator).endswith("api_controller")), None)
        if not isinstance(cls, ClassValue) or not isinstance(made, Result):
            return
        prefix = text_of(made.args[0]) if made.args else text_of(made.kwargs.get("prefix_or_class") or NONE)
        auth = _auth(made.kwargs, made.span, "the controller") or api
        scope = attributes.namespace(self.machine, cls)
        for name, item in scope.vars.items():
            for wrapped in wrappers(item):
                yield from self._controlled(wrapped.decorator, item, name, prefix or "", auth, made)

    def _controlled(
        self, decorator: Value, item: Value, name: str, prefix: str, auth: Auth | None, controller: Result
    ) -> Iterator[Operation]:
        if not isinstance(decorator, Result):
            return
        called = _called(decorator)
        last = called.rpartition(".")[2].removeprefix("http_")
        if not called.startswith("ninja_extra.") or last not in (*METHODS, "generic"):
            return
        path = text_of(decorator.args[0]) if decorator.args else text_of(decorator.kwargs.get("path") or NONE)
        own = _auth(decorator.kwargs, decorator.span, "the operation")
        listed = decorator.kwargs.get("permissions") or controller.kwargs.get("permissions")
        source = Source(listed, decorator.span, "permission", "'permissions'") if listed is not None else None
        methods = _methods(decorator.kwargs.get("methods") or NONE) if last == "generic" else (last.upper(),)
        for method in methods:
            yield Operation(
                method, join(prefix, path or ""), name, item, decorator.span, own if own is not None else auth, source
            )


class _Place(Special):
    """Carries a place among a router's attributes."""

    def __init__(self, span: Span) -> None:
        self.span = span


def join(prefix: str, path: str) -> str:
    """A route as Ninja puts it together, in Django's notation."""
    path = re.sub(r"\{uuid:(\w+)\}", r"{uuidstr:\1}", path, flags=re.IGNORECASE)
    parts = [part.replace("{", "<").replace("}", ">") for part in (prefix, path)]
    return normalised("/".join(part for part in parts if part)).lstrip("/")


def normalised(path: str) -> str:
    """Without double slashes."""
    while "//" in path:
        path = path.replace("//", "/")
    return path


def _made_with(made: Object) -> tuple[list[Value], dict[str, Value]]:
    for event in made.events:
        if isinstance(event.callee, Attr) and event.callee.name == "super.__init__":
            return event.args, event.kwargs
    return made.args, made.kwargs


def _auth(kwargs: dict[str, Value], span: Span, via: str) -> Auth | None:
    """`auth=…` where it is given; `auth=None` is given too, `NOT_SET` is not."""
    value = kwargs.get("auth")
    if value is None or (isinstance(value, External) and value.name.endswith("NOT_SET")):
        return None
    return Auth(value, span, via)


def _assigned(router: Object) -> Auth | None:
    value = router.attrs.get("auth")
    place = router.attrs.get("auth span")
    if value is None:
        return None
    return Auth(value, place.span if isinstance(place, _Place) else router.span, "add_router")


def _name(event: Result) -> str:
    return attributes.path_of(event.callee).removeprefix("super.") if isinstance(event.callee, Attr) else ""


def _methods(value: Value) -> tuple[str, ...]:
    names = [text_of(item) for item in value.items] if isinstance(value, Seq) else []
    return tuple(name.upper() for name in names if name)


def _called(decorator: Value) -> str:
    callee = decorator.callee if isinstance(decorator, Result) else decorator
    return callee.name if isinstance(callee, External) else ""


def _is_own(decorator: Value) -> bool:
    """Whether a decorator is the one that registers."""
    if isinstance(decorator, Result) and isinstance(decorator.callee, Attr):
        return decorator.callee.name in (*METHODS, "api_operation")
    return _called(decorator).startswith("ninja")


# ------------------------------------------------------------------------------------------ auth


def auth_guards(program: Program, auth: Auth, request: Request) -> list[Guard]:
    """The guards that an `auth` is: whoever passes one of them passes."""
    values = auth.value.items if isinstance(auth.value, Seq) else [auth.value]
    judged = [(value, _judged(program, value, request)) for value in values if not _is_none(value)]
    is_closed = all(judgement.effect == "required" for _, judgement in judged)
    found = []
    for value, judgement in judged:
        if judgement.effect == "required" and not is_closed:
            judgement = msgspec.structs.replace(judgement, effect="optional")
        name = program.short_name(unwrap(value))
        found.append(program.guard(name, "auth", auth.via, auth.span, judgement, value))
    return found


def _is_none(value: Value) -> bool:
    return isinstance(value, Known) and value.value is None


def _judged(program: Program, value: Value, request: Request) -> Judgement:
    inner = unwrap(value)
    if isinstance(inner, FunctionValue):
        return program.judge.function(inner, "predicate", caller=request, first=[request], memo=(None,))
    if isinstance(inner, Instance):
        return _instance(program, inner, request)
    known = program.judge.library(value, request.http_method)
    if known is not None:
        return known
    reason = inner.reason if isinstance(inner, Unknown) else f"'{program.describe(inner)}' is not in the library models"
    return Judgement("unknown", reason=reason, qualname=program.describe(inner))


def _instance(program: Program, inner: Instance, request: Request) -> Judgement:
    """An object of the project's own: its `__call__`, or its `authenticate`, given no credential."""
    for method in ("__call__", "authenticate"):
        found = attributes.own(program.machine, inner.cls, method)
        target = unwrap(found) if found is not None else None
        if not isinstance(target, FunctionValue):
            continue
        bases = {name.rpartition(".")[2] for name in attributes.external_bases(program.machine, inner.cls)}
        if method == "authenticate" and bases & _NEED_CREDENTIAL:
            return Judgement("required", qualname=target.function.id)
        bound = FunctionValue(target.function, target.env, inner)
        first: list[Value] = [request] if method == "__call__" else [request, NOTHING]
        return program.judge.function(bound, "predicate", caller=request, first=first, memo=(None,))
    known = program.judge.library(inner, request.http_method)
    return known if known is not None else Judgement("unknown", reason="its code is not at hand")


__all__ = ["NinjaView", "Operation", "constant", "teach"]
