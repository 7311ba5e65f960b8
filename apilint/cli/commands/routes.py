"""`apilint routes`: who may call what."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from apilint.cli.ending import CLEAN, FAILED, fail, told
from apilint.cli.options import run_options, with_config, with_jobs, with_no_cache, with_paths, with_verbose
from apilint.cli.output import complain, render_options, write


@click.command()
@with_paths
@click.option("--format", "format_", type=click.Choice(("table", "json")), default="table", show_default=True)
@click.option("--output", "-o", type=click.Path(path_type=Path, dir_okay=False), help="Write to this file.")
@click.option("--public", is_flag=True, help="Only what anyone may call.")
@click.option(
    "--why",
    metavar="ROUTE",
    help="The chain by which each guard reaches, or fails to reach, this route: a path, with * if you like, perhaps "
    "after a method.",
)
@with_config
@with_no_cache
@with_jobs
@with_verbose
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

    options = run_options(paths, config, no_cache, jobs, (), (), "")
    rows, diagnostics = told(lambda: survey(options))
    if public:
        rows = [row for row in rows if row.auth in ("none", "optional")]
    if why is not None:
        rows = tables.matching(rows, why) or fail(tables.no_route(rows, why))
    rendering = render_options(options, output, verbose=verbose)
    if format_ == "json":
        text = tables.render_json(rows, diagnostics)
    elif why is not None:
        text = tables.render_why(rows, why, rendering)
    else:
        text = tables.render_table(rows, rendering, diagnostics)
    write(text, output)
    complain(diagnostics, verbose, format_ == "table" and why is None and output is None)
    sys.exit(FAILED if any(each.fatal for each in diagnostics) else CLEAN)
