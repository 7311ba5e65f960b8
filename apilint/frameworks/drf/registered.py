"""drf-extensions: what `router.register(…)` gives, with which viewsets are registered below others.

`router.register("teams", Teams).register("members", Members, parents_query_lookups=["team"])` serves
`teams/(?P<parent_lookup_team>[^/.]+)/members` (https://chibisov.github.io/drf-extensions/docs/#nested-routes).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from apilint.frameworks.arguments import by_name
from apilint.startup import attributes
from apilint.startup.core import Core
from apilint.startup.values import NONE, ClassValue, Known, Seq, Special, Unknown, Value, text_of, unwrap

ROUTERS = (
    "rest_framework_extensions.routers.ExtendedSimpleRouter",
    "rest_framework_extensions.routers.ExtendedDefaultRouter",
    "rest_framework_extensions.routers.NestedRouterMixin",
)
_LOOKUP = "[^/.]+"


class Registered(Special):
    """A registration, below which others are made."""

    __slots__ = ("above", "keep", "machine", "prefix", "viewset")

    truth = True

    def __init__(
        self, machine: Core, keep: Callable[[Value], None], prefix: str, viewset: Value, above: Registered | None = None
    ) -> None:
        """Take what keeps an entry (prefix, viewset, basename) for the router, and what this stands below."""
        self.machine = machine
        self.keep = keep
        self.prefix = prefix
        self.viewset = viewset
        self.above = above

    def attribute(self, name: str) -> Value:
        """Nothing of interest hangs on it."""
        return Unknown(f"registered.{name}")

    def item(self, key: Value) -> Value:
        """It has no items."""
        return Unknown("an item of a registration")

    def called(self, args: list[Value], kwargs: dict[str, Value]) -> Value:
        """It is not called."""
        return Unknown("registered()")

    def method(self, name: str, args: list[Value], kwargs: dict[str, Value]) -> Value | None:
        """`register` again: below this one."""
        given = by_name(("prefix", "viewset", "basename", "parents_query_lookups"), args, kwargs)
        if name != "register" or "viewset" not in given:
            return None
        prefix = text_of(given.get("prefix") or NONE) or ""
        lookups = given.get("parents_query_lookups")
        names = [text_of(item) or "?" for item in lookups.items] if isinstance(lookups, Seq) else []
        parents = "/".join(self._parents(names))
        entry = [Known(f"{parents}/{prefix}"), given["viewset"], given.get("basename") or NONE]
        self.keep(Seq("tuple", entry))
        return Registered(self.machine, self.keep, prefix, given["viewset"], self)

    def _parents(self, lookups: list[str]) -> Iterator[str]:
        if self.above is not None:
            yield from self.above._parents(lookups[:-1])
        cls = unwrap(self.viewset)
        stated = attributes.in_class(self.machine, cls, "lookup_value_regex") if isinstance(cls, ClassValue) else None
        regex = (text_of(stated[0]) if stated is not None else None) or _LOOKUP
        yield f"{self.prefix}/(?P<parent_lookup_{lookups[-1] if lookups else '?'}>{regex})"
