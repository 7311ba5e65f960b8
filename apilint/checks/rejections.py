"""Signs in a function's text that it may turn a caller away, though no run for an anonymous one ended so."""

from __future__ import annotations

import re
from collections.abc import Iterator

from apilint import facts as f
from apilint.index import Class, Function
from apilint.model import Guard, Route
from apilint.project import Project
from apilint.startup import attributes
from apilint.startup.values import ClassValue, Env, FunctionValue, ModuleValue, unwrap
from apilint.unparse import unparse
from apilint.walk import walk

MAX_DEPTH = 2
# 401 and 403 by number or name, and exceptions that are called after what they mean.
_REJECTING = re.compile(
    r"(?i)(?<![\d.])40[13](?!\d)|unauthori[sz]ed|forbidden|not_?auth|permission_?(denied|error|required)|access_?denied"
    r"|denied|not_?logged|login_?(required|error)|auth\w*_?(error|failed|failure|required|exception)|invalid_?(token|cred)"
)
# What is asked about the caller.
_ASKING = re.compile(
    r"^(is_(authenticated|anonymous|staff|superuser|admin\w*|owner)|has_(perms?|permissions?|access|role)\w*|check_(access|perm)\w*"
    r"|user_can\w*|can_(view|edit|access|read|write|delete|change|manage)\w*|verify_(token|signature|jwt)\w*)$"
)
_REDIRECT = re.compile(r"(?i)redirect")
_LOGIN = re.compile(r"(?i)log_?-?in(?!g)|sign_?-?in(?!g)")


class Rejections:
    """Reads functions, each once. `is_handler` says how to take an `except` for a rejection: a handler that catches
    one has asked somebody, a guard that catches one may let the caller pass after all."""

    def __init__(self, project: Project) -> None:
        self._project = project
        self._machine = project.program.machine
        self._signs: dict[tuple[Function, bool], bool] = {}
        self._called: dict[Function, tuple[Function, ...]] = {}

    def may_reject(self, route: Route) -> bool:
        """Whether the handler, something that runs before it, or a function that they call raises, returns or catches
        what means "not allowed"."""
        if any(self._has_sign(function, is_handler=True) for function in self._handlers(route)):
            return True
        for guard in (*route.guards, *route.considered):
            # What stands before all routes tells nothing of one.
            if guard.kind == "middleware" or "the application" in guard.via:
                continue
            if any(self._has_sign(function, is_handler=False) for function in functions_of(self._project, guard)):
                return True
        return False

    def has_sign(self, function: Function) -> bool:
        """Whether a function, or one that it calls, raises or returns what means "not allowed"."""
        return self._has_sign(function, is_handler=True)

    def _handlers(self, route: Route) -> Iterator[Function]:
        """The handler; for a view class all of its methods, which run around it."""
        function = route.function.function if route.function is not None else None
        if function is not None:
            yield function
        for cls in self._classes(route, function):
            yield from cls.methods.values()

    def _classes(self, route: Route, function: Function | None) -> Iterator[Class]:
        """The project's classes of which the view is made."""
        owner = function.owner if function is not None else class_of(self._project, route.handler)
        made = self._machine.classes.get((owner.module.file, owner.index)) if owner is not None else None
        if made is not None:
            yield from (base.cls for base in attributes.mro(self._machine, made) if isinstance(base, ClassValue))

    def _has_sign(self, function: Function, *, is_handler: bool) -> bool:
        pending, seen = [(function, 0)], {function}
        while pending:
            each, depth = pending.pop()
            if self._rejects(each, is_handler=is_handler):
                return True
            if depth < MAX_DEPTH:
                inner = [called for called in self._calls(each) if called not in seen]
                seen.update(inner)
                pending += [(called, depth + 1) for called in inner]
        return False

    def _rejects(self, function: Function, *, is_handler: bool) -> bool:
        key = (function, is_handler)
        found = self._signs.get(key)
        if found is None:
            nodes = walk(function.body)
            found = self._signs[key] = any(_is_rejection(node, is_handler=is_handler) for node in nodes)
        return found

    def _calls(self, function: Function) -> tuple[Function, ...]:
        """The project's functions that a function calls by name, as a method of its own class, or of a module."""
        found = self._called.get(function)
        if found is None:
            env = self._machine.run_module(function.module)
            names = {unparse(node.func): node.func for node in walk(function.body) if isinstance(node, f.Call)}
            resolved = (self._resolved(function, node, env) for node in names.values())
            found = self._called[function] = tuple({each: None for each in resolved if each is not None})
        return found

    def _resolved(self, function: Function, node: f.Expr, env: Env) -> Function | None:
        if isinstance(node, f.Name):
            value = unwrap(self._machine.lookup(node.id, env))
            return value.function if isinstance(value, FunctionValue) else None
        if not isinstance(node, f.Attribute) or not isinstance(node.value, f.Name):
            return None
        if node.value.id in ("self", "cls"):
            return function.owner.method(node.attr) if function.owner is not None else None
        base = self._machine.lookup(node.value.id, env)
        if isinstance(base, ModuleValue):
            value = unwrap(self._machine.lookup_in_module(base.module, node.attr) or base)
            return value.function if isinstance(value, FunctionValue) else None
        return None


def class_of(project: Project, handler: str) -> Class | None:
    """The class of the project that a handler names."""
    name, _, qualname = handler.partition(":")
    module = project.index.module(name)
    return next((cls for cls in module.classes if cls.qualname == qualname), None) if module is not None else None


def functions_of(project: Project, guard: Guard) -> Iterator[Function]:
    """The project's function behind a guard."""
    module, _, qualname = guard.qualname.rpartition(":")
    found = project.index.module(module) if module else None
    for function in found.functions if found is not None else ():
        if function.qualname == qualname:
            yield function


def _is_rejection(node: object, *, is_handler: bool) -> bool:
    if isinstance(node, f.Raise):
        return bool(_REJECTING.search(unparse(node.exception)))
    if isinstance(node, f.Return):
        return node.value is not None and (bool(_REJECTING.search(_status_of(node.value))) or _to_login(node.value))
    if isinstance(node, f.Handler):
        return is_handler and node.type is not None and bool(_REJECTING.search(unparse(node.type)))
    if isinstance(node, f.Attribute):
        return is_handler and bool(_ASKING.match(node.attr))
    if isinstance(node, f.Call):
        name = unparse(node.func).rpartition(".")[2]
        if name == "abort":
            return bool(_REJECTING.search(" ".join(map(unparse, node.args))))
        return is_handler and bool(_ASKING.match(name))
    return False


def _to_login(value: f.Expr) -> bool:
    """Whether an answer sends the caller to where people log in."""
    text = unparse(value)
    return bool(_REDIRECT.search(text)) and bool(_LOGIN.search(text))


def _status_of(value: f.Expr) -> str:
    """The part of a returned expression that can be a status: the last of a tuple, the arguments of a response."""
    if isinstance(value, f.Sequence):
        return " ".join(unparse(item) for item in value.items[1:])
    if isinstance(value, f.Call):
        given = [unparse(keyword.value) for keyword in value.keywords if keyword.name and "status" in keyword.name]
        return " ".join([unparse(value.func), *map(unparse, value.args[1:]), *given])
    return ""


__all__ = ["Rejections", "class_of", "functions_of"]
