"""What a router asks of a viewset class: which actions it has, by which methods, and what is registered of it."""

from __future__ import annotations

import msgspec

from apilint.frameworks.arguments import by_name
from apilint.startup import attributes
from apilint.startup.core import Core
from apilint.startup.values import (
    NONE,
    Attr,
    ClassValue,
    External,
    FunctionValue,
    Known,
    Result,
    Seq,
    Unknown,
    Value,
    constant,
    text_of,
    unwrap,
    wrappers,
)

ACTION = "rest_framework.decorators.action"
OLD_ACTIONS = {"rest_framework.decorators.detail_route": True, "rest_framework.decorators.list_route": False}
_OWN_KEYS = frozenset({"methods", "detail", "url_path", "url_name"})
_METHODS = frozenset("get post put patch delete head options trace".split())


class Action(msgspec.Struct):
    """An `@action` of a viewset."""

    name: str
    mapping: dict[str, str]
    detail: bool
    url_path: str
    url_name: str
    options: dict[str, Value]


def segment(value: Value) -> str:
    """A part of a URL; what is not known of it is shown as such."""
    text = text_of(value)
    if text is not None:
        return text
    return "{" + (value.text if isinstance(value, Unknown) and value.text else "?") + "}"


_STANDARD = frozenset({"list", "create", "retrieve", "update", "partial_update", "destroy"})
_BULK = frozenset({"bulk_update", "partial_bulk_update", "bulk_destroy"})
_BY_MIXIN = {
    "CreateModelMixin": {"create"},
    "ListModelMixin": {"list"},
    "RetrieveModelMixin": {"retrieve"},
    "UpdateModelMixin": {"update", "partial_update"},
    "DestroyModelMixin": {"destroy"},
    "ReadOnlyModelViewSet": {"list", "retrieve"},
    "ModelViewSet": set(_STANDARD),
    "CreateAPIView": {"create"},
    "ListAPIView": {"list"},
    "RetrieveAPIView": {"retrieve"},
    "DestroyAPIView": {"destroy"},
    "UpdateAPIView": {"update", "partial_update"},
    "ListCreateAPIView": {"list", "create"},
    "RetrieveUpdateAPIView": {"retrieve", "update", "partial_update"},
    "RetrieveDestroyAPIView": {"retrieve", "destroy"},
    "RetrieveUpdateDestroyAPIView": {"retrieve", "update", "partial_update", "destroy"},
    "UserViewSet": set(_STANDARD),
    "BulkModelViewSet": set(_STANDARD | _BULK),
    "BulkCreateModelMixin": {"create"},
    "BulkUpdateModelMixin": {"bulk_update", "partial_bulk_update"},
    "BulkDestroyModelMixin": {"bulk_destroy"},
}


class Viewset:
    """What a router asks of a viewset class."""

    def __init__(self, machine: Core, cls: Value) -> None:
        self.machine = machine
        self.cls = cls

    def _bases(self) -> list[Value]:
        return attributes.mro(self.machine, self.cls) if isinstance(self.cls, ClassValue) else [self.cls]

    def text(self, name: str) -> str | None:
        """A class attribute that is a string."""
        if not isinstance(self.cls, ClassValue):
            return None
        found = attributes.own(self.machine, self.cls, name)
        return text_of(found) if found is not None else None

    def has(self, action: str) -> bool:
        """Whether the viewset implements an action."""
        for base in self._bases():
            if isinstance(base, ClassValue):
                if action in attributes.namespace(self.machine, base).vars or action in base.overrides:
                    return True
            elif isinstance(base, External) and action in _BY_MIXIN.get(base.name.rpartition(".")[2], ()):
                return True
        return False

    def model_name(self) -> str:
        """The default basename: the model of the queryset, in lower case."""
        if not isinstance(self.cls, ClassValue):
            return ""
        found = attributes.in_class(self.machine, self.cls, "queryset")
        value: Value | None = found[0] if found is not None else None
        while isinstance(value, (Result, Attr)):
            value = value.callee if isinstance(value, Result) else value.base
        target = unwrap(value) if value is not None else None
        return target.cls.name.lower() if isinstance(target, ClassValue) else ""

    def actions(self) -> list[Action]:
        """The extra actions, by name, as the library lists them."""
        found: dict[str, Value] = {}
        for base in self._bases():
            if isinstance(base, ClassValue):
                env = attributes.namespace(self.machine, base)
                for name, value in env.vars.items():
                    found.setdefault(name, value)
        actions = {name: action for name, value in found.items() if (action := _action(name, value)) is not None}
        for name, value in found.items():
            _mapped(name, value, actions)
        return [actions[name] for name in sorted(actions)]


def _action(name: str, value: Value) -> Action | None:
    for wrapped in wrappers(value):
        made = wrapped.decorator
        if not isinstance(made, Result) or not isinstance(made.callee, External):
            continue
        if made.callee.name == ACTION or made.callee.name in OLD_ACTIONS:
            given = by_name(("methods", "detail", "url_path", "url_name"), made.args, made.kwargs)
            detail = OLD_ACTIONS.get(made.callee.name)
            if detail is None:
                detail = constant(given.get("detail") or Known(False)) is True
            listed = given.get("methods")
            methods = [_method(item) for item in listed.items] if isinstance(listed, Seq) else ["get"]
            path = given.get("url_path")
            label = text_of(given.get("url_name") or NONE) or name.replace("_", "-")
            options = {key: option for key, option in given.items() if key not in _OWN_KEYS}
            url_path = segment(path) if path is not None and constant(path) is not None else name
            if path is not None and constant(path) is None and not isinstance(path, Known):
                url_path = segment(path)
            return Action(name, {method: name for method in methods if method}, detail, url_path, label, options)
    return None


def _method(value: Value) -> str:
    text = text_of(value)
    if text is None:
        text = value.name.rpartition(".")[2] if isinstance(value, (External, Attr)) else ""
    return text.lower()


def _mapped(name: str, value: Value, actions: dict[str, Action]) -> None:
    """`@cover.mapping.delete`: another method of an action that is there already."""
    for wrapped in wrappers(value):
        made = wrapped.decorator
        if (
            isinstance(made, Attr)
            and made.name in _METHODS
            and isinstance(made.base, Attr)
            and made.base.name == "mapping"
        ):
            target = unwrap(made.base.base)
            if isinstance(target, FunctionValue) and target.function.name in actions:
                actions[target.function.name].mapping[made.name] = name


__all__ = ["Viewset", "segment"]
