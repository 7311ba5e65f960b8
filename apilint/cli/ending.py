"""How a command ends: exit statuses, and what a user can mend said in one line."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, NoReturn, TypeVar

import click

if TYPE_CHECKING:
    from apilint.finding import Report

T = TypeVar("T")

CLEAN, FOUND, FAILED, INTERRUPTED = 0, 1, 2, 130
LEVELS = ("note", "warning", "error")


def told(work: Callable[[], T]) -> T:
    """Run; what the user can mend ends in one line and status 2."""
    from apilint.config import ConfigError
    from apilint.pipeline import NothingToAnalyse

    try:
        return work()
    except (ConfigError, NothingToAnalyse) as error:
        fail(str(error))


def fail(message: str) -> NoReturn:
    say(message)
    sys.exit(FAILED)


def say(message: str) -> None:
    click.echo(f"apilint: {message}", err=True)


def exit_status(report: Report, fail_on: str, exit_zero: bool) -> int:
    if any(each.fatal for each in report.diagnostics):
        return FAILED
    bad = LEVELS.index(fail_on)
    found = any(finding.suppression is None and finding.severity.rank >= bad for finding in report.findings)
    return FOUND if found and not exit_zero else CLEAN
