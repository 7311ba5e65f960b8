"""Passwords that an installation starts with and that everybody knows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from apilint import facts as f
from apilint.check import Match, check
from apilint.checks.choices import Choices
from apilint.checks.hardcoded import Key, named_values
from apilint.checks.literals import literals
from apilint.facts import Span
from apilint.finding import Precision
from apilint.flow.narrowing import last_name
from apilint.index import Function
from apilint.model import Step
from apilint.patterns import regex
from apilint.project import Project
from apilint.startup.values import Known

_MAY_HOLD = regex(r"(?i)passw|_pwd|create_?(super|admin)")


@check
def default_credentials(
    project: Project,
    *,
    names: str,
    creating: tuple[str, ...] = (),
    known: Sequence[str] = (),
    development: str = r"(?!)",
    asked_for: str = r"(?!)",
) -> Iterator[Match]:
    """Passwords of administrators that stand in the source."""
    pattern, elsewhere, choices = regex(names), regex(development), Choices(asked_for)
    for module in project.index.modules.values():
        if module.is_test or elsewhere.search(module.file) or not _MAY_HOLD.search(module.facts.words):
            continue
        for key in named_values(project, module, pattern):
            found = next(literals(key.value), None)
            if found is not None:
                is_known = found.text.lower() in known
                yield _match(key, None if is_known and not choices.asked_for(module, key.span.start) else Precision.LOW)
        for function in module.functions:
            if not frozenset(creating).isdisjoint(function.words):
                yield from _created(function, frozenset(creating), choices)


def _created(function: Function, creating: frozenset[str], choices: Choices) -> Iterator[Match]:
    """`create_superuser("admin", password="admin")`."""
    for call in function.nodes(f.Call):
        if last_name(call.func) not in creating:
            continue
        for keyword in call.keywords:
            value = keyword.value.value if isinstance(keyword.value, f.Constant) else None
            if keyword.name == "password" and isinstance(value, str) and value:
                span = function.module.span(keyword.start, keyword.end)
                is_meant = choices.asked_for(function.module, call.start)
                key = Key(f"the password of {last_name(call.func)}()", Known(value), span)
                yield _match(key, Precision.LOW if is_meant else None)


def _match(key: Key, precision: Precision | None) -> Match:
    span: Span = key.span
    return Match(
        span=span,
        values={"name": key.name},
        trace=(Step(span, f"'{key.name}' stands in the source"),),
        precision=precision,
    )


__all__ = ["default_credentials"]
