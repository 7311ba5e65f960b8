"""Ask Quart itself: `python -m parity.runtime_quart FOLDER` prints the route table of the application in FOLDER.

Left out: automatic HEAD and OPTIONS, and routes whose handler is not the project's own (static files).
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

from quart import Quart
from quart.testing import QuartClient, WebsocketResponseError
from werkzeug.routing import Rule

from .observation import Entered, Project, Row, observe, read_answer
from .runtime_flask import handler, methods, url


async def rows(project: Project, app: Quart) -> AsyncIterator[Row]:
    """Every own route of the application, called once."""
    entered = Entered(project.folder, project.library)
    with entered.watching():
        async with app.test_app():
            client = app.test_client(use_cookies=False)
            for rule in app.url_map.iter_rules():
                for method in ["WEBSOCKET"] if rule.websocket else methods(rule):
                    if row := await called(project, app, client, rule, method, entered):
                        yield row


async def called(
    project: Project, app: Quart, client: QuartClient, rule: Rule, method: str, entered: Entered
) -> Row | None:
    """One route called without credentials; None for one of the framework's own."""
    function = handler(app, rule, method)  # type: ignore[arg-type]
    place = project.place(function)
    if place is None:
        return None
    entered.forget()
    path = url(project, rule.rule)
    if method == "WEBSOCKET":
        status, location = await connect(client, path), ""
    else:
        status, location = await call(client, method, path)
    anon = read_answer(status, location, entered=entered.has(function))
    return Row(method, rule.rule, place.handler, place.file, place.line, anon, status)


async def call(client: QuartClient, method: str, path: str) -> tuple[int, str]:
    """Status and redirect target of one HTTP call."""
    body: dict[str, Any] = {} if method in ("GET", "HEAD", "OPTIONS") else {"json": {}}
    response = await client.open(path, method=method, **body)
    return response.status_code, response.headers.get("Location", "")


async def connect(client: QuartClient, path: str) -> int:
    """Open a websocket, say something and wait for an answer; the status of the refusal when it is not opened."""
    try:
        async with client.websocket(path) as socket:
            await socket.send("{}")
            await asyncio.wait_for(socket.receive(), 5)
    except WebsocketResponseError as refused:
        return refused.response.status_code
    return 200


if __name__ == "__main__":
    observe(rows)
