"""A documentation that anyone may read, while everything it describes asks for credentials -> none."""

from __future__ import annotations

from collections.abc import Iterator

from apilint.finding import Finding
from apilint.fix import calls
from apilint.fix.concrete import cst
from apilint.fix.edits import Declined, TextEdit
from apilint.fix.site import Site

# Somebody may look things up there.
SAFE = False
OPTION = "openapi_url"


def offers(finding: Finding) -> bool:
    """Whether an application makes it by itself, at the three usual addresses or at some of them."""
    return "(" in finding.place.text


def fix(site: Site) -> Iterator[TextEdit]:
    """Without a specification there is no page that shows it either."""
    call = site.part.at(cst.Call, site.start, site.end)
    if site.part.code(call.func).rpartition(".")[2] != "FastAPI":
        raise Declined("only FastAPI's own documentation goes by an option")
    yield from calls.with_value(site, site.part, call, OPTION, "None")
