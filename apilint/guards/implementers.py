"""A function annotated with an abstract class of the project -> the objects that it may give.

Registries of services are filled when the program runs; what they hand out is said by the annotation alone. An abstract
class has no objects of its own: one of its implementers is meant.
"""

from __future__ import annotations

from collections.abc import Iterator

from apilint import facts as f
from apilint.startup import attributes
from apilint.startup.core import Core
from apilint.startup.values import Choice, ClassValue, FunctionValue, Instance, Known, Unknown, Value, join, unwrap

MOST = 4
_ABSTRACT = frozenset({"abc.ABC", "typing.Protocol", "typing_extensions.Protocol"})
_GENERIC = frozenset({*_ABSTRACT, "typing.Generic"})


def as_annotated(
    machine: Core, callee: FunctionValue, value: Value, known: dict[object, tuple[Instance, ...]]
) -> Value:
    """A value, with the implementers of the annotated class in the place of what is not known of it. `known` remembers
    them by function."""
    options = value.options if isinstance(value, Choice) else [value]
    if not any(isinstance(option, Unknown) for option in options) and len(options) < 2:
        return value
    function = callee.function
    if function not in known:
        known[function] = tuple(_implementers(machine, callee))
    objects = known[function]
    if not objects:
        return value
    classes = {object_.cls for object_ in objects}
    kept = [option for option in options if not _contradicts(machine, option, classes)]
    return join([*kept, *(each for each in objects if not any(_is_of(option, each.cls) for option in kept))])


def _contradicts(machine: Core, option: Value, classes: set[ClassValue]) -> bool:
    """Whether a value is not what the annotation says: not known, `None`, or an object of another class."""
    if isinstance(option, Instance):
        return not classes.intersection(
            each for each in attributes.mro(machine, option.cls) if isinstance(each, ClassValue)
        )
    return isinstance(option, Unknown) or (isinstance(option, Known) and option.value is None)


def _is_of(option: Value, cls: ClassValue) -> bool:
    return isinstance(option, Instance) and option.cls is cls


def _implementers(machine: Core, callee: FunctionValue) -> Iterator[Instance]:
    """An object of each class that implements the annotated one and has no subclasses itself; none if they are many."""
    expr = callee.function.head.returns
    if not isinstance(expr, (f.Name, f.Attribute)):
        return
    cls = unwrap(machine.evaluate(expr, callee.env))
    if not isinstance(cls, ClassValue) or not _is_abstract(machine, cls):
        return
    derived = [made for made in machine.classes.values() if made is not cls and cls in attributes.mro(machine, made)]
    bases = {id(base) for made in derived for base in attributes.mro(machine, made)[1:]}
    leaves = [made for made in derived if id(made) not in bases and not made.cls.module.is_test]
    if len(leaves) <= MOST:
        yield from (Instance(leaf, [], {}, leaf.cls.span, 0) for leaf in leaves)


def _is_abstract(machine: Core, cls: ClassValue) -> bool:
    external = set(attributes.external_bases(machine, cls))
    return not external.isdisjoint(_ABSTRACT) and external <= _GENERIC
