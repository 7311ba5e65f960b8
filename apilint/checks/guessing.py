"""APL601: routes that check a password or a code, send one, or make an account, as often as anyone asks."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from apilint import facts as f
from apilint.check import Match, check
from apilint.checks.configured import settings_of
from apilint.checks.conventions import literal_parts
from apilint.checks.exposed import is_guarded, label, name_of, words_of
from apilint.checks.limits import Limits
from apilint.facts import Span
from apilint.finding import Precision, Severity
from apilint.flow.narrowing import last_name
from apilint.index import Function
from apilint.model import Route, Step
from apilint.patterns import regex
from apilint.project import Project
from apilint.startup import attributes
from apilint.unparse import unparse

IN_THE_HANDLER = "in the handler"
CHANGING = frozenset({"POST", "PUT", "PATCH", "ANY"})
REPEATING = frozenset({"PUT", "PATCH"})
MAX_DEPTH = 2
# The parameters of a path, in whatever syntax: `{code}`, `<str:code>`, `(?P<code>…)`.
_PARAMETERS = regex(r"[{<](?:\w+:)?(\w+)")


@check
def unlimited_guessing(
    project: Project,
    *,
    routes: str,
    verifying: str,
    carrying: str,
    forms: tuple[str, ...] = (),
    never: str = "(?!)",
    others: Mapping[str, Mapping[str, str]],
    registration: str,
    reset: str,
    registration_severity: str = "note",
    beside_limited_precision: str = "high",
    settings_name: str = "",
    asked_setting: str = "",
    unguessable: str = "(?!)",
    privileged: str = "(?!)",
    generated: str = "(?!)",
    opened: str = "(?!)",
    development: str = "(?!)",
) -> Iterator[Match]:
    """Handlers that check a password or a code and that nothing limits; and `others`: which routes by their words, and
    by which calls they do it. Who sends something `unguessable` cannot try one after the other, nor can those who are
    asked for a secret that was `generated` for them; whoever lets people sign up (`opened` matches the setting) has
    decided it; what `privileged` users do for others is not for everybody, and
    what is there in `development` only is for nobody else."""
    limits, guesses = Limits.of(project), Guesses(project, routes, never, verifying, carrying, forms)
    guesses.others = {name: (regex(each["routes"]), regex(each["calls"])) for name, each in others.items()}
    settings, secret, few = settings_of(project, settings_name), regex(unguessable), regex(privileged)
    made, own, allowing = regex(generated), regex(development), regex(opened)
    posted = {
        (view, route.path) for route in project.routes if "POST" in route.methods and (view := limits.view(route))
    }
    seen: set[Span] = set()
    for route in project.routes:
        if route.span in seen or CHANGING.isdisjoint(route.methods):
            continue
        if REPEATING.issuperset(route.methods) and (limits.view(route), route.path) in posted:
            continue  # a class that passes PUT on to POST
        template, proof = guesses.of(route)
        if proof is None or project.is_test(route.span.file) or _is_known_caller(route) or _only_calls(project, route):
            continue
        seen.add(route.span)
        if limits.reach(route, asks_settings=not guesses.is_unthrottled(route)):
            continue
        is_library = settings is not None and settings.has(asked_setting) is None  # who installs it adds what limits
        if (
            is_library
            or (guesses.resets(route, template) and _is_sent(route, secret))
            or (template == "" and _is_asked_for(route, made))
            or bool(own.search(route.only_if))
            or (template != "" and _is_for_few(route, few))
            or (template == "registration" and _asks(route, allowing))
        ):
            precision: Precision | None = Precision.LOW
        else:
            precision = Precision(beside_limited_precision) if any(limits.using()) else None
        yield Match(
            span=route.span if route.function is not None else route.registered,
            values={"route": label(route), "handler": name_of(route.handler)},
            trace=(Step(route.registered, f"'{label(route)}' is registered here"), proof),
            template=template,
            severity=Severity(registration_severity) if template == "registration" else None,
            precision=precision,
            route=label(route),
        )


def _is_known_caller(route: Route) -> bool:
    """Whether only those get as far as the check who have shown who they are: it does not count itself."""
    return is_guarded(route) and any(
        guard.effect in ("required", "conditional") and guard.kind != IN_THE_HANDLER for guard in route.guards
    )


def _only_calls(project: Project, route: Route) -> bool:
    """Whether a handler is another name for one of the same module: `return auth()`."""
    function = route.function.function if route.function is not None else None
    last = function.body[-1] if function is not None and function.body else None
    value = last.value if isinstance(last, f.Return) else None
    if function is None or not isinstance(value, f.Call) or not isinstance(value.func, f.Name):
        return False
    if any(not isinstance(each, f.ExprStmt) for each in function.body[:-1]):
        return False
    named = (each for each in function.module.functions if each.name == value.func.id and each.owner is None)
    return any(project.routes_of(each) for each in named)


def _asks(route: Route, allowing: re.Pattern[str]) -> bool:
    """Whether a handler asks a setting of that name."""
    function = route.function.function if route.function is not None else None
    return function is not None and any(allowing.search(words_of(node.attr)) for node in function.nodes(f.Attribute))


def _is_for_few(route: Route, privileged: re.Pattern[str]) -> bool:
    """Whether the path is the administrators', or the handler asks what the caller may do."""
    function = route.function.function if route.function is not None else None
    asked = {node.attr for node in function.nodes(f.Attribute)} if function is not None else set()
    return any(privileged.search(words_of(name)) for name in (*literal_parts(route.path), *asked))


def _is_sent(route: Route, name: re.Pattern[str]) -> bool:
    """Whether a handler is given something of that name: as a parameter, within one, or as a field of the request."""
    return any(map(name.search, (*_given(route), *_PARAMETERS.findall(route.path))))


def _is_asked_for(route: Route, generated: re.Pattern[str]) -> bool:
    """Whether a handler takes a secret that the server made, and no password beside it."""
    names = list(_given(route))
    return any(map(generated.search, names)) and not any("passw" in name.lower() for name in names)


def _given(route: Route) -> Iterator[str]:
    function = route.function.function if route.function is not None else None
    if function is None:
        return
    names = [param.name for param in function.head.params]
    yield from names
    for node in function.nodes(f.Attribute):
        if isinstance(node.value, f.Name) and node.value.id in names:
            yield node.attr
    for call in function.nodes(f.Call):  # `request.args.get("token")`
        if last_name(call.func) == "get" and call.args and isinstance(call.args[0], f.Constant):
            yield str(call.args[0].value)
    for item in function.nodes(f.Subscript):
        if isinstance(item.index, f.Constant):
            yield str(item.index.value)


class Guesses:
    """Finds the places where a password or a code is checked."""

    def __init__(
        self, project: Project, routes: str, never: str, verifying: str, carrying: str, forms: tuple[str, ...]
    ) -> None:
        self.project = project
        self.logins: Mapping[str, Any] = project.knowledge.sections.get("logins", {})
        self.limits = Limits.of(project)
        self._routes, self._never = regex(routes), regex(never)
        self._verifying, self._carrying = regex(verifying), regex(carrying)
        self._forms = forms
        self.others: Mapping[str, tuple[re.Pattern[str], re.Pattern[str]]] = {}
        self._found: dict[Function, Step | None] = {}

    def of(self, route: Route) -> tuple[str, Step | None]:
        """What a route gives away by being asked often (the name of a message; the rule's own is empty), with proof."""
        proof = self.proof(route) if self.named(route) else None
        if proof is not None or route.function is None:
            return "", proof
        for name, (routes, calls) in self.others.items():
            if any(map(routes.search, self._names(route))):
                proof = self._does(route.function.function, calls, MAX_DEPTH)
                if proof is not None:
                    return name, proof
        return "", None

    def resets(self, route: Route, template: str) -> bool:
        """Whether a route sets a new password for one who forgot it, whatever it does on the way."""
        routes = self.others["reset"][0] if template == "" and "reset" in self.others else None
        return template == "reset" or (routes is not None and any(map(routes.search, self._names(route))))

    @staticmethod
    def _names(route: Route) -> list[str]:
        return [*literal_parts(route.path)[-1:], *map(words_of, name_of(route.handler).split(".")[-2:])]

    def _does(self, function: Function, calls: re.Pattern[str], depth: int) -> Step | None:
        """The call of a name in a function, or in one that it calls."""
        for call in function.nodes(f.Call):
            if calls.search(unparse(call.func)):
                return Step(function.module.span(call.start, call.end), f"'{unparse(call.func)}' does it")
        called = self.limits.reached.by(function) if depth > 0 else ()
        return next((step for each in called if (step := self._does(each, calls, depth - 1)) is not None), None)

    def named(self, route: Route) -> bool:
        """Whether a route's path or its handler's name speaks of logging in, or a library handles it that does."""
        names = self._names(route)
        if any(self._never.search(name) for name in names):
            return False
        return any(self._routes.search(name) for name in names) or self._library(route) is not None

    def proof(self, route: Route) -> Step | None:
        """Where the password is checked; None when it is not."""
        if route.function is not None:
            found = self._checks(route.function.function, MAX_DEPTH)
            if found is not None:
                return found
        name = self._library(route)
        return Step(route.registered, f"'{name}' checks the password") if name is not None else None

    def is_unthrottled(self, route: Route) -> bool:
        """Whether the default limits do not reach a library's view."""
        name = self._library(route)
        return name is not None and bool(self.logins[name].get("unthrottled"))

    def _library(self, route: Route) -> str | None:
        """The name of a library's log-in view that a route's handler is, or derives from."""
        view = self.limits.view(route)
        module, _, name = route.handler.partition(":")
        names = [f"{module}.{name}", f"{module}.{name}".rpartition(".")[0]]
        if view is not None:
            names = attributes.external_bases(self.project.program.machine, view)
        return next((each for each in names if each in self.logins), None)

    def _checks(self, function: Function, depth: int) -> Step | None:
        """The call that checks a password, in a function or in one that it calls."""
        if function not in self._found:
            self._found[function] = None  # for one that calls itself
            self._found[function] = self._in_head(function) or self._in_body(function, depth)
        return self._found[function]

    def _in_head(self, function: Function) -> Step | None:
        for param in function.head.params:
            if param.annotation is not None and not self._named_in(param.annotation).isdisjoint(self._forms):
                span = function.module.span(param.start, param.end)
                return Step(span, f"'{param.name}' is a form with a name and a password")
        return None

    @staticmethod
    def _named_in(annotation: f.Expr) -> set[str]:
        index = annotation.index if isinstance(annotation, f.Subscript) else annotation
        items = index.items if isinstance(index, f.Sequence) else (index,)
        return {last_name(item) for item in items}

    def _in_body(self, function: Function, depth: int) -> Step | None:
        for call in function.nodes(f.Call):
            if self._verifying.search(unparse(call.func)) and self._carrying.search(unparse(call)):
                span = function.module.span(call.start, call.end)
                return Step(span, f"'{unparse(call.func)}' checks what the caller sent")
        called = self.limits.reached.by(function) if depth > 0 else ()
        return next((step for each in called if (step := self._checks(each, depth - 1)) is not None), None)


__all__ = ["unlimited_guessing"]
