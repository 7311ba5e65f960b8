"""Rules and a Project -> findings."""

from __future__ import annotations

import functools
import itertools
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

import msgspec

from apilint.check import Check, Match, load_checks
from apilint.facts import Span
from apilint.finding import Finding, Place, Precision, in_order
from apilint.fingerprint import fingerprints
from apilint.model import Step, Told
from apilint.processes import Lead, share
from apilint.project import Project
from apilint.rule import Rule, bind_params
from apilint.unparse import quotable
from apilint.vendored import vendored

Locate = Callable[[Span, str], Place]
CUT_SHORT = "cut short"
"""Under this key a project keeps the functions that were too long to follow, whichever process followed them."""
_LARGE = 100  # modules; below, a second process costs more than it saves
_TASKS = 64
_FIRST, _LAST = ("logging", "exposure"), ("resources", "input", "secrets", "transport", "injection")
"""The last families follow calls, mostly in the same functions, and ask for few verdicts; the first look at what
functions say. Those that are quickly done stand between them."""
_PLACEHOLDER = re.compile(r"'\{(\w+)\}'|\{(\w+)\}")


class Judged(msgspec.Struct, frozen=True):
    """A finding with what its fingerprint needs."""

    finding: Finding
    enclosing: str


def run(project: Project, rules: Sequence[Rule], locate: Locate, jobs: int = 1) -> list[Finding]:
    """All findings of the rules, sorted by place and code, each place once per rule."""
    checks = load_checks()
    judged: dict[tuple[str, Span, str], Judged] = {}
    found = _all_matches(project, rules, checks, jobs)
    for rule, match in _most_specific(found):
        key = (rule.code, match.span, match.route if match.template else "")
        judged.setdefault(key, Judged(_finding(rule, match, project, locate), _enclosing(match, project)))
    ordered = sorted(judged.values(), key=lambda each: in_order(each.finding))
    marks = fingerprints([each.finding for each in ordered], [each.enclosing for each in ordered])
    return [
        msgspec.structs.replace(each.finding, fingerprint=mark, enclosing=each.enclosing)
        for each, mark in zip(ordered, marks, strict=True)
    ]


def _all_matches(
    project: Project, rules: Sequence[Rule], checks: Mapping[str, Check], jobs: int
) -> list[tuple[Rule, Match]]:
    """The matches of all rules, in the order of the rules. In a large project several processes share them: the rules
    stand in a row, in which neighbours look at the same functions, and are done from both ends; from the one that asks
    for few verdicts even while guards are being judged."""
    if len(project.index.modules) < _LARGE:
        jobs = 1

    def judge(chosen: Sequence[Rule]) -> list[tuple[str, Match]]:
        answers: dict[tuple[str, str], list[Match]] = {}
        for rule in chosen:
            if _question(rule) not in answers:
                answers[_question(rule)] = [_plain(match) for match in _matches(project, rule, checks)]
                project.let_go()
        found = [(rule.code, match) for rule in chosen for match in answers[_question(rule)]]
        return [*found, *((CUT_SHORT, Match(span=span)) for span in project.cut_short())]

    def tell() -> Told:
        told = project.tell()
        project.let_go()
        return told

    tasks = [functools.partial(judge, each) for each in _tasks(rules)]
    lead = Lead(tell, Told, project.rely)
    found: dict[str, list[Match]] = {}
    for code, match in itertools.chain.from_iterable(share(tasks, list[tuple[str, Match]], jobs, lead)):
        found.setdefault(code, []).append(match)
    project.once(CUT_SHORT, lambda: sorted({match.span for match in found.get(CUT_SHORT, ())}))
    return [(rule, match) for rule in rules for match in found.get(rule.code, ())]


def _tasks(rules: Sequence[Rule]) -> Iterator[list[Rule]]:
    """The rules in the order of their families, a few at a time; those that ask the same are never apart."""
    questions: dict[tuple[str, str], list[Rule]] = {}
    for rule in sorted(sorted(rules, key=lambda rule: rule.code, reverse=True), key=lambda rule: _place(rule.family)):
        questions.setdefault(_question(rule), []).append(rule)
    together = list(questions.values())
    size = -(-len(together) // _TASKS)
    for start in range(0, len(together), size or 1):
        yield [rule for same in together[start : start + size] for rule in same]


def _place(family: str) -> tuple[int, str]:
    if family in _LAST:
        return len(_FIRST) + 1 + _LAST.index(family), family
    return _FIRST.index(family) if family in _FIRST else len(_FIRST), family


def _plain(match: Match) -> Match:
    """A match that can be sent: what its placeholders stand for as text."""
    return msgspec.structs.replace(match, values={key: str(value) for key, value in match.values.items()})


def _question(rule: Rule) -> tuple[str, str]:
    """What a rule asks of a project: two rules may ask the same, and differ in what they say of the answer."""
    return rule.check, repr(rule.params)


def _matches(project: Project, rule: Rule, checks: Mapping[str, Check]) -> Iterator[Match]:
    function = checks.get(rule.check)
    if function is not None:
        yield from function(project, **bind_params(rule, function))


def _most_specific(found: Sequence[tuple[Rule, Match]]) -> Iterator[tuple[Rule, Match]]:
    """Without the matches of which another one, of a greater weight, says all there is to say."""
    weights: dict[Span, int] = {}
    for _, match in found:
        for span in match.about:
            weights[span] = max(match.weight, weights.get(span, 0))
    for rule, match in found:
        if not match.about or any(weights[span] <= match.weight for span in match.about):
            yield rule, match


def _finding(rule: Rule, match: Match, project: Project, locate: Locate) -> Finding:
    severity = match.severity or rule.severity
    is_copy = project.once("vendored", lambda: vendored(project.index.modules))
    return Finding(
        code=rule.code,
        name=rule.name,
        severity=severity,
        security_severity=rule.security_severity if match.security_severity is None else match.security_severity,
        precision=Precision.LOW if is_copy(match.span.file) else match.precision or rule.precision,
        message=fill(_template(rule, match), match),
        place=locate(match.span, ""),
        cwe=rule.cwe,
        owasp=rule.owasp,
        fingerprint="",
        trace=tuple(_places(match.trace, locate)),
        related=tuple(_places(match.related, locate)),
        route=match.route,
        is_test=project.is_test(match.span.file),
    )


def _template(rule: Rule, match: Match) -> str:
    return str(rule.params[match.template]) if match.template else rule.message


def fill(template: str, match: Match) -> str:
    """The message with its placeholders filled; one without a value stays. What is quoted has other quotes inside."""

    def filled(found: re.Match[str]) -> str:
        value = str(match.values.get(found[1] or found[2], found[0]))
        return f"'{quotable(value)}'" if found[1] and value != found[0] else value

    return _PLACEHOLDER.sub(filled, template)


def _places(steps: Iterable[Step], locate: Locate) -> Iterator[Place]:
    last: tuple[str, int, str] | None = None
    for step in steps:
        place = locate(step.span, step.message)
        key = (place.file, place.line, place.message)
        if key != last:
            yield place
        last = key


def _enclosing(match: Match, project: Project) -> str:
    """The innermost function or class around the place, by name."""
    if match.enclosing:
        return match.enclosing
    module = project.index.file(match.span.file)
    if module is None:
        return ""
    at = match.span.start
    inside = [(facts.start, facts.qualname) for facts in module.facts.functions if facts.start <= at < facts.end]
    inside += [(facts.start, facts.qualname) for facts in module.facts.classes if facts.start <= at < facts.end]
    return max(inside)[1] if inside else ""
