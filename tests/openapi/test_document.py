"""A specification's text -> its operations, their security and their places."""

from __future__ import annotations

import json

import pytest

from apilint.openapi import Operation, SpecificationError, read

YAML = """\
openapi: 3.0.3
info: {title: Shop, version: "1"}
servers:
  - url: https://{where}/{version}/
    variables: {where: {default: shop.example}, version: {default: v2}}
security:
  - key: []
paths:
  x-note: nothing
  /items:
    parameters: []
    get:
      security: []
    post:
      security:
        - {}
        - token: [write]
    delete: {}
  /orders:
    $ref: '#/components/pathItems/Orders'
components:
  securitySchemes:
    key: {type: apiKey, in: header, name: X-Key}
  pathItems:
    Orders:
      put: {}
"""


def operations(text: str) -> list[Operation]:
    return list(read(text.encode(), "openapi.yaml").operations)


def test_operations_with_their_security() -> None:
    found = {each.label: (each.security, each.schemes, each.bases, each.line) for each in operations(YAML)}
    assert found == {
        "GET /items": ("none", (), ("/v2",), 12),
        "POST /items": ("optional", ("token",), ("/v2",), 14),
        "DELETE /items": ("required", ("key",), ("/v2",), 18),
        "PUT /orders": ("required", ("key",), ("/v2",), 26),
    }


def test_places_are_those_of_the_word() -> None:
    text = "# Geschäft\n" + YAML
    for each in operations(text):
        assert text.encode()[each.start : each.end].decode() == each.method.lower()


def test_json_with_tabs_and_halves_of_characters() -> None:
    document = {
        "openapi": "3.1.0",
        "info": {"title": "\U0001f600"},
        "paths": {"/a": {"get": {"security": [{"k": []}]}}},
    }
    text = json.dumps(document, indent="\t")
    (found,) = operations(text)
    assert (found.label, found.security, found.line) == ("GET /a", "required", 8)
    assert text[found.start : found.end] == '"get"'


def test_swagger() -> None:
    text = 'swagger: "2.0"\nbasePath: /api/\nsecurityDefinitions: {key: {type: basic}}\n'
    text += "paths: {/a: {get: {security: [{key: []}]}}}"
    (found,) = operations(text)
    assert (found.label, found.security, found.bases) == ("GET /a", "required", ("/api",))


def test_a_specification_that_says_nothing_of_security() -> None:
    assert read(b"openapi: 3.1.0\npaths: {/a: {get: {}}}", "a.yaml").is_silent
    assert not read(YAML.encode(), "a.yaml").is_silent


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (b"", "1: expected an OpenAPI specification with 'openapi: 3.…' or 'swagger: \"2.0\"', found neither"),
        (b"[1]", "1: expected an OpenAPI specification with 'openapi: 3.…' or 'swagger: \"2.0\"', found neither"),
        (b"info: 1\nopenapi: 4.0.0\n", "2: expected version 3.x or 2.0, found '4.0.0'"),
        (b"openapi: 3.1.0\npaths: [1]\n", "2: paths: expected paths with their operations, found a list"),
        (b"openapi: 3.1.0\npaths:\n  /a: 1\n", "3: paths./a: expected operations by method, found 1"),
        (b"openapi: 3.1.0\npaths: {\n", "3: broken YAML: did not find expected node content"),
        (b'{"openapi": "3.1.0",\n', "2: broken JSON: Expecting property name enclosed in double quotes"),
        (b"openapi: 3.1.0\n# \xff\n", "2: expected UTF-8 text, found the byte 0xff"),
    ],
)
def test_what_is_no_specification(text: bytes, problem: str) -> None:
    with pytest.raises(SpecificationError) as raised:
        read(text, "openapi.yaml")
    assert str(raised.value) == f"openapi.yaml:{problem}"
