"""A finding and the code around it, as codemods see them: the text, its tree, and the program it belongs to."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, TypeVar

from apilint import facts as f
from apilint.finding import Finding, Place
from apilint.fix.concrete import cst
from apilint.fix.edits import Declined, TextEdit
from apilint.index import Class, Function, Module
from apilint.project import Project

if TYPE_CHECKING:
    from libcst._nodes.base import CSTNode

    N = TypeVar("N", bound=CSTNode)


_LONE_RETURN = re.compile(r"\r(?!\n)")
_FEED = re.compile(r"(?m)^\f")


class Site:
    """One finding in one file. Offsets are those of the file's UTF-8 text, as in the facts."""

    def __init__(self, finding: Finding, project: Project, text: bytes, params: Mapping[str, Any]) -> None:
        self.finding = finding
        self.project = project
        self.text = text
        self.params = params
        self.module: Module = project.module(finding.place.file)
        self.doubts = False  # whether a fix that is safe as a rule is not so here
        self.start, self.end = self.offsets(finding.place)

    # ------------------------------------------------------------------------------------------- positions

    @functools.cached_property
    def _lines(self) -> list[int]:
        starts = [0]
        for line in self.text.splitlines(keepends=True):
            starts.append(starts[-1] + len(line))
        return starts

    def offset(self, line: int, column: int) -> int:
        """The offset of a line and a column, both from 1, the column in code points."""
        start = self._lines[min(line, len(self._lines)) - 1]
        end = self._lines[min(line, len(self._lines) - 1)]
        return start + len(self.text[start:end].decode("utf-8", "replace")[: column - 1].encode())

    def offsets(self, place: Place) -> tuple[int, int]:
        """Where a place starts and ends."""
        return self.offset(place.line, place.column), self.offset(place.end_line, place.end_column)

    def line_start(self, offset: int) -> int:
        """Where the line of an offset starts."""
        return self._lines[self.module.line(offset) - 1]

    def line_end(self, offset: int) -> int:
        """Where the line of an offset ends, its line break included."""
        return self._lines[min(self.module.line(offset), len(self._lines) - 1)]

    def indent(self, offset: int) -> bytes:
        """The white space that the line of an offset starts with."""
        line = self.text[self.line_start(offset) : self.line_end(offset)]
        return line[: len(line) - len(line.lstrip(b" \t\f"))]

    def starts_line(self, offset: int) -> bool:
        """Whether only white space stands before an offset."""
        return not self.text[self.line_start(offset) : offset].strip()

    @functools.cached_property
    def newline(self) -> bytes:
        """The file's line break."""
        first = self.text[: self._lines[1]] if len(self._lines) > 1 else b""
        return next((each for each in (b"\r\n", b"\r", b"\n") if first.endswith(each)), b"\n")

    def source(self, start: int, end: int) -> str:
        """What stands between two offsets."""
        return self.text[start:end].decode()

    # ------------------------------------------------------------------------------------------------ tree

    @functools.cached_property
    def part(self) -> Part:
        """The tree of the module's statement around the finding."""
        return self.part_at(self.start)

    def part_at(self, offset: int) -> Part:
        """The tree of the module's statement around an offset."""
        start, end = self._statement(offset)
        return Part(self.text[start:end], start)

    def _statement(self, offset: int) -> tuple[int, int]:
        """From the first to the last line of the module's statement around an offset."""
        for statement in self.module.body:
            start, end = self._extent(statement)
            if start <= offset < end:
                return start, end
        raise Declined("the statement around it could not be found")

    def _extent(self, statement: f.Stmt) -> tuple[int, int]:
        owner: Function | Class | None = None
        decorators: tuple[f.Expr, ...] = ()
        end = statement.end
        if isinstance(statement, f.FunctionDef):
            owner = self.module.functions[statement.index]
            decorators = owner.head.decorators
        elif isinstance(statement, f.ClassDef):
            owner = self.module.classes[statement.index]
            decorators = owner.code.decorators
        start = statement.start
        if owner is not None:
            start, end = owner.facts.start, max(end, owner.facts.end)
        start = min([start, *(node.start for node in decorators)])
        return self.line_start(start), self.line_end(max(start, end - 1))

    # --------------------------------------------------------------------------------------------- program

    def definitions(self) -> set[str]:
        """The names of the functions and classes of the file."""
        own = self.module
        return {each.name for each in own.functions} | {each.name for each in own.classes}

    def function(self) -> Function | None:
        """The innermost function around the finding; its decorators and its head count."""
        found = None
        for function in self.module.functions:
            start = min([function.facts.start, *(node.start for node in function.head.decorators)])
            if start <= self.start < function.facts.end:
                found = function
        return found

    def places(self) -> Iterator[Place]:
        """The places of the finding's proof that stand in its own file."""
        for place in (*self.finding.trace, *self.finding.related):
            if place.file == self.finding.place.file:
                yield place


class Part:
    """The concrete tree of some whole lines, with the offsets of its nodes."""

    def __init__(self, text: bytes, base: int) -> None:
        self.base = base
        # libcst knows neither a lone carriage return nor a form feed; what stands for them is as long.
        source = _FEED.sub("\n", _LONE_RETURN.sub("\n", text.decode())).replace("\f", " ")
        try:
            self.tree: cst.Module = cst.parse_module(source)
        except cst.ParserSyntaxError as error:
            raise Declined(f"libcst cannot read the code around it: {error.message}") from None
        if self.tree.code != source:
            raise Declined("libcst does not give the code around it back unchanged")

    @functools.cached_property
    def _spans(self) -> Mapping[CSTNode, tuple[int, int]]:
        from libcst.metadata import ByteSpanPositionProvider, MetadataWrapper

        wrapper = MetadataWrapper(self.tree, unsafe_skip_copy=True)
        found = wrapper.resolve(ByteSpanPositionProvider)
        return {node: (self.base + span.start, self.base + span.start + span.length) for node, span in found.items()}

    def span(self, node: CSTNode) -> tuple[int, int]:
        """Where a node starts and ends in the file."""
        return self._spans[node]

    def code(self, node: CSTNode) -> str:
        """The source of a node."""
        return self.tree.code_for_node(node)

    @functools.cached_property
    def all(self) -> list[CSTNode]:
        """All nodes in the order of the text, outer ones first."""
        outer_first = list(self._spans.items())[::-1]
        return [node for node, _ in sorted(outer_first, key=lambda item: (item[1][0], -item[1][1]))]

    def nodes(self, type_: type[N]) -> Iterator[tuple[N, int, int]]:
        """The nodes of a type, with their offsets."""
        for node in self.all:
            if isinstance(node, type_):
                yield node, *self._spans[node]

    def at(self, type_: type[N], start: int, end: int) -> N:
        """The node of a type that stands exactly there; the outermost of several."""
        for node, *span in self.nodes(type_):
            if span == [start, end]:
                return node
        raise Declined(f"no {type_.__name__} stands there")

    def around(self, type_: type[N], start: int, end: int) -> N | None:
        """The innermost node of a type that holds what stands there."""
        found = [node for node, begin, finish in self.nodes(type_) if begin <= start and end <= finish]
        return found[-1] if found else None


def replacing(start: int, end: int, text: str) -> TextEdit:
    """What stands there gives way to a text."""
    return TextEdit(start, end, text.encode())


def inserting(at: int, text: str) -> TextEdit:
    """A text is put there."""
    return TextEdit(at, at, text.encode())


def removing(start: int, end: int) -> TextEdit:
    """What stands there goes."""
    return TextEdit(start, end, b"")


__all__ = ["Part", "Site", "inserting", "removing", "replacing"]
