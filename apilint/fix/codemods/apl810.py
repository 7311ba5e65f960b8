"""A protection that a settings module switches off -> on."""

from __future__ import annotations

from collections.abc import Iterator

from apilint.finding import Finding
from apilint.fix.edits import TextEdit
from apilint.fix.site import Site
from apilint.fix.statements import switched_on

# A site that is served without TLS somewhere loses its sessions there.
SAFE = False


def offers(finding: Finding) -> bool:
    """Whether it says so in a word."""
    return "is False" in finding.message


def fix(site: Site) -> Iterator[TextEdit]:
    """The other word."""
    yield switched_on(site)
