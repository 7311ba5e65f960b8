"""A guard as a bare default or note -> inside `Depends`; one that is called in there -> not called."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from apilint.fix import imports
from apilint.fix.concrete import cst
from apilint.fix.edits import Declined, TextEdit
from apilint.fix.site import Site, inserting, removing

if TYPE_CHECKING:
    import libcst

SAFE = True


def fix(site: Site) -> Iterator[TextEdit]:
    """`Depends(` and `)` around the guard, or the parentheses behind it gone."""
    part = site.part
    # libcst's span of a parameter ends before its default.
    param = next((node for node, start, _ in part.nodes(cst.Param) if start == site.start), None)
    if param is None:
        raise Declined("no parameter stands there")
    inner = _called(param.default) or _called_in(param.annotation)
    if inner is not None:
        yield removing(part.span(inner.func)[1], part.span(inner)[1])
        return
    guard = param.default or _noted(site, param)
    if guard is None:
        raise Declined("the guard could not be told from the other notes of the parameter")
    depends = imports.named(site, "fastapi", "Depends")
    start, end = part.span(guard)
    yield from depends.edits
    yield inserting(start, f"{depends.spelling}(")
    yield inserting(end, ")")


def _called(node: libcst.CSTNode | None) -> libcst.Call | None:
    """The guard's call in `Depends(guard())`."""
    if not isinstance(node, cst.Call) or not node.args:
        return None
    callee = node.func
    name = callee.attr.value if isinstance(callee, cst.Attribute) else getattr(callee, "value", "")
    inner = node.args[0].value
    return inner if name in ("Depends", "Security") and isinstance(inner, cst.Call) and not inner.args else None


def _called_in(annotation: libcst.Annotation | None) -> libcst.Call | None:
    if annotation is None or not isinstance(annotation.annotation, cst.Subscript):
        return None
    found = (_called(each.slice.value) for each in annotation.annotation.slice if isinstance(each.slice, cst.Index))
    return next((each for each in found if each is not None), None)


def _noted(site: Site, param: libcst.Param) -> libcst.CSTNode | None:
    """The guard among the notes of `Annotated[type, note, …]`: the message quotes its name."""
    if param.annotation is None or not isinstance(param.annotation.annotation, cst.Subscript):
        return None
    notes = [each.slice.value for each in param.annotation.annotation.slice[1:] if isinstance(each.slice, cst.Index)]
    named = [note for note in notes if f"'{site.part.code(note)}'" in site.finding.message]
    return named[0] if len(named) == 1 else notes[0] if len(notes) == 1 else None
