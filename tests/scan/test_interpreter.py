"""The scanner reads sources as the interpreter's own parser does: same statements, same values, same places."""

from __future__ import annotations

import argparse
import ast
import asyncio.base_events
import asyncio.tasks
import contextlib
import dataclasses
import http.client
import json.decoder
import sys
import tarfile
import typing
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from apilint.facts import decode_body, decode_class, decode_head
from tests.scan.interpreter import Judge, merged, shape
from tests.scan.reading import read

CONSTRUCTS = {
    "names": "a\na.b.c\n(a).b",
    "constants": "1\n1.5\n1_000\n0x1f\n0b11\n0o17\n1e3\n1j\nTrue\nFalse\nNone\n...\n'a'\nb'a'\n99999999999999999999999",
    "strings": r"""'a\n\t\\\'\x41\u00e9\U0001f600\101\N{EN DASH}\
b'; r'\n'; b'\n\xff\101'; rb'\n'; u'a'; "a" 'b'; '''a
"b"'''; '' ; "" ""; '\ud800'; 'é'; b"a" b'b'""",
    "templates": r"""f'a{b}c{d!r:>{e}}{f:.2f}{{}}\n'; f'{a=}'; f"{a}" "b" f'{c}{d}'; rf'\n{a}'; f'{a, b}'; f'''{
a}'''""",
    "calls": "f()\nf(a, *b, c=d, **e)\nf(x for x in y)\nf(a)(b).c(d)\nf(\n  a,  # why\n  b,\n)",
    "operators": "a + b * c ** -d\na and b or not c\na @ b // c % d << e >> f & g | h ^ i\n~a\n+a\n(a + b) * c",
    "comparisons": "a < b <= c != d\na is not b\na not in b\na in b == c\nnot a == b",
    "conditions": "a if b else c if d else e\n(a := b)\nlambda: a\nlambda a, /, b=1, *c, d, **e: a if b else c",
    "subscripts": "a[0]\na[1:2]\na[::2]\na[:, 1]\na[b, c]\na[b,]\na[b][c]",
    "displays": "[]\n()\n{}\n[a, *b]\n(a,)\n{a, b}\n{'a': b, **c}\na, b\na,\n[*a.b(c)]\n(*a.b, c)",
    "comprehensions": "[a for a in b if c if d for e, f in g]\n{a for a in b}\n{a: b for a, b in c}\n(a for a in b)",
    "assignments": "a = b\na = b = c\na, *b = c\n(a, b), c = d\n[a, b] = c\na.b = c\na[b] = c\na: int\na: int = b\n"
    "a.b: c[d] = e\na += b\na //= b\na **= b\ntype(a).b = c",
    "annotations": "a: list[int]\nb: dict[str, list[int]] | None = None\nc: a.b[c]\nd: A[b] | B | C\ne: 'F'\n"
    "g: Callable[[int], str]\nh: Union[\n  a,\n  b,\n]",
    "simple": "pass\ndel a, b[c]\ndel (a, b)\nassert a\nassert a, b\nraise\nraise a\nraise a from b",
    "imports": "import a\nimport a.b as c, d\nfrom a import b\nfrom .a.b import (c as d, e,)\nfrom . import a\n"
    "from .... import a\nfrom a import *\nfrom __future__ import annotations",
    "if": "if a:\n  b\nelif c:\n  d\nelif e: f\nelse:\n  g",
    "loops": "for a, b in c:\n  break\nelse:\n  d\n"
    "while a:\n  continue\nelse:\n  b\nfor (a) in b: pass\nfor a, in b: pass",
    "with": "with a: b\nwith a as b, c: d\nwith (a as b, c as d): e\nwith (a): b\nwith a as (b, c): d\n"
    "with (\n  a as b\n): c\nwith a if b else c as d: e",
    "try": "try:\n  a\nexcept b:\n  c\nexcept (d, e) as f:\n  g\nexcept:\n  h\nelse:\n  i\nfinally:\n  j",
    "match": "match a, b:\n  case 1 | 'x' | -2 | None: c\n  case [d, *e] if f: g\n  case {'k': h, **i}: j\n"
    "  case K(l, m=n) as o: p\n  case q.r: s\n  case _: t",
    "functions": "def f(a, b: int = 1, /, c=2, *d: str, e, f=3, **g) -> list[int]:\n  return a\n"
    "async def g():\n  await a\n  async for b in c: d\n  async with e as f: g\n  return [x async for x in y]\n"
    "def h(*, a): yield\ndef i(): x = yield a, b; yield from c\ndef j():\n  global a\n  def k():\n    nonlocal b\n",
    "decorators": "@a\n@b.c(d)\ndef f(): pass\n@a\nclass C: pass",
    "classes": "class A: pass\nclass B(A, metaclass=M, **k):\n  '''Doc.'''\n  x: int = 1\n  def f(self):\n"
    "    class C:\n      def g(self): pass\n  @property\n  def h(self): return 1",
    "layout": "if a:\n\tb\n\n# comment\n  # comment\nc; d;\ne = 1 + \\\n  2\nf(\n# comment\n)\n\x0c\ng",
    "returns": "def f():\n  return\ndef g(): return a, b\ndef h(): return *a, b\ndef i(): return (a)",
}

MODULES = (
    argparse, ast, asyncio.base_events, asyncio.tasks, contextlib, dataclasses, http.client, json.decoder,
    tarfile, typing,
)  # fmt: skip


def first_difference(ours: Any, theirs: Any, path: str) -> str:
    if isinstance(ours, list) and isinstance(theirs, list) and len(ours) == len(theirs):
        found = (first_difference(a, b, f"{path}.{i}") for i, (a, b) in enumerate(zip(ours, theirs, strict=True)))
        return next(filter(None, found), "")
    return "" if ours == theirs and type(ours) is type(theirs) else f"{path}: {str(ours)[:400]} for {str(theirs)[:400]}"


def differences(source: bytes) -> list[str]:
    judge = Judge(source)
    body = judge.body(ast.parse(source).body)
    facts = read(source)
    assert not facts.errors
    pairs = {
        "module": (shape(decode_body(facts.body)), body),
        "bodies": ([shape(decode_body(function.body)) for function in facts.functions], judge.bodies),
        "heads": ([shape(decode_head(function.head)) for function in facts.functions], judge.heads),
        "classes": ([shape(decode_class(class_.code)) for class_ in facts.classes], judge.class_codes),
    }
    found = (first_difference(merged(ours), merged(theirs), part) for part, (ours, theirs) in pairs.items())
    return [difference for difference in found if difference]


@pytest.mark.parametrize("source", CONSTRUCTS.values(), ids=CONSTRUCTS)
def test_construct_is_read_as_python_reads_it(source: str) -> None:
    assert differences(source.encode()) == []


@pytest.mark.parametrize("module", MODULES, ids=lambda module: module.__name__)
def test_module_is_read_as_python_reads_it(module: ModuleType) -> None:
    assert module.__file__
    assert differences(Path(module.__file__).read_bytes()) == []


@pytest.mark.skipif(sys.version_info < (3, 12), reason="syntax of Python 3.12")
def test_type_parameters_are_read_as_python_reads_them() -> None:
    source = b"type A = int\ntype B[T] = list[T]\ndef f[T: int](a: T) -> T: pass\nclass C[T](D): pass\na[b, *c]"
    assert differences(source) == []
