"""Ask Bottle itself: `python -m parity.runtime_bottle FOLDER` prints the route table of the application in FOLDER.

Left out: routes whose callback is not the project's own. In place of the gate to an application that is mounted as one
of its own, its routes are listed.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from pathlib import Path

from bottle import Bottle, Route
from werkzeug.test import Client

from .observation import Entered, Project, Row, load_application, open_project, reached, read_answer, write

PARAMETER = re.compile(r"<(?P<name>\w*)(?::(?P<converter>\w+)(?::[^>]*)?)?>")


def served(app: Bottle, prefix: str = "") -> Iterator[tuple[str, Route]]:
    """`(rule, route)` of an application and of those that stand behind a gate in it."""
    gates = set()
    for route in app.routes:
        behind = route.config.get("mountpoint.target")
        if isinstance(behind, Bottle):
            at = prefix + route.config["mountpoint.prefix"].rstrip("/")
            if at not in gates:
                gates.add(at)
                yield from served(behind, at)
        else:
            yield prefix + route.rule, route


def rows(project: Project, app: Bottle) -> Iterator[Row]:
    """Every own route of the application, called once."""
    entered = Entered(project.folder, project.library)
    with entered.watching():
        client = Client(app)
        for rule, route in served(app):
            callback = route.get_undecorated_callback()
            place = project.place(callback)
            if place is None:
                continue
            entered.forget()
            path = PARAMETER.sub(lambda match: project.value(match["name"], match["converter"] or ""), rule)
            method = "GET" if route.method == "ANY" else route.method
            answer = client.open(path, method=method, json={} if method in ("POST", "PUT", "PATCH") else None)
            inside = entered.has(callback)
            anon = reached(
                read_answer(answer.status_code, answer.headers.get("Location", ""), entered=inside), entered=inside
            )
            yield Row(route.method, rule, place.handler, place.file, place.line, anon, answer.status_code)


def main(folder: Path) -> None:
    """Import the application in `folder` and print its routes."""
    project = open_project(folder)
    write(list(rows(project, load_application(project))))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
