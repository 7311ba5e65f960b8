"""Handlers -> a lens above each: its routes, and who can call them."""

from __future__ import annotations

from collections.abc import Iterator

from lsprotocol import types

from apilint.finding import Place
from apilint.server.diagnostics import Uri, location
from apilint.server.view import Handled, Handler, View
from apilint.server.wording import label, standing

GO = "apilint.go"


def lenses(view: View, file: str, encoding: str, uri: Uri) -> list[types.CodeLens]:
    """The lenses of a file. A lens leads to the first guard that the project defines; without one, to where the route
    is registered."""
    return [
        types.CodeLens(_at(handler), _command(view, routes, says, encoding, uri))
        for handler in view.handlers.get(file, ())
        for says, routes in _grouped(handler)
    ]


def _grouped(handler: Handler) -> Iterator[tuple[str, list[Handled]]]:
    """The routes of a handler by what is to be said of them."""
    groups: dict[str, list[Handled]] = {}
    for route in handler.routes:
        groups.setdefault(standing(route), []).append(route)
    yield from groups.items()


def _at(handler: Handler) -> types.Range:
    start = types.Position(handler.first - 1, 0)
    return types.Range(start, start)


def _command(view: View, routes: list[Handled], says: str, encoding: str, uri: Uri) -> types.Command:
    title = f"{', '.join(dict.fromkeys(label(route.row) for route in routes))}, {says}"
    target = location(view, _target(routes[0]), encoding, uri)
    start = target.range.start
    return types.Command(title, GO, arguments=[target.uri, start.line, start.character])


def _target(route: Handled) -> Place:
    """Where to go from a route."""
    return next((guard.defined for guard in route.guards if guard.defined), route.registered)


__all__ = ["GO", "lenses"]
