"""Exceptions that disappear on the way of a request."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator

from apilint import facts as f
from apilint.check import Match, check
from apilint.checks.beside import is_beside
from apilint.checks.exposed import label
from apilint.checks.logs import Logs
from apilint.finding import Precision
from apilint.flow.narrowing import last_name
from apilint.index import Function
from apilint.model import Route, Step
from apilint.patterns import regex
from apilint.project import Project
from apilint.startup.values import Result, Value
from apilint.unparse import unparse
from apilint.walk import walk

# A method of a shorter name is hardly the only one of that name.
MIN_NAME = 8
# What a variable is called that answers whether there is something.
_QUESTION = regex(r"(?i)^_?(has|is|supports|uses)_|_?(available|supported|exists|installed|present|ready)$")
# Statements that change nothing: they read, or make what is there from then on.
_READS = regex(r"(?is)^\s*(select|with|show|explain|describe|pragma|(create|alter|drop)\b.*\bif\s+(not\s+)?exists)\b")
# What a comment says to tools, or promises.
_NO_REASON = regex(r"(?i)\b(noqa|pragma|pylint|nosec|type: ?ignore|fmt|pyright|mypy|flake8|todo|fixme|xxx|hack)\b.*")
_LOG = regex(r"(?i)_?log(ger|ging)?\.")


@check
def swallowed_exception(
    project: Project,
    *,
    broad: tuple[str, ...] = ("Exception", "BaseException"),
    depth: int = 2,
    noting: str = r"(?!)",
    harmless: str = r"(?!)",
    client_precision: str = "low",
    telling: str = r"(?!)",
    changing: str = "",
    refusing: str = "",
    fallback_precision: str = "low",
    explained_precision: str = "low",
) -> Iterator[Match]:
    """Clauses that catch everything and leave no trace of it, in handlers and what they call. A value that stands in
    for what could not be read may be all that anybody wants; where something was to be done (`changing` matches the
    names of calls), or where the clause says that something failed (`refusing` matches its words), the reason is
    lost. A clause whose comment says why it does nothing was meant, and so is one that
    cleans up at the end."""
    logs, attempts = Logs(project, noting), Attempts(project, regex(harmless))
    tells, weight = regex(telling), Weight(regex(changing), regex(refusing))
    for function, route in _on_the_way(project, logs, depth):
        if not project.index.may_mention(function, "except"):
            continue
        raised: set[int] | None = None
        taken_in_turn: set[int] | None = None
        cleaning = frozenset(_in_finally(function))
        for statement in function.nodes(f.Try):
            if attempts.is_harmless(statement):
                continue
            for handler in statement.handlers:
                if not _is_broad(handler, broad) or _keeps(project, logs, handler, function):
                    continue
                if attempts.is_made_again(statement, handler, function) or logs.leave_trace(handler.body, function):
                    continue
                if raised is None:
                    raised = set(_followed_by_raise(function.body))
                if statement.start in raised and not any(isinstance(each, f.Return) for each in walk(handler.body)):
                    continue
                if taken_in_turn is None:
                    taken_in_turn = set(_taken_in_turn(function.body))
                is_told = (
                    statement.start in taken_in_turn
                    or bool(tells.search(function.name))
                    or _blames_client(project, logs, handler, function)
                )
                doubt = Precision(client_precision) if is_told else None
                if doubt is None and (is_beside(function.module.file) or not weight.is_felt(statement, handler)):
                    doubt = Precision(fallback_precision)
                if doubt is None and (_gives_reason(handler) or statement.start in cleaning):
                    doubt = Precision(explained_precision)
                span = function.module.span(handler.start, handler.type.end if handler.type else handler.start + 6)
                yield Match(
                    span=span,
                    values={
                        "handler": function.qualname.replace("<locals>.", ""),
                        "exception": unparse(handler.type) if handler.type is not None else "every exception",
                        "route": label(route),
                    },
                    trace=(
                        Step(route.registered, f"'{label(route)}' is registered here"),
                        Step(function.span, f"'{function.name}' runs for it"),
                        Step(span, "everything is caught here, and neither logged nor raised again"),
                    ),
                    precision=doubt,
                    route=label(route),
                )


def _on_the_way(project: Project, logs: Logs, depth: int) -> Iterator[tuple[Function, Route]]:
    """Handlers and the project functions that they call, each once, with the first route that runs it."""
    seen: set[Function] = set()
    pending: list[tuple[Function, Route, int]] = [
        (route.function.function, route, depth) for route in project.routes if route.function is not None
    ]
    while pending:
        function, route, left = pending.pop(0)
        if function in seen or function.module.is_test:
            continue
        seen.add(function)
        yield function, route
        if left > 1:
            env = logs.env(function)
            for node in function.nodes(f.Call):
                pending += [(called, route, left - 1) for called in logs.called(node, function, env)]


def _is_broad(handler: f.Handler, broad: tuple[str, ...]) -> bool:
    types = handler.type.items if isinstance(handler.type, f.Sequence) else (handler.type,)
    return any(each is None or unparse(each).rpartition(".")[2] in broad for each in types)


def _keeps(project: Project, logs: Logs, handler: f.Handler, function: Function) -> bool:
    """Whether a clause hands the exception on: raises it again, from it, or with it as the context of one that nobody
    answers a request with; or gives it to somebody."""
    machine = project.program.machine
    for node in walk(handler.body):
        if isinstance(node, f.Raise):
            if node.exception is None or node.cause is not None:
                return True
            name = project.name_of(_class_of(machine.evaluate(node.exception, logs.env(function))))
            if name.startswith("builtins."):
                return True
        if handler.name and isinstance(node, f.Name) and node.id == handler.name:
            return True
        if isinstance(node, f.Call) and any(map(_raises_again, logs.called(node, function, logs.env(function)))):
            return True
    return False


def _raises_again(function: Function) -> bool:
    """Whether a function is there to answer for the exception at hand: `try: raise` and clauses for its kinds."""
    return any(node.exception is None for node in function.nodes(f.Raise))


def _class_of(value: Value) -> Value:
    return value.callee if isinstance(value, Result) else value


def _followed_by_raise(body: tuple[f.Stmt, ...]) -> Iterator[int]:
    """Where the `try` statements start after which the block raises, whatever became of what was tried."""
    for block in _blocks(body):
        for position, statement in enumerate(block):
            if isinstance(statement, f.Try):
                after = itertools.dropwhile(
                    lambda each: isinstance(each, (f.ExprStmt, f.Assign)), block[position + 1 :]
                )
                if isinstance(next(after, None), f.Raise):
                    yield statement.start


def _taken_in_turn(body: tuple[f.Stmt, ...]) -> Iterator[int]:
    """Where the `try` statements start of a block that asks several sources in turn, and gives what the first one has
    that has anything."""
    for block in _blocks(body):
        asked = [
            each
            for each in block
            if isinstance(each, f.Try) and any(isinstance(node, f.Return) for node in walk(each.body))
        ]
        if len(asked) > 1:
            yield from (each.start for each in asked)


def _in_finally(function: Function) -> Iterator[int]:
    """Where the `try` statements start that clean up after everything else: one that fails must not hide what came
    before it."""
    for outer in function.nodes(f.Try):
        yield from (each.start for each in walk(outer.final) if isinstance(each, f.Try))


def _blocks(body: tuple[f.Stmt, ...]) -> Iterator[tuple[f.Stmt, ...]]:
    yield body
    for node in walk(body):
        for block in (getattr(node, name, ()) for name in ("body", "orelse", "final")):
            if isinstance(block, tuple):
                yield block


def _blames_client(project: Project, logs: Logs, handler: f.Handler, function: Function) -> bool:
    """Whether a clause only tells the client that the request was wrong: a status between 400 and 499."""
    last = handler.body[-1]
    machine, env = project.program.machine, logs.env(function)
    if any(isinstance(node, f.Call) and _closes(node) for node in walk(handler.body)):
        return True
    if isinstance(last, f.Raise) and last.exception is not None:
        _, status = project.knowledge.exception(machine, machine.evaluate(last.exception, env))
    elif isinstance(last, f.Return) and last.value is not None:
        status = project.knowledge.response_status(machine, machine.evaluate(last.value, env))
        status = status or _stated(last.value)
    else:
        return False
    return 400 <= status < 500


def _stated(answer: f.Expr) -> int:
    """The status that a function of the program's own is told to answer: `self._error(400, "no JSON")`."""
    first = answer.args[0] if isinstance(answer, f.Call) and answer.args else None
    return first.value if isinstance(first, f.Constant) and type(first.value) is int else 0


def _closes(call: f.Call) -> bool:
    """`await websocket.close(code=4001)`: the caller is sent away, with the reason."""
    is_close = isinstance(call.func, f.Attribute) and call.func.attr == "close"
    return is_close and any(keyword.name in ("code", "reason") for keyword in call.keywords)


class Attempts:
    """What is tried, and whether it means anything when it fails. `expected` matches calls that may well fail."""

    def __init__(self, project: Project, expected: re.Pattern[str]) -> None:
        self._index = project.index
        self._expected = expected
        self._named: dict[str, list[Function]] | None = None

    def is_harmless(self, statement: f.Try) -> bool:
        """Whether what is tried may well fail and means nothing: an optional import, a conversion, cleaning up."""
        if all(isinstance(each, (f.Import, f.ImportFrom)) for each in statement.body[:1]):
            return True
        if all(map(_answers_no, statement.handlers)):
            return True
        return all(self._may_fail(call) or self._only_looks(call) for call in _calls(statement.body))

    def is_made_again(self, statement: f.Try, handler: f.Handler, function: Function) -> bool:
        """Whether the clause tries the same in another way: what fails then is no secret."""
        tried = {unparse(call.func) for call in _calls(statement.body) if not self._may_fail(call)}
        again = {unparse(call.func) for call in _calls(handler.body)}
        return not tried.isdisjoint(again) or function.name in again or _stands_in(statement, handler)

    def _may_fail(self, call: f.Call) -> bool:
        text = unparse(call.func)
        return bool(self._expected.search(text) or _LOG.match(text))

    def _only_looks(self, call: f.Call) -> bool:
        """A method of the project, the only one of its name, that itself does nothing else: `pool.forget(key)`."""
        if not isinstance(call.func, f.Attribute) or len(call.func.attr) < MIN_NAME:
            return False
        found = self._by_name().get(call.func.attr, ())
        if len(found) != 1 or found[0].owner is None or found[0].nodes(f.Raise):
            return False
        return all(map(self._may_fail, found[0].nodes(f.Call)))

    def _by_name(self) -> dict[str, list[Function]]:
        if self._named is None:
            self._named = {}
            for module in self._index.modules.values():
                for function in module.functions if not module.is_test else ():
                    self._named.setdefault(function.name, []).append(function)
        return self._named


class Weight:
    """Whether what is lost with an exception matters to somebody."""

    def __init__(self, changing: re.Pattern[str], refusing: re.Pattern[str]) -> None:
        self._changing = changing
        self._refusing = refusing

    def is_felt(self, statement: f.Try, handler: f.Handler) -> bool:
        """Whether something was to be done, or the clause tells that something failed."""
        if any(
            self._changing.search(last_name(call.func)) and not _fills_dict(call) and not _only_reads(call)
            for call in _calls(statement.body)
        ):
            return True
        if all(map(_is_plain_value, handler.body)):
            return False
        return any(isinstance(node, f.Raise) or self._refusing.search(_word(node)) for node in walk(handler.body))


def _fills_dict(call: f.Call) -> bool:
    """`report.update(found)`: a dict is given what another one has."""
    return last_name(call.func) == "update" and len(call.args) == 1 and not call.keywords


def _only_reads(call: f.Call) -> bool:
    """`connection.execute("SELECT …")`: what fails then is a value that is missing."""
    statement = call.args[0] if call.args else None
    if isinstance(statement, f.Call) and last_name(statement.func) == "text":
        statement = statement.args[0] if statement.args else None
    if isinstance(statement, f.Template):
        statement = statement.parts[0] if statement.parts else None
    text = statement.value if isinstance(statement, f.Constant) else None
    return isinstance(text, str) and _READS.match(text) is not None


def _gives_reason(handler: f.Handler) -> bool:
    """Whether a comment says why a clause does nothing, in some words: `pass  # the table may not exist yet`."""
    if len(handler.body) != 1:
        return False
    said = (re.findall(r"[^\W\d_]{2,}", _NO_REASON.sub("", line)) for line in handler.inside.splitlines())
    return any(len(words) > 2 or not "".join(words).isascii() for words in said)


def _is_plain_value(statement: f.Stmt) -> bool:
    """`line = "unable to determine"`: something in the place of what could not be had, and nobody is told."""
    value = statement.value if isinstance(statement, f.Assign) else None
    is_empty = (isinstance(value, f.Dict) and not value.items) or (isinstance(value, f.Sequence) and not value.items)
    return is_empty or isinstance(value, f.Constant)


def _word(node: object) -> str:
    """What a node says: the text of a constant, a name, the name of an argument."""
    if isinstance(node, f.Constant):
        return node.value if isinstance(node.value, str) else ""
    if isinstance(node, f.Name):
        return node.id
    return node.attr if isinstance(node, f.Attribute) else node.name or "" if isinstance(node, f.Keyword) else ""


def _answers_no(handler: f.Handler) -> bool:
    """Whether a clause only notes that there is no such thing: `self.has_index = False`."""
    only = handler.body[0] if len(handler.body) == 1 else None
    if not isinstance(only, f.Assign) or not isinstance(only.value, f.Constant) or only.value.value is not False:
        return False
    return all(_QUESTION.search(unparse(target).rpartition(".")[2]) for target in only.targets)


def _stands_in(statement: f.Try, handler: f.Handler) -> bool:
    """Whether the clause works out in another way what was tried: `row = row.dict()`."""
    given = handler.body[-1]
    if not isinstance(given, f.Assign) or not isinstance(given.value, f.Call):
        return False
    if not given.value.args and isinstance(given.value.func, f.Name):  # `dict()`
        return False
    targets = list(map(unparse, given.targets))
    return any(isinstance(each, f.Assign) and list(map(unparse, each.targets)) == targets for each in statement.body)


def _calls(body: tuple[f.Stmt, ...]) -> list[f.Call]:
    return [node for node in walk(body) if isinstance(node, f.Call)]


__all__ = ["swallowed_exception"]
