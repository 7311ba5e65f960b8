"""Ask Tornado itself: `python -m parity.runtime_tornado FOLDER` prints the route table of the application in FOLDER.

Paths are the patterns, without the `$` that Tornado puts at their end. Left out: methods that are the library's own.
"""

from __future__ import annotations

import asyncio
import contextlib
import re
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

from tornado.httpclient import AsyncHTTPClient, HTTPClientError
from tornado.httpserver import HTTPServer
from tornado.testing import bind_unused_port
from tornado.web import Application
from tornado.websocket import WebSocketClosedError, WebSocketHandler, websocket_connect

from .observation import Entered, Project, Row, observe, read_answer

GROUP = re.compile(r"\((?:\?P<(?P<name>\w+)>)?[^()]*\)")
VERBS = ("GET", "HEAD", "POST", "DELETE", "PATCH", "PUT", "OPTIONS")


def responders(app: Application) -> Iterator[tuple[str, str, Callable[..., Any]]]:
    """`(method, pattern, function)` for everything that the application answers."""
    for rule in app.wildcard_router.rules:
        matcher: Any = rule.matcher
        handler: Any = rule.target
        pattern = matcher.regex.pattern.removesuffix("$")
        if issubclass(handler, WebSocketHandler):
            yield "WEBSOCKET", pattern, handler.open
        else:
            yield from ((verb, pattern, getattr(handler, verb.lower())) for verb in VERBS)


async def rows(project: Project, app: Application) -> AsyncIterator[Row]:
    """Every own route of the application, called once."""
    entered = Entered(project.folder)
    socket, port = bind_unused_port()
    server = HTTPServer(app)
    server.add_socket(socket)
    with entered.watching():
        for method, pattern, function in responders(app):
            place = project.place(function)
            if place is None:
                continue
            entered.forget()
            path = GROUP.sub(lambda match: project.value(match["name"] or ""), pattern)
            if method == "WEBSOCKET":
                status, location = await connect(f"ws://127.0.0.1:{port}{path}"), ""
            else:
                status, location = await call(method, f"http://127.0.0.1:{port}{path}")
            anon = read_answer(status, location, entered=entered.has(function))
            yield Row(method, pattern, place.handler, place.file, place.line, anon, status)
    server.stop()


async def call(method: str, url: str) -> tuple[int, str]:
    """Status and redirect target of one call without credentials."""
    body = "{}" if method in ("POST", "PUT", "PATCH") else None
    answer = await AsyncHTTPClient().fetch(
        url, method=method, body=body, follow_redirects=False, raise_error=False, allow_nonstandard_methods=True
    )
    return answer.code, answer.headers.get("Location", "")


async def connect(url: str) -> int:
    """Open a websocket and say something: the status of the refusal, 403 when it is closed without an answer."""
    try:
        connection = await websocket_connect(url)
    except HTTPClientError as refused:
        return refused.code
    with contextlib.suppress(WebSocketClosedError):
        await connection.write_message("{}")
    answer = await asyncio.wait_for(connection.read_message(), 5)
    return 403 if answer is None else 200


if __name__ == "__main__":
    observe(rows)
