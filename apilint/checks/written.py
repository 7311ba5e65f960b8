"""Words -> the calls and assignments that the source has with them, in functions and outside, with their scopes."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from apilint import facts as f
from apilint.facts import Span
from apilint.flow import env_in
from apilint.flow.narrowing import last_name
from apilint.index import Class, Function, Module
from apilint.project import Project
from apilint.startup import attributes
from apilint.startup.values import Env, Value


class Written:
    """Where nodes stand in the source: in a function, or in the statements of a module or a class."""

    def __init__(self, project: Project, module: Module, function: Function | None, env: Env | None = None) -> None:
        self.project = project
        self.module = module
        self.function = function
        self._env = env

    @property
    def env(self) -> Env:
        """The scope; that of a function is made when something of it is first looked up."""
        if self._env is None:
            machine = self.project.program.machine
            within = self.function
            self._env = machine.run_module(self.module) if within is None else env_in(machine, within)
        return self._env

    def value(self, expr: f.Expr) -> Value:
        """What an expression stands for, as far as the scope around the function tells."""
        return self.project.program.machine.evaluate(expr, self.env)

    def names(self, expr: f.Expr) -> list[str]:
        """The qualified names of a library's thing."""
        return self.project.names_of(self.value(expr))

    def span(self, node: f.Call | f.Assign | f.AnnAssign | f.Keyword | f.Expr) -> Span:
        """The place of a node."""
        return self.module.span(node.start, node.end)


def scopes(
    project: Project, words: Collection[str], libraries: Collection[str] = (), *, text: bytes = b""
) -> Iterator[tuple[Written, list[f.Call | f.Assign | f.AnnAssign]]]:
    """The functions, and what stands outside of them, whose text has one of the words, in the modules that import one
    of the libraries (all modules, if none are named); tests are left out. A key in brackets is no word: `text` is what
    one holds, as far as bodies were lowered."""
    machine, wanted = project.program.machine, frozenset(words)
    for module in project.index.modules.values():
        if module.is_test or (libraries and not _imports(module, libraries)):
            continue
        keyed = bool(text) and text in bytes(module.facts.body)
        if keyed or not wanted.isdisjoint(module.words):
            yield Written(project, module, None), _nodes(module)
            for cls in module.classes:
                made = machine.class_value(cls)
                if made is not None:
                    scope = attributes.namespace(machine, made)
                    yield Written(project, module, None, scope), _nodes(cls)
        elif not text:
            continue
        for function in module.functions:
            if (text and text in bytes(function.facts.body)) or not wanted.isdisjoint(function.words):
                yield (
                    Written(project, module, function, env_in(machine, function)),
                    _nodes(function),
                )


def _nodes(place: Module | Class | Function) -> list[f.Call | f.Assign | f.AnnAssign]:
    return [*place.nodes(f.Call), *place.nodes(f.Assign), *place.nodes(f.AnnAssign)]


def _imports(module: Module, libraries: Collection[str]) -> bool:
    return any(name.partition(".")[0] in libraries for name in module.facts.imports)


def calls(
    project: Project, words: Collection[str], libraries: Collection[str] = (), *, mark: str = ""
) -> Iterator[tuple[Written, f.Call]]:
    """The calls of something whose last name is one of the words, in texts with a mark."""
    for where, nodes in scopes(project, (mark,) if mark else words, libraries):
        for node in nodes:
            if isinstance(node, f.Call) and last_name(node.func) in words:
                yield where, node


__all__ = ["Written", "calls", "scopes"]
