"""A protection that a settings module switches off -> on."""

from __future__ import annotations

from collections.abc import Iterator

from apilint.finding import Finding
from apilint.fix.concrete import cst
from apilint.fix.edits import Declined, TextEdit
from apilint.fix.site import Site, replacing

# A site that is served without TLS somewhere loses its sessions there.
SAFE = False


def offers(finding: Finding) -> bool:
    """Whether it says so in a word."""
    return "is False" in finding.message


def fix(site: Site) -> Iterator[TextEdit]:
    """The other word."""
    part = site.part
    for node, start, end in part.nodes(cst.Assign):
        is_here = start <= site.start and site.end <= end
        if is_here and isinstance(node.value, cst.Name) and node.value.value == "False":
            yield replacing(*part.span(node.value), "True")
            return
    raise Declined("it is not switched off by a plain 'False' there")
