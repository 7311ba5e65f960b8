"""Flask-REST-JSONAPI: `api.route(Resource, "name", "/url", …)` -> URL rules."""

from __future__ import annotations

from collections.abc import Iterator

from apilint.frameworks.flask.rules import Registration, Rule, full_path
from apilint.frameworks.program import Object, Program, argument, path_part
from apilint.startup import attributes
from apilint.startup.values import NONE, Attr, ClassValue, Known, Result, Value, text_of, unwrap

LIBRARY = "flask_rest_jsonapi"
APIS = ("flask_rest_jsonapi.Api", "flask_rest_jsonapi.api.Api")


def rules(program: Program, application: Registration) -> list[Rule]:
    """The rules of all resources whose `Api` stands on the application or one of its blueprints."""
    if not program.index.imports(LIBRARY):
        return []
    return [rule for api in program.objects(APIS) for rule in _rules(program, application, api)]


def _rules(program: Program, application: Registration, api: Object) -> Iterator[Rule]:
    args, kwargs = program.made_with(api)
    targets = [kwargs.get("blueprint") or (args[1] if len(args) > 1 else None)]
    targets.append(kwargs.get("app") or (args[0] if args else None))
    for name, event in program.events(api):
        if name == "init_app":
            targets = [argument(event, 1, "blueprint"), argument(event, 0, "app"), *targets]
    around = program.items(kwargs.get("decorators") or (args[2] if len(args) > 2 else None))
    for name, event in program.events(api):
        if name == "route":
            every = [*around, *_asked_of_all(program, api, event)]
            yield from _routed(program, application, event, [event.kwargs.get("blueprint"), *targets], every)


def _asked_of_all(program: Program, api: Object, routed: Result) -> Iterator[Value]:
    """What a permission manager puts around the methods of every resource that is there before it."""
    cls = unwrap(argument(routed, 0, "resource") or NONE)
    waived = attributes.own(program.machine, cls, "disable_permission") if isinstance(cls, ClassValue) else None
    for name, event in program.events(api):
        wanted = argument(event, 1, "with_decorators")
        is_off = isinstance(wanted, Known) and not wanted.value
        if name == "permission_manager" and event.order > routed.order and not is_off and not _is_true(waived):
            yield Result(Attr(api, "has_permission"), [], {}, event.span, event.order, event.conditions)


def _is_true(value: Value | None) -> bool:
    return isinstance(value, Known) and value.value is True


def _routed(
    program: Program, application: Registration, event: Result, targets: list[Value | None], around: list[Value]
) -> Iterator[Rule]:
    """The rules of one resource: below the first of the targets that is given, a blueprint before an application."""
    made = next((each for each in map(program.object_of, filter(None, targets)) if each is not None), None)
    resource = argument(event, 0, "resource")
    name = argument(event, 1, "view")
    label = (text_of(name) if name is not None else None) or "?"
    if resource is None:
        return
    for scope in application.scopes.get(id(made), []):
        for url in event.args[2:]:
            yield Rule(
                path=full_path(scope.prefix, path_part(url)),
                methods=None,
                endpoint=f"{scope.name}.{label}".lstrip("."),
                view=resource,
                span=event.span,
                scope=scope,
                conditions=(*scope.conditions, *event.conditions),
                decorators=tuple(around),
            )
