"""Ask FastAPI and Starlette themselves: `python -m parity.runtime_fastapi FOLDER` prints the application's routes.

The table is taken after start-up, flattened through mounts and included routers (`app.routes` has been a tree of
those since FastAPI 0.137; before, inclusion copied the routes). Left out: the HEAD that comes with every GET, and
routes whose handler is not the project's own (documentation, static files).
"""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from starlette import testclient
from starlette.endpoints import HTTPEndpoint, WebSocketEndpoint
from starlette.routing import Host, Mount, Route, WebSocketRoute, compile_path
from starlette.testclient import TestClient
from starlette.websockets import WebSocketDisconnect

from . import wellformed
from .observation import (
    Entered,
    Place,
    Project,
    Row,
    load_application,
    open_project,
    reached,
    read_answer,
    read_close,
    write,
)

# Handshakes are answered by HTTP from Starlette 0.37 on.
DENIAL: type | tuple[()] = getattr(testclient, "WebSocketDenialResponse", ())
HTTP_METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")


@dataclass(frozen=True)
class Served:
    """One method of one route, where it is served."""

    method: str
    path: str
    endpoint: Any
    dependant: Any = None
    flask: bool = False

    def fill(self, project: Project) -> str:
        """The path with its parameters filled in."""
        if self.flask:
            from . import runtime_flask

            return runtime_flask.url(project, self.path)
        return url(project, self.path)

    def was_entered(self, entered: Entered) -> bool:
        """Whether the handler was entered; of a class, any of its own methods."""
        functions = vars(self.endpoint).values() if isinstance(self.endpoint, type) else [self.endpoint]
        return any(entered.has(function) for function in functions if callable(function))


def effective_routes(routes: Iterable[Any]) -> Iterator[Any]:
    """The routes as they are served: included routers dissolved, with their prefixes."""
    try:
        from fastapi import routing
    except ImportError:  # an application of Starlette alone
        yield from routes
        return
    if hasattr(routing, "iter_route_contexts"):
        for context in routing.iter_route_contexts(list(routes)):
            yield context._effective_route
    elif hasattr(routing, "_iter_routes_with_context"):  # the first versions with a tree
        for route, context in routing._iter_routes_with_context(list(routes)):
            yield getattr(context, "starlette_route", None) or context or route
    else:
        yield from routes


def served(routes: Iterable[Any], prefix: str = "") -> Iterator[Served]:
    """Every method of every route below `routes`, in the order of matching."""
    for route in effective_routes(routes):
        original = getattr(route, "original_route", route)
        if isinstance(original, Mount):
            yield from served(route.routes or (), prefix + route.path)
            yield from served_by_flask(getattr(route.app, "app", None), prefix + route.path)
        elif isinstance(original, Host):
            yield from served(route.routes or (), prefix)
        elif isinstance(original, WebSocketRoute):
            dependant = getattr(route, "dependant", None)
            yield Served("WEBSOCKET", prefix + route.path, websocket_handler(route.endpoint), dependant)
        elif isinstance(original, Route):
            for method in methods(route, is_api_route=type(original).__module__.startswith("fastapi")):
                endpoint = http_handler(route.endpoint, method)
                yield Served(method, prefix + route.path, endpoint, getattr(route, "dependant", None))


def served_by_flask(app: Any, prefix: str) -> Iterator[Served]:
    """The rules of a Flask application that stands inside of a `WSGIMiddleware`."""
    if type(app).__module__.partition(".")[0] == "flask":
        from . import runtime_flask

        for rule in runtime_flask.served(app):
            for method in runtime_flask.methods(rule):
                yield Served(method, prefix + rule.rule, runtime_flask.handler(app, rule, method), flask=True)


def methods(route: Any, *, is_api_route: bool) -> list[str]:
    """The methods that the application asked for. Starlette's own `Route` adds HEAD to GET; FastAPI's does not."""
    if route.methods is None:
        return [m for m in HTTP_METHODS if hasattr(route.endpoint, m.lower())]
    automatic = {"HEAD"} if "GET" in route.methods and not is_api_route else set()
    return sorted(set(route.methods) - automatic)


def http_handler(endpoint: Any, method: str) -> Callable[..., Any]:
    """The function that answers; of an `HTTPEndpoint` its method."""
    if isinstance(endpoint, type) and issubclass(endpoint, HTTPEndpoint):
        found: Callable[..., Any] = getattr(endpoint, method.lower())
        return found
    handler: Callable[..., Any] = endpoint
    return handler


def websocket_handler(endpoint: Any) -> Callable[..., Any]:
    """The function that answers; of a `WebSocketEndpoint` the one that accepts, or the class where its base does."""
    own = isinstance(endpoint, type) and endpoint.on_connect is not WebSocketEndpoint.on_connect  # type: ignore[attr-defined]
    handler: Callable[..., Any] = endpoint.on_connect if own else endpoint
    return handler


def url(project: Project, path: str) -> str:
    """The path with its parameters filled in."""
    _, template, convertors = compile_path(path)
    for name, convertor in convertors.items():
        kind = type(convertor).__name__.removesuffix("Convertor").replace("Integer", "int").lower()
        template = template.replace("{" + name + "}", project.value(name, kind))
    return template


def rows(project: Project, app: Any) -> Iterator[Row]:
    """Every own route of the application, called without credentials."""
    entered = Entered(project.folder, project.library)
    inner = wrapped(app)
    shapes = dict(wellformed.requests(inner))
    with entered.watching(), TestClient(app, raise_server_exceptions=False, follow_redirects=False) as client:
        for route in list(served(inner.routes)):
            if place := place_of(project, route.endpoint):
                shape = shapes.get((route.method, route.path), {})
                anon, status = answer(client, route, route.fill(project), shape, entered)
                yield Row(route.method, route.path, place.handler, place.file, place.line, anon, status)


def wrapped(app: Any) -> Any:
    """The application inside of middleware that was put around it by hand: `app = CORSMiddleware(app=app)`."""
    while not hasattr(app, "routes") and hasattr(app, "app"):
        app = app.app
    return app


def place_of(project: Project, endpoint: Any) -> Place | None:
    """Where the handler stands; of a websocket class that leaves accepting to its base, where the class stands."""
    if not isinstance(endpoint, type):
        return project.place(endpoint)
    file = Path(inspect.getfile(endpoint)).resolve()
    if not file.is_relative_to(project.folder):
        return None
    name = f"{endpoint.__module__}:{endpoint.__qualname__}"
    return Place(name, file.relative_to(project.folder).as_posix(), inspect.getsourcelines(endpoint)[1])


def answer(client: TestClient, route: Served, path: str, shape: dict[str, Any], entered: Entered) -> tuple[str, int]:
    """What a stranger meets; where only the shape of the request was wrong, what it meets with the right one."""
    entered.forget()
    if route.method == "WEBSOCKET":
        status, validation = connect(client, path)
        inside = route.was_entered(entered)
        anon = reached(read_close(status, entered=inside), entered=inside)
        return ("public_to_validation" if validation else anon), status
    body: dict[str, Any] = {} if route.method in ("GET", "HEAD", "OPTIONS") else {"json": {}}
    anon, status = ask(client, route, path, body, entered)
    if anon == "public_to_validation" and shape:
        second, second_status = ask(client, route, path, shape, entered)
        if second_status == 400:  # a dependency, or the handler itself, did not like a value
            return ("reached" if second == "reached" else "protected"), second_status
        is_broken = second == "ambiguous" and second_status >= 500  # what stands before the handler is
        if second in ("protected", "denied_in_handler", "public") or is_broken:
            return second, second_status
    return anon, status


def ask(client: TestClient, route: Served, path: str, content: dict[str, Any], entered: Entered) -> tuple[str, int]:
    """One HTTP call."""
    entered.forget()
    client.cookies.clear()
    client.cookies.update(content.get("cookies", {}))
    content = {name: value for name, value in content.items() if name != "cookies"}
    response = client.request(route.method, path, **content)
    location = response.headers.get("location", "")
    inside = route.was_entered(entered)
    return reached(read_answer(response.status_code, location, entered=inside), entered=inside), response.status_code


def connect(client: TestClient, path: str) -> tuple[int, bool]:
    """Open a websocket, say `{}` and wait for an answer: 0 when one came, else the code of the closure, negative
    when it came before the connection was accepted; and whether that was for the shape of the request."""
    accepted = False
    client.cookies.clear()
    try:
        with client.websocket_connect(path) as websocket:
            accepted = True
            websocket.send_text("{}")
            websocket.receive_text()
    except WebSocketDisconnect as closed:
        if isinstance(closed, DENIAL):  # an HTTP answer to the handshake
            return -closed.status_code, False
        return (closed.code if accepted else -closed.code), isinstance(closed.reason, list)
    return 0, False


def main(folder: Path) -> None:
    """Import the application in `folder` and print its routes."""
    project = open_project(folder)
    write(list(rows(project, load_application(project))))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
