"""APL506: what callers send -> lines of a log, of which it can make several."""

from __future__ import annotations

import re
from collections.abc import Iterator

from apilint import facts as f
from apilint.check import Match, check
from apilint.checks.conventions import literal_parts
from apilint.checks.exposed import label, name_of, words_of
from apilint.checks.logs import Logs
from apilint.checks.names import Names
from apilint.checks.origins import REQUEST, Origin, Origins
from apilint.checks.spelling import Speller
from apilint.finding import Precision
from apilint.flow import Call
from apilint.flow.narrowing import last_name
from apilint.index import Function, Module
from apilint.model import Step
from apilint.patterns import regex
from apilint.project import Project
from apilint.startup.values import Value
from apilint.walk import walk

MAX_STEPS = 8
_CONFIGURING = frozenset({"LOGGING", "LOGGING_CONFIG", "dictConfig"})
# Fields of `str.format` that show what they are given by its `repr`, and all others.
_SHOWN = regex(r"\{\w*!r(:[^{}]*)?\}|\{\{|\}\}")
_CONVERSION = regex(r"%(?:\(\w+\))?[-#0 +]*(?:\d+|\*)?(?:\.(?:\d+|\*))?([a-zA-Z])")
# What takes line breaks out of a text.
_CLEANING = frozenset({"replace", "translate", "sub", "splitlines"})


@check
def log_injection(
    project: Project, *, structured: str, identifying: str, other_precision: str = "low"
) -> Iterator[Match]:
    """Log lines of handlers with text of the caller in them that may hold line breaks, unless the program writes its
    lines as records (`structured`). Whose lines say who did what (`identifying` routes) is forged most."""
    if _has_records(project, regex(structured)):
        return
    lines, telling = _Lines(project), regex(identifying)
    seen: set[Function] = set()
    for route in project.routes:
        function = route.function.function if route.function is not None else None
        if function is None or function in seen or function.module.is_test:
            continue
        seen.add(function)
        names = (*literal_parts(route.path), words_of(name_of(route.handler)))
        for call, logger, origin in lines.of(function):
            yield Match(
                span=call.span,
                values={"logger": logger, "value": origin.what, "route": label(route)},
                trace=(*origin.steps[:MAX_STEPS], Step(call.span, f"'{logger}' writes it as it is")),
                precision=None if any(map(telling.search, names)) else Precision(other_precision),
                route=label(route),
            )


def _has_records(project: Project, structured: re.Pattern[str]) -> bool:
    """Whether a module imports, calls or sets what writes lines as records."""
    return any(
        structured.search(name)
        for module in project.index.modules.values()
        if not module.is_test
        for name in (*module.facts.imports, *module.words, *_configured(module))
    )


def _configured(module: Module) -> Iterator[str]:
    """What a module says of formatters in a dictionary."""
    if not _CONFIGURING.isdisjoint(module.words):
        bodies = [module.body, *(each.body for each in module.functions)]
        nodes = (node for body in bodies for node in walk(body))
        yield from (str(node.value) for node in nodes if isinstance(node, f.Constant))


class _Lines:
    """Finds what log calls of a function write that the caller of a route has sent."""

    def __init__(self, project: Project) -> None:
        self.project = project
        self.logs = Logs(project)
        names = project.once(Names, lambda: Names(project))
        self.origins = Origins(project, names, "log")
        self.speller = Speller(names, self.origins.passes, ())
        self.words = self.logs.methods | {name.rpartition(".")[2] for name in self.logs.entries}

    def of(self, function: Function) -> Iterator[tuple[Call, str, Origin]]:
        """Each log call with something of the caller's, by its logger, and what that is."""
        if self.words.isdisjoint(function.words) or _cleans(function):
            return
        for call in self.project.trace(function).calls:
            if call.depth or last_name(call.node.func) not in self.words:
                continue
            entry = self.logs.entry(call.node, self.logs.env(function))
            if entry is None or entry[1] is None:
                continue
            origin = next(self._sent(_written(call, entry[1])), None)
            if origin is not None:
                yield call, entry[0], origin

    def _sent(self, values: Iterator[Value]) -> Iterator[Origin]:
        for value in values:
            for part in self.speller.parts(value)[0]:
                origin = self.origins.of(part.value)
                if origin is not None and origin.kind == REQUEST:
                    yield origin


def _written(call: Call, first: int) -> Iterator[Value]:
    """The values that a log call writes as text: not those that its message shows by `%r` or as numbers."""
    message = call.node.args[first] if len(call.node.args) > first else None
    if not _is_shown(message):
        yield from call.args[first : first + 1]
    text = message.value if isinstance(message, f.Constant) and isinstance(message.value, str) else ""
    kinds = _CONVERSION.findall(text.replace("%%", ""))
    for number, value in enumerate(call.args[first + 1 :]):
        if number < len(kinds) and kinds[number] == "s":
            yield value


def _is_shown(message: f.Expr | None) -> bool:
    """Whether a message is put together by `%` or `format`, and shows all that it is given by `repr` or as numbers."""
    if isinstance(message, f.BinOp) and message.op == "%" and isinstance(message.left, f.Constant):
        return "s" not in _CONVERSION.findall(str(message.left.value).replace("%%", ""))
    if not isinstance(message, f.Call) or not isinstance(message.func, f.Attribute) or message.func.attr != "format":
        return False
    text = message.func.value
    return isinstance(text, f.Constant) and "{" not in _SHOWN.sub("", str(text.value))


def _cleans(function: Function) -> bool:
    """Whether a function takes line breaks out of some text: most likely of what it logs."""
    for call in function.nodes(f.Call):
        if last_name(call.func) == "splitlines":
            return True
        given = (node.value for node in walk(call.args[:1]) if isinstance(node, f.Constant))
        if last_name(call.func) in _CLEANING and any("\n" in str(each) or "\\n" in str(each) for each in given):
            return True
    return False


__all__ = ["log_injection"]
