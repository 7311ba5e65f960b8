"""Shortcuts from source to decoded facts, for tests of the scanner."""

from __future__ import annotations

from typing import Any

from apilint.facts import FileFacts, decode_body, decode_file, encode
from apilint.scan.file import scan_file
from tests.scan.interpreter import shape, without_spans


def read(source: str | bytes, *, eager: bool = True) -> FileFacts:
    """The facts of a source, after a round trip through their encoding."""
    data = source.encode() if isinstance(source, str) else source
    facts = scan_file(data, eager=eager)
    assert decode_file(encode(facts)) == facts
    return facts


def statements(source: str | bytes) -> tuple[Any, ...]:
    """The statements of a module."""
    return decode_body(read(source).body)


def statement(source: str | bytes) -> Any:
    """The only statement of a module."""
    (found,) = statements(source)
    return found


def expression(source: str | bytes) -> Any:
    """The value of a module that is one expression."""
    return statement(source).value


def plain(value: Any) -> Any:
    """Facts as nested lists without positions."""
    return without_spans(shape(value))
