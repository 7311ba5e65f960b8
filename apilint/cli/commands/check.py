"""`apilint check`: the findings."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from apilint.cli.ending import FAILED, LEVELS, exit_status, fail
from apilint.cli.fixing import checked, fixed, seen, show_fixes
from apilint.cli.options import (
    InOrder,
    format_outputs,
    run_options,
    since_revision,
    with_config,
    with_environment,
    with_jobs,
    with_no_cache,
    with_paths,
    with_verbose,
)
from apilint.cli.output import SURENESS, complain, only, render_options, write
from apilint.report import FORMATS, render
from apilint.report.summary import visible

if TYPE_CHECKING:
    from apilint.report.rows import RouteRow

WITH_EDITS = ("html", "json", "sarif")
WITH_ROUTES = ("html",)


@click.command(cls=InOrder, short_help="Report what is wrong; --fix mends what is sure.")
@with_paths
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
@click.option("--fix", is_flag=True, help="Mend what can be mended safely, and report the rest.")
@click.option("--unsafe-fixes", is_flag=True, help="With --fix or --diff: also what a person should look at.")
@click.option("--diff", is_flag=True, help="Show what --fix would change, and change nothing.")
@click.option("--no-baseline", is_flag=True, help="Report also what the baseline accepts.")
@click.option("--require-reasons", is_flag=True, help="Report accepted findings whose note gives no reason (APL907).")
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
@with_config
@with_environment
@with_no_cache
@with_jobs
@with_verbose
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
    fix: bool,
    unsafe_fixes: bool,
    diff: bool,
    no_baseline: bool,
    require_reasons: bool,
    statistics: bool,
    since: str,
    sarif_category: str,
    sarif_suppressed: str,
    config: Path | None,
    environment: Path | None,
    no_cache: bool,
    jobs: int | None,
    verbose: bool,
) -> None:
    """Check the project and report the findings in PATHS (default: the current directory).

    The whole project is always linked, however few files are named. Exit status: 0 clean, 1 findings, 2 the job
    could not be done.
    """
    wanted = format_outputs(ctx.meta["order"], formats, outputs)
    edits = any(name in WITH_EDITS for name, _ in wanted)
    options = run_options(
        paths,
        config,
        no_cache,
        jobs,
        select,
        ignore,
        since_revision(since),
        edits=edits,
        baseline=not no_baseline,
        require_reasons=require_reasons,
        environment=environment,
    )
    if unsafe_fixes and not (fix or diff):
        fail("--unsafe-fixes goes with --fix or --diff")
    is_shown = visible(options.config, min_severity, min_confidence)
    if diff:
        sys.exit(show_fixes(options, is_shown, unsafe_fixes))
    report = fixed(options, is_shown, unsafe_fixes) if fix else None
    routes: Sequence[RouteRow] = ()
    if any(name in WITH_ROUTES for name, _ in wanted):
        report, routes = seen(options)
    report = only(report or checked(options), is_shown)
    status = exit_status(report, fail_on or options.config.fail_on, exit_zero)
    for name, output in wanted:
        rendering = render_options(
            options,
            output,
            verbose=verbose,
            statistics=statistics,
            sarif_category=sarif_category,
            sarif_suppressed=sarif_suppressed,
            exit_code=status,
            routes=routes,
            execution_successful=status != FAILED,
        )
        write(render(report, name, options=rendering), output)
    complain(report.diagnostics, verbose, any(name in ("text", "concise") and not output for name, output in wanted))
    sys.exit(status)
