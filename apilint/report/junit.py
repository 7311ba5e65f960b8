"""Report -> JUnit XML, as Jenkins and GitLab read it: a rule is a suite, a finding a failed test.

A rule that finds nothing is a test that passes, so that a mended finding shows as one. Names hold no line numbers: a
test is known by its name from one run to the next.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from apilint.finding import Finding, Report
from apilint.report.links import in_repository
from apilint.report.markup import xml_text
from apilint.report.options import RenderOptions
from apilint.report.summary import mend, shown, untold
from apilint.report.terminal import one_line


class _Case(NamedTuple):
    """A test. `outcome` is the element that says why it did not pass."""

    name: str
    classname: str = "apilint"
    outcome: str = ""
    type: str = ""
    message: str = ""
    text: str = ""


def render(report: Report, options: RenderOptions) -> str:
    """A suite for what was analysed, and one for each rule."""
    suites = [(name, list(_told_apart(cases))) for name, cases in _suites(report, options)]
    every = [case for _, cases in suites for case in cases]
    lines = [f"<testsuites {_attributes(name='apilint', **_counts(every))}>"]
    for name, cases in suites:
        lines.append(f"  <testsuite {_attributes(name=name, **_counts(cases))}>")
        lines += [line for case in cases for line in _lines(case)]
        lines.append("  </testsuite>")
    return "\n".join(['<?xml version="1.0" encoding="UTF-8"?>', *lines, "</testsuites>"]) + "\n"


def _suites(report: Report, options: RenderOptions) -> Iterator[tuple[str, list[_Case]]]:
    yield "analysis", list(_broken(report, options)) or [_Case("every file was analysed")]
    findings = shown(report)
    titles = {each.code: each.name for each in findings} | {rule.code: rule.title for rule in report.rules}
    names = {each.code: each.name for each in findings} | {rule.code: rule.name for rule in report.rules}
    mends = {rule.code: mend(rule) for rule in report.rules}
    for code in sorted(names):
        found = [each for each in findings if each.code == code]
        yield (
            f"{code} {names[code]}",
            [_case(each, mends.get(code, ""), options) for each in found] or [_Case(titles[code])],
        )


def _broken(report: Report, options: RenderOptions) -> Iterator[_Case]:
    for each in untold(report):
        if each.fatal:
            where = f"{in_repository(each.file, options)}:{each.line}: " if each.file else ""
            yield _Case(each.file or "project", "apilint", "error", "not analysed", each.message, where + each.message)


def _case(finding: Finding, mend: str, options: RenderOptions) -> _Case:
    place, file = finding.place, in_repository(finding.place.file, options)
    lines = [f"{file}:{place.line}:{place.column}: {one_line(finding.message)}"]
    lines += [f"    {place.text.strip()}"] if place.text.strip() else []
    lines += [
        f"  {in_repository(step.file, options)}:{step.line}  {one_line(step.message)}".rstrip()
        for step in (*finding.trace, *finding.related)
    ]
    lines += [f"Mend: {mend}"] if mend else []
    return _Case(
        name=finding.route or finding.enclosing or place.text.strip() or file,
        classname=file.removesuffix(".py").replace("/", "."),
        outcome="failure",
        type=finding.severity.value,
        message=finding.message,
        text="\n".join(lines),
    )


def _told_apart(cases: Iterable[_Case]) -> Iterator[_Case]:
    """The tests with names that differ."""
    seen: Counter[tuple[str, str]] = Counter()
    for case in cases:
        seen[case.classname, case.name] += 1
        number = seen[case.classname, case.name]
        yield case if number == 1 else case._replace(name=f"{case.name} ({number})")


def _counts(cases: Iterable[_Case]) -> dict[str, int]:
    outcomes = Counter(case.outcome for case in cases)
    return {"tests": outcomes.total(), "failures": outcomes["failure"], "errors": outcomes["error"]}


def _lines(case: _Case) -> Iterator[str]:
    head = f"    <testcase {_attributes(name=case.name, classname=case.classname)}"
    if not case.outcome:
        yield f"{head}/>"
        return
    yield f"{head}>"
    opening = f"      <{case.outcome} {_attributes(type=case.type, message=case.message)}>"
    yield f"{opening}{xml_text(case.text)}</{case.outcome}>"
    yield "    </testcase>"


def _attributes(**values: str | int) -> str:
    return " ".join(f'{name}="{xml_text(one_line(str(value)))}"' for name, value in values.items())
