"""The form of a check, and the table of all checks by name."""

from __future__ import annotations

import functools
import importlib
import pkgutil
from collections.abc import Callable, Iterator, Mapping

import msgspec

from apilint.facts import Span
from apilint.finding import Precision, Severity
from apilint.model import Step


class Match(msgspec.Struct, frozen=True, kw_only=True):
    """What a check found: a place, and the values for the placeholders of its rule's message.

    `trace` is the proof, `related` are further places that the message speaks of. `severity`, `security_severity`
    and `precision` override the rule's. `template` names another message of the rule's params (`summary`).
    `route` is `METHOD /path` where the match is about a route, `enclosing` the function or class for the fingerprint.
    `about` are the handlers, classes or settings that it speaks of: where several rules speak of the same, those of the
    highest `weight` are kept, and a match is dropped when it has nothing left to speak of.
    """

    span: Span
    values: Mapping[str, object] = {}
    trace: tuple[Step, ...] = ()
    related: tuple[Step, ...] = ()
    severity: Severity | None = None
    security_severity: float | None = None
    precision: Precision | None = None
    template: str = ""
    route: str = ""
    enclosing: str = ""
    about: tuple[Span, ...] = ()
    weight: int = 0


Check = Callable[..., Iterator[Match]]
_MARK = "__apilint_check__"


def check(function: Check) -> Check:
    """Mark a function as a check. Its first parameter is the `Project`; the keyword-only ones are the `params` that
    a rule's YAML may give (those without a default it must)."""
    setattr(function, _MARK, True)
    return function


@functools.cache
def load_checks() -> Mapping[str, Check]:
    """All checks under apilint/checks, by function name."""
    package = importlib.import_module("apilint.checks")
    found: dict[str, Check] = {}
    for module in sorted(pkgutil.iter_modules(package.__path__), key=lambda each: each.name):
        contents = vars(importlib.import_module(f"apilint.checks.{module.name}"))
        found |= {name: value for name, value in contents.items() if callable(value) and getattr(value, _MARK, False)}
    return found
