"""Rules of one's own, without Python: the checks that answer the `query` of a rule."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fnmatch import fnmatchcase
from typing import Any, TypeVar

import msgspec

from apilint import facts as f
from apilint import query as q
from apilint.check import Match, check
from apilint.checks.exposed import label, name_of
from apilint.checks.flows import Flows
from apilint.checks.limits import Limits
from apilint.checks.names import Names
from apilint.checks.origins import REQUEST, proof_of
from apilint.config import is_public
from apilint.flow import Call
from apilint.flow.narrowing import last_name
from apilint.globs import Globs
from apilint.index import Class
from apilint.model import Guard, Route, Step
from apilint.project import Project
from apilint.startup import attributes
from apilint.startup.values import ClassValue, External, FunctionValue, Known, Value, constant, unwrap

T = TypeVar("T")
MAX_STEPS = 8
ANY = "any"


def _read(given: dict[str, Any], type_: type[T]) -> T:
    return msgspec.convert(given, type_, strict=False)


# -------------------------------------------------------------------------------------------------- routes


@check
def queried_routes(project: Project, **given: Any) -> Iterator[Match]:
    """Routes that lack something that they must have, or have what they must not."""
    query = _read(given, q.Routes)
    files = Globs(query.where.file)
    for route in project.routes:
        if project.is_test(route.span.file) or not _is_meant(route, query.where, files):
            continue
        lacks = not _has(project, route, query.must, every=True)
        has = query.must_not != q.Wanted() and _has(project, route, query.must_not, every=False)
        if lacks or has:
            yield _route_match(route)


def _route_match(route: Route) -> Match:
    guards = [guard for guard in route.guards if guard.effect != "none"]
    return Match(
        span=route.span,
        values={
            "route": label(route),
            "handler": name_of(route.handler),
            "auth": route.auth,
            "guards": ", ".join(guard.name for guard in guards) or "nothing",
        },
        trace=tuple(Step(guard.span, f"'{guard.name}' guards it ({guard.via})") for guard in guards[:MAX_STEPS]),
        route=label(route),
        about=(route.span,),
    )


def _is_meant(route: Route, where: q.Where, files: Globs) -> bool:
    methods = route.methods or ("ANY",)
    return (
        (not where.path or any(is_public(method, route.path, where.path) for method in methods))
        and (not where.methods or any(method in where.methods for method in methods))
        and (not where.kind or route.kind in where.kind)
        and (not where.framework or route.framework in where.framework)
        and (not where.handler or _is_named(route.handler.replace(":", "."), where.handler))
        and (not where.file or files.match(route.span.file))
        and (not where.auth or route.auth in where.auth)
    )


def _has(project: Project, route: Route, wanted: q.Wanted, *, every: bool) -> bool:
    """Whether a route has all that is asked for; with `every` nothing asked for is all."""
    answers: list[bool] = []
    if wanted.guard:
        guards = [guard for guard in route.guards if guard.effect in ("required", "conditional", "unknown")]
        answers.append(any(_is_guard(guard, wanted.guard) for guard in guards))
    if wanted.demand:
        demands = [demand.name for guard in route.guards for demand in guard.demands]
        answers.append(any(fnmatchcase(name, pattern) for name in demands for pattern in wanted.demand))
    if wanted.auth:
        answers.append(route.auth in wanted.auth)
    if wanted.rate_limit is not None:
        answers.append(Limits.of(project).reach(route) is wanted.rate_limit)
    return all(answers) if answers else every


def _is_guard(guard: Guard, patterns: Sequence[str]) -> bool:
    return _is_named(guard.qualname.replace(":", "."), patterns) or guard.name in patterns


def _is_named(name: str, patterns: Sequence[str]) -> bool:
    return any(fnmatchcase(name, pattern) for pattern in patterns)


# --------------------------------------------------------------------------------------------------- calls


@check
def queried_calls(project: Project, **given: Any) -> Iterator[Match]:
    """Calls of certain functions with, or without, certain arguments."""
    query = _read(given, q.Calls)
    names, files = project.once(Names, lambda: Names(project)), Globs(query.file)
    words = {pattern.rpartition(".")[2] for pattern in query.to}
    every = any("*" in word for word in words)
    for module in project.index.modules.values() if every else project.index.with_words(words):
        if module.is_test or (query.file and not files.match(module.file)):
            continue
        for function in module.functions:
            if not every and words.isdisjoint(function.words):
                continue
            for call in project.trace(function).calls:
                if call.depth == 0 and _is_called(names, call, query.to):
                    yield from _call_matches(call, query)


def _is_called(names: Names, call: Call, patterns: Sequence[str]) -> bool:
    callee = unwrap(call.callee)
    if isinstance(callee, FunctionValue):
        return _is_named(callee.function.dotted, patterns)
    if isinstance(callee, ClassValue) and _is_named(callee.cls.dotted, patterns):
        return True
    return any(_is_named(name, patterns) for name in names.of(callee))


def _call_matches(call: Call, query: q.Calls) -> Iterator[Match]:
    label_ = last_name(call.node.func)
    if not query.having and not query.lacking:
        yield Match(span=call.span, values={"call": label_, "argument": "", "value": ""})
    for keyword, values in query.having.items():
        value = call.argument(int(keyword), "") if keyword.isdigit() else call.kwargs.get(keyword)
        if value is not None and (ANY in values or _is_one_of(value, values)):
            shown = repr(constant(value)) if constant(value) is not None else "something"
            yield Match(span=call.span, values={"call": label_, "argument": keyword, "value": shown})
    brings_more = any(each.name is None for each in call.node.keywords)
    for keyword in query.lacking:
        if keyword not in call.kwargs and not brings_more:
            yield Match(span=call.span, values={"call": label_, "argument": keyword, "value": ""})


def _is_one_of(value: Value, values: Sequence[q.Value]) -> bool:
    value = unwrap(value)
    known = constant(value)
    if isinstance(value, External):
        return value.name in values
    if not isinstance(value, Known) and known is None:
        return False
    return any(type(known) is type(each) and known == each for each in values)


# --------------------------------------------------------------------------------------------------- flows


@check
def queried_flows(project: Project, **given: Any) -> Iterator[Match]:
    """What comes from a source and reaches a sink, both named by the rule."""
    query = _read(given, q.Flows)
    sinks = {
        each.call: {"kind": "own", "argument": each.argument, "keyword": each.keyword or None} for each in query.to
    }
    flows = Flows(project, "own", sinks=sinks, sources=query.source, safe=query.through)
    seen = set()
    for case in flows.cases():
        span = case.sunk.call.span
        if case.origin.kind != REQUEST or span in seen:
            continue
        seen.add(span)
        yield Match(
            span=span,
            values={"sink": case.sunk.label, "value": case.origin.what, "proof": proof_of(case.origin)},
            trace=(*case.origin.steps[:MAX_STEPS], Step(span, f"it reaches '{case.sunk.label}'")),
            route=case.origin.route,
        )


# ------------------------------------------------------------------------------------------------- classes


@check
def queried_classes(project: Project, **given: Any) -> Iterator[Match]:
    """Classes whose attribute is missing, or is not what it must be."""
    query = _read(given, q.Classes)
    files = Globs(query.file)
    meant: dict[tuple[str, int], ClassValue] = {}
    for base, below in project.once("classes by base", lambda: _by_base(project)).items():
        if _is_named(base, query.base):
            meant |= {(made.cls.module.file, made.cls.index): made for made in below}
    for (file, _), made in sorted(meant.items(), key=lambda each: each[0]):
        if query.file and not files.match(file):
            continue
        found = attributes.in_class(project.program.machine, made, query.attribute)
        value = found[0] if found is not None else None
        if _is_wrong(value, query.must, query.must_not):
            yield _class_match(made.cls, query.attribute, value)


def _by_base(project: Project) -> dict[str, list[ClassValue]]:
    """The classes below each class, of the project or of a library, by its dotted name; those of tests are left out."""
    machine = project.program.machine
    found: dict[str, list[ClassValue]] = {}
    for module in project.index.modules.values():
        for cls in module.classes if not module.is_test else ():
            made = machine.class_value(cls)
            if made is None:
                continue
            own = [base.cls.dotted for base in attributes.mro(machine, made)[1:] if isinstance(base, ClassValue)]
            for name in dict.fromkeys((*own, *attributes.external_bases(machine, made))):
                found.setdefault(name, []).append(made)
    return found


def _is_wrong(value: Value | None, must: Sequence[q.Value], must_not: Sequence[q.Value]) -> bool:
    if value is None:
        return not must_not or bool(must)
    if must_not and _is_one_of(value, must_not):
        return True
    return bool(must) and constant(value) is not None and not _is_one_of(value, must)


def _class_match(cls: Class, attribute: str, value: Value | None) -> Match:
    known = constant(value) if value is not None else None
    shown = "nothing" if value is None else repr(known) if known is not None else "something else"
    return Match(span=cls.span, values={"class": cls.name, "attribute": attribute, "value": shown})


# ------------------------------------------------------------------------------------------------ settings


@check
def queried_settings(project: Project, **given: Any) -> Iterator[Match]:
    """Names of modules whose value is not what it must be."""
    query = _read(given, q.Settings)
    files = Globs(query.file)
    machine = project.program.machine
    for module in project.index.modules.values():
        if module.is_test or not files.match(module.file):
            continue
        for statement in module.body:
            targets = statement.targets if isinstance(statement, f.Assign) else ()
            if not any(isinstance(target, f.Name) and target.id == query.name for target in targets):
                continue
            assert isinstance(statement, f.Assign)
            value = machine.evaluate(statement.value, machine.run_module(module))
            if _is_wrong(value, query.must, query.must_not):
                known = constant(value)
                yield Match(
                    span=module.span(statement.start, statement.end),
                    values={"name": query.name, "value": repr(known) if known is not None else "something else"},
                )


__all__ = [
    "queried_calls", "queried_classes", "queried_flows", "queried_routes", "queried_settings",
]  # fmt: skip
