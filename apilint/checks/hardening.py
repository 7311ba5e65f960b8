"""Settings of a production that leave off what protects users, and trust in what callers say about themselves."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from apilint import facts as f
from apilint.check import Match, check
from apilint.checks.choices import Choices
from apilint.checks.judging import judging
from apilint.checks.library_calls import LibraryCalls
from apilint.checks.overridden import is_overridden
from apilint.checks.sinks import is_true
from apilint.checks.switches import is_listed, options, sureness
from apilint.facts import Span
from apilint.finding import Precision
from apilint.frameworks.configured import Configured
from apilint.index import Function, Module
from apilint.model import Step
from apilint.patterns import regex
from apilint.project import Project
from apilint.startup.values import Choice, Known, Seq, Setting, Value, text_of
from apilint.walk import walk


@check
def insecure_settings(
    project: Project,
    *,
    weak: Mapping[str, Sequence[object]],
    missing: str,
    required: Mapping[str, str],
    development: str = r"(?!)",
) -> Iterator[Match]:
    """Settings that switch a protection off, in the settings that a production starts with; those that are missing."""
    settings = Configured(project.program)
    module = settings.module
    if module is None or re.search(development, module.file) or not _is_production(settings):
        return
    for name, listed in weak.items():
        value, span = settings.get(name), settings.span_of(name)
        if value is not None and span is not None and sureness(value, listed, Precision.LOW) is Precision.VERY_HIGH:
            is_own = is_overridden(project, span, name)
            yield Match(
                span=span,
                values={"setting": name, "value": _shown(value)},
                trace=(Step(span, f"'{name}' is {_shown(value)}"),),
                precision=Precision.LOW if is_own else None,
            )
    absent = [name for name in required if settings.get(name) is None]
    if absent:
        yield Match(
            span=module.span(0, 0),
            values={"setting": ", ".join(absent), "value": "missing"},
            template="missing",
            precision=Precision.LOW,
        )


def _is_production(settings: Configured) -> bool:
    """Whether the settings are no developer's: debug mode is off, or for the environment to say."""
    debug = settings.get("DEBUG")
    return debug is None or isinstance(debug, Setting) or is_listed(debug, False)


def _shown(value: Value) -> str:
    return repr(value.value) if isinstance(value, Known) else "switched off"


@check
def trusted_from_anyone(
    project: Project,
    *,
    hosts: str,
    identity: str,
    settings: tuple[str, ...] = (),
    own_checks: tuple[str, ...] = (),
    headers: str = r"(?!)",
    development: str = r"(?!)",
    asked_for: str = r"(?!)",
) -> Iterator[Match]:
    """Names of hosts and addresses of clients that are believed whoever states them, and users named in a header."""
    configured, choices = Configured(project.program), Choices(asked_for)
    module = configured.module
    for name in settings:
        value, span = configured.get(name), configured.span_of(name)
        if value is None or span is None or module is None or re.search(development, module.file):
            continue
        if any(text_of(item) == "*" for item in options(value.default if isinstance(value, Setting) else value)):
            # A list that is put together of something is the operator's: `CONFIG.HOSTS.split(",")`.
            is_literal = isinstance(value, Seq) and all(isinstance(item, Known) for item in value.items)
            is_literal = is_literal and _is_display(project.module(span.file), span)
            is_meant = not is_literal or bool(own_checks and project.index.with_words(own_checks))
            is_meant = is_meant or is_overridden(project, span, name)
            precision = Precision.LOW if is_meant else None
            yield _trusting(span, f"{name} = ['*']", "hosts", precision)
    for used in LibraryCalls(project, "proxies"):
        given = used.argument(used.entry["trusts"])
        if given is None or not any(text_of(item) == "*" for item in options(given[0])):
            continue
        # Where a switch decides between this and something else, somebody asked for it.
        is_meant = choices.asked_for(used.module, used.node.start) or isinstance(given[0], (Setting, Choice))
        developing = used.argument(used.entry.get("developing", ""))
        is_meant = is_meant or (developing is not None and is_true(developing[0]))
        yield _trusting(given[1], f"{used.entry['trusts']}='*'", "", Precision.LOW if is_meant else None)
    named = regex(headers)
    for function in judging(project):
        for node, header in _read(function):
            if named.search(header):
                span = function.module.span(node.start, node.end)
                yield _trusting(span, header, "identity", Precision.LOW)  # who runs it has a proxy that sets it


def _is_display(module: Module, span: Span) -> bool:
    """Whether a setting is a list that is written out, and not put together of what somebody configured."""
    given = [each for each in walk(module.body) if isinstance(each, f.Assign) and each.start <= span.start < each.end]
    return all(isinstance(each.value, f.Sequence) for each in given)


def _trusting(span: Span, what: str, template: str, precision: Precision | None) -> Match:
    return Match(
        span=span,
        values={"what": what},
        trace=(Step(span, f"'{what}' is what callers say about themselves"),),
        template=template,
        precision=precision,
    )


def _read(function: Function) -> Iterator[tuple[f.Expr, str]]:
    """The headers that a function reads by their names."""
    for call in function.nodes(f.Call):
        if isinstance(call.func, f.Attribute) and call.func.attr == "get" and call.args:
            if isinstance(call.func.value, f.Attribute) and call.func.value.attr in ("headers", "META"):
                yield from _constant(call, call.args[0], call.func.value.attr)
    for item in function.nodes(f.Subscript):
        if isinstance(item.value, f.Attribute) and item.value.attr in ("headers", "META"):
            yield from _constant(item, item.index, item.value.attr)


def _constant(node: f.Expr, key: f.Expr, owner: str) -> Iterator[tuple[f.Expr, str]]:
    """A header by its name. What the server itself says stands among them without `HTTP_`: `META["REMOTE_USER"]`."""
    if isinstance(key, f.Constant) and isinstance(key.value, str):
        if owner == "META" and not key.value.startswith("HTTP_"):
            return
        yield node, key.value.removeprefix("HTTP_").replace("_", "-").lower()


__all__ = ["insecure_settings", "trusted_from_anyone"]
