"""View classes: which methods they implement, where the MRO finds them, what a library's class brings."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from apilint.guards.knowledge import Knowledge
from apilint.startup import attributes
from apilint.startup.core import Core
from apilint.startup.values import (
    ClassValue,
    External,
    FunctionValue,
    Instance,
    Result,
    Seq,
    Unknown,
    Value,
    text_of,
    unwrap,
)

HTTP_METHODS = ("get", "post", "put", "patch", "delete", "trace")
LEFT_OUT = ("head", "options")

Entry = Mapping[str, Any]


class Found(msgspec.Struct):
    """An attribute as the MRO finds it: its value in a project class, or the entry of a library class that has it."""

    owner: ClassValue | External
    value: Value | None
    entry: Entry | None = None


class Library:
    """What is known of libraries' view classes (`views` in the models), by any name that they are imported under."""

    def __init__(self, knowledge: Knowledge) -> None:
        self._entries: Mapping[str, Entry] = knowledge.sections.get("views", {})
        self._canonical: dict[str, str] = {}
        for name in self._entries:
            *packages, _, last = name.split(".")
            for depth in range(len(packages), 0, -1):
                self._canonical.setdefault(".".join([*packages[:depth], last]), name)

    def canonical(self, name: str) -> str:
        """Where the class is defined: `django.views.generic.base.View` for `django.views.View`."""
        return name if name in self._entries else self._canonical.get(name, name)

    def entry(self, name: str) -> Entry | None:
        """What is known of a class, or None."""
        return self._entries.get(self.canonical(name))

    def describe(self, name: str) -> str:
        """`module:Class` of a library's class, where it is defined."""
        module, _, last = self.canonical(name).rpartition(".")
        return f"{module}:{last}" if module else last


def _computed(made: Value) -> Unknown:
    """A class that some call gives which is not known."""
    return Unknown("which class the view is made of is computed", made.span if isinstance(made, Result) else None)


class Class:
    """One view class of the project or of a library, with the options that `as_view` was given.

    `is_viewset` tells that `as_view` was given actions.
    """

    def __init__(
        self, machine: Core, library: Library, value: Value, options: dict[str, Value], *, is_viewset: bool = False
    ) -> None:
        self.machine = machine
        self.is_viewset = is_viewset
        self.library = library
        inner = unwrap(value)
        is_class = isinstance(inner, (ClassValue, External, Unknown))
        self.value = inner if is_class else _computed(inner)
        self.options = options
        self.instance = self._instance()

    def _instance(self) -> Instance | None:
        if not isinstance(self.value, ClassValue):
            return None
        made = Instance(self.value, [], dict(self.options), self.value.cls.span, 0)
        made.attrs.update(self.options)
        return made

    @property
    def mro(self) -> list[Value]:
        """The method resolution order: project classes, library classes, unknowns."""
        if isinstance(self.value, ClassValue):
            return attributes.mro(self.machine, self.value)
        return [self.value]

    def entries(self) -> Iterator[Entry]:
        """What is known of the library classes among the ancestors, in MRO order."""
        for base in self.mro:
            if isinstance(base, External):
                entry = self.library.entry(base.name)
                if entry is not None:
                    yield entry

    @property
    def is_api(self) -> bool:
        """Whether it is a view of Django REST Framework: by its ancestors, or as no other view is served by actions."""
        return (
            self.is_viewset
            or any(entry.get("kind") == "api" for entry in self.entries())
            or any(isinstance(base, External) and is_api_name(base.name) for base in self.mro)
        )

    @property
    def is_known(self) -> bool:
        """Whether nothing among its ancestors is out of sight."""
        return all(
            isinstance(base, ClassValue) or (isinstance(base, External) and self.library.entry(base.name) is not None)
            for base in self.mro
        )

    def find(self, name: str) -> Found | None:
        """A method or attribute: the project's own by MRO, or the first library class that implements it."""
        for base in self.mro:
            if isinstance(base, ClassValue):
                value = base.overrides.get(name)
                if value is None:
                    env = attributes.namespace(self.machine, base)
                    value = env.vars.get(name)
                    value = None if value is None else self.machine.force(value, env, name)
                if value is not None:
                    return Found(base, value)
            elif isinstance(base, External):
                entry = self.library.entry(base.name)
                if entry is not None and (name in entry.get("methods", ()) or name in entry.get("actions", ())):
                    return Found(base, None, entry)
        return None

    def attribute(self, name: str, *, stops_at_api: bool = False) -> tuple[Value, ClassValue | None] | None:
        """A plain attribute: an option of `as_view`, else by MRO among the project's classes; with `stops_at_api`
        the library's own value hides those of classes behind it."""
        if name in self.options:
            return self.options[name], None
        for base in self.mro:
            if isinstance(base, ClassValue):
                value = base.overrides.get(name)
                if value is None:
                    env = attributes.namespace(self.machine, base)
                    value = env.vars.get(name)
                    value = None if value is None else self.machine.force(value, env, name)
                if value is not None:
                    return value, base
            elif stops_at_api and isinstance(base, External) and is_api_name(self.library.canonical(base.name)):
                return None
        return None

    def method_names(self) -> tuple[str, ...]:
        """The methods that the class does not refuse."""
        given = self.attribute("http_method_names")
        if given is not None and isinstance(given[0], Seq) and not given[0].open:
            return tuple(text.lower() for text in map(text_of, given[0].items) if text)
        for entry in self.entries():
            if "names" in entry:
                return tuple(entry["names"])
        return HTTP_METHODS

    def handlers(self) -> dict[str, str]:
        """HTTP method -> name of the handler, for the methods that the class implements."""
        names = self.method_names()
        return {name: name for name in HTTP_METHODS if name in names and self.find(name) is not None}

    def bound(self, found: Found) -> Value:
        """A found method as the view's object has it."""
        target = unwrap(found.value) if found.value is not None else None
        if isinstance(target, FunctionValue) and self.instance is not None:
            return FunctionValue(target.function, target.env, self.instance)
        return found.value if found.value is not None else Unknown("a library's method")


def is_api_name(name: str) -> bool:
    """Whether a class is one of Django REST Framework's views (its mixins have no say in who may call)."""
    return name.startswith(("rest_framework.views.", "rest_framework.generics.", "rest_framework.viewsets.")) and not (
        name.endswith("Mixin")
    )


__all__ = ["HTTP_METHODS", "Class", "Found", "Library", "is_api_name"]
