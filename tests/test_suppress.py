"""Ignores: what they suppress, and which of them are reported as useless."""

import pytest

from apilint.facts import Directive
from apilint.finding import Finding, Place, Precision, RuleInfo, Severity
from apilint.suppress import Suppressed, suppress


def rule(code: str, name: str) -> RuleInfo:
    return RuleInfo(code, name, "", "", Severity.ERROR, 8.0, Precision.HIGH, (), (), (), "", "", ())


RULES = [rule("APL101", "route-without-auth"), rule("APL102", "auth-outlier-route"), rule("APL201", "sql-injection")]


def finding(code: str = "APL101", name: str = "route-without-auth", line: int = 5, file: str = "a.py") -> Finding:
    place = Place(file, line, 1, line, 2)
    return Finding(code, name, Severity.ERROR, 8.0, Precision.HIGH, "m.", place, (), (), "")


def ignore(*codes: str, first: int = 4, last: int = 6, reason: str = "", kind: str = "ignore") -> Directive:
    return Directive(kind, codes, reason, start=first * 100, end=first * 100 + 20, line=first, first=first, last=last)


def run(
    findings: list[Finding], directives: list[Directive], *, enabled: set[str] | None = None, narrowed: bool = False
) -> Suppressed:
    codes = {rule.code for rule in RULES} if enabled is None else enabled
    return suppress(
        findings, {"a.py": directives}, names={rule.code: rule.name for rule in RULES}, enabled=codes, narrowed=narrowed
    )


@pytest.mark.parametrize("word", ["APL101", "apl101", "route-without-auth", "APL1", "APL", None])
def test_an_ignore_suppresses_on_every_line_of_its_statement(word: str | None) -> None:
    directive = ignore(*([word] if word else []), reason="behind the gateway")
    result = run([finding(line=4), finding(line=6)], [directive])
    assert [each.suppression.reason for each in result.findings if each.suppression] == ["behind the gateway"] * 2
    assert result.unused == ()


@pytest.mark.parametrize(
    "spared",
    [finding(line=3), finding(line=7), finding(file="b.py"), finding("APL201", "sql-injection")],
)
def test_what_an_ignore_leaves_alone(spared: Finding) -> None:
    assert run([spared], [ignore("APL101")]).findings == (spared,)


def test_a_public_directive_suppresses_nothing() -> None:
    assert run([finding()], [ignore(kind="public")]) == Suppressed((finding(),), ())


@pytest.mark.parametrize(
    ("directive", "problem", "message"),
    [
        (ignore("APL102"), "unused", "This 'ignore[APL102]' ignores nothing: no finding of 'APL102' on lines 4-6."),
        (ignore(last=4), "unused", "This 'ignore' ignores nothing: no finding on line 4."),
        (
            ignore("APL1O1"),
            "unknown",
            "No rule is called 'APL1O1', so this 'ignore[APL1O1]' ignores nothing; did you mean 'APL101'?",
        ),
        (
            ignore(kind="unknown"),
            "malformed",
            "This comment speaks to apilint and says neither 'ignore[CODE]' nor 'public'.",
        ),
    ],
)
def test_a_directive_that_does_nothing_is_reported(directive: Directive, problem: str, message: str) -> None:
    (unused,) = run([finding(line=90)], [directive]).unused
    assert (unused.file, unused.directive, unused.problem, unused.message) == ("a.py", directive, problem, message)


def test_each_word_of_an_ignore_is_judged_by_itself() -> None:
    result = run([finding()], [ignore("APL101", "APL201", "APL201")])
    assert [unused.word for unused in result.unused] == ["APL201"]


def test_an_ignore_of_a_rule_that_did_not_run_is_not_unused() -> None:
    assert run([], [ignore("APL201"), ignore("APL2")], enabled={"APL101"}).unused == ()
    assert run([], [ignore()], enabled={"APL101"}, narrowed=True).unused == ()


def test_two_ignores_of_one_finding_are_both_used() -> None:
    assert run([finding()], [ignore("APL101", first=4), ignore("APL101", first=5)]).unused == ()
