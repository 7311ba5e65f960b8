"""Falcon: resources on URI templates, hooks, middleware -> routes with their guards."""

from __future__ import annotations

from collections.abc import Iterator

from apilint.frameworks.program import Program
from apilint.model import Route

APPS = ("falcon.App", "falcon.API", "falcon.app.App", "falcon.asgi.App", "falcon.asgi.app.App")
LIBRARY = "falcon"
CONSTRUCTORS = ("App", "API")


def routes(program: Program) -> Iterator[Route]:
    """All routes of all Falcon applications. What finds them is imported for programs that have one."""
    apps = program.objects(APPS)
    if apps:
        from apilint.frameworks.falcon.views import routes as routes_of

        yield from routes_of(program, apps)
