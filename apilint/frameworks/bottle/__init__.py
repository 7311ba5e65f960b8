"""Bottle: applications and the default one, those inside of others, hooks, plugins -> routes with their guards."""

from __future__ import annotations

from collections.abc import Iterator

from apilint.frameworks.program import Program
from apilint.model import Route

APPS = ("bottle.Bottle",)
# Names of the module that stand for methods of the default application.
RELAYED = ("route", "get", "post", "put", "delete", "patch", "mount", "hook", "install")
DEFAULT = ("bottle.default_app", "bottle.app", *(f"bottle.{name}" for name in RELAYED))
LIBRARY = "bottle"
CONSTRUCTORS = ("Bottle", "default_app")


def routes(program: Program) -> Iterator[Route]:
    """All routes of all Bottle applications. What finds them is imported for programs that have one."""
    apps, default = program.objects(APPS), program.objects(DEFAULT)
    if apps or default:
        from apilint.frameworks.bottle.views import routes as routes_of

        yield from routes_of(program, apps, default)
