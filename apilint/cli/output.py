"""Reports -> text on a stream or in a file."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from apilint import __version__
from apilint.cli.ending import fail

if TYPE_CHECKING:
    from apilint.finding import Diagnostic, Finding, Report
    from apilint.pipeline import Options
    from apilint.report.options import RenderOptions

SURENESS = ("low", "medium", "high", "very-high")


def render_options(options: Options, output: Path | None, **more: Any) -> RenderOptions:
    from apilint import streams
    from apilint.report.options import RenderOptions
    from apilint.repository import describe
    from apilint.source import raw_text

    repository = describe(options.root)
    return RenderOptions(
        version=__version__,
        project=options.root.name,
        color=streams.has_color(output),
        width=streams.width(output),
        path_prefix=repository.prefix,
        repository_uri=repository.uri,
        revision=repository.revision,
        branch=repository.branch,
        sources=raw_text(options.root),
        moment=functools.partial(_moment, options.root),
        **more,
    )


def _moment(root: Path) -> str:
    from apilint.report.options import no_moment
    from apilint.revision import NoRevision, committed

    try:
        return committed(root)
    except NoRevision:
        return no_moment()


def plain_render_options() -> RenderOptions:
    from apilint import streams
    from apilint.report.options import RenderOptions

    return RenderOptions(version=__version__, color=streams.has_color(None), width=streams.width(None))


def only(report: Report, is_shown: Callable[[Finding], bool]) -> Report:
    """The report with some of its findings."""
    import msgspec

    return msgspec.structs.replace(report, findings=tuple(filter(is_shown, report.findings)))


def complain(diagnostics: Iterable[Diagnostic], verbose: bool, is_told: bool) -> None:
    """Say on standard error what could not be analysed, unless the same eyes have read it in the report."""
    from apilint import streams
    from apilint.report.summary import diagnostic_line, ordered

    if is_told and streams.are_one():
        return
    for diagnostic in ordered(tuple(diagnostics)):
        if diagnostic.fatal or (verbose and not is_told):
            click.echo(diagnostic_line(diagnostic), err=True)


def write(text: str, output: Path | None) -> None:
    from apilint import streams

    try:
        streams.write(text, output)
    except OSError as error:
        fail(f"{output or 'standard output'}: cannot be written: {error.strerror or error}")
