"""The tests of a path by which a guard lets requests pass: what they compare, and with what."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from apilint import facts as f
from apilint.facts import Span
from apilint.guards.lapses import may_reject
from apilint.index import Function
from apilint.patterns import regex
from apilint.project import Project
from apilint.startup import attributes
from apilint.startup.values import ClassValue, Env, Mapping, Seq, Setting, Value, text_of, unwrap
from apilint.unparse import unparse
from apilint.walk import walk

_PATH = regex(r"(^|\.)(path|path_info|url_path|raw_path|request_path)$|scope\['path'\]$|url\.path$")
_URL = regex(r"^(str\()?([\w.]*\.)?(url|full_path|get_full_path\(\)|build_absolute_uri\(\)|path_qs)\)?$")
_ENDPOINT = regex(r"(^|\.)(endpoint|url_name|view_name)$")
_EXEMPTS = regex(r"(?i)exempt|public|skip|allow|white_?list|open|ignor|exclud|bypass|anonymous|unprotected|no_?auth")


class Test(msgspec.Struct, frozen=True):
    """A test that lets requests pass: `kind` is `startswith`, `endswith` or `in`, `subject` `path`, `url` (with the
    query) or `endpoint`; `text` is what is looked for, `shown` the test as the source has it."""

    span: Span
    kind: str
    subject: str
    text: str
    shown: str


class Reader:
    """Finds such tests in a function."""

    def __init__(self, project: Project, function: Function) -> None:
        self.project = project
        self.function = function
        self.machine = project.program.machine
        self.env: Env = self.machine.run_module(function.module)
        self.nodes = list(walk(function.body))
        self.local = {
            target.id: node.value
            for node in self.nodes
            if isinstance(node, f.Assign)
            for target in node.targets
            if isinstance(target, f.Name)
        }
        self.loops = dict(self._loops())

    def tests(self, *, is_guard: bool) -> Iterator[Test]:
        """The tests that lead to the guarded code, each text that they look for apart; `is_guard` tells the guard from
        a function that it asks, whose answer means nothing unless its name says so."""
        if not is_guard and not _EXEMPTS.search(self.function.name):
            return
        for node in self.nodes:
            for kind, subject, wanted in self._compared(node):
                if self._exempts(node):
                    span = self.function.module.span(node.start, node.end)
                    for text in self._texts(wanted):
                        yield Test(span, kind, subject, text, unparse(node))

    def _compared(self, node: object) -> Iterator[tuple[str, str, f.Expr]]:
        if (
            isinstance(node, f.Call)
            and isinstance(node.func, f.Attribute)
            and node.func.attr in ("startswith", "endswith")
        ):
            subject = self._subject(node.func.value)
            if subject and node.args:
                yield node.func.attr, subject, node.args[0]
        elif isinstance(node, f.Compare) and node.ops == ("in",):
            subject = self._subject(node.rights[0])
            if subject:
                yield "in", subject, node.left

    def _subject(self, expr: f.Expr, depth: int = 3) -> str:
        if isinstance(expr, f.Name) and depth and expr.id in self.local:
            return self._subject(self.local[expr.id], depth - 1)
        if isinstance(expr, f.Call) and isinstance(expr.func, f.Attribute) and expr.func.attr in ("lower", "rstrip"):
            return self._subject(expr.func.value, depth)
        if isinstance(expr, f.BoolOp):
            return self._subject(expr.left, depth)
        text = unparse(expr)
        if _PATH.search(text):
            return "path"
        if _URL.search(text):
            return "url"
        return "endpoint" if _ENDPOINT.search(text) else ""

    # ------------------------------------------------------------------------------------- polarity

    def _exempts(self, node: f.Expr) -> bool:
        """Whether a request for which the test holds passes: the branch lets it through, or the other one checks."""
        around = [each for each in self.nodes if isinstance(each, f.If) and _within(node, each.test)]
        if not around:
            return bool(_EXEMPTS.search(self.function.name)) and any(
                isinstance(each, f.Return) and each.value is not None and _within(node, each.value)
                for each in self.nodes
            )
        branch = around[-1]
        if _is_negated(node, branch.test):
            return any(map(may_reject, walk(branch.body)))
        if _EXEMPTS.search(self.function.name):
            return any(isinstance(each, f.Return) and unparse(each.value) == "True" for each in walk(branch.body))
        last = branch.body[-1] if branch.body else None
        return isinstance(last, (f.Return, f.Jump)) and not any(map(may_reject, walk(branch.body)))

    # --------------------------------------------------------------------------------------- values

    def _loops(self) -> Iterator[tuple[str, f.Expr]]:
        """The names that run over lists: `any(path.startswith(p) for p in EXEMPT)`."""
        for node in self.nodes:
            if isinstance(node, f.For) and isinstance(node.target, f.Name):
                yield node.target.id, node.iterable
            elif isinstance(node, f.Comprehension):
                for target, iterable, _ in node.clauses:
                    if isinstance(target, f.Name):
                        yield target.id, iterable

    def _texts(self, expr: f.Expr) -> Iterator[str]:
        """The strings that an expression stands for, as far as they are known."""
        if isinstance(expr, f.Name) and expr.id in self.loops:
            expr = self.loops[expr.id]
        if isinstance(expr, f.Name) and expr.id in self.local:
            expr = self.local[expr.id]
        if isinstance(expr, f.Sequence):
            for item in expr.items:
                yield from self._texts(item)
        else:
            yield from _strings(self._value(expr))

    def _value(self, expr: f.Expr) -> Value:
        owner = self.function.owner
        if isinstance(expr, f.Attribute) and isinstance(expr.value, f.Name) and expr.value.id in ("self", "cls"):
            made = self.machine.class_value(owner) if owner is not None else None
            found = attributes.in_class(self.machine, made, expr.attr) if isinstance(made, ClassValue) else None
            if found is not None:
                return found[0]
        return self.machine.evaluate(expr, self.env)


def _strings(value: Value) -> Iterator[str]:
    value = unwrap(value)
    while isinstance(value, Setting):
        value = value.default
    if isinstance(value, Seq):
        for item in value.items:
            yield from _strings(item)
    elif isinstance(value, Mapping):
        yield from (key for key in value.items if isinstance(key, str))
    else:
        text = text_of(value)
        if text:
            yield text


def _within(node: f.Expr, outer: f.Expr) -> bool:
    return outer.start <= node.start and node.end <= outer.end


def _is_negated(node: f.Expr, test: f.Expr) -> bool:
    denials = (each for each in walk([test]) if isinstance(each, f.UnaryOp) and each.op == "not")
    return sum(_within(node, each.operand) for each in denials) % 2 == 1


__all__ = ["Reader", "Test"]
