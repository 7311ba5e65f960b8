"""Views that a page on another site can call as the user who looks at it."""

from __future__ import annotations

from collections.abc import Iterator

from apilint.check import Match, check
from apilint.checks.exposed import Changes, label, name_of, turns_away, words_of
from apilint.checks.writing import Writing
from apilint.facts import Span
from apilint.finding import Precision
from apilint.flow.narrowing import last_name
from apilint.model import Guard, Route, Step
from apilint.project import Project
from apilint.startup.values import FunctionValue, unwrap


@check
def csrf_exempt_session_view(
    project: Project,
    *,
    exempting: tuple[str, ...],
    session_guards: tuple[str, ...],
    header_loaders: tuple[str, ...] = (),
    unsafe_methods: tuple[str, ...] = ("POST", "PUT", "PATCH", "DELETE"),
    reading_precision: str = "low",
) -> Iterator[Match]:
    """Views that change something, know the user by a cookie, and ask for no proof of who sent the request. What only
    looks something up tells the page that had it sent nothing."""
    changes = Changes(project, unsafe_methods)
    whole = _exempt_as_a_whole(project, exempting)
    is_doubtful, writing = _has_header_loader(project, header_loaders), project.once(Writing, lambda: Writing(project))
    seen: set[Span] = set()
    for route in project.routes:
        if route.span in seen or project.is_test(route.span.file) or not changes.cover(route):
            continue
        exempt = _first(route, exempting) or whole.get(route.router) or whole.get(route.handler)
        guards = [guard for guard in route.guards if turns_away(guard)]
        if exempt is None or not guards or not all(guard.qualname in session_guards for guard in guards):
            continue
        seen.add(route.span)
        yield Match(
            span=exempt.span,
            values={"route": label(route), "guard": guards[0].name},
            trace=(
                Step(exempt.span, f"'{_name(exempt)}' takes the protection away"),
                Step(guards[0].span, f"'{guards[0].name}' knows the user by the session's cookie"),
                Step(route.span, f"'{name_of(route.handler)}' changes something"),
            ),
            precision=Precision.LOW
            if is_doubtful
            else None
            if _is_named_for_change(route, changes)
            and (route.function is None or writing.may_write(route.function.function))
            else Precision(reading_precision),
            route=label(route),
        )


def _is_named_for_change(route: Route, changes: Changes) -> bool:
    """Whether the method, the path or the handler says that something is changed."""
    words = words_of(f"{route.path} {name_of(route.handler)}").split("_")
    return "DELETE" in route.methods or not changes.words.isdisjoint(words)


def _first(route: Route, names: tuple[str, ...]) -> Guard | None:
    return next((guard for guard in (*route.considered, *route.guards) if guard.qualname in names), None)


def _exempt_as_a_whole(project: Project, names: tuple[str, ...]) -> dict[str, Step]:
    """What is exempt by a call, with its place: the place where a router was made, or the name of a function."""
    program = project.program
    methods = {name.rpartition(".")[2] for name in names}
    found: dict[str, Step] = {}
    for made in program.objects([name.rpartition(".")[0] for name in names]):
        for method, event in program.events(made):
            if method not in methods or not event.args or project.is_test(event.span.file):
                continue
            value = unwrap(event.args[0])
            router = None if isinstance(value, FunctionValue) else program.object_of(value)
            key = value.function.dotted if isinstance(value, FunctionValue) else program.place(router) if router else ""
            found.setdefault(key, Step(event.span, method))
    return found


def _name(exempt: Guard | Step) -> str:
    return exempt.name if isinstance(exempt, Guard) else exempt.message


def _has_header_loader(project: Project, names: tuple[str, ...]) -> bool:
    """Whether users are known by what a browser does not send by itself, too."""
    return any(
        last_name(node) in names
        for module in project.index.modules.values()
        if names and not module.is_test
        for function in module.functions
        if function.facts.decorated
        for node in function.head.decorators
    )


__all__ = ["csrf_exempt_session_view"]
