"""Flask-RESTful and Flask-RESTX: an `Api` on an application or blueprint, its resources and namespaces -> URL rules."""

from __future__ import annotations

import re
from collections.abc import Iterator

from apilint.frameworks.flask.rules import Registration, Rule, Scope
from apilint.frameworks.program import Object, Program, argument, path_part
from apilint.startup.values import Result, Value, text_of, unwrap

RESTFUL = ("flask_restful.Api",)
RESTX = ("flask_restx.Api", "flask_restx.api.Api", "flask_restplus.Api", "flask_restplus.api.Api")
NAMESPACES = (
    "flask_restx.Namespace",
    "flask_restx.namespace.Namespace",
    "flask_restplus.Namespace",
    "flask_restplus.namespace.Namespace",
)


def rules(program: Program, application: Registration) -> list[Rule]:
    """The rules of all resources whose `Api` stands on the application or one of its blueprints."""
    found: list[Rule] = []
    for api in program.objects((*RESTFUL, *RESTX)):
        resources = Resources(program, application, api)
        for target in resources.targets():
            for scope in application.scopes.get(id(target), []):
                found += resources.rules(scope)
    return found


class Resources:
    """The resources of one `Api`."""

    def __init__(self, program: Program, application: Registration, api: Object) -> None:
        self.program = program
        self.application = application
        self.api = api
        self.is_restx = program.is_a(api, RESTX)
        self.args, self.kwargs = program.made_with(api)

    def targets(self) -> list[Object]:
        """The applications and blueprints that the `Api` is put on."""
        values = [self.kwargs.get("app") or (self.args[0] if self.args else None)]
        values += [argument(event, 0, "app") for name, event in self.program.events(self.api) if name == "init_app"]
        made = [self.program.object_of(value) for value in values if value is not None]
        return [target for target in made if target is not None]

    def rules(self, scope: Scope) -> Iterator[Rule]:
        """The rules below one registration of the `Api`'s application or blueprint."""
        at = 12 if self.is_restx else 1
        prefix = self.kwargs.get("prefix") or (self.args[at] if len(self.args) > at else None)
        base = (scope.prefix or "") + path_part(prefix)
        decorators = self.program.items(self.api.attrs.get("decorators") or self.kwargs.get("decorators"))
        yield from self._resources(self.api, base, "", decorators, scope)
        for namespace, path in self._namespaces():
            yield from self._namespace(namespace, path, base, decorators, scope)

    def _namespaces(self) -> Iterator[tuple[Object, Value | None]]:
        """`(namespace, path that overrides its own)`."""
        listed: list[Object] = []
        for name, event in self.program.events(self.api):
            if name == "namespace":
                listed.append(event)
                yield event, None
            elif name == "add_namespace":
                value = argument(event, 0, "ns")
                namespace = self.program.object_of(value) if value is not None else None
                if namespace is not None:
                    listed.append(namespace)
                    yield namespace, argument(event, 1, "path")
        for namespace in self.program.objects(NAMESPACES):
            _, kwargs = self.program.made_with(namespace)
            on = kwargs.get("api")
            if on is not None and self.program.object_of(on) is self.api and namespace not in listed:
                yield namespace, None

    def _namespace(
        self, namespace: Object, path: Value | None, base: str, decorators: list[Value], scope: Scope
    ) -> Iterator[Rule]:
        args, kwargs = self.program.made_with(namespace)
        named = kwargs.get("name") or (args[0] if args else None)
        name = path_part(named)
        if path is None or text_of(path) is None:
            own = kwargs.get("path") or (args[2] if len(args) > 2 else None)
            mounted = (path_part(own) or f"/{name}").rstrip("/")
        else:
            mounted = path_part(path)
        around = kwargs.get("decorators") or (args[3] if len(args) > 3 else None)
        every = [*self.program.items(namespace.attrs.get("decorators") or around), *decorators]
        yield from self._resources(namespace, base + mounted, name, every, scope)

    def _resources(self, made: Object, base: str, name: str, decorators: list[Value], scope: Scope) -> Iterator[Rule]:
        """The resources registered on an `Api` or a namespace, by call or as a decorator."""
        for called, event in self.program.events(made):
            if called in ("route", "resource"):
                urls, resources = event.args, list(self.program.decorated(event))
            elif called == "add_resource" and event.args:
                urls, resources = event.args[1:], event.args[:1]
            else:
                continue
            for resource in resources:
                for url in urls:
                    yield self._rule(event, resource, base + path_part(url), name, decorators, scope)

    def _rule(
        self, event: Result, resource: Value, path: str, name: str, decorators: list[Value], scope: Scope
    ) -> Rule:
        methods = tuple(text for item in self.program.items(event.kwargs.get("methods")) if (text := text_of(item)))
        stated = event.kwargs.get("endpoint")
        endpoint = (text_of(stated) if stated is not None else None) or self._endpoint(resource, name)
        return Rule(
            path=path if path.startswith("/") else f"/{path}",
            methods=methods or None,
            endpoint=f"{scope.name}.{endpoint}" if scope.name else endpoint,
            view=resource,
            span=event.span,
            scope=scope,
            conditions=(*scope.conditions, *event.conditions),
            decorators=tuple(decorators),
            decorated_by=event,
        )

    def _endpoint(self, resource: Value, name: str) -> str:
        inner = unwrap(resource)
        cls = getattr(inner, "cls", None)
        label = str(cls.name) if cls is not None else "?"
        if not self.is_restx:
            return label.lower()
        label = re.sub(r"((?<=[a-z0-9])[A-Z]|(?!^)[A-Z](?=[a-z]))", r"_\1", label).lower()
        return f"{name}_{label}" if name else label
