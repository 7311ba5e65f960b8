"""`debug=True` in a call -> gone: off is the default."""

from __future__ import annotations

from collections.abc import Iterator

from apilint.finding import Finding
from apilint.fix import calls
from apilint.fix.concrete import cst
from apilint.fix.edits import Declined, TextEdit
from apilint.fix.site import Site

# Whoever starts the file to develop it loses the debugger.
SAFE = False


def offers(finding: Finding) -> bool:
    """Whether an argument of a call switches it on."""
    return "(" in finding.message.partition("=True")[0]


def fix(site: Site) -> Iterator[TextEdit]:
    """The call without the argument that the message quotes."""
    part = site.part
    call = part.at(cst.Call, site.start, site.end)
    for argument in call.args:
        name = argument.keyword.value if argument.keyword is not None else ""
        if name and f"({name}=True)" in site.finding.message:
            yield calls.without(site, part, call, argument)
            return
    raise Declined("the argument is given by its position")
