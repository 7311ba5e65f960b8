"""Callers who are refused without a trace."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence

import msgspec

from apilint import facts as f
from apilint.check import Match, check
from apilint.checks.assigned import Assignments, last_name
from apilint.checks.awaited import by_name
from apilint.checks.beside import is_beside
from apilint.checks.handled import Handlers
from apilint.checks.logs import Logs
from apilint.checks.rejections import functions_of
from apilint.finding import Precision
from apilint.flow.narrowing import leaves
from apilint.index import Function
from apilint.model import Route, Step
from apilint.patterns import regex
from apilint.project import Project
from apilint.startup.values import Env
from apilint.unparse import unparse
from apilint.walk import walk

_EXPIRY = regex(r"(?i)(^|[._\W])(exp|expire[sd]?|expiry|expiration|is_expired|valid_until|not_after)(_\w+)?\b")
_SAYS_EXPIRED = regex(r"(?i)\bexpired\b|\bpermissions?\b|\brevoked\b")
_SAYS_WRONG = regex(r"(?i)fail|invalid|wrong|incorrect|not valid|denied|unknown|bad\b")
# What only those get to see who are known: their own password, which they have to repeat.
_OWN = regex(r"(?i)(old|current|existing|previous)_?(password|pwd)")
# Exceptions that speak of rights, and tests that only somebody who is known passes.
_OF_RIGHTS = regex(r"(?i)permission|scope|forbidden|entitle|privilege")
_RUN_OUT = regex(r"(?i)^[\w.]*expired\w*$")
_IS_KNOWN = regex(
    r"(?i)(^|(?<!not )\b)[\w.]*(validated_\w*token|current_user|authenticated_user)(\(\))?( is not None)?$"
)
# A request that another site forged brings no credential that somebody guessed.
_FORGERY = regex(r"(?i)[cx]srf")


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
    reader, handlers = _Reader(project, logs, statuses, regex(verifying)), Handlers(logs)
    for function in _judging(project, logs, logged_by):
        silent = [
            refusal
            for refusal in reader.refusals(function)
            if not logs.leave_trace(refusal.before, function)
            and not handlers.log(refusal.exception, refusal.status, function)
            and not reader.tells(refusal.why, function)
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
            precision=Precision.LOW
            if is_beside(function.module.file) or all(_OWN.search(_words_of(each.why)) for each in silent)
            else None,
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

    def tells(self, why: f.Stmt | f.Expr, function: Function) -> bool:
        """Whether the function that looks at the credential logs itself that it is wrong."""
        env = self.logs.env(function)
        return any(
            self._logs_failure(looking)
            for call in walk((why,))
            if isinstance(call, f.Call)
            for looking in (*self.logs.called(call, function, env), *self._only_one(call))
        )

    def _logs_failure(self, function: Function) -> bool:
        env = self.logs.env(function)
        return any(
            last_name(call.func) != "debug" and _SAYS_WRONG.search(" ".join(map(unparse, call.args)))
            for call in function.nodes(f.Call)
            if self.logs.entry(call, env) is not None
        )

    def _only_one(self, call: f.Call) -> Sequence[Function]:
        """The method that is called on what is not known, where there is one of that name."""
        if not isinstance(call.func, f.Attribute):
            return ()
        found = by_name(self.project).get(call.func.attr, ())
        return found if len(found) == 1 else ()

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
            is_genuine = self._is_about_time(statement.test) or _IS_KNOWN.search(unparse(statement.test))
            self.block(statement.body, before, None if is_genuine else verified)
            self.block(statement.orelse, before, verified)
        elif isinstance(statement, f.Try):
            self.block(statement.body, (*before, *statement.final), why)
            verified = self.reader.verification(statement.body, self.assigned)
            for handler in statement.handlers if not self._cannot_fail(statement.body) else ():
                kind = unparse(handler.type) if handler.type is not None else ""
                # What has run out was genuine, and who lacks a right is known.
                is_known = _OF_RIGHTS.search(kind) or _RUN_OUT.search(kind)
                self.block(handler.body, (*before, *statement.final), None if is_known else verified)
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


def _words_of(why: f.Stmt | f.Expr) -> str:
    """What a look at a credential is about, in the words of the source."""
    said: list[str] = []
    for node in walk((why,)):
        if isinstance(node, (f.Attribute, f.Name)):
            said.append(node.attr if isinstance(node, f.Attribute) else node.id)
        elif isinstance(node, f.Constant):
            said.append(str(node.value))
    return " ".join(said)


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


__all__ = ["silent_auth_failure"]
