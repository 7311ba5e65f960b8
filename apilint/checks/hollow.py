"""Guards by name that let every caller pass."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from apilint import facts as f
from apilint.check import Match, check
from apilint.checks.exposed import HOLLOW, is_open, label, turns_away, words_of
from apilint.checks.rejections import Rejections, functions_of
from apilint.flow import Call, Derived, Input
from apilint.index import Function
from apilint.model import Guard, Route, Step
from apilint.patterns import regex
from apilint.project import Project
from apilint.startup import attributes
from apilint.startup.values import ClassValue, FunctionValue, Instance, Known, LambdaValue, Value, unwrap
from apilint.unparse import unparse

MAX_DEPTH = 2
_GETTER = regex(r"^_?(get_)?(current|authenticated|logged_in)_")
_QUESTION = regex(r"^_?(is|has|can)_")
_ABSENT = regex(r"\bOptional\b|\bNone\b")
# Calls that neither reject anybody nor hand the decision on.
_HARMLESS_MODULES = frozenset(
    """
    builtins base64 binascii collections contextlib copy datetime enum functools hashlib hmac itertools json logging
    math operator os random re secrets string time typing urllib uuid warnings
    """.split()
)
_HARMLESS_METHODS = frozenset(
    """
    get getlist split rsplit partition rpartition strip lstrip rstrip lower upper replace removeprefix removesuffix
    startswith endswith encode decode format join items keys values append add extend update copy pop setdefault
    debug info warning warn error exception critical log print hexdigest digest isoformat timestamp total_seconds
    """.split()
)


@check
def hollow_guard(project: Project, *, uses: int = 2) -> Iterator[Match]:
    """Functions and classes that are named and attached like guards, and turn nobody away."""
    names = GuardNames(project)
    for (qualname, name, shown), found in _attached(project, names).items():
        routes = list({route.span: route for route, _ in found}.values())
        guard = found[0][1]
        function = next(functions_of(project, guard), None)
        if function is None or len(routes) < uses or project.is_test(function.module.file):
            continue
        if not _lets_everybody_pass(project, function, guard, name):
            continue
        first = routes[0]
        yield Match(
            span=_outermost(function).span,
            values={"guard": shown, "count": len(routes), "route": label(first)},
            trace=(
                Step(guard.span, f"'{shown}' is attached to '{label(first)}' here ({guard.via})"),
                Step(function.span, f"no way through '{qualname.rpartition(':')[2]}' rejects a caller"),
                *_ways(project, function),
            ),
            related=tuple(Step(route.span, f"'{label(route)}' relies on it") for route in routes),
            route=label(first),
            about=tuple(route.span for route in routes),
            weight=HOLLOW,
        )


class GuardNames:
    """What guards are called, from the library models."""

    def __init__(self, project: Project) -> None:
        guard: Mapping[str, Any] = project.knowledge.sections.get("names", {}).get("guard", {})
        self.matches = regex(str(guard.get("matches", "(?!)")))
        self.optional = regex(str(guard.get("optional", "(?!)")))

    def covers(self, name: str) -> bool:
        """Whether something of this name is meant to turn callers away."""
        return bool(self.matches.search(name)) and not self.optional.search(name)


Attached = dict[tuple[str, str, str], list[tuple[Route, Guard]]]


def _attached(project: Project, names: GuardNames) -> Attached:
    """What is named like a guard and did not reject, with the open routes that it stands before."""
    found: Attached = {}
    rejecting = {guard.qualname for route in project.routes for guard in route.guards if turns_away(guard)}
    for route in project.routes:
        if not is_open(route) or project.is_test(route.span.file):
            continue
        for guard in (*route.guards, *route.considered):
            if guard.effect not in ("none", "optional") or len(guard.chain) > 1 or guard.qualname in rejecting:
                continue
            for shown in (guard.name.rpartition(".")[2], guard.qualname.rpartition(":")[2].rpartition(".")[2]):
                if names.covers(words_of(shown)):
                    found.setdefault((guard.qualname, words_of(shown), shown), []).append((route, guard))
                    break
    rejections = Rejections(project)
    return {key: each for key, each in found.items() if not any(rejections.may_reject(route) for route, _ in each)}


def _lets_everybody_pass(project: Project, function: Function, guard: Guard, name: str) -> bool:
    """Whether it is certain that nobody is rejected, and that nothing else was meant."""
    if function.nodes(f.Raise):
        return False
    if _ABSENT.search(unparse(function.head.returns)) and guard.kind == "dependency":
        return False
    if guard.kind in ("dependency", "before_request") and _QUESTION.search(name):
        return False  # somebody asks, and may act on the answer
    if guard.kind == "permission" and (_compares(project, function) or _leaves_it(function)):
        return False  # a stranger may be alike, others are not; what else is asked, may say no
    if _GETTER.search(name) and not _is_constant_user(project, function, guard):
        return False  # it may look for a user, and leave what follows to the handler
    return all(_is_harmless(project, function, call) for call in project.trace(function).calls)


def _compares(project: Project, function: Function) -> bool:
    """Whether a permission's answer is a comparison, in its class or in one that it derives from."""
    machine, owner = project.program.machine, function.owner
    made = machine.class_value(owner) if owner is not None else None
    classes = (base.cls for base in attributes.own_classes(machine, made)) if made else ()
    methods = (method for cls in classes if (method := cls.methods.get(function.name)) is not None)
    return any(isinstance(node.value, (f.Compare, f.BoolOp)) for each in methods for node in each.nodes(f.Return))


def _leaves_it(function: Function) -> bool:
    """Whether a permission answers with what something else says: `return is_enabled(flag)`."""
    return any(isinstance(node.value, f.Call) for node in function.nodes(f.Return))


def _is_constant_user(project: Project, function: Function, guard: Guard) -> bool:
    """Whether a function that is asked for the user gives the same one to everybody."""
    params = [param for param in function.head.params if param.name not in ("self", "cls")]
    returned = [value for value, _ in project.trace(function).returned]
    return guard.effect == "none" and not params and bool(returned) and not any(map(_is_nothing, returned))


def _is_nothing(value: Value) -> bool:
    return isinstance(value, Known) and value.value is None


def _is_harmless(project: Project, function: Function, call: Call) -> bool:
    """Whether a call cannot reject: it was followed, is known, or is that of the guarded code."""
    callee = unwrap(call.callee)
    while (
        isinstance(callee, Derived) and len(callee.sources) == 1 and not isinstance(callee.expr, (f.Call, f.Attribute))
    ):
        callee = unwrap(callee.sources[0])
    if isinstance(callee, (FunctionValue, ClassValue, Instance, LambdaValue)):
        return call.depth <= MAX_DEPTH
    if isinstance(callee, Input):
        return callee.function is not function
    name = project.name_of(callee)
    if name.partition(".")[0] in _HARMLESS_MODULES or project.knowledge.verifies(name):
        return True
    return (name or unparse(call.node.func)).rpartition(".")[2] in _HARMLESS_METHODS


def _outermost(function: Function) -> Function:
    while function.parent is not None:
        function = function.parent
    return function


def _ways(project: Project, function: Function) -> Iterator[Step]:
    for _, node in project.trace(function).returned[:4]:
        what = "the guarded code is called" if _calls(node) else f"returns {unparse(node.value) or 'None'}"
        yield Step(function.module.span(node.start, node.end), what)


def _calls(node: f.Return) -> bool:
    value = node.value.value if isinstance(node.value, f.Await) else node.value
    return isinstance(value, f.Call) and any(isinstance(arg, f.Starred) for arg in value.args)


__all__ = ["hollow_guard"]
