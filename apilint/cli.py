"""The command line: options in, text and exit status out."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import click

from apilint import __version__

if TYPE_CHECKING:
    from apilint.config import Config
    from apilint.finding import Finding, Report
    from apilint.pipeline import Options, Progress
    from apilint.report.options import RenderOptions

CLEAN, FOUND, FAILED = 0, 1, 2
LEVELS = ("note", "warning", "error")
SURENESS = ("low", "medium", "high", "very-high")
FORMATS = ("text", "concise", "json", "sarif", "github")
PROGRESS_AFTER = 1.0

_paths = click.argument("paths", nargs=-1, type=click.Path(path_type=Path))
_config = click.option(
    "--config", type=click.Path(path_type=Path, dir_okay=False), help="Read settings from this file."
)
_no_cache = click.option("--no-cache", is_flag=True, help="Scan every file again and keep nothing.")
_jobs = click.option(
    "--jobs", "-j", type=click.IntRange(min=1), help="Processes to scan with (default: one per processor)."
)
_verbose = click.option("-v", "--verbose", is_flag=True, help="Say more: notes on what could not be analysed.")


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, message="apilint %(version)s")
def cli() -> None:
    """Find security mistakes in Flask, FastAPI and Django APIs, and prove them.

    apilint links the whole program as the framework does at start-up, so it knows every route and who may call it.
    """


@cli.command()
@_paths
@click.option(
    "--format",
    "formats",
    type=click.Choice(FORMATS),
    multiple=True,
    help="Output format; repeat with --output for several.",
)
@click.option(
    "--output",
    "outputs",
    type=click.Path(path_type=Path, dir_okay=False),
    multiple=True,
    help="Write the format at the same position to this file.",
)
@click.option(
    "--select",
    multiple=True,
    metavar="CODES",
    help="Run only these rules: codes, names or prefixes, separated by commas.",
)
@click.option("--ignore", multiple=True, metavar="CODES", help="Leave these rules out.")
@click.option("--min-severity", type=click.Choice(LEVELS), help="Show findings of this severity and above.")
@click.option(
    "--min-confidence",
    type=click.Choice(SURENESS),
    help="Show findings of this confidence and above (default: medium).",
)
@click.option("--fail-on", type=click.Choice(LEVELS), help="Exit 1 only for findings of this severity and above.")
@click.option("--exit-zero", is_flag=True, help="Exit 0 although there are findings.")
@click.option("--statistics", is_flag=True, help="End with counts by rule.")
@click.option("--sarif-category", default="apilint/", show_default=True, help="automationDetails.id in SARIF.")
@click.option(
    "--sarif-suppressed",
    type=click.Choice(("omit", "include")),
    default="omit",
    show_default=True,
    help="What SARIF does with suppressed findings.",
)
@_config
@_no_cache
@_jobs
@_verbose
def check(
    paths: tuple[Path, ...],
    formats: tuple[str, ...],
    outputs: tuple[Path, ...],
    select: tuple[str, ...],
    ignore: tuple[str, ...],
    min_severity: str | None,
    min_confidence: str | None,
    fail_on: str | None,
    exit_zero: bool,
    statistics: bool,
    sarif_category: str,
    sarif_suppressed: str,
    config: Path | None,
    no_cache: bool,
    jobs: int | None,
    verbose: bool,
) -> None:
    """Check the project and report the findings in PATHS (default: the current directory).

    The whole project is always linked, however few files are named. Exit status: 0 clean, 1 findings, 2 the job
    could not be done.
    """
    from apilint.pipeline import lint

    pairs = _pairs(formats, outputs)
    options = _options(paths, config, no_cache, jobs, select, ignore)
    report = _told(lambda: lint(options))
    if not report.stats.files:
        _fail("nothing to analyse: no Python files in " + ", ".join(str(path) for path in paths or (Path(),)))
    report = _visible(report, options.config, min_severity, min_confidence)
    status = _status(report, fail_on or options.config.fail_on, exit_zero)
    for name, output in pairs:
        rendering = _rendering(
            options,
            output,
            verbose=verbose,
            statistics=statistics,
            sarif_category=sarif_category,
            sarif_suppressed=sarif_suppressed,
            exit_code=status,
            execution_successful=status != FAILED,
        )
        from apilint import report as reports

        _write(reports.render(report, name, options=rendering), output)
    if not any(name in ("text", "concise") and output is None for name, output in pairs):
        for diagnostic in report.diagnostics:
            if diagnostic.fatal or verbose:
                click.echo(f"{diagnostic.file}:{diagnostic.line}: {diagnostic.message}", err=True)
    sys.exit(status)


@cli.command()
@_paths
@click.option("--format", "format_", type=click.Choice(("table", "json")), default="table", show_default=True)
@click.option("--output", type=click.Path(path_type=Path, dir_okay=False), help="Write to this file.")
@click.option("--public", is_flag=True, help="Only what anyone may call.")
@click.option("--why", metavar="PATH", help="The chain by which each guard reaches, or fails to reach, this route.")
@_config
@_no_cache
@_jobs
@_verbose
def routes(
    paths: tuple[Path, ...],
    format_: str,
    output: Path | None,
    public: bool,
    why: str | None,
    config: Path | None,
    no_cache: bool,
    jobs: int | None,
    verbose: bool,
) -> None:
    """Show every route: methods, full path, handler, verdict, and the guards with where they come from."""
    from apilint.pipeline import survey
    from apilint.report import routes as tables

    options = _options(paths, config, no_cache, jobs, (), ())
    rows, diagnostics = _told(lambda: survey(options))
    if public:
        rows = [row for row in rows if row.auth in ("none", "optional")]
    rendering = _rendering(options, output, verbose=verbose)
    status = FAILED if any(each.fatal for each in diagnostics) else CLEAN
    if why is not None:
        _write(tables.render_why(rows, why, rendering), output)
        sys.exit(status if tables.matching(rows, why) else FAILED)
    if format_ == "json":
        _write(tables.render_json(rows, diagnostics), output)
    else:
        _write(tables.render_table(rows, rendering, diagnostics), output)
    sys.exit(status)


@cli.command()
@click.argument("rule", required=False, metavar="[CODE|NAME]")
@_config
def rule(rule: str | None, config: Path | None) -> None:
    """Explain a rule; without an argument, list all of them."""
    from apilint import config as settings
    from apilint.report.catalogue import render_list, render_rule

    root = Path.cwd()
    loaded = _told(lambda: settings.load(root, config))
    infos = _told(lambda: _rule_infos(loaded))
    options = _plain_rendering()
    if rule is None:
        click.echo(render_list(infos, options), nl=False)
        return
    found = [info for info in infos if rule.lower() in (info.code.lower(), info.name.lower())]
    if not found:
        _fail(
            _nearest(f"no rule is called '{rule}'", rule, [word for info in infos for word in (info.code, info.name)])
        )
    click.echo(render_rule(found[0], options), nl=False)


def _rule_infos(config: Config) -> list[Any]:
    from apilint.rule import load_rules

    return [rule.info() for rule in load_rules(config)]


def main() -> None:
    """The entry point: what a user can cause ends in one line, never in a traceback."""
    try:
        cli.main(prog_name="apilint")
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(FAILED)


# ---------------------------------------------------------------------------------------------- options


def _options(
    paths: tuple[Path, ...],
    config: Path | None,
    no_cache: bool,
    jobs: int | None,
    select: Sequence[str],
    ignore: Sequence[str],
) -> Options:
    from apilint import config as settings
    from apilint.pipeline import Options

    for path in paths:
        if not path.exists():
            _fail(f"{path}: no such file or directory")
    root = _told(lambda: settings.find_root(paths or (Path.cwd(),)))
    loaded = _told(lambda: settings.load(root, config))
    return Options(
        paths=tuple(Path(os.path.abspath(path)) for path in paths) or (Path.cwd(),),
        root=root,
        config=loaded,
        select=_codes(select),
        ignore=_codes(ignore),
        cache=not no_cache,
        jobs=jobs or 0,
        progress=_progress(),
    )


def _codes(values: Iterable[str]) -> tuple[str, ...]:
    return tuple(word.strip() for value in values for word in value.split(",") if word.strip())


def _pairs(formats: tuple[str, ...], outputs: tuple[Path, ...]) -> list[tuple[str, Path | None]]:
    """Formats with their files, by position; a format without one goes to standard output."""
    if len(outputs) > len(formats):
        if formats or len(outputs) > 1:
            _fail(f"{len(outputs)} --output for {len(formats)} --format: give them in pairs")
        formats = (_format_of(outputs[0]),)
    pairs: list[tuple[str, Path | None]] = [
        (name, outputs[number] if number < len(outputs) else None) for number, name in enumerate(formats)
    ]
    if sum(output is None for _, output in pairs) > 1:
        _fail("only one format can go to standard output: give the others an --output")
    return pairs or [("text", None)]


def _format_of(path: Path) -> str:
    return {".json": "json", ".sarif": "sarif"}.get(path.suffix.lower(), "text")


def _progress() -> Progress | None:
    """A bar on a terminal's standard error, for scans that take longer than a second."""
    if not sys.stderr.isatty():
        return None
    from time import monotonic

    start = monotonic()

    def show(done: int, total: int) -> None:
        if monotonic() - start < PROGRESS_AFTER:
            return
        filled = 30 * done // max(total, 1)
        end = "\r\033[K" if done >= total else ""
        click.echo(
            f"\rscanning [{'█' * filled}{' ' * (30 - filled)}] {done:,}/{total:,} files{end}", err=True, nl=False
        )

    return show


# --------------------------------------------------------------------------------------------- rendering


def _rendering(options: Options, output: Path | None, **more: Any) -> RenderOptions:
    from apilint.report.options import RenderOptions
    from apilint.repository import describe
    from apilint.source import raw_text

    repository = describe(options.root)
    return RenderOptions(
        version=__version__,
        color=_color(output),
        width=_width(output),
        path_prefix=repository.prefix,
        repository_uri=repository.uri,
        revision=repository.revision,
        branch=repository.branch,
        sources=raw_text(options.root),
        **more,
    )


def _plain_rendering() -> RenderOptions:
    from apilint.report.options import RenderOptions

    return RenderOptions(version=__version__, color=_color(None), width=_width(None))


def _color(output: Path | None) -> bool:
    if output is not None or os.environ.get("NO_COLOR"):
        return False
    if os.environ.get("FORCE_COLOR"):
        return True
    return sys.stdout.isatty() and os.environ.get("TERM") != "dumb"


def _width(output: Path | None) -> int:
    if output is not None or not sys.stdout.isatty():
        return 0
    import shutil

    return shutil.get_terminal_size().columns


def _visible(report: Report, config: Config, min_severity: str | None, min_confidence: str | None) -> Report:
    """The findings at or above the thresholds."""
    import msgspec

    severity = LEVELS.index(min_severity or config.min_severity)
    sureness = SURENESS.index(min_confidence or config.min_confidence)

    def shown(finding: Finding) -> bool:
        return finding.severity.rank >= severity and finding.precision.rank >= sureness

    return msgspec.structs.replace(report, findings=tuple(filter(shown, report.findings)))


def _status(report: Report, fail_on: str, exit_zero: bool) -> int:
    if any(each.fatal for each in report.diagnostics):
        return FAILED
    bad = LEVELS.index(fail_on)
    found = any(finding.suppression is None and finding.severity.rank >= bad for finding in report.findings)
    return FOUND if found and not exit_zero else CLEAN


def _write(text: str, output: Path | None) -> None:
    """To standard output, or to a file: whole or not at all."""
    data = text.encode("utf-8", "backslashreplace")
    if output is None:
        click.get_binary_stream("stdout").write(data)
        return
    from apilint.cache import write_atomically

    try:
        write_atomically(output, data)
    except OSError as error:
        _fail(f"{output}: cannot be written: {error.strerror or error}")


# ---------------------------------------------------------------------------------------------- failures


def _told(work: Any) -> Any:
    """Run; what the user can mend ends in one line and status 2."""
    from apilint.config import ConfigError

    try:
        return work()
    except ConfigError as error:
        _fail(str(error))


def _nearest(problem: str, word: str, known: Sequence[str]) -> str:
    import difflib

    close = difflib.get_close_matches(word, known, 1, 0.5)
    return f"{problem}; did you mean '{close[0]}'?" if close else problem


def _fail(message: str) -> NoReturn:
    click.echo(f"apilint: {message}", err=True)
    sys.exit(FAILED)
