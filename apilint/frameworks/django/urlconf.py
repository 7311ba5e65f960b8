"""URL patterns -> leaves: every view with its full path, as Django's resolver shows it."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from apilint.facts import Span
from apilint.frameworks.django.library import Decorated
from apilint.frameworks.django.patterns import Pattern, Several, patterns_of, route_text
from apilint.startup.core import Core
from apilint.startup.values import (
    Attr,
    Choice,
    Condition,
    External,
    Instance,
    Known,
    ModuleValue,
    Result,
    Seq,
    Unknown,
    Value,
    Wrapped,
    constant,
    text_of,
)

MAX_DEPTH = 30
MAX_LEAVES = 50_000
ADMIN_SITES = frozenset({"django.contrib.admin.site", "django.contrib.admin.sites.site"})
# Of Django itself and of the libraries that put a site of their own in its place: `captcha_admin.admin.site`.
_ADMIN_URLS = (".admin.site.urls", ".admin.sites.site.urls", ".admin_site.urls")
ADMIN_CLASSES = frozenset({"django.contrib.admin.AdminSite", "django.contrib.admin.sites.AdminSite"})


class AdminSite(msgspec.Struct, frozen=True):
    """Stands for all that `admin.site.urls` brings."""

    value: Value


class Leaf(msgspec.Struct):
    """A view with its full path. `wrappers` are decorators that an include puts around it; `urlconf` is the file
    whose list holds it."""

    path: str
    prefix: str
    view: Value | AdminSite
    name: str
    namespaces: tuple[str, ...]
    span: Span
    conditions: tuple[Condition, ...]
    wrappers: tuple[Value, ...] = ()
    lookup: str = ""


class Scope(msgspec.Struct):
    """What an entry inherits at one point of the tree; `above` are the lists that it is in, by identity."""

    path: str = "/"
    namespaces: tuple[str, ...] = ()
    conditions: tuple[Condition, ...] = ()
    wrappers: tuple[Value, ...] = ()
    above: frozenset[int] = frozenset()


class Tree:
    """Walks a URLconf down its includes. `included` are the modules that it came across, `unknown` what could not
    be followed."""

    def __init__(self, machine: Core) -> None:
        self.machine = machine
        self.included: set[str] = set()
        self.unknown: list[tuple[Span, str]] = []
        self._left = MAX_LEAVES

    def leaves(self, urlpatterns: Value, scope: Scope) -> Iterator[Leaf]:
        """All views below a list of patterns, in the resolver's order."""
        if len(scope.above) > MAX_DEPTH or id(urlpatterns) in scope.above:  # it includes itself
            return
        if isinstance(urlpatterns, Choice):
            for option in urlpatterns.options:
                yield from self.leaves(option, scope)
        elif isinstance(urlpatterns, Seq):
            inside = msgspec.structs.replace(scope, above=scope.above | {id(urlpatterns)})
            for entry in list(urlpatterns.items):
                yield from self._entry(entry, inside)
        elif isinstance(urlpatterns, (Several, Pattern)):
            yield from self._entry(urlpatterns, scope)

    def _entry(self, entry: Value, scope: Scope) -> Iterator[Leaf]:
        if isinstance(entry, Several):
            for pattern in entry.patterns(self.machine):
                yield from self._pattern(pattern, scope)
        elif isinstance(entry, Pattern):
            yield from self._pattern(entry, scope)
        elif isinstance(entry, (Choice, Seq)):
            yield from self.leaves(entry, scope)

    def _pattern(self, pattern: Pattern, scope: Scope) -> Iterator[Leaf]:
        if self._left <= 0:  # lists that include each other in many ways
            return
        path = scope.path + route_text(pattern)
        conditions = (*scope.conditions, *(c for c in pattern.conditions if not c.decided))
        site = admin_site(self.machine, pattern.target)
        if site is not None:
            yield Leaf(path, scope.path, AdminSite(site), "", (*scope.namespaces, "admin"), pattern.span, conditions)
        elif isinstance(pattern.target, Seq):
            yield from self._include(pattern, Scope(path, scope.namespaces, conditions, scope.wrappers, scope.above))
        else:
            self._left -= 1
            name = text_of(pattern.name) or ""
            yield Leaf(path, scope.path, pattern.view, name, scope.namespaces, pattern.span, conditions, scope.wrappers)

    def _include(self, pattern: Pattern, scope: Scope) -> Iterator[Leaf]:
        assert isinstance(pattern.target, Seq)
        urlconf = pattern.target.items[0] if pattern.target.items else None
        namespace = pattern.target.items[2] if len(pattern.target.items) == 3 else None
        label = text_of(namespace) if namespace is not None else None
        if label:
            scope.namespaces = (*scope.namespaces, label)
        if isinstance(urlconf, Decorated):
            scope.wrappers = (*scope.wrappers, *urlconf.decorators)
            urlconf = urlconf.urlconf
            yield from self.leaves(patterns_of(self.machine, urlconf, pattern.span), scope)
            return
        if isinstance(urlconf, ModuleValue):
            self.included.add(urlconf.module.file)
        below = pattern.included()
        if isinstance(below, (Unknown, Result)) or (isinstance(below, Attr) and not is_library(below)):
            reason = below.reason if isinstance(below, Unknown) else "an include that is computed"
            self.unknown.append((pattern.span, reason))
        yield from self.leaves(below, scope)


def is_library(value: Value) -> bool:
    """Whether a value hangs on a library's name."""
    while isinstance(value, Attr):
        value = value.base
    return isinstance(value, External)


def admin_site(machine: Core, target: Value) -> Value | None:
    """The admin site behind `admin.site.urls`, or None."""
    if isinstance(target, Choice):
        sites = [admin_site(machine, option) for option in target.options]
        return sites[0] if all(sites) else None
    if isinstance(target, External) and target.name.endswith(_ADMIN_URLS):
        return External(target.name.removesuffix(".urls"))
    if isinstance(target, Attr) and target.name == "urls":
        base = target.base.inner if isinstance(target.base, Wrapped) else target.base
        if any(name in ADMIN_CLASSES or name.endswith("AdminSite") for name in _classes(machine, base)):
            return base
    return None


def _classes(machine: Core, value: Value) -> list[str]:
    from apilint.startup import attributes

    return attributes.library_names(machine, value) if isinstance(value, (Instance, Result)) else []


__all__ = ["AdminSite", "Known", "Leaf", "Scope", "Tree", "admin_site", "constant"]
