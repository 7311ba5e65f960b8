"""Routes that libraries bring along: routers that they make, by the models, and objects whose methods they serve."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from apilint.frameworks.program import Object, Program, argument, path_part
from apilint.guards.judge import Judgement
from apilint.model import Guard
from apilint.startup import attributes
from apilint.startup.values import Instance, Known, Result, Value

_RESOURCE_APIS = (
    "fastapi_utils.Api",
    "fastapi_utils.cbv_base.Api",
    "fastapi_restful.Api",
    "fastapi_restful.cbv_base.Api",
)
_VERBS = ("delete", "get", "head", "options", "patch", "post", "put")


class Brought(msgspec.Struct, frozen=True):
    """One route of a library's router: the library's own handler, and what stands before it there. `dependencies` are
    functions that the router was given to call first."""

    methods: tuple[str, ...]
    path: str
    handler: str
    guards: tuple[Guard, ...] = ()
    dependencies: tuple[Value, ...] = ()

    @property
    def is_socket(self) -> bool:
        """Whether it answers websockets."""
        return self.methods == ("WEBSOCKET",)


class Served(msgspec.Struct, frozen=True):
    """A method of the project's object that a library serves: as if it had been registered by a call of its own."""

    verb: str
    event: Result
    handler: Value


def routes_of(program: Program, made: Object) -> Iterator[Brought]:
    """The routes of a router that a library made, as the models list them."""
    args, kwargs = program.made_with(made)
    for name in program.knowledge.names(program.machine, made):
        for row in program.knowledge.brings(name):
            named = [kwargs[each] for each in row.get("dependencies", ()) if each in kwargs]
            dependencies = [value for value in named if not (isinstance(value, Known) and value.value is None)]
            yield Brought(
                methods=tuple(row.get("methods", ("GET",))),
                path=_path(row.get("path", ""), args, kwargs),
                handler=str(row.get("handler", name)),
                guards=tuple(_guards(program, made, row)),
                dependencies=tuple(dependencies),
            )


def _guards(program: Program, made: Object, row: Mapping[str, Any]) -> Iterator[Guard]:
    guard = row.get("guard")
    if guard:
        judged = Judgement(str(row.get("effect", "required")), qualname=guard)
        yield program.guard(guard.rpartition(".")[2], "dependency", "the library", made.span, judged)


def _path(stated: str | Mapping[str, Any], args: list[Value], kwargs: dict[str, Value]) -> str:
    """A path that is the library's, or an argument of the call."""
    if isinstance(stated, str):
        return stated
    value = kwargs.get(stated.get("keyword", ""))
    at = stated.get("arg")
    if value is None and isinstance(at, int) and at < len(args):
        value = args[at]
    return str(stated.get("default", "")) if value is None else path_part(value)


def resources_of(program: Program, app: Object) -> Iterator[Served]:
    """`Api(app).add_resource(Items(), "/items")`: methods that are called for what they answer."""
    for api in program.objects(_RESOURCE_APIS):
        _, kwargs = program.made_with(api)
        on = kwargs.get("app") or (api.args[0] if api.args else Known(None))
        if program.object_of(on) is not app:
            continue
        for name, event in program.events(api):
            given = argument(event, 0, "resource") if name == "add_resource" else None
            if isinstance(given, Instance):
                yield from _methods(program, event, given)


def _methods(program: Program, event: Result, resource: Instance) -> Iterator[Served]:
    for url in event.args[1:]:
        for verb in _VERBS:
            found = attributes.own(program.machine, resource.cls, verb)
            if found is not None:
                made = Result(event.callee, [url], event.kwargs, event.span, event.order, event.conditions)
                yield Served(verb, made, found)
