"""A file's bytes -> FileFacts; a function's text -> the statements of its body."""

from __future__ import annotations

from msgspec import Raw

from apilint.facts import ClassFacts, FileFacts, FunctionFacts, ScanError, encode
from apilint.scan.collect import Collector, Finder, encode_body, function_block
from apilint.scan.comments import directives
from apilint.scan.lower import statements
from apilint.scan.tree import (
    encoding_error,
    line_starts,
    parse,
    parse_part,
    parseable,
    syntax_errors,
    to_utf8,
    top_level,
)
from apilint.scan.words import join


def scan_file(source: bytes, *, eager: bool = False) -> FileFacts:
    """What the file says. Never raises: what cannot be read is an error among the facts."""
    try:
        text = to_utf8(source)
    except (UnicodeError, LookupError, SyntaxError) as error:
        return _unreadable(source, encoding_error(source, error))
    clean = parseable(text)
    tree = parse(clean)
    root = tree.root_node
    # Parsed alone, a function in a broken file may recover in another way than it does here.
    collector = Collector(clean, clean.decode("latin-1"), eager=eager or root.has_error)
    errors = tuple(syntax_errors(tree, text))
    body = statements(top_level(tree, clean), collector, 0)
    collector.finish()
    lines = line_starts(text)
    return FileFacts(
        len(text),
        lines.tobytes(),
        tuple(collector.functions),
        tuple(collector.classes),
        tuple(sorted(collector.imports)),
        join(collector.words),
        directives(root, clean, lines) if b"apilint" in clean else (),
        errors,
        Raw(encode(body)),
    )


def _unreadable(source: bytes, error: ScanError) -> FileFacts:
    return FileFacts(len(source), line_starts(source).tobytes(), (), (), (), "", (), (error,), Raw(encode(())))


def lower_function(
    source: bytes, function: FunctionFacts, functions: tuple[FunctionFacts, ...], classes: tuple[ClassFacts, ...]
) -> Raw:
    """The body of one function, from its text alone."""
    text = parseable(source)
    tree = parse_part(text, function.start, function.end)
    block = function_block(tree.root_node, function.start)
    finder = Finder(text.decode("latin-1"), functions, classes)
    return encode_body(statements(block.children, finder, 0) if block else (), function.head_end)
