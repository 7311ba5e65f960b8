"""Findings -> edits that mend them: one codemod a rule, `codemods/<code>.py`, found by looking.

A codemod has `SAFE`, whether correct code behaves as before, and `fix(site)`, which yields edits or raises `Declined`.
It may have `offers(finding)`: whether there is hope, judged by the finding alone; and `LEAVES`, the rules that speak of
what remains of the problem where it is mended.
"""

from __future__ import annotations

import functools
import importlib
import pkgutil
from collections.abc import Mapping
from types import ModuleType
from typing import Any

from apilint.finding import Finding, Fix
from apilint.fix import codemods
from apilint.fix.edits import Declined, TextEdit, applied, collide, moved, united
from apilint.fix.site import Site
from apilint.project import Project


@functools.cache
def fixable() -> frozenset[str]:
    """The codes of the rules that have a codemod."""
    return frozenset(module.name.upper() for module in pkgutil.iter_modules(codemods.__path__))


def is_safe(code: str) -> bool | None:
    """Whether a rule's fix is a safe one; None for a rule without a fix."""
    return bool(_codemod(code).SAFE) if code in fixable() else None


def leaves(code: str) -> tuple[str, ...]:
    """The rules that may find something where a finding of this one is mended: the lesser part of what it said."""
    return tuple(getattr(_codemod(code), "LEAVES", ()))


def offered(finding: Finding) -> Fix | None:
    """The fix that a finding may have, without its edits: nothing has looked at the code yet."""
    if finding.code not in fixable() or finding.suppression is not None:
        return None
    codemod = _codemod(finding.code)
    offers = getattr(codemod, "offers", None)
    return Fix(safe=codemod.SAFE) if offers is None or offers(finding) else None


def edits(finding: Finding, project: Project, text: bytes, params: Mapping[str, Any]) -> tuple[bool, list[TextEdit]]:
    """What mends a finding, and whether it is safe here. Raises `Declined`."""
    codemod = _codemod(finding.code)
    site = Site(finding, project, text, params)
    found = list(codemod.fix(site))
    if not found:
        raise Declined("there is nothing to change")
    return codemod.SAFE and not site.doubts, united([found])


def _codemod(code: str) -> ModuleType:
    return importlib.import_module(f"{codemods.__name__}.{code.lower()}")


__all__ = [
    "Declined",
    "TextEdit",
    "applied",
    "collide",
    "edits",
    "fixable",
    "is_safe",
    "leaves",
    "moved",
    "offered",
    "united",
]
