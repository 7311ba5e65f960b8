"""A body lowered later, from its function's text alone, is the body that would have been lowered at once."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import functools
import tempfile
import typing
from pathlib import Path

import pytest

from apilint.facts import NOT_LOWERED
from apilint.scan import lower_body
from apilint.scan.tree import to_utf8
from tests.scan.reading import read

ROOT = Path(asyncio.__file__).parent
FILES = [
    *sorted(ROOT.glob("*.py")),
    *(Path(m.__file__ or "") for m in (argparse, contextlib, functools, tempfile, typing)),
]

ODD = {
    "windows": b"class A:\r\n    def f(self):\r\n        x = '''a\r\n        b'''\r\n        return x\r\n",
    "old mac": b"def f():\r  x = 1\r  return x\r",
    "mark": b"\xef\xbb\xbfdef f():\n  return 1\n",
    "latin": b"# coding: latin-1\nx = '\xe9'\ndef f():\n  return '\xe9'\n",
    "one line": b"class A: f = 1\nclass B:\n  def f(self): return 1; pass\n",
    "tabs": b"class A:\n\tdef f(self):\n\t\tif x:\n\t\t\treturn 1\n\n\t\treturn 2\n",
    "comments": b"class A:\n  def f(self):  # why\n    # what\n    return 1\n    # end\n  # more\n",
    "continued": b"def f(): \\\n  return 1\ndef g(a,\nb):\n return 1",
}


def check(source: bytes) -> int:
    eager = read(source, eager=True)
    lazy = read(source, eager=False)
    assert lazy.body == eager.body
    assert lazy.classes == eager.classes
    left = [i for i, function in enumerate(lazy.functions) if function.body == NOT_LOWERED]
    for i in left:
        found = lower_body(to_utf8(source), lazy.functions[i], lazy.functions, lazy.classes)
        assert found == eager.functions[i].body, lazy.functions[i].qualname
    return len(left)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_library(path: Path) -> None:
    check(path.read_bytes())


@pytest.mark.parametrize("source", ODD.values(), ids=ODD)
def test_odd_layout(source: bytes) -> None:
    assert check(source)


def test_in_a_broken_file_all_is_lowered_at_once() -> None:
    assert check(b"def f():\n  x = (1\ndef g():\n  return 1\n") == 0
