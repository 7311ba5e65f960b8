"""APL406: calls of other servers that wait as long as those like."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from apilint import facts as f
from apilint.check import Match, check
from apilint.checks.assigned import Assignments
from apilint.checks.awaited import Awaited
from apilint.checks.beside import is_beside
from apilint.checks.written import Written, calls
from apilint.facts import Span
from apilint.finding import Precision
from apilint.flow.narrowing import last_name
from apilint.index import Function
from apilint.model import Step
from apilint.patterns import regex
from apilint.project import Project
from apilint.startup.values import Known
from apilint.unparse import unparse


@check
def request_without_timeout(
    project: Project,
    *,
    unset: str,
    by_hand: str = "(?!)",
    later: tuple[str, ...] = (),
    ending: Mapping[str, Sequence[str]] | None = None,
    by_hand_precision: str = "low",
) -> Iterator[Match]:
    """Calls of libraries that wait for ever unless they are told not to. Those to which no calls lead from a handler
    are of low precision: while a program starts, a command runs or a library is used by somebody else's, no server
    waits, and what only a name leads to mostly is of that kind."""
    entries: Mapping[str, Any] = project.knowledge.sections.get("waits", {})
    words = {name.rpartition(".")[2] for name in entries} | {m for e in entries.values() for m in e.get("methods", ())}
    libraries = frozenset(name.partition(".")[0] for name in entries)
    scripts = {(module.file, main.start, main.end) for module, main in project.program.machine.mains}
    assigned: dict[Function, Assignments] = {}
    run_by_hand = regex(by_hand)
    awaited = project.once((Awaited, later), lambda: Awaited(project, later, ending)) if project.routes else None
    for where, node in calls(project, words, libraries, mark="~waits"):
        entry = _entry(where, node, entries, assigned)
        if (
            entry is None
            or any(keyword.name is None for keyword in node.keywords)
            or _is_script(where.span(node), scripts)
        ):
            continue
        given = next((each.value for each in node.keywords if each.name == "timeout"), None)
        if given is None and entry.get("timeout") is not None and len(node.args) > entry["timeout"]:
            given = node.args[entry["timeout"]]
        if given is None or _is_none(where, given):
            span = where.span(node)
            is_aside = (
                _holds_data(where, node)
                or bool(run_by_hand.search(span.file))
                or is_beside(span.file)
                or not _is_served(awaited, where.function)
            )
            yield Match(
                span=span,
                values={"call": unparse(node.func)},
                precision=Precision(by_hand_precision) if is_aside else None,
                template="unset" if given is not None else "",
                trace=(Step(span, f"'{unparse(node.func)}' waits until the other server answers"),),
            )


def _is_served(awaited: Awaited | None, function: Function | None) -> bool:
    """Whether somebody waits for the answer to a request meanwhile, or for the worker that it is left to."""
    return awaited is not None and function is not None and awaited.covers(function)


def _holds_data(where: Written, node: f.Call) -> bool:
    """Whether the function looks whether the address holds all there is to read: `text.startswith("data:")`."""
    return where.function is not None and any(
        last_name(call.func) == "startswith"
        and call.start < node.start
        and any(isinstance(arg, f.Constant) and arg.value == "data:" for arg in call.args)
        for call in where.function.nodes(f.Call)
    )


def _is_script(span: Span, scripts: set[tuple[str, int, int]]) -> bool:
    return any(file == span.file and start <= span.start < end for file, start, end in scripts)


def _is_none(where: Written, given: f.Expr) -> bool:
    value = where.value(given) if isinstance(given, f.Constant) else None
    return isinstance(value, Known) and value.value is None


def _entry(
    where: Written, node: f.Call, entries: Mapping[str, Any], assigned: dict[Function, Assignments]
) -> Mapping[str, Any] | None:
    """The model of a call: of a library's function, or of a method of an object that the same function made."""
    for name in where.names(node.func):
        if name in entries and "methods" not in entries[name]:
            found: Mapping[str, Any] = entries[name]
            return found
    func, function = node.func, where.function
    if function is None or not isinstance(func, f.Attribute) or not isinstance(func.value, f.Name):
        return None
    made_here = {name.rpartition(".")[2] for name, entry in entries.items() if "methods" in entry}
    words = function.words
    if made_here.isdisjoint(words) or "mount" in words or func.value.id in {each.name for each in function.head.params}:
        return None
    if function not in assigned:
        assigned[function] = Assignments(function)
    for made in assigned[function].of(func.value):
        if isinstance(made, f.Call) and not made.keywords:
            for name in where.names(made.func):
                if func.attr in entries.get(name, {}).get("methods", ()):
                    owner: Mapping[str, Any] = entries[name]
                    return owner
    return None


__all__ = ["request_without_timeout"]
