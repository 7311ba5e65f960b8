"""What the names of a route give away: open by nature, about private things, told to few."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Any

from apilint import facts as f
from apilint.checks.exposed import name_of, words_of
from apilint.flow.narrowing import last_name
from apilint.index import Function
from apilint.model import Route
from apilint.patterns import regex
from apilint.project import Project

_PLACEHOLDER = regex(r"\{[^}]*\}|<[^>]*>|\(\?P<[^)]*\)|[\^$*]")
# `{token}`, `{path:token}`, `<token>`, `<str:token>`, `(?P<token>…)`
_PARAMETER = regex(r"[{<](?:[^{}<>:]*(?:\([^)]*\))?:)?(\w+)(?::\w+)?[}>]")

# Methods of a class that answer the method of HTTP that they are called like: the class says what they are about.
_VERBS = frozenset({"get", "post", "put", "patch", "delete", "head", "options", "dispatch", "any"})
_READING = frozenset({"GET", "HEAD", "OPTIONS"})
_KIND = regex(r"_(view|view_set|viewset|resource|handler|api|endpoint|controller|mixin)$")

_LOOK_UPS = frozenset(
    {"get", "aget", "filter", "filter_by", "find_one", "get_object_or_404", "aget_object_or_404", "get_or_404"}
)


def literal_parts(path: str) -> list[str]:
    """The parts of a path that are no parameters, as words and without an extension."""
    parts = (words_of(part.lstrip(".").partition(".")[0]) for part in _PLACEHOLDER.sub("", path).split("/"))
    return [part for part in parts if part]


def names_of(route: Route) -> list[str]:
    """What a handler is called, as words: `sign_up` of `SignUpView.post`, where only the class says it."""
    owner, _, name = name_of(route.handler).rpartition(".")
    own = words_of(name)
    if owner and own in _VERBS:
        own = words_of(owner.rpartition(".")[2])
    return list(dict.fromkeys([own, _KIND.sub("", own)]))


class Conventions:
    """The names of routes that are open by their nature, from the library models."""

    def __init__(self, project: Project) -> None:
        public: Mapping[str, Any] = project.knowledge.sections.get("names", {}).get("public", {})
        self.words = frozenset(map(words_of, public.get("words", ())))
        self.sections = frozenset(map(words_of, public.get("sections", ())))
        self.shown = frozenset(map(words_of, public.get("shown", ())))
        self.paths = frozenset(public.get("paths", ()))
        self.entrances = frozenset(map(words_of, public.get("entrances", ())))
        self.entering = frozenset(map(words_of, public.get("entering", ())))
        self.matches = regex(str(public.get("matches", "(?!)")))

    def covers(self, route: Route) -> bool:
        """Whether a route is open by nature: by the last literal part of its path, its handler's name, or a section."""
        if route.path in self.paths:
            return True
        parts = literal_parts(route.path)
        names = [*parts[-1:], *names_of(route)]
        # `shop.auth.sso.endpoints` says it where the path does not.
        module = list(map(words_of, route.handler.partition(":")[0].split(".")[-3:]))
        if not self.entrances.isdisjoint(module) and not self.entering.isdisjoint(names):
            return True
        if not self.sections.isdisjoint((*parts, *module)) or not self.words.isdisjoint(names):
            return True
        if not self.shown.isdisjoint(names) and _READING.issuperset(route.methods):
            return True
        return any(self.matches.search(name) for name in names)


class Capabilities:
    """The names of secrets, from the library models: who knows what stands in such a parameter is no stranger."""

    def __init__(self, project: Project) -> None:
        names = project.knowledge.sections.get("names", {})
        sensitive: Mapping[str, Any] = names.get("sensitive", {})
        capability: Mapping[str, Any] = names.get("capability", {})
        self.secret = regex(str(sensitive.get("matches", "(?!)")))
        self.never = regex(str(sensitive.get("never", "(?!)")))
        self.given = regex(str(capability.get("matches", "(?!)")))

    def cover(self, route: Route) -> bool:
        """Whether the path or the handler itself takes something that only somebody who was given it can know."""
        names = [words_of(name) for name in _PARAMETER.findall(route.path)]
        if "code" in names:  # in a body it may be that of a program
            return True
        if route.function is not None:
            names += [words_of(param.name) for param in route.function.function.head.params]
            names += [words_of(name) for name in _looked_up_by(route.function.function)]
        return any(map(self._is_secret, names))

    def _is_secret(self, name: str) -> bool:
        is_sensitive = bool(self.secret.search(name)) and not self.never.search(name)
        return is_sensitive or bool(self.given.search(name))


def _looked_up_by(function: Function) -> Iterator[str]:
    """`Device.objects.get(initialization_token=…)`: what the rows are found by that a handler asks for."""
    for call in function.nodes(f.Call):
        if last_name(call.func) in _LOOK_UPS:
            yield from (keyword.name for keyword in call.keywords if keyword.name)


class Privacy:
    """The names of what nobody means to show to everybody, from the library models."""

    def __init__(self, project: Project, sections: Collection[str] = ()) -> None:
        private: Mapping[str, Any] = project.knowledge.sections.get("names", {}).get("private_models", {})
        self.models = regex(str(private.get("matches", "(?!)")))
        self.sections = frozenset(sections)

    def covers(self, route: Route) -> bool:
        """Whether a route's path or its handler's name says that it shows such things."""
        names = [*literal_parts(route.path), words_of(name_of(route.handler).rpartition(".")[2])]
        return not self.sections.isdisjoint(names) or any(self.models.search(name) for name in names)
