"""Exemptions of guards by path that cover more than they name."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

import msgspec

from apilint.check import Match, check
from apilint.checks.conventions import Conventions
from apilint.checks.exempt_paths import Reader, Test
from apilint.checks.exposed import is_open, label, name_of, turns_away
from apilint.checks.reached import Reached
from apilint.index import Function
from apilint.model import Guard, Route, Step
from apilint.patterns import regex
from apilint.project import Project
from apilint.unparse import unparse

GUARDING_ALL = ("middleware", "before_request")
# `{name}`, `{path:path}`, `<name>`, `<path:rest>`, with the converter before or after the name.
_PARAMETER = regex(r"\{(\w+)(?::(\w+))?\}|<(?:(\w+):)?(\w+)>")
_NARROW = ("int", "float", "uuid", "UUID", "bool", "date", "datetime")


class Slip(msgspec.Struct, frozen=True):
    """A route that a test exempts though it does not name it; for a guarded one with an `example` of a path that the
    caller may choose."""

    test: Test
    guard: Guard
    route: Route
    example: str = ""


@check
def weak_exempt_path(project: Project, *, chosen: str) -> Iterator[Match]:
    """Tests by which a guard of all routes lets some pass, that hold for others as well."""
    for slips in _slips(project):
        first = slips[0]
        test, guard, route = first.test, first.guard, first.route
        yield Match(
            span=test.span,
            values={
                "test": test.shown,
                "text": test.text,
                "guard": guard.name,
                "route": label(route),
                "example": first.example,
            },
            trace=(
                Step(guard.span, f"'{guard.name}' is attached here ({guard.via})"),
                Step(test.span, f"`{test.shown}` lets requests pass, with '{test.text}'"),
                Step(route.registered, f"'{label(route)}' is registered here"),
                Step(route.span, f"'{name_of(route.handler)}' runs for everybody"),
            ),
            related=tuple(Step(each.route.registered, f"also '{label(each.route)}'") for each in slips[1:21]),
            template="chosen" if first.example else "",
            route=label(route),
        )


def _slips(project: Project) -> Iterator[list[Slip]]:
    """What each test lets pass by mistake: routes that stand open first."""
    conventions = Conventions(project)
    for function, (guard, is_guard) in _guards(project).items():
        routes = [route for route in project.routes if route.kind == "http" and not project.is_test(route.span.file)]
        for test in Reader(project, function).tests(is_guard=is_guard):
            found = [slip for route in routes for slip in _of(test, guard, route, conventions)]
            if found:
                yield sorted(found, key=lambda slip: bool(slip.example))


def _guards(project: Project) -> dict[Function, tuple[Guard, bool]]:
    """The functions of guards that stand before all routes and turn somebody away, and, marked False, those that they
    ask."""
    reached = Reached(project)
    found: dict[Function, tuple[Guard, bool]] = {}
    for route in project.routes:
        for guard in route.guards:
            if guard.kind in GUARDING_ALL and turns_away(guard):
                function = project.function(guard.qualname)
                if function is not None and function not in found and not project.is_test(function.module.file):
                    found[function] = (guard, True)
                    found.update({each: (guard, False) for each in reached.by(function) if each not in found})
    return found


def _of(test: Test, guard: Guard, route: Route, conventions: Conventions) -> Iterator[Slip]:
    covers = any(each.span == guard.span and turns_away(each) for each in route.guards)
    if covers:
        example = _example(test, route)
        if example:
            yield Slip(test, guard, route, example)
    elif is_open(route) and not conventions.covers(route) and _holds_by_accident(test, route):
        yield Slip(test, guard, route)


def _holds_by_accident(test: Test, route: Route) -> bool:
    """Whether a test holds for a route's path where a part of it ends or begins in the middle of a word."""
    if test.subject == "endpoint":
        name = name_of(route.handler).rpartition(".")[2]
        return _in_a_word(test, name, str.isalnum)
    path = _PARAMETER.sub("", route.path)
    return test.subject in ("path", "url") and _in_a_word(test, path, lambda char: char not in "/?")


def _in_a_word(test: Test, text: str, goes_on: Callable[[str], bool]) -> bool:
    if test.kind == "startswith":
        rest = text[len(test.text) :]
        return text.startswith(test.text) and test.text[-1:].isalnum() and rest != "" and goes_on(rest[0])
    if test.kind == "endswith":
        before = text[: -len(test.text)]
        return text.endswith(test.text) and test.text[0].isalnum() and before != "" and goes_on(before[-1])
    at = text.find(test.text)
    if at < 0:
        return False
    before, after = text[:at], text[at + len(test.text) :]
    return bool(after and test.text[-1].isalnum() and goes_on(after[0])) or bool(
        before and test.text[0].isalnum() and goes_on(before[-1])
    )


def _example(test: Test, route: Route) -> str:
    """A path of a guarded route for which a test holds, where the caller may choose a part of the path."""
    if test.kind == "startswith" or test.subject == "endpoint":
        return ""
    if test.subject == "url":
        return f"{_filled(route, '1')}?{test.text}"
    last = None
    for last in _PARAMETER.finditer(route.path):
        if test.kind == "in" and _may_hold(last, route, test.text):
            return _filled(route, "1", at=last.start(), chosen=test.text)
    if last is not None and last.end() == len(route.path) and _may_hold(last, route, test.text):
        return _filled(route, "1", at=last.start(), chosen=f"x{test.text}")
    return ""


def _may_hold(parameter: re.Match[str], route: Route, text: str) -> bool:
    """Whether the caller may write the text in the place of a parameter."""
    name, converter = parameter[1] or parameter[4], parameter[2] or parameter[3] or ""
    if converter in _NARROW or ("/" in text and converter != "path"):
        return False
    params = route.function.function.head.params if route.function is not None else ()
    return not any(param.name == name and unparse(param.annotation) in _NARROW for param in params)


def _filled(route: Route, value: str, at: int = -1, chosen: str = "") -> str:
    return _PARAMETER.sub(lambda found: chosen if found.start() == at else value, route.path)


__all__ = ["weak_exempt_path"]
