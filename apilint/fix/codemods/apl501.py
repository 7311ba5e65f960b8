"""A caller turned away without a word -> a warning in the log before."""

from __future__ import annotations

from collections.abc import Iterator

from apilint.fix.edits import Declined, TextEdit
from apilint.fix.logging import logger
from apilint.fix.site import Site, inserting

SAFE = False


def fix(site: Site) -> Iterator[TextEdit]:
    """A line above the refusal; the credential is not in it."""
    function = site.function()
    if function is None or not site.starts_line(site.start):
        raise Declined("the refusal does not start its line")
    name, edits = logger(site)
    yield from edits
    at = site.line_start(site.start)
    indent, newline = site.indent(site.start).decode(), site.newline.decode()
    yield inserting(at, f'{indent}{name}.warning("{function.name}: caller refused"){newline}')
