"""Calls of what a section of the library models names, in functions and at module and class level."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

import msgspec

from apilint import facts as f
from apilint.checks.names import Names
from apilint.facts import Span
from apilint.flow import Call
from apilint.flow.narrowing import last_name
from apilint.index import Function, Module
from apilint.project import Project
from apilint.startup import attributes
from apilint.startup.core import Core
from apilint.startup.values import Env, Partial, Value
from apilint.startup.values import Mapping as Dict


class Argued(msgspec.Struct, frozen=True):
    """A call with its arguments, and where they stand."""

    args: Sequence[Value]
    kwargs: Mapping[str, Value]
    node: f.Call
    module: Module

    @property
    def span(self) -> Span:
        """The whole call."""
        return self.module.span(self.node.start, self.node.end)

    def argument_span(self, keyword: str) -> Span:
        """The keyword argument; the call, where it came out of a dict."""
        for each in self.node.keywords:
            if each.name == keyword:
                return self.module.span(each.start, each.end)
        return self.span

    def at(self, position: int | None, keyword: str) -> tuple[Value, Span] | None:
        """An argument by keyword or position, with its place."""
        if keyword and keyword in self.kwargs:
            return self.kwargs[keyword], self.argument_span(keyword)
        if position is None or position >= len(self.args) or position >= len(self.node.args):
            return None
        node = self.node.args[position]
        return self.args[position], self.module.span(node.start, node.end)


class Used(Argued, frozen=True, kw_only=True):
    """A call of something that a model names: its name, the model's entry, and the function that it stands in. `result`
    is what it gives, as far as that could be followed."""

    name: str
    entry: Mapping[str, Any]
    function: Function | None
    result: Value | None = None

    def argument(self, keyword: str) -> tuple[Value, Span] | None:
        """An argument by its keyword, or by the position that the model gives for it."""
        return self.at((self.entry.get("positions") or {}).get(keyword), keyword)


class LibraryCalls:
    """The calls of what one section of the models names. What a call is handed instead of made from
    (`add_middleware(CORSMiddleware, …)`) counts where the entry says by what (`handed`)."""

    def __init__(self, project: Project, section: str, *, giving: Collection[str] = ()) -> None:
        """Where `giving` names arguments, only calls matter that are written with one of these, by keyword or behind
        stars, or with so many arguments that one of them may stand among them."""
        self.project = project
        self._giving = frozenset(giving)
        self.names = project.once(Names, lambda: Names(project))
        self._machine = project.program.machine
        self._entries: Mapping[str, Any] = project.knowledge.sections.get(section, {})
        self._by_library: dict[str, set[str]] = {}
        for name, entry in self._entries.items():
            words = self._by_library.setdefault(name.partition(".")[0], set())
            words.add(name.rpartition(".")[2])
            words.add(name.rpartition(".")[0].rpartition(".")[2])
            words.update(entry.get("handed") or ())
        self._enough = min(
            (at for entry in self._entries.values() for at in (entry.get("positions") or {}).values()), default=0
        )

    def __iter__(self) -> Iterator[Used]:
        for module in self.project.index.modules.values():
            libraries = {name.partition(".")[0] for name in module.facts.imports} & self._by_library.keys()
            if libraries and not module.is_test:
                words = _spelt(module, set().union(*(self._by_library[each] for each in libraries)))
                if not words.isdisjoint(module.words):
                    yield from self._in_module(module, words)

    def _in_module(self, module: Module, words: set[str]) -> Iterator[Used]:
        for function in module.functions:
            if not words.isdisjoint(function.words) and self._may_give(function, words):
                for call in self.project.trace(function).calls:
                    if call.depth == 0:
                        yield from self._known(call, module, function)
        for node, env in (*_decorators(self._machine, module), *outside(self._machine, module, f.Call)):
            if isinstance(node, f.Call) and last_name(node.func) in words:
                yield from self._known(evaluated(self._machine, node, env), module, None)

    def _may_give(self, function: Function, words: Collection[str]) -> bool:
        """Whether a call is written in a way that matters; what is followed only to find that it is not costs most."""
        return not self._giving or any(
            last_name(node.func) in words
            and (
                any(keyword.name is None or keyword.name in self._giving for keyword in node.keywords)
                or len(node.args) > self._enough
            )
            for node in function.nodes(f.Call)
        )

    def _known(self, call: Call, module: Module, function: Function | None) -> Iterator[Used]:
        callee, args = call.callee, call.args
        found = self._entry(callee)
        if found is None and args and call.node.args:
            handed = self._entry(args[0])
            if handed is None or last_name(call.node.func) not in (handed[1].get("handed") or ()):
                return
            found, args = handed, args[1:]
            call_node = f.Call(call.node.start, call.node.end, call.node.func, call.node.args[1:], call.node.keywords)
        else:
            call_node = call.node
        if found is not None:
            yield Used(
                name=found[0],
                entry=found[1],
                args=args,
                kwargs=call.kwargs,
                node=call_node,
                module=module,
                function=function,
                result=call.result,
            )

    def _entry(self, value: Value) -> tuple[str, Mapping[str, Any]] | None:
        if isinstance(value, Partial):
            return None
        for name in self.names.of(value):
            known = name if name in self._entries else name.removesuffix(".__init__")
            if known in self._entries:
                return known, self._entries[known]
        return None


def _spelt(module: Module, words: set[str]) -> set[str]:
    """The words, and what a module calls them: `from fastapi import FastAPI as Api`."""
    imports = (statement for statement in module.body if isinstance(statement, f.ImportFrom))
    return words | {alias for each in imports for name, alias in each.names if alias and name in words}


def outside(machine: Core, module: Module, *kinds: type[Any]) -> Iterator[tuple[Any, Env]]:
    """The nodes of some kinds in a module's and its classes' own statements, with the scope that they run in."""
    env = machine.run_module(module)
    for kind in kinds:
        yield from ((node, env) for node in module.nodes(kind))
    for cls in module.classes:
        nodes = [node for kind in kinds for node in cls.nodes(kind)]
        made = machine.class_value(cls) if nodes else None
        scope = attributes.namespace(machine, made) if made is not None else env
        yield from ((node, scope) for node in nodes)


def _decorators(machine: Core, module: Module) -> Iterator[tuple[f.Expr, Env]]:
    """The decorators of a module's functions."""
    env = machine.run_module(module)
    for function in module.functions:
        if function.facts.decorated:
            yield from ((node, env) for node in function.head.decorators)


def evaluated(machine: Core, node: f.Call, env: Env) -> Call:
    """A call outside of functions, with its arguments as they are in the end."""
    evaluate = machine.evaluate
    args = [evaluate(arg.value if isinstance(arg, f.Starred) else arg, env) for arg in node.args]
    kwargs = {keyword.name: evaluate(keyword.value, env) for keyword in node.keywords if keyword.name}
    for keyword in node.keywords:
        value = evaluate(keyword.value, env) if keyword.name is None else None
        if isinstance(value, Dict):
            kwargs.update({str(key): item for key, item in value.items.items()})
    span = env.module.span(node.start, node.end)
    return Call(evaluate(node.func, env), args, kwargs, span, (), None, node, 0)


__all__ = ["Argued", "LibraryCalls", "Used", "evaluated", "outside"]
