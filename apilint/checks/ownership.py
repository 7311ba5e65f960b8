"""Objects of somebody that any user gets who knows the id."""

from __future__ import annotations

import re
from collections.abc import Iterator

import msgspec

from apilint import facts as f
from apilint.check import Match, check
from apilint.checks.assigned import keeping
from apilint.checks.exposed import Changes, label, name_of, words_of
from apilint.checks.identity import depends_on_caller
from apilint.checks.limits import Limits
from apilint.checks.reached import Reached, made_of
from apilint.checks.rejections import functions_of
from apilint.facts import Span
from apilint.finding import Precision
from apilint.flow import env_of
from apilint.flow.narrowing import last_name
from apilint.frameworks.schemas import Field, Schema, Schemas
from apilint.index import Function
from apilint.model import Route, Step
from apilint.patterns import regex
from apilint.project import Project
from apilint.startup import attributes
from apilint.startup.values import ClassValue, Seq, unwrap
from apilint.walk import walk

# Calls that show something to the caller, and ask nothing.
_SHOWING = frozenset("render redirect TemplateResponse success error warning info debug add_message".split())
_PARAMETER = regex(r"[{<](?:[^{}<>:]*(?:\([^)]*\))?:)?(\w+)(?::\w+)?[}>]")


@check
def object_not_scoped(
    project: Project,
    *,
    look_ups: tuple[str, ...],
    owners: str,
    caller: str,
    privileged: str,
    unasked: str,
    plain_views: tuple[str, ...] = (),
    permissions: str = "",
    deciding: str = "",
    asking: tuple[str, ...] = (),
    changing_security_severity: float = 8.1,
    shared_precision: str = "low",
) -> Iterator[Match]:
    """Handlers that fetch a row with an owner by an id of the path, and never ask whose it is; and such whose view has
    a permission that would tell, in a view that asks it only when it is told to. Where nothing in the project looks
    for somebody's own rows of the model, users may well share them."""
    yield from _unasked(project, look_ups, plain_views, permissions, deciding, asking)
    finder = _Finder(project, look_ups, regex(owners), regex(caller), regex(privileged))
    for match in _unscoped(project, finder, changing_security_severity):
        is_own = finder.looks_for_own(str(match.values["model"]), str(match.values["owner"]))
        yield match if is_own else msgspec.structs.replace(match, precision=Precision(shared_precision))


def _unscoped(project: Project, finder: _Finder, changing_security_severity: float) -> Iterator[Match]:
    changes = Changes(project, ("POST", "PUT", "PATCH", "DELETE"))
    seen: set[Span] = set()
    for route in project.routes:
        if route.auth != "required" or route.function is None or route.span in seen:
            continue
        seen.add(route.span)
        found = finder.of(route) if not project.is_test(route.span.file) else None
        if found is None:
            continue
        call, schema, owner = found
        span = route.function.function.module.span(call.start, call.end)
        is_handed_on = depends_on_caller(route.function.function) or _hands_on(route.function.function)
        yield Match(
            span=span,
            precision=Precision.LOW if is_handed_on else None,
            values={
                "route": label(route),
                "model": schema.name,
                "owner": owner.name,
                "handler": name_of(route.handler),
            },
            trace=(
                Step(route.registered, f"'{label(route)}' is registered here"),
                *([Step(owner.span, f"'{owner.name}' says whose it is")] if owner.span is not None else []),
                Step(span, f"any '{schema.name}' is fetched by the id from the path"),
                Step(route.span, f"'{name_of(route.handler)}' does not look who asks"),
            ),
            security_severity=changing_security_severity if changes.cover(route) else None,
            route=label(route),
        )


def _hands_on(function: Function) -> bool:
    """Whether a handler gives the request to something that may ask: `save_files(request, row)`."""
    return any(
        isinstance(arg, f.Name) and arg.id == "request" and last_name(call.func) not in _SHOWING
        for call in function.nodes(f.Call)
        for arg in call.args
    )


def _unasked(
    project: Project,
    look_ups: tuple[str, ...],
    plain: tuple[str, ...],
    attribute: str,
    deciding: str,
    asking: tuple[str, ...],
) -> Iterator[Match]:
    """Handlers of plain views that fetch an object by the path and ask no permission about it."""
    limits, machine = Limits.of(project), project.program.machine
    for route in project.routes:
        target, view = route.function, limits.view(route) if plain else None
        if target is None or view is None or project.is_test(route.span.file):
            continue
        bases = attributes.external_bases(machine, view)
        if not bases or not frozenset(plain).issuperset(bases):
            continue
        permission = next(_deciding(project, view, attribute, deciding), None)
        own = [base.cls for base in attributes.own_classes(machine, view)]
        asked = any(not method.words.isdisjoint(asking) for cls in own for method in cls.methods.values())
        names = set(_PARAMETER.findall(route.path)) & {param.name for param in target.function.head.params}
        if permission is None or asked or not names:
            continue
        calls = target.function.nodes(f.Call)
        call = next((node for node in calls if last_name(node.func) in look_ups and _given(node, names)), None)
        if call is not None:
            span = target.function.module.span(call.start, call.end)
            yield Match(
                span=span,
                values={"permission": permission.cls.name, "route": label(route)},
                template="unasked",
                trace=(
                    Step(permission.cls.span, f"'{permission.cls.name}' looks at each object"),
                    Step(span, "an object is fetched by the id from the path, and nobody asks"),
                ),
                route=label(route),
            )


def _deciding(project: Project, view: ClassValue, attribute: str, deciding: str) -> Iterator[ClassValue]:
    """The permissions of a view, of the project's own, that look at objects."""
    machine = project.program.machine
    found = attributes.in_class(machine, view, attribute)
    for item in found[0].items if found is not None and isinstance(found[0], Seq) else ():
        cls = unwrap(item)
        if isinstance(cls, ClassValue):
            method = attributes.in_class(machine, cls, deciding)
            if method is not None and isinstance(method[1], ClassValue):
                yield cls


class _Finder:
    """Reads handlers: which rows they fetch, and whether they look who asks."""

    def __init__(
        self,
        project: Project,
        look_ups: tuple[str, ...],
        owners: re.Pattern[str],
        caller: re.Pattern[str],
        privileged: re.Pattern[str],
    ) -> None:
        self.project = project
        self.look_ups = frozenset(look_ups)
        self.owners, self.caller, self.privileged = owners, caller, privileged
        self.schemas = Schemas(project.program)
        self.reached = project.once("reached", lambda: Reached(project))
        self._own: dict[tuple[str, str], bool] = {}

    def of(self, route: Route) -> tuple[f.Call, Schema, Field] | None:
        """The call that fetches a row of somebody's, where nothing in the handler or its guards asks whose."""
        assert route.function is not None
        function = route.function.function
        names = set(_PARAMETER.findall(route.path)) & {param.name for param in function.head.params}
        if not names or self._is_for_few(route, names) or self.look_ups.isdisjoint(function.words):
            return None
        for call in function.nodes(f.Call):
            if last_name(call.func) not in self.look_ups or not _given(call, names) or _is_narrowed(call):
                continue
            if any(_is_unused(call, node.value) for node in function.nodes(f.ExprStmt)):
                continue  # tells that there is one, and nothing of it
            schema = self._model(call, function)
            owner = next((field for field in schema.fields if self._owns(field)), None) if schema is not None else None
            if schema is None or owner is None or schema.user or self._asks_who(function):
                continue
            if not any(map(self._asks_who, self._given_what(call, function))):
                return call, schema, owner
        return None

    def looks_for_own(self, model: str, owner: str) -> bool:
        """Whether anything in the project looks for rows of a model by their owner, or compares one with somebody."""
        if (model, owner) not in self._own:
            names = {owner, f"{owner}_id"}
            self._own[model, owner] = any(self._asks_for(names, function) for function in self._naming(model))
        return self._own[model, owner]

    def _naming(self, model: str) -> Iterator[Function]:
        """The functions that name a model."""
        index = self.project.index
        for function in (each for module in index.modules.values() if not module.is_test for each in module.functions):
            if index.may_mention(function, model) and any(node.id == model for node in function.nodes(f.Name)):
                yield function

    def _asks_for(self, names: set[str], function: Function) -> bool:
        looking = (node for node in function.nodes(f.Call) if last_name(node.func) in {*self.look_ups, "exclude", "Q"})
        sides = (side for node in function.nodes(f.Compare) for side in (node.left, *node.rights))
        return any(each.name and _last_part(each.name) in names for node in looking for each in node.keywords) or any(
            isinstance(side, f.Attribute) and side.attr in names for side in sides
        )

    def _is_for_few(self, route: Route, names: set[str]) -> bool:
        """Whether the route is an administrator's, or a guard of it looks at the same id."""
        text = f"{route.path} {route.handler} {' '.join(guard.name for guard in route.guards)}"
        if self.privileged.search(words_of(text)) or any(guard.demands for guard in route.guards):
            return True
        judged = (
            function
            for guard in (*route.guards, *route.considered)
            if guard.kind != "in the handler"
            for function in functions_of(self.project, guard)
        )
        return any(not names.isdisjoint({param.name for param in each.head.params}) for each in judged)

    def _owns(self, field: Field) -> bool:
        # A number that is no relation belongs to another world.
        return bool(self.owners.search(words_of(field.name))) and not field.type.endswith("IntegerField")

    def _asks_who(self, function: Function) -> bool:
        """Whether anything in the body is called like the caller, or like a check of what they may do."""
        nodes = list(walk(function.body))
        names = {node.id for node in nodes if isinstance(node, f.Name)}
        names |= {node.attr for node in nodes if isinstance(node, f.Attribute)}
        names |= {
            keyword.name for node in nodes if isinstance(node, f.Call) for keyword in node.keywords if keyword.name
        }
        return any(self.caller.search(words_of(name)) for name in names)

    def _given_what(self, call: f.Call, function: Function) -> Iterator[Function]:
        """The functions of the project that are given what a call fetched: `accept(transfer)`."""
        names = keeping(function, call)
        env, made = env_of(self.project.program.machine, function), made_of(function)
        for node in function.nodes(f.Call) if names else ():
            if any(isinstance(arg, f.Name) and arg.id in names for arg in node.args):
                yield from self.reached.called(function, node.func, env, made)

    def _model(self, call: f.Call, function: Function) -> Schema | None:
        """The model that a call looks up: its first argument, or what its method hangs on."""
        machine = self.project.program.machine
        env = machine.run_module(function.module)
        root: f.Expr = call.func
        while isinstance(root, (f.Attribute, f.Call)):
            root = root.func if isinstance(root, f.Call) else root.value
        for expr in (*call.args[:1], root, *_queried(call.func)):
            if isinstance(expr, f.Attribute) or (isinstance(expr, f.Name) and expr.id[:1].isupper()):
                schema = self.schemas.of(unwrap(machine.evaluate(expr, env)))
                if schema is not None and schema.stored:
                    return schema
        return None


def _last_part(name: str) -> str:
    """`owner` of `project__owner__in`."""
    parts = [part for part in name.split("__") if part not in ("in", "exact", "id", "pk")]
    return parts[-1] if parts else name


def _queried(func: f.Expr) -> Iterator[f.Expr]:
    """`Order` of `session.query(Order).get`."""
    while isinstance(func, (f.Attribute, f.Call)):
        if isinstance(func, f.Call):
            if last_name(func.func) in ("query", "select"):
                yield from func.args[:1]
            func = func.func
        else:
            func = func.value


def _is_narrowed(call: f.Call) -> bool:
    """Whether a look-up is given something of the request beside the id: `board__in=boards_of(request.profile)`."""
    nodes = walk([keyword.value for keyword in call.keywords])
    return any("request" in (getattr(node, "id", ""), getattr(node, "attr", "")) for node in nodes)


def _is_unused(call: f.Call, statement: f.Expr) -> bool:
    """Whether nothing is done with what a call answers."""
    value = statement.value if isinstance(statement, f.Await) else statement
    return value.start == call.start and value.end == call.end


def _given(call: f.Call, names: set[str]) -> bool:
    """Whether a call is given one of the path's parameters."""
    given = [*call.args, *(keyword.value for keyword in call.keywords)]
    return any(isinstance(node, f.Name) and node.id in names for node in walk(given))


__all__ = ["object_not_scoped"]
