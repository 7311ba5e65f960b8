"""Litestar: applications, routers, controllers, guards, middleware -> routes with their guards."""

from __future__ import annotations

from collections.abc import Iterator

from apilint.frameworks.program import Program
from apilint.model import Route

APPS = ("litestar.Litestar", "litestar.app.Litestar")
CONSTRUCTORS = ("Litestar",)


def routes(program: Program) -> Iterator[Route]:
    """All routes of all Litestar applications. What finds them is imported for programs that have one."""
    apps = program.objects(APPS)
    if apps:
        from apilint.frameworks.litestar.views import routes as routes_of

        yield from routes_of(program, apps)
