"""Flask-Classful: the methods of `FlaskView` classes -> URL rules."""

from __future__ import annotations

import re
from collections.abc import Iterator

import msgspec

from apilint.frameworks.flask.rules import Hook, Registration, Rule, Scope, full_path, methods_of
from apilint.frameworks.flask.views import class_decorators
from apilint.frameworks.program import Program, argument, path_part
from apilint.startup import attributes
from apilint.startup.values import (
    Attr,
    ClassValue,
    FunctionValue,
    Instance,
    Known,
    Result,
    Value,
    constant,
    text_of,
    unwrap,
    wrappers,
)
from apilint.unparse import unparse

VIEWS = ("flask_classful.FlaskView", "flask_classy.FlaskView")
_ROUTES = ("flask_classful.route", "flask_classy.route")
_METHOD = "flask_classful.method"
_SPECIAL = {"get": "GET", "put": "PUT", "patch": "PATCH", "post": "POST", "delete": "DELETE", "index": "GET"}
_CONVERTERS = {"int": "int:", "float": "float:", "str": "string:", "UUID": "uuid:"}


def rules(program: Program, application: Registration) -> Iterator[Rule]:
    """The rules of every `SomeView.register(app)` on the application or one of its blueprints."""
    for cls in list(program.machine.classes.values()):
        for event in list(cls.events):
            if isinstance(event.callee, Attr) and event.callee.name == "register" and program.is_subclass(cls, VIEWS):
                app = argument(event, 0, "app")
                target = program.object_of(app) if app is not None else None
                for scope in application.scopes.get(id(target), []):
                    yield from _View(program, cls, event).rules(scope)


class _View:
    """One registration of one class."""

    def __init__(self, program: Program, cls: ClassValue, event: Result) -> None:
        self.program = program
        self.cls = cls
        self.event = event
        self.instance = Instance(cls, [], {}, cls.cls.span, 0)

    def rules(self, scope: Scope) -> Iterator[Rule]:
        """The rules of the public methods, in alphabetical order as the library does it."""
        excluded = {
            text_of(item)
            for item in self.program.items(attributes.own(self.program.machine, self.cls, "excluded_methods"))
        }
        decorators = tuple(reversed(class_decorators(self.program, self.cls)))
        for name, function in sorted(self._methods().items()):
            if name.startswith(("_", "before_", "after_")) or name in excluded:
                continue
            view = attributes.get(self.program.machine, self.instance, name, self.cls.cls.span)
            inside = msgspec.structs.replace(scope, hooks=(*scope.hooks, *self._hooks(name)))
            for path, methods in self._paths(name, function, view):
                yield Rule(
                    path=full_path(scope.prefix, path),
                    methods=methods,
                    endpoint=f"{scope.name}.{self.cls.cls.name}:{name}".lstrip("."),
                    view=view,
                    span=self.event.span,
                    scope=inside,
                    conditions=(*scope.conditions, *self.event.conditions),
                    decorators=decorators,
                )

    def _methods(self) -> dict[str, FunctionValue]:
        found: dict[str, FunctionValue] = {}
        for base in attributes.mro(self.program.machine, self.cls):
            if isinstance(base, ClassValue):
                for name, value in attributes.namespace(self.program.machine, base).vars.items():
                    target = unwrap(value)
                    if isinstance(target, FunctionValue):
                        found.setdefault(name, target)
        return found

    def _hooks(self, name: str) -> Iterator[Hook]:
        """`before_request` and `before_<method>` of the class."""
        for called in ("before_request", f"before_{name}"):
            value = attributes.own(self.program.machine, self.cls, called)
            target = unwrap(value) if value is not None else None
            if isinstance(target, FunctionValue):
                bound = FunctionValue(target.function, target.env, self.instance)
                yield Hook(bound, f"{called} of '{self.cls.cls.name}'", target.function.span, ())

    def _paths(self, name: str, function: FunctionValue, view: Value) -> Iterator[tuple[str, tuple[str, ...]]]:
        """`(path, HTTP methods)` of one method: what its `@route`s say, else by its name and parameters."""
        stated = [wrapped.decorator for wrapped in reversed(wrappers(view))]
        routes = [made for made in stated if isinstance(made, Result) and self._is_route(made)]
        for made in routes:
            rule = path_part(argument(made, 0, "rule"))
            yield self._joined([rule]), methods_of(self.program, made.kwargs.get("methods")) or ("GET",)
        if routes:
            return
        slash = constant(self._option("trailing_slash")) is not False
        parts = [part for part in (self._parameter(name, param) for param in function.function.head.params[1:]) if part]
        methods: tuple[str, ...]
        if name in _SPECIAL:
            path, methods = self._joined(["/", *parts]), (_SPECIAL[name],)
        else:
            label = name.replace("_", "-") if constant(self._option("method_dashified")) is True else name
            default = attributes.own(self.program.machine, self.cls, "default_methods")
            methods = self._methods_listed(stated) or methods_of(self.program, default) or ("GET",)
            path = self._joined([f"/{label}/", *parts])
        yield (path.rstrip("/") + "/" if slash else path.rstrip("/") or "/"), methods

    def _methods_listed(self, decorators: list[Value]) -> tuple[str, ...]:
        """The methods that `@method("POST")` decorators give a view."""
        named = [
            text_of(made.args[0])
            for made in decorators
            if isinstance(made, Result) and made.args and self.program.knowledge.name_of(made.callee) == _METHOD
        ]
        return tuple(sorted(name.upper() for name in named if name))

    def _is_route(self, made: Result) -> bool:
        return self.program.knowledge.name_of(made.callee) in _ROUTES

    def _parameter(self, name: str, param: object) -> str:
        kind, default = getattr(param, "kind", ""), getattr(param, "default", None)
        if default is not None or kind in ("args", "kwargs"):
            return ""
        annotation = getattr(param, "annotation", None)
        hint = _CONVERTERS.get(unparse(annotation).rpartition(".")[2], "") if annotation is not None else ""
        label = str(getattr(param, "name", "?"))
        return "" if f"<{label}>" in self._base() or f":{label}>" in self._base() else f"<{hint}{label}>"

    def _option(self, name: str) -> Value:
        return self.event.kwargs.get(name) or attributes.own(self.program.machine, self.cls, name) or Known(None)

    def _base(self) -> str:
        base = text_of(self._option("route_base"))
        if base is not None:
            return base.strip("/")
        label = re.sub(r"(.)([A-Z][a-z]+)", r"\1-\2", self.cls.cls.name.removesuffix("View"))
        return re.sub(r"([a-z0-9])([A-Z])", r"\1-\2", label).lower()

    def _joined(self, parts: list[str]) -> str:
        prefix = path_part(self._option("route_prefix"))
        given = [part for part in (prefix, self._base(), *parts) if part]
        return re.sub(r"/{2,}", "/", "/" + "/".join(given))
