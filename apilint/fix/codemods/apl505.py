"""A secret among what is written to the log -> `[redacted]` in its place."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from apilint.fix.concrete import cst
from apilint.fix.edits import Declined, TextEdit
from apilint.fix.site import Site, replacing

if TYPE_CHECKING:
    import libcst

SAFE = False
INSTEAD = "[redacted]"


def fix(site: Site) -> Iterator[TextEdit]:
    """The place in an f-string, or the argument, that holds it."""
    start, end = site.offsets(site.finding.trace[-1])
    if not site.start < start < end < site.end:
        raise Declined("a variable brings it into the log")
    if site.source(start, end).rpartition(".")[2] in site.params["request_parts"]:
        raise Declined("which parts of it are of use in the log is not known")
    call = site.part.at(cst.Call, site.start, site.end)
    piece = site.part.around(cst.FormattedStringExpression, start, end)
    if piece is not None:
        yield replacing(*site.part.span(piece), INSTEAD)
        return
    argument = next(each for each in call.args if _holds(site, each, start, end))
    if _is_message(site, call, argument, start, end):
        raise Declined("nothing else would be logged")
    yield replacing(*_whole(site, argument, start, end), f'"{INSTEAD}"')


def _holds(site: Site, argument: libcst.Arg, start: int, end: int) -> bool:
    first, last = site.part.span(argument)
    return first <= start and end <= last


def _is_message(site: Site, call: libcst.Call, argument: libcst.Arg, start: int, end: int) -> bool:
    """Whether the secret is all that the call says: `logger.info(token)`, or the text is put together by `+`."""
    joined = site.part.around(cst.BinaryOperation, start, end)
    is_joined = joined is not None and isinstance(joined.operator, cst.Add)
    return is_joined or (len(call.args) == 1 and _whole(site, argument, start, end) == site.part.span(argument.value))


def _whole(site: Site, argument: libcst.Arg, start: int, end: int) -> tuple[int, int]:
    """The call that only hands it through with it: `str(token)`."""
    outer = [
        (first, last)
        for node, first, last in site.part.nodes(cst.Call)
        if first < start and end < last and site.part.span(argument)[0] <= first and len(node.args) == 1
    ]
    return outer[-1] if outer else (start, end)


__all__ = ["SAFE", "fix"]
