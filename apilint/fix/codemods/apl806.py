"""Credentials for the pages of strangers -> none: a browser then sends no cookie along and shows no answer to it."""

from __future__ import annotations

from collections.abc import Iterator

from apilint.finding import Finding
from apilint.fix import calls
from apilint.fix.concrete import cst
from apilint.fix.edits import Declined, TextEdit
from apilint.fix.site import Site

# Pages that had a right to it are shut out too, until their origins are listed.
SAFE = False
LEAVES = ("APL807",)
OPTIONS = ("allow_credentials", "supports_credentials")


def offers(finding: Finding) -> bool:
    """Whether any page may; an expression that matches too much wants mending itself."""
    return "together with credentials" in finding.message and "(" in finding.place.text


def fix(site: Site) -> Iterator[TextEdit]:
    """The call without the argument: off is the default."""
    call = site.part.at(cst.Call, site.start, site.end)
    for option in OPTIONS:
        given = calls.keyword(call, option)
        if given is not None and site.part.code(given.value) == "True":
            yield calls.without(site, site.part, call, given)
            return
    raise Declined("no argument there says so")
