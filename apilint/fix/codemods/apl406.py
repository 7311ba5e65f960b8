"""A request that waits for ever -> one that waits ten seconds for the other side's next word."""

from __future__ import annotations

from collections.abc import Iterator

from apilint.fix import calls
from apilint.fix.concrete import cst
from apilint.fix.edits import TextEdit
from apilint.fix.site import Site

# What takes longer than that, a report that is computed on demand, fails now.
SAFE = False
OPTION, SECONDS = "timeout", "10"


def fix(site: Site) -> Iterator[TextEdit]:
    """One argument more, or another value for it."""
    call = site.part.at(cst.Call, site.start, site.end)
    yield from calls.with_value(site, site.part, call, OPTION, SECONDS)
