"""A version of TLS that is broken -> the least that is not, or what the library takes by itself."""

from __future__ import annotations

from collections.abc import Iterator

from apilint.fix import calls, imports
from apilint.fix.concrete import cst
from apilint.fix.edits import Declined, TextEdit
from apilint.fix.site import Site, replacing

SAFE = True
VERSIONS = ("SSLv3", "TLSv1", "TLSv1_1")
LEAST = "TLSv1_2"
NEGOTIATED = "PROTOCOL_TLS"


def fix(site: Site) -> Iterator[TextEdit]:
    """A least version becomes TLS 1.2; a protocol goes where it is an option, else both sides agree on one."""
    part = site.part
    owner, _, name = site.source(site.start, site.end).rpartition(".")
    if owner and name in VERSIONS:
        yield replacing(site.start, site.end, f"{owner}.{LEAST}")
        return
    if not name.startswith("PROTOCOL_"):
        raise Declined("only the versions that Python's ssl names have a successor of the same kind")
    for call, _, _ in part.nodes(cst.Call):
        for argument in call.args:
            if argument.keyword is not None and part.span(argument.value) == (site.start, site.end):
                yield calls.without(site, part, call, argument)
                return
    if owner:
        yield replacing(site.start, site.end, f"{owner}.{NEGOTIATED}")
        return
    imported = imports.named(site, "ssl", NEGOTIATED)
    yield from imported.edits
    yield replacing(site.start, site.end, imported.spelling)
