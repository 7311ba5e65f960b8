"""Returned value -> the class of the object that it is: a row of a database, a schema, a dataclass."""

from __future__ import annotations

from apilint import facts as f
from apilint import flow
from apilint.frameworks.schemas import Schema, Schemas
from apilint.startup.values import Attr, Choice, ClassValue, External, Instance, Result, Value, unwrap

# What gives objects of a query: at the end of it, on the way, and what says which objects.
FETCHING = frozenset(
    {
        "all", "find_all", "find_one", "first", "first_or_404", "get", "get_one", "get_or_404", "get_or_none", "one",
        "one_or_404", "one_or_none", "scalar", "scalar_one", "scalar_one_or_none", "scalars", "to_list", "unique",
    }
)  # fmt: skip
_CHAINING = frozenset(
    {
        "all", "distinct", "exclude", "execution_options", "filter", "filter_by", "find", "join", "limit", "objects",
        "offset", "options", "order_by", "outerjoin", "prefetch_related", "query", "scalars", "select_related", "sort",
        "unique", "where", "with_for_update",
    }
)  # fmt: skip
_ASKING = frozenset(
    {"exec", "execute", "get", "get_one", "merge", "query", "scalar", "scalars", "select", "stream_scalars"}
)
VALIDATING = frozenset({"model_validate", "from_orm", "parse_obj", "model_construct", "construct", "validate"})


class Rows:
    """Finds what objects a value is made of."""

    def __init__(self, schemas: Schemas) -> None:
        self.schemas = schemas

    def cls(self, value: Value, depth: int = 6) -> ClassValue | External | None:
        """The class of an object, or of the objects in a list; None where nobody can say."""
        value = unwrap(value)
        if depth == 0:
            return None
        if isinstance(value, Instance):
            return value.cls
        if isinstance(value, flow.Input):
            return self._annotated(value)
        if isinstance(value, (flow.Element, flow.Checked)):
            return (
                self.cls(value.sources[0], depth - 1) if value.sources and getattr(value, "role", "") != "key" else None
            )
        if isinstance(value, Choice):
            found = [self.cls(option, depth - 1) for option in value.options]
            return next((each for each in found if each is not None), None)
        if isinstance(value, Result):
            return self._of_call(value)
        if isinstance(value, flow.Derived):
            return self._fetched(value)
        return None

    @staticmethod
    def _annotated(value: flow.Input) -> ClassValue | None:
        annotation = unwrap(value.annotation) if value.annotation is not None else None
        if isinstance(annotation, ClassValue):
            return annotation
        index = getattr(annotation, "index", None)
        first = unwrap(index[0]) if index else None
        return first if isinstance(first, ClassValue) else None

    def _of_call(self, value: Result) -> ClassValue | External | None:
        callee = value.callee
        if isinstance(callee, Attr) and callee.name in VALIDATING:
            base = unwrap(callee.base)
            return base if isinstance(base, ClassValue) else None
        name = self._called(value)
        return self.queried(value) if name in FETCHING or name.startswith("get_object_or") else None

    def _fetched(self, value: flow.Derived) -> ClassValue | External | None:
        return self.queried(value) if self._called(value) in FETCHING else None

    @staticmethod
    def _called(value: Value) -> str:
        """The bare name of what a call calls."""
        if isinstance(value, flow.Derived):
            expr = value.expr.value if isinstance(value.expr, f.Await) else value.expr
            return expr.func.attr if isinstance(expr, f.Call) and isinstance(expr.func, f.Attribute) else ""
        callee = value.callee if isinstance(value, Result) else None
        return callee.name.rpartition(".")[2] if isinstance(callee, (Attr, External)) else ""

    def queried(self, value: Value, depth: int = 12) -> ClassValue | External | None:
        """The one model whose objects a query gives; None for single columns and for several models."""
        value = unwrap(value)
        if depth == 0:
            return None
        if isinstance(value, (ClassValue, External)):
            schema = self.schemas.of(value)
            if schema is not None and schema.stored:
                return value
            owner, _, last = value.name.rpartition(".") if isinstance(value, External) else ("", "", "")
            return self.queried(External(owner), depth - 1) if last in ("objects", "query") else None
        if isinstance(value, Attr):
            return self.queried(value.base, depth - 1) if value.name in _CHAINING else None
        name = self._called(value)
        receiver, args = self._given(value)
        if name in _ASKING or name.startswith("get_object_or"):
            found = self.queried(args[0], depth - 1) if args else None
            if found is not None:
                return found if len(args) == 1 or name in ("get", "get_one") or name.startswith("get_object") else None
        if receiver is not None and (name in _CHAINING or name in FETCHING):
            return self.queried(receiver, depth - 1)
        return None

    @staticmethod
    def _given(value: Value) -> tuple[Value | None, list[Value]]:
        """`(receiver, arguments)` of a call."""
        if isinstance(value, Result):
            callee = value.callee
            if isinstance(callee, External) and "." in callee.name:
                return External(callee.name.rpartition(".")[0]), value.args
            return (callee.base if isinstance(callee, Attr) else None), value.args
        if isinstance(value, flow.Derived) and value.sources:
            expr = value.expr.value if isinstance(value.expr, f.Await) else value.expr
            count = len(expr.args) if isinstance(expr, f.Call) else 0
            return value.sources[0], list(value.sources[1 : 1 + count])
        return None, []

    def stored(self, value: Value) -> Schema | None:
        """The database model whose rows a value is."""
        cls = self.cls(value)
        schema = self.schemas.of(cls) if cls is not None else None
        return schema if schema is not None and schema.stored else None


__all__ = ["FETCHING", "VALIDATING", "Rows"]
