"""The examples of the frameworks' own documentation, run and read: what the framework says beside what apilint says.

    pip install -e '.[dev,documentation]'
    python -m benchmarks.documentation fastapi=../fastapi starlette=../starlette flask=../flask \\
        django=../django drf=../rest-framework-tutorial ninja=../django-ninja --output benchmarks/documentation.md

The trees are clones of the frameworks' repositories (of DRF's tutorial: encode/rest-framework-tutorial); nothing is
fetched here, and nothing of theirs is kept. Each example is run on its own by `tests/parity`, in a fresh interpreter.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks import tutorials
from tests.parity import harness
from tests.parity.observation import Row

SOURCES: dict[str, tuple[str, Callable[[Path, Path], Iterator[tutorials.Example]]]] = {
    "fastapi": ("fastapi", tutorials.fastapi),
    "starlette": ("starlette", tutorials.starlette),
    "flask": ("flask", tutorials.flask),
    "django": ("django", tutorials.django),
    "drf": ("djangorestframework", tutorials.drf),
    "ninja": ("django-ninja", tutorials.ninja),
}
OPEN = ("public", "public_to_validation")
CLOSED = ("protected", "denied_in_handler")
# Why a difference is left as it is.
LOG_IN = "a log-in: the handler refuses a wrong password; it hands out the credentials that other routes ask for"
CAUSES = {
    ("fastapi", "security/tutorial004_an_py310", "POST /token"): LOG_IN,
    ("fastapi", "security/tutorial004_py310", "POST /token"): LOG_IN,
    ("ninja", "tutorial/authentication/code002", "GET /api/ipwhitelist"): (
        "the only check is of the caller's address, which is no credential: who calls from there comes in without one"
    ),
}


@dataclass
class Outcome:
    """What became of one example."""

    source: str
    name: str
    obstacle: str = ""
    rows: Sequence[Row] = ()
    differences: Sequence[harness.Difference] = ()
    unsettled: Sequence[tuple[Row, str]] = ()

    @property
    def settled(self) -> int:
        """Routes whose anonymous call says what the verdict must be."""
        return sum(row.anon in (*OPEN, *CLOSED) for row in self.rows)


@dataclass
class Tally:
    """One line of the table."""

    outcomes: list[Outcome] = field(default_factory=list)

    def cells(self) -> list[str]:
        ran = [each for each in self.outcomes if not each.obstacle]
        wrong = Counter(difference.what for each in ran for difference in each.differences)
        routes = sum(len(each.rows) for each in ran)
        settled = sum(each.settled for each in ran)
        counts = [len(self.outcomes), len(ran), routes, routes - wrong["missed"], wrong["invented"]]
        counts += [wrong["handler"] + wrong["place"], settled, settled - wrong["verdict"]]
        counts += [sum(len(each.unsettled) for each in ran)]
        return list(map(str, counts))


INTRODUCTION = """\
# The documentation's own examples

Every example application of the frameworks' documentation, imported with the real framework, its route table taken,
each route called without credentials; and read by `apilint routes` from its source alone. A route is *found* when
method and path are equal, and its handler must stand in the same place. A verdict is *settled* when the anonymous
call was turned away (401, 403, a log-in page, a socket that was not accepted, a well-formed request that a dependency
refused) or let through; where the handler was entered and answered with another error (no such item, no database
here), the call settles nothing. Repeat with
"""
HEADINGS = (
    "examples",
    "run",
    "routes",
    "found",
    "invented",
    "wrong handler",
    "settled",
    "verdict agrees",
    "not settled",
)


def compare(source: str, example: tutorials.Example) -> Outcome:
    """Run one example and read it."""
    application = harness.load(example.folder)
    try:
        rows = harness.observe(application)
    except AssertionError as failure:
        return Outcome(source, example.name, obstacle=str(failure).strip().splitlines()[-1])
    claims = harness.claim(application)
    open_to_question = {(row.method, row.path): row for row in rows if row.anon not in (*OPEN, *CLOSED)}
    said = {(each.method, each.path): each.auth for each in claims}
    found = [
        difference
        for difference in harness.differences(application, rows, claims)
        if difference.what != "verdict" or tuple(difference.route.split(" ", 1)) not in open_to_question
    ]
    unsettled = [(row, said.get(key, "-")) for key, row in open_to_question.items()]
    return Outcome(source, example.name, rows=rows, differences=found, unsettled=unsettled)


def examine(source: str, tree: Path) -> Tally:
    """All examples of one repository."""
    with TemporaryDirectory() as scratch, ThreadPoolExecutor(2) as pool:
        examples = list(SOURCES[source][1](tree, Path(scratch)))
        return Tally(list(pool.map(lambda example: compare(source, example), examples)))


def revision(tree: Path) -> str:
    """The commit of a clone."""
    command = ["git", "-C", str(tree), "log", "-1", "--format=%h of %cs"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return done.stdout.strip() or "no clone"


def report(tallies: dict[str, Tally], trees: dict[str, Path]) -> Iterator[str]:
    """The page."""
    yield INTRODUCTION
    yield "```console"
    yield "$ pip install -e '.[dev,documentation]'"
    given = " ".join(f"{source}=CLONE" for source in trees)
    yield f"$ python -m benchmarks.documentation {given} --output benchmarks/documentation.md\n```\n"
    yield f"| documentation of | sources | {' | '.join(HEADINGS)} |"
    yield "|---" * (len(HEADINGS) + 2) + "|"
    for source, tally in tallies.items():
        package = SOURCES[source][0]
        yield f"| {package} {version(package)} | {revision(trees[source])} | {' | '.join(tally.cells())} |"
    outcomes = [each for tally in tallies.values() for each in tally.outcomes]
    yield "\n## Differences\n"
    yield from _differences(outcomes) if any(each.differences for each in outcomes) else ("None.",)
    yield "\n## Not settled by the call\n"
    yield from _unsettled(outcomes)
    yield "\n## What cannot be run\n"
    for each in outcomes:
        if each.obstacle:
            yield f"- {each.source}, {each.name}: `{each.obstacle}`"


def _differences(outcomes: Sequence[Outcome]) -> Iterator[str]:
    for each in outcomes:
        for found in each.differences:
            cause = CAUSES.get((each.source, each.name, found.route), "not explained")
            told = f"{each.source}: {found.framework}; apilint: {found.apilint}"
            yield f"- {each.source}, {each.name}: {found.what} of `{found.route}`. {told}. Cause: {cause}"


def _unsettled(outcomes: Sequence[Outcome]) -> Iterator[str]:
    """How often which answer stood beside which verdict; each route where apilint sees a guard."""
    every = [(each, row, auth) for each in outcomes for row, auth in each.unsettled]
    for (anon, auth), count in sorted(Counter((row.anon, auth) for _, row, auth in every).items()):
        yield f"- {anon}, verdict {auth}: {count}"
    for each, row, auth in every:
        if auth not in ("none", "optional"):
            yield f"- {each.source}, {each.name}: `{row.method} {row.path}` answered {row.status}, verdict {auth}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("trees", nargs="+", metavar="FRAMEWORK=TREE", help=f"one of {', '.join(SOURCES)}, and a clone")
    parser.add_argument("--output", type=Path, help="write the page there too")
    arguments = parser.parse_args()
    trees = {name: Path(tree).resolve() for name, _, tree in (each.partition("=") for each in arguments.trees)}
    if unknown := set(trees) - set(SOURCES):
        parser.error(f"{', '.join(sorted(unknown))}: expected {', '.join(SOURCES)}")
    tallies = {source: examine(source, tree) for source, tree in trees.items()}
    page = "\n".join(report(tallies, trees)) + "\n"
    sys.stdout.write(page)
    if arguments.output:
        arguments.output.write_text(page, encoding="utf-8")


if __name__ == "__main__":
    main()
