"""A walk through the findings with a person at the keyboard."""

from __future__ import annotations

import datetime
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import click
import msgspec

from apilint.cli.accepting import Acceptance, author_of
from apilint.cli.fixing import apply, checked, mended
from apilint.cli.output import only, plain_render_options
from apilint.report.summary import plural, shown, visible

if TYPE_CHECKING:
    from apilint.finding import Finding, Report
    from apilint.pipeline import Options

CHOICES = {"a": "ccept", "p": "ublic route", "i": "gnore in the code", "f": "ix now", "s": "kip", "q": "uit"}
DONE = {"a": "accepted", "p": "marked public", "i": "ignored in the code", "f": "mended", "s": "skipped"}


class Triage:
    """Findings in the order of their weight; each decision is written at once."""

    def __init__(self, options: Options, author: str | None) -> None:
        self._acceptance = Acceptance(options)
        # What is accepted without a reason is still a question, and may be mended: the baseline is looked at here.
        self._options = msgspec.structs.replace(self._acceptance.options, baseline=False)
        self._author = author if author is not None else author_of(options.root)
        self._seen: set[str] = set()
        self._done: Counter[str] = Counter()

    def run(self) -> None:
        """Ask until nothing is left or the person has had enough."""
        report = checked(self._options)
        while left := list(self._left(report)):
            self._show(left[0], report, len(left))
            try:
                choice = self._ask(left[0])
                if choice == "q":
                    break
                report = self._answers()[choice](left[0], report)
            except click.Abort:
                click.echo()
                break
        self._conclude(len(list(self._left(report))))

    # ---------------------------------------------------------------------------------------------- showing

    def _left(self, report: Report) -> Iterator[Finding]:
        """What nobody has decided on, the worst first."""
        findings = shown(only(report, visible(self._options.config)))
        decided = self._seen | self._acceptance.explained(report)
        for finding in sorted(findings, key=lambda each: (-each.severity.rank, -each.security_severity)):
            if finding.fingerprint not in decided:
                yield finding

    def _show(self, finding: Finding, report: Report, count: int) -> None:
        from apilint.report.summary import mend
        from apilint.report.text import finding_lines

        rule = next((rule for rule in report.rules if rule.code == finding.code), None)
        if sys.stdout.isatty():
            click.clear()
        click.echo(click.style(f"{plural(count, 'finding')} to decide on\n", bold=True))
        click.echo("\n".join(finding_lines(finding, mend(rule) if rule else "", plain_render_options())))
        click.echo()

    def _ask(self, finding: Finding) -> str:
        possible = {"a", "i", "s", "q", *("p" if finding.route else ""), *("f" if finding.fix is not None else "")}
        keys = [key for key in CHOICES if key in possible]
        words = ", ".join(f"[{key}]{CHOICES[key]}" for key in keys)
        answer: str = click.prompt(words, type=click.Choice(keys), show_choices=False, default="s")
        return answer

    def _conclude(self, left: int) -> None:
        told = [f"{count:,} {DONE[key]}" for key in DONE if (count := self._done[key])]
        click.echo(f"{', '.join(told) or 'Nothing decided'}; {left:,} left to decide on.")

    # --------------------------------------------------------------------------------------------- deciding

    def _answers(self) -> dict[str, Callable[[Finding, Report], Report]]:
        return {"a": self._accept, "p": self._public, "i": self._ignore, "f": self._fix, "s": self._skip}

    def _decided(self, finding: Finding, key: str) -> None:
        self._seen.add(finding.fingerprint)
        self._done[key] += 1

    def _skip(self, finding: Finding, report: Report) -> Report:
        self._decided(finding, "s")
        return report

    def _accept(self, finding: Finding, report: Report) -> Report:
        from apilint.baseline import Note

        note = Note(_reason(), self._author, _last_day())
        self._acceptance.rewrite(report, [finding], note)
        self._decided(finding, "a")
        return report

    def _public(self, finding: Finding, report: Report) -> Report:
        from apilint.fix import comments

        return self._commented(finding, report, "p", comments.public(_reason()))

    def _ignore(self, finding: Finding, report: Report) -> Report:
        from apilint.fix import comments

        return self._commented(finding, report, "i", comments.ignoring(finding.name, _reason()))

    def _commented(self, finding: Finding, report: Report, key: str, comment: str) -> Report:
        """Put a comment above the finding, and take it away again where it does not do what it says."""
        from apilint import streams
        from apilint.fix import Declined, comments
        from apilint.source import decoded

        path = self._options.root / finding.place.file
        try:
            before = decoded(path.read_bytes())
            after = comments.above(before, finding.place.line, comment)
            streams.rewrite(path, before, after)
        except (OSError, UnicodeError, Declined) as error:
            return self._failed(finding, report, str(error))
        now = checked(self._options)
        if any(_is_same(each, finding) for each in self._left(now)):
            streams.rewrite(path, after, before)
            return self._failed(finding, report, "a comment there does not reach it")
        self._acceptance.forget(finding, report)
        self._decided(finding, key)
        return now

    def _fix(self, finding: Finding, report: Report) -> Report:
        from apilint.fix.diff import unified

        result = mended(self._options, lambda each: each.fingerprint == finding.fingerprint, unsafe=True)
        if not result.patches:
            reason = next((each.reason for each in result.refused), "there is nothing to change")
            return self._failed(finding, report, reason)
        click.echo("".join(map(unified, result.patches)))
        if not click.confirm("Write this?", default=True):
            return report
        apply(self._options, result)
        self._acceptance.forget(finding, report)
        self._decided(finding, "f")
        return checked(self._options)

    def _failed(self, finding: Finding, report: Report, reason: str) -> Report:
        """Say why, and ask again."""
        click.echo(f"That is not possible: {reason}.")
        click.pause("Press a key to go on.")
        return report


def _is_same(finding: Finding, other: Finding) -> bool:
    return finding.fingerprint == other.fingerprint


def _reason() -> str:
    """Why; asked for until there is an answer."""
    reason: str = click.prompt("Why", type=str).strip()
    return reason or _reason()


def _last_day() -> datetime.date | None:
    """Until when, if not for good."""
    said: str = click.prompt("Until (YYYY-MM-DD, empty for good)", default="", show_default=False)
    if not said.strip():
        return None
    try:
        return datetime.date.fromisoformat(said.strip())
    except ValueError:
        click.echo(f"'{said}' is no date as in 2027-01-31.")
        return _last_day()


__all__ = ["Triage"]
