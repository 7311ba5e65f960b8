"""Routes and guards in the words that lenses and hovers share."""

from __future__ import annotations

from apilint.report.rows import GuardRow, RouteRow
from apilint.server.view import Guarding, Handled

_INSIDE = "in the handler"


def label(row: RouteRow) -> str:
    """`GET /users/{id}`."""
    methods = ",".join(row.methods) or ("WEBSOCKET" if row.kind == "websocket" else "ANY")
    return f"{methods} {row.path or '/'}"


def standing(route: Handled) -> str:
    """Who can call a route, in a few words."""
    row = route.row
    if row.auth == "required":
        return _guarded(route)
    if row.auth == "unknown":
        return f"not known who can call this: {row.unknown or 'something could not be resolved'}"
    if row.public:
        return f"public: {row.public_reason}" if row.public_reason else "public by declaration"
    if row.auth == "conditional":
        return _guarded(route) if route.guards else f"guarded only if {row.condition}"
    if row.auth == "optional":
        return "anyone can call this: credentials are read, their absence is tolerated"
    return "anyone can call this"


def _guarded(route: Handled) -> str:
    """`guarded by current_user (router) and in the handler`."""
    guards = [each.row for each in route.guards]
    names = list(dict.fromkeys(_guard(row) for row in guards if row.kind != _INSIDE))
    parts = [f"by {', '.join(names)}"] if names else []
    if any(row.kind == _INSIDE for row in guards):
        parts.append(_INSIDE)
    return " ".join(["guarded", " and ".join(parts)]).strip()


def _guard(row: GuardRow) -> str:
    condition = f" if {row.condition}" if row.condition else ""
    return f"{row.name}{condition} ({(row.via or row.kind).removeprefix('the ')})"


def origin(guard: Guarding) -> str:
    """Where a guard comes from, in words."""
    row = guard.row
    words = list(dict.fromkeys(word for word in (row.kind, row.via) if word and word != row.name))
    return ", ".join(words)


__all__ = ["label", "origin", "standing"]
