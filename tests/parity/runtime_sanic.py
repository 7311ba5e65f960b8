"""Ask Sanic itself: `python -m parity.runtime_sanic FOLDER` prints the route table of the application in FOLDER.

Left out: routes whose handler is not the project's own. A websocket is asked for by a plain request, which shows
whether something stands before it.
"""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Callable
from typing import Any

from sanic import Sanic
from sanic_testing.testing import SanicASGITestClient

from .observation import Entered, Project, Row, observe, reached, read_answer

PARAMETER = re.compile(r"<(?P<name>\w+)(?::(?P<converter>\w+))?>")


def answering(handler: Any, method: str) -> Callable[..., Any]:
    """The function behind a handler; of a class-based view the method that will answer."""
    view_class = getattr(handler, "view_class", None)
    found: Callable[..., Any] = handler if view_class is None else getattr(view_class, method.lower())
    return found


def websocket_handler(handler: Any) -> Any:
    """What the developer wrote below the partial that speaks the protocol."""
    return handler.args[0] if getattr(handler, "args", ()) else handler


async def rows(project: Project, app: Sanic) -> AsyncIterator[Row]:
    """Every own route of the application, called once."""
    entered = Entered(project.folder, project.library)
    with entered.watching():
        client = SanicASGITestClient(app)
        for route in app.router.routes:
            is_socket = bool(route.extra.websocket)
            for method in ["WEBSOCKET"] if is_socket else sorted(route.methods):
                handler = websocket_handler(route.handler) if is_socket else answering(route.handler, method)
                place = project.place(handler)
                if place is None:
                    continue
                entered.forget()
                rule = f"/{route.path.lstrip('/')}"
                path = PARAMETER.sub(lambda match: project.value(match["name"], match["converter"] or ""), rule)
                body: dict[str, Any] = {"json": {}} if method in ("POST", "PUT", "PATCH") else {}
                _, answer = await client.request("get" if is_socket else method.lower(), path, **body)
                inside = entered.has(handler)
                location = answer.headers.get("location", "")
                anon = reached(read_answer(answer.status_code, location, entered=inside), entered=inside)
                yield Row(method, rule, place.handler, place.file, place.line, anon, answer.status_code)


if __name__ == "__main__":
    observe(rows)
