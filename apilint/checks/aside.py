"""What speaks for a guard, or for no need of one, beside the routes: middleware that stands before none, a browser."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from apilint.checks.exposed import turns_away, words_of
from apilint.model import Route
from apilint.patterns import regex
from apilint.project import Project

_MIDDLEWARE = regex(r"(?i)middleware")
_ASKING = regex(r"(?i)auth(?!or([^i]|$))|api_?key|login_?required")
_KIND = regex(r"^(auth\w*|api|key|login|required|check\w*|middleware|add|http|base|my|the|class|mixin)$")


def middleware_aside(project: Project) -> frozenset[str]:
    """The middleware that is named for asking who is calling, and turns callers of no route away: where it is put
    there, or what it does, could not be followed."""
    return project.once("middleware aside", lambda: frozenset(_aside(project)))


def _aside(project: Project) -> Iterator[str]:
    judged = (guard for route in project.routes for guard in (*route.guards, *route.considered))
    attached = {guard.qualname for guard in judged if turns_away(guard)}
    for module in project.index.modules.values():
        if module.is_test:
            continue
        for name in (*(cls.qualname for cls in module.classes), *(each.qualname for each in module.functions)):
            own = name.rpartition(".")[2]
            is_asking = _MIDDLEWARE.search(own) and _ASKING.search(own)
            if is_asking and not _is_among(f"{module.name}:{name}", attached):
                yield own


def is_about(middleware: Collection[str], route: Route) -> bool:
    """Whether one of these is named for routes of which this is one: `AdminAuthMiddleware`, `shop.admin.views`."""
    subjects = {word for name in middleware for word in words_of(name).split("_") if not _KIND.match(word)}
    return not subjects.isdisjoint(words_of(f"{route.path} {route.handler}").split("_"))


def opens_browser(project: Project) -> bool:
    """Whether the program shows itself to whoever starts it, on the same machine."""
    return any("webbrowser" in module.facts.imports for module in project.index.modules.values() if not module.is_test)


def _is_among(name: str, attached: set[str]) -> bool:
    return any(each == name or each.startswith(f"{name}.") for each in attached)


__all__ = ["is_about", "middleware_aside", "opens_browser"]
