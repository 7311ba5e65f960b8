"""A guard that answers no, or with nobody, where nobody looks -> one that turns the caller away."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from apilint import facts as f
from apilint.fix import imports
from apilint.fix.concrete import cst
from apilint.fix.edits import Declined, TextEdit
from apilint.fix.site import Part, Site, replacing
from apilint.index import Function
from apilint.walk import walk

if TYPE_CHECKING:
    import libcst

SAFE = False
# That a caller is turned away without a line in the log is the lesser matter.
LEAVES = ("APL501",)
FRAMEWORK, EXCEPTION = "fastapi", "HTTPException"
# Nobody is there; or somebody, who may not.
UNKNOWN, REFUSED = 401, 403
FOUND = "found"


def fix(site: Site) -> Iterator[TextEdit]:
    """Each answer that says no raises; one that may say it is looked at first."""
    function = _guard(site)
    _refuse_asked(site, function)
    exception = imports.named(site, FRAMEWORK, EXCEPTION)
    answers = _Answers(site, function, exception.spelling)
    edits = [edit for node in _returns(function) for edit in answers.of(node)]
    if not edits:
        raise Declined("no line of the guard says no")
    yield from exception.edits
    yield from edits


def _guard(site: Site) -> Function:
    """The function whose answers the proof shows."""
    lines = {place.line for place in site.places()}
    for function in site.module.functions:
        if any(site.module.line(node.start) in lines for node in _returns(function)):
            return function
    raise Declined("the guard stands in another file")


def _returns(function: Function) -> list[f.Return]:
    return [node for node in walk(function.body) if isinstance(node, f.Return)]


def _refuse_asked(site: Site, function: Function) -> None:
    """Whoever calls it by itself looks at what it answers."""
    for module in site.project.index.with_words((function.name,)):
        bodies = [module.body, *(each.body for each in module.functions)]
        called = (node.func for body in bodies for node in walk(body) if isinstance(node, f.Call))
        if any(_last(callee) == function.name for callee in called):
            raise Declined("others call the guard and look at its answer")


def _last(callee: f.Expr) -> str:
    return callee.id if isinstance(callee, f.Name) else callee.attr if isinstance(callee, f.Attribute) else ""


class _Answers:
    """What stands in the place of a guard's `return` statements."""

    def __init__(self, site: Site, function: Function, exception: str) -> None:
        self.site = site
        self.part: Part = site.part_at(function.facts.start)
        self.names_somebody = any(_is_nothing(node.value) for node in _returns(function))
        self.is_taken = any(isinstance(node, f.Name) and node.id == FOUND for node in walk(function.body))
        self.raised = f"raise {exception}(status_code={UNKNOWN if self.names_somebody else REFUSED})"

    def of(self, node: f.Return) -> Iterator[TextEdit]:
        """The edits of one `return`."""
        if node.value is None or (isinstance(node.value, f.Constant) and not node.value.value):
            yield replacing(node.start, node.end, self.raised)
        elif isinstance(node.value, f.Constant) or (self.names_somebody and _is_there(node.value)):
            return
        else:
            yield self._looked_at(node)

    def _looked_at(self, node: f.Return) -> TextEdit:
        if not self.site.starts_line(node.start):
            raise Declined("an answer does not start its line")
        value = self.part.at(cst.Return, node.start, node.end).value
        assert value is not None  # a bare one raises
        newline, indent = self.site.newline.decode(), self.site.indent(node.start).decode()
        text = self.site.source(node.start, node.end).removeprefix("return").strip()
        if not self.names_somebody:
            lines = [f"if {self._negated(value, text)}:", f"    {self.raised}", "return True"]
        elif isinstance(value, cst.Name):
            lines = [f"if {text} is None:", f"    {self.raised}", f"return {text}"]
        elif self.is_taken:
            raise Declined(f"'{FOUND}' means something else in the guard")
        else:
            lines = [f"{FOUND} = {text}", f"if {FOUND} is None:", f"    {self.raised}", f"return {FOUND}"]
        return replacing(node.start, node.end, f"{newline}{indent}".join(lines))

    def _negated(self, value: libcst.BaseExpression, text: str) -> str:
        """The opposite of a test, as one would write it."""
        if isinstance(value, cst.UnaryOperation) and isinstance(value.operator, cst.Not) and not value.lpar:
            return text.removeprefix("not").strip()
        if isinstance(value, cst.Comparison) and len(value.comparisons) == 1 and not value.lpar:
            target = value.comparisons[0]
            start, end = self.part.span(target.operator)
            sides = self.part.span(value.left)[0], self.part.span(target.comparator)[1]
            opposite = _opposite(target.operator)
            if opposite and not value.left.lpar and not target.comparator.lpar:
                return f"{self.site.source(sides[0], start)}{opposite}{self.site.source(end, sides[1])}"
        is_plain = isinstance(value, (cst.Name, cst.Attribute, cst.Call, cst.Subscript, cst.Await)) or value.lpar
        return f"not {text}" if is_plain else f"not ({text})"


def _is_nothing(value: f.Expr | None) -> bool:
    return value is None or (isinstance(value, f.Constant) and value.value is None)


def _is_there(value: f.Expr) -> bool:
    """Whether an expression is never None: an item, a dict, a new object."""
    return isinstance(value, (f.Subscript, f.Dict)) or (isinstance(value, f.Call) and _last(value.func)[:1].isupper())


def _opposite(operator: libcst.BaseCompOp) -> str:
    for type_, text in (
        (cst.Equal, "!="),
        (cst.NotEqual, "=="),
        (cst.Is, "is not"),
        (cst.IsNot, "is"),
        (cst.In, "not in"),
        (cst.NotIn, "in"),
    ):
        if isinstance(operator, type_):
            return text
    return ""


__all__ = ["LEAVES", "SAFE", "fix"]
