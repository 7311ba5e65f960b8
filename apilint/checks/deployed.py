"""APL407, APL503: settings of a program in production that leave connections unencrypted, or requests unrecorded."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from apilint import facts as f
from apilint.check import Match, check
from apilint.checks.configured import settings_of
from apilint.checks.logs import Logs
from apilint.checks.sinks import is_true
from apilint.checks.switches import options
from apilint.checks.written import Written, calls
from apilint.facts import Span
from apilint.finding import Precision
from apilint.flow.narrowing import last_name
from apilint.index import Function, Module
from apilint.model import Step
from apilint.patterns import regex
from apilint.project import Project
from apilint.startup.values import Env, Known, Value, text_of
from apilint.unparse import unparse
from apilint.walk import walk

_PUBLIC = regex(r"^\.?[a-z][\w.-]*\.[a-z]{2,}$")
_PROBED = regex(r"(?i)health|liveness|readiness|probe|metrics|prometheus")


@check
def https_not_enforced(
    project: Project, *, settings_name: str, production: str, asked: tuple[str, ...], any_of: tuple[str, ...]
) -> Iterator[Match]:
    """Settings modules for production that say nothing of encrypted connections; less sure where they name no host that
    the world knows, for others may run them at home."""
    named = regex(production)
    if settings_of(project, settings_name) is None:
        return
    for module in project.index.modules.values():
        if module.is_test or not named.search(module.file) or module.words.isdisjoint(asked):
            continue
        env = project.program.machine.run_module(module)
        said = [name for name in any_of if _says(env, module, name)]
        if not said and _is_known(module) and not _is_debug(env):
            span = _first(module, asked)
            step = Step(span, "these are settings for production")
            values = {"settings": ", ".join(f"'{name}'" for name in any_of[:2])}
            is_public = any(map(_is_public, options(env.vars.get("ALLOWED_HOSTS"))))
            yield Match(span=span, values=values, trace=(step,), precision=None if is_public else Precision.LOW)


def _is_public(host: Value) -> bool:
    name = text_of(host)
    return name is not None and _PUBLIC.match(name) is not None


def _says(env: Env, module: Module, name: str) -> bool:
    return name in env.vars or name in module.words


def _is_known(module: Module) -> bool:
    """Whether everything that the settings take over stands in the project: no star of a library is among them."""
    machine = module.index
    return all(
        machine.module(machine.absolute(module, node.level, node.module), module.file) is not None
        for node in walk(module.body)
        if isinstance(node, f.ImportFrom) and any(name == "*" for name, _ in node.names)
    )


def _is_debug(env: Env) -> bool:
    value = env.vars.get("DEBUG")
    return isinstance(value, Known) and value.value is True


def _first(module: Module, asked: tuple[str, ...]) -> Span:
    """Where the settings begin: at the first of those that were asked for."""
    for node in module.body:
        if isinstance(node, f.Assign) and last_name(node.targets[0]) in asked:
            return module.span(node.start, node.end)
    return module.span(0, 0)


@check
def no_request_logging(
    project: Project, *, recording: str, noting: str = r"(?!)", quiet_precision: str = "low"
) -> Iterator[Match]:
    """Servers that are started without a record of requests, where nothing else keeps one."""
    servers: Mapping[str, Any] = project.knowledge.sections.get("servers", {})
    entries = {name: entry for name, entry in servers.items() if "silent" in entry}
    words = {name.rpartition(".")[2] for name in entries}
    libraries = {name.partition(".")[0] for name in entries}
    found = []
    for where, node in calls(project, words, libraries):
        entry: Mapping[str, Any] = next((entries[name] for name in where.names(node.func) if name in entries), {})
        for keyword in node.keywords if entry else ():
            value, name = where.value(keyword.value), keyword.name or ""
            is_silent = _is_one_of(value, entry["silent"].get(name, ()))
            if is_silent or _is_one_of(value, entry.get("quiet", {}).get(name, ())):
                is_meant = not is_silent or _is_probed(where.function, node) or _is_reloaded(where, node)
                found.append((where, node, keyword, Precision(quiet_precision) if is_meant else None))
    if not found or _keeps_record(project, regex(recording), noting):
        return
    for where, node, keyword, precision in found:
        span = where.span(keyword)
        yield Match(
            span=span,
            values={"server": unparse(node.func), "argument": f"{keyword.name}={unparse(keyword.value)}"},
            trace=(Step(span, f"'{unparse(node.func)}' writes no line for a request"),),
            precision=precision,
        )


def _is_probed(function: Function | None, node: f.Call) -> bool:
    """Whether a server only tells machines how a program is: nobody attacks there."""
    given = " ".join(unparse(arg) for arg in (*node.args, *(each.value for each in node.keywords)))
    return bool(_PROBED.search(given) or (function is not None and _PROBED.search(function.name)))


def _is_reloaded(where: Written, node: f.Call) -> bool:
    """Whether a developer starts it, who has it read its source again: `reload=True`."""
    return any(
        each.name in ("reload", "debug", "use_reloader") and is_true(where.value(each.value)) for each in node.keywords
    )


def _is_one_of(value: Value, listed: Sequence[object]) -> bool:
    if isinstance(value, Known) and not isinstance(value.value, str):
        return any(value.value is each for each in listed)
    return text_of(value) in listed


def _keeps_record(project: Project, recording: re.Pattern[str], noting: str) -> bool:
    """Whether a middleware or a hook of the project logs what is asked for."""
    logs = Logs(project, noting)
    for module in project.index.modules.values():
        for function in module.functions if not module.is_test else ():
            owner = function.owner
            is_middleware = owner is not None and "middleware" in owner.name.lower()
            decorated = function.facts.decorated and any(
                recording.search(unparse(node)) for node in function.head.decorators
            )
            if (is_middleware or decorated) and logs.function_logs(function):
                return True
    return False


__all__ = ["https_not_enforced", "no_request_logging"]
