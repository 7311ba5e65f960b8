"""Routes for administrators that ordinary users may call."""

from __future__ import annotations

from collections.abc import Iterator

from apilint.check import Match, check
from apilint.checks.conventions import literal_parts
from apilint.checks.exposed import Changes, label, name_of, turns_away, words_of
from apilint.checks.rejections import Rejections
from apilint.finding import Precision
from apilint.guards import demands
from apilint.model import Demand, Guard, Route, Step
from apilint.patterns import regex
from apilint.project import Project


class Privileges:
    """Which routes are for few by their names, and which guards let only few pass."""

    def __init__(self, project: Project, sections: tuple[str, ...], handlers: str, guards: str) -> None:
        self.project = project
        self.sections = frozenset(sections)
        self.handlers = regex(handlers)
        self.guards = regex(guards)
        self.rejections = Rejections(project)

    def section(self, route: Route) -> str:
        """The part of the path, or the handler's name, that says that a route is for few; else the empty string."""
        part = next((part for part in literal_parts(route.path) if part in self.sections), "")
        name = words_of(name_of(route.handler).rpartition(".")[2])
        return part or (name if self.handlers.search(name) else "")

    def guard(self, route: Route) -> Guard | None:
        """The guard of a route that only few pass."""
        return next((guard for guard in route.guards if turns_away(guard) and self._is_for_few(guard)), None)

    def asks_for_more(self, route: Route) -> bool:
        """Whether anything before or in the handler asks for more than a user, whatever it is."""
        if sum(map(turns_away, route.guards)) > 1 or any(self._demands(guard) for guard in route.guards):
            return True
        function = route.function.function if route.function is not None else None
        return function is None or self.rejections.has_sign(function) or bool(demands.of_handler(function))

    def _is_for_few(self, guard: Guard) -> bool:
        if self.guards.search(words_of(guard.name)) or self.guards.search(words_of(guard.qualname.rpartition(":")[2])):
            return True
        return any(self.guards.search(words_of(demand.name)) for demand in self._demands(guard))

    def _demands(self, guard: Guard) -> tuple[Demand, ...]:
        function = self.project.function(guard.qualname)
        inside = demands.of_function(function) if function is not None and guard.kind != "in the handler" else ()
        return (*guard.demands, *inside)


@check
def privileged_route(
    project: Project,
    *,
    sections: tuple[str, ...],
    handlers: str,
    guards: str,
    unsafe_methods: tuple[str, ...],
    minimum: int = 2,
) -> Iterator[Match]:
    """Routes that are for administrators by their names, and stand behind what every user passes."""
    privileges = Privileges(project, sections, handlers, guards)
    changes = Changes(project, unsafe_methods)
    strict: dict[str, list[tuple[Route, Guard]]] = {}
    ordinary: list[tuple[str, Route]] = []
    for route in project.routes:
        if route.auth != "required" or project.is_test(route.span.file):
            continue
        guard, section = privileges.guard(route), privileges.section(route)
        if guard is not None:
            strict.setdefault(section, []).append((route, guard))
        elif section:
            ordinary.append((section, route))
    named = {section: pairs for section, pairs in strict.items() if section}
    examples = [pair for pairs in (named or strict).values() for pair in pairs]
    for section, route in ordinary if examples else ():
        if project.is_public(route) is not None or privileges.asks_for_more(route):
            continue
        siblings = strict.get(section, [])
        example, guard = (siblings or examples)[0]
        own = next(each for each in route.guards if turns_away(each))
        yield Match(
            span=route.span,
            values={
                "route": label(route),
                "guard": own.name,
                "strict": guard.name,
                "example": label(example),
            },
            trace=(
                Step(own.span, f"'{own.name}' is all that guards '{label(route)}'"),
                Step(guard.span, f"'{guard.name}' guards '{label(example)}'"),
                Step(route.span, f"'{name_of(route.handler)}' runs for every user"),
            ),
            precision=Precision.MEDIUM if len(siblings) >= minimum and changes.cover(route) else None,
            route=label(route),
        )


__all__ = ["privileged_route"]
