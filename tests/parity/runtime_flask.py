"""Ask Flask itself: `python -m parity.runtime_flask FOLDER` prints the route table of the application in FOLDER.

Left out: automatic HEAD and OPTIONS, and routes whose handler is not the project's own (static files, documentation).
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from werkzeug.routing import Rule

from .observation import Entered, Project, Row, load_application, open_project, reached, read_answer, seed, write

PARAMETER = re.compile(r"<(?:(?P<converter>\w+)(?:\((?P<options>[^)]*)\))?:)?(?P<name>\w+)>")


def served(app: Flask) -> Iterator[Rule]:
    """The rules that lead somewhere: `add_url_rule("/", endpoint="index")` may only name a URL for `url_for`."""
    return (rule for rule in app.url_map.iter_rules() if rule.endpoint in app.view_functions)


def methods(rule: Rule) -> list[str]:
    """The methods that the application asked for."""
    automatic = {"OPTIONS"} if getattr(rule, "provide_automatic_options", True) else set()
    if "GET" in (rule.methods or ()):
        automatic.add("HEAD")
    return sorted((rule.methods or set()) - automatic)


def handler(app: Flask, rule: Rule, method: str) -> Callable[..., Any]:
    """The function behind a rule; of a class-based view the method that will answer."""
    view = app.view_functions[rule.endpoint]
    view_class = getattr(view, "view_class", None)
    if view_class is None:
        return view
    found: Callable[..., Any] = getattr(view_class, method.lower(), None) or view_class.dispatch_request
    return found


def url(project: Project, path: str) -> str:
    """The rule's path with its parameters filled in."""

    def value(match: re.Match[str]) -> str:
        if match["converter"] == "any":
            return match["options"].partition(",")[0].strip("\"' ")
        return project.value(match["name"], match["converter"] or "")

    return PARAMETER.sub(value, path)


def rows(project: Project, app: Flask) -> Iterator[Row]:
    """Every own route of the application, called once."""
    entered = Entered(project.folder, project.library)
    with entered.watching():
        client = app.test_client(use_cookies=False)
        for rule in served(app):
            for method in methods(rule):
                function = handler(app, rule, method)
                if place := project.place(function):
                    entered.forget()
                    status, location = call(client, method, url(project, rule.rule))
                    inside = entered.has(function)
                    anon = reached(read_answer(status, location, entered=inside), entered=inside)
                    yield Row(method, rule.rule, place.handler, place.file, place.line, anon, status)


def call(client: FlaskClient, method: str, path: str) -> tuple[int, str]:
    """Status and redirect target of one call without credentials."""
    json: dict[str, str] | None = None if method in ("GET", "HEAD", "OPTIONS") else {}
    response = client.open(path, method=method, json=json)
    return response.status_code, response.headers.get("Location", "")


def main(folder: Path) -> None:
    """Import the application in `folder` and print its routes."""
    project = open_project(folder)
    app = load_application(project)
    with app.app_context():
        seed(project.settings)
    write(list(rows(project, app)))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
