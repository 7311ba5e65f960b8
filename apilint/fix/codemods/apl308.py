"""The text of any exception, told to whoever calls -> something general, and the exception in the log."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from apilint.fix.concrete import cst
from apilint.fix.edits import Declined, TextEdit
from apilint.fix.logging import logger
from apilint.fix.site import Site, inserting, replacing

if TYPE_CHECKING:
    import libcst

SAFE = False
SAID = "Internal server error"
TELLING = ("str", "repr", "traceback.format_exc", "format_exc")
LOGGING = ("exception", "error", "critical", "warning")


def fix(site: Site) -> Iterator[TextEdit]:
    """The expression that holds the text becomes a constant; above it the exception is logged, unless it is already."""
    part = site.part
    clause = part.around(cst.ExceptHandler, site.start, site.end)
    function = site.function()
    if clause is None or function is None or not site.starts_line(site.start):
        raise Declined("the answer stands in no handler of an exception")
    caught = clause.name.name.value if clause.name is not None and isinstance(clause.name.name, cst.Name) else ""
    told = _told(site, caught)
    if told is None:
        raise Declined("what it says of the exception is put together elsewhere")
    if not _is_logged(site, clause):
        name, edits = logger(site)
        yield from edits
        line = f'{name}.exception("{function.name} failed")'
        yield inserting(site.start, f"{line}{site.newline.decode()}{site.indent(site.start).decode()}")
    yield replacing(*part.span(told), f'"{_general(site, told)}"')


def _told(site: Site, caught: str) -> libcst.BaseExpression | None:
    """The outermost text in the statement that is made of the exception."""
    part = site.part
    for node in part.all:
        if not isinstance(node, (cst.Call, cst.FormattedString)):
            continue
        start, end = part.span(node)
        if site.start <= start and end <= site.end and _is_made_of(site, node, caught):
            return node
    return None


def _is_made_of(site: Site, node: libcst.BaseExpression, caught: str) -> bool:
    part = site.part
    if isinstance(node, cst.FormattedString):
        inner = [part.code(each.expression) for each in node.parts if isinstance(each, cst.FormattedStringExpression)]
        return any(each == caught or each.startswith(tuple(f"{word}(" for word in TELLING)) for each in inner)
    if not isinstance(node, cst.Call) or part.code(node.func) not in TELLING:
        return False
    return not node.args or part.code(node.args[0].value) == caught


def _general(site: Site, told: libcst.BaseExpression) -> str:
    """What stood before the exception in the text, if that says something by itself."""
    first = told.parts[0] if isinstance(told, cst.FormattedString) else None
    text = first.value.strip(" :-.(") if isinstance(first, cst.FormattedStringText) else ""
    return text if " " in text and not set('"\\') & set(text) else SAID


def _is_logged(site: Site, clause: libcst.ExceptHandler) -> bool:
    start, end = site.part.span(clause)
    return any(
        start <= begin and finish <= end
        for call, begin, finish in site.part.nodes(cst.Call)
        if isinstance(call.func, cst.Attribute) and call.func.attr.value in LOGGING
    )
