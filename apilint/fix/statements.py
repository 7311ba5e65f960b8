"""Statements: taken out with their line, followed by another, switched on."""

from __future__ import annotations

from apilint.fix.concrete import cst
from apilint.fix.edits import Declined, TextEdit
from apilint.fix.site import Site, inserting, removing, replacing


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


def below(site: Site, span: tuple[int, int], text: str) -> TextEdit:
    """One statement more, on a line of its own below the one that stands there, and indented like it."""
    at, newline = site.line_end(span[1] - 1), site.newline.decode()
    lead = "" if site.text[:at].endswith((b"\n", b"\r")) else newline
    return inserting(at, f"{lead}{site.indent(span[0]).decode()}{text}{newline}")


def switched_on(site: Site) -> TextEdit:
    """`True` in the place of the `False` that the statement at the finding assigns."""
    part = site.part
    for node, start, end in part.nodes(cst.Assign):
        is_here = start <= site.start and site.end <= end
        if is_here and isinstance(node.value, cst.Name) and node.value.value == "False":
            return replacing(*part.span(node.value), "True")
    raise Declined("it is not switched off by a plain 'False' there")


__all__ = ["alone", "below", "switched_on"]
