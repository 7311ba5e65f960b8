"""Falcon's resources -> routes: which responder answers, and what stands before it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import msgspec

from apilint.facts import Span
from apilint.frameworks.answering import Attached, Registered, answered
from apilint.frameworks.falcon.request import Request, parameters
from apilint.frameworks.program import Object, Program, argument, path_part, under
from apilint.guards.caller import Caller
from apilint.guards.judge import NOT_A_GUARD, Judgement
from apilint.model import Guard, Route
from apilint.startup import attributes
from apilint.startup.values import (
    ClassValue,
    External,
    FunctionValue,
    Instance,
    Result,
    Unknown,
    Value,
    text_of,
    unwrap,
    wrappers,
)

_BEFORE = ("falcon.before", "falcon.hooks.before")
_VERBS = ("get", "post", "put", "patch", "delete", "head", "options")
_STEPS = ("process_request", "process_resource", "process_request_async", "process_resource_async")
_ANSWER = Unknown("the response")


class Hook(msgspec.Struct, frozen=True):
    """An action that runs before a responder, with the arguments that it was given."""

    made: Result
    span: Span


def routes(program: Program, apps: Iterable[Object]) -> Iterator[Route]:
    """All routes of these applications."""
    for app in apps:
        yield from Views(program, app).routes()


class Views:
    """The routes of one application."""

    def __init__(self, program: Program, app: Object) -> None:
        self.program = program
        self.machine = program.machine
        self.app = app
        self.middleware = list(self._middleware())

    def _middleware(self) -> Iterator[Attached]:
        """The middleware of the application, outermost first."""
        _, kwargs = self.program.made_with(self.app)
        for value, conditions in self.program.items_under(kwargs.get("middleware")):
            yield Attached(value, self.app.span, conditions)
        for name, event in self.program.events(self.app):
            if name == "add_middleware" and event.args:
                for value in self.program.items(event.args[0]):
                    yield Attached(value, event.span, event.conditions)

    def routes(self) -> Iterator[Route]:
        """One route for each responder of each resource that is added."""
        for name, event in list(self.program.events(self.app)):
            resource = argument(event, 1, "resource") if name == "add_route" else None
            made = unwrap(resource) if resource is not None else None
            if isinstance(made, Instance):
                suffix = event.kwargs.get("suffix")
                ending = f"_{text_of(suffix)}" if suffix is not None and text_of(suffix) else ""
                for verb in (*_VERBS, "websocket"):
                    yield from self._route(event, made, verb, f"on_{verb}{ending}")

    def _route(self, event: Result, resource: Instance, verb: str, name: str) -> Iterator[Route]:
        found = self._responder(resource.cls, name)
        if found is None:
            return
        value, hooks = found
        path = path_part(argument(event, 0, "uri_template"))
        caller = Request(verb.upper(), path)
        guards = [guard for each in self.middleware for guard in self._around(each, resource, caller)]
        guards += [self._hook(hook, resource, caller) for hook in hooks]
        for layer in wrappers(value):
            hook = _hook_of(layer.decorator, layer.span)
            if hook is not None:
                guards.append(self._hook(hook, resource, caller))
            else:
                guards.append(self.program.decorator_guard(layer, caller))
        handler = self.program.handler(value, event.span)
        function = handler.function
        if function is not None:
            bound = FunctionValue(function.function, function.env, resource)
            guards += self.program.in_handler(bound, caller, above=guards)
        place, kind = self.program.place(self.app), "websocket" if verb == "websocket" else "http"
        at = Registered("falcon", (verb.upper(),), path, event.span, event.conditions, place, place, kind=kind)
        yield answered(at, handler, guards)

    def _responder(self, cls: ClassValue, name: str) -> tuple[Value, list[Hook]] | None:
        """A responder by the order of inheritance, and the hooks of the classes that it is looked up through: a hook
        around a class stands before all responders that the class has, its own and inherited ones."""
        hooks: list[Hook] = []
        for base in attributes.own_classes(self.machine, cls):
            for decorator, span in base.decorations:
                hook = _hook_of(decorator, span)
                hooks += [hook] if hook is not None else []
            value = attributes.namespace(self.machine, base).vars.get(name)
            if value is not None:
                return self.machine.force(value), hooks
        return None

    # -------------------------------------------------------------------- guards

    def _hook(self, hook: Hook, resource: Instance, caller: Caller) -> Guard:
        """An action before the responder: it turns a caller away by raising."""
        action, *rest = hook.made.args or [hook.made.kwargs.get("action") or Unknown("no action")]
        kwargs = {name: value for name, value in hook.made.kwargs.items() if name != "action"}
        target = unwrap(action)
        judged: Judgement = NOT_A_GUARD
        if isinstance(target, (FunctionValue, Instance)):
            first = [caller, _ANSWER, resource, parameters(), *rest]
            judged = self.program.judge.function(
                action, "dependency", caller=caller, first=first, bindings=kwargs, memo=(None,)
            )
        elif isinstance(target, Unknown):
            judged = Judgement("unknown", reason=target.reason)
        else:
            judged = self.program.judge.library(action, caller.http_method) or NOT_A_GUARD
        return self.program.guard(self._name(target), "before hook", "before hook", hook.span, judged, target)

    def _around(self, middleware: Attached, resource: Instance, caller: Caller) -> Iterator[Guard]:
        """The steps of a middleware that a request goes through before its responder."""
        made = unwrap(middleware.value)
        if not isinstance(made, Instance):
            judged = self.program.judge.library(made, caller.http_method)
            if isinstance(made, Unknown):
                judged = Judgement("unknown", reason=made.reason)
            yield self._step(middleware, judged or NOT_A_GUARD, made)
            return
        for name in _STEPS:
            found = attributes.in_class(self.machine, made.cls, name)
            method = attributes.get(self.machine, made, name, middleware.span) if found is not None else None
            target = unwrap(method) if method is not None else None
            if not isinstance(target, FunctionValue):
                continue
            extra: list[Value] = [resource, parameters()] if "resource" in name else []
            judged = self.program.judge.function(
                target, "dependency", caller=caller, first=[caller, _ANSWER, *extra], memo=(None,)
            )
            if judged.effect in ("none", "optional"):
                ends_here = "complete" in target.function.words
                reason = "whether it answers in the responder's place is not known" if ends_here else ""
                judged = Judgement("unknown" if ends_here else "none", reason=reason, qualname=judged.qualname)
            yield self._step(middleware, judged, made)

    def _step(self, middleware: Attached, judged: Judgement, made: Value) -> Guard:
        name = self._name(made)
        guard = self.program.guard(name, "middleware", "middleware", middleware.span, judged, made)
        return under(guard, middleware.conditions)

    def _name(self, target: Value) -> str:
        if isinstance(target, FunctionValue):
            parent = target.function.parent
            return parent.name if parent is not None else target.function.name
        return self.program.short_name(target)


def _hook_of(decorator: Value, span: Span) -> Hook | None:
    if isinstance(decorator, Result) and isinstance(decorator.callee, External) and decorator.callee.name in _BEFORE:
        return Hook(decorator, span)
    return None
