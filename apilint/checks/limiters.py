"""APL604: limits that are written down and never apply."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

from apilint import facts as f
from apilint.check import Match, check
from apilint.checks.decorators import applied, is_at
from apilint.checks.exposed import label, name_of
from apilint.checks.limits import Entry, Limits
from apilint.facts import Span
from apilint.finding import Precision, Severity
from apilint.flow import env_of
from apilint.flow.narrowing import last_name
from apilint.frameworks.program import Object
from apilint.index import Function
from apilint.model import Route, Step
from apilint.project import Project
from apilint.startup.values import FunctionValue, Result, Seq, Wrapped, unwrap
from apilint.unparse import unparse
from apilint.walk import walk


@check
def limiter_without_effect(
    project: Project,
    *,
    refused: str,
    idle: str,
    unused: str,
    unattached: str,
    registering: tuple[str, ...] = (),
    unattached_severity: float = 4.3,
) -> Iterator[Match]:
    """Limiters above the decorator that registers the route, on handlers without what they need, never attached."""
    limits = Limits.of(project)
    yield from _above(project, limits, registering)
    if any(limits.modules()):
        yield from _refused(project, limits)
        for made in project.program.objects([name for name, entry in limits.entries.items() if _is_object(entry)]):
            known = limits.entry(made)
            if known is not None and not project.is_test(made.span.file):
                yield from _never_applied(project, made, *known)
                yield from _unattached(project, limits, made, known[1], unattached_severity)


def _is_object(entry: Entry) -> bool:
    return entry.get("kind") == "object"


# ------------------------------------------------------------------------------------------- decorators


def _above(project: Project, limits: Limits, registering: Collection[str]) -> Iterator[Match]:
    """Limiters above a registering decorator: the framework keeps the function below them."""
    found: dict[tuple[str, int], Match] = {}
    for route in project.routes:
        target = route.function
        if target is None or not target.function.facts.decorated or project.is_test(route.span.file):
            continue
        nodes = target.function.head.decorators
        at = _place_of(nodes, route, target, registering)
        if at == 0 or any(_precision(project, limits, target, node) for node in nodes[at + 1 :]):
            continue
        for node in nodes[:at]:
            precision = _precision(project, limits, target, node)
            if precision is not None:
                span = target.function.module.span(node.start, node.end)
                found.setdefault((span.file, span.start), _misplaced(span, node, nodes[at], route, precision))
    yield from found.values()


def _place_of(nodes: Sequence[f.Expr], route: Route, target: FunctionValue, registering: Collection[str]) -> int:
    """Which decorator registers a route: where it was registered, or, where that is elsewhere, by its name."""
    at = next((i for i, node in enumerate(nodes) if is_at(node, route, target)), None)
    if at is not None:
        return at
    return next((i for i, node in enumerate(nodes) if isinstance(node, f.Call) and last_name(node) in registering), 0)


def _misplaced(span: Span, node: f.Expr, registered_by: f.Expr, route: Route, precision: Precision) -> Match:
    limiter = unparse(_callee(node))
    return Match(
        span=span,
        values={
            "limiter": limiter,
            "route_decorator": unparse(_callee(registered_by)),
            "handler": name_of(route.handler),
            "route": label(route),
        },
        trace=(
            Step(span, f"'@{limiter}' is applied last, to what the framework no longer calls"),
            Step(route.registered, f"'{label(route)}' is registered here, with the function below"),
        ),
        precision=None if precision is Precision.VERY_HIGH else precision,
        route=label(route),
    )


def _precision(project: Project, limits: Limits, target: FunctionValue, node: f.Expr) -> Precision | None:
    """How sure it is that a decorator limits its function, and that only by wrapping it; None when it does not."""
    called = _callee(node)
    if not limits.is_named(unparse(called)) and last_name(called) not in _methods(limits):
        return None
    wrapped = applied(project, target, node)
    if wrapped is None:
        return None
    known = limits.entry(wrapped.decorator)
    if known is not None:
        is_wrapping = known[1].get("kind") == "decorator" and known[1].get("order") != "any"
        return Precision.VERY_HIGH if is_wrapping else None
    return Precision.HIGH if _wraps(wrapped) and limits.is_named(last_name(called)) else None


def _methods(limits: Limits) -> frozenset[str]:
    return frozenset(
        name
        for known, entry in limits.entries.items()
        for name in (known.rpartition(".")[2], *entry.get("methods", ()))
    )


def _wraps(wrapped: Wrapped) -> bool:
    """Whether a decorator of the project returns another function than it was given."""
    return wrapped.result is not None and unwrap(wrapped.result) is not unwrap(wrapped.inner)


def _refused(project: Project, limits: Limits) -> Iterator[Match]:
    """Limited functions without the parameter by which the limiter finds the request."""
    for module in limits.modules():
        for function in module.functions:
            node = function.head.decorators[-1] if function.facts.decorated and function.head.decorators else None
            if not isinstance(node, f.Call):
                continue
            known = limits.entry(project.program.machine.evaluate(node, env_of(project.program.machine, function)))
            wanted = known[1].get("arguments", ()) if known is not None else ()
            if not wanted or _has_parameter(function, wanted):
                continue
            span = module.span(node.start, node.end)
            yield Match(
                span=span,
                values={"limiter": unparse(node.func), "handler": function.qualname, "argument": wanted[0]},
                trace=(
                    Step(span, f"'@{unparse(node.func)}' looks for a parameter called '{wanted[0]}'"),
                    Step(function.span, f"'{function.qualname}' has none"),
                ),
                template="refused",
                severity=Severity.WARNING,
            )


def _has_parameter(function: Function, wanted: Sequence[str]) -> bool:
    return any(param.name in wanted for param in function.head.params)


# --------------------------------------------------------------------------------------------- objects


def _never_applied(project: Project, made: Object, name: str, entry: Entry) -> Iterator[Match]:
    """Limiters that were never given an application, and limits for all routes that nothing applies."""
    args, kwargs = project.program.made_with(made)
    joined_by = entry.get("joined_by")
    if joined_by:
        is_joined = entry.get("joins", "") in kwargs or any(isinstance(unwrap(arg), Result) for arg in args)
        if is_joined or len(args) > 1 or made.args != args or _is_joined(project, made, joined_by):
            return
        yield _of_object(made, name, "idle", f"'{joined_by}' is not called on it anywhere")
    defaults = kwargs.get(entry.get("defaults", ""))
    applied_by = entry.get("applied_by")
    if applied_by and isinstance(defaults, Seq) and defaults.items and not _is_imported(project, applied_by):
        yield _of_object(made, name, "unused", f"nothing imports '{applied_by}'")


def _of_object(made: Object, name: str, template: str, why: str) -> Match:
    steps = (Step(made.span, "the limiter is made here"), Step(made.span, why))
    return Match(span=made.span, values={"limiter": name}, template=template, trace=steps)


def _is_imported(project: Project, module: str) -> bool:
    parent, _, last = module.rpartition(".")
    for each in project.index.modules.values():
        if module in each.facts.imports or (parent in each.facts.imports and last.encode() in bytes(each.facts.body)):
            return True
    return False


def _is_joined(project: Project, made: Object, method: str) -> bool:
    """Whether an application may have been given to a limiter: by the name that it is bound to, or by one that a loop
    or a parameter bound."""
    if any(name.rpartition(".")[2] == method for name, _ in project.program.events(made)):
        return True
    bound = _bound_to(project, made)
    for function in project.index.functions_with((method,)):
        local = {param.name for param in function.head.params} | {
            node.id for loop in function.nodes(f.For) for node in walk([loop.target]) if isinstance(node, f.Name)
        }
        for call in function.nodes(f.Call):
            if isinstance(call.func, f.Attribute) and call.func.attr == method:
                receiver = last_name(call.func.value)
                if not bound or receiver in bound or receiver in local or not receiver:
                    return True
    return False


def _bound_to(project: Project, made: Object) -> set[str]:
    """The names that the statement around an object's making binds."""
    module = project.module(made.span.file)
    bodies = [module.body, *(function.body for function in module.around(made.span.start))]
    found = set()
    for body in bodies:
        for node in walk(body):
            if isinstance(node, (f.Assign, f.AnnAssign)) and node.start <= made.span.start < node.end:
                targets = node.targets if isinstance(node, f.Assign) else (node.target,)
                found |= {last_name(target) for target in targets}
    return found


def _unattached(
    project: Project, limits: Limits, made: Object, entry: Entry, security_severity: float
) -> Iterator[Match]:
    """Limiters that the handler of their exception asks for and does not find."""
    state, answered_by = entry.get("state"), entry.get("answered_by")
    if not state or not answered_by or _is_stored(project, state):
        return
    for module in limits.modules():
        registered = next(_registrations(module.body, module.functions), None)
        name = (
            next((last_name(arg) for arg in registered.args if last_name(arg) == answered_by), "") if registered else ""
        )
        if registered is not None and name:
            span = module.span(registered.start, registered.end)
            yield Match(
                span=span,
                values={"handler": name, "state": state},
                trace=(
                    Step(made.span, "the limiter is made here"),
                    Step(span, f"'{name}' reads it from 'app.state.{state}', where nothing put it"),
                ),
                template="unattached",
                severity=Severity.WARNING,
                security_severity=security_severity,
            )
            return


def _registrations(body: Sequence[f.Stmt], functions: Sequence[Function]) -> Iterator[f.Call]:
    """The calls that hand an application a function for an exception."""
    nodes = [node for node in walk(body) if isinstance(node, f.Call)]
    for function in functions:
        if "add_exception_handler" in function.facts.words:
            nodes += function.nodes(f.Call)
    yield from (node for node in nodes if last_name(node.func) == "add_exception_handler")


def _is_stored(project: Project, name: str) -> bool:
    """Whether anything sets an attribute, or an entry of a state, of that name."""
    for module in project.index.modules.values():
        if module.is_test:
            continue
        if _stores(walk(module.body), name):
            return True
        for function in module.functions:
            words = function.words
            if name in words or "setattr" in words or function.facts.is_generator:
                if _stores((*function.nodes(f.Assign), *function.nodes(f.Call), *function.nodes(f.Dict)), name):
                    return True
    return False


def _stores(nodes: Iterator[object] | Sequence[object], name: str) -> bool:
    for node in nodes:
        if isinstance(node, f.Assign):
            if any(isinstance(target, f.Attribute) and target.attr == name for target in node.targets):
                return True
        elif isinstance(node, f.Call):
            if last_name(node.func) in ("setattr", "State") and unparse(node).find(name) >= 0:
                return True
        elif isinstance(node, f.Dict):
            if any(isinstance(key, f.Constant) and key.value == name for key, _ in node.items if key is not None):
                return True
    return False


def _callee(node: f.Expr) -> f.Expr:
    return node.func if isinstance(node, f.Call) else node


__all__ = ["limiter_without_effect"]
