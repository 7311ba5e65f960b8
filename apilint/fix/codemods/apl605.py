"""A page as large as the caller likes -> one of at most a hundred rows."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from apilint.fix import calls, imports
from apilint.fix.concrete import cst
from apilint.fix.edits import Declined, TextEdit
from apilint.fix.site import Site, inserting, replacing
from apilint.fix.statements import below

if TYPE_CHECKING:
    import libcst

# Whoever asked for more is refused, or gets less.
SAFE = False
LARGEST = "100"
PARAMETERS = ("Query", "Path", "Body", "Header", "Form")


def fix(site: Site) -> Iterator[TextEdit]:
    """`Query(..., le=100)` for a parameter, `min(..., 100)` for what is read by hand, an attribute for a paginator."""
    part = site.part
    for node in part.all:
        if part.span(node)[0] != site.start:
            continue
        if isinstance(node, cst.Param):
            yield from _parameter(site, node)
            return
        if isinstance(node, cst.Assign):
            yield from _read(site, node.value)
            return
        if isinstance(node, cst.ClassDef):
            yield _paginator(site, node)
            return
    raise Declined("it is neither a parameter nor read by hand there")


def _parameter(site: Site, param: libcst.Param) -> Iterator[TextEdit]:
    part = site.part
    for node, start, end in part.nodes(cst.Call):
        is_inside = site.start <= start and end <= site.end
        if is_inside and part.code(node.func).rpartition(".")[2] in PARAMETERS:
            yield from calls.with_keyword(site, part, node, f"le={LARGEST}")
            return
    if param.default is None or param.annotation is None or "Annotated" in part.code(param.annotation.annotation):
        raise Declined("the parameter has no default to be put into a 'Query'")
    query = imports.named(site, "fastapi", "Query")
    yield from query.edits
    yield replacing(*part.span(param.default), f"{query.spelling}({part.code(param.default)}, le={LARGEST})")


def _read(site: Site, value: libcst.BaseExpression) -> Iterator[TextEdit]:
    start, end = site.part.span(value)
    if not isinstance(value, cst.Call) or site.part.code(value.func) != "int":
        raise Declined("what is read there is no number yet")
    yield inserting(start, "min(")
    yield inserting(end, f", {LARGEST})")


def _paginator(site: Site, owner: libcst.ClassDef) -> TextEdit:
    name = next((each for each in ("max_page_size", "max_limit") if f"'{each}'" in site.finding.message), "")
    if not name or not isinstance(owner.body, cst.IndentedBlock):
        raise Declined("the paginator has no body of its own")
    last = next((each for each in reversed(owner.body.body) if _is_attribute(each)), None)
    if last is None:
        raise Declined("the paginator has no attributes of its own")
    return below(site, site.part.span(last), f"{name} = {LARGEST}")


def _is_attribute(line: libcst.CSTNode) -> bool:
    return isinstance(line, cst.SimpleStatementLine) and isinstance(line.body[0], (cst.Assign, cst.AnnAssign))
