"""Functions -> the calls that hand something to a sink: a shell, an interpreter, a file's name, a server's address."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

import msgspec

from apilint import facts as f
from apilint.checks.names import Names, label_of
from apilint.flow import HANDS_ON, Call, Derived, Returned, parts
from apilint.flow.narrowing import last_name
from apilint.index import Function, Module
from apilint.patterns import regex
from apilint.project import Project
from apilint.startup.values import Attr, External, FunctionValue, Instance, Known, Seq, Text, Value, constant, unwrap
from apilint.startup.values import Mapping as Dict
from apilint.unparse import unparse
from apilint.walk import walk

# A file in the place of a name, or a name that the framework has already freed from folders.
_FILE = regex(r"(?:^|\.)(?:files(?:\.(?!filename$|name$)[\w-]+)?|FILES(?:\.[\w-]+)*)$")
SELF = "self"
# `get` is what dicts have as well: only what is called like a client, or like a table, is looked at.
_CLIENT = regex(
    r"(?i)sess|client|http|request|api|url|pool|agent|fetch|conn|proxy|\b[scr]\b|objects|queryset|\bqs\b|_set"
)
# What an answer's type is called as an argument, and types that browsers run scripts of.
_TYPES = ("content_type", "media_type", "mimetype")
_PAGE = regex(r"(?i)html|svg|multipart")
_PLAIN = (f.Constant, f.Compare, f.Lambda)


class Sunk(msgspec.Struct, frozen=True):
    """A call in `function` that hands `value` to a sink of the models: `entry` is what they say of it, `label` what the
    source calls it. `is_sure` when the library is known, not only the method's name."""

    function: Function
    call: Call
    label: str
    value: Value
    entry: Mapping[str, Any]
    is_sure: bool


class Sinks:
    """The sinks of one kind in a project; those in tests are left out."""

    def __init__(
        self,
        project: Project,
        names: Names,
        kind: str,
        own: Mapping[str, Mapping[str, Any]] | None = None,
        stops: Collection[str] = (),
    ) -> None:
        """`own` are sinks, by name, beside those of the models; `stops` functions that are not looked into."""
        sections = project.knowledge.sections
        self._project = project
        self._names = names
        self._entries: dict[str, Mapping[str, Any]] = {
            name: each for name, each in sections.get("sinks", {}).items() if each["kind"] == kind
        }
        self._entries |= own or {}
        self._stops = frozenset(stops)
        self._methods: dict[str, Mapping[str, Any]] = {
            name: each for name, each in sections.get("sink_methods", {}).items() if each["kind"] == kind
        }
        if kind == "url":
            http = sections.get("http", {})
            self._entries |= _addresses(http)
            libraries = frozenset(each["library"] for each in http.values())
            self._methods |= _guessed_addresses(sections.get("http_methods", {}), libraries)
        self._returned = frozenset(name for name, each in sections.get("returned", {}).items() if each["kind"] == kind)
        self._receivers = {
            name: [regex(pattern) for pattern in _patterns(each["receivers"])] for name, each in self._methods.items()
        }
        self._is_splat = kind == "lookup"
        self._by_library: dict[str, set[str]] = {}
        for name in self._entries:
            self._by_library.setdefault(name.partition(".")[0], set()).add(name.rpartition(".")[2])
        self._places: dict[str, set[int | str]] = {}
        for name, entry in (*self._entries.items(), *self._methods.items()):
            self._places.setdefault(name.rpartition(".")[2], set()).update(_places(entry))

    def sunk(self) -> Iterator[Sunk]:
        """Every value that reaches a sink and is not constant, in source order."""
        for function, words in self._candidates():
            found = list(self._in_function(function, words, deep=False))
            is_made = any(self._looks_into(part) for each in found for part in parts(each.value))
            if is_made or self._may_change(function, found):
                found = list(self._in_function(function, words, deep=True))
            yield from found
        for route in self._project.endpoints if self._returned else ():
            if route.framework in self._returned and route.function is not None:
                if not self._project.is_test(route.span.file):
                    yield from self._answers(route.function.function)

    def _answers(self, function: Function) -> Iterator[Sunk]:
        """What a handler returns, where the framework sends that as it is: texts with markup in them."""
        if not any(isinstance(each.value, str) and "<" in each.value for each in function.nodes(f.Constant)):
            return  # what other functions return is mostly rendered by a template
        if not any(node.value is not None and not isinstance(node.value, _PLAIN) for node in function.nodes(f.Return)):
            return
        for value, node in self._project.trace(function, deep=True).returned:
            answer = value.items[0] if isinstance(value, Seq) and value.items else value
            if node.value is not None and _has_markup(answer):
                yield _answer(function, answer, node.value)

    def _looks_into(self, part: Value) -> bool:
        """Whether it is what a function of the project returns, or an object whose constructor was not followed."""
        if isinstance(part, Instance):
            return not part.attrs and bool(part.args or part.kwargs)
        return isinstance(part, Returned) and part.function.dotted not in self._stops

    def _may_change(self, function: Function, found: Sequence[Sunk]) -> bool:
        """Whether a function of the project gets what the argument of a sink is read from: `job.prepare(x)` before
        `run(job.command)`, `add(parts, x)` before `run(parts)`."""
        given = [arg for each in found for arg in _handed_over(each.call.node)]
        names = {node.id for node in walk(given) if isinstance(node, f.Name)} - {SELF}
        return bool(names) and any(
            isinstance(unwrap(call.callee), FunctionValue) and not names.isdisjoint(_changed(call))
            for call in self._project.trace(function).calls
            if call.depth == 0
        )

    # ----------------------------------------------------------------- candidates

    def _candidates(self) -> Iterator[tuple[Function, frozenset[str]]]:
        everything = {*self._methods, *HANDS_ON}.union(*self._by_library.values())
        for module in self._project.index.with_words(everything, judged=True):
            if module.is_test:
                continue
            words = frozenset(self._words(module))
            for function in module.functions:
                here = function.words
                if words.isdisjoint(here) and HANDS_ON.keys().isdisjoint(here):
                    continue
                if self._is_splat and "~splat" not in here:
                    continue
                if any(self._may_sink(node, words) for node in function.nodes(f.Call)):
                    yield function, words

    def _may_sink(self, node: f.Call, words: Collection[str]) -> bool:
        """Whether a call is called like a sink and hands it anything that is not constant."""
        name = last_name(node.func)
        at = HANDS_ON.get(name)
        if at is not None and len(node.args) > at + 1 and last_name(node.args[at]) in words:
            return True
        if name not in words:
            return False
        if name == "get" and isinstance(node.func, f.Attribute) and not _CLIENT.search(unparse(node.func.value)):
            return False
        places = self._places[name]
        if SELF in places and isinstance(node.func, f.Attribute):
            return True
        for position, arg in enumerate(node.args):
            if (position in places or isinstance(arg, f.Starred)) and not _is_plain(arg):
                return True
        return any(
            (keyword.name is None or keyword.name in places) and not _is_plain(keyword.value)
            for keyword in node.keywords
        )

    def _words(self, module: Module) -> Iterator[str]:
        """The names of sinks that may be called in a module: methods everywhere, others where their library is used."""
        imported = {name.partition(".")[0] for name in module.facts.imports} | {
            "builtins",
            module.name.partition(".")[0],
        }
        for word, entry in self._methods.items():
            libraries = entry.get("libraries")
            if libraries is None or not imported.isdisjoint(libraries):
                yield word
        for library in imported & self._by_library.keys():
            yield from self._by_library[library]

    # ---------------------------------------------------------------------- sinks

    def _in_function(self, function: Function, words: Collection[str], *, deep: bool) -> Iterator[Sunk]:
        """The sinks in one function; looking into what the project's own functions return only where that matters."""
        for call in self._project.trace(function, deep=deep).calls:
            if call.depth == 0 and last_name(call.node.func) in words:
                yield from self._in_call(call, function)

    def _in_call(self, call: Call, function: Function) -> Iterator[Sunk]:
        callee = unwrap(call.callee)
        own = callee.function.dotted if isinstance(callee, FunctionValue) else ""
        names = [own, *self._names.of(callee)]
        for name in names:
            entry = self._entries.get(name)
            if entry is not None:
                if self._applies(call, entry):
                    yield from self._made(call, function, entry, is_sure=True)
                return
        func = call.node.func
        entry = self._methods.get(last_name(func))
        if entry is None or not isinstance(func, f.Attribute) or isinstance(unwrap(call.callee), External):
            return
        if entry.get("never") and any(re.search(entry["never"], name) for name in names):
            return
        texts = (unparse(func.value), last_name(func.value))
        is_one = any(pattern.search(text) for pattern in self._receivers[func.attr] for text in texts)
        if is_one and self._applies(call, entry):
            yield from self._made(call, function, entry, is_sure=False)

    def _made(self, call: Call, function: Function, entry: Mapping[str, Any], *, is_sure: bool) -> Iterator[Sunk]:
        label = label_of(call.node.func)
        for value in _handed(call, entry):
            yield Sunk(function, call, label, value, entry, is_sure)

    def _applies(self, call: Call, entry: Mapping[str, Any]) -> bool:
        """Whether the arguments are such that the call is a sink at all: `unless` and `only` of the models."""
        positions: Mapping[str, int] = entry.get("positions") or {}
        for keyword, values in (entry.get("unless") or {}).items():
            given = call.argument(positions.get(keyword, -1), keyword)
            if given is not None and self._is_one_of(given, values):
                return False
        for keyword, values in (entry.get("only") or {}).items():
            given = call.argument(positions.get(keyword, -1), keyword)
            if given is None or not self._is_one_of(given, values):
                return False
        return entry["kind"] != "markup" or not any(
            _is_no_page(call.argument(positions.get(keyword, -1), keyword)) for keyword in _TYPES
        )

    def _is_one_of(self, value: Value, listed: Collection[object]) -> bool:
        value = unwrap(value)
        if isinstance(value, Known):
            return any(value.value is each or (value.value == each and each not in (True, False)) for each in listed)
        return any(name in listed for name in self._names.of(value))


def _is_no_page(given: Value | None) -> bool:
    """Whether the type of an answer says that no browser runs what is in it: `application/xrd+xml`, `text/plain;…`."""
    value = unwrap(given) if given is not None else None
    text = constant(value.parts[0] if isinstance(value, Text) and value.parts else value) if value is not None else None
    return isinstance(text, str) and "/" in text and not _PAGE.search(text)


def _is_plain(expr: f.Expr) -> bool:
    """Whether an expression certainly holds nothing that a caller sends: a constant, a column (`Chat.id.desc()`)."""
    while True:
        if isinstance(expr, f.Attribute):
            expr = expr.value
        elif isinstance(expr, f.Call):
            arguments = (*expr.args, *(keyword.value for keyword in expr.keywords))
            if not all(map(_is_plain, arguments)):
                return False
            if not isinstance(expr.func, f.Attribute):
                return bool(arguments)  # `desc(Chat.id)`; a function without arguments may read anything
            expr = expr.func.value
        elif isinstance(expr, f.Name):
            return expr.id[:1].isupper()
        else:
            return isinstance(expr, _PLAIN)


def _addresses(http: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """The calls that connect to an address, from what the models say of clients."""
    found: dict[str, dict[str, Any]] = {}
    for name, entry in http.items():
        if entry.get("url") is not None:
            found[name] = {"kind": "url", "argument": entry["url"], "keyword": entry.get("url_keyword")}
        for method, position in (entry.get("methods") or {}).items():
            found[f"{name}.{method}"] = {"kind": "url", "argument": position, "keyword": "url"}
    return found


def _guessed_addresses(methods: Mapping[str, Any], libraries: Collection[str]) -> dict[str, dict[str, Any]]:
    """The same for objects that are only called like clients, in modules that import a library of that sort."""
    found: dict[str, dict[str, Any]] = {}
    for entry in methods.values():
        for method, position in entry["methods"].items():
            known = found.setdefault(
                method,
                {"kind": "url", "argument": position, "keyword": "url", "receivers": [], "libraries": libraries},
            )
            known["receivers"].append(entry["receivers"])
    return found


def _patterns(receivers: str | list[str]) -> list[str]:
    return [receivers] if isinstance(receivers, str) else receivers


def _handed(call: Call, entry: Mapping[str, Any]) -> Iterator[Value]:
    """The arguments that a sink takes."""
    wanted = entry.get("argument")
    if wanted == SELF:
        owner = receiver(unwrap(call.callee))
        if owner is not None:
            yield owner
        return
    if wanted == "splat":
        yield from call.splats
        return
    keyword = entry.get("keyword")
    for position in wanted if isinstance(wanted, (list, tuple)) else (wanted,):
        value = call.argument(-1 if position is None else position, *((keyword,) if keyword else ()))
        if value is not None:
            yield value


def _has_markup(answer: Value) -> bool:
    """Whether a value is a text that is put together with tags; JSON is none."""
    return not isinstance(answer, (Seq, Dict)) and any("<" in str(constant(part)) for part in parts(answer))


def _answer(function: Function, answer: Value, written: f.Expr) -> Sunk:
    """What is returned, in the form of a call that takes it."""
    span = function.module.span(written.start, written.end)
    node = f.Call(written.start, written.end, f.Name(written.start, written.start, "return"), (written,), ())
    call = Call(answer, [answer], {}, span, (), function, node, 0)
    return Sunk(function, call, "return", answer, {"kind": "markup"}, is_sure=True)


def receiver(callee: Value) -> Value | None:
    """The object whose method is called."""
    if isinstance(callee, Attr):
        return callee.base
    if isinstance(callee, Derived) and isinstance(callee.expr, f.Attribute) and callee.sources:
        return callee.sources[0]
    return None


def _places(entry: Mapping[str, Any]) -> Iterator[int | str]:
    """Where in a call what a sink takes may stand: positions, keywords, `self`."""
    wanted = entry.get("argument")
    yield from wanted if isinstance(wanted, (list, tuple)) else [] if wanted is None else [wanted]
    if entry.get("keyword"):
        yield entry["keyword"]


def _changed(call: Call) -> Iterator[str]:
    """The names of what a call may change: its object, and containers and objects among its arguments."""
    func = call.node.func
    if isinstance(func, f.Attribute) and isinstance(func.value, f.Name):
        yield func.value.id
    for arg, value in zip(call.node.args, call.args, strict=False):
        if isinstance(arg, f.Name) and isinstance(value, (Seq, Dict, Instance)):
            yield arg.id


def _handed_over(node: f.Call) -> Iterator[f.Expr]:
    yield from node.args[:2]
    yield from (keyword.value for keyword in node.keywords)


def is_file(what: str) -> bool:
    """Whether what a caller sends is a file, not the name of one, `request.files.get`; or a name that never holds a
    folder: uploads of Django have only the last part of what was sent."""
    return _FILE.search(what) is not None


def is_true(value: Value | None) -> bool:
    """Whether an argument is certainly true."""
    return value is not None and constant(value) is True
