"""Programs that look at themselves to find their parts: modules of a folder, members of a module, subclasses."""

from __future__ import annotations

import fnmatch
import posixpath
import re
from collections.abc import Callable, Iterator

from apilint.facts import Span
from apilint.startup import attributes
from apilint.startup.core import Core
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
    LambdaValue,
    Mapping,
    ModuleValue,
    Partial,
    Record,
    Result,
    Seq,
    Special,
    Unknown,
    Value,
    Wrapped,
    text_of,
    unwrap,
)

Args = list[Value]
Kwargs = dict[str, Value]
Modelled = Callable[[Core, Args, Kwargs, Span], "Value | None"]

_FINDER = External("importlib.machinery.FileFinder")


# ------------------------------------------------------------------------------------------- members


def members(machine: Core, value: Value) -> dict[str, Value] | None:
    """The attributes of a module or class that the source tells of, by name; None for anything else."""
    value = unwrap(value)
    if isinstance(value, ModuleValue):
        env = machine.run_module(value.module)
        names = [name for name in env.vars if not name.startswith("__")]
        return {name: machine.force(env.vars[name], env, name) for name in names if name in env.vars}
    cls = value.cls if isinstance(value, Instance) else value
    if isinstance(cls, ClassValue):
        found: dict[str, Value] = {}
        for base in attributes.mro(machine, cls):
            if isinstance(base, ClassValue):
                env = attributes.namespace(machine, base)
                for name in list(env.vars):
                    found.setdefault(name, machine.force(env.vars[name], env, name))
        return found
    return None


def _getmembers(machine: Core, args: Args, kwargs: Kwargs, span: Span) -> Value | None:
    predicate = args[1] if len(args) > 1 else kwargs.get("predicate")
    found = members(machine, args[0]) if args else None
    if found is None:
        return None
    kept = (name for name in sorted(found) if predicate is None or _keeps(machine, predicate, found[name], span))
    return Seq("list", [Seq("tuple", [Known(name), found[name]]) for name in kept])


def _keeps(machine: Core, predicate: Value, value: Value, span: Span) -> bool:
    kept = machine.call(predicate, [value], {}, span)
    if isinstance(kept, Known):
        return bool(kept.value)
    return not isinstance(kept, (Seq, Mapping)) and not isinstance(value, (Known, Seq, Mapping, Unknown))


def _namespace(machine: Core, args: Args, kwargs: Kwargs, span: Span) -> Value | None:
    """`globals()`, `vars(module)`."""
    module = machine.index.file(span.file)
    value = args[0] if args else ModuleValue(module) if module is not None else None
    found = members(machine, value) if value is not None else None
    if found is None:
        return None
    items: dict[object, Value] = dict(found.items())
    return Mapping(items, is_open=True)


def _dir(machine: Core, args: Args, kwargs: Kwargs, span: Span) -> Value | None:
    found = members(machine, args[0]) if args else None
    return None if found is None else Seq("list", [Known(name) for name in sorted(found)])


def _getmodule(machine: Core, args: Args, kwargs: Kwargs, span: Span) -> Value | None:
    value = unwrap(args[0]) if args else None
    if isinstance(value, FunctionValue):
        return ModuleValue(value.function.module)
    if isinstance(value, ClassValue):
        return ModuleValue(value.cls.module)
    if isinstance(value, (External, ModuleValue)):
        return value
    return None


def _callable(machine: Core, args: Args, kwargs: Kwargs, span: Span) -> Value | None:
    value = unwrap(args[0]) if args else None
    if isinstance(value, (FunctionValue, ClassValue, LambdaValue)):
        return TRUE
    if isinstance(value, Instance):
        found = attributes.in_class(machine, value.cls, "__call__")
        return FALSE if found is None else TRUE if isinstance(found[1], ClassValue) else None
    return FALSE if isinstance(value, (Known, Seq, Mapping, ModuleValue)) else None


def _is_coroutine_function(machine: Core, args: Args, kwargs: Kwargs, span: Span) -> Value | None:
    """Whether calling it gives a coroutine: of a decorated function, what its outermost decorator made says so."""
    value = args[0] if args else None
    while isinstance(value, Partial) or (isinstance(value, Wrapped) and value.result is not None):
        value = value.func if isinstance(value, Partial) else value.result
    if isinstance(value, FunctionValue):
        facts = value.function.facts
        return TRUE if facts.is_async and not facts.is_generator else FALSE
    return FALSE if isinstance(value, (ClassValue, LambdaValue)) else None


def _kind(*kinds: type[Value], others: bool = True) -> Modelled:
    """A test of what something is, `inspect.isclass`; False for all that is known to be something else."""

    def tested(machine: Core, args: Args, kwargs: Kwargs, span: Span) -> Value | None:
        value = unwrap(args[0]) if args else None
        if isinstance(value, kinds):
            return TRUE
        if value is None or isinstance(value, (Unknown, Choice, Special, Wrapped, External, Result)):
            return None
        return FALSE

    return tested


def _may_be_of_none(cls: Value) -> bool:
    """Whether `None` may be an instance: of `NoneType` and `object`, and of what is not known."""
    if isinstance(cls, External):
        return cls.name.endswith(("NoneType", ".object", ".type"))
    return not isinstance(cls, (ClassValue, Attr))


_FUNCTIONS = frozenset({"types.FunctionType", "types.LambdaType", "typing.Callable", "collections.abc.Callable"})
_DATA: dict[str, type] = {
    f"builtins.{each.__name__}": each for each in (str, bytes, int, float, bool, list, tuple, dict, set, frozenset)
}
# Of these a function or a text may be an instance: abstract classes, and what holds whatever there is.
_ABSTRACT = re.compile(r"^(builtins|typing|types|abc|collections(\.abc)?|numbers|typing_extensions)\.")


def _is_of(value: Value, cls: Value) -> bool | None:
    """Whether a constant, a function or a class is an instance of a class; None where that cannot be told."""
    inner, name = unwrap(value), cls.name if isinstance(cls, External) else ""
    if isinstance(inner, Known) and inner.value is not None:
        if name in _DATA:
            return isinstance(inner.value, _DATA[name])
    elif isinstance(inner, (FunctionValue, LambdaValue, ClassValue)):
        if name in _FUNCTIONS:
            return True if not isinstance(inner, ClassValue) else None if "Callable" in name else False
        if name == "builtins.type":
            return isinstance(inner, ClassValue)
        if name in _DATA:
            return False
    else:
        return None
    is_class = isinstance(unwrap(cls), ClassValue) or (name != "" and not _ABSTRACT.match(name))
    return False if is_class and not isinstance(inner, ClassValue) else None


def _isinstance(machine: Core, args: Args, kwargs: Kwargs, span: Span) -> Value | None:
    classes = args[1].items if len(args) == 2 and isinstance(args[1], Seq) else args[1:2]
    if len(args) == 2 and isinstance(args[0], Instance):
        order = attributes.mro(machine, args[0].cls)
        if any(unwrap(cls) in order for cls in classes):
            return TRUE
        is_told = args[0].order and not any(isinstance(base, (External, Unknown)) for base in order)
        if is_told and all(_is_plain(machine, cls) for cls in classes):
            return FALSE
    if args and isinstance(args[0], Known) and args[0].value is None:
        return None if any(map(_may_be_of_none, map(unwrap, classes))) else FALSE
    if len(args) == 2 and isinstance(args[0], Special):
        known = [args[0].is_instance(cls.name) for cls in classes if isinstance(cls, External)]
        if True in known:
            return TRUE
        return FALSE if known and None not in known and len(known) == len(classes) else None
    answers = [_is_of(args[0], cls) for cls in classes] if args else []
    return TRUE if True in answers else FALSE if answers and None not in answers else None


def _is_plain(machine: Core, cls: Value) -> bool:
    """Whether only objects of a class or of those below it are of it: no protocol, and nothing that others register
    with."""
    cls = unwrap(cls)
    if isinstance(cls, External):
        return cls.name.startswith("builtins.") and cls.name != "builtins.object"
    return isinstance(cls, ClassValue) and not attributes.external_bases(machine, cls)


def _is_subclass(machine: Core, args: Args, kwargs: Kwargs, span: Span) -> Value | None:
    cls = unwrap(args[0]) if len(args) == 2 else None
    if not isinstance(cls, ClassValue):
        return None
    wanted = args[1].items if isinstance(args[1], Seq) else [args[1]]
    order = attributes.mro(machine, cls)
    opaque = any(isinstance(base, Unknown) for base in order)
    names = {base.name for base in order if isinstance(base, External)}
    for base in map(unwrap, wanted):
        if base in order or (isinstance(base, External) and base.name in names):
            return TRUE
    return None if opaque or (names and any(isinstance(base, External) for base in wanted)) else FALSE


def subclasses(machine: Core, cls: ClassValue) -> Seq:
    """`cls.__subclasses__()`: those of the modules that have run."""
    candidates = [
        made
        for made in machine.classes.values()
        if made.bases is not None or made.env.module.file not in machine.running
    ]
    return Seq("list", [made for made in candidates if cls in attributes.bases(machine, made)])


# ------------------------------------------------------------------------------------------- folders


def _folder_of(value: Value) -> str | None:
    text = text_of(value)
    return None if text is None or "{" in text else posixpath.normpath(text)


def _modules_in(machine: Core, folder: str) -> Iterator[tuple[str, bool]]:
    """`(name, whether it is a package)` of what a folder holds."""
    seen = set()
    base = "" if folder in (".", "") else f"{folder}/"
    for file in machine.index.modules:
        if not file.startswith(base):
            continue
        head, slash, rest = file[len(base) :].partition("/")
        if slash and rest == "__init__.py" and head not in seen:
            seen.add(head)
            yield head, True
        elif not slash and head != "__init__.py" and head.endswith(".py"):
            yield head[:-3], False


def _iter_modules(machine: Core, args: Args, kwargs: Kwargs, span: Span) -> Value | None:
    paths = args[0] if args else kwargs.get("path")
    prefix = kwargs.get("prefix") or (args[1] if len(args) > 1 else Known(""))
    start = text_of(prefix)
    folders = [_folder_of(item) for item in paths.items] if isinstance(paths, Seq) else []
    if not folders or None in folders or start is None:
        return None
    found: list[Value] = []
    for folder in folders:
        for name, is_package in sorted(_modules_in(machine, folder or "")):
            values: list[Value] = [_FINDER, Known(start + name), Known(is_package)]
            found.append(Record("tuple", values, ("module_finder", "name", "ispkg")))
    return Seq("list", found)


def _module_from_spec(machine: Core, args: Args, kwargs: Kwargs, span: Span) -> Value | None:
    """`module_from_spec(finder.find_spec(name))`, `module_from_spec(spec_from_file_location(name, path))`."""
    spec = args[0] if args else None
    if not isinstance(spec, Result) or not spec.args:
        return None
    path = _folder_of(spec.args[1]) if len(spec.args) > 1 else None
    name = text_of(spec.args[0])
    module = machine.index.file(path) if path is not None else None
    if module is None and name is not None:
        module = machine.index.module(name, span.file)
    if module is None:
        return None
    if module.file not in machine.envs and _executes(machine, span):
        machine.prepared[module.file] = {}  # what it is given before it runs stands in it when it does
    else:
        machine.run_module(module)
    return ModuleValue(module)


def _executes(machine: Core, span: Span) -> bool:
    """Whether the file that makes a module of a specification runs it afterwards."""
    module = machine.index.file(span.file)
    return module is not None and "exec_module" in module.words


_IMPORTS = frozenset(
    {"import_module", "__import__", "import_string", "spec_from_file_location", "module_from_spec", "__all__"}
)


def _imports(machine: Core, span: Span) -> bool:
    """Whether the file that lists a folder imports by name; for others a folder's listing is data."""
    module = machine.index.file(span.file)
    return module is not None and not _IMPORTS.isdisjoint(module.words)


def _listdir(machine: Core, args: Args, kwargs: Kwargs, span: Span) -> Value | None:
    folder = _folder_of(args[0]) if args else None
    if folder is None or not _imports(machine, span):
        return None
    names = [Known(name if is_package else f"{name}.py") for name, is_package in _modules_in(machine, folder)]
    return Seq("list", list(names), is_open=True) if names else None


def _glob(machine: Core, args: Args, kwargs: Kwargs, span: Span) -> Value | None:
    pattern = _folder_of(args[0]) if args else None
    if pattern is None or not _imports(machine, span):
        return None
    depth = pattern.count("/")
    files = [file for file in machine.index.modules if file.count("/") == depth and fnmatch.fnmatchcase(file, pattern)]
    return Seq("list", [Known(file) for file in files], is_open=True) if files else None


def _path(change: Callable[[str], str]) -> Modelled:
    def changed(machine: Core, args: Args, kwargs: Kwargs, span: Span) -> Value | None:
        text = text_of(args[0]) if args else None
        return Known(change(text)) if text is not None and "{" not in text else None

    return changed


def _splitext(machine: Core, args: Args, kwargs: Kwargs, span: Span) -> Value | None:
    text = text_of(args[0]) if args else None
    return None if text is None else Seq("tuple", [Known(part) for part in posixpath.splitext(text)])


FUNCTIONS: dict[str, Modelled] = {
    "inspect.getmembers": _getmembers,
    "inspect.getmodule": _getmodule,
    "inspect.isfunction": _kind(FunctionValue),
    "inspect.isroutine": _kind(FunctionValue),
    "inspect.isclass": _kind(ClassValue),
    "inspect.iscoroutinefunction": _is_coroutine_function,
    "asyncio.iscoroutinefunction": _is_coroutine_function,
    "asyncio.coroutines.iscoroutinefunction": _is_coroutine_function,
    "asgiref.sync.iscoroutinefunction": _is_coroutine_function,
    "starlette._utils.is_async_callable": _is_coroutine_function,
    "inspect.ismodule": _kind(ModuleValue),
    "builtins.callable": _callable,
    "builtins.isinstance": _isinstance,
    "builtins.issubclass": _is_subclass,
    "builtins.globals": _namespace,
    "builtins.vars": _namespace,
    "builtins.dir": _dir,
    "pkgutil.iter_modules": _iter_modules,
    "importlib.util.module_from_spec": _module_from_spec,
    "os.listdir": _listdir,
    "glob.glob": _glob,
    "os.path.dirname": _path(posixpath.dirname),
    "os.path.basename": _path(posixpath.basename),
    "os.path.abspath": _path(posixpath.normpath),
    "os.path.realpath": _path(posixpath.normpath),
    "os.path.normpath": _path(posixpath.normpath),
    "os.path.splitext": _splitext,
}

__all__ = ["FUNCTIONS", "NONE", "members", "subclasses"]
