"""Secrets that callers are asked to put into the address of a request."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator

from apilint import facts as f
from apilint.check import Match, check
from apilint.checks.choices import Choices
from apilint.checks.conventions import Conventions
from apilint.checks.exposed import label, words_of
from apilint.facts import Span
from apilint.finding import Precision
from apilint.frameworks.inputs import FIXED, TEXT, handed_in
from apilint.index import Function
from apilint.model import Route, Step
from apilint.patterns import regex
from apilint.project import Project
from apilint.unparse import unparse

_PLACED = regex(r"\b(Header|Cookie|Body|Form|File|Depends|Security|Path|Inject|Provide)\b")


@check
def sensitive_in_query(
    project: Project,
    *,
    names: str,
    handed_out: str = r"(?!)",
    signature_frameworks: tuple[str, ...] = (),
    readers: tuple[str, ...] = (),
    alternatives: str = r"(?!)",
    asked_for: str = r"(?!)",
) -> Iterator[Match]:
    """Passwords, keys and tokens among the query parameters of a route."""
    secret, given = regex(names), regex(handed_out)
    conventions, other, choices = Conventions(project), regex(alternatives), Choices(asked_for)
    seen: set[Span] = set()
    for route in project.routes:
        function = route.function.function if route.function is not None else None
        if function is None or project.is_test(route.span.file) or project.is_public(route) is not None:
            continue
        if "~secret" not in function.facts.words and route.framework not in signature_frameworks:
            continue
        for name, span in _asked_for(project, route, function, signature_frameworks, readers):
            if span in seen or not secret.search(words_of(name)):
                continue
            seen.add(span)
            is_doubtful = (
                route.kind == "websocket"
                or bool(given.search(words_of(name)))
                or _is_one_way_of_several(function, other)
                or choices.asked_for(function.module, span.start)
                or (conventions.covers(route) and "token" in words_of(name))
            )
            yield Match(
                span=span,
                values={"name": name, "route": label(route)},
                trace=(Step(route.registered, f"'{label(route)}' is registered here"), Step(span, f"'{name}' is read")),
                precision=Precision.LOW if is_doubtful else None,
                route=label(route),
            )


def _asked_for(
    project: Project, route: Route, function: Function, by_signature: Collection[str], readers: Collection[str]
) -> Iterator[tuple[str, Span]]:
    """The query parameters of a handler, as its signature or its body names them."""
    module = function.module
    if route.framework in by_signature:
        kinds = handed_in(project.program, route)
        for param in function.head.params:
            placed = f"{unparse(param.annotation)} {unparse(param.default)}"
            if kinds.get(param.name) in (TEXT, FIXED) and f"{{{param.name}" not in route.path:
                if not _PLACED.search(placed) and "dict" not in placed and param.name not in ("self", "cls"):
                    yield param.name, module.span(param.start, param.end)
    reading: list[f.Call | f.Subscript] = [*function.nodes(f.Call), *function.nodes(f.Subscript)]
    for node in reading:
        key = _key(node, readers)
        if key:
            yield key, module.span(node.start, node.end)


def _key(node: f.Call | f.Subscript, readers: Collection[str]) -> str:
    """`key` of `request.args.get("key")` and `request.args["key"]`."""
    if isinstance(node, f.Subscript):
        owner, key = node.value, node.index
    elif isinstance(node.func, f.Attribute) and node.func.attr in ("get", "getlist") and node.args:
        owner, key = node.func.value, node.args[0]
    else:
        return ""
    if not isinstance(owner, f.Attribute) or owner.attr not in readers:
        return ""
    return key.value if isinstance(key, f.Constant) and isinstance(key.value, str) else ""


def _is_one_way_of_several(function: Function, other: re.Pattern[str]) -> bool:
    """Whether a caller may send it in a header as well."""
    return any(other.search(unparse(node, 3)) for node in function.nodes(f.Attribute))


__all__ = ["sensitive_in_query"]
