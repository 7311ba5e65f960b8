"""Patterns that are compiled when they are first used behave like compiled ones."""

from __future__ import annotations

import re

import pytest

from apilint.patterns import regex


def test_it_finds_what_a_compiled_pattern_finds() -> None:
    lazy, compiled = regex(r"(?i)b(\w)"), re.compile(r"(?i)b(\w)")
    for _ in range(2):
        assert [found.span(1) for found in lazy.finditer("aBc abd")] == [
            found.span(1) for found in compiled.finditer("aBc abd")
        ]
        assert lazy.sub("-", "abc") == compiled.sub("-", "abc")
    assert (lazy.pattern, lazy.groups, lazy.split("abca")) == (compiled.pattern, 1, compiled.split("abca"))


def test_flags_count() -> None:
    assert regex("abc", re.IGNORECASE).fullmatch("ABC")


def test_a_broken_pattern_is_a_mistake_where_it_is_used() -> None:
    broken = regex("(")
    with pytest.raises(re.error):
        broken.search("")
