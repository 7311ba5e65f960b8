"""APL606: routes that answer with all rows of a table, however many there are by now."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from apilint import facts as f
from apilint.check import Match, check
from apilint.checks.configured import Configured, dictionary
from apilint.checks.exposed import label, name_of, words_of
from apilint.checks.limits import Limits
from apilint.checks.tables import Tables
from apilint.facts import Span
from apilint.finding import Precision
from apilint.model import Route, Step
from apilint.patterns import regex
from apilint.project import Project
from apilint.startup import attributes
from apilint.startup.values import ClassValue, External, Known, Value, text_of

# What the name of a view class says of the class, and not of what it shows.
_OF_VIEWS = regex(r"(View|ViewSet|APIView|List|API)+$")
READING = frozenset({"GET", "ANY"})


@check
def unpaginated_list(
    project: Project,
    *,
    configured: str,
    sizeless: str,
    switched_off: str,
    small_precision: str = "low",
) -> Iterator[Match]:
    """Handlers that return every row of a table, and list views whose settings or classes page nothing."""
    growing = _growing(project)
    tables, seen = Tables(project), set()
    for route in project.routes:
        target = route.function
        if target is None or target.function.span in seen or not READING.issuperset(route.methods):
            continue
        seen.add(target.function.span)
        if project.is_test(route.span.file) or "{" in route.path or "<" in route.path:
            continue
        whole = tables.returned(target.function)
        if whole is not None:
            yield Match(
                span=whole.span,
                values={"route": label(route), "handler": name_of(route.handler), "model": whole.model},
                trace=(*whole.steps, Step(whole.span, f"every row of '{whole.model}' is read here")),
                precision=None if growing.search(words_of(whole.model)) else Precision(small_precision),
                route=label(route),
            )
    yield from _of_views(project, growing, small_precision)


def _growing(project: Project) -> re.Pattern[str]:
    """What tables are called that hold something of each user, and grow with every day."""
    private: Mapping[str, Any] = project.knowledge.sections.get("names", {}).get("private_models", {})
    return regex(str(private.get("matches", "(?!)")))


# ---------------------------------------------------------------------------------------- views of a library


def _of_views(project: Project, growing: re.Pattern[str], small: str) -> Iterator[Match]:
    """List views of a library that pages what its settings name a paginator for."""
    entries: Mapping[str, Any] = project.knowledge.sections.get("paginators", {})
    listing = {name for name, entry in entries.items() if entry.get("lists")}
    routes = [(route, view) for route, view in _views(project, listing) if not _pages_itself(project, view)]
    if not routes:
        return
    for name, entry in entries.items():
        if "dictionary" not in entry:
            continue
        inheriting: list[Route] = []
        without: dict[Span, list[tuple[Route, ClassValue]]] = {}
        for route, view in routes:
            own = attributes.in_class(project.program.machine, view, entry["own"])
            if own is None or not isinstance(own[1], ClassValue):
                inheriting.append(route)
            elif isinstance(own[0], Known) and own[0].value is None:
                span = _assigned(own[1], entry["own"]) or view.cls.span
                without.setdefault(span, []).append((route, view))
        yield from (_switched_off(span, found, growing, small) for span, found in without.items())
        known = dictionary(project, name, entry["dictionary"]) if inheriting else None
        if known is not None and not known.mapping.open:
            yield from _by_default(known, entry, entries, inheriting)


def _views(project: Project, listing: set[str]) -> Iterator[tuple[Route, ClassValue]]:
    """The routes of view classes that list, each class once."""
    seen: set[ClassValue] = set()
    limits = Limits.of(project)
    for route in project.routes:
        if "GET" not in route.methods or route.function is not None or project.is_test(route.span.file):
            continue
        view = limits.view(route)
        if view is None or view in seen:
            continue
        seen.add(view)
        if not listing.isdisjoint(attributes.external_bases(project.program.machine, view)):
            yield route, view


def _pages_itself(project: Project, view: ClassValue) -> bool:
    bases = attributes.own_classes(project.program.machine, view)
    return any(name in base.cls.methods for base in bases for name in ("list", "paginator", "paginate_queryset", "get"))


def _switched_off(span: Span, found: list[tuple[Route, ClassValue]], growing: re.Pattern[str], small: str) -> Match:
    """The views that have an attribute from one place; what they list is told by their names."""
    large = [each for each in found if growing.search(words_of(_OF_VIEWS.sub("", each[1].cls.name)))]
    route, view = (large or found)[0]
    return Match(
        span=span,
        values={"route": label(route), "view": view.cls.name},
        template="switched_off",
        trace=(Step(span, "no page is made of what is found"), Step(route.registered, f"'{label(route)}' lists it")),
        related=tuple(Step(each.registered, f"also '{label(each)}'") for each, _ in found if each is not route),
        precision=None if large else Precision(small),
        route=label(route),
    )


def _assigned(cls: ClassValue, name: str) -> Span | None:
    for node in cls.cls.code.body:
        if isinstance(node, f.Assign) and any(isinstance(each, f.Name) and each.id == name for each in node.targets):
            return cls.cls.module.span(node.start, node.end)
    return None


def _by_default(
    known: Configured, entry: Mapping[str, Any], entries: Mapping[str, Any], routes: list[Route]
) -> Iterator[Match]:
    """What the settings say for all views: no paginator, or one without a size."""
    paginator, size = known.entry(entry["key"]), known.entry(entry["size"])
    used = _name(paginator)
    if not _is_nothing(paginator) and (not entries.get(used, {}).get("sized") or not _is_nothing(size)):
        return
    is_sizeless = not _is_nothing(paginator)
    place = known.place(entry["key"])
    if place is None:
        return
    missing = entry["size"] if is_sizeless else entry["key"]
    yield Match(
        span=place,
        values={
            "setting": missing,
            "paginator": used.rpartition(".")[2],
            "count": "1 list view" if len(routes) == 1 else f"{len(routes)} list views",
        },
        template="sizeless" if is_sizeless else "configured",
        trace=(
            Step(place, f"'{missing}' is not set here"),
            *(Step(route.registered, f"'{label(route)}' gives every row") for route in routes[:3]),
        ),
        related=tuple(Step(route.span, f"'{label(route)}'") for route in routes[3:50]),
    )


def _name(value: Value | None) -> str:
    return "" if value is None else text_of(value) or (value.name if isinstance(value, External) else "")


def _is_nothing(value: Value | None) -> bool:
    return value is None or (isinstance(value, Known) and value.value is None)


__all__ = ["unpaginated_list"]
