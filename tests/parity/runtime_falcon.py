"""Ask Falcon itself: `python -m parity.runtime_falcon FOLDER` prints the route table of the application in FOLDER.

Left out: automatic OPTIONS, and routes whose responder is not the project's own.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

from falcon.testing import TestClient

from .observation import Entered, Project, Row, load_application, open_project, read_answer, write

PARAMETER = re.compile(r"\{(?P<name>\w+)(?::(?P<converter>\w+)(?:\([^)]*\))?)?\}")


def responders(nodes: Iterable[Any]) -> Iterator[tuple[str, str, Callable[..., Any]]]:
    """`(method, template, responder)` of every node of the router's tree."""
    for node in nodes:
        for method, responder in sorted((node.method_map or {}).items()):
            yield method, node.uri_template, responder
        yield from responders(node.children)


def rows(project: Project, app: Any) -> Iterator[Row]:
    """Every own route of the application, called once."""
    entered = Entered(project.folder, project.library)
    with entered.watching():
        client = TestClient(app)
        for method, template, responder in responders(app._router._roots):
            place = project.place(responder)
            if place is None or method == "WEBSOCKET":
                continue
            entered.forget()
            path = PARAMETER.sub(lambda match: project.value(match["name"], match["converter"] or ""), template)
            body: dict[str, Any] = {"json": {}} if method in ("POST", "PUT", "PATCH") else {}
            answer = client.simulate_request(method, path, **body)
            location = answer.headers.get("location", "")
            anon = read_answer(answer.status_code, location, entered=entered.has(responder))
            yield Row(method, template, place.handler, place.file, place.line, anon, answer.status_code)


def main(folder: Path) -> None:
    """Import the application in `folder` and print its routes."""
    project = open_project(folder)
    write(list(rows(project, load_application(project))))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
