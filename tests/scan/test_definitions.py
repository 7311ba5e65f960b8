"""Functions and classes of a file: where they stand, what they hold, and which bodies are lowered at once."""

from __future__ import annotations

from apilint.facts import NOT_LOWERED, FunctionDef, decode_body, decode_class
from apilint.scan import lower_body, scan
from tests.scan.reading import read, statements

NESTED = """\
def outer():
    @deco
    async def inner(a):
        return a
    class Local:
        def method(self): pass
    return inner

class A:
    def f(self): pass
    if x:
        def g(self): pass
    def f(self): pass
    class B:
        def h(self): yield 1
"""


def test_definitions_know_where_they_stand() -> None:
    facts = read(NESTED)
    assert [(f.qualname, f.parent, f.owner) for f in facts.functions] == [
        ("outer", -1, -1),
        ("outer.<locals>.inner", 0, -1),
        ("outer.<locals>.Local.method", 0, 0),
        ("A.f", -1, 1),
        ("A.g", -1, 1),
        ("A.f", -1, 1),
        ("A.B.h", -1, 2),
    ]
    assert [(c.qualname, c.parent, c.owner) for c in facts.classes] == [
        ("outer.<locals>.Local", 0, -1),
        ("A", -1, -1),
        ("A.B", -1, 1),
    ]
    assert facts.classes[1].methods == {"f": 5, "g": 4}


def test_definitions_are_the_same_whether_bodies_are_lowered_or_not() -> None:
    lowered, left = read(NESTED).functions, read(NESTED, eager=False).functions
    assert any(function.body == NOT_LOWERED for function in left)
    assert [(f.qualname, f.start, f.end, f.head, f.words) for f in lowered] == [
        (f.qualname, f.start, f.end, f.head, f.words) for f in left
    ]


def test_places_of_a_function() -> None:
    source = "@deco\nasync def f(\n  a,\n) -> int:  # why\n  return 1\n"
    (function,) = read(source).functions
    assert source[function.start :].startswith("async def")
    assert source[: function.head_end].endswith("-> int:")
    assert source[: function.end].endswith("return 1")
    assert (function.is_async, function.decorated) == (True, True)


def test_a_statement_points_to_its_function() -> None:
    first, second = statements("def f(): pass\n@d\ndef g(): pass")
    assert isinstance(first, FunctionDef)
    assert isinstance(second, FunctionDef)
    assert [(s.name, s.index, s.start) for s in (first, second)] == [("f", 0, 0), ("g", 1, 17)]


def test_generators_yield_themselves() -> None:
    source = """\
def a(): yield
def b(): x = [(yield 1)]
def c():
    def d(): yield
    "yield"
    return lambda: (yield)
async def e():
    yield from f
"""
    assert [(f.name, f.is_generator) for f in read(source).functions] == [
        ("a", True), ("b", True), ("c", False), ("d", True), ("e", True),
    ]  # fmt: skip


def test_words_are_what_a_function_calls_passes_or_assigns() -> None:
    source = """\
def f(a, b=Depends(get)):
    x = 1
    y.verify = False
    z += g (h)
    if (a == b) and not(c != d): return call(key=i[j])
    def inner(): nested()
    k: int = 1
"""
    (function, _) = read(source).functions
    assert set(function.words.split(" ")) == set("Depends b x verify z g call key inner nested int ~tls".split())


def test_words_of_a_file_cover_what_stands_outside_of_functions() -> None:
    source = "A = b(c=1)\nMIDDLEWARE: list = []\nclass D:\n  e = 1\n  f: int\n  def g(self): h()\nLAST += i()\n"
    words = set(read(source).words.split(" "))
    assert words >= set("A b c MIDDLEWARE e f h LAST i".split())
    assert "g" not in words


def test_a_word_is_never_a_keyword() -> None:
    assert read("def f():\n  return (1)\n  if (a): b = lambda: (c)\n").functions[0].words == "b"


def test_bodies_that_matter_are_lowered_at_once() -> None:
    source = """\
@app.get("/")
def route(): return 1
@custom("/path")
def other_route(): return 1
@property
def plain(self): return 1
def sink(): db.execute(q)
def other(): return 1
"""
    lowered = {f.name for f in scan(source.encode()).functions if f.body != NOT_LOWERED}
    assert lowered == {"route", "other_route", "sink"}


def test_a_lowered_body_is_never_empty() -> None:
    for source in (b"def f(): pass", b"def f():\n", b"def f(:\n  pass\n", b"@a\ndef f(x"):
        facts = scan(source)
        for function in facts.functions:
            body = function.body
            if body == NOT_LOWERED:
                body = lower_body(source, function, facts.functions, facts.classes)
            assert decode_body(body)


def test_class_code() -> None:
    facts = read("@d\nclass A(B, metaclass=M):\n  x = 1\n  def f(self): pass\n")
    code = decode_class(facts.classes[0].code)
    assert len(code.decorators) == len(code.bases) == len(code.keywords) == 1
    assert [type(statement).__name__ for statement in code.body] == ["Assign", "FunctionDef"]
