"""Statements for a database that are put together from strings: what reaches the sink decides, not how it looks."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from typing import Any

from apilint import facts as f
from apilint.check import Match, check
from apilint.checks.alike import Told, once_each
from apilint.checks.audience import is_known
from apilint.checks.origins import ARGUMENT, DERIVED, REQUEST, proof_of, read_in
from apilint.checks.statements import QUOTED, STATEMENT, VALUE, Case, Statements
from apilint.finding import Precision
from apilint.flow.narrowing import last_name
from apilint.index import Function
from apilint.model import Step
from apilint.patterns import regex
from apilint.project import Project
from apilint.unparse import unparse
from apilint.walk import walk

KEYWORDS = (
    "select", "insert", "update", "delete", "replace", "with", "create", "alter", "drop", "truncate", "merge",
    "call", "exec", "set", "grant", "from", "where",
)  # fmt: skip
# What is called so names a part of the database, and mostly comes from the database itself or from its operator.
_NAMES_PART = regex(
    r"(?i)(^|[._])(schema|database|db|catalog|table|dataset|column|field|view|index|graph)(_?(name|id))?$"
)
# What is called so is a time, a number or a key, however it is written.
_NO_TEXT = regex(
    r"(?i)(^|[._])(now|today|time|timestamp|date|datetime|day|hour|year|count|size|limit|offset|at|ts|u?u?id|pk)s?$"
)
_MODEL = regex(r"(?i)\b(request|input|body|json|payload)_?(model|schema)$")
_VALIDATES = regex(r"(?i)self\._*(validate|check|verify)")
MAX_STEPS = 6
MAX_BUILT = 3
_ADVICE = {
    True: "pass it as a parameter instead",
    False: "choose it from a fixed list, or let the driver quote it",
}


@check
def sql_string_build(
    project: Project,
    *,
    keywords: Sequence[str] = KEYWORDS,
    quoting: Sequence[str] = (),
    offline: str = r"^$",
    tainted_security_severity: float = 9.8,
) -> Iterator[Match]:
    """Statements with parts that somebody else decides; Django's own ways round the ORM only where it is a caller."""
    yield from once_each(_built_from_strings(project, keywords, quoting, offline, tainted_security_severity))


def _built_from_strings(
    project: Project, keywords: Sequence[str], quoting: Sequence[str], offline: str, tainted: float
) -> Iterator[Told]:
    for case in _cases(project, keywords, quoting):
        precision = _precision(case, re.search(offline, case.function.module.file) is not None)
        if case.origin.kind == REQUEST and (_is_meant(project, case) or _is_checked_before(project, case)):
            precision = Precision.LOW
        is_tainted = case.origin.kind in (REQUEST, DERIVED)
        if precision is not None and (is_tainted or not case.sink.entry.get("raw_api")):
            match = _match(case, precision, tainted if case.origin.kind == REQUEST else None)
            yield Told(match, case.origin, case.function.span)


@check
def raw_sql_api(
    project: Project,
    *,
    keywords: Sequence[str] = KEYWORDS,
    quoting: Sequence[str] = (),
    offline: str = r"^$",
) -> Iterator[Match]:
    """An ORM's own ways to hand over SQL, with parts that are not constant and that no caller is known to decide."""
    for case in _cases(project, keywords, quoting):
        api = case.sink.entry.get("raw_api")
        if not api or case.origin.kind in (REQUEST, DERIVED):
            continue
        precision = _precision(case, re.search(offline, case.function.module.file) is not None)
        if api != "cursor" and case.origin.kind == ARGUMENT:
            precision = Precision.MEDIUM
        if precision is not None:
            yield _match(case, min(precision, Precision.MEDIUM, key=lambda each: each.rank), None)


def _cases(project: Project, keywords: Sequence[str], quoting: Sequence[str]) -> list[Case]:
    """The worst case of each call that hands over a statement, in the order of the source."""

    def find() -> list[Case]:
        worst: dict[tuple[str, int, int], Case] = {}
        for case in Statements(project, keywords, quoting).cases():
            span = case.call.span
            key = (span.file, span.start, span.end)
            if key not in worst or _badness(case) < _badness(worst[key]):
                worst[key] = case
        return [worst[key] for key in sorted(worst)]

    return project.once(("sql", tuple(keywords), tuple(quoting)), find)


def _badness(case: Case) -> tuple[int, int]:
    return (
        case.origin.rank,
        (QUOTED, STATEMENT, VALUE).index(case.place) if case.place in (QUOTED, STATEMENT, VALUE) else 3,
    )


def _precision(case: Case, is_offline: bool) -> Precision | None:
    kind, place = case.origin.kind, case.place
    if kind == REQUEST:
        return Precision.VERY_HIGH if place == QUOTED else Precision.HIGH
    if is_offline:
        return Precision.LOW
    if place != QUOTED:
        return Precision.LOW  # what computes a part of a statement mostly chooses it, or puts conditions together
    if kind == ARGUMENT and (_NAMES_PART.search(case.origin.what) or _NO_TEXT.search(case.origin.what)):
        return Precision.LOW
    return Precision.MEDIUM if kind in (DERIVED, ARGUMENT) else Precision.LOW


def _is_meant(project: Project, case: Case) -> bool:
    """Whether a program takes a whole statement from those whom it knows: that is what the route is for."""
    return case.place == STATEMENT and is_known(project, case.origin, case.function)


def _is_checked_before(project: Project, case: Case) -> bool:
    """Whether a decorator on the way is told by which model the request that is read has to be checked, or an object is
    made only of what it has checked."""
    if _checks_itself(case.function):
        return True
    places = [(case.function.module.file, case.call.span.start)]
    places += [(step.span.file, step.span.start) for step in case.origin.steps]
    return any(
        _MODEL.search(keyword.name or "")
        for file, start in places
        for function in project.module(file).around(start)
        if function.facts.decorated
        for decorator in function.head.decorators
        if isinstance(decorator, f.Call)
        for keyword in decorator.keywords
    )


def _checks_itself(function: Function) -> bool:
    """Whether making an object of the function's class checks what it is made of: `self._validate_parameters()`."""
    made = function.owner.method("__init__") if function.owner is not None else None
    calls = made.nodes(f.Call) if made is not None else ()
    return any(_VALIDATES.match(unparse(call.func)) for call in calls)


def _match(case: Case, precision: Precision, security_severity: float | None) -> Match:
    what = case.origin.what
    return Match(
        span=case.call.span,
        values={
            "sink": case.sink.label,
            "value": what,
            "proof": proof_of(case.origin, " and stands between quotes" if case.place == QUOTED else ""),
            "advice": _ADVICE[case.place in (QUOTED, VALUE, STATEMENT)],
        },
        trace=tuple(_trace(case)),
        precision=precision,
        security_severity=security_severity,
        route=case.origin.route,
    )


def _trace(case: Case) -> Iterator[Step]:
    yield from case.origin.steps[:MAX_STEPS] or read_in(case.function, case.origin)
    yield from _built(case)
    if case.call is not case.sink.call:
        yield Step(case.call.span, f"the statement is handed to '{last_name(case.call.node.func)}'")
    yield Step(case.sink.call.span, f"'{case.sink.label}' hands it to the database")


def _built(case: Case) -> Iterator[Step]:
    """Where in the function the statement is put together."""
    names = {arg.id for arg in _arguments(case.call.node) if isinstance(arg, f.Name)}
    module = case.function.module
    before = [node for node in walk(case.function.body) if node.start < case.call.node.start]
    for node in [node for node in before if _assigns(node, names)][-MAX_BUILT:]:
        yield Step(module.span(node.start, node.end), "the statement is put together here")


def _assigns(node: Any, names: Collection[str]) -> bool:
    """Whether a statement gives one of the names a value that is not constant."""
    targets = node.targets if isinstance(node, f.Assign) else (node.target,) if isinstance(node, f.AugAssign) else ()
    is_named = any(isinstance(target, f.Name) and target.id in names for target in targets)
    return is_named and not isinstance(node.value, f.Constant)


def _arguments(node: f.Call) -> Iterator[f.Expr]:
    yield from node.args
    for keyword in node.keywords:
        yield keyword.value
