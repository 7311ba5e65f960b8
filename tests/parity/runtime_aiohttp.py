"""Ask aiohttp itself: `python -m parity.runtime_aiohttp FOLDER` prints the route table of the application in FOLDER.

Paths are the resources' canonical ones, without the patterns of their parameters. Left out: automatic HEAD, and routes
whose handler is not the project's own (static files).
"""

from __future__ import annotations

import inspect
import re
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

from aiohttp import web
from aiohttp.abc import AbstractView
from aiohttp.test_utils import TestClient, TestServer

from .observation import Entered, Project, Row, observe, read_answer

PARAMETER = re.compile(r"\{(\w+)\}")
VERBS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")


def handlers(route: web.AbstractRoute) -> Iterator[tuple[str, Callable[..., Any]]]:
    """`(method, function)` for everything that a route answers: a view class has a method for each."""
    handler = route.handler
    if inspect.isclass(handler) and issubclass(handler, AbstractView):
        verbs = VERBS if route.method == "*" else (route.method,)
        yield from ((verb, getattr(handler, verb.lower())) for verb in verbs if hasattr(handler, verb.lower()))
    else:
        yield "ANY" if route.method == "*" else route.method, handler


def is_automatic(route: web.AbstractRoute) -> bool:
    """Whether a route is the HEAD that comes with a GET."""
    assert route.resource is not None
    return route.method == "HEAD" and any(
        other.method == "GET" and other.handler is route.handler for other in route.resource
    )


async def rows(project: Project, app: web.Application) -> AsyncIterator[Row]:
    """Every own route of the application, called once."""
    entered = Entered(project.folder, project.library)
    async with TestClient(TestServer(app)) as client:
        with entered.watching():
            for route in app.router.routes():
                assert route.resource is not None
                path = route.resource.canonical
                if is_automatic(route):
                    continue
                for method, function in handlers(route):
                    if place := project.place(function):
                        entered.forget()
                        url = PARAMETER.sub(lambda match: project.value(match[1]), path)
                        status, location = await call(client, "GET" if method == "ANY" else method, url)
                        anon = read_answer(status, location, entered=entered.has(function))
                        yield Row(method, path, place.handler, place.file, place.line, anon, status)


async def call(client: TestClient[web.Request, web.Application], method: str, path: str) -> tuple[int, str]:
    """Status and redirect target of one call without credentials."""
    client.session.cookie_jar.clear()
    body: dict[str, Any] = {"json": {}} if method in ("POST", "PUT", "PATCH", "DELETE") else {}
    async with client.request(method, path, allow_redirects=False, **body) as response:
        return response.status, response.headers.get("Location", "")


if __name__ == "__main__":
    observe(rows)
