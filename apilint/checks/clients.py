"""What a program does with libraries that speak to servers: calls with their arguments, and attributes it sets."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import msgspec

from apilint import facts as f
from apilint.checks.library_calls import Argued, evaluated, outside
from apilint.checks.names import Names
from apilint.facts import Span
from apilint.flow import Call
from apilint.flow.narrowing import last_name
from apilint.index import Class, Function, Module
from apilint.patterns import regex
from apilint.project import Project
from apilint.startup import attributes
from apilint.startup.values import Attr, Env, External, Partial, Unknown, Value, unwrap
from apilint.unparse import unparse
from apilint.walk import walk


class Sent(Argued, frozen=True):
    """A call of something that speaks to a server: its name and the model's entry.

    `disables` are the arguments that switch its verification off, `url_at` and `url_keyword` say which is the address.
    `is_sure` when the library is known, not only what the method and its object are called.
    """

    name: str
    entry: Mapping[str, Any]
    disables: Mapping[str, Any]
    url_at: int | None
    url_keyword: str
    is_sure: bool = True

    def url(self) -> tuple[Value, Span] | None:
        """The address that is called."""
        return self.at(self.url_at, self.url_keyword)


class Set(msgspec.Struct, frozen=True):
    """An attribute that is set on an object (or in a class) of a library: the values that switch verification off are
    `listed`, `others` are those that the same function gives it elsewhere. `on` is how the object is written."""

    owner: str
    name: str
    value: Value
    listed: Sequence[object]
    span: Span
    is_sure: bool = True
    others: tuple[Value, ...] = ()
    on: str = ""


class Clients:
    """The calls and assignments in a project that concern the libraries of the models' section `http`."""

    def __init__(self, project: Project) -> None:
        sections = project.knowledge.sections
        self.project = project
        self.names = Names(project)
        self._machine = project.program.machine
        self._entries: Mapping[str, Any] = sections.get("http", {})
        self._receivers = [(regex(entry["receivers"]), entry) for entry in sections.get("http_methods", {}).values()]
        self._by_library: dict[str, set[str]] = {}
        for name, entry in self._entries.items():
            words = self._by_library.setdefault(name.partition(".")[0], set())
            words.add(name.rpartition(".")[2])
            words.update(entry.get("methods") or ())
        self._words: frozenset[str] = frozenset().union(*self._by_library.values())
        self._attributes = frozenset(
            name for entry in self._entries.values() for name in (entry.get("attributes") or ())
        ) | {name.rpartition(".")[2] for name, entry in self._entries.items() if entry.get("assigned")}

    # ----------------------------------------------------------------------- where

    def _modules(self, mark: str) -> Iterator[tuple[Module, set[str]]]:
        """The modules whose text has the mark and that import one of the libraries, with the names of what they call;
        tests are left out."""
        for module in self.project.index.with_words((mark,), judged=True):
            libraries = {name.partition(".")[0] for name in module.facts.imports} & self._by_library.keys()
            if libraries:
                yield module, set().union(*(self._by_library[each] for each in libraries))

    def _functions(self, module: Module, words: set[str], mark: str) -> Iterator[Function]:
        """The functions that may call one of the libraries, and hold what the mark says. An address may be any name;
        what switches TLS off stands in the text, or is splat: `get(url, **OPTIONS)`."""
        for function in module.functions:
            here = function.words
            if mark in here or (not words.isdisjoint(here) and (mark != "~tls" or "~splat" in here)):
                yield function

    # ----------------------------------------------------------------------- calls

    def sent(self, mark: str) -> Iterator[Sent]:
        """All calls that a model knows, in functions and at module and class level, of the modules with a mark."""
        for module, words in self._modules(mark):
            for function in self._functions(module, words, mark):
                for call in self.project.trace(function).calls:
                    if call.depth == 0:
                        yield from self._known(call, module)
            for node, env in outside(self._machine, module, f.Call):
                if last_name(node.func) in (*words, "partial"):
                    yield from self._known(evaluated(self._machine, node, env), module)

    def _known(self, call: Call, module: Module) -> Iterator[Sent]:
        callee, args = call.callee, call.args
        if isinstance(callee, External) and callee.name == "functools.partial" and args:
            callee, args = args[0], args[1:]
        elif isinstance(callee, Partial):
            return  # what it was made with is judged where it was made
        known = (args, call.kwargs, call.node, module)
        for name in self.names.of(callee):
            entry = self._entries.get(name) or self._entries.get(name.removesuffix(".__init__"))
            if entry is not None:
                keyword = entry.get("url_keyword") or ""
                yield Sent(*known, name, entry, entry.get("disables") or {}, entry.get("url"), keyword)
                return
            owner, _, method = name.rpartition(".")
            entry = self._entries.get(owner)
            if entry is not None and method in (entry.get("methods") or ()):
                yield Sent(*known, name, entry, entry.get("method_disables") or {}, entry["methods"][method], "url")
                return
        yield from self._by_receiver(callee, call, module)

    def _by_receiver(self, callee: Value, call: Call, module: Module) -> Iterator[Sent]:
        """`session.get(…)` on something that is called like a client and of which nothing else is known."""
        func = call.node.func
        if not isinstance(func, f.Attribute) or not isinstance(unwrap(callee), Unknown):
            return
        for pattern, entry in self._receivers:
            if func.attr in entry["methods"] and pattern.search(last_name(func.value)):
                name = f"{last_name(func.value)}.{func.attr}"
                known = (call.args, call.kwargs, call.node, module)
                yield Sent(*known, name, entry, entry["disables"], entry["methods"][func.attr], "url", is_sure=False)
                return

    # ----------------------------------------------------------------- assignments

    def assigned(self, mark: str) -> Iterator[Set]:
        """The attributes that are set on objects of the libraries, and in classes that derive from theirs."""
        for module, words in self._modules(mark):
            for function in self._functions(module, words, mark):
                yield from self._in_function(function)
            for node, env in outside(self._machine, module, f.Assign):
                target = node.targets[0]
                if isinstance(target, f.Attribute) and target.attr in self._attributes:
                    base, value = self._machine.evaluate(target.value, env), self._machine.evaluate(node.value, env)
                    yield from self._attribute(base, target, value, module.span(node.start, node.end))
            for cls in module.classes:
                yield from self._in_class(cls)

    def _in_function(self, function: Function) -> Iterator[Set]:
        if self._attributes.isdisjoint(function.words):
            return
        found: list[tuple[Value, Set]] = []
        for each in self.project.trace(function).assigned:
            if each.depth == 0 and isinstance(each.target, f.Attribute) and each.name in self._attributes:
                found += ((each.base, one) for one in self._attribute(each.base, each.target, each.value, each.span))
        for base, one in found:
            others = [other.value for owner, other in found if owner is base and other.name == one.name]
            yield msgspec.structs.replace(one, others=tuple(others))

    def _in_class(self, cls: Class) -> Iterator[Set]:
        made = self._machine.class_value(cls)
        if made is None or not cls.code.bases:
            return
        for statement in cls.code.body:
            target = statement.targets[0] if isinstance(statement, f.Assign) else None
            if not isinstance(statement, f.Assign) or not isinstance(target, f.Name):
                continue
            for owner in attributes.external_bases(self._machine, made):
                listed = (self._entries.get(owner, {}).get("attributes") or {}).get(target.id)
                if listed:
                    value = self._machine.evaluate(statement.value, made.env)
                    yield Set(owner, target.id, value, listed, cls.module.span(statement.start, statement.end))
                    break

    def _attribute(self, base: Value, target: f.Attribute, value: Value, span: Span) -> Iterator[Set]:
        name = target.attr
        for owner in [base.name] if isinstance(base, External) else list(self.names.types(base)):
            listed = (self._entries.get(owner, {}).get("attributes") or {}).get(name)
            listed = listed or self._entries.get(f"{owner}.{name}", {}).get("assigned")
            if listed:
                yield Set(owner, name, value, listed, span, on=unparse(target.value))
                return
        if not isinstance(unwrap(base), (Unknown, Attr)):
            return
        for pattern, entry in self._receivers:
            if name in entry["attributes"] and pattern.search(last_name(target.value)):
                yield Set(last_name(target.value), name, value, entry["attributes"][name], span, is_sure=False)
                return

    # ----------------------------------------------------------------- environment

    def environment(self, mark: str) -> Iterator[Set]:
        """The environment variables that the program sets."""
        listed: Mapping[str, Any] = self._entries.get("os.environ", {}).get("environment", {})
        for module in self.project.index.modules.values():
            if mark not in module.words:
                continue
            env = self._machine.run_module(module)
            for node in walk(module.body):
                yield from self._variables(node, env, listed)
            for function in module.functions:
                if mark in function.words and not {"environ", "putenv"}.isdisjoint(_names(function)):
                    for node in (*function.nodes(f.Assign), *function.nodes(f.Call)):
                        yield from self._variables(node, env, listed)

    def _variables(self, node: Any, env: Env, listed: Mapping[str, Any]) -> Iterator[Set]:
        pairs: list[tuple[f.Expr, f.Expr]] = []
        if isinstance(node, f.Assign) and isinstance(node.targets[0], f.Subscript):
            if last_name(node.targets[0].value) == "environ":
                pairs = [(node.targets[0].index, node.value)]
        elif isinstance(node, f.Call) and last_name(node.func) in ("setdefault", "putenv", "update"):
            owner = node.func.value if isinstance(node.func, f.Attribute) else node.func
            if last_name(owner) not in ("environ", "os", "putenv"):
                return
            if len(node.args) == 2:
                pairs = [(node.args[0], node.args[1])]
            elif node.args and isinstance(node.args[0], f.Dict):
                pairs = [(key, value) for key, value in node.args[0].items if key is not None]
        for key, value in pairs:
            if isinstance(key, f.Constant) and key.value in listed:
                span = env.module.span(node.start, node.end)
                name = str(key.value)
                yield Set("os.environ", name, self._machine.evaluate(value, env), listed[name], span)


def _names(function: Function) -> set[str]:
    return {node.attr for node in function.nodes(f.Attribute)}
