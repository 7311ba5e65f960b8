"""Attributes and items: of modules, classes (by MRO), instances, containers and library objects."""

from __future__ import annotations

from collections.abc import Callable

from apilint.facts import Span
from apilint.startup import mappings, places
from apilint.startup.core import Core, Frame
from apilint.startup.values import (
    NONE,
    Attr,
    Choice,
    ClassValue,
    Env,
    External,
    FunctionValue,
    Instance,
    Known,
    LazyExpr,
    LazyName,
    Mapping,
    ModuleValue,
    Operation,
    Partial,
    Place,
    Record,
    Result,
    Seq,
    Setting,
    Special,
    Subscripted,
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
    wrappers,
)

NO_INDEX = "an index beyond the end of the list"
_SETTINGS_BASES = ("BaseSettings", "BaseAppSettings")


def get(machine: Core, base: Value, name: str, span: Span) -> Value:
    """`base.name`."""
    read = _READ.get(type(base))
    if read is not None:
        return read(machine, base, name, span)
    return base.attribute(name) if isinstance(base, Special) else Attr(base, name)


def _of_unknown(machine: Core, base: Unknown, name: str, span: Span) -> Value:
    return Unknown(base.reason, base.span or span, (base, f".{name}"))


def _of_external(machine: Core, base: External, name: str, span: Span) -> Value:
    return machine.external(f"{base.name}.{name}")


def _of_module(machine: Core, base: ModuleValue, name: str, span: Span) -> Value:
    value = machine.lookup_in_module(base.module, name)
    if value is None and not base.module.is_package:
        below = machine.index.module(f"{base.module.name}.{name}", base.module.file)
        value = None if below is None else ModuleValue(below)
    return value if value is not None else Unknown(f"'{name}' is not defined in {base.module.file}", span, name)


def _of_result(machine: Core, base: Result, name: str, span: Span) -> Value:
    found = base.attrs.get(name)
    if found is None and name in machine.extensions.names:
        found = _property(machine, base, name, span)
    return found if found is not None else Attr(base, name)


def _of_choice(machine: Core, base: Choice, name: str, span: Span) -> Value:
    is_of_caller = any(isinstance(option, Special) for option in base.options)  # the start-up has no use for the test
    return join([get(machine, option, name, span) for option in base.options], base.test if is_of_caller else None)


def _of_record(machine: Core, base: Record, name: str, span: Span) -> Value:
    return base.items[base.fields.index(name)] if name in base.fields else Attr(base, name)


def _of_constant(machine: Core, base: Known, name: str, span: Span) -> Value:
    return base if name in ("value", "name") else Attr(base, name)


def _of_setting(machine: Core, base: Setting, name: str, span: Span) -> Value:
    return Setting(f"{base.name}.{name}", Unknown("part of a setting", span, name), span)


def library_names(machine: Core, base: Value) -> list[str]:
    """The dotted names of the library classes that an object is of."""
    if isinstance(base, (Instance, ClassValue)):
        return external_bases(machine, base.cls if isinstance(base, Instance) else base)
    if isinstance(base, Result) and isinstance(base.callee, External):
        return [base.callee.name]
    return [base.name] if isinstance(base, External) else []


def _property(machine: Core, base: Value, name: str, span: Span) -> Value | None:
    """An attribute that a framework models."""
    for cls in library_names(machine, base):
        modelled = machine.extensions.properties.get(f"{cls}.{name}")
        if modelled is not None:
            return modelled(machine, base, span)
    return None


def _of_function(machine: Core, base: FunctionValue, name: str, span: Span) -> Value:
    found = machine.function_attrs.get(base.function, {}).get(name)
    if found is not None:
        return found
    if name in ("__name__", "__qualname__"):
        return Known(base.function.name)
    if name == "__module__":
        return Known(base.function.module.name)
    return Attr(base, name)


def _of_wrapped(machine: Core, base: Wrapped, name: str, span: Span) -> Value:
    known = base.attrs.get(name)
    if known is not None:
        return known
    target = unwrap(base)
    if isinstance(target, (FunctionValue, ClassValue)):
        found = get(machine, target, name, span)
        if not isinstance(found, Attr):
            return found
    return Attr(base, name)


def mro(machine: Core, cls: ClassValue) -> list[Value]:
    """The method resolution order: project classes and `External`s. `object` is left out."""
    if cls.mro is None:
        cls.mro = [cls]  # guards against a class that inherits from itself
        lists = [mro(machine, base) if isinstance(base, ClassValue) else [base] for base in bases(machine, cls)]
        if len(lists) == 1:  # nothing to merge
            cls.mro = [cls, *(item for item in lists[0] if item is not cls)]
            return cls.mro
        cls.mro = [cls, *_merge([list(order) for order in lists] + [list(bases(machine, cls))])]
    return cls.mro


def _merge(lists: list[list[Value]]) -> list[Value]:
    """C3 linearisation; where it fails, the order of first occurrence."""
    out: list[Value] = []
    lists = [order for order in lists if order]
    while lists:
        head = next(
            (order[0] for order in lists if not any(_holds(other[1:], order[0]) for other in lists)), lists[0][0]
        )
        out.append(head)
        lists = [rest for rest in ([item for item in order if not _same(item, head)] for order in lists) if rest]
    return out


def _same(a: Value, b: Value) -> bool:
    return a is b or (isinstance(a, External) and isinstance(b, External) and a.name == b.name)


def _holds(order: list[Value], value: Value) -> bool:
    return any(_same(item, value) for item in order)


def bases(machine: Core, cls: ClassValue) -> list[Value]:
    """The direct bases, evaluated: project classes, `External`s, or `Unknown`."""
    if cls.bases is None:
        cls.bases = []
        found: list[Value] = []
        for expr in cls.cls.code.bases:
            value = _class_of(machine.evaluate(expr, cls.env))
            if value is not None:
                found.append(value)
        cls.bases = found
    return cls.bases


def _class_of(value: Value) -> Value | None:
    """What a base expression stands for: generic parameters and decorators are looked through."""
    value = unwrap(value)
    if isinstance(value, Subscripted):
        return _class_of(value.base)
    if isinstance(value, Choice):
        return _class_of(value.options[0])
    if isinstance(value, External) and value.name == "builtins.object":
        return None
    return value


def external_bases(machine: Core, cls: ClassValue) -> list[str]:
    """The dotted names of the library classes among the ancestors, in MRO order."""
    return [base.name for base in mro(machine, cls) if isinstance(base, External)]


def namespace(machine: Core, cls: ClassValue) -> Env:
    """The class body's scope, run."""
    if cls.namespace is None:
        cls.namespace = Env(cls.env.module, cls.env, is_class=True)
        before = machine.conditions
        machine.run_block(cls.cls.code.body, cls.namespace, Frame(None, cls))
        machine.conditions = before
    return cls.namespace


def in_class(
    machine: Core, cls: ClassValue, name: str, *, after: ClassValue | None = None
) -> tuple[Value, Value] | None:
    """`(value, class that defines it)` by MRO; after a given class for `super()`. For a library class that might
    define it, the pair is `(Attr, External)`; None when no class has it."""
    order = mro(machine, cls)
    if after is not None and after in order:
        order = order[order.index(after) + 1 :]
    opaque: Value | None = None
    for base in order:
        if isinstance(base, ClassValue):
            override = base.overrides.get(name)
            if override is not None:
                return override, base
            env = namespace(machine, base)
            value = env.vars.get(name)
            if value is not None:
                return machine.force(value, env, name), base
        elif opaque is None:
            opaque = base
    return None if opaque is None else (Attr(opaque, name), opaque)


def own(machine: Core, cls: ClassValue, name: str) -> Value | None:
    """What a class has under a name by its own code, or by that of another class of the project; None where a library
    decides, or nobody."""
    found = in_class(machine, cls, name)
    return found[0] if found is not None and isinstance(found[1], ClassValue) else None


def own_classes(machine: Core, cls: ClassValue) -> list[ClassValue]:
    """The classes of the project among those that a class is of, in the order in which they are asked."""
    return [base for base in mro(machine, cls) if isinstance(base, ClassValue)]


def _of_class(machine: Core, cls: ClassValue, name: str, span: Span) -> Value:
    if name in ("__name__", "__qualname__"):
        return Known(cls.cls.name)
    if name == "__module__":
        return Known(cls.cls.module.name)
    found = in_class(machine, cls, name)
    if found is None:
        return Attr(cls, name)
    value, owner = found
    if isinstance(owner, ClassValue):
        return _bind_class(value, cls)
    modelled = _property(machine, cls, name, span) if name in machine.extensions.names else None
    return modelled if modelled is not None else Attr(cls, name)


def _decorator_names(value: Value) -> list[str]:
    return [w.decorator.name for w in wrappers(value) if isinstance(w.decorator, External)]


def _bind_class(value: Value, cls: ClassValue) -> Value:
    target = unwrap(value)
    if isinstance(target, FunctionValue) and not _CLASS_METHODS.isdisjoint(_decorator_names(value)):
        return FunctionValue(target.function, target.env, cls)
    if isinstance(target, FunctionValue) and "builtins.staticmethod" in _decorator_names(value):
        return target
    return value


_CLASS_METHODS = frozenset({"builtins.classmethod", "django.utils.decorators.classonlymethod"})
_PROPERTIES = ("builtins.property", "functools.cached_property", "django.utils.functional.cached_property")


def _of_instance(machine: Core, base: Instance, name: str, span: Span) -> Value:
    value = base.attrs.get(name)
    if value is not None:
        return value
    if name == "__class__":
        return base.cls
    if name == "__dict__" and machine.opens_objects:
        shared = Mapping({})
        shared.items = base.attrs  # type: ignore[assignment]  # the same dict, whose keys are names
        return shared
    found = in_class(machine, base.cls, name)
    if found is None:
        return base.kwargs.get(name) or Unknown(f"'{name}' is not set on '{base.cls.cls.name}'", span, name)
    value, owner = found
    if not isinstance(owner, ClassValue):
        if name in machine.extensions.names:
            modelled = _property(machine, base, name, span)
            if modelled is not None:
                return modelled
        return base.kwargs.get(name) or Attr(base, name)
    if isinstance(unwrap(value), FunctionValue):
        return _bind_method(machine, value, base, span)
    if base.kwargs.get(name) is not None:
        return base.kwargs[name]
    trait = _trait_default(value)
    if trait is not None or _is_settings(machine, base.cls):
        return Setting(f"{base.cls.cls.name}.{name}", trait or _field_default(value), span)
    return _field_default(value)


def _bind_method(machine: Core, value: Value, base: Instance, span: Span) -> Value:
    names = _decorator_names(value)
    target = unwrap(value)
    if not isinstance(target, FunctionValue):
        return value
    if "builtins.staticmethod" in names:
        return target
    if is_property(value):
        return machine.call(FunctionValue(target.function, target.env, base), [], {}, span)
    bound = FunctionValue(target.function, target.env, base if _CLASS_METHODS.isdisjoint(names) else base.cls)
    return _rewrap(value, bound)


def is_property(value: Value) -> bool:
    """Whether what a class has under a name is computed where it is read."""
    return any(name in _PROPERTIES for name in _decorator_names(value))


def _rewrap(value: Value, bound: FunctionValue) -> Value:
    """The same decorators around a bound method."""
    if isinstance(value, Wrapped):
        again = Wrapped(_rewrap(value.inner, bound), value.decorator, value.span, value.result)
        again.attrs = value.attrs
        return again
    return bound


def _is_settings(machine: Core, cls: ClassValue) -> bool:
    return any(name.rpartition(".")[2] in _SETTINGS_BASES for name in external_bases(machine, cls))


def _trait_default(value: Value) -> Value | None:
    """The text that a trait has unless somebody configures it: `base_url = Unicode("/", config=True)`."""
    if not isinstance(value, Result) or not isinstance(value.callee, External) or "config" not in value.kwargs:
        return None
    if value.callee.name not in ("traitlets.Unicode", "traitlets.traitlets.Unicode"):
        return None
    return value.args[0] if value.args else value.kwargs.get("default_value")


def _field_default(value: Value) -> Value:
    """The default inside `Field(default, …)`; other values are themselves."""
    if isinstance(value, Result) and isinstance(value.callee, External):
        if value.callee.name.rpartition(".")[2] in ("Field", "field"):
            return value.kwargs.get("default") or (
                value.args[0] if value.args else Unknown("a field without a default")
            )
    return value


def _of_super(machine: Core, base: Super, name: str, span: Span) -> Value:
    instance = base.instance
    cls = (
        instance.cls if isinstance(instance, Instance) else instance if isinstance(instance, ClassValue) else base.after
    )
    found = in_class(machine, cls, name, after=base.after)
    if found is None:
        return Attr(instance, f"super.{name}")
    value, owner = found
    target = unwrap(value)
    if isinstance(owner, ClassValue):
        if isinstance(target, FunctionValue):
            return FunctionValue(target.function, target.env, instance)
        return value
    return Attr(instance, f"super.{name}")


def root_of(value: Value) -> Value:
    """The object that a chain of attributes and items hangs on."""
    while isinstance(value, (Attr, Subscripted)):
        value = value.base
    return value


def path_of(value: Value) -> str:
    """The chain of attributes between a value's root and itself: `router.routes`."""
    parts: list[str] = []
    while isinstance(value, (Attr, Subscripted)):
        if isinstance(value, Attr):
            parts.append(value.name)
        value = value.base
    return ".".join(reversed(parts))


def set_(machine: Core, base: Value, name: str, value: Value, span: Span) -> None:
    """`base.name = value`."""
    if isinstance(base, Choice):
        base = base.options[0]
    if isinstance(base, Special):
        base.assign(name, value)
        return
    if not machine.may_change(base):
        return
    if isinstance(base, (Instance, Result)):
        if type(value) is Known and isinstance(value.value, bool) and len(machine.conditions) > len(base.conditions):
            value = _flag(machine, base, name, value, span)
        base.attrs[name] = value
        base.sets.append((name, value, span))
    elif isinstance(base, ClassValue):
        base.overrides[name] = value
    elif isinstance(base, FunctionValue):
        machine.function_attrs.setdefault(base.function, {})[name] = value
    elif isinstance(base, Wrapped):
        base.attrs[name] = value
        target = unwrap(base)
        if isinstance(target, FunctionValue):
            machine.function_attrs.setdefault(target.function, {})[name] = value
    elif isinstance(base, ModuleValue):
        prepared = machine.prepared.get(base.module.file)
        (machine.run_module(base.module).vars if prepared is None else prepared)[name] = value
    else:
        root = root_of(base)
        if isinstance(root, (Instance, Result)):
            root.sets.append((f"{path_of(base)}.{name}", value, span))


def _flag(machine: Core, base: Instance | Result, name: str, value: Known, span: Span) -> Value:
    """What a flag is after it was set under a test that is open: set, or what it was before."""
    tests = [test for test in machine.conditions[len(base.conditions) :] if not test.decided]
    before = base.attrs.get(name)
    if before is None and isinstance(base, Instance) and in_class(machine, base.cls, name) is not None:
        before = _of_instance(machine, base, name, span)
    if not tests or not isinstance(before, (Known, Choice)) or constant(before) is value.value:
        return value
    return join([value, before], tests[-1])


def set_item(machine: Core, base: Value, key: Value, value: Value, span: Span) -> None:
    """`base[key] = value`."""
    if isinstance(base, Special):
        base.put(key, value)
    elif isinstance(base, Instance) and base.contents is not None:
        _of_dict(machine, base, base.contents, "__setitem__", [key, value], span)
    elif not machine.may_change(base):
        return
    elif isinstance(base, Mapping):
        mappings.put(base, key, value, span)
    elif isinstance(base, Seq):
        index = constant(key)
        if isinstance(index, int) and -len(base.items) <= index < len(base.items):
            base.items[index] = value
        else:
            base.open = True
    else:
        root = root_of(base)
        if isinstance(root, (Instance, Result)):
            label = text_of(key)
            root.sets.append((f"{path_of(base)}[{label if label is not None else '?'}]", value, span))


def get_item(machine: Core, base: Value, key: Value, span: Span) -> Value:
    """`base[key]`."""
    if isinstance(base, Special):
        return base.item(key)
    if isinstance(base, Mapping):
        return mappings.item(machine, base, key, span)
    if isinstance(base, Instance) and base.contents is not None:
        return _of_dict(machine, base, base.contents, "__getitem__", [key], span)
    if isinstance(base, Seq):
        index = constant(key)
        if isinstance(index, int) and -len(base.items) <= index < len(base.items):
            return base.items[index]
        if isinstance(index, int) and not base.open:
            return Unknown(NO_INDEX, span)
        return join(base.items[:8]) if base.items else Unknown("an item of an unknown list", span)
    if isinstance(base, External) and base.name == "sys.modules":
        module = machine.index.module(text_of(key) or "", span.file)
        return ModuleValue(module) if module is not None else Subscripted(base, [key])
    if isinstance(base, External) and base.name == "os.environ":
        name = text_of(key) or "?"
        return Setting(name, Unknown(f"the environment variable {name}", span, name), span)
    if isinstance(base, Unknown):
        return Unknown(base.reason, base.span or span, base.text)
    if isinstance(base, Known) and isinstance(base.value, str):
        index = constant(key)
        if isinstance(index, int) and -len(base.value) <= index < len(base.value):
            return Known(base.value[index])
        return Unknown("an item of a string", span)
    if isinstance(base, Choice):
        return join([get_item(machine, option, key, span) for option in base.options], base.test)
    if isinstance(base, (Text, Partial, Operation)):
        return Unknown("an item of something unknown", span)
    items = key.items if isinstance(key, Seq) and key.kind == "tuple" else [key]
    return Subscripted(base, items)


def _of_dict(machine: Core, base: Instance, held: Mapping, name: str, args: list[Value], span: Span) -> Value:
    """An item of an object whose class is a dict: by the method that the class has of its own, or as of any dict."""
    if own(machine, base.cls, name) is not None:
        return machine.call(_of_instance(machine, base, name, span), args, {}, span)
    return mappings.method(machine, held, name, args, {}, span)


def held_by(machine: Core, base: Value, name: str) -> Mapping | None:
    """The dict that an object is, where the method of that name is the dict's own; None for other objects."""
    made = base.instance if type(base) is Super else base
    if type(made) is not Instance or made.contents is None or name not in mappings.METHODS:
        return None
    return made.contents if base is not made or own(machine, made.cls, name) is None else None


_READ: dict[type, Callable[..., Value]] = {
    Unknown: _of_unknown,  # what derives from it remembers more, and is an attribute's base like any other
    External: _of_external,
    ModuleValue: _of_module,
    Instance: _of_instance,
    ClassValue: _of_class,
    Result: _of_result,
    Super: _of_super,
    FunctionValue: _of_function,
    Wrapped: _of_wrapped,
    Choice: _of_choice,
    Record: _of_record,
    Known: _of_constant,
    Under: _of_constant,
    Place: places.attribute,
    Setting: _of_setting,
}

__all__ = [
    "NONE",
    "LazyExpr",
    "LazyName",
    "bases",
    "external_bases",
    "get",
    "get_item",
    "in_class",
    "library_names",
    "mro",
    "namespace",
    "path_of",
    "root_of",
    "set_",
    "set_item",
]
