"""What gives lists page by page -> that of which no page is too large: classes, what the settings name, decorators."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from apilint import facts as f
from apilint.check import Match
from apilint.checks.configured import dictionary, settings_of
from apilint.checks.written import Written
from apilint.facts import Span
from apilint.model import Step
from apilint.project import Project
from apilint.startup import attributes
from apilint.startup.values import ClassValue, Known, Value, text_of


def paginators(project: Project, template: str) -> Iterator[Match]:
    """Paginators of the project without a largest page, and a library's that the settings name as it is."""
    entries: Mapping[str, Any] = project.knowledge.sections.get("paginators", {})
    limited = {name: entry for name, entry in entries.items() if "limited_by" in entry}
    machine = project.program.machine
    modules = {name.rpartition(".")[0] for name in limited}
    for module in project.index.modules.values():
        if module.is_test or not any(_reaches(name, modules) for name in module.facts.imports):
            continue
        for cls in module.classes:
            made = machine.class_value(cls)
            name = next((b for b in attributes.external_bases(machine, made) if b in limited), "") if made else ""
            if made is not None and name and _is_unlimited(project, made, limited[name]):
                yield _of_paginator(cls.span, cls.name, limited[name], template)
    for name, entry in entries.items():
        known = dictionary(project, name, entry["dictionary"]) if "dictionary" in entry else None
        value = known.entry(entry["key"]) if known is not None else None
        used = text_of(value) if value is not None else None
        place = known.place(entry["key"]) if known is not None else None
        if used in limited and place is not None and "asked_by" not in limited[used]:
            yield _of_paginator(place, used.rpartition(".")[2], limited[used], template)


def _reaches(imported: str, modules: set[str]) -> bool:
    return any(imported == name or name.startswith(f"{imported}.") for name in modules)


def _is_unlimited(project: Project, cls: ClassValue, entry: Mapping[str, Any]) -> bool:
    machine = project.program.machine

    def own(name: str) -> Value | None:
        return attributes.own(machine, cls, name)

    limit, asked = own(entry["limited_by"]), own(entry.get("asked_by", entry["limited_by"]))
    if "asked_by" in entry and (asked is None or (isinstance(asked, Known) and not asked.value)):
        return False
    bases = attributes.own_classes(machine, cls)
    if any(name.startswith(("get_page_size", "get_limit", "paginate")) for base in bases for name in base.cls.methods):
        return False  # decides itself
    return limit is None or (isinstance(limit, Known) and limit.value is None)


def _of_paginator(span: Span, name: str, entry: Mapping[str, Any], template: str) -> Match:
    step = Step(span, f"'{entry['limited_by']}' is not set")
    values = {"paginator": name, "attribute": entry["limited_by"]}
    return Match(span=span, values=values, template="paginator", trace=(step,))


# ------------------------------------------------------------------------------------------ decorators


def decorated(project: Project, template: str) -> Iterator[Match]:
    """Decorators that page what a handler returns, with a library's paginator that lets callers ask for everything."""
    entries: Mapping[str, Any] = project.knowledge.sections.get("paginators", {})
    decorating = {name: entry for name, entry in entries.items() if entry.get("decorates")}
    libraries = {name.partition(".")[0] for name in decorating}
    for module in project.index.modules.values():
        if module.is_test or not any(name.partition(".")[0] in libraries for name in module.facts.imports):
            continue
        where = Written(project, module, None)
        for function in module.functions:
            for node in function.head.decorators if function.facts.decorated else ():
                called = node.func if isinstance(node, f.Call) else node
                entry = next((decorating[name] for name in where.names(called) if name in decorating), None)
                if entry is not None:
                    yield from _of_decorator(where, node, entry, entries, template)


def _of_decorator(
    where: Written, node: f.Expr, entry: Mapping[str, Any], entries: Mapping[str, Any], template: str
) -> Iterator[Match]:
    settings = settings_of(where.project, entry["settings"])
    if settings is None:
        return
    is_chosen = settings.has(entry["chosen_in"]) is not False
    names = [text_of(settings.attribute(entry["chosen_in"])) or "" if is_chosen else entry["default"]]
    keywords: set[str | None] = set()
    if isinstance(node, f.Call):
        keywords = {each.name for each in node.keywords}
        names = where.names(node.args[0]) if node.args else names
    known = next((each for each in names if "limited_with" in entries.get(each, {})), "")
    limits = entries.get(known, {})
    if not known or not keywords.isdisjoint((limits["limited_with"], None)):
        return
    if settings.has(limits["limited_in"]) is False:
        named = {"limited_by": limits["limited_in"]}
        yield _of_paginator(where.span(node), known.rpartition(".")[2], named, template)


__all__ = ["decorated", "paginators"]
