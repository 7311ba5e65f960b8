"""What FastAPI and Starlette call their objects, what these hold while a program starts up, and what they hand down."""

from __future__ import annotations

import msgspec

from apilint.facts import Span
from apilint.frameworks import asgi_middleware
from apilint.frameworks.program import Object, Program
from apilint.startup.core import Core
from apilint.startup.values import Attr, Condition, FunctionValue, Instance, Known, Result, Value, text_of, unwrap

FASTAPI = ("fastapi.FastAPI", "fastapi.applications.FastAPI")
STARLETTE = ("starlette.applications.Starlette",)
APPS = (*FASTAPI, *STARLETTE)
ROUTERS = ("fastapi.APIRouter", "fastapi.routing.APIRouter", "starlette.routing.Router")
SERVED = (*APPS, *ROUTERS)
STARLETTE_ROUTERS = ("starlette.routing.Router",)
METHODS = ("get", "post", "put", "patch", "delete", "options", "head", "trace")
API_ROUTE = "fastapi.routing.APIRoute"
ROUTE_CLASSES = ("starlette.routing.Route", API_ROUTE)
WEBSOCKET_CLASSES = ("starlette.routing.WebSocketRoute", "fastapi.routing.APIWebSocketRoute")
WSGI_WRAPPERS = (
    "a2wsgi.WSGIMiddleware",
    "asgiref.wsgi.WsgiToAsgi",
    "fastapi.middleware.wsgi.WSGIMiddleware",
    "starlette.middleware.wsgi.WSGIMiddleware",
)
ENDPOINTS = ("starlette.endpoints.HTTPEndpoint",)
WEBSOCKET_ENDPOINTS = ("starlette.endpoints.WebSocketEndpoint",)
DEFAULTS: dict[str, str] = {
    "docs_url": "/docs",
    "openapi_url": "/openapi.json",
    "redoc_url": "/redoc",
    "root_path": "",
    "swagger_ui_oauth2_redirect_url": "/docs/oauth2-redirect",
    "title": "FastAPI",
    "version": "0.1.0",
}


def prepare(machine: Core, options: dict[str, str]) -> None:
    """Tell the start-up what these attributes are."""
    for app in FASTAPI:
        for name in DEFAULTS:
            machine.extensions.properties[f"{app}.{name}"] = _Attribute(name)
    machine.extensions.seal()


class _Attribute:
    """A keyword of the constructor that becomes an attribute of the object."""

    __slots__ = ("name",)

    def __init__(self, name: str) -> None:
        self.name = name

    def __call__(self, machine: Core, base: Value, span: Span) -> Value | None:
        made = base
        for event in base.events if isinstance(base, (Result, Instance)) else ():
            if isinstance(event.callee, Attr) and event.callee.name == "super.__init__":
                made = event
        if not isinstance(made, (Result, Instance)):
            return None
        return made.kwargs.get(self.name) or Known(DEFAULTS[self.name])


class Scope(msgspec.Struct):
    """What a route inherits at one point of the tree: path, guards from above, conditions."""

    prefix: str = ""
    dependencies: tuple[tuple[Value, str, tuple[Condition, ...]], ...] = ()
    middleware: tuple[asgi_middleware.Layer, ...] = ()
    conditions: tuple[Condition, ...] = ()
    framework: str = "fastapi"
    router: str = ""
    route_class: Value | None = None
    bypassed: tuple[tuple[Value, str, Span], ...] = ()
    app: str = ""
    included: int | None = None
    marks: frozenset[str] = frozenset()


def below(scope: Scope, conditions: tuple[Condition, ...]) -> Scope:
    """The scope with further conditions."""
    return msgspec.structs.replace(scope, conditions=(*scope.conditions, *conditions)) if conditions else scope


def run_startup(program: Program, app: Object) -> None:
    """Run what the application runs when it starts: `lifespan`, `on_event("startup")`, `on_startup`."""
    _, kwargs = program.made_with(app)
    for name, event in list(program.events(app)):
        if name == "on_event" and event.args and text_of(event.args[0]) == "startup":
            for function in program.decorated(event):
                program.machine.call_within(function, [], event.span)
        elif name == "add_event_handler" and len(event.args) > 1 and text_of(event.args[0]) == "startup":
            program.machine.call_within(event.args[1], [], event.span)
    for startup in program.items(kwargs.get("on_startup")):
        program.machine.call_within(startup, [], app.span)
    lifespan = kwargs.get("lifespan")
    if lifespan is not None and isinstance(unwrap(lifespan), FunctionValue):
        program.machine.call_within(unwrap(lifespan), [app], app.span)
