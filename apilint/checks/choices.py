"""Places in the source -> whether somebody has to ask for what is done there, by a setting or a name that says so."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from apilint import facts as f
from apilint.index import Module
from apilint.unparse import unparse
from apilint.walk import walk


class Choices:
    """The tests and names around a place: `off` matches what says that something is switched off, `on` what says that
    it is not, so that its other branch is meant."""

    def __init__(self, off: str, on: str = r"(?!)") -> None:
        self._off = re.compile(off)
        self._on = re.compile(on)

    def asked_for(self, module: Module, start: int) -> bool:
        """Whether what stands at an offset of a module runs under such a test, or is kept under such a name."""
        around = [each for each in module.functions if each.facts.start <= start < each.facts.end]
        if any(self._off.search(each.name) for each in around):
            return True
        bodies = [each.body for each in around] or [module.body, *(cls.code.body for cls in module.classes)]
        return any(self._says(node, start) for body in bodies for node in _holding(body, start))

    def _says(self, node: object, start: int) -> bool:
        if isinstance(node, f.Assign):
            return any(self._off.search(unparse(target)) for target in node.targets)
        if not isinstance(node, (f.If, f.IfExp)) or node.test.start <= start < node.test.end:
            return False
        body = node.body if isinstance(node, f.If) else (node.body,)
        in_body = bool(body) and body[0].start <= start < body[-1].end
        test = unparse(node.test)
        is_off = bool(self._off.search(test))
        return is_off if in_body else not is_off and bool(self._on.search(test))


def _holding(body: Iterable[object], start: int) -> Iterator[object]:
    """The statements around an offset."""
    for node in walk(body):
        if isinstance(node, (f.Assign, f.If, f.IfExp)) and node.start <= start < node.end:
            yield node
