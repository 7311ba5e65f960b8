"""Ask Channels itself: `python -m parity.runtime_channels FOLDER` prints the websocket routes of the project in FOLDER,
besides the routes that Django serves.

`parity.toml` names the `settings` module, whose `ASGI_APPLICATION` is asked. The handler is the consumer's own method
that decides whether a connection is accepted, or the consumer where that is the library's.
"""

from __future__ import annotations

import asyncio
import inspect
import itertools
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import tomli
from asgiref.testing import ApplicationCommunicator
from django.utils import regex_helper

from .observation import Entered, Place, Project, Row, read_close, write
from .runtime_django import line_of_class, remember_registrations, rows, shown_path, start

OPENING = ("connect", "websocket_connect")


def consumers(application: Any, above: tuple[Any, ...] = ()) -> Iterator[tuple[tuple[Any, ...], type]]:
    """`(patterns, consumer)` of every consumer below an application."""
    if hasattr(application, "routes"):
        for route in application.routes:
            yield from consumers(route.callback, (*above, route.pattern))
    elif hasattr(application, "consumer_class"):
        yield above, application.consumer_class
    else:
        inner = getattr(application, "inner", None) or getattr(application, "application", None)
        if inner is not None:
            yield from consumers(inner, above)


def opening(consumer: type, folder: Path) -> Any:
    """The project's method that is asked when a connection opens."""
    for name in OPENING:
        function = inspect.unwrap(getattr(consumer, name))
        if Path(function.__code__.co_filename).is_relative_to(folder):
            return function
    return None


def place(consumer: type, project: Project) -> Place:
    """Where the deciding method stands, or the consumer."""
    function = opening(consumer, project.folder)
    if function is not None and (found := project.place(function)):
        return found
    file = Path(inspect.getfile(consumer))
    name = f"{consumer.__module__}:{consumer.__qualname__}"
    return Place(name, file.relative_to(project.folder).as_posix(), line_of_class(file, consumer))


def url(patterns: tuple[Any, ...], values: dict[str, str]) -> str:
    """A path that leads to the consumer."""
    form, names = "/", list[str]()
    for pattern in patterns:
        part, part_names = regex_helper.normalize(pattern.regex.pattern)[0]
        form, names = form + part, names + part_names
    return form % {name: values.get(name, "1") for name in names}


async def sockets(project: Project) -> list[Row]:
    """Every consumer of the project, connected to once by a stranger."""
    from channels.routing import get_default_application

    application = get_default_application()
    entered, found = Entered(project.folder), []
    for patterns, consumer in consumers(application.application_mapping["websocket"]):
        function = opening(consumer, project.folder)
        entered.forget()
        with entered.watching():
            code = await connect(application, url(patterns, project.values))
        inside = entered.has(function) if function is not None else code == 0
        anon = read_close(code, entered=inside)
        where = place(consumer, project)
        found.append(Row("WEBSOCKET", shown_path(patterns), where.handler, where.file, where.line, anon, code))
    return found


async def connect(application: Any, path: str) -> int:
    """Open a websocket: 0 when it is accepted, else the code of the closure, negative."""
    scope = {"type": "websocket", "path": path, "query_string": b"", "headers": [], "subprotocols": []}
    communicator = ApplicationCommunicator(application, scope)
    await communicator.send_input({"type": "websocket.connect"})
    answer = await communicator.receive_output(timeout=10)
    await communicator.send_input({"type": "websocket.disconnect", "code": 1000})
    await communicator.wait()
    return 0 if answer["type"] == "websocket.accept" else -answer.get("code", 1000)


def main(folder: Path) -> None:
    """Start the project in `folder` and print its routes."""
    config = tomli.loads((folder / "parity.toml").read_text(encoding="utf-8"))
    project = Project(folder, folder, config["settings"], config.get("values", {}))
    remember_registrations(project)
    start(folder, config)
    write([*itertools.chain(rows(project, config)), *asyncio.run(sockets(project))])


if __name__ == "__main__":
    main(Path(sys.argv[1]).resolve())
