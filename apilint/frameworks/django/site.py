"""One Django site: from ROOT_URLCONF to routes with their effective guards."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from apilint.facts import Span
from apilint.frameworks.django import admin, middleware
from apilint.frameworks.django.classes import Class, Library
from apilint.frameworks.django.decorators import layer_guards, opts_out
from apilint.frameworks.django.delegated import delegates
from apilint.frameworks.django.dispatch import DISPATCH, Chain
from apilint.frameworks.django.handlers import (
    STRICT,
    Handler,
    body_guards,
    class_handler,
    function_handler,
    hook_guards,
    method_guards,
)
from apilint.frameworks.django.request import ByTraits, Request
from apilint.frameworks.django.settings import Settings, Strings
from apilint.frameworks.django.urlconf import AdminSite, Leaf, Scope, Tree
from apilint.frameworks.django.views import ANY, ClassView, Layer, Unfolding, View, restricted
from apilint.frameworks.drf.apiviews import ApiView, Guards, Policies, function_policies
from apilint.frameworks.drf.policies import Defaults
from apilint.frameworks.ninja.operations import NinjaView
from apilint.frameworks.program import Program, only_if, sort_guards, verdict
from apilint.guards.judge import Judgement
from apilint.model import Guard, Route
from apilint.startup.values import Instance, Result, Unknown, Value, Wrapped

ADMIN = "django.contrib.admin.sites:AdminSite.urls"


class Served(msgspec.Struct):
    """One method of a leaf: who answers, and the guards that stand before it (those of the middleware apart)."""

    method: str
    handler: Handler
    guards: Guards
    framework: str = "django"
    layers: list[Layer] = []
    is_open: bool = False


class Site:
    """Routes of one settings module (or of a library's URLconfs)."""

    def __init__(self, program: Program, settings: Settings) -> None:
        self.program = program
        self.machine = program.machine
        self.settings = settings
        self.library = Library(program.knowledge)
        self.tree = Tree(program.machine)
        strings = Strings(program.index, settings.module)
        self.middleware = middleware.layers(program, settings, strings)
        self.defaults = Defaults(program, settings, strings)
        self.unfolding = Unfolding(program.machine)
        self._classes: dict[int, tuple[Value, Class]] = {}
        self._bodies: ByTraits[list[Guard]] = ByTraits()
        self._wrappers: ByTraits[Guard] = ByTraits()
        self._chains: dict[int, Chain] = {}
        self._apis: dict[int, ApiView] = {}

    def routes(self, urlpatterns: Value, prefix: str = "/") -> Iterator[Route]:
        """The routes below a list of patterns."""
        for leaf in self.tree.leaves(urlpatterns, Scope(prefix)):
            yield from self._leaf(leaf)

    def _leaf(self, leaf: Leaf) -> Iterator[Route]:
        if isinstance(leaf.view, AdminSite):
            yield self._admin(leaf)
            for page in admin.pages(self.machine, self.settings, leaf):
                yield from self._leaf(page)
            return
        if isinstance(leaf.view, NinjaView):
            leaf_view, view = leaf.view, View([], leaf.view)
            for operation in leaf_view.operations(self.program):
                handler = function_handler(self.program, operation.function, leaf.span)
                served = Served(operation.method, handler, operation.guards(self.program, handler), "ninja")
                yield self._route(leaf, view, served, leaf.view)
            return
        view = self.unfolding.leaf(leaf)
        leaf.lookup = _lookup(self.program, view.target)
        seen_by_middleware = view_value(leaf, view)
        for served in self._served(leaf, view):
            yield self._route(leaf, view, served, seen_by_middleware)

    # ---------------------------------------------------------------- what is served

    def _served(self, leaf: Leaf, view: View) -> Iterator[Served]:
        allowed = restricted(view.layers)
        policies = function_policies(view)
        if isinstance(view.target, ClassView):
            yield from self._class(leaf, view, view.target, allowed)
        elif policies is not None:
            yield from self._api_function(leaf, view, policies, allowed)
        else:
            assert isinstance(view.target, Value)
            handler = function_handler(self.program, view.target, leaf.span)
            methods = [m for m in allowed if m not in ("HEAD", "OPTIONS")] if allowed is not None else [ANY]
            for method in methods:
                guards = self._function_guards(handler, view)
                yield Served(method, handler, guards, "django", view.layers, opts_out(self.program, view.layers))

    def _function_guards(self, handler: Handler, view: View) -> Guards:
        chains = self._delegated(handler)

        def guards(request: Request, settled: bool) -> Iterator[Guard]:
            found = [chain.guards(request) for chain in chains]
            if found and all(any(guard.effect == "required" for guard in each) for each in found):
                yield from found[0]
                return
            if not settled and handler.function is not None:
                yield from self._bodies.get(
                    handler.function.function,
                    request,
                    lambda: list(body_guards(self.program, None, handler, request)),
                )
            if handler.function is None and isinstance(view.target, (Unknown, Result)):
                reason = view.target.reason if isinstance(view.target, Unknown) else "the view is computed"
                judged = Judgement("unknown", reason=reason)
                yield self.program.guard("the view", "view", "the URLconf", handler.span, judged)

        return guards

    def _class(self, leaf: Leaf, outer: View, target: ClassView, allowed: tuple[str, ...] | None) -> Iterator[Served]:
        view = self.class_of(target)
        if view.is_api:
            yield from self._api_class(leaf, outer.layers, target, view, allowed)
            return
        chain = self._chain(view)
        is_open = chain.opts_out() or opts_out(self.program, outer.layers)
        serving = chain.serves
        handlers = view.handlers()
        if not handlers:
            yield self._any(leaf, outer.layers, chain, is_open)
            return
        for method, name in handlers.items():
            if allowed is not None and method.upper() not in allowed:
                continue
            found = class_handler(view, name, leaf.span)
            guards = self._class_guards(chain, name, found, serving is not None)
            yield Served(method.upper(), found, guards, "django", outer.layers, is_open)

    def _chain(self, view: Class) -> Chain:
        if id(view) not in self._chains:
            self._chains[id(view)] = Chain(self.program, view)
        return self._chains[id(view)]

    def _delegated(self, handler: Handler) -> list[Chain]:
        """What stands before each of the class views that a function hands its request on to."""
        classes = delegates(self.machine, handler.function) if handler.function is not None else []
        views = list(map(self.class_of, classes))
        return [] if any(view.is_api for view in views) else list(map(self._chain, views))

    def _any(self, leaf: Leaf, layers: list[Layer], chain: Chain, is_open: bool) -> Served:
        """A class that implements no method: what it does stands in `dispatch`."""
        handler = class_handler(chain.view, DISPATCH, leaf.span)

        def guards(request: Request, settled: bool) -> Iterator[Guard]:
            yield from chain.guards(request)

        return Served(ANY, handler, guards, "django", layers, is_open)

    def _class_guards(self, chain: Chain, name: str, handler: Handler, answered: bool) -> Guards:
        def guards(request: Request, settled: bool) -> Iterator[Guard]:
            found = chain.guards(request)
            yield from found
            if answered:
                return  # its `dispatch` answers in the handler's place
            own = chain.memo.get(
                ("method", name), request, lambda: list(method_guards(self.program, chain.view, name, request))
            )
            yield from own
            if not settled and not any(guard.effect == "required" for guard in (*found, *own)):
                yield from chain.memo.get(("body", name), request, lambda: inside(request))

        def inside(request: Request) -> list[Guard]:
            found = list(body_guards(self.program, chain, handler, request))
            return [*found, *hook_guards(self.program, chain, name, request)]

        return guards

    # ---------------------------------------------------------------- DRF

    def _api_class(
        self, leaf: Leaf, layers: list[Layer], target: ClassView, view: Class, allowed: tuple[str, ...] | None
    ) -> Iterator[Served]:
        api = self._apis.get(id(view))
        if api is None:
            api = self._apis[id(view)] = ApiView(self.program, view, self.defaults)
        names = view.method_names()
        if target.actions is not None:
            handlers = {m: a for m, a in target.actions.items() if m in names and view.find(a) is not None}
        else:
            handlers = view.handlers()
        for method, name in handlers.items():
            if method in ("head", "options") or (allowed is not None and method.upper() not in allowed):
                continue
            handler = class_handler(view, name, leaf.span)
            action = name if target.actions is not None else ""
            yield Served(method.upper(), handler, api.guards(name, action, handler), "drf", layers, True)

    def _api_function(
        self, leaf: Leaf, view: View, policies: Policies, allowed: tuple[str, ...] | None
    ) -> Iterator[Served]:
        assert isinstance(view.target, Value)
        handler = function_handler(self.program, view.target, leaf.span)
        for method in policies.methods:
            if method in ("HEAD", "OPTIONS") or (allowed is not None and method not in allowed):
                continue
            yield Served(
                method, handler, policies.guards(self.program, self.defaults, handler), "drf", policies.above, True
            )

    def class_of(self, target: ClassView) -> Class:
        """The class behind `as_view`, once for all routes where it has no options of its own."""
        is_viewset = target.actions is not None
        if target.options:
            made = Class(self.machine, self.library, target.cls, target.options, is_viewset=is_viewset)
            self._classes[id(made)] = (target.cls, made)  # keeps it, and so its identity, alive
            return made
        known = self._classes.get(id(target.cls))
        if known is None:
            made = Class(self.machine, self.library, target.cls, {}, is_viewset=is_viewset)
            known = self._classes[id(target.cls)] = (target.cls, made)
        return known[1]

    # ---------------------------------------------------------------- one route

    def _route(self, leaf: Leaf, view: View, served: Served, seen: Value) -> Route:
        method = "" if served.method == ANY else served.method
        request = Request(method, leaf.path, leaf.name, leaf.namespaces, seen, leaf.lookup)
        guards = [
            guard for layer in self.middleware if (guard := layer.guard(request, is_open=served.is_open)) is not None
        ]
        for layer in served.layers:
            guards += layer_guards(self.program, layer, request, self._wrappers)
        guards += served.guards(request, any(guard.effect == "required" for guard in guards))
        auth, unknown, condition = verdict([guard for guard in guards if guard.effect != "none"])
        counted, others = sort_guards(guards)
        return Route(
            framework=served.framework,
            methods=(served.method,),
            path=leaf.path,
            handler=served.handler.id,
            span=served.handler.span,
            registered=leaf.span,
            auth=auth,
            guards=counted,
            considered=others,
            router=self._place(leaf.span),
            prefix=leaf.prefix,
            unknown=unknown,
            condition=condition,
            function=served.handler.function,
            only_if=only_if(leaf.conditions),
        )

    def _place(self, span: Span) -> str:
        return span.file

    def _admin(self, leaf: Leaf) -> Route:
        """All pages of an admin site ask for a member of staff, the log-in page apart."""
        judged = Judgement("required", qualname="django.contrib.admin.sites.AdminSite.has_permission")
        guard = self.program.guard("AdminSite.has_permission", "permission", "the admin site", leaf.span, judged)
        return Route(
            framework="django",
            methods=(ANY,),
            path=leaf.path,
            handler=ADMIN,
            span=leaf.span,
            registered=leaf.span,
            auth="required",
            guards=(guard,),
            router=leaf.span.file,
            prefix=leaf.prefix,
        )


def _lookup(program: Program, target: object) -> str:
    """What a view without a name is called in `resolver_match.view_name`."""
    if isinstance(target, ClassView):
        return program.describe(target.cls).replace(":", ".")
    return program.describe(target).replace(":", ".") if isinstance(target, Value) else ""


def view_value(leaf: Leaf, view: View) -> Value:
    """The view as middleware sees it, for the attributes that decorators left on it."""
    if isinstance(leaf.view, Value) and not isinstance(view.target, ClassView):
        return leaf.view
    target = view.target
    if isinstance(target, ClassView):
        made = Result(target.cls, [], {}, target.span, 0, ())
        made.attrs.update({"view_class": target.cls, "cls": target.cls})
        return made
    assert isinstance(target, Value)
    return target


__all__ = ["STRICT", "Instance", "Layer", "Site", "Wrapped"]
