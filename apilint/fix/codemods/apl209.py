"""The name that a client gives its file, in a path -> its last part alone."""

from __future__ import annotations

from collections.abc import Iterator

from apilint.finding import Finding
from apilint.fix import imports
from apilint.fix.concrete import cst
from apilint.fix.edits import Declined, TextEdit
from apilint.fix.site import Site, replacing

# A client that may choose a folder no longer can, and one file may still replace another.
SAFE = False
ATTRIBUTE = "filename"


def offers(finding: Finding) -> bool:
    """Whether it is the name of an upload; other paths may have folders in them by right."""
    return finding.place.line != finding.place.end_line or f".{ATTRIBUTE}" in finding.place.text


def fix(site: Site) -> Iterator[TextEdit]:
    """`file.filename` -> `Path(file.filename).name`."""
    part = site.part
    found = [
        (node, start, end)
        for node, start, end in part.nodes(cst.Attribute)
        if site.start <= start and end <= site.end and node.attr.value == ATTRIBUTE
    ]
    if len(found) != 1:
        raise Declined("the upload's name does not stand there once")
    node, start, end = found[0]
    path = imports.named(site, "pathlib", "Path")
    yield from path.edits
    yield replacing(start, end, f"{path.spelling}({part.code(node)}).name")
