"""A rule -> whether its examples are found, and found alone, where it says so."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path

import msgspec

from apilint.config import Config
from apilint.finding import Precision
from apilint.pipeline import NothingToAnalyse, Options, lint
from apilint.rule import MARKER, Example, Rule


class Tried(msgspec.Struct, frozen=True):
    """One example that was run. `missed` and `wrong` are `(file, line)`: marked and not found, found and not marked;
    `problem` says why it could not be run."""

    rule: Rule
    title: str
    kind: str
    missed: tuple[tuple[str, int], ...] = ()
    wrong: tuple[tuple[str, int], ...] = ()
    problem: str = ""

    @property
    def passed(self) -> bool:
        """Whether it is as the rule says."""
        return not (self.missed or self.wrong or self.problem)


def try_rule(rule: Rule, config: Config) -> Iterator[Tried]:
    """Run the bad and the good code of each example, each as a program of its own."""
    if not any(example.bad for example in rule.examples):
        yield Tried(rule, "", "bad", problem="expected at least one example with 'bad' code, found none")
    for number, example in enumerate(rule.examples, start=1):
        title = example.title or f"example {number}"
        if example.bad:
            yield _tried(rule, example, config, title)
        if example.good:
            wrong = _found(rule, example.good, config)
            yield Tried(rule, title, "good", wrong=tuple(sorted(wrong)))


def _tried(rule: Rule, example: Example, config: Config, title: str) -> Tried:
    expected = example.expected()
    if not expected:
        return Tried(rule, title, "bad", problem=f"expected a line that ends with '{MARKER}', found none")
    found = _found(rule, example.bad, config)
    return Tried(rule, title, "bad", tuple(sorted(expected - found)), tuple(sorted(found - expected)))


def _found(rule: Rule, files: Mapping[str, str], config: Config) -> set[tuple[str, int]]:
    """Where a rule finds something in a program, at the confidence that is shown by default, or at its own where that
    is lower."""
    with tempfile.TemporaryDirectory(prefix="apilint-") as folder:
        root = Path(folder)
        for name, text in files.items():
            path = root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text("\n".join(map(_without_marker, text.split("\n"))), encoding="utf-8")
        options = Options(root=root, config=config, select=(rule.code,), cache=False, jobs=1)
        try:
            report = lint(options)
        except NothingToAnalyse:
            return set()
    return {
        (each.place.file, each.place.line)
        for each in report.findings
        if each.code == rule.code and each.precision.rank >= min(Precision.MEDIUM.rank, rule.precision.rank)
    }


def _without_marker(line: str) -> str:
    text = line.rstrip()
    return text.removesuffix(MARKER).rstrip() if text.endswith(MARKER) else line
