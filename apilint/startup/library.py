"""What the standard library's calls give at start-up: containers, strings, environment, imports, partials."""

from __future__ import annotations

import posixpath
from collections.abc import Callable

from apilint.facts import Span
from apilint.startup import attributes, environment, folding, introspection, mappings, patterns, places
from apilint.startup.core import MAX_LENGTH, Core
from apilint.startup.enums import enumerated
from apilint.startup.values import (
    FALSE,
    NONE,
    TRUE,
    Attr,
    Choice,
    ClassValue,
    External,
    FunctionValue,
    Instance,
    Known,
    Mapping,
    ModuleValue,
    Operation,
    Partial,
    Place,
    Result,
    Seq,
    Setting,
    Special,
    Super,
    Text,
    Under,
    Unknown,
    Value,
    Wrapped,
    constant,
    join,
    text_of,
    unwrap,
)

Args = list[Value]
Kwargs = dict[str, Value]
Modelled = Callable[[Core, Args, Kwargs, Span], "Value | None"]

TRANSPARENT_DECORATORS = frozenset({"functools.wraps", "typing.no_type_check", "asgiref.typing"})


def _items(value: Value) -> tuple[list[Value], bool]:
    if isinstance(value, Seq):
        return value.items, value.open
    if isinstance(value, Mapping):
        return [Known(key) for key in value.items], value.open
    if isinstance(value, Choice):
        return [item for option in value.options for item in _items(option)[0]], True
    members = enumerated(value) if isinstance(value, ClassValue) else []
    return members, not members


# ------------------------------------------------------------------------------------------- methods


_PLAIN = frozenset({Attr, Unknown, Instance, Result, FunctionValue, ModuleValue, Super, Wrapped})
"""What has no methods that are modelled here."""


def method(machine: Core, base: Value, name: str, args: Args, kwargs: Kwargs, span: Span) -> Value | None:
    """A method call on a container or string; None when the base is something else."""
    if type(base) is Instance or type(base) is Super:
        base = attributes.held_by(machine, base, name) or base
    if type(base) in _PLAIN or isinstance(base, Unknown):
        if name == "exec_module" and args and isinstance(args[0], ModuleValue):
            machine.run_module(args[0].module)
            return NONE
        return patterns.method(base, name, args) if name in patterns.METHODS and isinstance(base, Result) else None
    if isinstance(base, Special):
        return base.method(name, args, kwargs)
    if isinstance(base, Seq):
        return _sequence_method(machine, base, name, args, span)
    if isinstance(base, Mapping):
        return mappings.method(machine, base, name, args, kwargs, span)
    if type(base) is Place:
        return places.method(machine, base, name, args, span)
    if isinstance(base, (Known, Text)):
        return _string_method(base, name, args, kwargs, span)
    if isinstance(base, Setting) and text_of(base) is not None:
        inner = _string_method(base.default, name, args, kwargs, span)
        return None if inner is None else Setting(base.name, inner, base.span or span)
    if isinstance(base, Setting):
        return Setting(base.name, Unknown("part of a setting", span, base.name), span)
    if isinstance(base, Choice) and name == "get" and all(isinstance(option, Mapping) for option in base.options):
        return join([method(machine, option, name, args, kwargs, span) or NONE for option in base.options], base.test)
    if isinstance(base, ClassValue) and name == "__subclasses__":
        return introspection.subclasses(machine, base)
    if isinstance(base, External) and base.name in ("os.environ", "environ"):
        return _environ(base, name, args, span)
    return None


def under(machine: Core, items: list[Value]) -> list[Value]:
    """Constants as they are put into a list right now: under the conditions that the source leaves open."""
    open_ = tuple(condition for condition in machine.conditions if not condition.decided)
    if not open_:
        return items
    return [Under(item.value, open_) if type(item) is Known else item for item in items]


def extend(machine: Core, base: Seq, items: list[Value], *, is_open: bool = False) -> None:
    """Put items at the end of a list."""
    if not machine.may_change(base):
        return
    room = max(0, MAX_LENGTH - len(base.items))
    base.open = base.open or is_open or len(items) > room
    base.items.extend(under(machine, items[:room]))


_CHANGES = frozenset({"insert", "remove", "clear", "sort", "reverse", "setdefault", "pop", "popitem"})


def _sequence_method(machine: Core, base: Seq, name: str, args: Args, span: Span) -> Value:
    if name in _CHANGES and not machine.may_change(base):
        base = Seq(base.kind, list(base.items), is_open=base.open, span=base.span)
    if name in ("append", "add") and args:
        extend(machine, base, [args[0]])
        return NONE
    if name in ("extend", "update") and args:
        items, is_open = _items(args[0])
        extend(machine, base, items, is_open=is_open)
        return NONE
    if name == "insert" and len(args) == 2:
        at = constant(args[0])
        base.items.insert(at if isinstance(at, int) else 0, under(machine, [args[1]])[0])
        return NONE
    if name == "index" and args:
        wanted = constant(args[0])
        found = [at for at, item in enumerate(base.items) if wanted is not None and constant(item) == wanted]
        return Known(found[0]) if found else Unknown("the place of an item that is not in the list", span)
    if name == "remove" and args:
        value = constant(args[0])
        base.items[:] = [item for item in base.items if value is None or constant(item) != value]
        return NONE
    if name == "pop":
        return base.items.pop() if base.items else Unknown("an item of a list", span)
    if name == "copy":
        return Seq(base.kind, list(base.items), is_open=base.open, span=base.span)
    if name in ("sort", "reverse", "clear"):
        if name == "clear":
            base.items.clear()
        return NONE
    if name == "issubset" and args:
        return _issubset(base, args[0])
    if name in ("union", "difference", "intersection"):
        other = [item for arg in args for item in _items(arg)[0]]
        return Seq(base.kind, [*base.items, *other] if name == "union" else list(base.items), is_open=base.open)
    return Unknown(f"list.{name}()", span)


def _issubset(base: Seq, other: Value) -> Value:
    """Whether all items are among others, where both are known: `set(wanted).issubset({})`."""
    if isinstance(other, Choice):
        return join([_issubset(base, option) for option in other.options], other.test)
    items, is_open = _items(other)
    wanted, given = [constant(item) for item in base.items], [constant(item) for item in items]
    if base.open or is_open or None in wanted or None in given or not isinstance(other, (Seq, Mapping)):
        return Unknown("whether items are among others")
    return Known(set(wanted) <= set(given))


_STRING_METHODS = frozenset(
    "upper lower strip lstrip rstrip replace title capitalize startswith endswith removeprefix removesuffix "
    "isdigit zfill split rsplit splitlines partition rpartition encode casefold swapcase count find".split()
)


def _string_method(base: Value, name: str, args: Args, kwargs: Kwargs, span: Span) -> Value | None:
    text = constant(base)
    if name == "format" and isinstance(text, str):
        return _format(text, args, kwargs, span)
    if name == "join" and isinstance(text, str) and args:
        return _join(text, args[0], span)
    if isinstance(base, Text):
        return base if name in ("strip", "rstrip", "lstrip", "removesuffix") else Unknown(f"str.{name}()", span)
    if not isinstance(text, str):
        return None if isinstance(base, Known) and name not in _STRING_METHODS else Unknown(f".{name}()", span)
    constants = [_constants(arg) for arg in args]
    if name not in _STRING_METHODS or kwargs or any(value is None for value in constants):
        return Unknown(f"str.{name}()", span)
    try:
        made = getattr(text, name)(*constants)
    except (TypeError, ValueError, UnicodeError, LookupError):
        return Unknown(f"str.{name}()", span)
    if isinstance(made, (list, tuple)):
        return Seq("list", [Known(part) for part in made])
    return Known(made)


def _constants(value: Value) -> object:
    """A constant, or a tuple of strings as `startswith` takes it."""
    if isinstance(value, Seq) and not value.open:
        texts = [constant(item) for item in value.items]
        return tuple(texts) if texts and all(isinstance(text, str) for text in texts) else None
    return constant(value)


def _format(text: str, args: Args, kwargs: Kwargs, span: Span) -> Value:
    parts: list[Value] = []
    rest, number = text, 0
    while "{" in rest:
        before, _, rest = rest.partition("{")
        field, closed, rest = rest.partition("}")
        if not closed or before.endswith("{") or field.startswith("{"):
            return Unknown("a formatted string", span)
        parts.append(Known(before))
        name = field.partition(":")[0].partition("!")[0]
        if name == "":
            parts.append(args[number] if number < len(args) else Unknown("a missing argument", span))
            number += 1
        elif name.isdigit():
            parts.append(args[int(name)] if int(name) < len(args) else Unknown("a missing argument", span))
        else:
            parts.append(kwargs.get(name) or Unknown("a part of a format", span, name))
    parts.append(Known(rest))
    return _concat(parts)


def _join(separator: str, value: Value, span: Span) -> Value:
    items, is_open = _items(value)
    if is_open:
        return Unknown("joined parts that are not known", span)
    parts: list[Value] = []
    for item in items:
        parts += [Known(separator), item] if parts else [item]
    return _concat(parts)


def _concat(parts: list[Value]) -> Value:
    if all(isinstance(constant(part), (str, int)) for part in parts):
        return Known("".join(str(constant(part)) for part in parts))
    return Text(parts)


def _environ(base: External, name: str, args: Args, span: Span) -> Value | None:
    if name in ("get", "setdefault", "pop") and args:
        return _setting(args, {}, span)
    return None


# ----------------------------------------------------------------------------------------- functions


def _getenv(machine: Core, args: Args, kwargs: Kwargs, span: Span) -> Value | None:
    return _setting(args, kwargs, span) if args else None


def _setting(args: Args, kwargs: Kwargs, span: Span) -> Value:
    name = text_of(args[0]) or "?"
    default = kwargs.get("default") or (
        args[1] if len(args) > 1 else Unknown(f"the environment variable {name}", span, name)
    )
    return Setting(name, default, span)


def _partial(machine: Core, args: Args, kwargs: Kwargs, span: Span) -> Value | None:
    return Partial(args[0], args[1:], kwargs) if args else None


def _first(machine: Core, args: Args, kwargs: Kwargs, span: Span) -> Value | None:
    return args[0] if args else None


def _second(machine: Core, args: Args, kwargs: Kwargs, span: Span) -> Value | None:
    return args[1] if len(args) > 1 else None


def _sequence_of(kind: str) -> Modelled:
    def made(machine: Core, args: Args, kwargs: Kwargs, span: Span) -> Value | None:
        if not args:
            return Seq(kind, [])
        items, is_open = _items(args[0])
        return Seq(kind, list(items), is_open=is_open)

    return made


def _str(machine: Core, args: Args, kwargs: Kwargs, span: Span) -> Value | None:
    if not args:
        return Known("")
    value = constant(args[0])
    if isinstance(value, (str, int, float)) and isinstance(args[0], Known):
        return Known(str(value))
    return args[0] if text_of(args[0]) is not None else None


def _convert(machine: Core, args: Args, kwargs: Kwargs, span: Span) -> Value | None:
    return args[0] if args and isinstance(args[0], Setting) else None


def _any(machine: Core, args: Args, kwargs: Kwargs, span: Span) -> Value | None:
    items, is_open = _items(args[0]) if args else ([], True)
    truths = [_truth(item) for item in items]
    if True in truths:
        return TRUE
    return FALSE if not is_open and None not in truths else _folded("or", items)


def _all(machine: Core, args: Args, kwargs: Kwargs, span: Span) -> Value | None:
    items, is_open = _items(args[0]) if args else ([], True)
    truths = [_truth(item) for item in items]
    if False in truths:
        return FALSE
    return TRUE if not is_open and None not in truths else _folded("and", items)


def _truth(value: Value) -> bool | None:
    """Whether a constant or a container is true; None for anything else, and where that is not known."""
    if isinstance(value, Known):
        return bool(value.value)
    if isinstance(value, (Seq, Mapping)):
        return True if value.items else None if value.open else False
    return None


def _folded(op: str, items: list[Value]) -> Value | None:
    """`all` and `any` of what is read somewhere, written with operators: what they depend on stays to be seen."""
    if not any(isinstance(item, (Setting, Operation, Result)) for item in items):
        return None
    folded, *others = (item for item in items if not isinstance(item, Known))
    for item in others:
        folded = Operation(folded, op, item)
    return folded if others or isinstance(folded, (Setting, Operation)) else Operation(folded, op, folded)


def _zip(machine: Core, args: Args, kwargs: Kwargs, span: Span) -> Value | None:
    columns = [_items(arg) for arg in args]
    rows: list[Value] = [Seq("tuple", list(row)) for row in zip(*(items for items, _ in columns), strict=False)]
    return Seq("list", rows, is_open=any(is_open for _, is_open in columns))


def _enumerate(machine: Core, args: Args, kwargs: Kwargs, span: Span) -> Value | None:
    items, is_open = _items(args[0]) if args else ([], True)
    return Seq("list", [Seq("tuple", [Known(i), item]) for i, item in enumerate(items)], is_open=is_open)


def _map(machine: Core, args: Args, kwargs: Kwargs, span: Span) -> Value | None:
    if len(args) != 2:
        return None
    items, is_open = _items(args[1])
    return Seq("list", [machine.call(args[0], [item], {}, span) for item in items[:200]], is_open=is_open)


def _chain(machine: Core, args: Args, kwargs: Kwargs, span: Span) -> Value | None:
    parts = [_items(arg) for arg in args]
    return Seq("list", [item for items, _ in parts for item in items], is_open=any(o for _, o in parts))


def _sum(machine: Core, args: Args, kwargs: Kwargs, span: Span) -> Value | None:
    if len(args) != 2 or not isinstance(args[1], Seq):
        return None
    outer, is_open = _items(args[0])
    return Seq("list", [item for part in outer for item in _items(part)[0]], is_open=is_open)


def _getattr(machine: Core, args: Args, kwargs: Kwargs, span: Span) -> Value | None:
    name = text_of(args[1]) if len(args) > 1 else None
    if name is None:
        return Unknown("an attribute with a computed name", span, "getattr")
    if isinstance(args[0], Special) and len(args) > 2 and args[0].has(name) is False:
        return args[2]
    found = machine.attribute(args[0], name, span)
    if len(args) > 2 and (isinstance(found, Unknown) or _is_absent(machine, args[0], name, found)):
        return args[2]
    return found


def _is_absent(machine: Core, base: Value, name: str, found: Value) -> bool:
    """Whether what an attribute look-up gave says that there is no such attribute."""
    return isinstance(found, Attr) and found.name == name and _has(machine, base, name, found) is False


def _hasattr(machine: Core, args: Args, kwargs: Kwargs, span: Span) -> Value | None:
    name = text_of(args[1]) if len(args) > 1 else None
    if name is None:
        return None
    if isinstance(args[0], Special):
        known = args[0].has(name)
    else:
        known = _has(machine, args[0], name, machine.attribute(args[0], name, span))
    return None if known is None else TRUE if known else FALSE


def _has(machine: Core, base: Value, name: str, found: Value) -> bool | None:
    """Whether an object has an attribute, by what a look-up of it gave; None when not known."""
    if isinstance(base, (Choice, Unknown, Setting, External)):
        return None
    if not isinstance(found, (Attr, Unknown)):
        return True
    if isinstance(base, ModuleValue):
        return False if isinstance(found, Unknown) else None
    if isinstance(base, Wrapped):
        return False if isinstance(unwrap(base), FunctionValue) and not name.startswith("__") else None
    if isinstance(base, FunctionValue):
        return False if not name.startswith("__") else None
    if isinstance(base, (Instance, ClassValue)):
        opaque = attributes.external_bases(machine, base.cls if isinstance(base, Instance) else base)
        offered = [machine.extensions.attributes.get(cls) for cls in opaque]
        if not opaque or all(names is not None and name not in names for names in offered):
            return False
    return None


def _setattr(machine: Core, args: Args, kwargs: Kwargs, span: Span) -> Value | None:
    name = text_of(args[1]) if len(args) == 3 else None
    if name is not None:
        attributes.set_(machine, args[0], name, args[2], span)
    return NONE


def _type(machine: Core, args: Args, kwargs: Kwargs, span: Span) -> Value | None:
    value = unwrap(args[0]) if len(args) == 1 else NONE
    if isinstance(value, Instance):
        return value.cls
    if type(value) is Known and value.value is not None:
        return External(f"builtins.{type(value.value).__name__}")
    name = value.kind if type(value) is Seq else _TYPES.get(type(value))
    return None if name is None else External(f"builtins.{name}")


_TYPES: dict[type, str] = {Mapping: "dict", Text: "str", ClassValue: "type"}


def _import_module(machine: Core, args: Args, kwargs: Kwargs, span: Span) -> Value | None:
    name = text_of(args[0]) if args else text_of(kwargs["name"]) if "name" in kwargs else None
    if name is None or "{" in name:
        return None
    near = machine.index.file(span.file)
    package = text_of(args[1]) if len(args) > 1 else text_of(kwargs["package"]) if "package" in kwargs else None
    if name.startswith("."):
        level = len(name) - len(name.lstrip("."))
        base = (package or (near.package if near else "")).split(".")
        name = ".".join([*base[: len(base) - level + 1], name.lstrip(".")])
    module = machine.index.module(name, span.file)
    if module is not None:
        machine.run_module(module)
        return ModuleValue(module)
    return machine.resolve_dotted(name, span.file, span)


def _import_string(machine: Core, args: Args, kwargs: Kwargs, span: Span) -> Value | None:
    given = args[0] if args else kwargs.get("dotted_path") or kwargs.get("import_name")
    name = None if given is None else text_of(given)
    if not name or "{" in name:
        return None
    found = machine.resolve_dotted(name, span.file, span)
    if isinstance(given, Setting):
        return join([found, Unknown(f"what {given.name} names", span, given.name)])
    return found


def _path_join(machine: Core, args: Args, kwargs: Kwargs, span: Span) -> Value | None:
    texts = [text_of(arg) for arg in args]
    known = [text for text in texts if text is not None]
    return (
        Known(posixpath.normpath("/".join(text.strip("/") for text in known)))
        if texts and len(known) == len(texts)
        else None
    )


def _update_wrapper(machine: Core, args: Args, kwargs: Kwargs, span: Span) -> Value | None:
    return args[0] if args else None


def _super(machine: Core, args: Args, kwargs: Kwargs, span: Span) -> Value | None:
    if len(args) == 2 and isinstance(args[0], ClassValue):
        return Super(args[1], args[0])
    return None


FUNCTIONS: dict[str, Modelled] = {
    **introspection.FUNCTIONS,
    **patterns.FUNCTIONS,
    **environment.FUNCTIONS,
    **folding.FUNCTIONS,
    "os.getenv": _getenv,
    "os.environ.get": _getenv,
    "decouple.config": _getenv,
    "functools.partial": _partial,
    "functools.update_wrapper": _update_wrapper,
    "functools.lru_cache": lambda machine, args, kwargs, span: args[0] if args and _is_function(args[0]) else None,
    "functools.cache": _first,
    "asgiref.sync.sync_to_async": _first,
    "asgiref.sync.async_to_sync": _first,
    "typing.cast": _second,
    **dict.fromkeys(("pathlib.Path", "pathlib.PurePath", "pathlib.PosixPath"), places.made),
    "copy.copy": _first,
    "copy.deepcopy": _first,
    "builtins.list": _sequence_of("list"),
    "builtins.tuple": _sequence_of("tuple"),
    "builtins.set": _sequence_of("set"),
    "builtins.frozenset": _sequence_of("set"),
    "builtins.sorted": _sequence_of("list"),
    "builtins.reversed": _sequence_of("list"),
    "builtins.iter": _first,
    "builtins.dict": mappings.made,
    "collections.OrderedDict": mappings.made,
    "collections.defaultdict": mappings.with_factory,
    "builtins.str": _str,
    "builtins.int": _convert,
    "builtins.bool": _convert,
    "builtins.any": _any,
    "builtins.all": _all,
    "builtins.zip": _zip,
    "builtins.enumerate": _enumerate,
    "builtins.map": _map,
    "builtins.sum": _sum,
    "builtins.super": _super,
    "itertools.chain": _chain,
    "builtins.getattr": _getattr,
    "builtins.hasattr": _hasattr,
    "builtins.setattr": _setattr,
    "builtins.type": _type,
    "importlib.import_module": _import_module,
    "builtins.__import__": _import_module,
    "werkzeug.utils.import_string": _import_string,
    "django.utils.module_loading.import_string": _import_string,
    "os.path.join": _path_join,
    "posixpath.join": _path_join,
}


def _is_function(value: Value) -> bool:
    return isinstance(value, (FunctionValue, Wrapped, Partial))
