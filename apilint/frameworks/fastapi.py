"""FastAPI and Starlette: applications, routers, mounts, dependencies, middleware -> routes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import msgspec

from apilint.facts import Span
from apilint.frameworks import asgi_middleware, brought, wrapping
from apilint.frameworks.asgi_objects import (
    API_ROUTE,
    APPS,
    ENDPOINTS,
    FASTAPI,
    METHODS,
    ROUTE_CLASSES,
    ROUTERS,
    SERVED,
    STARLETTE,
    STARLETTE_ROUTERS,
    WEBSOCKET_CLASSES,
    WEBSOCKET_ENDPOINTS,
    WSGI_WRAPPERS,
    Scope,
    below,
    run_startup,
)
from apilint.frameworks.asgi_tree import HOST_CLASSES, MOUNT_CLASSES, Tree, beneath, inside, mounted, published
from apilint.frameworks.dependencies import Dependencies
from apilint.frameworks.program import (
    Mounted,
    Object,
    Program,
    argument,
    join_paths,
    only_if,
    path_part,
    under,
    with_verdict,
)
from apilint.guards.caller import Caller
from apilint.model import Guard, Route
from apilint.startup import attributes
from apilint.startup.values import (
    Attr,
    ClassValue,
    Condition,
    External,
    FunctionValue,
    Instance,
    Known,
    Result,
    Seq,
    Unknown,
    Value,
    text_of,
    unwrap,
)

CONSTRUCTORS = ("FastAPI", "Starlette")
LIVE_ROUTERS = "0.137"
REGISTRARS = ("include_router", "add_api_route", "mount", "add_route", "add_middleware")


def _is_optional_around(app: Object, child: Object) -> bool:
    """Whether an application that mounts another one is made under a setting only, without which the other is served
    by itself: `if PREFIX: outer = FastAPI(); outer.mount(PREFIX, app)`."""
    shared = {condition.span for condition in child.conditions}
    return any(not condition.decided and condition.span not in shared for condition in app.conditions)


def routes(program: Program) -> Iterator[Route]:
    """All routes of all FastAPI and Starlette applications; routers that no application includes are left out."""
    return Walker(program).routes()


class Walker:
    """Walks from each application down its routers and mounts."""

    def __init__(self, program: Program) -> None:
        self.program = program
        self.machine = program.machine
        self.dependencies = program.once(Dependencies, lambda: Dependencies(program))
        self.seen: list[object] = []
        self.tree = Tree(program)

    def routes(self) -> Iterator[Route]:
        """From every application that no other one mounts."""
        apps = self.program.objects(APPS)
        for app in apps:
            run_startup(self.program, app)
        apps = self.program.objects(APPS)
        inside = {
            id(child)
            for app in [*apps, *self.program.objects(ROUTERS)]
            for child in mounted(self.program, app)
            if not _is_optional_around(app, child)
        }
        for app in apps:
            if id(app) not in inside:
                yield from self._walk(app, Scope(framework=self._framework(app), app=self._place(app)))
        if apps:
            self.program.loose += self.tree.loose(self.program.objects(ROUTERS))

    def _framework(self, app: Object) -> str:
        return "fastapi" if self.program.is_a(app, FASTAPI) else "starlette"

    # ---------------------------------------------------------------- the tree

    def _walk(self, made: Object, scope: Scope) -> Iterator[Route]:
        """The routes registered on one application or router, below `scope`."""
        if made in self.seen or len(self.seen) > 30:
            return
        self.seen.append(made)
        self.tree.entered.add(id(made))
        args, kwargs = self.program.made_with(made)
        scope = self._entered(made, args, kwargs, scope)
        if self.program.is_a(made, FASTAPI):
            self.program.published += published(self.program, made, kwargs, scope.prefix, scope.app, scope.middleware)
        for item in self.program.items(kwargs.get("routes") or self._positional_routes(made, args)):
            yield from self._listed(item, scope)
        for name, event in list(self.program.events(made)):
            yield from self._event(
                made, name.rpartition(".")[2] if name.startswith(("router.", "app.")) else name, event, scope
            )
        yield from self._brought(made, scope)
        self.seen.pop()

    def _brought(self, made: Object, scope: Scope) -> Iterator[Route]:
        """The routes of a router that a library made, and of objects that a library serves on this application."""
        for each in brought.routes_of(self.program, made):
            path = join_paths(scope.prefix, each.path)
            caller = Caller(each.methods[0], path)
            guards = [*self._above(scope, made.span, caller, is_socket=each.is_socket), *each.guards]
            for target in each.dependencies:
                judged, name = self.dependencies.judge(target, caller), self.dependencies.name(target)
                guards.append(self.program.guard(name, "dependency", "the router", made.span, judged, target))
            yield self._made(made, each.handler, made.span, path, each.methods, guards, scope, each.is_socket, None)
        for served in brought.resources_of(self.program, made) if self.program.is_a(made, FASTAPI) else ():
            prefix = scope.prefix + path_part(served.event.kwargs.get("prefix"))
            inner = msgspec.structs.replace(below(scope, served.event.conditions), prefix=prefix)
            yield from self._route(served.event, served.handler, served.verb, inner)

    def _above(self, scope: Scope, span: Span, caller: Caller, *, is_socket: bool) -> list[Guard]:
        """The guards of everything that a route stands below."""
        guards = [
            guard for layer in scope.middleware for guard in layer.guards(self.program, caller, is_socket=is_socket)
        ]
        for value, via, conditions in scope.dependencies:
            guards += [under(guard, conditions) for guard in self.dependencies.guards(value, via, span, caller)]
        return guards

    def _positional_routes(self, made: Object, args: list[Value]) -> Value | None:
        """`Starlette(debug, routes)` and `Router(routes)`."""
        position = 1 if self.program.is_a(made, STARLETTE) else 0 if self.program.is_a(made, STARLETTE_ROUTERS) else 9
        return args[position] if position < len(args) else None

    def _asked_for(self, value: Value | None, at: Object) -> Iterator[tuple[Value, tuple[Condition, ...]]]:
        """The dependencies in a list, each with the open conditions under which it came to be there."""
        around = at.conditions if isinstance(at, Result) else ()
        for item, conditions in self.program.items_under(value):
            made = item.conditions if isinstance(item, Result) else ()
            yield item, (*conditions, *(each for each in made if each not in around and each not in conditions))

    def _entered(self, made: Object, args: list[Value], kwargs: dict[str, Value], scope: Scope) -> Scope:
        """The scope below an application or router: with its own prefix, dependencies and middleware."""
        is_app = self.program.is_a(made, APPS)
        prefix = "" if is_app else path_part(kwargs.get("prefix") or made.attrs.get("prefix"))
        label = "the application" if is_app else "the router"
        own = [(value, label, under_) for value, under_ in self._asked_for(kwargs.get("dependencies"), made)]
        own += [
            (item, label, ())
            for name, value, _ in made.sets
            if name == "dependencies"
            for item in self.program.items(value)
        ]
        own += [
            (event.args[0], label, event.conditions)
            for name, event in self.program.events(made)
            if name.endswith("dependencies.append") and event.args
        ]
        return Scope(
            prefix=scope.prefix + prefix,
            dependencies=(*scope.dependencies, *own),
            middleware=(*scope.middleware, *asgi_middleware.layers(self.program, made, kwargs))
            if is_app
            else scope.middleware,
            conditions=scope.conditions,
            bypassed=scope.bypassed,
            included=None if is_app else scope.included,
            app=scope.app,
            framework=self._framework(made) if is_app else scope.framework,
            router=self._place(made),
            route_class=kwargs.get("route_class") or (None if is_app else scope.route_class),
            marks=scope.marks | _marks(kwargs),
        )

    def _place(self, made: Object) -> str:
        module = self.program.index.file(made.span.file)
        line = module.line(made.span.start) if module else 0
        return f"{made.span.file}:{line}"

    def _event(self, made: Object, name: str, event: Result, scope: Scope) -> Iterator[Route]:
        standing = self._standing(name, event, scope)
        if standing is None:
            return
        scope = below(scope, (*event.conditions, *standing))
        if name in METHODS or name in ("api_route", "route", "websocket", "websocket_route"):
            for handler in self.program.decorated(event):
                yield from self._route(event, handler, name, scope)
        elif name in ("add_api_route", "add_route", "add_api_websocket_route", "add_websocket_route"):
            given = argument(event, 1, "endpoint") or event.kwargs.get("route")
            if given is not None:
                kind = "websocket" if "websocket" in name else "route" if name == "add_route" else "api_route"
                yield from self._route(event, given, kind, scope)
        elif name == "include_router":
            yield from self._include(event, scope)
        elif name in ("mount", "host"):
            kind = "mount" if self.program.is_a(made, APPS) else "mount on a router"
            path = argument(event, 0, "path") if name == "mount" else None  # a host is no part of a path
            yield from self._mount(event, path, argument(event, 1, "app"), scope, kind)
        elif name in ("routes.append", "routes.extend", "routes.insert") and event.args:
            for item in self.program.items(event.args[-1]):
                yield from self._listed(item, scope)

    def _standing(self, name: str, event: Result, scope: Scope) -> tuple[Condition, ...] | None:
        """Under which conditions what happens to a router reaches where it is included; None if it does not. Up to
        0.136 inclusion copied the routes that were there, and no mounts; since then the router itself is asked."""
        if scope.included is None or (event.order < scope.included and name not in ("mount", "host")):
            return ()
        is_live = self.program.versions.at_least("fastapi", LIVE_ROUTERS)
        if is_live is None:
            unknown = Unknown("the version of fastapi is not pinned", event.span)
            return (Condition(event.span, f"fastapi is {LIVE_ROUTERS} or newer", True, unknown),)
        return () if is_live else None

    def _include(self, event: Result, scope: Scope) -> Iterator[Route]:
        children = self.program.objects_of(argument(event, 0, "router") or Known(None))
        self.tree.is_open = self.tree.is_open or not children
        own = [
            (value, "include_router", (*event.conditions, *under_))
            for value, under_ in self._asked_for(event.kwargs.get("dependencies"), event)
        ]
        for child, conditions in children:
            self.tree.taken.setdefault(id(child), []).append(event)
            inner = msgspec.structs.replace(
                below(scope, conditions),
                prefix=scope.prefix + path_part(event.kwargs.get("prefix")),
                dependencies=(*scope.dependencies, *own),
                marks=scope.marks | _marks(event.kwargs),
                included=event.order,
            )
            yield from self._walk(child, inner)

    def _mount(
        self, event: Result, path: Value | None, app: Value | None, scope: Scope, kind: str = "mount"
    ) -> Iterator[Route]:
        """A mounted application inherits the path and the middleware, and no dependencies."""
        child, layers = beneath(self.program, app) if app is not None else (None, ())
        prefix = scope.prefix + path_part(path).rstrip("/")
        lost = tuple((value, kind, event.span) for value, _, _ in scope.dependencies)
        inner = msgspec.structs.replace(
            scope,
            prefix=prefix,
            dependencies=(),
            bypassed=(*scope.bypassed, *lost),
            middleware=(*scope.middleware, *layers),
        )
        if child is not None and self.program.is_a(child, SERVED):
            yield from self._walk(child, inner)
        elif child is not None and self.program.is_a(child, WSGI_WRAPPERS):
            self._hand_over(child, event, inner)
        for item in self.program.items(event.kwargs.get("routes")):
            yield from self._listed(item, inner)

    def _hand_over(self, wrapper: Object, event: Result, scope: Scope) -> None:
        """A WSGI application that is mounted: its routes are another framework's to tell."""
        served = inside(self.program, wrapper)

        def guards(caller: Caller) -> list[Guard]:
            before = [g for layer in scope.middleware for g in layer.guards(self.program, caller, is_socket=False)]
            return [*before, *self._not_inherited(event, scope, caller, inherits=True)]

        if served is not None:
            self.program.mounted[id(served)] = Mounted(scope.prefix, guards)

    def _listed(self, item: Value, scope: Scope) -> Iterator[Route]:
        """An element of a `routes` list; all of a router's, where the list is that of a router."""
        if isinstance(item, Attr) and item.name == "routes":
            router = self.program.object_of(item)
            if router is not None and self.program.is_a(router, ROUTERS):
                yield from self._walk(router, msgspec.structs.replace(scope, dependencies=()))
        item = self._as_made(item)
        if not isinstance(item, Result):
            return
        scope = below(scope, item.conditions)
        if self.program.is_a(item, MOUNT_CLASSES):
            extra = asgi_middleware.listed(self.program, item.kwargs.get("middleware"))
            scope = msgspec.structs.replace(scope, middleware=(*scope.middleware, *extra))
            path = None if self.program.is_a(item, HOST_CLASSES) else argument(item, 0, "path")
            yield from self._mount(item, path, argument(item, 1, "app"), scope)
        elif self.program.is_a(item, (*ROUTE_CLASSES, *WEBSOCKET_CLASSES)):
            handler = argument(item, 1, "endpoint")
            is_socket = self.program.is_a(item, WEBSOCKET_CLASSES)
            if handler is not None:
                scope = msgspec.structs.replace(scope, dependencies=()) if scope.framework == "starlette" else scope
                yield from self._route(item, handler, "websocket" if is_socket else "route", scope)

    def _as_made(self, item: Value) -> Value:
        """A route of the project's own class, as the library's constructor makes it; the class wraps its handler."""
        if not isinstance(item, Instance):
            return item
        bases = attributes.external_bases(self.machine, item.cls)
        known = next((base for base in bases if base in (*ROUTE_CLASSES, *WEBSOCKET_CLASSES)), None)
        if known is None:
            return item
        args, kwargs = self.program.made_with(item)
        kwargs = {**kwargs, "route_class_override": item.cls}
        return Result(External(known), args, kwargs, item.span, item.order, item.conditions)

    # -------------------------------------------------------------- one route

    def _route(self, event: Result, handler: Value, kind: str, scope: Scope) -> Iterator[Route]:
        path = join_paths(scope.prefix, path_part(argument(event, 0, "path")))
        if self.program.is_subclass(handler, (*ENDPOINTS, *WEBSOCKET_ENDPOINTS)):
            yield from self._endpoint(event, handler, path, scope)
            return
        methods = self._methods(event, kind, scope)
        is_socket = kind in ("websocket", "websocket_route")
        inherits = kind not in ("route", "websocket_route")
        handler = wrapping.around(self.machine, self.program.as_decorated(handler), event.span)
        found = self.program.handler(handler, event.span)
        caller = Caller(methods[0] if methods else "", path)
        standing = scope if inherits else msgspec.structs.replace(scope, dependencies=())
        guards = self._above(standing, event.span, caller, is_socket=is_socket)
        is_solved = inherits or self.program.is_a(event, (API_ROUTE,))  # what it asks for itself
        if is_solved:
            for value, conditions in self._asked_for(event.kwargs.get("dependencies"), event):
                own = self.dependencies.guards(value, "the route", event.span, caller)
                guards += [under(guard, conditions) for guard in own]
            guards += self._route_class_guards(event, scope, caller)
        guards += self._not_inherited(event, scope, caller, inherits=inherits)
        guards += self.program.decorator_guards(handler, caller)
        if found.function is not None:
            guards += self.dependencies.handler_guards(found.function, caller, inherits=is_solved)
        yield self._made(event, found.id, found.span, path, methods, guards, scope, is_socket, found.function)

    def _not_inherited(self, event: Result, scope: Scope, caller: Caller, *, inherits: bool) -> list[Guard]:
        """The guards of what the route stands below, which do not reach it: they are shown, and count for nothing."""
        lost = [*scope.bypassed]
        if not inherits:
            lost += [(value, "a plain route", event.span) for value, _, _ in scope.dependencies]
        return [
            msgspec.structs.replace(guard, kind="not inherited", effect="none", span=span, chain=())
            for value, via, span in lost
            for guard in self.dependencies.guards(value, via, span, caller)
            if guard.effect in ("required", "conditional")
        ]

    def _route_class_guards(self, event: Result, scope: Scope, caller: Caller) -> list[Guard]:
        """A route class that wraps every handler: `APIRoute.get_route_handler` of a project class."""
        cls = unwrap(event.kwargs.get("route_class_override") or scope.route_class or Known(None))
        if not isinstance(cls, ClassValue):
            return []
        found = attributes.in_class(self.machine, cls, "get_route_handler")
        target = unwrap(found[0]) if found is not None else None
        if not isinstance(target, FunctionValue):
            return []
        made = Instance(cls, [], {}, cls.cls.span, 0)
        inner = self.machine.call(FunctionValue(target.function, target.env, made), [], {}, event.span)

        def passes(value: Value) -> bool:
            return (
                isinstance(value, Result)
                and isinstance(value.callee, Attr)
                and value.callee.name == "super.get_route_handler"
            )

        judged = self.program.judge.function(inner, "call", caller=caller, passes=passes, memo=(None,))
        return [self.program.guard(cls.cls.name, "route class", "route_class", cls.cls.span, judged, cls)]

    def _endpoint(self, event: Result, handler: Value, path: str, scope: Scope) -> Iterator[Route]:
        """A class endpoint: one route per method that it defines."""
        cls = unwrap(handler)
        if not isinstance(cls, ClassValue):
            return
        is_socket = self.program.is_subclass(cls, WEBSOCKET_ENDPOINTS)
        for name in ("on_connect",) if is_socket else METHODS:
            found = attributes.own(self.machine, cls, name)
            if found is None:
                if not is_socket:
                    continue
            method = "WEBSOCKET" if is_socket else name.upper()
            caller = Caller(method, path)
            guards = [g for layer in scope.middleware for g in layer.guards(self.program, caller, is_socket=is_socket)]
            guards += self.program.decorator_guards(handler, caller)
            span, id_, function = cls.cls.span, cls.cls.id, None
            if found is not None:
                target = unwrap(found)
                if isinstance(target, FunctionValue):
                    guards += self.program.decorator_guards(found, caller)
                    bound = FunctionValue(target.function, target.env, Instance(cls, [], {}, cls.cls.span, 0))
                    guards += self.program.in_handler(bound, caller)
                    span, id_, function = target.function.span, target.function.id, target
            yield self._made(event, id_, span, path, (method,), guards, scope, is_socket, function)

    def _made(
        self,
        event: Object,
        id_: str,
        span: Span,
        path: str,
        methods: tuple[str, ...],
        guards: list[Guard],
        scope: Scope,
        is_socket: bool,
        function: FunctionValue | None,
    ) -> Route:
        marks = scope.marks | _marks(event.kwargs)
        route = Route(
            framework=scope.framework,
            methods=methods,
            path=path,
            handler=id_,
            span=span,
            registered=event.span,
            auth="",
            router=scope.router,
            prefix=scope.prefix,
            kind="websocket" if is_socket else "http",
            function=function,
            only_if=only_if(scope.conditions),
            app=scope.app,
            hidden="hidden" in marks,
            deprecated="deprecated" in marks,
        )
        return with_verdict(route, guards)

    def _methods(self, event: Result, kind: str, scope: Scope) -> tuple[str, ...]:
        if kind in ("websocket", "websocket_route"):
            return ("WEBSOCKET",)
        if kind in METHODS:
            return (kind.upper(),)
        listed = event.kwargs.get("methods")
        if listed is None and len(event.args) > 2 and isinstance(event.args[2], Seq):
            listed = event.args[2]
        names = [text_of(item) for item in self.program.items(listed)]
        methods = sorted({name.upper() for name in names if name})
        return tuple(methods) or ("GET",)


def _marks(kwargs: Mapping[str, Value]) -> frozenset[str]:
    """What a route's, a router's or an `include_router`'s arguments say of its place in the specification."""
    found = []
    for name, said, mark in (("include_in_schema", False, "hidden"), ("deprecated", True, "deprecated")):
        value = kwargs.get(name)
        if isinstance(value, Known) and value.value is said:
            found.append(mark)
    return frozenset(found)
