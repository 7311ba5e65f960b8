"""A specification's text, JSON or YAML -> its operations with what it says of their security, and where they stand."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import unquote, urlsplit

import msgspec
import yaml

from apilint.config import ConfigError

METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace", "query")
# What YAML does not take from JSON: tabs between tokens, and halves of characters.
_SURROGATE = re.compile(r"\\u[dD][89a-fA-F][0-9a-fA-F]{2}")
_VARIABLE = re.compile(r"\{([^}]*)\}")


class SpecificationError(ConfigError):
    """A specification cannot be used. The message names file, line, what was found and what was expected."""


class Operation(msgspec.Struct, frozen=True):
    """A method on a path. `security` is `required`, `optional` or `none`, `schemes` the schemes that are named; `bases`
    are the paths of the servers. `line` counts from 1, `start` and `end` are byte offsets of the word that names it."""

    method: str
    path: str
    security: str
    schemes: tuple[str, ...]
    bases: tuple[str, ...]
    line: int
    start: int
    end: int

    @property
    def label(self) -> str:
        """`METHOD /path`."""
        return f"{self.method} {self.path}"


class Specification(msgspec.Struct, frozen=True):
    """All operations; `is_silent` tells that nothing at all is said of security."""

    file: str
    operations: tuple[Operation, ...]
    is_silent: bool


def read(data: bytes, file: str) -> Specification:
    """Read a specification of OpenAPI 3.x or Swagger 2.0. Raises SpecificationError."""
    return _Reader(data, file).specification()


def load(data: bytes, file: str) -> Mapping[str, Any]:
    """A specification as data; nothing where it is none. Raises SpecificationError."""
    document = _Reader(data, file).data
    return document if isinstance(document, dict) and {"openapi", "swagger"} & document.keys() else {}


class _Reader:
    """A document as data, and as nodes that know where they stand."""

    def __init__(self, data: bytes, file: str) -> None:
        self.file = file
        try:
            self.text = data.decode("utf-8-sig")
        except UnicodeDecodeError as error:
            line = data[: error.start].count(b"\n") + 1
            raise self.error(line, f"expected UTF-8 text, found the byte {data[error.start]:#04x}") from None
        self.is_json = self.text.lstrip()[:1] == "{"
        self.root = self._nodes()
        self.data = self._data()
        self._offsets = [len(line) for line in self.text.encode().splitlines(keepends=True)]

    def error(self, line: int, problem: str) -> SpecificationError:
        return SpecificationError(f"{self.file}:{line}: {problem}")

    def specification(self) -> Specification:
        document = self.data
        if not isinstance(document, dict) or not {"openapi", "swagger"} & document.keys():
            problem = "expected an OpenAPI specification with 'openapi: 3.…' or 'swagger: \"2.0\"', found neither"
            raise self.error(1, problem)
        version = str(document.get("openapi", document.get("swagger")))
        if not version.startswith(("3.", "2.0")):
            raise self.error(self._line("openapi", "swagger"), f"expected version 3.x or 2.0, found '{version[:20]}'")
        paths = document.get("paths") or {}
        if not isinstance(paths, dict):
            raise self.error(self._line("paths"), f"paths: expected paths with their operations, found {_kind(paths)}")
        operations = tuple(self._operations(document, paths))
        schemes = document.get("securityDefinitions") or (document.get("components") or {}).get("securitySchemes")
        is_silent = not schemes and not document.get("security") and all(not each.schemes for each in operations)
        return Specification(self.file, operations, is_silent)

    # ------------------------------------------------------------------- operations

    def _operations(self, document: Mapping[str, Any], paths: Mapping[Any, Any]) -> Iterator[Operation]:
        bases = _bases(document)
        for path, item in paths.items():
            if not isinstance(path, str) or not path.startswith("/"):
                continue
            below: tuple[str, ...] = ("paths", path)
            if isinstance(item, dict) and isinstance(item.get("$ref"), str):
                below = tuple(_pointer(item["$ref"]))
                item = {**_at(document, below), **{key: item[key] for key in item if key != "$ref"}}
            if not isinstance(item, dict):
                problem = f"paths.{path}: expected operations by method, found {_kind(item)}"
                raise self.error(self._line("paths", path), problem)
            for method in METHODS:
                operation = item.get(method)
                if isinstance(operation, dict):
                    security, schemes = _security(operation.get("security", document.get("security")))
                    own = (*_bases(operation), *_bases(item), *bases)
                    line, start, end = self._place(*below, method)
                    yield Operation(method.upper(), path, security, schemes, own, line, start, end)

    # ----------------------------------------------------------------------- places

    def _nodes(self) -> yaml.Node | None:
        text = self.text
        if self.is_json:
            text = _SURROGATE.sub(r"\\u003f", text.replace("\t", " "))
        loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
        try:
            node: yaml.Node | None = yaml.compose(text, Loader=loader)
        except yaml.YAMLError as error:
            if self.is_json:
                return None  # the parser for JSON has the word
            mark = getattr(error, "problem_mark", None)
            problem = getattr(error, "problem", None) or "it cannot be read"
            raise self.error(mark.line + 1 if mark else 1, f"broken YAML: {problem}") from None
        except RecursionError:
            raise self.error(1, "it is nested too deep") from None
        return node

    def _data(self) -> object:
        try:
            if self.is_json:
                return json.loads(self.text)
            return yaml.load(self.text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))  # noqa: S506
        except json.JSONDecodeError as error:
            raise self.error(error.lineno, f"broken JSON: {error.msg}") from None
        except (yaml.YAMLError, ValueError, TypeError) as error:
            raise self.error(1, f"broken YAML: {str(error).splitlines()[0]}") from None
        except RecursionError:
            raise self.error(1, "it is nested too deep") from None

    def _line(self, *keys: str) -> int:
        return self._place(*keys)[0]

    def _place(self, *keys: str) -> tuple[int, int, int]:
        """Line and byte offsets of the last of the keys that can be found."""
        node, found = self.root, self.root
        for key in keys:
            pairs = node.value if isinstance(node, yaml.MappingNode) else []
            pair = next((pair for pair in pairs if pair[0].value == key), None)
            if pair is None:
                break
            found, node = pair
        if found is None or found is self.root:
            return 1, 0, 0
        mark = found.start_mark
        line = self.text.splitlines(keepends=True)[mark.line]
        start = sum(self._offsets[: mark.line]) + len(line[: mark.column].encode())
        return mark.line + 1, start, start + len(line[mark.column : found.end_mark.column].encode())


def _security(said: object) -> tuple[str, tuple[str, ...]]:
    """What a list of requirements comes to: one of them suffices, and an empty one asks for nothing."""
    if not isinstance(said, list) or not said:
        return "none", ()
    schemes = tuple(sorted({str(name) for each in said if isinstance(each, dict) for name in each}))
    if not schemes:
        return "none", ()
    return ("optional" if any(not each for each in said) else "required"), schemes


def _bases(document: Mapping[str, Any]) -> tuple[str, ...]:
    """The paths of the servers, or of Swagger's `basePath`."""
    servers = document.get("servers")
    urls = [each for each in servers if isinstance(each, dict)] if isinstance(servers, list) else []
    paths = [_server_path(each) for each in urls]
    base = document.get("basePath")
    paths += [base] if isinstance(base, str) else []
    return tuple(dict.fromkeys(path.rstrip("/") for path in paths if path.strip("/")))


def _server_path(server: Mapping[str, Any]) -> str:
    variables = server.get("variables")
    known = variables if isinstance(variables, dict) else {}

    def default(match: re.Match[str]) -> str:
        variable = known.get(match[1])
        return str(variable.get("default", match[0])) if isinstance(variable, dict) else match[0]

    try:
        path = urlsplit(_VARIABLE.sub(default, str(server.get("url", "")))).path
    except ValueError:
        return ""
    return path if path.startswith("/") else ""


def _pointer(reference: str) -> Iterator[str]:
    """The keys of `#/components/pathItems/Orders`."""
    if reference.startswith("#/"):
        for part in reference[2:].split("/"):
            yield unquote(part).replace("~1", "/").replace("~0", "~")


def _at(document: object, keys: tuple[str, ...]) -> dict[str, Any]:
    """What stands below the keys; nothing for what stands in another file."""
    for key in keys:
        document = document.get(key) if isinstance(document, dict) else None
    return document if isinstance(document, dict) and keys else {}


def _kind(value: object) -> str:
    return {list: "a list", str: "text", dict: "a mapping", type(None): "nothing"}.get(type(value), repr(value)[:40])
