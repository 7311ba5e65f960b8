"""A handler that swallows every exception -> the same, and a line in the log with the traceback."""

from __future__ import annotations

from collections.abc import Iterator

from apilint.fix.concrete import cst
from apilint.fix.edits import Declined, TextEdit
from apilint.fix.logging import logger
from apilint.fix.site import Site, inserting, replacing

SAFE = False


def fix(site: Site) -> Iterator[TextEdit]:
    """The first line of the handler, in place of a lone `pass`."""
    part = site.part
    clause = next((node for node, start, _ in part.nodes(cst.ExceptHandler) if start == site.start), None)
    function = site.function()
    if clause is None or function is None:
        raise Declined("no 'except' of a function stands there")
    if not isinstance(clause.body, cst.IndentedBlock):
        raise Declined("the handler stands on the line of its 'except'")
    name, edits = logger(site)
    call = f'{name}.exception("{function.name} failed")'
    yield from edits
    first = clause.body.body[0]
    start, end = part.span(first)
    if isinstance(first, cst.SimpleStatementLine) and len(clause.body.body) == 1:
        if len(first.body) == 1 and isinstance(first.body[0], cst.Pass):
            yield replacing(start, end, call)
            return
    yield inserting(start, f"{call}{site.newline.decode()}{site.indent(start).decode()}")
