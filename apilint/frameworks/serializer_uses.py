"""Serializer classes -> those that something answers with."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from apilint import facts as f
from apilint.frameworks.program import Program
from apilint.index import Function
from apilint.startup import attributes
from apilint.startup.values import ClassValue
from apilint.walk import walk

# Views of the library that answer with their serializer.
_ANSWERING = ("Create", "List", "Retrieve", "Update", "ModelViewSet")


class Uses:
    """Which serializers something answers with: as the class of a view that shows objects, called on an object, nested
    in one that is used, or named as a response."""

    def __init__(self, program: Program, found: list[ClassValue]) -> None:
        self.program = program
        self.machine = program.machine
        self.by_name: dict[str, list[ClassValue]] = {}
        for cls in found:
            self.by_name.setdefault(cls.cls.name, []).append(cls)

    def used(self) -> frozenset[ClassValue]:
        """Those, with what is nested in them and what they inherit from."""
        names = self._in_classes() | self._in_functions()
        pending = [cls for name in names for cls in self.by_name.get(name, ())]
        used: set[ClassValue] = set()
        while pending:
            cls = pending.pop()
            if cls not in used:
                used.add(cls)
                pending += [inner for name in self._nested(cls) for inner in self.by_name.get(name, ())]
        return frozenset(used)

    def _nested(self, cls: ClassValue) -> Iterator[str]:
        return (name for name in self._names(cls.cls.code.body) if name in self.by_name)

    def _in_classes(self) -> set[str]:
        """Names in the bodies of classes that are no serializers: `serializer_class = …`, `serializers = {…}`."""
        names: set[str] = set()
        for cls in list(self.machine.classes.values()):
            if cls.cls.module.is_test or cls.cls.name in self.by_name:
                continue
            for statement in cls.cls.code.body:
                if isinstance(statement, (f.Assign, f.AnnAssign)):
                    found = {name for name in self._names([statement]) if name in self.by_name}
                    if found and self._answers(cls):
                        names |= found
        return names

    def _answers(self, cls: ClassValue) -> bool:
        """Whether a view shows objects: by the library's methods, or because it reads a serializer's `data`."""
        own = attributes.own_classes(self.machine, cls)
        library = [base.rpartition(".")[2] for base in attributes.external_bases(self.machine, cls)]
        overridden = any(base.cls.method(name) for base in own for name in ("create", "post"))
        for name in library:
            if any(word in name for word in _ANSWERING) and not (overridden and name.startswith("Create")):
                return True
        return any(_reads_data(function) for base in own for function in base.cls.methods.values())

    def _in_functions(self) -> set[str]:
        names: set[str] = set()
        for function in self._mentioning():
            for decorator in function.head.decorators:
                names |= {
                    name for name in self._names([decorator]) if name in self.by_name and _is_response(decorator, name)
                }
            if function.owner is not None and function.owner.name in self.by_name:
                continue
            names |= self._in_body(function) - names
        return names

    def _mentioning(self) -> Iterator[Function]:
        for module in self.program.index.modules.values():
            if module.is_test:
                continue
            env = self.machine.envs.get(module.file)
            if (env is not None and not self.by_name.keys().isdisjoint(env.vars)) or any(
                name in module.facts.words for name in self.by_name
            ):
                yield from module.functions

    def _in_body(self, function: Function) -> set[str]:
        """Those that a function calls on an object or reads the `data` of, or hands on uncalled."""
        nodes = list(walk(function.body))
        names = [node for node in nodes if _name(node) in self.by_name]
        if not names:
            return set()
        made = [node for node in nodes if isinstance(node, f.Call) and _name(node.func) in self.by_name]
        found = {_name(call.func) for call in made if _is_given_object(call)}
        assigns = [node for node in nodes if isinstance(node, f.Assign)]
        for node in nodes:
            if isinstance(node, f.Attribute) and node.attr == "data":
                shown = _last_assigned(node.value, assigns)
                found |= {_name(call.func) for call in made if call is shown}
        called = {id(call.func) for call in made}
        return found | {_name(node) for node in names if id(node) not in called}

    @staticmethod
    def _names(nodes: Sequence[f.Stmt | f.Expr]) -> Iterator[str]:
        for node in walk(nodes):
            name = _name(node)
            if name:
                yield name


def _name(node: object) -> str:
    return node.id if isinstance(node, f.Name) else node.attr if isinstance(node, f.Attribute) else ""


def _last_assigned(expr: f.Expr, assigns: list[f.Assign]) -> f.Expr:
    """What a name was last given before it is read; any other expression is itself."""
    name = _name(expr) if isinstance(expr, f.Name) else ""
    before = [
        each for each in assigns if each.start < expr.start and any(_name(target) == name for target in each.targets)
    ]
    return max(before, key=lambda each: each.start).value if name and before else expr


def _is_given_object(call: f.Call) -> bool:
    return bool(call.args) or any(keyword.name in ("instance", "many") for keyword in call.keywords)


def _is_response(decorator: f.Expr, name: str) -> bool:
    """Whether a decorator names a class as what the route answers with."""
    if not isinstance(decorator, f.Call):
        return False
    return any(
        _name(node) == name
        for keyword in decorator.keywords
        if keyword.name == "response"
        for node in walk([keyword.value])
    )


def _reads_data(function: Function) -> bool:
    """Whether a method reads `serializer.data`."""
    return any(
        node.attr == "data" and _name(node.value) not in ("request", "response", "self")
        for node in function.nodes(f.Attribute)
    )


__all__ = ["Uses"]
