"""Plain data (from TOML or YAML) -> a typed struct, or an exact account of what is wrong and where."""

from __future__ import annotations

import enum
import types
from collections.abc import Collection, Mapping
from typing import Any, Literal, TypeVar, Union, get_args, get_origin

import msgspec

Path = tuple["str | int", ...]
T = TypeVar("T", bound=msgspec.Struct)


class ShapeError(Exception):
    """Data of the wrong shape. `path` leads to it (keys and positions from the top), `value` is what was found."""

    def __init__(self, path: Path, message: str, value: object = None) -> None:
        super().__init__(message)
        self.path = path
        self.message = message
        self.value = value


def read(data: object, type_: type[T], path: Path = ()) -> T:
    """Convert a mapping to a struct; refuse unknown keys, missing keys and values of another type."""
    if not isinstance(data, Mapping):
        raise ShapeError(path, f"expected a table of settings, found {found(data)}")
    fields = {field.encode_name: field for field in msgspec.structs.fields(type_)}
    for key in data:
        if key not in fields:
            raise ShapeError((*path, key), f"unknown key {key!r}{nearest(str(key), fields)}")
    for name, field in fields.items():
        if field.required and name not in data:
            raise ShapeError(path, f"the key {name!r} is missing")
    return type_(**{fields[key].name: _value(value, fields[key].type, (*path, key)) for key, value in data.items()})


def nearest(word: str, known: Collection[str]) -> str:
    """The end of a message: `; did you mean 'x'?`, or the known words where none is like `word`."""
    listed = f"; expected one of {', '.join(sorted(known))}" if 0 < len(known) <= 24 else ""
    return closest(word, known) or listed


def closest(word: str, known: Collection[str]) -> str:
    """`; did you mean 'x'?` for the known word that is most like `word`, or nothing."""
    import difflib

    close = difflib.get_close_matches(word, sorted(known), n=1, cutoff=0.5)
    return f"; did you mean {close[0]!r}?" if close else ""


def found(value: object) -> str:
    """What a value is, in words and with a short excerpt."""
    if value is None:
        return "nothing"
    if isinstance(value, Mapping):
        return f"a table with {', '.join(map(repr, list(value)[:3]))}" if value else "an empty table"
    if isinstance(value, (list, tuple)):
        return f"the list {_short(list(value))}"
    if isinstance(value, str):
        return f"the string {_short(value)}"
    if isinstance(value, (bool, int, float)):
        return f"{str(value).lower()} (a {_PLAIN[type(value)]})"
    return f"{_short(value)} (a {type(value).__name__})"


_PLAIN: Mapping[type, str] = {str: "string", int: "whole number", float: "number", bool: "boolean"}


def _short(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "..."


def _value(value: object, type_: Any, path: Path) -> Any:
    origin = get_origin(type_)
    if type_ is Any or type_ is object:
        return value
    if origin is Literal:
        return _choice(value, get_args(type_), path)
    if origin is tuple:
        return _list(value, get_args(type_)[0], path)
    if origin is dict:
        return _table(value, get_args(type_)[1], path)
    if origin in (Union, types.UnionType):
        return _union(value, get_args(type_), path)
    if issubclass(type_, msgspec.Struct):
        return read(value, type_, path)
    if issubclass(type_, enum.Enum):
        return type_(_choice(value, tuple(member.value for member in type_), path))
    return _scalar(value, type_, path)


def _choice(value: object, options: tuple[Any, ...], path: Path) -> Any:
    if value in options and type(value) in {type(option) for option in options}:
        return value
    listed = ", ".join(map(str, options))
    hint = closest(value, [str(option) for option in options]) if isinstance(value, str) else ""
    raise ShapeError(path, f"expected one of {listed}, found {found(value)}{hint}", value)


def _list(value: object, item: Any, path: Path) -> tuple[Any, ...]:
    if not isinstance(value, list):
        raise ShapeError(path, f"expected {expected(tuple[item, ...])}, found {found(value)}", value)
    return tuple(_value(one, item, (*path, position)) for position, one in enumerate(value))


def _table(value: object, item: Any, path: Path) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise ShapeError(path, f"expected {expected(dict[str, item])}, found {found(value)}", value)
    for key in value:
        if not isinstance(key, str):
            raise ShapeError((*path, key), f"expected a string as key, found {found(key)}")
    return {key: _value(one, item, (*path, key)) for key, one in value.items()}


def _union(value: object, options: tuple[Any, ...], path: Path) -> Any:
    """A union of which at most one member is a list or a table."""
    if value is None and type(None) in options:
        return None
    for option in options:
        if _fits(value, option):
            return _value(value, option, path)
    wanted = " or ".join(expected(option) for option in options if option is not type(None))
    raise ShapeError(path, f"expected {wanted}, found {found(value)}", value)


def _fits(value: object, type_: Any) -> bool:
    if isinstance(type_, type) and issubclass(type_, msgspec.Struct):
        return isinstance(value, dict)
    return isinstance(value, {tuple: list, dict: dict}.get(get_origin(type_), type_))


def _scalar(value: object, type_: Any, path: Path) -> Any:
    if type_ is float and type(value) is int:
        return float(value)
    if type(value) is type_:
        return value
    raise ShapeError(path, f"expected {expected(type_)}, found {found(value)}", value)


def expected(type_: Any) -> str:
    """A type in words."""
    origin = get_origin(type_)
    if origin is tuple:
        return f"a list of {_plural(get_args(type_)[0])}"
    if origin is dict:
        return f"a table of {_plural(get_args(type_)[1])}"
    if origin is Literal:
        return "one of " + ", ".join(map(str, get_args(type_)))
    if isinstance(type_, type) and issubclass(type_, enum.Enum):
        return "one of " + ", ".join(str(member.value) for member in type_)
    return f"a {_PLAIN[type_]}" if type_ in _PLAIN else "a table of settings"


def _plural(type_: Any) -> str:
    if type_ in _PLAIN:
        return _PLAIN[type_] + "s"
    return "lists of strings" if get_origin(type_) is tuple else "values"
