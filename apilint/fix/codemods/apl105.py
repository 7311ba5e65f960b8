"""A policy decorator that nobody reads, on an action of a viewset -> an argument of `@action`."""

from __future__ import annotations

from collections.abc import Iterator

from apilint.fix import calls
from apilint.fix.concrete import cst
from apilint.fix.decorators import Decorators
from apilint.fix.edits import Declined, TextEdit
from apilint.fix.site import Site, removing

SAFE = False
ACTION = "action"


def fix(site: Site) -> Iterator[TextEdit]:
    """The policies go to `@action`, the decorator goes."""
    decorators = Decorators(site)
    part = decorators.part
    policy = decorators.own[decorators.index].decorator
    if not isinstance(policy, cst.Call) or len(policy.args) != 1 or policy.args[0].star:
        raise Declined("the decorator does not list its policies")
    name = part.code(policy.func).rpartition(".")[2]
    for decorator in decorators.own:
        call = decorator.decorator
        if isinstance(call, cst.Call) and part.code(call.func).rpartition(".")[2] == ACTION:
            if any(argument.keyword is not None and argument.keyword.value == name for argument in call.args):
                raise Declined(f"'@{ACTION}' says '{name}' already")
            yield from calls.with_keyword(site, part, call, f"{name}={part.code(policy.args[0].value)}")
            start, end = part.span(decorators.own[decorators.index])
            yield removing(site.line_start(start), site.line_end(end - 1))
            return
    raise Declined(f"only an '@{ACTION}' takes policies of its own; here they belong on the class")
