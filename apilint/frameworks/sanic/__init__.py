"""Sanic: applications, blueprints and groups of them, versions, middleware, class views -> routes with their guards."""

from __future__ import annotations

from collections.abc import Iterator

from apilint.frameworks.program import Program
from apilint.model import Route

APPS = ("sanic.Sanic", "sanic.app.Sanic")
LIBRARY = "sanic"
CONSTRUCTORS = ("Sanic",)


def routes(program: Program) -> Iterator[Route]:
    """All routes of all Sanic applications. What finds them is imported for programs that have one."""
    apps = program.objects(APPS)
    if apps:
        from apilint.frameworks.sanic.views import routes as routes_of

        yield from routes_of(program, apps)
