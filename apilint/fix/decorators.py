"""Decorators of a function: found by their place, and moved among each other as whole lines."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from apilint.fix.concrete import cst
from apilint.fix.edits import Declined, TextEdit
from apilint.fix.site import Part, Site, inserting, removing

if TYPE_CHECKING:
    import libcst


class Decorators:
    """The decorator that a finding names, among those of its function or class."""

    def __init__(self, site: Site) -> None:
        self.site = site
        self.part: Part = site.part
        self.own, self.index = self._find()

    def _find(self) -> tuple[list[libcst.Decorator], int]:
        for node in self.part.all:
            if isinstance(node, (cst.FunctionDef, cst.ClassDef)):
                own = list(node.decorators)
                for index, decorator in enumerate(own):
                    if self.part.span(decorator.decorator) == (self.site.start, self.site.end):
                        return own, index
        raise Declined("no decorator stands there")

    def index_at(self, offset: int) -> int | None:
        """The decorator around an offset."""
        for index, decorator in enumerate(self.own):
            start, end = self.part.span(decorator)
            if start <= offset < end:
                return index
        return None

    def lines(self, index: int) -> tuple[int, int]:
        """The whole lines of a decorator, with the comments right above it unless it comes first: those above all
        decorators speak of the function."""
        start, end = self.part.span(self.own[index])
        if not self.site.starts_line(start):
            raise Declined("the decorator does not start its line")
        begin = self.site.line_start(start)
        if index:
            begin = self.site.line_end(self.part.span(self.own[index - 1])[1] - 1)
        return begin, self.site.line_end(end - 1)

    def to_below(self, index: int) -> Iterator[TextEdit]:
        """Move the decorator that the finding names to right below another one."""
        begin, end = self.lines(self.index)
        at = self.lines(index)[1]
        if at in (begin, end):
            raise Declined("it stands there already")
        text = self.site.source(begin, end)
        if not text.endswith(("\n", "\r")):
            raise Declined("the decorator ends the file")
        yield removing(begin, end)
        yield inserting(at, text)


__all__ = ["Decorators"]
