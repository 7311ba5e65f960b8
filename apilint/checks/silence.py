"""Callers who are refused without a trace."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator

import msgspec

from apilint import facts as f
from apilint.check import Match, check
from apilint.checks.assigned import Assignments, last_name
from apilint.checks.logs import Logs
from apilint.checks.rejections import functions_of
from apilint.flow.narrowing import leaves
from apilint.index import Function
from apilint.model import Route, Step
from apilint.patterns import regex
from apilint.project import Project
from apilint.startup import attributes
from apilint.startup.values import ClassValue, Env, Instance, Result, Value, unwrap
from apilint.unparse import unparse
from apilint.walk import walk

# What registers a function for exceptions, and what runs for every answer.
_HANDLING = ("exception_handler", "errorhandler", "app_errorhandler", "add_exception_handler", "register_error_handler")
_EXPIRY = regex(r"(?i)(^|[._\W])(exp|expire[sd]?|expiry|expiration|is_expired|valid_until|not_after)(_\w+)?\b")
_SAYS_EXPIRED = regex(r"(?i)\bexpired\b")
_SAYS_WRONG = regex(r"(?i)invalid|wrong|incorrect|not valid|denied|unknown|bad\b")
# A request that another site forged brings no credential that somebody guessed.
_FORGERY = regex(r"(?i)[cx]srf")
_WATCHING = ("middleware", "after_request", "after_app_request")


class Refusal(msgspec.Struct, frozen=True):
    """A statement that turns a caller away after their credentials were looked at: `why` is that look, `before` what
    surely runs on the way there."""

    node: f.Stmt
    why: f.Stmt | f.Expr
    before: tuple[f.Stmt, ...]
    exception: f.Expr | None
    status: int


@check
def silent_auth_failure(
    project: Project,
    *,
    statuses: tuple[int, ...] = (401, 403),
    verifying: str = r"(?!)",
    noting: str = r"(?!)",
    logged_by: tuple[str, ...] = (),
) -> Iterator[Match]:
    """Guards and log-ins that refuse a credential and log nothing."""
    logs = Logs(project, noting)
    reader, handlers = _Reader(project, logs, statuses, regex(verifying)), _Handlers(logs)
    for function in _judging(project, logs, logged_by):
        silent = [
            refusal
            for refusal in reader.refusals(function)
            if not logs.leave_trace(refusal.before, function) and not handlers.log(refusal, function)
        ]
        if not silent or handlers.watch(project):
            continue
        first, span = silent[0], function.module.span
        yield Match(
            span=span(first.node.start, first.node.end),
            values={"function": function.qualname.replace("<locals>.", ""), "status": first.status},
            trace=(
                Step(function.span, f"'{function.name}' decides who may go on"),
                Step(span(first.why.start, first.why.end), "the credential is looked at here"),
                Step(span(first.node.start, first.node.end), f"{first.status}, and nothing is logged on the way"),
            ),
            related=tuple(
                Step(span(each.node.start, each.node.end), f"{each.status}, not logged either") for each in silent[1:]
            ),
        )


def _judging(project: Project, logs: Logs, logged_by: Collection[str]) -> Iterator[Function]:
    """Guards, handlers and what they call, each once."""
    seen: set[Function] = set()
    pending: list[tuple[Function, int]] = []
    for route in project.routes:
        if route.framework not in logged_by:
            pending += [(function, 2) for function in _of_route(project, route)]
    while pending:
        function, left = pending.pop(0)
        if function in seen or function.module.is_test:
            continue
        seen.add(function)
        yield function
        if left > 1:
            env = logs.env(function)
            for node in function.nodes(f.Call):
                pending += [(called, left - 1) for called in logs.called(node, function, env)]


def _of_route(project: Project, route: Route) -> Iterator[Function]:
    for guard in (*route.guards, *route.considered):
        yield from functions_of(project, guard)
    if route.function is not None:
        yield route.function.function


class _Reader:
    """Finds where a function refuses credentials that it has looked at."""

    def __init__(self, project: Project, logs: Logs, statuses: Collection[int], verifying: re.Pattern[str]) -> None:
        self.project = project
        self.machine = project.program.machine
        self.logs = logs
        self.statuses = frozenset(statuses)
        self.verifying = verifying

    def refusals(self, function: Function) -> list[Refusal]:
        """The refusals in a function's body, in order."""
        if _FORGERY.search(function.qualname) or not any(self._may_verify(node) for node in function.nodes(f.Call)):
            return []
        walker = _Walker(self, function)
        walker.block(function.body, (), None)
        return walker.found

    def _may_verify(self, call: f.Call) -> bool:
        if not isinstance(call.func, (f.Name, f.Attribute)) or not self.verifying.search(unparse(call.func)):
            return False
        return not _FORGERY.search(unparse(call))

    def verification(self, nodes: tuple[f.Stmt | f.Expr, ...], assigned: Assignments, depth: int = 2) -> f.Expr | None:
        """A call in these nodes that looks whether a credential is genuine, or that gave a value that they name."""
        for node in walk(nodes):
            if isinstance(node, f.Call) and self._may_verify(node):
                return node
            if isinstance(node, f.Name) and depth:
                found = self.verification(tuple(assigned.of(node)), assigned, depth - 1)
                if found is not None:
                    return found
        return None

    def status(self, statement: f.Stmt, env: Env, assigned: Assignments) -> tuple[int, f.Expr | None]:
        """`(status, raised expression)` of a statement that turns the caller away; 0 for any other."""
        expr, raised = None, None
        if isinstance(statement, f.Raise) and statement.exception is not None:
            raised = self._value(statement.exception, assigned)
            _, status = self.project.knowledge.exception(self.machine, self.machine.evaluate(raised, env))
            return status, raised
        if isinstance(statement, f.Return) and statement.value is not None:
            expr = statement.value
            return self.project.knowledge.response_status(self.machine, self.machine.evaluate(expr, env)), None
        if isinstance(statement, f.ExprStmt) and isinstance(statement.value, f.Call):
            value = self.machine.evaluate(statement.value.func, env)
            name = self.project.name_of(value)
            entry = self.project.knowledge.turns_away(name) if name else None
            if entry is not None:
                args = [self.machine.evaluate(arg, env) for arg in statement.value.args]
                return self.project.knowledge.status(entry, args, {}), None
        return 0, raised

    @staticmethod
    def _value(expr: f.Expr, assigned: Assignments) -> f.Expr:
        """`credentials_exception` as it was made."""
        given = assigned.of(expr) if isinstance(expr, f.Name) else []
        return given[-1] if given else expr


class _Walker:
    """Walks a body with what was verified, and what surely ran, on the way to each statement."""

    def __init__(self, reader: _Reader, function: Function) -> None:
        self.reader = reader
        self.function = function
        self.env = reader.logs.env(function)
        self.assigned = Assignments(function)
        self.found: list[Refusal] = []

    def block(self, statements: tuple[f.Stmt, ...], before: tuple[f.Stmt, ...], why: f.Stmt | f.Expr | None) -> None:
        """Statements in order; a test that verified and left makes the rest of the block a refusal."""
        for statement in statements:
            self._statement(statement, before, why)
            if isinstance(statement, f.If):
                verified = self.reader.verification((statement.test,), self.assigned)
                if verified is not None and leaves(statement.body):
                    why = verified
            if not _is_way_out(statement):
                before = (*before, statement)

    def _statement(self, statement: f.Stmt, before: tuple[f.Stmt, ...], why: f.Stmt | f.Expr | None) -> None:
        if isinstance(statement, f.If):
            verified = self.reader.verification((statement.test,), self.assigned) or why
            # What has only run out of time was genuine.
            self.block(statement.body, before, None if self._is_about_time(statement.test) else verified)
            self.block(statement.orelse, before, verified)
        elif isinstance(statement, f.Try):
            self.block(statement.body, (*before, *statement.final), why)
            verified = self.reader.verification(statement.body, self.assigned)
            for handler in statement.handlers if not self._cannot_fail(statement.body) else ():
                self.block(handler.body, (*before, *statement.final), verified)
            self.block(statement.orelse, (*before, *statement.final), why)
        elif isinstance(statement, (f.With, f.For, f.While)):
            self.block(statement.body, before, why)
        elif why is not None:
            status, raised = self.reader.status(statement, self.env, self.assigned)
            if status in self.reader.statuses and not _only_expired(statement):
                self.found.append(Refusal(statement, why, (*before, statement), raised, status))

    def _is_about_time(self, test: f.Expr) -> bool:
        """Whether a test only asks whether something has expired."""
        return bool(_EXPIRY.search(unparse(test))) and self.reader.verification((test,), self.assigned, 0) is None

    def _cannot_fail(self, body: tuple[f.Stmt, ...]) -> bool:
        """Whether all that is tried is a call of a function that catches everything itself."""
        value = body[0].value if len(body) == 1 and isinstance(body[0], (f.Assign, f.ExprStmt)) else None
        call = value.value if isinstance(value, f.Await) else value
        if not isinstance(call, f.Call):
            return False
        called = list(self.reader.logs.called(call, self.function, self.env))
        return bool(called) and all(map(_catches_all, called))


def _only_expired(statement: f.Stmt) -> bool:
    """Whether a refusal says itself that something has run out, and nothing else."""
    said = " ".join(str(node.value) for node in walk((statement,)) if isinstance(node, f.Constant))
    return bool(_SAYS_EXPIRED.search(said)) and not _SAYS_WRONG.search(said)


def _catches_all(function: Function) -> bool:
    """`try: …` around the whole body, and no way out of `except Exception` that raises."""
    body = [each for each in function.body if not (isinstance(each, f.ExprStmt) and isinstance(each.value, f.Constant))]
    last = body[0] if len(body) == 1 else None
    if not isinstance(last, f.Try):
        return False
    is_broad = any(each.type is None or unparse(each.type).endswith("Exception") for each in last.handlers)
    return is_broad and not any(isinstance(node, f.Raise) for each in last.handlers for node in walk(each.body))


def _is_way_out(statement: f.Stmt) -> bool:
    """Whether a statement's branches leave, so that what they log is not on the way past it."""
    return isinstance(statement, f.If) and (leaves(statement.body) or leaves(statement.orelse))


class _Handlers:
    """What logs refusals for a whole application: exceptions themselves, their handlers, what sees every answer."""

    def __init__(self, logs: Logs) -> None:
        self.logs = logs
        self._logged: frozenset[str] | None = None
        self._watched: bool | None = None

    def log(self, refusal: Refusal, function: Function) -> bool:
        """Whether the exception that refuses is logged where it is handled."""
        if refusal.exception is None:
            return False
        value = self.logs.machine.evaluate(refusal.exception, self.logs.env(function))
        return not self.logged(function).isdisjoint([*self._names(value), str(refusal.status)])

    def _names(self, value: Value) -> Iterator[str]:
        value = unwrap(value)
        made = value.callee if isinstance(value, Result) else value.cls if isinstance(value, Instance) else value
        made = unwrap(made)
        if isinstance(made, ClassValue):
            for base in attributes.mro(self.logs.machine, made):
                yield base.cls.name if isinstance(base, ClassValue) else getattr(base, "name", "").rpartition(".")[2]
        else:
            yield getattr(made, "name", "").rpartition(".")[2]

    def logged(self, near: Function) -> frozenset[str]:
        """The names of exceptions, and statuses, whose handlers log."""
        if self._logged is None:
            self._logged = frozenset(self._handled(near))
        return self._logged

    def _handled(self, near: Function) -> Iterator[str]:
        index = near.module.index
        for module in index.with_words(_HANDLING):
            if module.is_test:
                continue
            for function in module.functions:
                for decorator in function.head.decorators:
                    if isinstance(decorator, f.Call) and last_name(decorator.func) in _HANDLING:
                        yield from self._names_if_logged(decorator, function)
            for node in walk(module.body):
                if isinstance(node, f.Call):
                    yield from self._registered(node, None)
            for function in module.functions:
                if not function.words.isdisjoint(_HANDLING):
                    for call in function.nodes(f.Call):
                        yield from self._registered(call, function)

    def _names_if_logged(self, decorator: f.Call, function: Function) -> Iterator[str]:
        if self.logs.function_logs(function):
            yield from (unparse(arg).rpartition(".")[2] for arg in decorator.args)

    def _registered(self, call: f.Call, within: Function | None) -> Iterator[str]:
        if last_name(call.func) not in _HANDLING or len(call.args) < 2:
            return
        name = last_name(call.args[1])
        functions = within.module.index.modules.values() if within is not None else ()
        for module in functions:
            for function in module.functions:
                if function.name == name and self.logs.function_logs(function):
                    yield unparse(call.args[0]).rpartition(".")[2]

    def watch(self, project: Project) -> bool:
        """Whether something sees every answer's status and logs it."""
        if self._watched is None:
            self._watched = any(
                self._is_watching(function) and self.logs.function_logs(function)
                for module in project.index.modules.values()
                if not module.is_test
                for function in module.functions
                if function.name in ("dispatch", "__call__", "process_response") or function.facts.decorated
            )
        return self._watched

    @staticmethod
    def _is_watching(function: Function) -> bool:
        decorated = any(
            last_name(d.func if isinstance(d, f.Call) else d) in _WATCHING for d in function.head.decorators
        )
        owner = function.owner
        is_middleware = owner is not None and "middleware" in owner.name.lower()
        if not decorated and not is_middleware:
            return False
        return any(node.attr in ("status_code", "status") for node in function.nodes(f.Attribute))


__all__ = ["silent_auth_failure"]
