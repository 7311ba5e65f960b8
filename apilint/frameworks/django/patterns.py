"""TYPES: URL patterns as the start-up makes them: what `path(…)` and `re_path(…)` give."""

from __future__ import annotations

from apilint.facts import Span
from apilint.startup.core import Core
from apilint.startup.values import (
    NONE,
    Condition,
    External,
    Known,
    Mapping,
    ModuleValue,
    Result,
    Seq,
    Special,
    Unknown,
    Value,
    text_of,
)

PATTERN_CLASSES = frozenset({"URLPattern", "RegexURLPattern"})
RESOLVER_CLASSES = frozenset({"URLResolver", "RegexURLResolver"})
_ENDPOINT = frozenset({"callback", "name", "lookup_str", "default_args", "pattern", "check", "resolve"})
_RESOLVER = frozenset(
    {
        "url_patterns",
        "urlconf_name",
        "urlconf_module",
        "app_name",
        "namespace",
        "default_kwargs",
        "pattern",
        "reverse_dict",
    }
)


class Pattern(Special):
    """One entry of a URLconf: a route and a view, or a route and what is included below it.

    `kind` is `path`, `regex` or `locale`. `target` is the view, or the tuple that `include` gives. What a program
    assigns to it (`pattern.callback = login_required(pattern.callback)`) is kept.
    """

    truth = True

    def __init__(
        self,
        machine: Core,
        kind: str,
        route: Value,
        target: Value,
        name: Value,
        span: Span,
        conditions: tuple[Condition, ...] = (),
    ) -> None:
        self.machine = machine
        self.kind = kind
        self.route = route
        self.target = target
        self.name = name
        self.span = span
        self.conditions = conditions
        self.bare: Pattern | None = None
        self.assigned: dict[str, Value] = {}

    @property
    def is_resolver(self) -> bool:
        """Whether it includes further patterns."""
        return isinstance(self.target, Seq)

    @property
    def view(self) -> Value:
        """The view, with what was put around it later."""
        return self.assigned.get("callback", self.target)

    def included(self) -> Value:
        """The patterns below it."""
        if "url_patterns" in self.assigned:
            return self.assigned["url_patterns"]
        if not isinstance(self.target, Seq) or not self.target.items:
            return Unknown("an empty include", self.span)
        return patterns_of(self.machine, self.target.items[0], self.span)

    def attribute(self, name: str) -> Value:
        """As on Django's own objects."""
        if name in self.assigned:
            return self.assigned[name]
        if name == "pattern":
            return self.bare or self
        if self.is_resolver:
            if name == "url_patterns":
                return self.included()
            if name in ("app_name", "namespace") and isinstance(self.target, Seq) and len(self.target.items) == 3:
                return self.target.items[1 if name == "app_name" else 2]
        elif name == "callback":
            return self.target
        elif name == "name":
            return self.name
        elif name == "default_args":
            return Mapping({})
        return Unknown(f"a URL pattern's '{name}'", self.span)

    def has(self, name: str) -> bool | None:
        """Patterns have callbacks and names, resolvers have patterns."""
        return name in self.assigned or name in (_RESOLVER if self.is_resolver else _ENDPOINT)

    def is_instance(self, cls: str) -> bool | None:
        """`isinstance(pattern, URLPattern)`."""
        last = cls.rpartition(".")[2]
        if last in PATTERN_CLASSES or last in RESOLVER_CLASSES:
            return (last in RESOLVER_CLASSES) == self.is_resolver
        return None

    def assign(self, name: str, value: Value) -> None:
        """`pattern.callback = …`."""
        self.assigned[name] = value

    def item(self, key: Value) -> Value:
        """Patterns have no items."""
        return Unknown("an item of a URL pattern", self.span)

    def called(self, args: list[Value], kwargs: dict[str, Value]) -> Value:
        """Patterns are not called."""
        return Unknown("a call of a URL pattern", self.span)

    def __repr__(self) -> str:
        return f"Pattern({self.route!r} -> {self.target!r})"


class Several(Special):
    """A place in a list of patterns where a library puts its own: a router's `urls`. They are asked for when the
    start-up is over, since registrations may come after."""

    truth = True

    def patterns(self, machine: Core) -> list[Pattern]:
        """The patterns, in the library's order."""
        raise NotImplementedError

    def attribute(self, name: str) -> Value:
        """Nothing is known of them yet."""
        return Unknown(f"a router's '{name}'")

    def item(self, key: Value) -> Value:
        """They have no items."""
        return Unknown("an item of a router's URLs")

    def called(self, args: list[Value], kwargs: dict[str, Value]) -> Value:
        """They are not called."""
        return Unknown("a call of a router's URLs")


def patterns_of(machine: Core, urlconf: Value, span: Span) -> Value:
    """The list of patterns of what was included: a module, its name, or the list itself."""
    if isinstance(urlconf, Known) and isinstance(urlconf.value, str):
        urlconf = machine.resolve_dotted(urlconf.value, span.file, span)
    if isinstance(urlconf, ModuleValue):
        found = machine.lookup_in_module(urlconf.module, "urlpatterns")
        return found if found is not None else Unknown(f"'urlpatterns' is not in {urlconf.module.file}", span)
    return urlconf


def route_text(pattern: Pattern) -> str:
    """The route as Django shows it; what is not known stands in braces."""
    route = pattern.route
    while isinstance(route, Result) and isinstance(route.callee, External) and route.args:
        route = route.args[0]  # a translated route
    text = text_of(route)
    if text is None:
        text = "{" + (route.text if isinstance(route, Unknown) and route.text else "?") + "}"
    return text.removeprefix("^") if pattern.kind == "regex" else text


__all__ = ["NONE", "Pattern", "Several", "patterns_of", "route_text"]
