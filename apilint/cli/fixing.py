"""`check --fix` and `check --diff`: patches -> files, or a diff; and why something was not mended."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from apilint.cli.ending import CLEAN, FAILED, FOUND, fail, say, told
from apilint.cli.output import write
from apilint.report.summary import plural

if TYPE_CHECKING:
    from apilint.finding import Finding, Report
    from apilint.mending import Mended
    from apilint.pipeline import Options
    from apilint.report.rows import RouteRow


def checked(options: Options) -> Report:
    """The findings."""
    from apilint.pipeline import lint

    return told(lambda: lint(options))


def seen(options: Options) -> tuple[Report, Sequence[RouteRow]]:
    """The findings, and the routes."""
    from apilint.pipeline import lint_and_survey

    return told(lambda: lint_and_survey(options))


def show_fixes(options: Options, is_wanted: Callable[[Finding], bool], unsafe: bool) -> int:
    """Write a diff to standard output; the exit status says whether there is one."""
    from apilint.fix.diff import unified

    result = mended(options, is_wanted, unsafe)
    write("".join(map(unified, result.patches)), None)
    _tell(result, "would be mended")
    if any(each.fatal for each in result.report.diagnostics):
        return FAILED
    return FOUND if result.patches else CLEAN


def fixed(options: Options, is_wanted: Callable[[Finding], bool], unsafe: bool) -> Report:
    """Mend, and report what is left."""
    result = mended(options, is_wanted, unsafe)
    apply(options, result)
    _tell(result, "mended")
    return checked(options) if options.edits else result.report


def apply(options: Options, result: Mended) -> None:
    """Write the patched files."""
    from apilint import streams

    for patch in result.patches:
        try:
            streams.rewrite(options.root / patch.file, patch.before, patch.after)
        except (OSError, UnicodeError) as error:
            reason = getattr(error, "strerror", None) or error
            fail(f"{patch.file}: cannot be written: {reason}")


def mended(options: Options, is_wanted: Callable[[Finding], bool], unsafe: bool) -> Mended:
    """What would be mended."""
    from apilint.pipeline import mend

    return told(lambda: mend(options, is_wanted, unsafe=unsafe))


def _tell(result: Mended, done: str) -> None:
    """What was done and what was not, on standard error."""
    for each in sorted(result.refused, key=lambda each: (each.finding.place.file, each.finding.place.line)):
        place = each.finding.place
        say(f"{place.file}:{place.line}: {each.finding.code} is not mended: {each.reason}")
    files = plural(len(result.patches), "file")
    if result.fixed:
        say(f"{plural(len(result.fixed), 'finding')} {done} in {files}")
    else:
        say("nothing to mend")


__all__ = ["apply", "checked", "fixed", "mended", "seen", "show_fixes"]
