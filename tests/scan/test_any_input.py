"""Whatever the bytes: scanning returns facts that encode, whose spans nest inside the file."""

from __future__ import annotations

from typing import Any

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from apilint.facts import NOT_LOWERED, decode_body, decode_class, decode_file, decode_head, encode
from apilint.scan import lower_body, scan
from apilint.scan.tree import to_utf8

TOKENS = (
    'a b.c (x) ( ) [ ] { } , : ; . = == := -> @ * ** + - ~ \' " \'\'\' """ f" {a} \\ \\\n # # apilint: ignore\n \n \n  '
    "\n\t def f(): \n  class A: if else: elif for in while try: except as with match x: case return yield await async"
    " lambda import from raise assert del global not and or is None 1 0x 1e type print \r \x00 é"
).split(" ")


def check_spans(value: Any, low: int, high: int) -> None:
    if isinstance(value, msgspec.Struct):
        start, end, *fields = msgspec.structs.astuple(value)
        assert low <= start <= end <= high
        check_spans(tuple(fields), start, end)
    elif isinstance(value, tuple):
        for item in value:
            check_spans(item, low, high)


def check(source: bytes) -> None:
    facts = scan(source)
    assert decode_file(encode(facts)) == facts
    check_spans(decode_body(facts.body), 0, facts.size)
    starts = [function.start for function in facts.functions]
    assert starts == sorted(set(starts))
    for function in facts.functions:
        assert 0 <= function.start <= function.head_end <= function.end <= facts.size
        head = decode_head(function.head)
        check_spans((head.params, head.returns), function.start, function.head_end)
        body = function.body
        if body == NOT_LOWERED:
            body = lower_body(to_utf8(source), function, facts.functions, facts.classes)
        check_spans(decode_body(body), function.start, function.end)
    for class_ in facts.classes:
        code = decode_class(class_.code)
        check_spans((code.bases, code.keywords, code.body), class_.start, class_.end)


@given(st.binary(max_size=200))
def test_bytes(source: bytes) -> None:
    check(source)


@given(st.text(max_size=200))
def test_text(source: str) -> None:
    check(source.encode("utf-8", "surrogatepass"))


@given(st.text(alphabet="abcdefghijklmnopqrstuvwxyz0123456789-_.", max_size=12), st.binary(max_size=40))
def test_declared_encodings(encoding: str, text: bytes) -> None:
    check(b"# coding: " + encoding.encode() + b"\n" + text)


@settings(max_examples=400)
@given(st.lists(st.sampled_from(TOKENS), max_size=60), st.sampled_from(["", " "]))
def test_tokens(tokens: list[str], joint: str) -> None:
    check(joint.join(tokens).encode())
