"""Functions -> the calls that hand text to a database, and what the text is made of."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

import msgspec

from apilint import facts as f
from apilint.checks.names import Names, label_of
from apilint.checks.origins import REQUEST, Origin, Origins, argument_of
from apilint.checks.spelling import Part, Speller
from apilint.flow import Call, Checked, Derived, Input
from apilint.flow.narrowing import last_name
from apilint.index import Function, Module
from apilint.patterns import regex
from apilint.project import Project
from apilint.startup.values import (
    Attr,
    FunctionValue,
    Result,
    Seq,
    Value,
    constant,
    unwrap,
)
from apilint.startup.values import (
    Mapping as MappingValue,
)

MAX_WRAPPERS_DEEP = 3
KEYWORDS = ("query", "sql", "statement", "operation", "stmt")

PLACEHOLDER, VALUE, QUOTED, NAME, STATEMENT = "placeholder", "value", "quoted", "name", "statement"

_ARGUMENT_NAMES = regex(r"(?i)^_?(sql|query|statement|stmt|command|q)(_?(str|string|text|sql))?$")
_SAYS_STATEMENT = regex(r"(?i)(sql|query|stmt|statement|select)(\b|_|$)")
_BEFORE_VALUE = regex(
    r"(?i)(?:[=<>~+]|!=|\|\||\b(?:like|ilike|in|limit|offset|between|top|interval|regexp)\b)\s*\(?\s*%?$"
)
_IN_LIST = regex(r"(?i)\b(?:values|in)\s*\([^()]*$")
_BEFORE_PLACEHOLDER = regex(r"(?:(?<!:):|%\(|@|\$)\w*$")
_ONLY_PREFIX = regex(r"(?is)^[\s(\x00]*(?:explain(?:\s+\w+)*\s*)?$")
_QUOTE = regex(r"(?<![\\])'")


class Sink(msgspec.Struct, frozen=True):
    """A call that hands texts to a database. `is_sure` when the library is known, not only the method's name."""

    call: Call
    label: str
    texts: tuple[Value, ...]
    entry: Mapping[str, Any]
    is_sure: bool


class Case(msgspec.Struct, frozen=True):
    """A part of a statement that is not constant: `call` in `function` hands over the statement that is built there (to
    the sink, or to a function of the project that does), `place` says where in the statement the part stands."""

    sink: Sink
    call: Call
    function: Function
    part: Part
    place: str
    origin: Origin


class Statements:
    """The cases of one project."""

    def __init__(self, project: Project, keywords: Collection[str], quoting: Sequence[str]) -> None:
        sections = project.knowledge.sections
        self._project = project
        self._names = Names(project)
        self._sinks: Mapping[str, Any] = {**sections.get("sql", {}), **sections.get("sql_text", {})}
        self._methods: Mapping[str, Any] = sections.get("sql_methods", {})
        self._patterns = {
            name: (regex(entry["receivers"]), regex(entry["never"])) for name, entry in self._methods.items()
        }
        self._libraries = _libraries(self._sinks, self._methods)
        stops = {*self._sinks, *sections.get("statements", {})}
        self._constructors = frozenset(name.rpartition(".")[2] for name in stops) - set(self._methods)
        self._speller = Speller(self._names, sections.get("passes", {}), stops)
        self._origins = Origins(project, self._names, "sql", quoting)
        self._keyword = regex(rf"(?i)\b(?:{'|'.join(map(re.escape, keywords))})\b")
        self._seen: set[tuple[Function, int]] = set()

    def cases(self) -> Iterator[Case]:
        """All parts of statements in which somebody else than the programmer has a say."""
        for function in self._functions():
            for call in self._project.trace(function, deep=True).calls:
                sink = self._sink(call) if call.depth == 0 else None
                if sink is not None:
                    for text in sink.texts:
                        yield from self._judge(sink, call, function, text, 0)

    # ----------------------------------------------------------------- candidates

    def _functions(self) -> Iterator[Function]:
        """The functions in which a sink may get a text that is not constant."""
        words = {*self._methods, *self._libraries}
        for module in self._project.index.with_words(words, judged=True):
            if module.is_test:
                continue
            here = frozenset(self._words(module))
            for function in module.functions:
                if not here.isdisjoint(function.words) and self._is_candidate(function, here):
                    yield function

    def _words(self, module: Module) -> Iterator[str]:
        """The names of sinks that may be called in a module: methods everywhere, others where their library is used."""
        yield from self._methods
        imported = {name.partition(".")[0] for name in module.facts.imports}
        for word, libraries in self._libraries.items():
            if not libraries.isdisjoint(imported):
                yield word

    def _is_candidate(self, function: Function, words: Collection[str]) -> bool:
        written: dict[str, list[f.Expr]] | None = None
        for node in function.nodes(f.Call):
            if last_name(node.func) in words and (node.args or node.keywords):
                if written is None:
                    written = _assigned(function)
                arguments = [*node.args[:2], *(keyword.value for keyword in node.keywords)]
                if not all(self._is_plain(arg, written, 3) for arg in arguments):
                    return True
        return False

    def _is_plain(self, expr: f.Expr, written: Mapping[str, list[f.Expr]], depth: int) -> bool:
        """Whether an expression certainly is no text that is put together."""
        if isinstance(expr, (f.Constant, f.Dict, f.Compare, f.Lambda)):
            return True
        if isinstance(expr, f.Template):
            return all(isinstance(part, f.Constant) for part in expr.parts)
        if isinstance(expr, f.Sequence):
            return all(self._is_plain(item, written, depth) for item in expr.items)
        if isinstance(expr, f.BinOp):
            right = [value for _, value in expr.right.items] if isinstance(expr.right, f.Dict) else [expr.right]
            return all(self._is_plain(each, written, depth) for each in (expr.left, *right))
        if isinstance(expr, f.Await):
            return self._is_plain(expr.value, written, depth)
        if isinstance(expr, f.Call):
            return self._is_made(expr, written, frozenset())
        if isinstance(expr, f.Name) and depth:
            found = written.get(expr.id)
            if found is None:
                return expr.id.isupper()
            return all(self._is_plain(each, written, depth - 1) for each in found)
        return False

    def _is_made(self, expr: f.Expr, written: Mapping[str, list[f.Expr]], within: frozenset[str]) -> bool:
        """Whether an expression is a statement that a constructor made, whatever was added to it since:
        `stmt = select(A)`, `stmt = stmt.where(b)`. `within` are the names whose assignments are being looked at."""
        if isinstance(expr, f.Await):
            return self._is_made(expr.value, written, within)
        if isinstance(expr, f.Name):
            found = written.get(expr.id, ())
            return expr.id in within or (
                bool(found) and all(self._is_made(each, written, within | {expr.id}) for each in found)
            )
        if not isinstance(expr, f.Call):
            return False
        root = _root(expr)
        if last_name(root) in self._constructors:
            return True
        receiver = root.value if isinstance(root, f.Attribute) else None
        return isinstance(receiver, f.Name) and self._is_made(receiver, written, within)

    # ---------------------------------------------------------------------- sinks

    def _sink(self, call: Call) -> Sink | None:
        callee = unwrap(call.callee)
        node = call.node
        method = last_name(node.func)
        if isinstance(callee, FunctionValue):
            return self._own_method(call, callee, method)
        for name in self._names.of(callee):
            entry = self._sinks.get(name)
            if entry is not None:
                return self._made(call, entry, is_sure=True)
        if method in self._patterns and isinstance(node.func, f.Attribute) and self._is_receiver(method, node.func):
            return self._made(call, self._methods[method], is_sure=False)
        return None

    def _own_method(self, call: Call, callee: FunctionValue, method: str) -> Sink | None:
        """A method of the project that is called like a driver's, on something that is called like a connection."""
        params = [param.name for param in callee.function.head.params if param.name not in ("self", "cls")]
        if method not in self._patterns or not params or not _ARGUMENT_NAMES.match(params[0]):
            return None
        if not isinstance(call.node.func, f.Attribute) or not self._is_receiver(method, call.node.func):
            return None
        entry = {**self._methods[method], "keyword": params[0]}
        return self._made(call, entry, is_sure=False)

    def _is_receiver(self, method: str, func: f.Attribute) -> bool:
        matches, never = self._patterns[method]
        names = list(_receivers(func.value))
        return any(matches.search(name) for name in names) and not any(never.search(name) for name in names)

    def _made(self, call: Call, entry: Mapping[str, Any], *, is_sure: bool) -> Sink | None:
        wanted = entry.get("keywords")
        if wanted:
            texts = [text for word in wanted if word in call.kwargs for text in _texts(call.kwargs[word])]
        else:
            known = entry.get("keyword")
            value = call.argument(entry["argument"], *((known,) if known else KEYWORDS))
            texts = [] if value is None else list(_texts(value))
        return Sink(call, label_of(call.node.func), tuple(texts), entry, is_sure) if texts else None

    # -------------------------------------------------------------------- judging

    def _judge(self, sink: Sink, call: Call, function: Function, text: Value, depth: int) -> Iterator[Case]:
        """The cases in a text that `call` in `function` hands over."""
        parts, everything = self._speller.parts(text)
        is_handed_on = any(_ONLY_PREFIX.match(part.before) for part in parts)
        if not (is_handed_on or self._is_certain(sink) or self._keyword.search(everything)):
            return
        for part in parts:
            place = place_of(part)
            if place == PLACEHOLDER or is_escaped(part, place):
                continue
            if place == STATEMENT:
                yield from self._whole(sink, call, function, part, depth)
                continue
            origin = self._origins.of(part.value)
            if origin is not None:
                yield Case(sink, call, function, part, place, origin)

    def _is_certain(self, sink: Sink) -> bool:
        """Whether a text is SQL because of where it goes, whatever is in it."""
        return sink.is_sure or bool(sink.entry.get("raw_api"))

    def _whole(self, sink: Sink, call: Call, function: Function, part: Part, depth: int) -> Iterator[Case]:
        """A statement that comes from elsewhere: from the request, or from whoever calls this function."""
        value = part.value
        while isinstance(value, (Derived, Result)):
            name, receiver, _ = _method_call(value)
            if receiver is None or name not in ("replace", "strip", "lstrip", "rstrip", "format"):
                break
            value = receiver
        if isinstance(value, Checked):
            return
        if isinstance(value, Input) and value.function is not None and self._origins.handler(value.function) is None:
            if depth >= MAX_WRAPPERS_DEEP or (value.function, id(value.param)) in self._seen:
                return
            self._seen.add((value.function, id(value.param)))
            for caller, outer in self._origins.callers.of(value.function):
                given = argument_of(outer, value)
                for text in _texts(given) if given is not None else ():
                    yield from self._judge(sink, outer, caller, text, depth + 1)
            return
        origin = self._origins.of(value)
        if origin is not None and origin.kind == REQUEST:
            yield Case(sink, call, function, part, STATEMENT, origin)


def place_of(part: Part) -> str:
    """Where in a statement a part stands, by the text before it."""
    before = part.before
    if _ONLY_PREFIX.match(before):
        return STATEMENT
    if len(_QUOTE.findall(before)) % 2:
        return QUOTED
    if before.count('"') % 2:
        return QUOTED if _BEFORE_VALUE.search(before[: before.rindex('"')]) else NAME
    if before.count("`") % 2:
        return NAME
    if _BEFORE_PLACEHOLDER.search(before):
        return PLACEHOLDER
    if before.rstrip().endswith("(") and _SAYS_STATEMENT.search(getattr(part.value, "text", "")):
        return STATEMENT if isinstance(part.value, Input) else NAME
    return VALUE if _BEFORE_VALUE.search(before) or _IN_LIST.search(before) else NAME


def is_escaped(part: Part, place: str) -> bool:
    """Whether the quotes in a part that stands between quotes were doubled (or taken out)."""
    quote = "'" if place == QUOTED and len(_QUOTE.findall(part.before)) % 2 else '"'
    value = part.value
    while isinstance(value, (Derived, Result)):
        name, receiver, args = _method_call(value)
        if name == "replace" and args and quote in str(constant(args[0])):
            return True
        if receiver is None:
            return False
        value = receiver
    return False


def _method_call(value: Derived | Result) -> tuple[str, Value | None, Sequence[Value]]:
    """The name, receiver and arguments of a method call; no receiver for anything else."""
    if isinstance(value, Result):
        callee = value.callee
        return (callee.name, callee.base, value.args) if isinstance(callee, Attr) else ("", None, ())
    if isinstance(value.expr, f.Call) and isinstance(value.expr.func, f.Attribute):
        return value.expr.func.attr, value.sources[0], value.sources[1:]
    return "", None, ()


def _libraries(sinks: Mapping[str, Any], methods: Mapping[str, Any]) -> dict[str, frozenset[str]]:
    """By the last name of each sink that says nothing by itself, the libraries that it may be of."""
    found: dict[str, set[str]] = {}
    for name in sinks:
        word = name.rpartition(".")[2]
        if word not in methods:
            found.setdefault(word, set()).add(name.partition(".")[0])
    return {word: frozenset(libraries) for word, libraries in found.items()}


def _assigned(function: Function) -> dict[str, list[f.Expr]]:
    """What a function's body binds each local name to; a name that is bound otherwise is bound to itself."""
    found: dict[str, list[f.Expr]] = {}

    def bound(target: f.Expr, value: f.Expr) -> None:
        if isinstance(target, f.Name):
            found.setdefault(target.id, []).append(value)
        elif isinstance(target, f.Sequence):
            for item in target.items:
                bound(item, f.Opaque(0, 0))

    for param in function.head.params:
        found.setdefault(param.name, []).append(f.Opaque(param.start, param.end))
    for assign in function.nodes(f.Assign):
        for target in assign.targets:
            bound(target, assign.value)
    for declared in function.nodes(f.AnnAssign):
        bound(declared.target, declared.value or declared.target)
    for changed in function.nodes(f.AugAssign):
        bound(changed.target, changed.value)
    for loop in function.nodes(f.For):
        bound(loop.target, f.Opaque(0, 0))
    for block in function.nodes(f.With):
        for _, with_target in block.items:
            if with_target is not None:
                bound(with_target, f.Opaque(0, 0))
    return found


def _root(expr: f.Expr) -> f.Expr:
    """What is called first in a chain: `select` of `select(…).where(…).limit(1)`, `q.where` of `q.where(…).all()`."""
    while isinstance(expr, f.Call) and isinstance(expr.func, f.Attribute):
        inner = expr.func.value
        while isinstance(inner, (f.Attribute, f.Subscript)):
            inner = inner.value
        if not isinstance(inner, f.Call):
            break
        expr = inner
    return expr.func if isinstance(expr, f.Call) else expr


def _receivers(expr: f.Expr) -> Iterator[str]:
    """What the object of a call is called: `cursor` of `self.cursor.execute`, `get_db` and `db` of `(conn or db)`."""
    if isinstance(expr, f.BoolOp):
        yield from _receivers(expr.left)
        yield from _receivers(expr.right)
    elif isinstance(expr, f.IfExp):
        yield from _receivers(expr.body)
        yield from _receivers(expr.orelse)
    elif isinstance(expr, (f.Await, f.Subscript)):
        yield from _receivers(expr.value)
    else:
        name = last_name(expr)
        if isinstance(expr, f.Call):
            name = re.sub(r"^_*(?:get|make|create|open|new|acquire)_+", "", name)
        if name:
            yield name


def _texts(value: Value) -> Iterator[Value]:
    """The texts in an argument: of a list or a dict each one."""
    if isinstance(value, Seq):
        for item in value.items:
            yield from _texts(item)
    elif isinstance(value, MappingValue):
        for item in value.items.values():
            yield from _texts(item)
    else:
        yield value
