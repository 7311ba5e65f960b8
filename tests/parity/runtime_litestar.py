"""Ask Litestar itself: `python -m parity.runtime_litestar FOLDER` prints the route table of the application in FOLDER.

Left out: automatic OPTIONS, and routes whose handler is not the project's own (documentation, static files).
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from litestar import Litestar
from litestar.exceptions import WebSocketDisconnect
from litestar.routes import ASGIRoute, HTTPRoute, WebSocketRoute
from litestar.testing import TestClient

from .observation import Entered, Project, Row, load_application, open_project, read_answer, read_close, write

PARAMETER = re.compile(r"\{(?P<name>\w+):(?P<type>\w+)\}")
Handler = tuple[str, Callable[..., Any]]


def handlers(route: HTTPRoute | WebSocketRoute | ASGIRoute) -> Iterator[Handler]:
    """`(method, function)` for everything that a route answers."""
    if isinstance(route, HTTPRoute):
        for handler in route.route_handlers:
            for method in sorted(handler.http_methods):
                yield method, handler.fn
    elif isinstance(route, WebSocketRoute):
        function = route.route_handler.fn
        yield "WEBSOCKET", getattr(function, "_fn", function)  # a listener calls it for each message
    else:
        yield "ANY", route.route_handler.fn


def url(project: Project, path: str) -> str:
    """The route's path with its parameters filled in."""
    return PARAMETER.sub(lambda match: project.value(match["name"], match["type"]).strip("/"), path)


def rows(project: Project, app: Litestar) -> Iterator[Row]:
    """Every own route of the application, called once."""
    entered = Entered(project.folder, project.library)
    with entered.watching(), TestClient(app, raise_server_exceptions=False) as client:
        for route in app.routes:
            for method, function in handlers(route):
                if place := project.place(function):
                    entered.forget()
                    path = url(project, route.path)
                    if method == "WEBSOCKET":
                        status = connect(client, path)
                        anon = read_close(status, entered=entered.has(function))
                    else:
                        status, location = call(client, "GET" if method == "ANY" else method, path)
                        anon = read_answer(status, location, entered=entered.has(function))
                    yield Row(method, route.path, place.handler, place.file, place.line, anon, status)


def call(client: TestClient[Litestar], method: str, path: str) -> tuple[int, str]:
    """Status and redirect target of one HTTP call without credentials."""
    client.cookies.clear()
    body: dict[str, Any] = {"json": {}} if method in ("POST", "PUT", "PATCH") else {}
    response = client.request(method, path, follow_redirects=False, **body)
    return response.status_code, response.headers.get("location", "")


def connect(client: TestClient[Litestar], path: str) -> int:
    """Open a websocket, say something and wait for an answer: 0 when one came, else the code of the closure, negative
    when it came before the connection was accepted."""
    accepted = False
    try:
        with client.websocket_connect(path) as websocket:
            accepted = True
            websocket.send_text("{}")
            websocket.receive_text(timeout=5)
    except WebSocketDisconnect as closed:
        return closed.code if accepted else -closed.code
    return 0


def main(folder: Path) -> None:
    """Import the application in `folder` and print its routes."""
    project = open_project(folder)
    write(list(rows(project, load_application(project))))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
