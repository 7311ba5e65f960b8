"""Statements, taken out with their line."""

from __future__ import annotations

from apilint.fix.concrete import cst
from apilint.fix.edits import Declined, TextEdit
from apilint.fix.site import Site, removing


def alone(site: Site) -> TextEdit:
    """The file without the statement at the finding, if that stands alone on its lines and not alone in its block."""
    part = site.part
    for line, _, _ in part.nodes(cst.SimpleStatementLine):
        if part.span(line.body[0]) == (site.start, site.end):
            blocks = [block for block, _, _ in part.nodes(cst.IndentedBlock) if line in block.body]
            if len(line.body) > 1 or any(len(block.body) == 1 for block in blocks):
                raise Declined("the statement does not stand for itself")
            return removing(site.line_start(site.start), site.line_end(site.end - 1))
    raise Declined("it is neither an argument nor a statement of its own")


__all__ = ["alone"]
