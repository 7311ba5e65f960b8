"""Tornado: handlers on patterns, what they do before a method answers -> routes with their guards."""

from __future__ import annotations

from collections.abc import Iterator

from apilint.frameworks.program import Program
from apilint.model import Route

APPS = ("tornado.web.Application",)
LIBRARY = "tornado"
CONSTRUCTORS = ("Application",)


def routes(program: Program) -> Iterator[Route]:
    """All routes of all Tornado applications. What finds them is imported for programs that have one."""
    apps = program.objects(APPS)
    if apps:
        from apilint.frameworks.tornado.views import routes as routes_of

        yield from routes_of(program, apps)
