"""What stands beside the routes that an ASGI application serves: routers that it never took, its documentation."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

from apilint.frameworks import asgi_middleware
from apilint.frameworks.asgi_objects import SERVED
from apilint.frameworks.program import Object, Program, argument, path_part
from apilint.guards.caller import Caller
from apilint.model import Loose, Published, Step
from apilint.startup.values import NONE, Instance, Known, Result, Value

_REGISTERING = frozenset(
    """
    get post put patch delete options head trace api_route route websocket websocket_route add_api_route add_route
    add_api_websocket_route add_websocket_route
    """.split()
)
_DOCUMENTS = {"docs_url": "/docs", "redoc_url": "/redoc"}
_SCHEMA = {"openapi_url": "/openapi.json"}


HOST_CLASSES = ("starlette.routing.Host",)
MOST_LAYERS = 8
MOUNT_CLASSES = ("starlette.routing.Mount", *HOST_CLASSES)


def beneath(program: Program, value: Value) -> tuple[Object | None, tuple[asgi_middleware.Layer, ...]]:
    """The application that a call puts middleware around, `GZipMiddleware(app)`, and that middleware, outermost first;
    what is no application in the end stands for itself."""
    outermost = made = program.object_of(value)
    layers: list[asgi_middleware.Layer] = []
    while made is not None and not program.is_a(made, SERVED) and len(layers) < MOST_LAYERS:
        _, kwargs = program.made_with(made)
        maker = made.callee if isinstance(made, Result) else made.cls
        layers.append(asgi_middleware.Layer(maker, kwargs, made.span, made.conditions, is_function=False))
        made = inside(program, made)
    return (made, tuple(layers)) if made is not None and program.is_a(made, SERVED) else (outermost, ())


def inside(program: Program, wrapper: Object) -> Object | None:
    """What a wrapper is made with and stands around: `WSGIMiddleware(app)`, `GZipMiddleware(app=app)`."""
    args, kwargs = program.made_with(wrapper)
    return program.object_of(kwargs.get("app") or next(iter(args), NONE))


def mounted(program: Program, app: Object) -> Iterator[Object]:
    """The applications that are mounted on one."""
    for name, event in program.events(app):
        if name.rpartition(".")[2] in ("mount", "host") and (len(event.args) > 1 or "app" in event.kwargs):
            child, _ = beneath(program, event.kwargs.get("app") or event.args[1])
            if child is not None:
                yield child
    _, kwargs = program.made_with(app)
    yield from _mounted_in(program, kwargs.get("routes"))


def _mounted_in(program: Program, value: Value | None) -> Iterator[Object]:
    for item in program.items(value):
        if program.is_a(item, MOUNT_CLASSES) and isinstance(item, Result):
            child, _ = beneath(program, argument(item, 1, "app") or Known(None))
            if child is not None:
                yield child
            yield from _mounted_in(program, item.kwargs.get("routes"))


def handed_over(program: Program, made: Sequence[Object]) -> Iterator[Object]:
    """Those of the objects that are arguments of some call that was not followed."""
    wanted = {id(each) for each in made}
    machine = program.machine
    holders: list[Object] = [*machine.results, *machine.instances] if wanted else []
    calls = (call for holder in holders for call in (holder, *holder.events))
    for call in calls:
        for value in (*call.args, *call.kwargs.values()):
            for item in program.items(value):
                inner = program.object_of(item)
                if inner is not None and id(inner) in wanted:
                    yield inner


class Tree:
    """The routers of a program as its applications take them. `entered` are those that were walked, `taken` the calls
    that included each, `is_open` tells that something was included that the source does not tell."""

    def __init__(self, program: Program) -> None:
        self.program = program
        self.entered: set[int] = set()
        self.taken: dict[int, list[Result]] = {}
        self.is_open = False

    def loose(self, routers: Sequence[Object]) -> Iterator[Loose]:
        """Routes of routers that nobody includes, and those that are added after the last time that one was."""
        lonely = [router for router in routers if id(router) not in self.entered]
        handed = {id(each) for each in handed_over(self.program, lonely)}
        for router in routers:
            events = [event for name, event in self.program.events(router) if name in _REGISTERING]
            if not events:
                continue
            if id(router) not in self.entered:
                yield Loose("router", router.span, self._places(events), doubt=self._doubt(router, handed))
                continue
            taken = self.taken.get(id(router))
            last = max(taken, key=lambda event: event.order) if taken else None
            late = [event for event in events if last is not None and event.order > last.order > router.order]
            if last is not None and late:
                yield Loose("router", router.span, self._places(late), last.span)

    def _doubt(self, router: Object, handed: Collection[int]) -> str:
        if id(router) in handed:
            return "something that was not followed is given it"
        if self.is_open:
            return "something is included that the source does not tell"
        if isinstance(router, Instance) or router.conditions:
            return "it is made in a way that was not followed"
        return ""

    def _places(self, events: Sequence[Result]) -> tuple[Step, ...]:
        return tuple(Step(event.span, f"'{_named(event)}' is registered here") for event in events)


def _named(event: Result) -> str:
    name = event.callee.name.rpartition(".")[2] if hasattr(event.callee, "name") else ""
    method = name.upper() if name in ("get", "post", "put", "patch", "delete", "options", "head") else "ANY"
    return f"{method} {path_part(argument(event, 0, 'path')) or '/'}"


def published(
    program: Program,
    made: Object,
    kwargs: dict[str, Value],
    prefix: str,
    app: str,
    middleware: Sequence[asgi_middleware.Layer],
) -> Iterator[Published]:
    """The documentation that an application serves unless it is told not to; where that depends, nothing is said."""
    schema = _paths(kwargs, _SCHEMA)
    pages = _paths(kwargs, _DOCUMENTS)
    if not schema or pages is None:
        return
    paths = tuple(prefix + path for path in (*pages, *schema))
    is_open = not any(
        guard.effect in ("required", "conditional", "unknown")
        for layer in middleware
        for guard in layer.guards(program, Caller("GET", paths[0]), is_socket=False)
    )
    yield Published(made.span, paths, app, is_open)


def _paths(kwargs: dict[str, Value], defaults: dict[str, str]) -> list[str] | None:
    """The paths that arguments give; None where one is not known."""
    found = []
    for name, default in defaults.items():
        value = kwargs.get(name)
        if isinstance(value, Known) and value.value is None:
            continue
        if value is not None and not (isinstance(value, Known) and isinstance(value.value, str)):
            return None
        found.append(default if value is None else str(value.value))
    return found


__all__ = ["HOST_CLASSES", "MOUNT_CLASSES", "Tree", "handed_over", "mounted", "published"]
