"""Ask FastAPI and Starlette themselves: `python -m parity.runtime_fastapi FOLDER` prints the application's routes.

The table is taken after start-up, flattened through mounts and included routers (`app.routes` has been a tree of
those since FastAPI 0.137; before, inclusion copied the routes). Left out: the HEAD that comes with every GET, and
routes whose handler is not the project's own (documentation, static files).
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from starlette.applications import Starlette
from starlette.endpoints import HTTPEndpoint
from starlette.routing import Host, Mount, Route, WebSocketRoute, compile_path
from starlette.testclient import TestClient
from starlette.websockets import WebSocketDisconnect

from .observation import Entered, Place, Project, Row, load_application, open_project, read_answer, read_close, write

HTTP_METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")


@dataclass(frozen=True)
class Served:
    """One method of one route, where it is served."""

    method: str
    path: str
    endpoint: Callable[..., Any]
    dependant: Any = None


def effective_routes(routes: Iterable[Any]) -> Iterator[Any]:
    """The routes as they are served: included routers dissolved, with their prefixes."""
    try:
        from fastapi.routing import iter_route_contexts
    except ImportError:
        yield from routes
    else:
        for context in iter_route_contexts(list(routes)):
            yield context._effective_route


def served(routes: Iterable[Any], prefix: str = "") -> Iterator[Served]:
    """Every method of every route below `routes`, in the order of matching."""
    for route in effective_routes(routes):
        original = getattr(route, "original_route", route)
        if isinstance(original, Mount):
            yield from served(route.routes or (), prefix + route.path)
        elif isinstance(original, Host):
            yield from served(route.routes or (), prefix)
        elif isinstance(original, WebSocketRoute):
            dependant = getattr(route, "dependant", None)
            yield Served("WEBSOCKET", prefix + route.path, websocket_handler(route.endpoint), dependant)
        elif isinstance(original, Route):
            for method in methods(route, is_api_route=type(original).__module__.startswith("fastapi")):
                endpoint = http_handler(route.endpoint, method)
                yield Served(method, prefix + route.path, endpoint, getattr(route, "dependant", None))


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
    """The function that answers; of a `WebSocketEndpoint` the one that accepts."""
    handler: Callable[..., Any] = getattr(endpoint, "on_connect", endpoint)
    return handler


def url(project: Project, path: str) -> str:
    """The path with its parameters filled in."""
    _, template, convertors = compile_path(path)
    for name, convertor in convertors.items():
        kind = type(convertor).__name__.removesuffix("Convertor").replace("Integer", "int").lower()
        template = template.replace("{" + name + "}", project.value(name, kind))
    return template


def rows(project: Project, app: Starlette) -> Iterator[Row]:
    """Every own route of the application, called once."""
    entered = Entered(project.folder, project.library)
    with entered.watching(), TestClient(app, raise_server_exceptions=False, follow_redirects=False) as client:
        for route in list(served(app.routes)):
            if place := project.place(route.endpoint):
                entered.forget()
                yield row(project, client, route, place, entered)


def row(project: Project, client: TestClient, route: Served, place: Place, entered: Entered) -> Row:
    """Call one route without credentials."""
    path = url(project, route.path)
    if route.method == "WEBSOCKET":
        status, validation = connect(client, path)
        anon = "public_to_validation" if validation else read_close(status, entered=entered.has(route.endpoint))
    else:
        status, location = call(client, route.method, path)
        anon = read_answer(status, location, entered=entered.has(route.endpoint))
    return Row(route.method, route.path, place.handler, place.file, place.line, anon, status)


def call(client: TestClient, method: str, path: str) -> tuple[int, str]:
    """Status and redirect target of one HTTP call."""
    client.cookies.clear()
    body: dict[str, Any] = {} if method in ("GET", "HEAD", "OPTIONS") else {"json": {}}
    response = client.request(method, path, **body)
    return response.status_code, response.headers.get("location", "")


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
        code = closed.status_code if hasattr(closed, "status_code") else closed.code
        return (code if accepted else -code), isinstance(getattr(closed, "reason", None), list)
    return 0, False


def main(folder: Path) -> None:
    """Import the application in `folder` and print its routes."""
    project = open_project(folder)
    write(list(rows(project, load_application(project))))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
