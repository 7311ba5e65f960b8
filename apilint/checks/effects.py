"""Handlers that only compute an answer from what the caller sent: no database, no file, nobody else is asked."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from apilint import facts as f
from apilint.checks.reached import Reached, made_of
from apilint.flow import env_of
from apilint.flow.narrowing import last_name
from apilint.frameworks import inputs, kinds
from apilint.index import Function
from apilint.model import Route
from apilint.patterns import regex
from apilint.project import Project
from apilint.startup import attributes
from apilint.startup.core import Core
from apilint.startup.values import ClassValue, Env, External, FunctionValue, Known, ModuleValue, Value, unwrap
from apilint.unparse import unparse
from apilint.walk import walk

MAX_DEPTH = 3
# What of a request is the caller's own.
_SENT = frozenset(
    "args body client data form get_data get_json GET headers json method POST path path_params query_params".split()
)


class Effects:
    """Reads handlers and the functions of the project that they call. What is not known counts as an effect."""

    def __init__(self, project: Project) -> None:
        self.project = project
        self.machine = project.program.machine
        self.reached = Reached(project)
        known: Mapping[str, Any] = project.knowledge.sections.get("computes", {})
        self._modules = frozenset(known.get("modules", {}).get("names", ()))
        self._acting = frozenset(known.get("modules", {}).get("never", ()))
        self._functions = regex(str(known.get("functions", {}).get("matches", "(?!)")))
        self._settings = regex(str(known.get("settings", {}).get("matches", "(?!)")))
        self._pure: dict[Function, bool] = {}

    def only_computes(self, route: Route) -> bool:
        """Whether a handler computes something, and does nothing else."""
        if route.function is None:
            return False
        function = route.function.function
        handed = inputs.handed_in(self.project.program, route)
        server = {
            param.name
            for param in function.head.params
            if handed.get(param.name, kinds.SERVER) == kinds.SERVER and not _is_response(param)
        }
        requests = {name for name, kind in handed.items() if kind == kinds.REQUEST}
        body = _Body(self, function, server, requests, MAX_DEPTH)
        return body.is_pure() and body.computes

    def is_pure(self, function: Function, depth: int) -> bool:
        """The same for a function that is called with what a handler has."""
        known = self._pure.get(function)
        if known is None:
            self._pure[function] = False  # for one that calls itself
            known = self._pure[function] = depth > 0 and _Body(self, function, set(), set(), depth - 1).is_pure()
        return known

    def is_library_pure(self, name: str) -> bool:
        """Whether a library's function only computes: by its module, or because it decodes what it is given."""
        module, _, last = name.rpartition(".")
        return name not in self._acting and (module in self._modules or bool(self._functions.search(last)))

    def is_setting(self, name: str) -> bool:
        """Whether a variable of a module is called like the program's settings."""
        return bool(self._settings.search(name))


class _Body:
    """One function's statements, with the names that stand for the caller's values and what was made of them."""

    def __init__(self, effects: Effects, function: Function, server: set[str], requests: set[str], depth: int) -> None:
        self.effects = effects
        self.function = function
        self.server = server
        self.requests = requests
        self.depth = depth
        self.computes = False
        self.env: Env = env_of(effects.machine, function)
        nodes = list(walk(function.body))
        self.nodes = nodes
        self.made = made_of(function)
        self.own = {param.name for param in function.head.params} | set(_bound(nodes))

    def is_pure(self) -> bool:
        return all(map(self._allows, self.nodes))

    def _allows(self, node: object) -> bool:
        if isinstance(node, f.Call):
            return self._allows_call(node)
        if isinstance(node, f.Name):
            return self._allows_name(node.id)
        if isinstance(node, f.Attribute):
            return _root(node) not in self.requests or unparse(node).split(".")[1] in _SENT
        if isinstance(node, (f.Assign, f.AugAssign, f.Delete)):
            targets = node.targets if not isinstance(node, f.AugAssign) else (node.target,)
            return all(isinstance(each, (f.Name, f.Sequence)) or _root(each) in self.own for each in targets)
        return not isinstance(node, (f.Global, f.Opaque))

    def _allows_name(self, name: str) -> bool:
        if name in self.own:
            return name not in self.server
        return self.effects.is_setting(name) or isinstance(
            self._value(name), (External, FunctionValue, ClassValue, ModuleValue, Known)
        )

    def _value(self, name: str) -> Value:
        return unwrap(self.effects.machine.lookup(name, self.env))

    def _allows_call(self, call: f.Call) -> bool:
        called = tuple(self.effects.reached.called(self.function, call.func, self.env, self.made))
        if called:
            self.computes = True
            return all(self.effects.is_pure(each, self.depth) for each in called)
        root = _root(call.func)
        if root in self.own and isinstance(call.func, f.Attribute):
            return root != "self"
        value = unwrap(self.effects.machine.evaluate(call.func, self.env)) if root else None
        if isinstance(value, ClassValue):
            return _is_plain(self.effects.machine, value)
        if isinstance(value, External):
            return self._allows_library(value)
        # A method of what another call gave, which is judged for itself, or of a text.
        return root == "" and isinstance(call.func, f.Attribute)

    def _allows_library(self, value: External) -> bool:
        knowledge = self.effects.project.knowledge
        if knowledge.answers(value.name) or knowledge.exception(self.effects.machine, value)[1]:
            return True
        if not self.effects.is_library_pure(value.name):
            return False
        self.computes = True
        return True


def _bound(nodes: Iterable[object]) -> Iterator[str]:
    """The names that a function binds."""
    for node in nodes:
        targets: tuple[f.Expr | None, ...] = ()
        if isinstance(node, f.Assign):
            targets = node.targets
        elif isinstance(node, (f.AnnAssign, f.AugAssign, f.For)):
            targets = (node.target,)
        elif isinstance(node, f.With):
            targets = tuple(target for _, target in node.items)
        elif isinstance(node, f.Comprehension):
            targets = tuple(target for target, _, _ in node.clauses)
        elif isinstance(node, f.Lambda):
            yield from (param.name for param in node.params)
        elif isinstance(node, f.NamedExpr):
            yield node.target
        elif isinstance(node, f.Handler) and node.name:
            yield node.name
        for target in targets:
            items = target.items if isinstance(target, f.Sequence) else (target,)
            yield from (item.id for item in items if isinstance(item, f.Name))


def _root(node: f.Expr) -> str:
    """The name that a chain of attributes and items hangs on; empty for what a call or a display gave."""
    while isinstance(node, (f.Attribute, f.Subscript)):
        node = node.value
    return node.id if isinstance(node, f.Name) else ""


def _is_response(param: f.Param) -> bool:
    """`response: Response`, on which headers are set."""
    return param.annotation is not None and last_name(param.annotation).endswith("Response")


def _is_plain(machine: Core, cls: ClassValue) -> bool:
    """Whether making an object runs nothing of the project's."""
    return attributes.own(machine, cls, "__init__") is None
