"""URL rules -> routes: what answers each method, and what stands before it."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from apilint.facts import Span
from apilint.frameworks.asgi_tree import handed_over
from apilint.frameworks.flask import appbuilder, classful, documents, jsonapi, resources, views
from apilint.frameworks.flask.hooks import Hooks
from apilint.frameworks.flask.objects import Config
from apilint.frameworks.flask.rules import APPS, BLUEPRINTS, SHORTCUTS, Registration, Rule, Scope, methods_of, place
from apilint.frameworks.program import Program, argument, only_if, path_part, sort_guards, verdict
from apilint.guards.caller import Caller
from apilint.guards.judge import Judgement
from apilint.model import Guard, Loose, Route, Step
from apilint.startup import attributes
from apilint.startup.values import (
    ClassValue,
    FunctionValue,
    Instance,
    Known,
    Mapping,
    Result,
    Setting,
    Value,
    Wrapped,
    unwrap,
    wrappers,
)

ATTACHED = ("required", "conditional", "optional")
REGISTRARS = ("route", "add_url_rule", "register_blueprint", "add_resource", "before_request")
CONSTRUCTORS = ("Flask", "Quart", "APIFlask", "OpenAPI", "FlaskAPI")
_REGISTERING = ("route", "get", "post", "put", "delete", "patch", "websocket", "endpoint", "expose", "resource")
_RULES = ("route", "add_url_rule", *SHORTCUTS)
_VIEW_FUNCTIONS = "flask.current_app.view_functions"


def routes(program: Program) -> Iterator[Route]:
    """All routes of all Flask applications. Blueprints that no application registers are left out, unless some
    application registers what the source does not tell."""
    made = [Registration(program, app, is_first=at == 0) for at, app in enumerate(program.objects(APPS))]
    for application in made:
        application.run()
        application.rules += resources.rules(program, application)
        application.rules += classful.rules(program, application)
        application.rules += appbuilder.rules(program, application)
        application.rules += documents.rules(program, application)
        application.rules += jsonapi.rules(program, application)
    _adopt(program, made)
    program.loose += _loose(program, made)
    for application in made:
        yield from Views(program, application).routes()


def _adopt(program: Program, made: list[Registration]) -> None:
    """Blueprints that nobody registers by name go to the application that registers something unknown."""
    taken = {key for application in made for key in application.scopes}
    open_ = next((application for application in made if application.is_open), None)
    if open_ is None:
        return
    for blueprint in program.objects(BLUEPRINTS):
        if id(blueprint) not in taken:
            open_.enter(blueprint, open_.below(blueprint, Scope(), {}, ()))


def _loose(program: Program, made: list[Registration]) -> Iterator[Loose]:
    """Blueprints with rules that no application took."""
    if not made or any(application.is_open for application in made):
        return
    taken = {key for application in made for key in application.scopes}
    blueprints = [each for each in program.objects(BLUEPRINTS) if id(each) not in taken]
    handed = {id(each) for each in handed_over(program, blueprints)}
    for blueprint in blueprints:
        rules = [event for name, event in program.events(blueprint) if name in _RULES]
        if rules:
            is_doubtful = isinstance(blueprint, Instance) or id(blueprint) in handed
            doubt = "something that was not followed made it, or is given it" if is_doubtful else ""
            yield Loose("blueprint", blueprint.span, tuple(map(_written, rules)), doubt=doubt)


def _written(rule: Result) -> Step:
    return Step(rule.span, f"'{path_part(argument(rule, 0, 'rule')) or '/'}' is registered here")


class Target(msgspec.Struct):
    """What answers one method of a rule: its function with everything around it, outermost first."""

    id: str
    span: Span
    layers: list[Wrapped]
    function: FunctionValue | None
    dispatch: FunctionValue | None = None


class Views:
    """Judges the rules of one application."""

    def __init__(self, program: Program, application: Registration) -> None:
        self.program = program
        self.application = application
        self.hooks = Hooks(program)
        self.own_hooks = application.own_hooks()
        self.middleware = tuple(self._middleware())
        self.framework = "quart" if program.is_a(application.app, APPS[2:4]) else "flask"

    def routes(self) -> Iterator[Route]:
        """The routes of the application, in the order of their registration."""
        application = self.application
        endpoints: dict[object, Value] = {}
        for rule in application.rules:
            endpoints.setdefault(rule.endpoint, rule.view)
        known = Mapping(endpoints, is_open=True)
        application.app.attrs.setdefault("view_functions", known)
        substitutes = self.program.machine.substitutes
        before = substitutes.get(_VIEW_FUNCTIONS)
        substitutes[_VIEW_FUNCTIONS] = known
        for rule in application.rules:
            yield from self._rule(rule)
        if before is None:
            del substitutes[_VIEW_FUNCTIONS]
        else:
            substitutes[_VIEW_FUNCTIONS] = before

    def _middleware(self) -> Iterator[Guard]:
        """What stands around the whole application, `app.wsgi_app = Wrapper(app.wsgi_app)`: noted, not followed."""
        for attribute, value, span in self.application.app.sets:
            if attribute == "wsgi_app":
                judged = Judgement("none", reason="WSGI middleware is not followed")
                name = self.program.short_name(value)
                yield self.program.guard(name, "middleware", "wsgi_app of the application", span, judged, value)

    def _rule(self, rule: Rule) -> Iterator[Route]:
        """The routes of one rule: methods that the same function answers under the same guards go together."""
        whole = views.around(self.program, rule.view, list(rule.decorators), rule.span)
        view = views.developed(self.program, whole, rule.span)
        cls = views.class_of(view)
        methods = rule.methods or self._methods(view, cls)
        if "GET" in methods:
            methods = tuple(method for method in methods if method != "HEAD")
        found: list[Route] = []
        general: Route | None = None
        for method in ("WEBSOCKET",) if rule.is_socket else methods:
            if general is not None and method != "OPTIONS":
                found.append(msgspec.structs.replace(general, methods=(method,)))
                continue
            caller = Caller(method, rule.path, rule.endpoint)
            target = self._class_target(rule, view, cls, method) if cls is not None else self._target(rule, view)
            made = self._route(rule, target, method, caller)
            found.append(made)
            if cls is None and not caller.used and method != "OPTIONS":
                general = made
        yield from _grouped(found)

    def _methods(self, view: Value, cls: ClassValue | None) -> tuple[str, ...]:
        if cls is not None:
            return views.methods_of_class(self.program, cls)
        inner = unwrap(view)
        stated = None
        entry = self.program.knowledge.view(views.library_view(view))
        if entry is not None:
            return tuple(sorted(entry.get("methods", ("GET",))))
        if isinstance(inner, FunctionValue):
            stated = self.program.machine.function_attrs.get(inner.function, {}).get("methods")
        return methods_of(self.program, stated) or ("GET",)

    # ---------------------------------------------------------------- targets

    def _target(self, rule: Rule, view: Value) -> Target:
        if rule.library and rule.head is not None:
            return Target(rule.library, rule.head, wrappers(view), None)
        library = views.library_view(view)
        if library:
            entry = self.program.knowledge.view(library) or {}
            name = entry.get("handler") or ":".join(library.rsplit(".", 1))
            return Target(name, rule.span, wrappers(view), None)
        found = self.program.handler(view, rule.span)
        return Target(found.id, found.span, wrappers(view), found.function)

    def _class_target(self, rule: Rule, view: Value, cls: ClassValue, method: str) -> Target:
        """The method of a class that answers, below the decorators of view, class and method."""
        layers = list(wrappers(view))
        base = unwrap(view)
        inside = wrappers(views.around(self.program, base, views.class_decorators(self.program, cls), rule.span))
        if base is cls:  # what was put around the class itself gave a class again
            layers = [layer for layer in layers if not isinstance(layer.result, ClassValue)]
        layers += inside
        value = views.method_of(self.program, cls, method)
        if value is None:
            return Target(views.left_to(self.program, cls), cls.cls.span, layers, None)
        around = views.method_decorators(self.program, cls, method)
        layers += wrappers(views.around(self.program, value, around, rule.span))
        found = self.program.handler(value, rule.span)
        function = views.bound(value, cls)
        return Target(found.id, found.span, layers, function, self._dispatch(cls, found.function))

    def _dispatch(self, cls: ClassValue, function: FunctionValue | None) -> FunctionValue | None:
        """A `dispatch_request` of the project's own that stands before the method."""
        own = attributes.own(self.program.machine, cls, "dispatch_request")
        target = unwrap(own) if own is not None else None
        if not isinstance(target, FunctionValue) or function is None or target.function is function.function:
            return None
        return views.bound(target, cls)

    # ----------------------------------------------------------------- guards

    def _route(self, rule: Rule, target: Target, method: str, caller: Caller) -> Route:
        guards = self._guards(rule, target, caller)
        auth, unknown, condition = verdict(guards)
        counted, others = sort_guards(guards)
        return Route(
            framework=self.framework,
            methods=(method,),
            path=rule.path,
            handler=target.id,
            span=target.span,
            registered=rule.span,
            auth=auth,
            guards=counted,
            considered=(*others, *self._above(rule, caller), *self.middleware),
            router=rule.scope.router,
            prefix=rule.scope.prefix or "",
            kind="websocket" if rule.is_socket else "http",
            unknown=unknown,
            condition=condition,
            function=target.function,
            only_if=only_if(rule.conditions),
            app=place(self.program, self.application.app),
        )

    def _guards(self, rule: Rule, target: Target, caller: Caller) -> list[Guard]:
        mounted = self.program.mounted.get(id(self.application.app))
        guards = mounted.guards(caller) if mounted else []
        for hook in [*self.own_hooks, *rule.scope.hooks]:
            if hook.of_sockets is not rule.is_socket:
                continue
            guards += self.hooks.guards(hook, caller, rule.conditions)
        for layer in target.layers:
            if not self._registers(layer):
                guards.append(self._layer(rule, layer, caller))
        if target.dispatch is not None:
            guards += self._dispatched(target.dispatch, caller)
        if target.function is not None:
            guards += self.program.in_handler(target.function, caller, above=guards)
        return guards

    def _registers(self, layer: Wrapped) -> bool:
        """Whether a decorator is another route's, or documents only."""
        decorator = layer.decorator
        name = self.program.knowledge.name_of(decorator)
        return isinstance(decorator, Result) and name.rpartition(".")[2] in _REGISTERING

    def _layer(self, rule: Rule, layer: Wrapped, caller: Caller) -> Guard:
        """A decorator, or the closure of a decorator that registers the view itself: then the guard is called by
        the name of the function in it that rejects."""
        guard = self._unless_switched_off(self.program.decorator_guard(layer, caller), layer.decorator)
        maker = layer.decorator
        if guard.effect not in ATTACHED or not isinstance(maker, FunctionValue):
            return guard
        around = maker.function.facts
        if rule.span.file != maker.function.module.file or not around.start <= rule.span.start < around.end:
            return guard
        return msgspec.structs.replace(guard, name=self._rejecting(guard) or guard.name)

    def _unless_switched_off(self, guard: Guard, decorator: Value) -> Guard:
        """A library's guard that a key of the application's configuration switches off."""
        known = self.program.knowledge.guard(self.program.machine, decorator) if guard.effect == "required" else None
        key = known[1].get("setting") if known is not None else None
        config = attributes.get(self.program.machine, self.application.app, "config", guard.span) if key else None
        given = config.given(key) if key and isinstance(config, Config) else None
        if isinstance(given, Known) and given.value:
            return msgspec.structs.replace(guard, effect="none", reason=f"'{key}' is set in the configuration")
        if isinstance(given, Setting):
            return msgspec.structs.replace(guard, effect="conditional", condition=f"not {key}")
        return guard

    def _rejecting(self, guard: Guard) -> str:
        if not guard.chain:
            return ""
        at = guard.chain[-1].span
        module = self.program.index.file(at.file)
        inside = module.around(at.start) if module else []
        return inside[-1].name if inside and inside[-1].facts.parent < 0 else ""

    def _dispatched(self, dispatch: FunctionValue, caller: Caller) -> list[Guard]:
        """A `dispatch_request` that turns callers away before it hands on."""
        judged = self.program.judge.function(dispatch, "call", caller=caller, passes=_hands_on, memo=(None,))
        if judged.effect == "none":
            return []
        span = dispatch.function.span
        return [self.program.guard("dispatch_request", "mixin", "the class's dispatch_request", span, judged, dispatch)]

    def _above(self, rule: Rule, caller: Caller) -> list[Guard]:
        """Guards above the route decorator: they wrap a function that the framework never calls."""
        if rule.decorated_by is None:
            return []
        found = []
        for layer in views.above(self.program, rule.decorated_by, rule.view):
            guard = self.program.decorator_guard(layer, caller)
            if guard.effect == "required":
                reason = "it stands above the route decorator, which registered the function below it"
                found.append(msgspec.structs.replace(guard, effect="hollow", reason=reason))
        return found


def _hands_on(value: Value) -> bool:
    name = getattr(value, "name", "")
    return isinstance(name, str) and name.endswith("dispatch_request")


def _grouped(found: list[Route]) -> Iterator[Route]:
    """Routes that differ in their method only, as one."""
    groups: list[list[Route]] = []
    for route in found:
        alike = next((group for group in groups if _same(group[0], route)), None)
        if alike is None:
            groups.append([route])
        else:
            alike.append(route)
    for group in groups:
        yield msgspec.structs.replace(group[0], methods=tuple(method for route in group for method in route.methods))


def _same(a: Route, b: Route) -> bool:
    return (a.handler, a.auth, a.guards, a.condition) == (b.handler, b.auth, b.guards, b.condition)
