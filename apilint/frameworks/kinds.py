"""Annotation -> what a value of that type may hold: free text, an object of fields, a number, or nothing."""

from __future__ import annotations

import re
from collections.abc import Iterator

from apilint.startup import attributes
from apilint.startup.core import Core
from apilint.startup.values import (
    Choice,
    ClassValue,
    External,
    Known,
    Operation,
    Result,
    Subscripted,
    Value,
    unwrap,
)

TEXT = "text"
"""The caller chooses every character."""
OBJECT = "object"
"""The caller fills in the fields; their own types decide."""
FIXED = "fixed"
"""A number, an identifier of fixed form, one of a list."""
REQUEST = "request"
"""The request itself, whose attributes the caller chooses."""
SERVER = "server"
"""The program provides it."""

_FIXED_NAMES = frozenset(
    """
    builtins.int builtins.float builtins.bool builtins.complex decimal.Decimal uuid.UUID enum.Enum enum.IntEnum
    datetime.date datetime.datetime datetime.time datetime.timedelta ipaddress.IPv4Address ipaddress.IPv6Address
    pydantic.UUID1 pydantic.UUID3 pydantic.UUID4 pydantic.UUID5 pydantic.PositiveInt pydantic.NonNegativeInt
    pydantic.NegativeInt pydantic.conint pydantic.StrictInt pydantic.StrictBool pydantic.PositiveFloat
    """.split()
)
_TEXT_NAMES = frozenset({"builtins.str", "builtins.bytes", "typing.Any", "builtins.dict", "builtins.object", "str"})
_CONTAINERS = frozenset(
    """
    builtins.list builtins.set builtins.tuple builtins.frozenset typing.List typing.Set typing.Tuple typing.Sequence
    typing.Iterable typing.FrozenSet typing.Collection collections.abc.Sequence collections.abc.Iterable
    collections.abc.Collection collections.abc.Set typing.Optional typing.Union
    """.split()
)
_ANNOTATED = frozenset({"typing.Annotated", "typing_extensions.Annotated"})
_LITERAL = frozenset({"typing.Literal", "typing_extensions.Literal"})
_ENUMS = frozenset({"enum.Enum", "enum.IntEnum", "enum.StrEnum", "enum.Flag", "enum.IntFlag"})
_SCHEMAS = frozenset({"BaseModel", "SQLModel", "Schema", "ModelSchema", "Struct", "TypedDict"})
_REQUESTS = frozenset({"Request", "HttpRequest", "WSGIRequest", "ASGIRequest", "WebSocket", "HTTPConnection"})
_PLAIN_PATTERN = re.compile(r"(?:\\d|\\w|\[[\w\\-]+\]|[+*?]|\{[\d,]+\}|\w|-|[()|:])+")


def kind_of(machine: Core, annotation: Value | None) -> str:
    """What a value of that annotated type may hold; the empty string when that is not known."""
    if annotation is None:
        return ""
    annotation = unwrap(annotation)
    if isinstance(annotation, Known):
        return FIXED if annotation.value is None else ""
    if isinstance(annotation, (Choice, Operation)):
        return _widest([kind_of(machine, option) for option in _alternatives(annotation)])
    if isinstance(annotation, Subscripted):
        return _kind_of_generic(machine, annotation)
    if isinstance(annotation, Result):
        name = annotation.callee.name if isinstance(annotation.callee, External) else ""
        return FIXED if name in _FIXED_NAMES else TEXT if name == "pydantic.constr" else ""
    if isinstance(annotation, External):
        return _kind_of_name(annotation.name)
    if isinstance(annotation, ClassValue):
        return _kind_of_class(machine, annotation)
    return ""


def _alternatives(annotation: Choice | Operation) -> Iterator[Value]:
    if isinstance(annotation, Choice):
        yield from annotation.options
    else:
        for part in (annotation.left, annotation.right):
            if isinstance(part, Operation):
                yield from _alternatives(part)
            elif part is not None:
                yield part


def _widest(kinds: list[str]) -> str:
    """Of several possible types, the one that says least about what is in it."""
    for kind in (TEXT, OBJECT, REQUEST, "", SERVER):
        if kind in kinds:
            return kind
    return FIXED if kinds else ""


def _kind_of_generic(machine: Core, annotation: Subscripted) -> str:
    name = annotation.base.name if isinstance(annotation.base, External) else ""
    if name in _LITERAL:
        return FIXED
    if name in _ANNOTATED:
        return kind_of(machine, annotation.index[0]) if annotation.index else ""
    if name in _CONTAINERS:
        return _widest([kind_of(machine, item) for item in annotation.index])
    if name.rpartition(".")[2] in ("dict", "Dict", "Mapping", "MutableMapping"):
        return TEXT
    return kind_of(machine, annotation.base)


def _kind_of_name(name: str) -> str:
    if name in _FIXED_NAMES or name in _ENUMS:
        return FIXED
    if name in _TEXT_NAMES:
        return TEXT
    last = name.rpartition(".")[2]
    if last in _REQUESTS:
        return REQUEST
    return TEXT if last in ("SecretStr", "EmailStr", "HttpUrl", "AnyUrl", "StrictStr", "Json") else ""


def _kind_of_class(machine: Core, cls: ClassValue) -> str:
    bases = attributes.external_bases(machine, cls)
    if not _ENUMS.isdisjoint(bases) or not _FIXED_NAMES.isdisjoint(bases):
        return FIXED
    if any(base.rpartition(".")[2] in _SCHEMAS for base in bases) or cls.decorations:
        return OBJECT
    return TEXT if "builtins.str" in bases else ""


def is_plain(pattern: str) -> bool:
    """Whether a regular expression lets neither quotes nor blanks through."""
    return "." not in pattern.replace("\\.", "") and "[^" not in pattern and bool(_PLAIN_PATTERN.fullmatch(pattern))
