"""Connexion: the operations of the OpenAPI documents that are added to an application -> URL rules."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from apilint.frameworks.connexion import APPS, LIBRARY
from apilint.frameworks.flask.rules import Registration, Rule, Scope
from apilint.frameworks.program import Program, argument, path_part
from apilint.startup.values import Known, Result, Unknown, Value, text_of

if TYPE_CHECKING:
    from apilint.openapi.served import Document, Served

_VERIFIED = {
    "required": "connexion.security.SecurityHandlerFactory.verify_security",
    "optional": "connexion.security.SecurityHandlerFactory.verify_none",
}


def rules(program: Program, application: Registration) -> list[Rule]:
    """The rules of all documents that are added to the application, if it is one of Connexion's."""
    if not program.index.imports(LIBRARY) or not program.is_a(application.app, APPS):
        return []
    added = [event for name, event in program.events(application.app) if name == "add_api"]
    return [rule for event in added for rule in Added(program, application, event).rules()]


class Added:
    """One `add_api`: its document, and how names are resolved."""

    def __init__(self, program: Program, application: Registration, event: Result) -> None:
        self.program = program
        self.application = application
        self.event = event
        self.args, self.kwargs = program.made_with(application.app)

    def rules(self) -> Iterator[Rule]:
        """A rule for each operation; none where the document is not at hand."""
        document = self._document()
        if document is None:
            self.application.is_open = True
            return
        base = argument(self.event, 1, "base_path")
        prefix = document.base if base is None or (isinstance(base, Known) and base.value is None) else path_part(base)
        scope = self.application.scopes[id(self.application.app)][0]
        for operation in document.operations:
            yield self._rule(operation, prefix.rstrip("/"), scope)

    def _document(self) -> Document | None:
        name = text_of(argument(self.event, 0, "specification") or Known(None))
        folder = text_of(self.kwargs.get("specification_dir") or (self.args[2] if len(self.args) > 2 else Known("")))
        file = _found(self.program.documents, self.event.span.file, folder or "", name or "")
        if file is None:
            return None
        from apilint.openapi.document import SpecificationError
        from apilint.openapi.served import served

        try:
            return served(self.program.documents[file], file)
        except SpecificationError:
            return None

    def _rule(self, operation: Served, prefix: str, scope: Scope) -> Rule:
        handler = self._handler(operation)
        verified = _VERIFIED.get(operation.security)
        return Rule(
            path=f"{prefix}{operation.path}" or "/",
            methods=(operation.method,),
            endpoint=operation.handler or operation.resource,
            view=self.program.machine.resolve_dotted(handler, self.event.span.file)
            if handler
            else self._unknown(operation),
            span=self.event.span,
            scope=scope,
            conditions=(*scope.conditions, *self.event.conditions),
            decorators=(self.program.machine.external(verified),) if verified else (),
        )

    def _handler(self, operation: Served) -> str:
        """The function that answers: as the document says, or by the habits of REST below a module."""
        resolver = self.event.kwargs.get("resolver") or self.kwargs.get("resolver")
        if operation.handler or not isinstance(resolver, Result) or not resolver.args:
            return operation.handler
        module = text_of(resolver.args[0])
        name = self.program.knowledge.name_of(resolver.callee)
        if not module or not name.endswith(".RestyResolver"):
            return ""
        resource, _, function = operation.resource.partition(":")
        return ".".join(part for part in (module, resource, function) if part)

    def _unknown(self, operation: Served) -> Value:
        return Unknown("the document names no function", self.event.span, f"{operation.method} {operation.path}")


def _found(documents: Mapping[str, bytes], near: str, folder: str, name: str) -> str | None:
    """The document of that name: beside the code that adds it, or the only one that is called so."""
    if not name:
        return None
    if "{" not in name and "{" not in folder:
        for start in (posixpath.dirname(near), ""):
            path = posixpath.normpath(posixpath.join(start, folder, name))
            if path in documents:
                return path
    last = posixpath.basename(name)
    alike = [path for path in documents if posixpath.basename(path) == last]
    return alike[0] if len(alike) == 1 else None
