"""Route rows -> the skeleton of an OpenAPI 3.1 specification: paths, methods, parameters, security."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from apilint.openapi import parameters, shape, template
from apilint.report.json import dump
from apilint.report.rows import GuardRow, RouteRow, order

_ALL = ("get", "post", "put", "patch", "delete")
_METHODS = frozenset({"get", "put", "post", "delete", "options", "head", "patch", "trace"})
_COMPONENT = re.compile(r"[^A-Za-z0-9._-]+")
Schemes = Mapping[str, Mapping[str, Any]]


def render(routes: Iterable[RouteRow], schemes: Schemes) -> str:
    """The skeleton as JSON. `schemes` are the security schemes that library guards stand for, by qualified name."""
    rows = [row for row in sorted(routes, key=order) if row.kind != "websocket"]
    paths: dict[str, dict[str, Any]] = {}
    written: dict[str, str] = {}
    for row in rows:
        path = written.setdefault(shape(row.path), row.path)  # the names of parameters make no other path
        item = paths.setdefault(template(path or "/"), {})
        for method in _methods(row):
            item.setdefault(method, _operation(row, path))
    used = {name: scheme for row in rows for name, scheme in _schemes(row, schemes)}
    document: dict[str, Any] = {
        "openapi": "3.1.0",
        "info": {"title": "API", "version": "0", "description": "A skeleton, written by `apilint routes`."},
        "paths": {path: item for path, item in sorted(paths.items()) if item},
    }
    if used:
        document["components"] = {"securitySchemes": dict(sorted(used.items()))}
    return dump(document)


def _methods(row: RouteRow) -> Iterator[str]:
    """Those that OpenAPI has a word for; a route that answers every method is written down for the usual ones."""
    for method in _ALL if row.methods in ((), ("ANY",)) else row.methods:
        if method.lower() in _METHODS:
            yield method.lower()


def _operation(row: RouteRow, path: str) -> dict[str, Any]:
    operation: dict[str, Any] = {}
    if row.handler:
        operation["x-apilint-handler"] = row.handler
    operation["parameters"] = [
        {"name": name, "in": "path", "required": True, "schema": schema} for name, schema in parameters(path)
    ]
    operation["responses"] = {"default": {"description": "To be described."}}
    if row.auth != "unknown":
        operation["security"] = _security(row)
    if row.auth in ("conditional", "unknown"):
        operation["x-apilint-verdict"] = f"conditional if {row.condition}" if row.condition else row.auth
    return operation


def _security(row: RouteRow) -> list[dict[str, list[str]]]:
    """Everything that turns callers away is needed together; what is optional may be left out."""
    names = [_name(guard) for guard in _asking(row)]
    if row.auth == "none" or not names:
        return []
    needed: dict[str, list[str]] = {name: [] for name in dict.fromkeys(names)}
    return [needed, {}] if row.auth == "optional" else [needed]


def _asking(row: RouteRow) -> list[GuardRow]:
    """The guards that the verdict rests on."""
    return [guard for guard in row.guards if guard.effect == row.auth] or list(row.guards)


def _schemes(row: RouteRow, schemes: Schemes) -> Iterator[tuple[str, dict[str, Any]]]:
    if row.auth in ("none", "unknown"):
        return
    near = next((schemes[each.qualname] for each in (*row.guards, *row.considered) if each.qualname in schemes), None)
    for guard in _asking(row):
        known = schemes.get(guard.qualname, near)
        yield _name(guard), {**(known or _UNKNOWN), "description": f"Guard '{guard.name}' ({guard.kind})."}


# How a guard takes its credentials is mostly not known; most take them from this header.
_UNKNOWN = {"type": "apiKey", "in": "header", "name": "Authorization"}


def _name(guard: GuardRow) -> str:
    return _COMPONENT.sub("_", guard.name).strip("_") or "guard"
