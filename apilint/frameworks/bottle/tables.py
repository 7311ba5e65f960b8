"""Bottle's registration: applications with those inside of them -> what is registered, and what stands before it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import msgspec

from apilint.facts import Span
from apilint.frameworks.answering import Attached
from apilint.frameworks.program import Object, Program, argument, path_part
from apilint.startup.values import Condition, FunctionValue, Known, Result, Value, constant, text_of, unwrap

VERBS = ("get", "post", "put", "delete", "patch")
_MAX_DEPTH = 20

Conditions = tuple[Condition, ...]


class Entry(msgspec.Struct, frozen=True):
    """One callback for one method (`ANY` for all) on a path."""

    method: str
    path: str
    callback: Value
    span: Span
    conditions: Conditions
    hooks: tuple[Attached, ...]
    plugins: tuple[Attached, ...]
    router: str
    prefix: str


class Call(msgspec.Struct, frozen=True):
    """A method that is called on an application."""

    name: str
    made: Result


class App:
    """One application: what is called on it, in order. The default one has as many objects as it was asked for."""

    def __init__(self, program: Program, objects: Sequence[Object]) -> None:
        self.objects = objects
        self.place = program.place(objects[0])
        self.calls: list[Call] = []
        for each in objects:
            if isinstance(each, Result):  # `bottle.get`, which the default application answers
                self.calls.append(Call(program.short_name(each), each))
            self.calls += [Call(name, event) for name, event in program.events(each)]
        self.calls.sort(key=lambda call: call.made.order)


class Tables:
    """Everything that is registered on applications."""

    def __init__(self, program: Program, apps: Sequence[Object], default: Sequence[Object]) -> None:
        self.program = program
        self.apps = [App(program, [each]) for each in apps]
        if default:
            self.apps.append(App(program, default))

    def entries(self) -> Iterator[tuple[App, Entry]]:
        """What each application serves that stands in no other one."""
        inside = {id(child) for app in self.apps for call in app.calls if (child := self._child(call))}
        for app in self.apps:
            if id(app) not in inside:
                hooks = tuple(self._hooks(app))
                for entry in self._of(app, "", hooks, (), 0, None):
                    yield app, entry

    def _of(
        self,
        app: App,
        prefix: str,
        hooks: tuple[Attached, ...],
        conditions: Conditions,
        depth: int,
        until: int | None,
    ) -> Iterator[Entry]:
        """What is registered on an application before the call that hands its routes over."""
        plugins = tuple(self._plugins(app))
        for call in app.calls if depth < _MAX_DEPTH else ():
            if until is not None and call.made.order > until:
                return
            child = self._child(call)
            if child is None:
                yield from self._registered(call, prefix, hooks, plugins, conditions, app.place)
                continue
            below = (*conditions, *call.made.conditions)
            mounted = path_part(argument(call.made, 0, "prefix")) if call.name == "mount" else ""
            if mounted and not mounted.endswith("/"):
                # Served as an application of its own, which goes on being filled and has hooks of its own.
                own = (*hooks, *self._hooks(child))
                yield from self._of(child, f"{prefix}{mounted}", own, below, depth + 1, None)
            else:
                at = prefix.rstrip("/") + mounted if mounted else prefix
                yield from self._of(child, at, hooks, below, depth + 1, call.made.order)

    def _child(self, call: Call) -> App | None:
        """The application that `mount` or `merge` takes in."""
        if call.name not in ("mount", "merge"):
            return None
        given = argument(call.made, 1, "app") if call.name == "mount" else argument(call.made, 0, "routes")
        found = self.program.object_of(given) if given is not None else None
        return next((app for app in self.apps if any(each is found for each in app.objects)), None)

    def _hooks(self, app: App) -> Iterator[Attached]:
        for call in app.calls:
            if call.name in ("hook", "add_hook") and text_of(argument(call.made, 0, "name") or Known("")) == (
                "before_request"
            ):
                given = argument(call.made, 1, "func") if call.name == "add_hook" else None
                for value in [given] if given is not None else self.program.decorated(call.made):
                    yield Attached(value, call.made.span, call.made.conditions)

    def _plugins(self, app: App) -> Iterator[Attached]:
        for call in app.calls:
            plugin = argument(call.made, 0, "plugin") if call.name == "install" else None
            if plugin is not None:
                yield Attached(plugin, call.made.span, call.made.conditions)

    def _registered(
        self,
        call: Call,
        prefix: str,
        hooks: tuple[Attached, ...],
        plugins: tuple[Attached, ...],
        conditions: Conditions,
        router: str,
    ) -> Iterator[Entry]:
        """What `route`, or the method named for a verb, puts into the table."""
        if call.name != "route" and call.name not in VERBS:
            return
        made = call.made
        path, methods = argument(made, 0, "path"), argument(made, 1, "method")
        given = argument(made, 2, "callback")
        if path is not None and isinstance(unwrap(path), FunctionValue):
            given, path = path, None  # `@app.get`, without a call
        applied = self.program.items_under(made.kwargs.get("apply"))
        own = [Attached(each, made.span, under) for each, under in applied]
        skips = made.kwargs.get("skip")
        installed = () if skips is not None and constant(skips) is True else plugins
        for callback in [given] if given is not None else list(self.program.decorated(made)):
            paths = [path_part(each) for each in self.program.items(path)] or list(_spelt(callback))
            for text in paths:
                for method in self._methods(call.name, methods):
                    yield Entry(
                        method=method,
                        path=prefix.rstrip("/") + text if prefix else text,
                        callback=callback,
                        span=made.span,
                        conditions=(*conditions, *made.conditions),
                        hooks=hooks,
                        plugins=(*installed, *own),
                        router=router,
                        prefix=prefix,
                    )

    def _methods(self, name: str, given: Value | None) -> list[str]:
        listed = [text_of(each) or "?" for each in self.program.items(given)]
        return [each.upper() for each in listed] or ["GET" if name == "route" else name.upper()]


def _spelt(callback: Value) -> Iterator[str]:
    """The paths that Bottle makes of a function's name and parameters, where none is given."""
    target = unwrap(callback)
    if not isinstance(target, FunctionValue):
        return
    params = [each for each in target.function.head.params if each.kind not in ("args", "kwargs")]
    path = "/" + target.function.name.replace("__", "/").lstrip("/")
    path += "".join(f"/<{each.name}>" for each in params if each.default is None)
    yield path
    for each in params:
        if each.default is not None:
            path += f"/<{each.name}>"
            yield path


__all__ = ["App", "Attached", "Entry", "Tables"]
