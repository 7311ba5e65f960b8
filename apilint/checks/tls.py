"""APL402, APL404: warnings about unverified connections that are silenced, and versions of TLS that are broken."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from apilint import facts as f
from apilint.check import Match, check
from apilint.checks.choices import Choices
from apilint.checks.written import Written, calls, scopes
from apilint.facts import Span
from apilint.finding import Precision
from apilint.index import Module
from apilint.model import Step
from apilint.patterns import regex
from apilint.project import Project
from apilint.unparse import unparse
from apilint.walk import walk


@check
def tls_warnings_silenced(
    project: Project, *, categories: tuple[str, ...] = (), asked_for: str = r"(?!)"
) -> Iterator[Match]:
    """Calls that switch off the warning about connections whose certificate nobody verifies."""
    entries: Mapping[str, Any] = project.knowledge.sections.get("silences", {})
    words, choices = frozenset(name.rpartition(".")[2] for name in entries), Choices(asked_for)
    for where, node in calls(project, words):
        for name in where.names(node.func):
            entry = entries.get(name)
            if entry is not None and _silences(where, node, entry, categories) and not _is_undone(where, node):
                span = where.span(node)
                step = Step(span, "from here on nothing says that certificates are not verified")
                is_meant = choices.asked_for(where.module, node.start) or _is_program(where.module)
                doubt = Precision.LOW if is_meant else None
                yield Match(span=span, values={"call": unparse(node.func)}, trace=(step,), precision=doubt)
                break


def _silences(where: Written, node: f.Call, entry: Mapping[str, Any], categories: tuple[str, ...]) -> bool:
    """Whether the category of the silenced warnings is one of those, or none where all are meant."""
    at, keyword = entry.get("category", 0), "category"
    given = next((each.value for each in node.keywords if each.name == keyword), None)
    if given is None and at < len(node.args):
        given = node.args[at]
    if given is None:
        return bool(entry.get("all"))
    if entry.get("action") and not (
        node.args and isinstance(node.args[0], f.Constant) and node.args[0].value == "ignore"
    ):
        return False
    return any(name in categories for name in where.names(given))


def _is_program(module: Module) -> bool:
    """Whether a module is started by itself, so that nothing else is in its process that could be hidden."""
    return any(isinstance(each, f.If) and "__name__" in unparse(each.test) for each in module.body)


def _is_undone(where: Written, node: f.Call) -> bool:
    """Whether a `with catch_warnings()` around a call takes it back."""
    blocks = where.function.nodes(f.With) if where.function is not None else walk(where.module.body)
    return any(
        isinstance(block, f.With)
        and block.start <= node.start < block.end
        and any(unparse(context).endswith("catch_warnings()") for context, _ in block.items)
        for block in blocks
    )


@check
def weak_tls_version(project: Project, *, setting: str, chosen_precision: str = "low") -> Iterator[Match]:
    """Protocols and minimum versions that are broken, handed to a call or set on a context."""
    entries: Mapping[str, Any] = project.knowledge.sections.get("weak_tls", {})
    last = frozenset(name.rpartition(".")[2] for name in entries)
    libraries = frozenset(name.partition(".")[0] for name in entries)
    sets, seen = regex(setting), set[Span]()
    for where, nodes in scopes(project, ("~tls",), libraries):
        for node in nodes:
            for used, how in _used(node, sets, last):
                entry = next((entries[name] for name in where.names(used) if name in entries), None)
                span = where.span(used)
                if entry is None or span in seen:
                    continue
                seen.add(span)
                yield Match(
                    span=span,
                    values={"name": unparse(used), "version": entry["version"]},
                    trace=(Step(span, f"'{unparse(used)}' {how}"),),
                    precision=Precision(chosen_precision) if _is_chosen(where, used) or _is_idle(where, node) else None,
                )


def _used(node: object, sets: re.Pattern[str], last: frozenset[str]) -> Iterator[tuple[f.Attribute | f.Name, str]]:
    """The names that a call is given, or that are set as the version of a context."""
    if isinstance(node, f.Call):
        if re.search(r"(?:^|\.)(getattr|isinstance|hasattr|print|append|add|get)$", unparse(node.func)):
            return
        for arg in (*node.args, *(each.value for each in node.keywords if not _is_limit(each.name))):
            if isinstance(arg, (f.Attribute, f.Name)) and _last(arg) in last:
                yield arg, f"is handed to '{unparse(node.func)}'"
    elif isinstance(node, (f.Assign, f.AnnAssign)):
        targets = node.targets if isinstance(node, f.Assign) else (node.target,)
        if node.value is not None and any(sets.search(unparse(target)) for target in targets):
            if isinstance(node.value, (f.Attribute, f.Name)) and _last(node.value) in last:
                yield node.value, f"is set as '{unparse(targets[0])}'"


def _is_limit(name: str | None) -> bool:
    """`maximum_version=…` keeps out what is newer, and is another matter."""
    return name is not None and "max" in name


def _last(expr: f.Attribute | f.Name) -> str:
    return expr.attr if isinstance(expr, f.Attribute) else expr.id


def _is_idle(where: Written, node: object) -> bool:
    """Whether a context is made for its keys only, and speaks to nobody: of what it can do only `use_…` and `check_…`
    are called."""
    nodes = where.function.nodes if where.function is not None else None
    if nodes is None:
        return False
    name = next((unparse(each.targets[0]) for each in nodes(f.Assign) if each.value is node), "")
    owned = {each.value.start for each in nodes(f.Attribute) if each.attr.startswith(("use_", "check_", "load_"))}
    used = [each.start for each in nodes(f.Name) if each.id == name]
    return len(used) > 1 and owned.issuperset(used[1:])


def _is_chosen(where: Written, used: f.Expr) -> bool:
    """Whether a test around the place asks for just that version: a table that users choose from."""
    bodies = [where.module.body, *(cls.code.body for cls in where.module.classes)]
    body = where.function.body if where.function is not None else [each for one in bodies for each in one]
    return any(isinstance(node, f.If) and node.start <= used.start < node.end for node in walk(body))


__all__ = ["tls_warnings_silenced", "weak_tls_version"]
