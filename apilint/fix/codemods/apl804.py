"""`given != SECRET` -> `not secrets.compare_digest(given.encode(), SECRET.encode())`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from apilint.fix import imports
from apilint.fix.concrete import cst
from apilint.fix.edits import Declined, TextEdit
from apilint.fix.site import Site, replacing

if TYPE_CHECKING:
    import libcst

# A side that is None, or no text at all, was unequal before and raises now.
SAFE = False
_BYTES = (".encode()", ".digest()", ".encode('utf-8')", '.encode("utf-8")')


def fix(site: Site) -> Iterator[TextEdit]:
    """The comparison as a call, with both sides as bytes."""
    compare = site.part.at(cst.Comparison, site.start, site.end)
    if len(compare.comparisons) != 1 or "#" in site.source(site.start, site.end):
        raise Declined("a comment, or a further comparison, stands in it")
    operator = compare.comparisons[0].operator
    digest = imports.named(site, "secrets", "compare_digest")
    sides = [compare.left, compare.comparisons[0].comparator]
    is_bytes = any(site.part.code(side).endswith(_BYTES) for side in sides)
    given = ", ".join(_side(site, side, is_bytes=is_bytes) for side in sides)
    negation = "not " if isinstance(operator, cst.NotEqual) else ""
    yield from digest.edits
    yield replacing(site.start, site.end, f"{negation}{digest.spelling}({given})")


def _side(site: Site, side: libcst.BaseExpression, *, is_bytes: bool) -> str:
    text = site.part.code(side)
    if is_bytes or text.endswith(_BYTES):
        return text
    is_plain = isinstance(side, (cst.Name, cst.Attribute, cst.Call, cst.Subscript, cst.FormattedString)) or side.lpar
    return f"{text}.encode()" if is_plain else f"({text}).encode()"
