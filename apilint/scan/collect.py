"""A syntax tree -> the functions and classes of a file, with the bodies that are likely to be asked for."""

from __future__ import annotations

from bisect import bisect_left
from typing import NamedTuple

from msgspec import Raw
from tree_sitter import Node

from apilint.facts import NOT_LOWERED, ClassFacts, FunctionFacts, encode
from apilint.scan.expr import call_arguments
from apilint.scan.grammar import named, token
from apilint.scan.lower import skim, statements
from apilint.scan.operands import only, text
from apilint.scan.packed import (
    ATTRIBUTE,
    CALL,
    CLASS_DEF,
    CONSTANT,
    EXPR_STMT,
    FUNCTION_DEF,
    JUMP,
    NAME,
    OPAQUE,
    Packed,
)
from apilint.scan.params import parameters
from apilint.scan.words import EAGER_DECORATORS, Words, is_eager, join

_BLOCK = named("block")
_IDENTIFIER = named("identifier")
_PARAMETERS = named("parameters")
_TYPE = named("type")
_ARGUMENTS = named("argument_list")
_FUNCTION = named("function_definition")
_CLASS = named("class_definition")
_LAMBDA = named("lambda")
_YIELD = named("yield")
_COLON = token(":")
_DEF = token("def")
_ASYNC = token("async")


class _Place(NamedTuple):
    """Where a definition stands."""

    prefix: str
    parent: int
    owner: int
    methods: dict[str, int] | None


class Collector:
    """Collects the definitions of one file while its statements are lowered."""

    def __init__(self, text: bytes, src: str, *, eager: bool = False) -> None:
        """`src` is `text` as Latin-1. `eager` lowers every body."""
        self.src = src
        self.functions: list[FunctionFacts] = []
        self.classes: list[ClassFacts] = []
        self.imports: set[str] = set()
        self.words: set[bytes] = set()
        self._text = text
        self._eager = eager
        self._place = _Place("", -1, -1, None)
        self._outside = 0
        self._words = Words(text)

    def imported(self, module: str) -> None:
        """Take note of an imported module."""
        self.imports.add(module)

    def annotated(self, name: str) -> None:
        """Take note of an annotated variable: the words' pattern does not see that it is assigned."""
        self.words.add(name.encode())

    def finish(self) -> None:
        """Add the words outside of functions after the last one."""
        self.words |= self._words.between(self._outside, len(self._text))

    def function(self, node: Node, decorators: tuple[Packed, ...], depth: int) -> Packed:
        """Collect a function: its head, and its body if it is likely to be asked for."""
        src = self.src
        place = self._place
        index = len(self.functions)
        self.functions.append(_HOLE)
        start = node.start_byte
        end = node.end_byte
        name = ""
        is_async = False
        params: tuple[Packed, ...] = ()
        returns: Packed | None = None
        body: Node | None = None
        name_end = head_end = start
        for child in node.children:
            kind = child.kind_id
            if kind == _BLOCK:
                body = child
            elif kind == _IDENTIFIER:
                name = text(child, src)
                name_end = child.end_byte
            elif kind == _PARAMETERS:
                params = parameters(child, src, depth)
            elif kind == _TYPE:
                returns = only(child, src, depth)
            elif kind == _COLON:
                head_end = child.end_byte
            elif kind == _ASYNC:
                is_async = True
        qualname = place.prefix + name
        if place.parent < 0:
            self.words |= self._words.between(self._outside, start)
            self._outside = end
        found = self._words.between(name_end, end)
        if place.parent < 0:
            self.words |= found
        self._place = _Place(f"{qualname}.<locals>.", index, -1, None)
        raw = self._body(body, found, any(map(_is_telling, decorators)), depth + 1)
        self._place = place
        if place.methods is not None:
            place.methods[name] = index
        self.functions[index] = FunctionFacts(
            name,
            qualname,
            start,
            head_end,
            end,
            place.parent,
            place.owner,
            is_async,
            body is not None and self._text.find(b"yield", head_end, end) >= 0 and is_generator(body),
            bool(decorators),
            join(found),
            Raw(encode((decorators, params, returns))),
            raw,
        )
        return (FUNCTION_DEF, start, end, name, index)

    def _body(self, body: Node | None, found: set[bytes], telling: bool, depth: int) -> Raw:
        if body is None:
            return encode_body((), 0)
        if self._eager or telling or is_eager(found):
            return encode_body(statements(body.children, self, depth), body.start_byte)
        if self._defines(body.start_byte, body.end_byte):
            skim(body.children, self, depth)
        return NOT_LOWERED

    def _defines(self, start: int, end: int) -> bool:
        """Whether a text may hold definitions or imports."""
        find = self._text.find
        return find(b"import", start, end) >= 0 or find(b"def", start, end) >= 0 or find(b"class", start, end) >= 0

    def class_(self, node: Node, decorators: tuple[Packed, ...], depth: int) -> Packed:
        """Collect a class with its body."""
        src = self.src
        place = self._place
        index = len(self.classes)
        self.classes.append(_CLASS_HOLE)
        start = node.start_byte
        end = node.end_byte
        name = ""
        bases: tuple[Packed, ...] = ()
        keywords: tuple[Packed, ...] = ()
        body: tuple[Packed, ...] = ()
        head_end = start
        methods: dict[str, int] = {}
        for child in node.children:
            kind = child.kind_id
            if kind == _BLOCK:
                self._place = _Place(f"{place.prefix}{name}.", place.parent, index, methods)
                body = statements(child.children, self, depth + 1)
                self._place = place
            elif kind == _IDENTIFIER:
                name = text(child, src)
            elif kind == _ARGUMENTS:
                bases, keywords = call_arguments(child, src, depth)
            elif kind == _COLON:
                head_end = child.end_byte
        self.classes[index] = ClassFacts(
            name,
            place.prefix + name,
            start,
            head_end,
            end,
            place.parent,
            place.owner,
            methods,
            Raw(encode((decorators, bases, keywords, body))),
        )
        return (CLASS_DEF, start, end, name, index)


class Finder:
    """Finds definitions that were collected before, for lowering a body later."""

    def __init__(self, src: str, functions: tuple[FunctionFacts, ...], classes: tuple[ClassFacts, ...]) -> None:
        self.src = src
        self._functions = functions
        self._classes = classes

    def imported(self, module: str) -> None:
        """Nothing: the import is known already."""

    def annotated(self, name: str) -> None:
        """Nothing: the name is known already."""

    def function(self, node: Node, decorators: tuple[Packed, ...], depth: int) -> Packed:
        """The statement that stands for a known function."""
        start = node.start_byte
        index = bisect_left(self._functions, start, key=_start)
        known = index < len(self._functions) and self._functions[index].start == start
        return self._definition(FUNCTION_DEF, node, index if known else -1)

    def class_(self, node: Node, decorators: tuple[Packed, ...], depth: int) -> Packed:
        """The statement that stands for a known class."""
        start = node.start_byte
        index = bisect_left(self._classes, start, key=_start)
        known = index < len(self._classes) and self._classes[index].start == start
        return self._definition(CLASS_DEF, node, index if known else -1)

    def _definition(self, tag: int, node: Node, index: int) -> Packed:
        start = node.start_byte
        end = node.end_byte
        if index < 0:
            return (EXPR_STMT, start, end, (OPAQUE, start, end))
        name = next((child for child in node.children if child.kind_id == _IDENTIFIER), None)
        return (tag, start, end, text(name, self.src) if name else "", index)


_HOLE = FunctionFacts("", "", 0, 0, 0, -1, -1, False, False, False, "", NOT_LOWERED, NOT_LOWERED)
_CLASS_HOLE = ClassFacts("", "", 0, 0, 0, -1, -1, {}, NOT_LOWERED)


def _is_telling(decorator: Packed) -> bool:
    """Whether a decorator is likely to register its function as a route, by its name or by a path it is given."""
    if decorator[0] == CALL:
        args = decorator[4]
        if args and args[0][0] == CONSTANT and isinstance(args[0][3], str) and args[0][3][:1] == "/":
            return True
        decorator = decorator[3]
    return decorator[0] in (NAME, ATTRIBUTE) and decorator[-1] in EAGER_DECORATORS


def _start(facts: FunctionFacts | ClassFacts) -> int:
    return facts.start


def encode_body(body: tuple[Packed, ...], start: int) -> Raw:
    """Encode statements. Where errors left none there is a `pass`: no statements at all means not lowered."""
    return Raw(encode(body or ((JUMP, start, start, "pass"),)))


def is_generator(body: Node) -> bool:
    """Whether the body yields, not counting the functions in it."""
    stack = [body]
    while stack:
        node = stack.pop()
        kind = node.kind_id
        if kind == _YIELD:
            return True
        if kind != _FUNCTION and kind != _LAMBDA and kind != _CLASS:
            stack.extend(node.children)
    return False


def function_block(root: Node, start: int) -> Node | None:
    """The block of the function that starts at an offset."""
    stack = [root]
    while stack:
        node = stack.pop()
        if node.kind_id == _FUNCTION and node.start_byte == start:
            return next((child for child in node.children if child.kind_id == _BLOCK), None)
        stack.extend(child for child in node.children if child.start_byte <= start < child.end_byte)
    return None
