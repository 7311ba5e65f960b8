"""Handler -> what the caller puts into its parameters: free text, an object of fields, a number, or nothing."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from apilint import facts as f
from apilint.frameworks.dependencies import Dependencies, depends_on
from apilint.frameworks.program import Program
from apilint.model import Route
from apilint.startup import attributes
from apilint.startup.core import Core
from apilint.startup.values import (
    Choice,
    ClassValue,
    Env,
    External,
    FunctionValue,
    Instance,
    Known,
    Operation,
    Partial,
    Result,
    Subscripted,
    Value,
    unwrap,
)
from apilint.unparse import dotted
from apilint.walk import walk

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
_MARKERS = frozenset({"Depends", "Security", "Header", "Query", "Path", "Body", "Form", "Cookie", "File"})
_VALIDATORS = frozenset({"field_validator", "validator"})
_FRAMEWORKS = frozenset({"fastapi", "fastapi_users", "ninja", "ninja_extra", "litestar", "starlette"})
_TEXT_CONVERTERS = frozenset({"", "str", "string", "path", "default", "any"})
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


def field_kind(machine: Core, cls: ClassValue, name: str) -> str:
    """What a field of such an object may hold, by its annotation."""
    for base in attributes.mro(machine, cls):
        if isinstance(base, ClassValue):
            for statement in base.cls.code.body:
                target = statement.target if isinstance(statement, f.AnnAssign) else None
                if isinstance(statement, f.AnnAssign) and isinstance(target, f.Name) and target.id == name:
                    if _is_constrained(statement) or name in _validated(base):
                        return FIXED
                    return kind_of(machine, machine.evaluate(statement.annotation, base.env))
    return ""


def _is_constrained(node: f.Stmt | f.Expr) -> bool:
    """Whether a pattern says what a field may hold: `Field(pattern="^[a-z]+$")`."""
    return any(
        isinstance(each, f.Call) and any(keyword.name in ("pattern", "regex") for keyword in each.keywords)
        for each in walk([node])
    )


def _validated(cls: ClassValue) -> set[str]:
    """The fields of a class that a validator of its own looks at."""
    found: set[str] = set()
    for method in cls.cls.methods.values():
        for decorator in method.head.decorators:
            if isinstance(decorator, f.Call) and dotted(decorator.func).rpartition(".")[2] in _VALIDATORS:
                found |= {
                    arg.value for arg in decorator.args if isinstance(arg, f.Constant) and isinstance(arg.value, str)
                }
    return found


def segments(route: Route) -> set[str]:
    """The parameters in a route's path that hold no slash: they are one of its segments."""
    found = {name for name, converter in _placeholders(route.path) if converter != "path" and not _spans(converter)}
    return found - set(re.findall(r"\{(\w+):path\}", route.path))


def _spans(converter: str) -> bool:
    return converter.startswith("re:") and (re.search(r"(?<!\\)\.|/|\[\^(?!/)|\\S|\\D|\\W", converter[3:]) is not None)


def handed_in(program: Program, route: Route) -> Mapping[str, str]:
    """The parameters of a route's handler, with what the caller puts into each (`TEXT`, `OBJECT`, …)."""
    function = route.function
    if function is None:
        return {}
    if route.framework == "starlette":
        return {param.name: REQUEST for param in function.function.head.params if param.name != "self"}
    if route.framework == "fastapi":
        return dict(_by_signature(program, function))
    return dict(_by_path(program, function, route))


def injected(program: Program, function: FunctionValue) -> Mapping[str, str]:
    """The same for a function that a framework calls before a handler, filling in what its parameters declare; empty
    for any other function."""
    for param in function.function.head.params:
        for expr in (param.default, param.annotation):
            marker = expr.index if isinstance(expr, f.Subscript) else expr
            for item in marker.items if isinstance(marker, f.Sequence) else (marker,):
                if isinstance(item, f.Call) and _is_marker(program, item, function.env):
                    return dict(_by_signature(program, function))
    return {}


def _is_marker(program: Program, call: f.Call, env: Env) -> bool:
    """Whether a call says where a framework takes a parameter from; a command line's options may be called alike."""
    if dotted(call.func).rpartition(".")[2] not in _MARKERS:
        return False
    value = unwrap(program.machine.evaluate(call.func, env))
    return not isinstance(value, External) or value.name.partition(".")[0] in _FRAMEWORKS


def _by_signature(program: Program, function: FunctionValue) -> Iterator[tuple[str, str]]:
    dependencies = program.once(Dependencies, lambda: Dependencies(program))
    for param, depends, env in dependencies.parameters(function):
        if depends is not None:
            yield param.name, _of_dependency(program, depends_on(depends))
        else:
            yield param.name, _of_parameter(program.machine, param, env)


def _of_dependency(program: Program, target: Value | None) -> str:
    """A security scheme hands on what the caller sent; a class is filled in; a function decides itself."""
    inner = unwrap(target) if target is not None else None
    if isinstance(inner, Result) and isinstance(inner.callee, External):
        return TEXT if inner.callee.name.startswith("fastapi.security.") else SERVER
    if isinstance(inner, Instance):
        bases = attributes.external_bases(program.machine, inner.cls)
        return TEXT if any(base.startswith("fastapi.security.") for base in bases) else SERVER
    if isinstance(inner, ClassValue):
        return OBJECT if not isinstance(target, Partial) else SERVER
    return SERVER


def _of_parameter(machine: Core, param: f.Param, env: Env) -> str:
    if param.kind in ("args", "kwargs"):
        return SERVER
    if param.annotation is None:
        return TEXT
    annotation = machine.evaluate(param.annotation, env)
    kind = kind_of(machine, annotation)
    if kind:
        return kind
    if isinstance(unwrap(annotation), ClassValue):
        return OBJECT
    return SERVER if isinstance(unwrap(annotation), External) else TEXT


def _by_path(program: Program, function: FunctionValue, route: Route) -> Iterator[tuple[str, str]]:
    """Parameters named in the path are the caller's; the first one that is not holds the request, if any does."""
    placeholders = dict(_placeholders(route.path))
    params = [param for param in function.function.head.params if param.name not in ("self", "cls")]
    for number, param in enumerate(params):
        converter = placeholders.get(param.name)
        if converter is not None:
            annotated = program.machine.evaluate(param.annotation, function.env) if param.annotation else None
            is_fixed = kind_of(program.machine, annotated) == FIXED and route.framework == "ninja"
            yield param.name, FIXED if is_fixed or not _is_free(converter) else TEXT
        elif number == 0 and route.framework in ("django", "drf", "ninja"):
            yield param.name, REQUEST
        elif param.kind == "kwargs":
            yield param.name, TEXT if any(map(_is_free, placeholders.values())) else FIXED
        elif route.framework == "ninja":
            yield param.name, _of_parameter(program.machine, param, function.env)


def _placeholders(path: str) -> Iterator[tuple[str, str]]:
    """`(name, converter or regular expression)` of each variable part of a path."""
    for converter, name in re.findall(r"<(?:([^<>:]+?)(?:\([^)]*\))?:)?(\w+)>", path):
        yield name, converter
    for name in re.findall(r"(?<!\$)\{(?:\w+:)?(\w+)\}", path):
        yield name, ""
    for name, pattern in re.findall(r"\(\?P<(\w+)>((?:[^()\\]|\\.|\([^)]*\))*)\)", path):
        yield name, f"re:{pattern}"


def _is_free(converter: str) -> bool:
    """Whether a converter lets quotes and blanks through."""
    if converter.startswith("re:"):
        pattern = converter[3:]
        return "." in pattern.replace("\\.", "") or "[^" in pattern or not _PLAIN_PATTERN.fullmatch(pattern)
    return converter in _TEXT_CONVERTERS
