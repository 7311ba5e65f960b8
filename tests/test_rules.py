"""Every rule's examples are its tests: bad ones are found exactly on the marked lines, good ones not at all."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from apilint.catalogue import load_rules
from apilint.check import load_checks
from apilint.config import Config
from apilint.finding import Precision
from apilint.query import CHECKS
from apilint.rule import Example, Rule, bind_params
from linting import findings, write

RULES = load_rules(Config(), cached=False)
REPORTED_BY_THE_ENGINE = {rule.code for rule in RULES if not rule.check}


def cases(kind: str) -> Iterator[object]:
    for rule in RULES:
        for number, example in enumerate(rule.examples):
            if getattr(example, kind):
                name = f"{rule.code}-{number}-{example.title or kind}".replace(" ", "-")
                yield pytest.param(rule, example, id=name[:80])


def found(folder: Path, files: Mapping[str, str], rule: Rule) -> set[tuple[str, int]]:
    """`(file, line)` of the findings of a rule in a little project, at the confidence that is shown by default."""
    write(folder, {name: "\n".join(map(unmarked, text.split("\n"))) for name, text in files.items()})
    # What the engine itself reports depends on the other rules: an ignore is unused when its rule has run.
    every = () if rule.code in REPORTED_BY_THE_ENGINE and rule.enabled else (rule.code,)
    return {
        (each.place.file, each.place.line)
        for each in findings(folder, *every)
        if each.code == rule.code and each.precision.rank >= Precision.MEDIUM.rank
    }


def unmarked(line: str) -> str:
    text = line.rstrip()
    return text.removesuffix("# finding").rstrip() if text.endswith("# finding") else line


@pytest.mark.parametrize(("rule", "example"), list(cases("bad")))
def test_bad_code_is_found_on_the_marked_lines(rule: Rule, example: Example, tmp_path: Path) -> None:
    expected = example.expected()
    assert expected, "the example marks no line with '# finding'"
    assert found(tmp_path, example.bad, rule) == expected


@pytest.mark.parametrize(("rule", "example"), list(cases("good")))
def test_good_code_is_not_found(rule: Rule, example: Example, tmp_path: Path) -> None:
    assert found(tmp_path, example.good, rule) == set()


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.code)
def test_a_rule_is_complete(rule: Rule) -> None:
    assert any(example.bad for example in rule.examples)
    assert any(example.good for example in rule.examples)
    assert rule.references
    assert rule.message.endswith(".")
    assert not rule.fix.strip().startswith("```"), "reports show the first paragraph: say it before showing it"
    if rule.code not in REPORTED_BY_THE_ENGINE:
        bind_params(rule, load_checks()[rule.check])


def test_no_check_without_a_rule() -> None:
    assert {rule.check for rule in RULES} >= set(load_checks()) - set(CHECKS.values())  # those answer queries
