"""Places in the source -> whether somebody has to ask for what is done there, by a setting or a name that says so."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Union

from apilint import facts as f
from apilint.flow.narrowing import leaves
from apilint.index import Function, Module
from apilint.patterns import regex
from apilint.unparse import unparse
from apilint.walk import walk

_Choice = Union[f.Assign, f.If, f.IfExp]
_CHOOSING = (f.Assign, f.If, f.IfExp)


class Choices:
    """The tests and names around a place: `off` matches what says that something is switched off, `on` what says that
    it is not, so that its other branch is meant."""

    def __init__(self, off: str, on: str = r"(?!)") -> None:
        self._off = regex(off)
        self._on = regex(on)

    def asked_for(self, module: Module, start: int) -> bool:
        """Whether what stands at an offset of a module runs under such a test, or is kept under such a name."""
        if self.within(module, start):
            return True
        around = module.around(start)
        inside: list[_Choice]
        if around:
            inside = [node for each in around for node in _inside(each)]
        else:
            inside = _at(module.body, start) + [node for cls in module.classes for node in _at(cls.code.body, start)]
        named = {target.id: each.value for each in inside if isinstance(each, f.Assign) for target in _names(each)}
        if any(node.start <= start < node.end and self._says(node, start, named) for node in inside):
            return True
        return any(self._has_left(each, start) for each in around)

    def within(self, module: Module, start: int) -> bool:
        """Whether it stands in a function of such a name."""
        return any(self._off.search(each.name) for each in module.around(start))

    def _has_left(self, function: Function, start: int) -> bool:
        """Whether what goes on behind `if verify: return` is for those who switched it off."""
        return any(
            each.end <= start and not each.orelse and leaves(each.body) and self._on.search(unparse(each.test))
            for each in function.body
            if isinstance(each, f.If)
        )

    def _says(self, node: object, start: int, named: Mapping[str, f.Expr]) -> bool:
        if isinstance(node, f.Assign):
            return any(self._off.search(unparse(target)) for target in node.targets)
        if not isinstance(node, (f.If, f.IfExp)) or node.test.start <= start < node.test.end:
            return False
        body = node.body if isinstance(node, f.If) else (node.body,)
        in_body = bool(body) and body[0].start <= start < body[-1].end
        test = unparse(node.test)
        if isinstance(node.test, f.Name) and node.test.id in named:
            test = f"{test} {unparse(named[node.test.id])}"
        is_off = bool(self._off.search(test))
        return is_off if in_body else not is_off and bool(self._on.search(test))


def _names(assign: f.Assign) -> Iterator[f.Name]:
    return (target for target in assign.targets if isinstance(target, f.Name))


def _inside(function: Function) -> Iterator[_Choice]:
    yield from function.nodes(f.Assign)
    yield from function.nodes(f.If)
    yield from function.nodes(f.IfExp)


def _at(body: Iterable[f.Stmt], start: int) -> list[_Choice]:
    """The choices in the statement at an offset."""
    holding = [each for each in body if each.start <= start < each.end]
    return [node for node in walk(holding) if isinstance(node, _CHOOSING)]
