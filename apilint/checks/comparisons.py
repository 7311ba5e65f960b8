"""Secrets that are compared letter by letter, and passwords that are kept as they are."""

from __future__ import annotations

import re
from collections.abc import Iterator

from apilint import facts as f
from apilint.check import Match, check
from apilint.checks.assigned import Assignments, last_name
from apilint.checks.exposed import words_of
from apilint.checks.judging import judging
from apilint.checks.sensitive import Sensitive
from apilint.index import Function
from apilint.model import Step
from apilint.patterns import regex
from apilint.project import Project
from apilint.startup.values import Known
from apilint.unparse import unparse

MAX_DEPTH = 4


@check
def non_constant_time_compare(
    project: Project,
    *,
    presented: str,
    expected: str,
    secrets: str = r"(?!)",
    never: str = r"(?!)",
) -> Iterator[Match]:
    """Comparisons of what a caller presents with what only the program should know, by `==`."""
    sides = _Sides(project, presented, expected, secrets, never)
    for function in judging(project):
        assigned: Assignments | None = None
        for node in function.nodes(f.Compare):
            if len(node.ops) != 1 or node.ops[0] not in ("==", "!=") or not sides.may_be_secret(node):
                continue
            assigned = assigned or Assignments(function)
            for given, known in ((node.left, node.rights[0]), (node.rights[0], node.left)):
                if sides.is_presented(given, assigned) and sides.is_expected(known, assigned):
                    yield _match(function, node, given=unparse(given, 4), known=unparse(known, 4))
                    break


def plaintext_passwords(project: Project, password: str, owners: str) -> Iterator[Match]:
    """Log-ins that compare the password itself with what is stored; the first comparison of each function."""
    named, stored = regex(password), regex(owners)
    for function in judging(project):
        for node in function.nodes(f.Compare):
            kept, given = _of_password(node, named, stored)
            if kept is not None:
                yield _match(function, node, "plaintext", kept=unparse(kept), given=unparse(given, 4))
                break


def _of_password(
    node: f.Compare, named: re.Pattern[str], stored: re.Pattern[str]
) -> tuple[f.Attribute, f.Expr] | tuple[None, None]:
    """The stored password of a comparison, and the one that is given."""
    if len(node.ops) != 1 or node.ops[0] not in ("==", "!="):
        return None, None
    for kept, given in ((node.left, node.rights[0]), (node.rights[0], node.left)):
        if not isinstance(kept, f.Attribute) or not named.search(words_of(kept.attr)):
            continue
        is_stored = isinstance(given, f.Attribute) and stored.search(words_of(last_name(given.value)))
        if stored.search(words_of(last_name(kept.value))) and named.search(words_of(_name(given))) and not is_stored:
            return kept, given
    return None, None


def _match(function: Function, node: f.Compare, template: str = "", **values: str) -> Match:
    span, operator = function.module.span(node.start, node.end), node.ops[0]
    return Match(
        span=span,
        values={"function": function.name, "operator": operator, **values},
        trace=(
            Step(function.span, f"'{function.name}' decides here"),
            Step(span, f"and compares the two with '{operator}'"),
        ),
        template=template,
    )


class _Sides:
    """Tells what a caller presents from what the program expects."""

    def __init__(self, project: Project, presented: str, expected: str, secrets: str, never: str) -> None:
        self._project = project
        self._sensitive = Sensitive(project)
        self._presented = regex(presented)
        self._expected = regex(expected)
        self._secrets = regex(secrets)
        self._never = regex(never)

    def may_be_secret(self, node: f.Compare) -> bool:
        """Whether one of the two is called like a secret, and neither is a constant."""
        sides = (node.left, *node.rights)
        if any(isinstance(side, (f.Constant, f.Dict, f.Sequence, f.Compare)) for side in sides):
            return False
        if any(self._never.search(words_of(_name(side))) for side in sides):
            return False
        return any(
            self._sensitive.is_name(_name(side)) or bool(self._secrets.search(words_of(_name(side)))) for side in sides
        )

    def is_presented(self, expr: f.Expr, assigned: Assignments, depth: int = MAX_DEPTH) -> bool:
        """Whether a value is an argument, or read from the request."""
        expr = _inner(expr)
        if isinstance(expr, f.Name):
            given = assigned.of(expr)
            if given and depth:
                return any(self.is_presented(value, assigned, depth - 1) for value in given)
            return expr.id in assigned.params and expr.id not in ("self", "cls", "settings", "config")
        return bool(self._presented.search(unparse(expr)))

    def is_expected(self, expr: f.Expr, assigned: Assignments, depth: int = MAX_DEPTH) -> bool:
        """Whether a value comes from the configuration, the environment, or is a signature that was just computed."""
        expr = _inner(expr)
        if isinstance(expr, f.Name):
            given = assigned.of(expr)
            if given:
                return depth > 0 and any(self.is_expected(value, assigned, depth - 1) for value in given)
            is_free = expr.id not in assigned.params and not assigned.is_bound(expr.id)
            return is_free and expr.id.isupper() and self._is_configured(expr, assigned.function)
        if isinstance(expr, f.BinOp) and depth:  # "sha256=" + expected
            return any(self.is_expected(side, assigned, depth - 1) for side in (expr.left, expr.right))
        return bool(self._expected.search(unparse(expr)))

    def _is_configured(self, expr: f.Name, function: Function) -> bool:
        """Whether a module's name stands for something that is configured: a constant of the source is no secret."""
        machine = self._project.program.machine
        return not isinstance(machine.lookup(expr.id, machine.run_module(function.module)), Known)


def _inner(expr: f.Expr) -> f.Expr:
    """What is encoded, stripped or awaited."""
    while True:
        if isinstance(expr, f.Await):
            expr = expr.value
        elif (
            isinstance(expr, f.Call)
            and isinstance(expr.func, f.Attribute)
            and expr.func.attr in ("encode", "decode", "strip", "lower", "get_secret_value")
        ):
            expr = expr.func.value
        elif isinstance(expr, f.Call) and isinstance(expr.func, f.Name) and expr.func.id == "str" and expr.args:
            expr = expr.args[0]
        else:
            return expr


def _name(expr: f.Expr) -> str:
    """What a side is called: a variable, an attribute, the key that is read."""
    expr = _inner(expr)
    if isinstance(expr, f.Call):
        if expr.args and isinstance(expr.args[0], f.Constant):
            return str(expr.args[0].value)
        return last_name(expr.func)
    return last_name(expr)


__all__ = ["non_constant_time_compare", "plaintext_passwords"]
