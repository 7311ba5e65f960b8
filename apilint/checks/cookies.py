"""APL405: cookies with credentials that travel unencrypted, or that any script on the page may read."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

from apilint import facts as f
from apilint.check import Match, check
from apilint.checks.beside import is_beside
from apilint.checks.exposed import words_of
from apilint.checks.written import Written, calls, scopes
from apilint.finding import Precision
from apilint.flow.narrowing import last_name
from apilint.index import Function
from apilint.model import Step
from apilint.patterns import regex
from apilint.project import Project
from apilint.startup.values import Known, Value, text_of
from apilint.unparse import unparse
from apilint.walk import walk

_REQUEST = regex(r"(?i)req(uest)?$|^(web_?)?(socket|ws)$|conn(ection)?$")

# A comment beside a setting that says when it has to be switched on.
_SAYS_WHEN = regex(r"(?i)\b(https|ssl|tls|production|proxy|behind)\b")

SECURE, HTTPONLY = "secure", "httponly"


@check
def insecure_cookie(
    project: Project,
    *,
    names: str,
    never: str,
    methods: tuple[str, ...],
    configured: str,
    session: str,
    settings: Mapping[str, str],
    places: str,
    one_precision: str = "medium",
    read_precision: str = "low",
    other: str = "",
    other_precision: str = "low",
    passing: str = r"(?!)",
) -> Iterator[Match]:
    """Cookies set with a session or a token in them, and, less sure, others; settings and middleware of the session's
    cookie."""
    held, without, local, brief = regex(names), regex(never), regex(places), regex(passing)
    for where, node in calls(project, methods):
        name = _name_of(where, node)
        is_held = held.search(name) is not None
        if not (is_held or (name and other)) or without.search(name) or _is_deleted(where, node):
            continue
        lacking = _lacking(where, node)
        if not lacking:
            continue
        span = where.span(node)
        explicit = any(each.name == HTTPONLY for each in node.keywords)
        precision = None if len(lacking) > 1 else Precision(one_precision)
        if lacking == [HTTPONLY] and explicit:
            precision = Precision(read_precision)  # a script is meant to read it
        if brief.search(name) or is_beside(span.file):
            precision = Precision.LOW
        yield Match(
            span=span,
            values={"cookie": name, "flags": " and ".join(f"'{each}'" for each in lacking), "effect": _effect(lacking)},
            trace=(Step(span, f"the cookie '{name}' is set without {' and '.join(lacking)}"),),
            precision=precision if is_held else Precision(other_precision),
            template="" if is_held else "other",
        )
    yield from _settings(project, settings, local)
    yield from _middleware(project)


def _effect(lacking: Sequence[str]) -> str:
    readers = ["whoever reads an unencrypted request"] if SECURE in lacking else []
    readers += ["any script on the page"] if HTTPONLY in lacking else []
    return " and ".join(readers)


# ------------------------------------------------------------------------------------------- set by hand


def _name_of(where: Written, node: f.Call) -> str:
    """The name of a cookie, or what the source calls it."""
    given = next((each.value for each in node.keywords if each.name in ("key", "name")), None)
    if given is None and node.args:
        given = node.args[0]
    if given is None:
        return ""
    text = text_of(where.value(given))
    if text is not None and "{" not in text:
        return words_of(text)
    name = last_name(given)  # of a variable only where it says that it holds the name
    return words_of(name) if name.isupper() or isinstance(given, f.Attribute) or "name" in name.lower() else ""


def _lacking(where: Written, node: f.Call) -> list[str]:
    """The flags that a cookie surely goes without."""
    if any(each.name is None for each in node.keywords) or any(isinstance(arg, f.Starred) for arg in node.args):
        return []
    given = {each.name: each.value for each in node.keywords}
    return [flag for flag in (SECURE, HTTPONLY) if flag not in given or _is_off(where.value(given[flag]))]


def _is_off(value: Value) -> bool:
    return isinstance(value, Known) and value.value in (False, None)


def _is_deleted(where: Written, node: f.Call) -> bool:
    """Whether a cookie is set to nothing, or to what is over."""
    given = {each.name: each.value for each in node.keywords}
    value = given.get("value") or (node.args[1] if len(node.args) > 1 else None)
    ends = [given.get("max_age"), given.get("expires")]
    return any(isinstance(each, f.Constant) and each.value == 0 for each in ends) or (
        isinstance(value, f.Constant) and value.value in ("", None)
    )


# ---------------------------------------------------------------------------------------------- settings


def _settings(project: Project, settings: Mapping[str, str], local: re.Pattern[str]) -> Iterator[Match]:
    """`SESSION_COOKIE_SECURE = False`, in settings that are not only for developers."""
    found = [
        (name, where, at, _is_off(where.value(value)))
        for where, nodes in scopes(project, settings, text=b"_COOKIE_")
        for node in nodes
        for name, value, at in settings_in(node)
        if name in settings
    ]
    switched_on = {name for name, where, at, is_off in found if not is_off and not where.module.is_test}
    for name, where, at, is_off in found:
        if not is_off or is_local(where, at.start, local):
            continue
        span = where.span(at)
        step = Step(span, f"'{name}' switches '{settings[name]}' off for the cookie")
        values = {"setting": name, "effect": _effect([settings[name]])}
        # A default that the program does not run with.
        is_told = _SAYS_WHEN.search(project.index.comment(span.file, span.start)) is not None
        doubt = Precision.LOW if name in switched_on or is_told or is_beside(span.file) else None
        yield Match(span=span, values=values, template="configured", trace=(step,), precision=doubt)


def settings_in(
    node: f.Call | f.Assign | f.AnnAssign,
) -> Iterator[tuple[str, f.Expr, f.Keyword | f.Assign | f.AnnAssign]]:
    """The settings that a statement sets: `X = …`, `app.config["X"] = …`, `app.config.update(X=…)`."""
    if isinstance(node, f.Call):
        if last_name(node.func) in ("update", "from_mapping"):
            yield from ((each.name, each.value, each) for each in node.keywords if each.name is not None)
    elif node.value is not None:
        targets = node.targets if isinstance(node, f.Assign) else (node.target,)
        yield from ((_setting(target), node.value, node) for target in targets)


def _setting(target: f.Expr) -> str:
    """`X` of `X = …`, of `app.config["X"] = …` and of `settings.X = …`."""
    if isinstance(target, f.Subscript) and isinstance(target.index, f.Constant):
        return str(target.index.value)
    return last_name(target)


def is_local(where: Written, at: int, local: re.Pattern[str]) -> bool:
    """Whether a module, class, function or test around a place says that it is for developers."""
    module = where.module
    around = [each.qualname for each in module.facts.classes if each.start <= at < each.end]
    around += [each.qualname for each in module.facts.functions if each.start <= at < each.end]
    body: Collection[f.Stmt] = where.function.body if where.function is not None else module.body
    around += [unparse(node.test) for node in walk(body) if isinstance(node, f.If) and node.start <= at < node.end]
    return bool(local.search(module.file)) or any(map(local.search, around))


# -------------------------------------------------------------------------------------------- middleware


def _middleware(project: Project) -> Iterator[Match]:
    """Middleware that sets the session's cookie, made without the flag or told to go without."""
    entries: Mapping[str, Any] = project.knowledge.sections.get("cookies", {})
    words = {name.rpartition(".")[2] for name in entries} | {m for e in entries.values() for m in e["handed_to"]}
    libraries = {name.partition(".")[0] for name in entries}
    for where, node in calls(project, words, libraries):
        named = [node.func, *node.args[:1]] if last_name(node.func) not in entries else [node.func]
        entry = next((entries[name] for each in named for name in where.names(each) if name in entries), None)
        if entry is None or any(each.name is None for each in node.keywords):
            continue
        given = next((each.value for each in node.keywords if each.name == entry["secure"]), None)
        if given is None or _is_off(where.value(given)):
            span = where.span(node)
            yield Match(
                span=span,
                values={"argument": entry["secure"], "effect": _effect([SECURE])},
                template="session",
                trace=(Step(span, f"'{entry['secure']}' is not switched on"),),
                precision=Precision.LOW if is_beside(span.file) or not _keeps(project) else Precision.MEDIUM,
            )


def _keeps(project: Project) -> bool:
    """Whether the program keeps something in a session itself, beside what libraries need on the way of a log-in."""
    return project.once("uses sessions", lambda: any(map(_reads_session, _mentioning(project))))


def _mentioning(project: Project) -> Iterator[Function]:
    for module in project.index.modules.values():
        if not module.is_test:
            yield from (each for each in module.functions if project.index.may_mention(each, "session"))


def _reads_session(function: Function) -> bool:
    """`request.session`, `self.request.session`, `request.scope["session"]`."""
    if any(each.attr == "session" and _REQUEST.search(last_name(each.value)) for each in function.nodes(f.Attribute)):
        return True
    return any(
        isinstance(each.index, f.Constant) and each.index.value == "session" and last_name(each.value) == "scope"
        for each in function.nodes(f.Subscript)
    )


__all__ = ["insecure_cookie", "is_local", "settings_in"]
