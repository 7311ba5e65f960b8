"""Attributes and items that a program sets on objects of libraries."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Any

from apilint import facts as f
from apilint.checks.library_calls import outside
from apilint.facts import Span
from apilint.flow import env_of
from apilint.flow.narrowing import last_name
from apilint.index import Module
from apilint.project import Project
from apilint.startup.core import Core
from apilint.startup.values import Env, Value

Given = tuple[str, Value, Span]
_FILLING = frozenset({"update", "from_mapping"})


def set_on(project: Project, section: str) -> Iterator[Given]:
    """`(name, value, place)` for what a section of the models wants to know of objects: `sets` names attributes, and
    items as `config[SECRET_KEY]`. Looks where such objects are made, and at the level of modules."""
    entries: Mapping[str, Any] = project.knowledge.sections.get(section, {})
    for owner, entry in entries.items():
        attributes = {name for name in entry.get("sets") or () if "[" not in name}
        for made in project.program.objects([owner]) if attributes else ():
            yield from (each for each in made.sets if each[0] in attributes and not project.is_test(each[2].file))
    wanted = {
        name.rpartition(".")[2]: _items(entry) for name, entry in entries.items() if _items(entry) and "." in name
    }
    libraries = {name.partition(".")[0] for name, entry in entries.items() if entry.get("sets")}
    keys = frozenset().union(*wanted.values())
    for module in project.index.modules.values():
        if not module.is_test and not libraries.isdisjoint(each.partition(".")[0] for each in module.facts.imports):
            yield from _in_module(project, module, wanted, keys)


def _items(entry: Mapping[str, Any]) -> frozenset[str]:
    return frozenset(name.partition("[")[2].rstrip("]") for name in entry.get("sets") or () if "[" in name)


def _in_module(project: Project, module: Module, makers: Collection[str], keys: frozenset[str]) -> Iterator[Given]:
    machine = project.program.machine
    for function in module.functions:
        if set(makers).isdisjoint(function.words):
            continue
        for each in project.trace(function).assigned:
            if each.depth == 0 and each.is_item and each.name in keys and _is_config(each.target.value):
                yield each.name, each.value, each.span
        for call in function.nodes(f.Call):
            yield from _filled(machine, call, env_of(machine, function), keys)
    for node, env in outside(machine, module, f.Assign, f.Call):
        if isinstance(node, f.Assign) and isinstance(node.targets[0], f.Subscript):
            target = node.targets[0]
            if isinstance(target.index, f.Constant) and target.index.value in keys and _is_config(target.value):
                span = module.span(node.start, node.end)
                yield str(target.index.value), machine.evaluate(node.value, env), span
        elif isinstance(node, f.Call):
            yield from _filled(machine, node, env, keys)


def _filled(machine: Core, call: f.Call, env: Env, keys: frozenset[str]) -> Iterator[Given]:
    """`app.config.update(SECRET_KEY=…)`."""
    if isinstance(call.func, f.Attribute) and call.func.attr in _FILLING and _is_config(call.func.value):
        for keyword in call.keywords:
            if keyword.name in keys:
                span = env.module.span(keyword.start, keyword.end)
                yield keyword.name, machine.evaluate(keyword.value, env), span


def _is_config(expr: f.Expr) -> bool:
    return last_name(expr) == "config"


__all__ = ["set_on"]
