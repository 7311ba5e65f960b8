"""The command line: options in, text and exit status out."""

from __future__ import annotations

import gc
import os
import re
import sys
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn, TypeVar

import click

from apilint import __version__

if TYPE_CHECKING:
    from apilint.config import Config
    from apilint.finding import Diagnostic, Report, RuleInfo
    from apilint.pipeline import Options
    from apilint.report.options import RenderOptions

T = TypeVar("T")

CLEAN, FOUND, FAILED, INTERRUPTED = 0, 1, 2, 130
LEVELS = ("note", "warning", "error")
SURENESS = ("low", "medium", "high", "very-high")
FORMATS = ("text", "concise", "json", "sarif", "github")
FORMAT_OF = {".json": "json", ".sarif": "sarif", ".txt": "text"}

_paths = click.argument("paths", nargs=-1, type=click.Path(path_type=Path))
_config = click.option(
    "--config", type=click.Path(path_type=Path, dir_okay=False), help="Read settings from this file."
)
_no_cache = click.option("--no-cache", is_flag=True, help="Scan every file again and keep nothing.")
_jobs = click.option(
    "--jobs", "-j", type=click.IntRange(min=1), help="Processes to scan with (default: one per processor)."
)
_verbose = click.option("-v", "--verbose", is_flag=True, help="Say more: notes on what could not be resolved.")


class _InOrder(click.Command):
    """A command that knows in which order its options were given."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Remember the order, which click forgets."""
        _, _, order = self.make_parser(ctx).parse_args(args=list(args))
        ctx.meta["order"] = [parameter.name for parameter in order]
        return super().parse_args(ctx, args)


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, message="apilint %(version)s")
def cli() -> None:
    """Find security mistakes in Flask, FastAPI and Django APIs, and prove them.

    apilint links the whole program as the framework does at start-up, so it knows every route and who may call it.
    """


@cli.command(cls=_InOrder)
@_paths
@click.option(
    "--format",
    "formats",
    type=click.Choice(FORMATS),
    multiple=True,
    help="Output format; repeat it, with --output, for several.",
)
@click.option(
    "--output",
    "-o",
    "outputs",
    type=click.Path(path_type=Path, dir_okay=False),
    multiple=True,
    help="Write the format named before to this file.",
)
@click.option(
    "--select",
    multiple=True,
    metavar="RULES",
    help="Run only these rules: codes, names or beginnings of codes, separated by commas.",
)
@click.option("--ignore", multiple=True, metavar="RULES", help="Leave these rules out.")
@click.option("--min-severity", type=click.Choice(LEVELS), help="Show findings of this severity and above.")
@click.option(
    "--min-confidence",
    type=click.Choice(SURENESS),
    help="Show findings of this confidence and above (default: medium).",
)
@click.option("--fail-on", type=click.Choice(LEVELS), help="Exit 1 only for findings of this severity and above.")
@click.option("--exit-zero", is_flag=True, help="Exit 0 although there are findings.")
@click.option("--statistics", is_flag=True, help="End with counts by rule.")
@click.option(
    "--since",
    metavar="REVISION",
    default="",
    help="Report also on routes elsewhere whose verdict is not what it was at this git revision. Without PATHS: on "
    "what has changed since.",
)
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
@click.pass_context
def check(
    ctx: click.Context,
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
    since: str,
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

    pairs = _pairs(ctx.meta["order"], formats, outputs)
    options = _options(paths, config, no_cache, jobs, select, ignore, _since(since))
    report = _visible(_told(lambda: lint(options)), options.config, min_severity, min_confidence)
    status = _status(report, fail_on or options.config.fail_on, exit_zero)
    for name, output in pairs:
        from apilint import report as reports

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
        _write(reports.render(report, name, options=rendering), output)
    _complain(report.diagnostics, verbose, any(name in ("text", "concise") and not output for name, output in pairs))
    sys.exit(status)


@cli.command()
@_paths
@click.option("--format", "format_", type=click.Choice(("table", "json")), default="table", show_default=True)
@click.option("--output", "-o", type=click.Path(path_type=Path, dir_okay=False), help="Write to this file.")
@click.option("--public", is_flag=True, help="Only what anyone may call.")
@click.option(
    "--why",
    metavar="ROUTE",
    help="The chain by which each guard reaches, or fails to reach, this route: a path, with * if you like, perhaps "
    "after a method.",
)
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

    options = _options(paths, config, no_cache, jobs, (), (), "")
    rows, diagnostics = _told(lambda: survey(options))
    if public:
        rows = [row for row in rows if row.auth in ("none", "optional")]
    if why is not None:
        rows = tables.matching(rows, why) or _fail(tables.no_route(rows, why))
    rendering = _rendering(options, output, verbose=verbose)
    if format_ == "json":
        text = tables.render_json(rows, diagnostics)
    elif why is not None:
        text = tables.render_why(rows, why, rendering)
    else:
        text = tables.render_table(rows, rendering, diagnostics)
    _write(text, output)
    _complain(diagnostics, verbose, format_ == "table" and why is None and output is None)
    sys.exit(FAILED if any(each.fatal for each in diagnostics) else CLEAN)


@cli.command()
@click.argument("rule", required=False, metavar="[CODE|NAME]")
@_config
def rule(rule: str | None, config: Path | None) -> None:
    """Explain a rule; list those of a family (APL1), or all of them without an argument."""
    from apilint.report.catalogue import render_list, render_rule

    infos = _told(lambda: _rule_infos(config))
    options = _plain_rendering()
    exact = [info for info in infos if rule is not None and rule.lower() in (info.code.lower(), info.name)]
    if exact:
        _write(render_rule(exact[0], options), None)
        return
    listed = [info for info in infos if rule is None or info.code.startswith(rule.upper())]
    if not listed:
        _fail(_unknown_rule(str(rule), infos))
    _write(render_list(listed, options), None)


def _rule_infos(config: Path | None) -> list[RuleInfo]:
    from apilint import config as settings
    from apilint.rule import load_rules

    loaded = settings.load(settings.find_root((Path.cwd(),)), config)
    return [rule.info() for rule in load_rules(loaded)]


def _unknown_rule(word: str, infos: Iterable[RuleInfo]) -> str:
    from apilint.shape import closest

    known = [word for info in infos for word in (info.code, info.name)]
    return f"no rule is called '{word}'{closest(word, known) or '; `apilint rule` lists them'}"


def main() -> NoReturn:
    """The entry point: what a user can cause ends in one line, never in a traceback."""
    gc.disable()  # a run is short: what is garbage goes with it
    status = _run()
    for stream in (sys.stdout, sys.stderr):
        try:
            if stream is not None:
                stream.flush()
        except BrokenPipeError:
            pass  # whoever was reading has read enough
        except OSError:
            status = FAILED
    os._exit(status)  # taking apart what a run has built takes longer than the run of a small project


def _run() -> int:
    """Run the command; return the exit status."""
    try:
        status = cli.main(prog_name="apilint", standalone_mode=False)
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else FAILED
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except (click.Abort, KeyboardInterrupt):
        _say("interrupted")
        return INTERRUPTED
    except BrokenPipeError:  # on standard error
        return FAILED
    except Exception:  # noqa: BLE001 - a mistake of ours must not pass for findings, which are status 1
        import traceback

        traceback.print_exc()
        _say("this is a mistake in apilint, not in your program; please report it with the lines above")
        return FAILED
    return status if isinstance(status, int) else CLEAN


# ---------------------------------------------------------------------------------------------- options


def _options(
    paths: tuple[Path, ...],
    config: Path | None,
    no_cache: bool,
    jobs: int | None,
    select: Sequence[str],
    ignore: Sequence[str],
    since: str,
) -> Options:
    from apilint import config as settings
    from apilint import streams
    from apilint.pipeline import Options

    for path in paths:
        try:
            path.stat()
        except OSError as error:
            _fail(f"{path}: {error.strerror}")
    root = _told(lambda: settings.find_root(paths or (Path.cwd(),)))
    loaded = _told(lambda: settings.load(root, config))
    return Options(
        paths=tuple(Path(os.path.abspath(path)) for path in paths) or (() if since else (Path.cwd(),)),
        root=root,
        config=loaded,
        select=_codes(select),
        ignore=_codes(ignore),
        since=since,
        cache=not no_cache,
        jobs=jobs or 0,
        progress=streams.progress(),
    )


def _codes(values: Iterable[str]) -> tuple[str, ...]:
    """The words of --select and --ignore; codes may be typed in small letters."""
    words = [word.strip() for value in values for word in value.split(",")]
    return tuple(word.upper() if re.fullmatch(r"[a-zA-Z]+\d+", word) else word for word in words if word)


def _since(revision: str) -> str:
    """Between two revisions (`pre-commit run --from-ref`, pre-push), the change began at the first, not at HEAD."""
    return os.environ.get("PRE_COMMIT_FROM_REF") or revision if revision == "HEAD" else revision


def _pairs(order: Iterable[str], formats: Sequence[str], outputs: Sequence[Path]) -> list[tuple[str, Path | None]]:
    """Each format with the file that it is to be written to: the --output after it, or before the first --format."""
    names, files = iter(formats), iter(outputs)
    pairs: list[tuple[str, Path | None]] = []
    waiting: list[Path] = []
    for option in order:
        if option == "formats":
            pairs.append((next(names), waiting.pop() if waiting else None))
        elif option == "outputs":
            file = next(files)
            if pairs and pairs[-1][1] is None:
                pairs[-1] = (pairs[-1][0], file)
            else:
                waiting.append(file)
    pairs += [(_format_of(file), file) for file in waiting]
    if sum(output is None for _, output in pairs) > 1:
        _fail("only one format can go to standard output: give the others an --output each")
    if len({os.path.realpath(output) for _, output in pairs if output}) < len(outputs):
        _fail("two formats cannot be written to the same file")
    return pairs or [("text", None)]


def _format_of(path: Path) -> str:
    """The format of a file for which none is named."""
    found = FORMAT_OF.get(path.suffix.lower())
    if found is None:
        _fail(f"--output {path}: say with --format before it what is to be written")
    return found


# --------------------------------------------------------------------------------------------- rendering


def _rendering(options: Options, output: Path | None, **more: Any) -> RenderOptions:
    from apilint import streams
    from apilint.report.options import RenderOptions
    from apilint.repository import describe
    from apilint.source import raw_text

    repository = describe(options.root)
    return RenderOptions(
        version=__version__,
        color=streams.has_color(output),
        width=streams.width(output),
        path_prefix=repository.prefix,
        repository_uri=repository.uri,
        revision=repository.revision,
        branch=repository.branch,
        sources=raw_text(options.root),
        **more,
    )


def _plain_rendering() -> RenderOptions:
    from apilint import streams
    from apilint.report.options import RenderOptions

    return RenderOptions(version=__version__, color=streams.has_color(None), width=streams.width(None))


def _visible(report: Report, config: Config, min_severity: str | None, min_confidence: str | None) -> Report:
    """The findings at or above the thresholds."""
    import msgspec

    severity = LEVELS.index(min_severity or config.min_severity)
    sureness = SURENESS.index(min_confidence or config.min_confidence)
    findings = tuple(
        finding
        for finding in report.findings
        if finding.severity.rank >= severity and finding.precision.rank >= sureness
    )
    return msgspec.structs.replace(report, findings=findings)


def _status(report: Report, fail_on: str, exit_zero: bool) -> int:
    if any(each.fatal for each in report.diagnostics):
        return FAILED
    bad = LEVELS.index(fail_on)
    found = any(finding.suppression is None and finding.severity.rank >= bad for finding in report.findings)
    return FOUND if found and not exit_zero else CLEAN


def _complain(diagnostics: Iterable[Diagnostic], verbose: bool, is_told: bool) -> None:
    """Say on standard error what could not be analysed, unless the same eyes have read it in the report."""
    from apilint import streams
    from apilint.report.summary import diagnostic_line, ordered

    if is_told and streams.are_one():
        return
    for diagnostic in ordered(tuple(diagnostics)):
        if diagnostic.fatal or (verbose and not is_told):
            click.echo(diagnostic_line(diagnostic), err=True)


def _write(text: str, output: Path | None) -> None:
    from apilint import streams

    try:
        streams.write(text, output)
    except OSError as error:
        _fail(f"{output or 'standard output'}: cannot be written: {error.strerror or error}")


# ---------------------------------------------------------------------------------------------- failures


def _told(work: Callable[[], T]) -> T:
    """Run; what the user can mend ends in one line and status 2."""
    from apilint.config import ConfigError
    from apilint.pipeline import NothingToAnalyse

    try:
        return work()
    except (ConfigError, NothingToAnalyse) as error:
        _fail(str(error))


def _fail(message: str) -> NoReturn:
    _say(message)
    sys.exit(FAILED)


def _say(message: str) -> None:
    click.echo(f"apilint: {message}", err=True)
