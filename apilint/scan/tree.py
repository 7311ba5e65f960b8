"""Bytes of a file -> its text in UTF-8, its lines and its syntax tree; what is wrong with them."""

from __future__ import annotations

import ast
import codecs
import functools
import re
import warnings
from array import array
from collections.abc import Iterator
from itertools import accumulate
from threading import get_ident

from tree_sitter import Node, Parser, Range, Tree

from apilint.facts import ScanError
from apilint.scan.grammar import ERROR, LANGUAGE

MAX_ERRORS = 3
_COOKIE = re.compile(rb"^[ \t\f]*#.*?coding[:=][ \t]*([-\w.]{1,64})")
_BLANK = re.compile(rb"^[ \t\f]*(?:#.*)?$")
_DEFINITION = re.compile(rb"^(?:@|(?:async[ \t]+)?def\b|class\b|from[ \t]+[\w.]+[ \t]+import\b|import\b)", re.MULTILINE)
_LONE_RETURN = re.compile(rb"\r(?!\n)")


def to_utf8(source: bytes) -> bytes:
    """The text that positions refer to: decoded as its byte order mark or PEP 263 comment says, then as UTF-8.

    Raises `UnicodeError` where bytes are no text in that encoding, `LookupError` where nobody knows the
    encoding and `SyntaxError` where mark and comment contradict each other.
    """
    text = source.removeprefix(codecs.BOM_UTF8)
    declared = _declared(text)
    codec = codecs.lookup(declared).name if declared else "utf-8"
    if codec in ("utf-8", "ascii") and text.isascii():
        return text
    if text is not source and codec != "utf-8":
        raise SyntaxError(f"the byte order mark says utf-8, the comment {declared}")
    decoded = text.decode(codec)
    return text if codec in ("utf-8", "ascii") else decoded.encode()


def _declared(text: bytes) -> str:
    """The encoding that a comment in the first two lines declares."""
    if b"coding" not in text[:1000]:
        return ""
    for line in text[:1000].splitlines()[:2]:
        found = _COOKIE.match(line)
        if found:
            return _normal(found.group(1).decode("ascii", "replace"))
        if not _BLANK.match(line):
            break
    return ""


def _normal(name: str) -> str:
    """Editors write `utf-8-unix`; Python takes it for `utf-8`."""
    lower = name[:12].lower().replace("_", "-")
    for codec in ("utf-8", "latin-1", "iso-8859-1", "iso-latin-1"):
        if lower == codec or lower.startswith(codec + "-"):
            return codec
    return name


def encoding_error(source: bytes, error: UnicodeError | LookupError | SyntaxError) -> ScanError:
    """Why the bytes could not be read as text, and where."""
    if isinstance(error, UnicodeDecodeError):
        start = error.start + (len(codecs.BOM_UTF8) if source.startswith(codecs.BOM_UTF8) else 0)
        before = source[:start].replace(b"\r\n", b"\n").replace(b"\r", b"\n")
        column = len(before) - (before.rfind(b"\n") + 1) + 1
        return ScanError(f"not {error.encoding} text: {error.reason}", before.count(b"\n") + 1, column)
    return ScanError(f"encoding: {error}", 1, 1)


def line_starts(text: bytes) -> array[int]:
    """The offset at which each line starts."""
    lines = text.splitlines(keepends=True)
    starts = array("I", accumulate(map(len, lines), initial=0))
    if lines and not lines[-1].endswith((b"\n", b"\r")):
        starts.pop()
    return starts


def parseable(text: bytes) -> bytes:
    """The text as the parser takes it, every offset unchanged: it knows no lone carriage return and stops at NUL."""
    if b"\r" in text:
        text = _LONE_RETURN.sub(b"\n", text)
    return text.replace(b"\0", b" ") if b"\0" in text else text


def parse(text: bytes) -> Tree:
    """Parse a text."""
    return _parser(get_ident()).parse(text)


def parse_part(text: bytes, start: int, end: int) -> Tree:
    """Parse what stands between two offsets; positions are those of the whole text."""
    parser = Parser(LANGUAGE)
    parser.included_ranges = [Range((0, 0), (0, 0), start, end)]
    return parser.parse(text)


@functools.cache
def _parser(thread: int) -> Parser:
    """A thread's own parser: one that is used again is a tenth faster than a new one."""
    return Parser(LANGUAGE)


def top_level(tree: Tree, text: bytes) -> list[Node]:
    """The nodes of the module. One broken by an error is parsed again from each definition in it that starts a line."""
    if not tree.root_node.has_error:
        return tree.root_node.children
    found: list[Node] = []
    for node in tree.root_node.children:
        start = node.start_byte
        cuts = _definitions(text, start, node.end_byte) if node.has_error else []
        if not cuts:
            found.append(node)
            continue
        for cut in [*cuts, node.end_byte]:
            found.extend(parse_part(text, start, cut).root_node.children)
            start = cut
    return found


def _definitions(text: bytes, start: int, end: int) -> list[int]:
    """Where definitions with their decorators, and imports, start in column 0 after `start`."""
    cuts: list[int] = []
    in_decorators = text[start : start + 1] == b"@"
    for match in _DEFINITION.finditer(text, start + 1, end):
        if not in_decorators:
            cuts.append(match.start())
        in_decorators = match.group() == b"@"
    return cuts


def syntax_errors(tree: Tree, text: bytes) -> Iterator[ScanError]:
    """What is wrong with the text, if the interpreter agrees that something is."""
    if b"\0" in text:
        before = text[: text.index(b"\0")]
        yield ScanError("a NUL byte, is this a text file?", *_position(text, len(before)))
        return
    if not tree.root_node.has_error:
        return
    reason = _interpreter_says(text)
    if reason is None:
        return
    nodes = list(_errors(tree.root_node))
    found = [ScanError(_message(node, text), *_position(text, node.start_byte)) for node in nodes]
    if reason.lineno and (not nodes or _is_near(reason.lineno, nodes[0], text)):
        found[:1] = [ScanError(f"syntax error: {reason.msg}", reason.lineno, max(1, reason.offset or 1))]
    yield from found


def _is_near(line: int, node: Node, text: bytes) -> bool:
    first, last = _position(text, node.start_byte)[0], _position(text, node.end_byte)[0]
    return first - 1 <= line <= last + 1


def _interpreter_says(text: bytes) -> SyntaxError | None:
    """The interpreter's objection, None if it accepts the text: the parser's grammar has gaps of its own."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            ast.parse(text.decode())
        except SyntaxError as error:
            return error
        except (RecursionError, MemoryError, ValueError) as error:
            return SyntaxError(str(error))
    return None


def _errors(root: Node) -> Iterator[Node]:
    """The first nodes that are errors or missing, in source order."""
    stack = [root]
    count = 0
    while stack and count < MAX_ERRORS:
        node = stack.pop()
        if node.kind_id == ERROR or node.is_missing:
            yield node
            count += 1
        elif node.has_error:
            stack.extend(reversed(node.children))


def _message(node: Node, text: bytes) -> str:
    if node.is_missing:
        return f"syntax error: `{node.type}` is missing"
    found = text[node.start_byte : node.end_byte].decode("utf-8", "replace").split("\n")[0].strip()[:40]
    return f"syntax error: cannot make sense of `{found}`" if found else "syntax error"


def _position(text: bytes, offset: int) -> tuple[int, int]:
    """Line and column of an offset, 1-based; columns count code points."""
    before = text[:offset].replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    line_start = before.rfind(b"\n") + 1
    return before.count(b"\n") + 1, len(before[line_start:].decode("utf-8", "replace")) + 1
