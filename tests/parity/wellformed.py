"""An application's OpenAPI description -> requests that have the right shape: required parameters and a sample body.

A call without any parameter is turned away for its shape before it meets a guard that reads a header of its own. The
request that is made here is a stranger's who has read the documentation, and it carries no credentials: what the
description calls security is left out.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from starlette.routing import Mount

Key = tuple[str, str]
TEXTS = {
    "date": "2024-02-29",
    "date-time": "2024-02-29T12:00:00Z",
    "duration": "PT1H",
    "email": "a@example.com",
    "time": "12:00:00",
    "uri": "https://example.com/",
    "uuid": "6f1c2a52-5d0c-4e0b-9f57-0d9a6e3f7a11",
}
DEPTH = 6


def requests(app: Any, prefix: str = "") -> Iterator[tuple[Key, dict[str, Any]]]:
    """Method and path of every described operation, with the keyword arguments for a client's `request`."""
    if callable(getattr(app, "openapi", None)):  # FastAPI's, not Starlette's
        description = app.openapi()
        for path, operations in description.get("paths", {}).items():
            for method, operation in operations.items():
                yield (method.upper(), prefix + path), _request(operation, description)
    for route in getattr(app, "routes", ()):
        if isinstance(route, Mount):
            yield from requests(route.app, prefix + route.path)


def _request(operation: Mapping[str, Any], description: Mapping[str, Any]) -> dict[str, Any]:
    parameters = [each for each in operation.get("parameters", ()) if each.get("required")]
    filled: dict[str, Any] = {
        place: {each["name"]: _sample(each["schema"], description) for each in parameters if each["in"] == kind}
        for kind, place in (("query", "params"), ("header", "headers"), ("cookie", "cookies"))
    }
    filled["headers"] = {name: str(value) for name, value in filled["headers"].items()}
    for media_type, content in operation.get("requestBody", {}).get("content", {}).items():
        body = _sample(content.get("schema", {}), description)
        if media_type == "multipart/form-data":
            filled["files"] = {name: ("sample.txt", str(value)) for name, value in body.items()}
        elif media_type == "application/x-www-form-urlencoded":
            filled["data"] = body
        else:
            filled["json"] = body
    return {name: value for name, value in filled.items() if value not in ({}, None)}


def _sample(schema: Mapping[str, Any], description: Mapping[str, Any], depth: int = 0) -> Any:
    """The simplest value that fits a JSON schema, as far as its form and bounds say."""
    if depth > DEPTH:
        return None
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        return _sample(description["components"]["schemas"][name], description, depth + 1)
    for known in ("default", "const"):
        if known in schema:
            return schema[known]
    for several in ("examples", "enum"):
        if schema.get(several):
            return schema[several][0]
    for choice in ("anyOf", "oneOf", "allOf"):
        if schema.get(choice):
            return _sample(schema[choice][0], description, depth + 1)
    return _plain(schema, description, depth)


def _plain(schema: Mapping[str, Any], description: Mapping[str, Any], depth: int) -> Any:
    kind = schema.get("type")
    if kind in ("integer", "number"):
        lowest = schema.get("minimum", schema.get("exclusiveMinimum", 0) + 1)
        return min(lowest, schema.get("maximum", lowest))
    if kind == "boolean":
        return True
    if kind == "array":
        return [_sample(schema.get("items", {}), description, depth + 1)] * max(1, schema.get("minItems", 1))
    if kind == "object" or "properties" in schema:
        required = schema.get("required", ())
        properties = schema.get("properties", {}).items()
        return {name: _sample(each, description, depth + 1) for name, each in properties if name in required}
    text = TEXTS.get(schema.get("format", ""), "sample")
    return text.ljust(schema.get("minLength", 0), "x")[: schema.get("maxLength", len(text) + 99)]
