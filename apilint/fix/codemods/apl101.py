"""A route that anyone may call -> behind the guard that the routes beside it have."""

from __future__ import annotations

from apilint.finding import Finding
from apilint.fix.neighbours import guarded as fix

SAFE = False


def offers(finding: Finding) -> bool:
    """Whether it speaks of one function's route."""
    return bool(finding.route) and "def " in finding.place.text


__all__ = ["SAFE", "fix", "offers"]
