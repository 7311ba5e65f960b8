"""`apilint routes --lock`, `--check`, `--diff` and `--openapi`: the surface as a file, and what differs from it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from apilint.cli.ending import CLEAN, FAILED, FOUND, fail, say, told
from apilint.cli.options import since_revision
from apilint.cli.output import complain, render_options, write

if TYPE_CHECKING:
    from apilint.finding import Diagnostic
    from apilint.pipeline import Options
    from apilint.report.options import RenderOptions
    from apilint.report.rows import RouteRow

TABLES = ("table", "json", "openapi", "html")
REPORTS = ("text", "markdown", "json")
_FORMATS = {"": TABLES, "--why": ("table", "json"), "--lock": ()}


def task_of(asked: Mapping[str, bool], public: bool, format_: str | None) -> str:
    """The one of the options that says what is to be done, if any; what does not fit it is refused."""
    given = [option for option, is_given in asked.items() if is_given]
    if len(given) > 1:
        fail(f"{given[0]} and {given[1]} are two tasks; ask for one of them")
    task = given[0] if given else ""
    if public and task not in ("", "--why"):
        fail(f"--public does not go with {task}")
    formats = _FORMATS.get(task, REPORTS)
    if format_ is not None and format_ not in formats:
        fail(f"--format {format_} does not go with {task or 'the table of routes'}: {' or '.join(formats) or 'none'}")
    return task


def picture_of(rows: Sequence[RouteRow], diagnostics: Iterable[Diagnostic], options: RenderOptions) -> str:
    """The page of `apilint check --format html` without findings."""
    import msgspec

    from apilint.finding import Report, Stats
    from apilint.report import render

    report = Report((), tuple(diagnostics), (), Stats(routes=len(rows)))
    return render(report, "html", options=msgspec.structs.replace(options, routes=rows))


def write_lock(options: Options, output: Path | None) -> int:
    """Write the lock file; return the exit status."""
    from apilint.report.summary import plural
    from apilint.review import lock_text
    from apilint.surface import FILE_NAME

    text, count, diagnostics = told(lambda: lock_text(options))
    output = output or options.root / FILE_NAME
    write(text, output)
    say(f"{plural(count, 'route')} written to {output}")
    return _ended(diagnostics, False)


def tell_changes(options: Options, revision: str | None, format_: str, output: Path | None, fail_on: str) -> int:
    """Tell the changes against a revision, or against the lock file where none is named; return the exit status."""
    import msgspec

    from apilint import review
    from apilint.finding import Severity
    from apilint.report.drift import RENDERERS

    if revision is None:
        against = review.against_lock
    else:
        against = review.against_revision
        options = msgspec.structs.replace(options, since=since_revision(revision), since_option="--diff")
    drift, diagnostics = told(lambda: against(options))
    write(RENDERERS[format_](drift, render_options(options, output)), output)
    return _ended(diagnostics, drift.exceeds(Severity(fail_on)))


def tell_differences(options: Options, file: Path, format_: str, output: Path | None, fail_on: str) -> int:
    """Tell what the program does and a specification says otherwise; return the exit status."""
    from apilint import review
    from apilint.finding import Severity
    from apilint.report.specification import RENDERERS

    comparison, diagnostics = told(lambda: review.against_specification(options, file))
    write(RENDERERS[format_](comparison, render_options(options, output)), output)
    return _ended(diagnostics, comparison.exceeds(Severity(fail_on)))


def _ended(diagnostics: Iterable[Diagnostic], is_found: bool) -> int:
    """What could not be analysed is told, and makes the job one that could not be done."""
    diagnostics = tuple(diagnostics)
    complain(diagnostics, False, False)
    if any(each.fatal for each in diagnostics):
        return FAILED
    return FOUND if is_found else CLEAN
