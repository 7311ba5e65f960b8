"""Guards that let everybody pass when something is missing or goes wrong."""

from __future__ import annotations

import re
from collections.abc import Iterator

from apilint.check import Match, check
from apilint.checks.exposed import label, turns_away
from apilint.facts import Span
from apilint.finding import Precision
from apilint.guards.lapses import is_open_mode
from apilint.model import Guard, Route, Step
from apilint.patterns import regex
from apilint.project import Project


@check
def fail_open_guard(project: Project) -> Iterator[Match]:
    """Ways through a guard that open when a secret is not set, in debug mode, or on an exception. That everybody passes
    without a secret is surely meant where the guard is called optional."""
    names = project.knowledge.sections.get("names", {}).get("guard", {})
    optional = regex(str(names.get("optional", "(?!)")), re.IGNORECASE)
    for span, found in _lapsing(project).items():
        route, guard, lapse = found[0]
        routes = list({each.span: each for each, _, _ in found}.values())
        yield Match(
            span=span,
            values={
                "guard": guard.name,
                "lapse": lapse.message,
                "route": label(route),
                "behind": "1 route relies" if len(routes) == 1 else f"{len(routes)} routes rely",
            },
            trace=(
                Step(guard.span, f"'{guard.name}' guards '{label(route)}' ({guard.via})"),
                *guard.chain[1:],
                Step(span, lapse.message),
            ),
            related=tuple(Step(each.registered, f"'{label(each)}' relies on it") for each in routes[:20]),
            precision=_doubt(guard, lapse, optional),
            route=label(route),
        )


def _doubt(guard: Guard, lapse: Step, optional: re.Pattern[str]) -> Precision | None:
    if not is_open_mode(lapse):
        return None
    name = f"{guard.name} {guard.qualname.rpartition(':')[2]}"
    return Precision.LOW if optional.search(name) else Precision.MEDIUM


def _lapsing(project: Project) -> dict[Span, list[tuple[Route, Guard, Step]]]:
    """The places where guards fail open, with the routes that no other guard covers."""
    found: dict[Span, list[tuple[Route, Guard, Step]]] = {}
    for route in project.routes:
        guards = [guard for guard in route.guards if turns_away(guard)]
        if any(not guard.lapses for guard in guards if guard.effect == "required"):
            continue
        for guard in guards:
            for lapse in guard.lapses:
                if not project.is_test(lapse.span.file):
                    found.setdefault(lapse.span, []).append((route, guard, lapse))
    return found


__all__ = ["fail_open_guard"]
