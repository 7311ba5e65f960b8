"""Guards that answer with a value, where nobody looks at it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from apilint import facts as f
from apilint.check import Match, check
from apilint.checks.exposed import UNREAD, is_open, label, words_of
from apilint.checks.hollow import GuardNames
from apilint.checks.rejections import Rejections
from apilint.finding import Precision
from apilint.index import Function
from apilint.model import Guard, Route, Step
from apilint.patterns import regex
from apilint.project import Project
from apilint.unparse import unparse
from apilint.walk import walk

_PARAMETER = regex(r"^parameter '(\w+)'$")
_ANSWERS = regex(r"^(is_\w+|has_\w+|can_\w+|any|all|bool|compare_digest|isinstance)$")


@check
def guard_result_ignored(project: Project, *, absent: str, frameworks: tuple[str, ...]) -> Iterator[Match]:
    """Dependencies that say no by returning False or None, attached where what they return is dropped."""
    names, rejections = GuardNames(project), Rejections(project)
    for (function, template), found in _dropped(project, frameworks, names, rejections).items():
        route, guard = found[0]
        routes = [each for each, _ in found]
        yield Match(
            span=guard.span,
            values={"guard": guard.name, "route": label(route), "count": len({each.span for each in routes})},
            trace=(
                Step(guard.span, f"'{guard.name}' is attached here ({guard.via}), and its answer is dropped"),
                *_answers(function),
                Step(route.span, f"'{label(route)}' runs whatever it answers"),
            ),
            related=tuple(Step(each.span, f"also '{label(each)}'") for each in routes[1:21]),
            precision=Precision.MEDIUM if template else None,
            template=template,
            route=label(route),
            about=tuple(each.span for each in routes if is_open(each)) if all(map(is_open, routes)) else (),
            weight=UNREAD,
        )


Found = dict[tuple[Function, str], list[tuple[Route, Guard]]]


def _dropped(project: Project, frameworks: Sequence[str], names: GuardNames, rejections: Rejections) -> Found:
    found: Found = {}
    kinds: dict[Function, str | None] = {}
    for route in project.routes:
        if route.framework not in frameworks or project.is_test(route.span.file):
            continue
        for guard in (*route.guards, *route.considered):
            function = _function(project, guard) if _is_dropped(route, guard) else None
            if function is None or not (guard.effect != "none" or names.covers(words_of(function.name))):
                continue
            if function not in kinds:
                kinds[function] = _says_no(function, names, rejections)
            template = kinds[function]
            if template is not None and not _is_read_elsewhere(project, route, guard, function):
                found.setdefault((function, template), []).append((route, guard))
    return found


def _function(project: Project, guard: Guard) -> Function | None:
    return project.function(guard.qualname) or project.function(f"{guard.qualname}.__call__")


def _is_dropped(route: Route, guard: Guard) -> bool:
    """Whether a dependency's value is dropped: it stands in a list, or in a parameter that the handler never names."""
    if guard.kind not in ("dependency", "security scheme"):
        return False
    match = _PARAMETER.match(guard.via)
    if match is None:
        return not guard.via.startswith("'")
    function = route.function.function if route.function is not None else None
    return function is not None and not any(
        isinstance(node, f.Name) and node.id == match[1] for node in walk(function.body)
    )


def _says_no(function: Function, names: GuardNames, rejections: Rejections) -> str | None:
    """How a guard says no by what it returns: '' for True and False, `absent` for nothing in the place of a user; None
    where it rejects, says something else, or leaves its answer elsewhere."""
    nodes = list(walk(function.body))
    if any(isinstance(node, (f.Raise, f.Yield, f.Assert)) or _is_left_elsewhere(node) for node in nodes):
        return None
    returned = [node.value for node in nodes if isinstance(node, f.Return)]
    if not returned or rejections.has_sign(function) or _has_inner(function):
        return None
    is_bool = unparse(function.head.returns) == "bool"
    may_answer = is_bool or (function.head.returns is None and all(map(_is_answer, returned)))
    if may_answer and not all(map(_is_true, returned)):
        return ""
    has_none = any(value is None or (isinstance(value, f.Constant) and not value.value) for value in returned)
    has_user = any(value is not None and not isinstance(value, f.Constant) for value in returned)
    return "absent" if has_none and has_user and names.covers(words_of(function.name)) else None


def _has_inner(function: Function) -> bool:
    return any(each.parent is function for each in function.module.functions)


def _is_left_elsewhere(node: object) -> bool:
    """Whether a statement keeps something for others to look at: `request.state.user = user`."""
    targets: Sequence[f.Expr] = node.targets if isinstance(node, f.Assign) else ()
    return any(isinstance(target, (f.Attribute, f.Subscript)) for target in targets)


def _is_true(value: f.Expr | None) -> bool:
    return isinstance(value, f.Constant) and value.value is True


def _is_answer(value: f.Expr | None) -> bool:
    """Whether an expression is a yes or no."""
    if isinstance(value, f.Constant):
        return isinstance(value.value, bool)
    if isinstance(value, f.BoolOp):
        return _is_answer(value.left) and _is_answer(value.right)
    if isinstance(value, f.Attribute):
        return bool(_ANSWERS.search(value.attr))
    if isinstance(value, f.Await):
        return _is_answer(value.value)
    if isinstance(value, f.Call):
        return bool(_ANSWERS.search(unparse(value.func).rpartition(".")[2]))
    return isinstance(value, f.Compare) or (isinstance(value, f.UnaryOp) and value.op == "not")


def _is_read_elsewhere(project: Project, route: Route, guard: Guard, function: Function) -> bool:
    """Whether another guard of the route takes the answer as a parameter: the framework asks each function once."""
    others = (_function(project, each) for each in (*route.guards, *route.considered) if each is not guard)
    return any(
        function.name in unparse(part)
        for other in others
        if other is not None and other is not function
        for param in other.head.params
        for part in (param.default, param.annotation)
    )


def _answers(function: Function) -> Iterator[Step]:
    for node in [node for node in walk(function.body) if isinstance(node, f.Return)][:3]:
        span = function.module.span(node.start, node.end)
        yield Step(span, f"it answers {unparse(node.value) or 'None'} and rejects nobody")


__all__ = ["guard_result_ignored"]
