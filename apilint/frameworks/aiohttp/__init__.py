"""aiohttp: applications, their tables of routes, applications inside of them, middlewares -> routes with guards."""

from __future__ import annotations

from collections.abc import Iterator

from apilint.frameworks.program import Program
from apilint.model import Route

APPS = ("aiohttp.web.Application", "aiohttp.web_app.Application")
LIBRARY = "aiohttp"
CONSTRUCTORS = ("Application",)


def routes(program: Program) -> Iterator[Route]:
    """All routes of all aiohttp applications. What finds them is imported for programs that have one."""
    apps = program.objects(APPS)
    if apps:
        from apilint.frameworks.aiohttp.views import routes as routes_of

        yield from routes_of(program, apps)
