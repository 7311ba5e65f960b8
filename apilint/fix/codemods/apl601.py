"""A log-in that may be tried without end -> behind the limiter that other routes of its file have."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator

from apilint import facts as f
from apilint.finding import Finding, Precision
from apilint.fix import neighbours
from apilint.fix.edits import Declined, TextEdit
from apilint.fix.site import Site
from apilint.index import Function

# How many attempts are too many, the others may say differently.
SAFE = False
_LIMITS = re.compile(r"(^|_)(rate_?)?(limit|throttle)(ed)?$")
REQUEST = "request"


def offers(finding: Finding) -> bool:
    """Whether it speaks of a function in a program that limits other routes."""
    return neighbours.offers(finding) and finding.precision.rank >= Precision.HIGH.rank


def fix(site: Site) -> Iterator[TextEdit]:
    """One decorator more, written as it is there."""
    function = site.function()
    if function is None or function.facts.start != site.start or function.owner is not None:
        raise Declined("only functions are given a limiter")
    found: Counter[str] = Counter()
    for other in site.module.functions:
        if other is not function and other.parent is function.parent:
            found.update(_limiters(site, other, function))
    if not found:
        raise Declined("no route beside it has a limiter that would do here")
    text = max(found.items(), key=lambda item: (item[1], item[0]))[0]
    yield neighbours.decorated(site, function, text)


def _limiters(site: Site, other: Function, function: Function) -> Iterator[str]:
    """The limiters of another function; one that is handed the request is of no use to a function without it."""
    if REQUEST in _names(other) and REQUEST not in _names(function):
        return
    for node in other.head.decorators:
        callee = node.func if isinstance(node, f.Call) else node
        last = callee.attr if isinstance(callee, f.Attribute) else callee.id if isinstance(callee, f.Name) else ""
        if _LIMITS.search(last):
            yield site.source(node.start, node.end)


def _names(function: Function) -> set[str]:
    return {param.name for param in function.head.params}


__all__ = ["SAFE", "fix", "offers"]
