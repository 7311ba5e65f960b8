"""API views: what DRF runs before a method or action, and what of it the project replaces."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import msgspec

from apilint.facts import Span
from apilint.frameworks.django.classes import Class, Found
from apilint.frameworks.django.decorators import layer_guards
from apilint.frameworks.django.dispatch import Chain, hands_on
from apilint.frameworks.django.handlers import Handler, body_guards, hook_guards, method_guards
from apilint.frameworks.django.request import Request
from apilint.frameworks.django.views import Layer, View
from apilint.frameworks.drf.policies import HAS_OBJECT_PERMISSION, Asker, Defaults, Source, place_of
from apilint.frameworks.program import Program, under
from apilint.guards.judge import Judgement, is_setting
from apilint.guards.visit import Visit
from apilint.model import Guard
from apilint.startup.values import (
    NONE,
    Attr,
    ClassValue,
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

DECORATORS = "rest_framework.decorators."
Guards = Callable[[Request, bool], "Iterator[Guard]"]


class ApiView:
    """One API view class and the questions that DRF asks before it answers."""

    def __init__(self, program: Program, view: Class, defaults: Defaults) -> None:
        self.program = program
        self.view = view
        self.defaults = defaults
        self.instance: Value = view.instance if view.instance is not None else Unknown("the view")
        self.asker = Asker(program, self.instance)
        self.request = Request()
        self.chain = Chain(program, view, self.answers)

    def guards(self, name: str, action: str, handler: Handler) -> Guards:
        """What stands before one method or action."""

        def found(request: Request, settled: bool) -> Iterator[Guard]:
            self._enter(action, request)
            guards = list(self.chain.guards(request))
            guards += self._initial(request)
            guards += method_guards(self.program, self.view, name, request)
            yield from guards
            if settled or any(guard.effect == "required" for guard in guards):
                return
            inside = [*self._object(name, request), *body_guards(self.program, self.chain, handler, request)]
            inside += hook_guards(self.program, self.chain, name, request)
            yield from inside

        return found

    def _enter(self, action: str, request: Request) -> None:
        """The view's object as it is when it answers this request."""
        self.request = request
        if isinstance(self.instance, Instance):
            self.instance.attrs["request"] = request
            if action:
                self.instance.attrs["action"] = Known(action)

    # ------------------------------------------------------------------ before the method

    def _initial(self, request: Request) -> Iterator[Guard]:
        """`initial`: authentication and permissions."""
        own = self._own("initial")
        if own is not None:
            judged = self.chain.judge(own, "dependency", request)
            if judged.effect in ("required", "conditional"):
                yield self._named(own, "initial", judged)
            if not self._calls(own, "initial"):
                return
        yield from self._authentication(request)
        check = self._own("check_permissions")
        if check is not None:
            judged = self.chain.judge(check, "dependency", request)
            yield self._named(check, "check_permissions", judged)
            return
        yield from self.permissions(request)

    def _own(self, name: str) -> Found | None:
        """A method of DRF's that the project replaces."""
        found = self.view.find(name)
        return found if found is not None and isinstance(found.owner, ClassValue) else None

    def _calls(self, found: Found, name: str) -> bool:
        target = unwrap(found.value) if found.value is not None else None
        return isinstance(target, FunctionValue) and hands_on(target, name)

    def _named(self, found: Found, name: str, judged: Judgement) -> Guard:
        assert isinstance(found.owner, ClassValue)
        target = unwrap(found.value) if found.value is not None else None
        span = target.function.span if isinstance(target, FunctionValue) else found.owner.cls.span
        return self.program.guard(f"{found.owner.cls.name}.{name}", "permission", f"its '{name}'", span, judged, target)

    def _authentication(self, request: Request) -> Iterator[Guard]:
        """Authentication classes of the project's own that raise when there are no credentials."""
        source = self.source("authentication_classes", self.defaults.authentication)
        for value in source.value.items if isinstance(source.value, Seq) else []:
            target = unwrap(value)
            method = self.defaults.method_of(target, "authenticate")
            if method is None:
                continue
            judged = self.program.judge.function(method, "dependency", caller=request, first=[request])
            if judged.effect in ("required", "conditional"):
                name = self.program.short_name(target)
                yield self.program.guard(name, "authentication", source.via, source.span, judged, target)

    # ------------------------------------------------------------------ permissions

    def source(self, name: str, default: Source) -> Source:
        """The list of classes that the view uses, from `as_view`, its classes or the settings."""
        if name in self.view.options:
            value = self.view.options[name]
            span = value.span if isinstance(value, Seq) and value.span is not None else self._span()
            return Source(value, span, "permission", "an option of the view")
        found = self.view.attribute(name, stops_at_api=True)
        if found is not None and found[1] is not None:
            owner = found[1]
            via = f"'{name}'" if owner is self.view.value else f"'{name}' of '{owner.cls.name}'"
            return Source(found[0], place_of(owner, name), "permission", via)
        for entry in self.view.entries():
            if entry.get("permissions") == "none":
                return Source(Seq("list", []), self._span(), "permission", "the library's view")
            if entry.get("guard"):
                value = External(f"rest_framework.permissions.{entry['guard']}")
                return Source(Seq("list", [value]), self._span(), "permission", "the library's view")
        return default

    def _span(self) -> Span:
        return self.view.value.cls.span if isinstance(self.view.value, ClassValue) else Span("", 0, 0)

    def permissions(self, request: Request) -> list[Guard]:
        """What `check_permissions` asks: the classes of `get_permissions`, which may be the project's own."""
        own = self._own("get_permissions")
        source = self.source("permission_classes", self.defaults.permissions)
        if own is None:
            return self.asker.guards(source, request)
        return self._computed(own, source, request)

    def _computed(self, own: Found, source: Source, request: Request) -> list[Guard]:
        """The classes that `get_permissions` gives for this action and method."""
        target = unwrap(own.value) if own.value is not None else None
        span = target.function.span if isinstance(target, FunctionValue) else source.span
        ends = self.program.judge.ends(self.view.bound(own), caller=request, answers=self.answers)
        returned = [end for end in ends if end.kind == "return"]
        lists: list[tuple[list[Guard], bool]] = []
        for end in returned:
            given = Source(end.value, end.span, "permission", "'get_permissions'")
            guards = self.asker.guards(given, request)
            if isinstance(end.value, (Unknown, Attr, Result)):
                reason = end.value.reason if isinstance(end.value, Unknown) else "'get_permissions' is computed"
                guards = [self._unknown(reason, span)]
            doubt = next((condition for condition in end.open if is_setting(condition)), None)
            if doubt is not None:
                guards = [under(guard, (doubt,)) for guard in guards]
            lists.append((guards, doubt is not None))
        if not lists:
            return [self._unknown("'get_permissions' gives nothing that is known", span)]
        if len(lists) == 1:
            return lists[0][0]
        return _weakest(lists)

    def _unknown(self, reason: str, span: Span) -> Guard:
        judged = Judgement("unknown", reason=reason)
        return self.program.guard("get_permissions", "permission", "'get_permissions'", span, judged)

    # ------------------------------------------------------------------ objects

    def _object(self, name: str, request: Request) -> list[Guard]:
        """Permissions on the object that a library's handler asks for."""
        found = self.view.find(name)
        if found is None or found.entry is None or name not in found.entry.get("object", ()):
            return []
        if self._own("get_object") is not None:
            return []
        return self.object_guards(request)

    def object_guards(self, request: Request) -> list[Guard]:
        """What `check_object_permissions` does to an anonymous caller."""
        source = self.source("permission_classes", self.defaults.permissions)
        guards = []
        for value in source.value.items if isinstance(source.value, Seq) else []:
            judged = self.asker.judge(value, request, HAS_OBJECT_PERMISSION)
            if judged.effect in ("required", "conditional"):
                via = f"{source.via}, asked about the object"
                guards.append(self.program.guard(self.asker.name(value), source.kind, via, source.span, judged, value))
        return guards

    # ------------------------------------------------------------------ the library's own methods

    def answers(
        self, visit: Visit, callee: Value, args: list[Value], kwargs: dict[str, Value], span: Span
    ) -> Value | None:
        """What DRF's own methods give when the project's code calls them on this view."""
        if not isinstance(callee, Attr) or callee.base is not self.instance:
            return None
        name = callee.name.removeprefix("super.")
        if name == "get_permissions":
            source = self.source("permission_classes", self.defaults.permissions)
            return source.value if source.value is not None else Seq("list", [])
        if name == "check_permissions":
            self._turn_away(visit, self.permissions(self.request), span)
            return NONE
        if name in ("check_object_permissions", "get_object"):
            self._turn_away(visit, self.object_guards(self.request), span)
            return NONE if name == "check_object_permissions" else Unknown("the object", span, "self.get_object()")
        if name == "permission_denied":
            visit.reject(span, 403, "PermissionDenied")
        return NONE if name == "initial" else None

    def _turn_away(self, visit: Visit, guards: list[Guard], span: Span) -> None:
        if any(guard.effect == "required" for guard in guards):
            visit.turn_away(span, 403, "PermissionDenied")


def _weakest(lists: list[tuple[list[Guard], bool]]) -> list[Guard]:
    """Of several possible lists of guards, what holds for sure: the weakest, which a caller may bring about."""
    strict = [guards for guards, _ in lists if any(guard.effect in ("required", "conditional") for guard in guards)]
    if len(strict) == len(lists):
        return strict[0]
    open_ = [(guards, doubt) for guards, doubt in lists if guards not in strict]
    if any(guard.effect == "unknown" for guards, _ in open_ for guard in guards):
        return open_[0][0]
    if all(doubt for _, doubt in open_) and strict:
        return [
            msgspec.structs.replace(guard, effect="conditional") for guard in strict[0] if guard.effect == "required"
        ]
    weak = [msgspec.structs.replace(guard, effect="optional") for guard in (strict[0] if strict else [])]
    return [guard for guard in weak if guard.effect == "optional"]


# ------------------------------------------------------------------------------------------ functions


class Policies(msgspec.Struct):
    """An `@api_view` function: its methods, the policies between it and the function, the decorators below it."""

    methods: tuple[str, ...]
    permissions: Source | None
    above: list[Layer]
    below: list[Layer]
    instance: Value

    def guards(self, program: Program, defaults: Defaults, handler: Handler) -> Guards:
        """What stands before the function."""

        def found(request: Request, settled: bool) -> Iterator[Guard]:
            asker = Asker(program, self.instance)
            guards = asker.guards(self.permissions or defaults.permissions, request)
            for layer in self.below:
                guards += layer_guards(program, layer, request)
            yield from guards
            if not settled and not any(guard.effect == "required" for guard in guards):
                yield from body_guards(program, None, handler, request)

        return found


def function_policies(view: View) -> Policies | None:
    """What `@api_view` makes of a function; None for other views."""
    for position, layer in enumerate(view.layers):
        name = _name(layer.decorator)
        if name == f"{DECORATORS}api_view":
            below = view.layers[position + 1 :]
            return Policies(
                _methods(layer.decorator),
                _policy(below, "permission_classes"),
                view.layers[:position],
                [other for other in below if not _name(other.decorator).startswith(DECORATORS)],
                Unknown("the view"),
            )
    return None


def _name(decorator: Value) -> str:
    callee = decorator.callee if isinstance(decorator, Result) else decorator
    return callee.name if isinstance(callee, External) else ""


def _methods(decorator: Value) -> tuple[str, ...]:
    given = None
    if isinstance(decorator, Result):
        given = decorator.args[0] if decorator.args else decorator.kwargs.get("http_method_names")
    names = [text_of(item) for item in given.items] if isinstance(given, Seq) else ["GET"]
    return tuple(name.upper() for name in names if name)


def _policy(layers: list[Layer], name: str) -> Source | None:
    """The list that a policy decorator sets: of several the outermost one counts, since it is applied last. What
    stands below a bare wrapper is an attribute of a function that `@api_view` does not see."""
    for layer in layers:
        if _hides(layer):
            return None
        if _name(layer.decorator) == f"{DECORATORS}{name}" and isinstance(layer.decorator, Result):
            value = layer.decorator.args[0] if layer.decorator.args else layer.decorator.kwargs.get(name)
            return Source(value, layer.span, "permission", f"@{name}")
    return None


def _hides(layer: Layer) -> bool:
    """Whether a decorator of the project returns a new function without the attributes of the one that it got."""
    made, inner = layer.result, unwrap(layer.inner)
    if not isinstance(made, FunctionValue) or (isinstance(inner, FunctionValue) and made.function is inner.function):
        return False
    maker = made.function.parent
    return maker is None or "update_wrapper" not in maker.words


__all__ = ["ApiView", "Guards", "Policies", "function_policies"]
