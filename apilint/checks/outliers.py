"""Routes that lack the guard of their siblings."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Sequence

import msgspec

from apilint.check import Match, check
from apilint.checks.conventions import Capabilities, Conventions, Privacy
from apilint.checks.effects import Effects
from apilint.checks.exposed import (
    APPLICATION_WIDE,
    UNLIKE_SIBLINGS,
    Changes,
    Exemptions,
    further,
    is_guarded,
    is_own,
    label,
    name_of,
    open_handlers,
    tolerates,
)
from apilint.checks.handlers import answers_constant, is_draft
from apilint.checks.identity import asks_for_caller
from apilint.checks.meant import says_open
from apilint.checks.rejections import Rejections
from apilint.checks.writing import Writing
from apilint.facts import Span
from apilint.finding import Precision
from apilint.model import Guard, Route, Step
from apilint.project import Project

IN_THE_HANDLER = "in the handler"
# Of so many siblings one that does nothing yet is a draft.
ENOUGH = 10


class Habit(msgspec.Struct, frozen=True):
    """What most siblings of a route do: `shared` of the `guarded` ones of all `siblings` stand behind `guard`."""

    guard: Guard
    shared: tuple[Route, ...]
    guarded: int
    siblings: int


@check
def auth_outlier_route(
    project: Project,
    *,
    mixed: str,
    minimum: int = 3,
    share: float = 0.75,
    unsafe_methods: tuple[str, ...] = ("POST", "PUT", "PATCH", "DELETE"),
    safe_precision: str = "high",
    plain_precision: str = "low",
    private_sections: tuple[str, ...] = (),
    pages: tuple[str, ...] = (),
) -> Iterator[Match]:
    """Routes without a guard that most routes beside them have."""
    conventions, capabilities = Conventions(project), Capabilities(project)
    exemptions, families, rejections = Exemptions(project.routes), _families(project), Rejections(project)
    changes, effects = Changes(project, unsafe_methods), Effects(project)
    private, effecting = Privacy(project, private_sections), project.once(Writing, lambda: Writing(project))
    acting = project.once("acting", lambda: Writing(project, lasting=True))
    for handler in open_handlers(project, changes):
        first = handler.routes[0]
        changing = handler.changing(changes) and not effecting.only_reads(first)
        if conventions.covers(first) or tolerates(first) or exemptions.cover(first) or capabilities.cover(first):
            continue
        family = (each for each in families[_family(first)] if each not in handler.routes and each.span != first.span)
        siblings = [each for each in family if not conventions.covers(each)]
        if not changing:  # where reading is open and writing is not, that is a habit of its own
            writing = {each.registered for each in siblings if changes.cover(each)}
            siblings = [each for each in siblings if each.registered not in writing]
        habit = _habit(siblings, minimum, share)
        if habit is None or rejections.may_reject(first) or not (changing or _shows_something(project, first, pages)):
            continue
        if effects.only_computes(first) or not is_own(project, first):
            continue
        if says_open(first) or (is_draft(first) and habit.siblings >= ENOUGH):
            continue
        is_shared = len(habit.shared) >= share * habit.siblings
        if not changing and not is_shared:
            continue
        is_telling = private.covers(first) if not changing else acting.acts(first) and not _is_doubtful(first)
        guard = "a check in its body" if habit.guard.kind == IN_THE_HANDLER else habit.guard.name
        yield Match(
            span=handler.span,
            values={
                "route": label(first),
                "handler": name_of(first.handler),
                "guard": guard,
                "guarded": len(habit.shared) if is_shared else habit.guarded,
                "shared": len(habit.shared),
                "siblings": habit.siblings,
                "examples": " and ".join(f"'{label(each)}'" for each in habit.shared[:2]),
            },
            trace=(*_without(first), *_with(habit)),
            related=further(handler.routes),
            precision=None
            if changing and is_telling and is_shared
            else Precision(safe_precision if is_telling and is_shared else plain_precision),
            template="" if is_shared else "mixed",
            route=label(first),
            about=handler.handlers,
            weight=UNLIKE_SIBLINGS,
        )


def _shows_something(project: Project, route: Route, pages: Collection[str]) -> bool:
    return route.function is None or not answers_constant(project, route.function.function, pages)


def _is_doubtful(route: Route) -> bool:
    """Whether the handler asks for the caller itself, or nobody knows what it answers."""
    if route.function is None:
        return not route.methods or "ANY" in route.methods
    return asks_for_caller(route.function.function)


def _family(route: Route) -> tuple[str, str]:
    """Siblings stand on the same router and in the same file."""
    return route.router, route.span.file


def _families(project: Project) -> dict[tuple[str, str], list[Route]]:
    found: dict[tuple[str, str], list[Route]] = {}
    for route in project.routes:
        if route.kind == "http":
            found.setdefault(_family(route), []).append(route)
    return found


def _habit(siblings: Sequence[Route], minimum: int, share: float) -> Habit | None:
    """What at least `minimum` siblings and a `share` of them have in common, be it that each is guarded somehow."""
    handlers: dict[Span, Route] = {}
    for route in siblings:
        known = handlers.setdefault(route.span, route)
        if is_guarded(known) and not is_guarded(route):
            handlers[route.span] = route
    guarded = [route for route in handlers.values() if _own_guards(route)]
    if len(guarded) < max(minimum, share * len(handlers)):
        return None
    counts = Counter(key for route in guarded for key in {_key(guard) for guard in _own_guards(route)})
    key, _ = max(counts.items(), key=lambda item: (item[1], item[0]))
    shared = [route for route in guarded if any(_key(guard) == key for guard in _own_guards(route))]
    guard = next(guard for guard in _own_guards(shared[0]) if _key(guard) == key)
    return Habit(guard, tuple(shared), len(guarded), len(handlers))


def _own_guards(route: Route) -> list[Guard]:
    """The guards that were put before this very route."""
    return [
        guard
        for guard in route.guards
        if guard.effect in ("required", "conditional") and guard.kind not in APPLICATION_WIDE
    ]


def _key(guard: Guard) -> tuple[str, str]:
    return (guard.kind, "") if guard.kind == IN_THE_HANDLER else (guard.kind, guard.qualname)


def _without(route: Route) -> Iterator[Step]:
    yield Step(route.registered, f"'{label(route)}' is registered here")
    yield Step(route.span, f"nothing guards '{name_of(route.handler)}'")


def _with(habit: Habit) -> Iterator[Step]:
    for route in habit.shared[:3]:
        guard = next(guard for guard in _own_guards(route) if _key(guard) == _key(habit.guard))
        yield Step(guard.span, f"'{guard.name}' guards '{label(route)}'")


__all__ = ["auth_outlier_route"]
