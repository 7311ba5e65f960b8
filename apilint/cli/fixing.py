"""`check --fix` and `check --diff`: patches -> files, or a diff; and why something was not mended."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from apilint.cli.ending import CLEAN, FAILED, FOUND, fail, say, told
from apilint.cli.output import write
from apilint.report.summary import plural

if TYPE_CHECKING:
    from apilint.finding import Finding, Report
    from apilint.mending import Mended
    from apilint.pipeline import Options


def checked(options: Options) -> Report:
    """The findings."""
    from apilint.pipeline import lint

    return told(lambda: lint(options))


def show_fixes(options: Options, is_wanted: Callable[[Finding], bool], unsafe: bool) -> int:
    """Write a diff to standard output; the exit status says whether there is one."""
    from apilint.fix.diff import unified

    mended = _mended(options, is_wanted, unsafe)
    write("".join(map(unified, mended.patches)), None)
    _tell(mended, "would be mended")
    if any(each.fatal for each in mended.report.diagnostics):
        return FAILED
    return FOUND if mended.patches else CLEAN


def fixed(options: Options, is_wanted: Callable[[Finding], bool], unsafe: bool) -> Report:
    """Mend, and report what is left."""
    mended = _mended(options, is_wanted, unsafe)
    apply(options, mended)
    _tell(mended, "mended")
    return checked(options) if options.edits else mended.report


def apply(options: Options, mended: Mended) -> None:
    """Write the patched files."""
    from apilint import streams

    for patch in mended.patches:
        try:
            streams.rewrite(options.root / patch.file, patch.before, patch.after)
        except (OSError, UnicodeError) as error:
            reason = getattr(error, "strerror", None) or error
            fail(f"{patch.file}: cannot be written: {reason}")


def _mended(options: Options, is_wanted: Callable[[Finding], bool], unsafe: bool) -> Mended:
    from apilint.pipeline import mend

    return told(lambda: mend(options, is_wanted, unsafe=unsafe))


def _tell(mended: Mended, done: str) -> None:
    """What was done and what was not, on standard error."""
    for each in sorted(mended.refused, key=lambda each: (each.finding.place.file, each.finding.place.line)):
        place = each.finding.place
        say(f"{place.file}:{place.line}: {each.finding.code} is not mended: {each.reason}")
    files = plural(len(mended.patches), "file")
    if mended.fixed:
        say(f"{plural(len(mended.fixed), 'finding')} {done} in {files}")
    else:
        say("nothing to mend")


__all__ = ["apply", "checked", "fixed", "show_fixes"]
