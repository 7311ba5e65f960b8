"""`http://` in a literal -> `https://`."""

from __future__ import annotations

from collections.abc import Iterator

from apilint.finding import Finding
from apilint.fix.edits import Declined, TextEdit
from apilint.fix.site import Site, inserting

SAFE = False
SCHEME = b"http://"


def offers(finding: Finding) -> bool:
    """Whether the address is written out where it is used."""
    return finding.place.line == finding.place.end_line and "http://" in finding.place.text


def fix(site: Site) -> Iterator[TextEdit]:
    """One letter."""
    at = site.text.find(SCHEME, site.start, site.end)
    if at < 0:
        raise Declined("the address is put together elsewhere")
    if site.text.find(SCHEME, at + 1, site.end) >= 0:
        raise Declined("there are several addresses")
    yield inserting(at + 4, "s")
