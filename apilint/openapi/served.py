"""A specification that a program is served by -> its operations: where they stand, who answers, what guards them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import urlsplit

import msgspec

from apilint.openapi.document import METHODS, load

_PARAMETER = re.compile(r"\{([^}]*)\}")
_NO_NAME = re.compile(r"\W")
_CONVERTERS = {"integer": "int:", "number": "float:", "path": "path:"}


class Served(msgspec.Struct, frozen=True):
    """A method on a path, written as the rule of a URL map. `handler` is the dotted name of the function that answers,
    as far as the specification says it; `security` is `required`, `optional` or `none`."""

    method: str
    path: str
    handler: str
    security: str
    resource: str


class Document(msgspec.Struct, frozen=True):
    """The operations of a specification, and the path that they stand below."""

    base: str
    operations: tuple[Served, ...]


def served(data: bytes, file: str) -> Document:
    """The operations of a specification. Raises SpecificationError."""
    document = load(data, file)
    return Document(_base(document), tuple(_operations(document)))


def _base(document: Mapping[str, Any]) -> str:
    base = document.get("basePath")
    if not isinstance(base, str):
        servers = document.get("servers")
        first = servers[0] if isinstance(servers, list) and servers else None
        try:
            base = urlsplit(str(first.get("url", "")) if isinstance(first, dict) else "").path
        except ValueError:
            base = ""
    return base.rstrip("/")


def _operations(document: Mapping[str, Any]) -> Iterator[Served]:
    paths = document.get("paths")
    for path, item in paths.items() if isinstance(paths, dict) else ():
        item = _at(document, item)
        for method in METHODS:
            operation = item.get(method)
            if isinstance(path, str) and isinstance(operation, dict):
                yield _served(document, path, item, method, operation)


def _served(
    document: Mapping[str, Any], path: str, item: Mapping[str, Any], method: str, operation: Mapping[str, Any]
) -> Served:
    both = {**item, **operation}
    controller = str(both.get("x-openapi-router-controller") or both.get("x-swagger-router-controller") or "")
    name = str(operation.get("operationId") or "")
    resource = ".".join(part for part in path.split("/") if part and part[0] != "{").replace("-", "_")
    is_collection = method == "get" and resource and not path.rstrip("/").endswith("}")
    return Served(
        method=method.upper(),
        path=_rule(document, path, [*_list(item.get("parameters")), *_list(operation.get("parameters"))]),
        handler=f"{controller}.{name}" if controller and name else name,
        security=_security(operation.get("security", document.get("security"))),
        resource=f"{controller or resource}:{'search' if is_collection else method}",
    )


def _rule(document: Mapping[str, Any], path: str, parameters: list[Any]) -> str:
    """`/pets/{pet-id}` as `/pets/<int:pet_id>`."""
    types: dict[str, str] = {}
    for parameter in parameters:
        said = _at(document, parameter)
        if said.get("in") == "path":
            schema = _at(document, said.get("schema")) or said
            kind = "path" if schema.get("format") == "path" else str(schema.get("type", ""))
            types[str(said.get("name"))] = _CONVERTERS.get(kind, "")
    return _PARAMETER.sub(lambda match: f"<{types.get(match[1], '')}{_NO_NAME.sub('_', match[1])}>", path)


def _security(said: object) -> str:
    """One of the requirements suffices, and an empty one asks for nothing; what no function checks is never met."""
    if not isinstance(said, list) or not said:
        return "none"
    return "optional" if any(not each for each in said) else "required"


def _at(document: Mapping[str, Any], item: object) -> Mapping[str, Any]:
    """A part of the document, where it stands or where its reference points to."""
    if not isinstance(item, dict):
        return {}
    reference = item.get("$ref")
    found: Any = document
    for key in str(reference)[2:].split("/") if isinstance(reference, str) and reference.startswith("#/") else ():
        found = found.get(key.replace("~1", "/").replace("~0", "~")) if isinstance(found, dict) else None
    return {**found, **item} if found is not document and isinstance(found, dict) else item


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []


__all__ = ["Document", "Served", "served"]
