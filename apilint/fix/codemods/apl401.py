"""`verify=False` in a call, or set on a client -> gone: verifying is the default."""

from __future__ import annotations

from collections.abc import Iterator

from apilint.finding import Finding
from apilint.fix import calls
from apilint.fix.concrete import cst
from apilint.fix.edits import TextEdit
from apilint.fix.site import Site
from apilint.fix.statements import alone

SAFE = True
OPTIONS = ("verify", "ssl", "verify_ssl", "verify_certs")


def offers(finding: Finding) -> bool:
    """Whether an option that has `True` as its default is plainly `False`."""
    place = finding.place
    if place.line != place.end_line:
        return False
    text = place.text[place.column - 1 : place.end_column - 1].replace(" ", "")
    target, _, value = text.partition("=")
    return value == "False" and target.rpartition(".")[2] in OPTIONS


def fix(site: Site) -> Iterator[TextEdit]:
    """The argument without its comma, or the assignment's line."""
    part = site.part
    for call, _, _ in part.nodes(cst.Call):
        for argument in call.args:
            if part.span(argument) == (site.start, site.end):
                yield calls.without(site, part, call, argument)
                return
    yield alone(site)
