"""Path templates of all frameworks -> their common shape, and the form that OpenAPI wants."""

from __future__ import annotations

import re
from collections.abc import Iterator

_CLOSING = {"{": "}", "<": ">", "(": ")", "[": "]"}
_NAMED = re.compile(r"\(\?P<(\w+)>")
_WORD = re.compile(r"[A-Za-z_]\w*")
_TYPES = {
    "int": {"type": "integer"},
    "integer": {"type": "integer"},
    "float": {"type": "number"},
    "decimal": {"type": "number"},
    "number": {"type": "number"},
    "bool": {"type": "boolean"},
    "uuid": {"type": "string", "format": "uuid"},
    "date": {"type": "string", "format": "date"},
    "datetime": {"type": "string", "format": "date-time"},
}

Parameter = tuple[str, dict[str, str]]


def shape(path: str) -> str:
    """A path with each parameter as `{}`: `/items/<int:id>` and `/items/{id}` are `/items/{}`."""
    return _rooted("".join("{}" if isinstance(part, tuple) else part for part in _parts(path)))


def template(path: str) -> str:
    """A path as OpenAPI writes it: `/items/{id}`; no parameter twice."""
    return _rooted("".join(f"{{{part[0]}}}" if isinstance(part, tuple) else part for part in _unique(path)))


def _rooted(path: str) -> str:
    """A path that begins with a parameter begins with a slash all the same."""
    return path if path.startswith("/") else f"/{path}"


def parameters(path: str) -> list[Parameter]:
    """The parameters of a path, each with a schema, in their order."""
    return [part for part in _unique(path) if isinstance(part, tuple)]


def _unique(path: str) -> Iterator[str | Parameter]:
    """The parts of a path; parameters without a name, or with that of an earlier one, are numbered."""
    seen: set[str] = set()
    for part in _parts(path):
        if isinstance(part, str):
            yield part
            continue
        name, number = part[0] or "parameter", 1
        while name in seen:
            number += 1
            name = f"{part[0] or 'parameter'}_{number}"
        seen.add(name)
        yield name, part[1]


def _parts(path: str) -> Iterator[str | Parameter]:
    """The literal text of a path and its parameters, in order, without what a regular expression anchors or escapes."""
    at, text = 0, ""
    while at < len(path):
        char = path[at]
        if char in _CLOSING:
            end = _end(path, at)
            if text:
                yield text
                text = ""
            yield _parameter(path[at:end])
            at = _past_repetition(path, end)
        elif char == "\\" and at + 1 < len(path):
            text += path[at + 1] if not path[at + 1].isalnum() else ""
            at += 2
        else:
            text += char if char not in "^$?*+" else ""
            at += 1
    if text:
        yield text


def _end(path: str, start: int) -> int:
    """The offset after the bracket that closes the one at `start`."""
    opening, depth, at = path[start], 0, start
    while at < len(path):
        if path[at] == "\\":
            at += 1
        elif path[at] == opening:
            depth += 1
        elif path[at] == _CLOSING[opening]:
            depth -= 1
            if depth == 0:
                return at + 1
        at += 1
    return len(path)


def _past_repetition(path: str, at: int) -> int:
    """What repeats a group or a class of characters belongs to it."""
    if path[at - 1] not in ")]":
        return at
    if path.startswith("{", at):
        return _end(path, at)
    while at < len(path) and path[at] in "*+?":
        at += 1
    return at


def _parameter(text: str) -> Parameter:
    """`{name}`, `{name:type}`, `<type:name>`, `(?P<name>…)` or a nameless pattern."""
    named = _NAMED.match(text)
    if named:
        return named[1], _schema(text[named.end() : -1])
    if text[0] in "([":
        return "", {"type": "string"}
    inside = text[1:].removesuffix(_CLOSING[text[0]])
    left, colon, right = inside.partition(":") if text[0] == "{" else inside.rpartition(":")
    name, kind = (left, right) if text[0] == "{" else (right, left)
    words = _WORD.findall(name) if colon or text[0] == "<" else _WORD.findall(inside)
    return (words[-1] if words else ""), _schema(kind)


def _schema(kind: str) -> dict[str, str]:
    """The type of a converter's name (`int`, `int(min=1)`), or of a pattern that takes digits only."""
    if kind in (r"\d+", "[0-9]+"):
        return {"type": "integer"}
    word = _WORD.match(kind)
    return dict(_TYPES.get(word[0], {"type": "string"}) if word else {"type": "string"})
