"""Bottle's registered callbacks -> routes: what answers, behind which hooks, plugins and decorators."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import msgspec

from apilint.frameworks.answering import Attached, Registered, answered, before, of_library
from apilint.frameworks.bottle.request import Request
from apilint.frameworks.bottle.tables import App, Entry, Tables
from apilint.frameworks.flask.views import developed
from apilint.frameworks.program import Object, Program, under
from apilint.guards.caller import Caller
from apilint.model import Guard, Route
from apilint.startup import attributes, calls
from apilint.startup.values import FunctionValue, Instance, Unknown, Value, Wrapped, unwrap


def routes(program: Program, apps: Sequence[Object], default: Sequence[Object]) -> Iterator[Route]:
    """All routes of these applications, and of the default one, as often as it was asked for."""
    views = Views(program)
    for app, entry in Tables(program, apps, default).entries():
        yield views.route(app, entry)


class Views:
    """Judges what is registered."""

    def __init__(self, program: Program) -> None:
        self.program = program

    def route(self, app: App, entry: Entry) -> Route:
        """The route of one registered callback."""
        methods = () if entry.method == "ANY" else (entry.method,)
        caller = Request("".join(methods), entry.path)
        callback = developed(self.program, self.program.as_decorated(entry.callback), entry.span)
        guards = [self._hook(each, caller) for each in entry.hooks]
        guards += [self._plugin(each, callback, caller) for each in entry.plugins]
        guards += self.program.decorator_guards(callback, caller)
        handler = self.program.handler(callback, entry.span)
        if handler.function is not None:
            guards += self.program.in_handler(handler.function, caller, above=guards)
        at = Registered(
            "bottle", methods, entry.path, entry.span, entry.conditions, entry.router, app.place, entry.prefix
        )
        return answered(at, handler, guards)

    def _hook(self, hook: Attached, caller: Caller) -> Guard:
        """What runs before a request is looked up: it turns a caller away by raising."""
        name, judged = before(self.program, hook.value, "dependency", caller)
        guard = self.program.guard(
            name, "before_request", "hook before requests", hook.span, judged, unwrap(hook.value)
        )
        return under(guard, hook.conditions)

    def _plugin(self, plugin: Attached, callback: Value, caller: Caller) -> Guard:
        """What is put around a callback: a decorator, or an object with `apply`."""
        machine, made = self.program.machine, unwrap(plugin.value)
        applied: Value | None = None
        if isinstance(made, Instance) and attributes.in_class(machine, made.cls, "apply") is not None:
            method = attributes.get(machine, made, "apply", plugin.span)
            given = machine.call(method, [callback, Unknown("the route")], {}, plugin.span)
            applied = Wrapped(callback, made, plugin.span, given)
        elif isinstance(made, FunctionValue):
            applied = calls.apply(machine, plugin.value, callback, plugin.span)
        if isinstance(applied, Wrapped):
            found = self.program.decorator_guard(applied, caller)
            guard = msgspec.structs.replace(found, kind="plugin", via="plugin")
        else:
            judged = of_library(self.program, made, caller)
            guard = self.program.guard(self.program.short_name(made), "plugin", "plugin", plugin.span, judged, made)
        return under(guard, plugin.conditions)
