"""Comparisons -> the page `benchmarks/parity.md`: the figures, then every remaining difference with its cause."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from re import escape, fullmatch

from benchmarks.parity.application import Application, Observation
from benchmarks.parity.comparison import Comparison, Difference

TITLE = "# Parity with the frameworks on real applications"
INTRODUCTION = """\
Each application is installed from PyPI and started in its own environment; the framework's route table and the answers
to calls without credentials are the truth, `apilint routes` over the installed source is the claim.
`python -m benchmarks.parity --write` makes this page; `benchmarks/parity/` says how. Only the application's own routes
count.

- *found*: of the framework's routes, those with the right method and full path;
- *invented*: routes that apilint names and the framework does not have, of all that it names. *apart* are not counted
  among them: the started configuration did not import the handler's file, or apilint itself names the setting under
  which the route exists;
- *handlers*: of those found, the ones whose `module:qualname` is the framework's;
- *unknown*: of those found, the ones without a verdict;
- *verdicts*: of those found whose anonymous call is conclusive, the ones where the verdict agrees with it. Conclusive
  is being turned away, being let through to validation, or a handler that was entered and answered below 400.

Of Django: a method that a library's class implements is named by the application's class that inherits it. A library's
view that the application's own list of patterns names counts as the application's. A route that repeats another one
with a format suffix is left out on both sides, where method and handler are the same and the answers do not contradict
each other. An admin site is one route, beside those of its pages that the application wrote. What a handler answers to
a superuser in the same way was not for want of credentials: such a call is not conclusive."""
APART = {
    "not loaded": "the started configuration imports none of these files",
    "switched off": "apilint names the setting under which they exist, and the started configuration leaves it off",
}
COLUMNS = ("application", "framework", "routes", "found", "invented", "apart", "handlers", "unknown", "verdicts")


@dataclass(frozen=True)
class Result:
    """One application with all that is known of it."""

    name: str
    application: Application
    observation: Observation
    comparison: Comparison


def render(results: Sequence[Result]) -> str:
    """The whole page."""
    rows = [COLUMNS, ("---",) * len(COLUMNS), *map(_figures, results)]
    table = "\n".join(f"| {' | '.join(row)} |" for row in rows)
    sections = ["\n".join(_section(result)) for result in results]
    return "\n\n".join([TITLE, INTRODUCTION, table, *sections]) + "\n"


def _figures(result: Result) -> tuple[str, ...]:
    score, observation = result.comparison.score, result.observation
    framework = result.application.framework
    return (
        f"{result.application.requirement.partition('==')[0].partition('[')[0]} {observation.version}",
        f"{framework} {observation.frameworks.get(framework, '')}".strip(),
        str(score.routes),
        _share(score.found, score.routes),
        _share(score.invented, score.claimed),
        str(score.apart),
        _share(score.handlers, score.found),
        _share(score.unknown, score.found),
        _share(score.agreeing, score.conclusive),
    )


def _share(part: int, whole: int) -> str:
    return f"{part}/{whole} ({100 * part / whole:.1f} %)" if whole else "0"


def _section(result: Result) -> Iterator[str]:
    """The differences of one application, those with the same kind and cause together."""
    yield f"## {result.name}"
    yield ""
    differences = result.comparison.differences
    if not differences:
        yield "No difference."
        return
    explained = sorted(((d.kind, cause(result.application, d), d) for d in differences), key=lambda e: e[:2])
    for (kind, reason), group in groupby(explained, key=lambda entry: entry[:2]):
        members = [entry[2] for entry in group]
        yield f"- **{kind}** ({len(members)}): {reason or 'cause not known'}"
        yield from _by_file(members) if kind in APART else (f"  - {_line(member)}" for member in members)


def _by_file(members: Sequence[Difference]) -> Iterator[str]:
    """How many routes of each file stand apart."""
    files = Counter(member.place.rpartition(":")[0] for member in members)
    yield from (f"  - {file}: {count}" for file, count in sorted(files.items()))


def cause(application: Application, difference: Difference) -> str:
    """What the application's file gives as the reason for a difference."""
    fitting = (cause for cause in application.causes if cause.kind == difference.kind)
    stated = next((cause.reason for cause in fitting if _covers(cause.route, difference.route)), "")
    return stated or APART.get(difference.kind, "")


def _covers(pattern: str, route: str) -> bool:
    """Whether the route is the pattern, with `*` for anything. Brackets are part of many routes."""
    return fullmatch(".*".join(map(escape, pattern.split("*"))), route) is not None


def _line(difference: Difference) -> str:
    return f"`{difference.route}` {difference.place}: {difference.framework} / apilint: {difference.apilint}"
