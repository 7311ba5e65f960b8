"""TYPES: what a rule without Python asks of a program: its routes, calls, flows, classes or settings."""

from __future__ import annotations

from typing import Any, Literal, Union

import msgspec

Verdict = Literal["required", "optional", "conditional", "none", "unknown"]
Method = Literal["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "WEBSOCKET", "ANY"]
Value = Union[str, bool, int, float, None]


class Where(msgspec.Struct, frozen=True, rename="kebab", forbid_unknown_fields=True):
    """Which routes are meant: all that every given key covers. `path` as the `public` setting (`/admin/**`,
    `POST /users`), `handler` as a dotted name with `*`, `file` as in `.gitignore`, `auth` the verdicts."""

    path: tuple[str, ...] = ()
    methods: tuple[Method, ...] = ()
    kind: tuple[Literal["http", "websocket", "graphql"], ...] = ()
    framework: tuple[str, ...] = ()
    handler: tuple[str, ...] = ()
    file: tuple[str, ...] = ()
    auth: tuple[Verdict, ...] = ()


class Wanted(msgspec.Struct, frozen=True, rename="kebab", forbid_unknown_fields=True):
    """What a route has: one of these guards (dotted names with `*`; a bare name counts wherever it is from), one of
    these demands (scopes, roles, permissions), one of these verdicts, a limit of its rate."""

    guard: tuple[str, ...] = ()
    demand: tuple[str, ...] = ()
    auth: tuple[Verdict, ...] = ()
    rate_limit: Union[bool, None] = None


class Routes(msgspec.Struct, frozen=True, rename="kebab", forbid_unknown_fields=True):
    """Routes that lack something of `must`, or have all that `must-not` says."""

    where: Where = Where()
    must: Wanted = Wanted()
    must_not: Wanted = Wanted()


class Calls(msgspec.Struct, frozen=True, rename="kebab", forbid_unknown_fields=True):
    """Calls of library functions or of the project's own, by dotted name with `*`: those whose arguments (by keyword,
    or by position: "0") have one of the values in `having` (`any` for whatever value), and those without a keyword
    that they are `lacking`."""

    to: tuple[str, ...]
    file: tuple[str, ...] = ()
    having: dict[str, tuple[Value, ...]] = {}
    lacking: tuple[str, ...] = ()


class Sink(msgspec.Struct, frozen=True, rename="kebab", forbid_unknown_fields=True):
    """An argument of a call, by its position (from 0) or its keyword."""

    call: str
    argument: int = 0
    keyword: str = ""


class Flows(msgspec.Struct, frozen=True, rename="kebab", forbid_unknown_fields=True):
    """What comes from a `source` (`request` for whatever callers send, or the dotted name of a function or of a
    library's attribute) and reaches a call of `to`, unless it went `through` one of these functions."""

    to: tuple[Sink, ...]
    source: tuple[str, ...] = ("request",)
    through: tuple[str, ...] = ()


class Classes(msgspec.Struct, frozen=True, rename="kebab", forbid_unknown_fields=True):
    """Classes that derive from one of `base` (dotted names with `*`): the `attribute` must be there, must be one of
    `must`, must not be one of `must-not`."""

    base: tuple[str, ...]
    attribute: str
    file: tuple[str, ...] = ()
    must: tuple[Value, ...] = ()
    must_not: tuple[Value, ...] = ()


class Settings(msgspec.Struct, frozen=True, rename="kebab", forbid_unknown_fields=True):
    """Names that modules of `file` give a value: one of `must`, none of `must-not`."""

    name: str
    file: tuple[str, ...]
    must: tuple[Value, ...] = ()
    must_not: tuple[Value, ...] = ()


class Query(msgspec.Struct, frozen=True, rename="kebab", forbid_unknown_fields=True):
    """Exactly one of these."""

    routes: Union[Routes, None] = None
    calls: Union[Calls, None] = None
    flows: Union[Flows, None] = None
    classes: Union[Classes, None] = None
    settings: Union[Settings, None] = None


CHECKS = {
    "routes": "queried_routes",
    "calls": "queried_calls",
    "flows": "queried_flows",
    "classes": "queried_classes",
    "settings": "queried_settings",
}
"""The check that answers each kind of query."""

PLACEHOLDERS = {
    "routes": ("route", "handler", "auth", "guards"),
    "calls": ("call", "argument", "value"),
    "flows": ("sink", "value", "proof"),
    "classes": ("class", "attribute", "value"),
    "settings": ("name", "value"),
}
"""What stands between braces in the message of a rule with such a query."""


def chosen(query: Query) -> tuple[str, Any] | None:
    """The kind of a query and the query; None where there is not exactly one."""
    given = [(name, getattr(query, name)) for name in CHECKS if getattr(query, name) is not None]
    return given[0] if len(given) == 1 else None
