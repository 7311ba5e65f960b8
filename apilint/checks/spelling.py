"""A string value -> its parts that are not constant, each with the text that stands before it."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from typing import Any

import msgspec

from apilint import facts as f
from apilint.checks.names import Names
from apilint.flow import Checked, Derived, Element, Number
from apilint.flow.narrowing import last_name
from apilint.startup.attributes import root_of
from apilint.startup.values import (
    Choice,
    Known,
    Operation,
    Result,
    Seq,
    Setting,
    Text,
    Value,
    constant,
)
from apilint.startup.values import (
    Mapping as MappingValue,
)

# Methods of a string whose result is made of its text (and of the arguments, where they are text).
_TEXT_METHODS = frozenset(
    """
    strip lstrip rstrip replace format format_map join lower upper title capitalize casefold expandtabs center ljust
    rjust zfill removeprefix removesuffix translate swapcase
    """.split()
)
_MADE_OF_ARGUMENTS = frozenset({"replace", "format", "format_map", "join"})
GAP = "\x00"
"""What stands in the text before a part for each part that is not known."""


class Part(msgspec.Struct, frozen=True):
    """A part of a text that is not constant, and the text before it."""

    value: Value
    before: str


class Speller:
    """Takes values apart. `passes` are the functions that hand on the text in one of their arguments, by name."""

    def __init__(self, names: Names, passes: Mapping[str, Any], stops: Collection[str]) -> None:
        self._names = names
        self._passes = passes
        self._stops = stops

    def parts(self, value: Value) -> tuple[list[Part], str]:
        """The parts of a text that are not constant, and all of its constant text with a `GAP` for each of them."""
        spelled = _Spelling(self)
        spelled.walk(value)
        return spelled.found, spelled.everything

    def handed_on(self, value: Result) -> Value | None:
        """The argument whose text a call hands on."""
        for name in self._names.of(value.callee):
            position: int | str | None = self._passes.get(name)
            if position == "all":
                return value.args[0] if len(value.args) == 1 and not value.kwargs else None
            if isinstance(position, int) and position < len(value.args):
                return value.args[position]
        return None

    def joins(self, value: Result) -> bool:
        """Whether a call puts an address together of a base and the rest, `urljoin`."""
        return len(value.args) == 2 and any(self._passes.get(name) == "joined" for name in self._names.of(value.callee))

    def is_statement(self, value: Result) -> bool:
        """Whether a call makes a statement of its own, which is looked at where it is made."""
        return any(name in self._stops for name in self._chain(value))

    def _chain(self, value: Value) -> Iterator[str]:
        """The names of a call and of those that it is chained on: `select(…).where(…)`."""
        while isinstance(value, Result):
            yield from self._names.of(value.callee)
            value = root_of(value.callee)


class _Spelling:
    """One walk. `before` is the text so far, `everything` that of all alternatives."""

    def __init__(self, speller: Speller) -> None:
        self._speller = speller
        self.found: list[Part] = []
        self.before = ""
        self.everything = ""
        self._seen: set[tuple[int, str]] = set()
        self._within: set[int] = set()

    def _say(self, text: str) -> None:
        self.before += text
        self.everything += text

    def walk(self, value: Value) -> None:
        if id(value) in self._within:  # a list that was put into itself
            self._leaf(value)
            return
        self._within.add(id(value))
        self._walk(value)
        self._within.discard(id(value))

    def _walk(self, value: Value) -> None:
        known = constant(value)
        if isinstance(value, Setting) and known in ("", None):
            self._say(GAP)  # whatever the environment says
        elif isinstance(value, (Known, Setting)):
            self._say(str(known) if isinstance(known, (str, int, float)) else "")
        elif isinstance(value, Text):
            for part in value.parts:
                self.walk(part)
        elif isinstance(value, Choice):
            self._alternatives(value)
        elif isinstance(value, Operation):
            self._operation(value)
        elif isinstance(value, Result):
            self._result(value)
        elif isinstance(value, Derived) and not isinstance(value, (Checked, Number, Element)):
            self._derived(value)
        else:
            self._leaf(value)

    def _leaf(self, value: Value) -> None:
        key = (id(value), self.before[-40:])
        if key not in self._seen:
            self._seen.add(key)
            self.found.append(Part(value, self.before))
        self._say(GAP)

    def _alternatives(self, value: Choice) -> None:
        before, after = self.before, ""
        for option in value.options:
            self.before = before
            self.walk(option)
            self.everything += " "
            if len(self.before) > len(after):
                after = self.before
        self.before = after

    def _operation(self, value: Operation) -> None:
        if value.op == "*":
            for side in (value.left, value.right):
                if isinstance(side, (Known, Text, Seq, Operation)):
                    self._each(side)
        elif value.op in "+%" and value.right is not None:
            self.walk(value.left)
            self._each(value.right)

    def _each(self, value: Value) -> None:
        """The elements of a container, one after the other; a value that is no container itself."""
        if isinstance(value, Operation) and value.op == "*":
            self._operation(value)
            return
        items = (
            value.items
            if isinstance(value, Seq)
            else list(value.items.values())
            if isinstance(value, MappingValue)
            else [value]
        )
        before = self.before
        for item in items:
            self.before = before
            self.walk(item)

    def _result(self, value: Result) -> None:
        inner = self._speller.handed_on(value)
        if inner is not None:
            self.walk(inner)
        elif self._speller.joins(value):
            self._joined(value.args[0], value.args[1])
        elif self._speller.is_statement(value):
            self._say(GAP)
        else:
            self._leaf(value)

    def _joined(self, base: Value, rest: Value) -> None:
        """The base stands before a rest that begins with text of its own; any other rest may be a whole address, and
        `/` and what follows it another server's."""
        self.walk(base)
        start = self.before
        for part in self._speller.parts(rest)[0]:
            is_kept = part.before not in ("", "/") and not part.before.startswith((GAP, "//"))
            self.before = f"{start}/{part.before}" if is_kept else ""
            self._leaf(part.value)

    def _derived(self, value: Derived) -> None:
        expr, sources = value.expr, value.sources
        if isinstance(expr, f.Call) and isinstance(expr.func, f.Attribute) and sources:
            self._method(value, expr.func.attr, sources[0], sources[1:])
        elif isinstance(expr, f.BinOp) and expr.op in "+%" and len(sources) == 2:
            if expr.op == "%" and not _is_text(sources[0]):
                return  # a number
            self._formatted(sources[0], sources[1])
        elif isinstance(expr, f.BinOp):
            if expr.op == "*":
                self._operation(Operation(sources[0], "*", sources[1]))
        elif isinstance(expr, f.Subscript) and isinstance(expr.index, f.Slice) and _is_text(sources[0]):
            self.walk(sources[0])
        else:
            self._leaf(value)

    def _formatted(self, left: Value, right: Value) -> None:
        template = constant(left)
        if not isinstance(template, str):
            self.walk(left)
            self._each(right)
            return
        # `%(name)s` and whatever else the start-up does not spell out.
        pieces = re.split(r"%(?:\((\w+)\))?[-+ #0]*\d*(?:\.\d+)?([sdifgrx])", template)
        values = right.items if isinstance(right, MappingValue) else {}
        for number in range(0, len(pieces), 3):
            self._say(pieces[number])
            if number + 2 < len(pieces):
                found = values.get(pieces[number + 1], right)
                if pieces[number + 2] in "sr":
                    self.walk(found)
                else:
                    self._say("0")

    def _method(self, value: Derived, name: str, receiver: Value, args: tuple[Value, ...]) -> None:
        if name not in _TEXT_METHODS or not (_is_text(receiver) or name == "join"):
            self._leaf(value)
            return
        if name == "join":
            for arg in args:
                self._each(arg)
            return
        self.walk(receiver)
        if name in _MADE_OF_ARGUMENTS:
            for arg in args[1:] if name == "replace" else args:
                self._each(arg)


def _is_text(value: Value) -> bool:
    """Whether a value is certainly a string that has constant text in it, or is made of such."""
    if isinstance(value, (Text, Operation)):
        return True
    if isinstance(value, Derived):
        expr = value.expr
        if isinstance(expr, f.Call) and isinstance(expr.func, f.Attribute) and expr.func.attr in _TEXT_METHODS:
            return _is_text(value.sources[0])
        return isinstance(expr, (f.BinOp, f.Template)) and any(map(_is_text, value.sources))
    if isinstance(value, Choice):
        return any(map(_is_text, value.options))
    return isinstance(constant(value), str)


__all__ = ["GAP", "Part", "Speller", "last_name"]
