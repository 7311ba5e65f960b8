"""How much is known of an open route: whether that anyone may call it matters, and whether nothing else asks."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from apilint import facts as f
from apilint.checks.aside import is_about, middleware_aside
from apilint.checks.conventions import Capabilities, Conventions, Privacy
from apilint.checks.effects import Effects
from apilint.checks.exposed import Changes, Exemptions, Open, is_guarded, is_open, is_own, tolerates, words_of
from apilint.checks.handlers import answers_constant, is_draft
from apilint.checks.identity import asks_for_caller, depends_on_caller
from apilint.checks.meant import says_open
from apilint.checks.reached import Reached
from apilint.checks.rejections import Rejections, class_of
from apilint.checks.writing import Writing
from apilint.frameworks import inputs, kinds
from apilint.index import Function
from apilint.model import Route
from apilint.patterns import regex
from apilint.project import Project
from apilint.startup import attributes
from apilint.unparse import unparse

# Where most of what changes something is guarded, the rest was forgotten; where most of so many such routes are not
# guarded, that is the habit. An application of its own of which hardly any is guarded has its own.
MOST, NEARLY_ALL, HARDLY_ANY, ENOUGH, FEW = 0.5, 0.94, 0.25, 10, 3
ASKING_DEPTH = 2
_READING = frozenset("search fetch list query find lookup preview show suggest autocomplete count stats".split())
# `/refunds/{refund_id}`: an object by what nobody guesses.
_TICKET = regex(r"(?i)^.*[{<](?:(?:str|uuid):)?(?P<name>(?:\w+_)?(?:u?u?id|hash|hash_?id))(?::(?:str|uuid))?[}>]")


class Bar:
    """Which open handlers deserve confidence: most routes of the same kind in the same application ask for credentials,
    and the handler surely does something, or shows what nobody shows to everybody."""

    PUBLIC, DOUBTFUL, READING, MIXED, CLEAR = "public", "doubtful", "reading", "mixed", "clear"

    def __init__(
        self, project: Project, routes: list[Route], changes: Changes, doubts: Doubts, reading: Reading
    ) -> None:
        self._changes, self._doubts, self._reading = changes, doubts, reading
        self._conventions = Conventions(project)
        self._habits = Habits(routes, self._conventions, changes)
        self._by_app = {
            app: Habits((route for route in routes if route.app == app), self._conventions, changes)
            for app in sorted({route.app for route in routes if route.app})
        }
        self._tickets = Tickets(routes)
        self._aside = middleware_aside(project)
        self._acting = project.once("acting", lambda: Writing(project, lasting=True))

    @property
    def changing_share(self) -> float:
        """The share of what changes something that is guarded."""
        return self._habits.changing

    def exposed(self, opened: Iterable[Open]) -> list[Open]:
        """Those that change something, and that nothing speaks for."""
        return [
            handler
            for handler in opened
            if handler.changing(self._changes)
            and not self._doubts.cover(handler.routes[0])
            and not self._conventions.covers(handler.routes[0])
        ]

    def kind(self, handler: Open) -> str:
        """What is known of an open handler."""
        first = handler.routes[0]
        if self._conventions.covers(first):
            return self.PUBLIC
        if self._doubts.cover(first) or is_about(self._aside, first):
            return self.DOUBTFUL
        if handler.changing(self._changes):
            return self._of_changing(first)
        return self.READING if self._reading.tells(first, self._habits.reading) else self.DOUBTFUL

    def _of_changing(self, route: Route) -> str:
        if is_draft(route) and self._habits.counted >= ENOUGH:
            return self.DOUBTFUL
        if not self._acting.acts(route):
            is_mixed = self._habits.changing >= NEARLY_ALL and not _only_asks(route)
            return self.MIXED if is_mixed else self.DOUBTFUL
        own = self._by_app.get(route.app, self._habits)
        if own.counted >= FEW and own.changing < HARDLY_ANY and self._habits.changing >= MOST:
            return self.DOUBTFUL  # an application of its own beside the one that guards its routes
        if self._tickets.cover(route):
            return self.DOUBTFUL
        if self._habits.changing >= MOST:
            return self.CLEAR
        return self.DOUBTFUL if self._habits.counted >= ENOUGH else self.MIXED


class Reading:
    """Which routes that only read show what nobody shows to everybody."""

    def __init__(
        self,
        project: Project,
        private: Privacy,
        habit: float,
        pages: Collection[str],
        page_frameworks: Collection[str],
    ) -> None:
        self._project, self._private, self._habit = project, private, habit
        self._pages, self._page_frameworks = pages, page_frameworks
        self._conventions = Conventions(project)
        self._reached = project.once("reached", lambda: Reached(project))

    def tells(self, route: Route, share: float) -> bool:
        """Whether such a route is about private things, where that share of those that read is guarded; or answers what
        the caller asks where nearly all are."""
        if route.framework in self._page_frameworks or share < self._habit or self._is_page(route):
            return False
        return self._private.covers(route) or (share >= NEARLY_ALL and self._answers(route))

    def _answers(self, route: Route) -> bool:
        handed = inputs.handed_in(self._project.program, route) if route.function is not None else {}
        return any(kind not in (kinds.SERVER, kinds.REQUEST) for kind in handed.values())

    def _is_page(self, route: Route) -> bool:
        if route.function is None:
            return False
        return answers_constant(self._project, route.function.function, self._pages) or self._is_front(route)

    def _is_front(self, route: Route) -> bool:
        """Whether a handler leaves the answer to that of another route, which is open by its nature."""
        function = route.function.function if route.function is not None else None
        only = function.body[-1] if function is not None and len(function.body) == 1 else None
        if function is None or not isinstance(only, f.Return) or not isinstance(only.value, f.Call):
            return False
        called = self._reached.by(function)
        return any(map(self._conventions.covers, (each for one in called for each in self._project.routes_of(one))))


class Doubts:
    """What makes it likely that an open route was decided on, or asks in a way that was not followed."""

    def __init__(
        self,
        project: Project,
        routes: list[Route],
        page_views: tuple[str, ...],
        token_views: tuple[str, ...],
        debugging: str,
    ) -> None:
        self._project = project
        self._page_views = page_views
        self._log_ins = frozenset(project.knowledge.sections.get("logins", {})) | frozenset(token_views)
        self._debugging = regex(debugging or r"(?!)")
        self._exemptions, self._capabilities = Exemptions(routes), Capabilities(project)
        self._rejections, self._effects = Rejections(project), Effects(project)
        self._reached = project.once("reached", lambda: Reached(project))
        self._found: dict[Route, bool] = {}

    def cover(self, route: Route) -> bool:
        """Whether there is such a doubt about a route."""
        if route not in self._found:
            self._found[route] = self._cover(route)
        return self._found[route]

    def _cover(self, route: Route) -> bool:
        return (
            tolerates(route)
            or self._exemptions.cover(route)
            or self._capabilities.cover(route)
            or not is_own(self._project, route)
            or _is_page_view(self._project, route, self._page_views)
            or _is_made_of(self._project, route, self._log_ins)
            or bool(self._debugging.search(route.only_if))
            or self._rejections.may_reject(route)
            or self._effects.only_computes(route)
            or says_open(route)
            or (route.function is not None and depends_on_caller(route.function.function))
            or (route.function is not None and self._asks_below(route.function.function, ASKING_DEPTH))
        )

    def _asks_below(self, function: Function, depth: int) -> bool:
        """Whether something that a handler calls asks for the caller: `self.get_object()` may find their own only."""
        called = list(self._reached.by(function))
        return any(map(asks_for_caller, called)) or (
            depth > 1 and any(self._asks_below(each, depth - 1) for each in called)
        )


class Tickets:
    """Objects that anyone may see who knows their id: what is done to one of them then, is for those who hold it."""

    def __init__(self, routes: Iterable[Route]) -> None:
        self._shown = {_object_of(route) for route in routes if "GET" in route.methods and is_open(route)} - {""}

    def cover(self, route: Route) -> bool:
        """Whether a route changes such an object."""
        return _object_of(route) in self._shown


class Habits:
    """How many of a project's routes are guarded, of those that change something and of those that only read; routes
    that are open by nature aside."""

    def __init__(self, routes: Iterable[Route], conventions: Conventions, changes: Changes) -> None:
        found: dict[bool, list[bool]] = {True: [], False: []}
        for route in routes:
            if route.kind == "http" and not conventions.covers(route):
                found[changes.cover(route)].append(is_guarded(route))
        self.changing = _share(found[True])
        self.reading = _share(found[False])
        self.share = _share([*found[True], *found[False]])
        self.counted = len(found[True])


def _share(guarded: list[bool]) -> float:
    return sum(guarded) / len(guarded) if guarded else 0.0


def _object_of(route: Route) -> str:
    """The path up to the id of an object, which is no number; the empty string where there is none."""
    found = _TICKET.match(route.path)
    if found is None or route.function is None:
        return ""
    params = {param.name: param.annotation for param in route.function.function.head.params}
    annotation = params.get(found.group("name"))
    is_number = annotation is not None and unparse(annotation) == "int"
    return "" if is_number else found.group()


def _only_asks(route: Route) -> bool:
    """Whether a handler that takes a body is named for reading, or answers a GET in the same way."""
    if "GET" in route.methods:
        return True
    last = words_of(route.path.rstrip("/").rpartition("/")[2])
    named = words_of(route.handler.rpartition(":")[2].rpartition(".")[2])
    return not _READING.isdisjoint((*last.split("_"), *named.split("_")))


def _is_page_view(project: Project, route: Route, views: Collection[str]) -> bool:
    """Whether a view class leaves the answer to a library's that shows a page or redirects, whatever the method."""
    return route.function is None and _is_made_of(project, route, views)


def _is_made_of(project: Project, route: Route, views: Collection[str]) -> bool:
    """Whether a route's view class derives from one of these of libraries."""
    cls = route.function.function.owner if route.function is not None else class_of(project, route.handler)
    machine = project.program.machine
    made = machine.class_value(cls) if cls is not None else None
    return made is not None and not frozenset(views).isdisjoint(attributes.external_bases(machine, made))


__all__ = ["Bar", "Doubts", "Reading"]
