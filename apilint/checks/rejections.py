"""Signs in a function's text that it may turn a caller away, though no run for an anonymous one ended so."""

from __future__ import annotations

import re
from collections.abc import Iterator

from apilint import facts as f
from apilint.checks.reached import Reached
from apilint.flow.narrowing import last_name
from apilint.index import Class, Function
from apilint.model import Guard, Route
from apilint.patterns import regex
from apilint.project import Project
from apilint.startup import attributes
from apilint.startup.values import FunctionValue, unwrap
from apilint.unparse import unparse
from apilint.walk import walk

MAX_DEPTH = 2
# 401 and 403 by number or name, and exceptions that are called after what they mean.
_REJECTING = regex(
    r"(?i)(?<![\d.])40[13](?!\d)|unauthori[sz]ed|forbidden|not_?auth|permission_?(denied|error|required)|access_?denied"
    r"|denied|not_?logged|login_?(required|error)|auth\w*_?(error|failed|failure|required|exception)|invalid_?(token|cred)"
    r"|credentials?_?(not_?|in)valid"
)
_REFUSED = regex(r"\b(1008|3000|3003|4[04]?0[13]|WS_1008\w*)\b|(?i:auth|denied|forbidden|token|login)")
# What is asked about the caller.
_ASKING = regex(
    r"^_?(is_(authenticated|anonymous|staff|superuser|admin\w*|owner)|has_(perms?|permissions?|access|role)\w*|check_(access|perm)\w*"
    r"|user_can\w*|can_(view|edit|access|read|write|delete|change|manage)\w*|(verify|validate|check)_(\w+_)?(token|signature|jwt|hmac|callback|webhook)\w*)$"
)
# Where credentials stand in a request, and methods that are given a whole request to answer it.
_HEADER = regex(r"(?i)^(authorization|x-(api|auth)[\w-]*|[\w-]*-(signature|token|secret|key)[\w-]*)$")
_HANDING_ON = regex(r"^(handle\w*|process_\w+|dispatch)$")
_ANSWERING = frozenset({"dispatch_request", "full_dispatch_request"})
_WHOLE_REQUESTS = frozenset({"request", "req"})
# A switch in the settings, and an answer that says there is nothing.
_ENABLED = regex(r"(?i)_enabled?$|_disabled?$")
_NOT_FOUND = regex(r"404|not_?found", re.IGNORECASE)
# Who is calling, as an argument.
_USER = regex(r"(^|\.)(current_)?user$")
_REDIRECT = regex(r"(?i)redirect")
_LOGIN = regex(r"(?i)log_?-?in(?!g)|sign_?-?in(?!g)|authenticate\b")


class Rejections:
    """Reads functions, each once. `is_handler` says how to take an `except` for a rejection: a handler that catches
    one has asked somebody, a guard that catches one may let the caller pass after all."""

    def __init__(self, project: Project) -> None:
        self._project = project
        self._machine = project.program.machine
        self._signs: dict[tuple[Function, bool], bool] = {}
        self._reached = Reached(project)

    def may_reject(self, route: Route) -> bool:
        """Whether the handler, something that runs before it, or a function that they call raises, returns or catches
        what means "not allowed"."""
        if any(self._has_sign(function, is_handler=True) for function in self._handlers(route)):
            return True
        for guard in (*route.guards, *route.considered):
            # What stands before all routes tells nothing of one.
            if guard.via == "middleware" or guard.kind == "middleware" or "the application" in guard.via:
                continue
            if any(self._has_sign(function, is_handler=False) for function in self._behind(guard)):
                return True
        return False

    def known(self) -> bool:
        """Whether any code of the project says "not allowed"."""
        for module in self._project.index.modules.values():
            if not module.is_test:
                for function in module.functions:
                    if _REJECTING.search(function.facts.words) and self._rejects(function, is_handler=False):
                        return True
        return False

    def has_sign(self, function: Function) -> bool:
        """Whether a function, or one that it calls, raises or returns what means "not allowed"."""
        return self._has_sign(function, is_handler=True)

    def _behind(self, guard: Guard) -> Iterator[Function]:
        """The function of a guard, and the one that made it: `return wrapper`."""
        for function in functions_of(self._project, guard):
            yield function
            maker = function.parent
            if maker is not None and any(_returns(node, function.name) for node in walk(maker.body)):
                yield maker

    def _handlers(self, route: Route) -> Iterator[Function]:
        """The handler; for a view class all of its methods, which run around it."""
        function = route.function.function if route.function is not None else None
        if function is not None:
            yield function
        for cls in self._classes(route, function):
            yield from cls.methods.values()
            yield from self._decorating(cls)

    def _decorating(self, cls: Class) -> Iterator[Function]:
        """The functions that decorators of a view class name: `@view_decorator(superuser_only)`."""
        env = self._machine.run_module(cls.module)
        for node in walk(cls.code.decorators):
            value = unwrap(self._machine.lookup(node.id, env)) if isinstance(node, f.Name) else None
            if isinstance(value, FunctionValue):
                yield value.function

    def _classes(self, route: Route, function: Function | None) -> Iterator[Class]:
        """The project's classes of which the view is made."""
        owner = function.owner if function is not None else class_of(self._project, route.handler)
        made = self._machine.class_value(owner) if owner is not None else None
        if made is not None:
            yield from (base.cls for base in attributes.own_classes(self._machine, made))

    def _has_sign(self, function: Function, *, is_handler: bool) -> bool:
        pending, seen = [(function, 0)], {function}
        while pending:
            each, depth = pending.pop()
            if self._rejects(each, is_handler=is_handler):
                return True
            if depth < MAX_DEPTH:
                inner = [called for called in self._reached.by(each) if called not in seen]
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
        return node.exception is not None and (
            bool(_REJECTING.search(unparse(node.exception))) or _to_login(node.exception)
        )
    if isinstance(node, f.Return):
        return node.value is not None and (bool(_REJECTING.search(_status_of(node.value))) or _to_login(node.value))
    if isinstance(node, f.Handler):
        is_refusal = is_handler or any(isinstance(each, f.Raise) for each in node.body)
        return is_refusal and node.type is not None and bool(_REJECTING.search(unparse(node.type)))
    if isinstance(node, f.Assign):
        return is_handler and isinstance(node.value, f.Call) and bool(_REJECTING.search(_status_of(node.value)))
    if isinstance(node, f.If):
        return is_handler and (_asks_about_user(node) or _is_switch(node))
    if isinstance(node, f.For):
        return is_handler and _asks_others(node)
    if isinstance(node, f.Attribute):
        return is_handler and bool(_ASKING.match(node.attr))
    if isinstance(node, f.Call):
        name = unparse(node.func).rpartition(".")[2]
        if "abort" in name:  # `abort_with_message(401, "…")`
            return bool(_REJECTING.search(" ".join(map(unparse, node.args))))
        if name == "close":  # of a websocket
            given = [*node.args, *(keyword.value for keyword in node.keywords)]
            return bool(_REFUSED.search(" ".join(map(unparse, given))))
        return is_handler and (bool(_ASKING.match(name)) or _reads_credential(node) or _hands_on(node))
    return False


def _reads_credential(call: f.Call) -> bool:
    """`request.headers.get("Authorization")`: what is done with it could not be followed."""
    if not isinstance(call.func, f.Attribute) or call.func.attr != "get" or not call.args:
        return False
    name = call.args[0]
    is_header = unparse(call.func.value).rpartition(".")[2] == "headers"
    return is_header and isinstance(name, f.Constant) and bool(_HEADER.match(str(name.value)))


def _hands_on(call: f.Call) -> bool:
    """`await slack.handle(request)`: whether the caller is asked is up to what answers in the handler's place."""
    func = call.func
    if not isinstance(func, f.Attribute):
        return False
    if func.attr in _ANSWERING:  # the application, asked for another of its routes
        return True
    if not _HANDING_ON.match(func.attr):
        return False
    is_own = isinstance(func.value, f.Call) or (isinstance(func.value, f.Name) and func.value.id in ("self", "cls"))
    return not is_own and any(isinstance(arg, f.Name) and arg.id in _WHOLE_REQUESTS for arg in call.args)


def _asks_about_user(statement: f.If) -> bool:
    """Whether who is calling is put to a test of the project, and one of the ways past it ends here."""
    if not any(isinstance(branch[-1], (f.Return, f.Raise)) for branch in (statement.body, statement.orelse) if branch):
        return False
    calls = (
        node for node in walk((statement.test,)) if isinstance(node, f.Call) and isinstance(node.func, f.Attribute)
    )
    return any(_USER.search(unparse(arg)) for call in calls for arg in call.args)


def _is_switch(statement: f.If) -> bool:
    """`if RECONNECT_ENABLED: …; else: abort(404)`: whoever runs the program decides whether there is such a route."""
    test = unparse(statement.test)
    gone = [*walk(statement.orelse), *walk(statement.body)]
    return bool(_ENABLED.search(test)) and any(
        isinstance(node, f.Call)
        and last_name(node.func) in ("abort", "HTTPException", "Http404")
        and _NOT_FOUND.search(unparse(node))
        for node in gone
    )


def _asks_others(loop: f.For) -> bool:
    """Whether hooks are asked in turn, and what one of them answers is the answer: `for hook in hooks: …`."""
    hooks = {node.id for node in walk((loop.target,)) if isinstance(node, f.Name)}
    answers = {
        target.id
        for node in walk(loop.body)
        if isinstance(node, f.Assign) and isinstance(node.value, f.Call) and isinstance(node.value.func, f.Name)
        for target in node.targets
        if isinstance(target, f.Name) and node.value.func.id in hooks
    }
    return any(_returns(node, name) for node in walk(loop.body) for name in answers)


def _returns(node: object, name: str) -> bool:
    return isinstance(node, f.Return) and isinstance(node.value, f.Name) and node.value.id == name


def _to_login(value: f.Expr) -> bool:
    """Whether an answer, or an exception that becomes one, sends the caller to where people log in."""
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
