"""`apilint routes`: who may call what."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from apilint.cli.ending import CLEAN, FAILED, LEVELS, fail, told
from apilint.cli.options import (
    run_options,
    with_config,
    with_environment,
    with_jobs,
    with_no_cache,
    with_paths,
    with_verbose,
)
from apilint.cli.output import complain, render_options, write
from apilint.cli.surface import picture_of, task_of, tell_changes, tell_differences, write_lock


@click.command(short_help="Show every route and who may call it.")
@with_paths
@click.option(
    "--format",
    "format_",
    type=click.Choice(("table", "json", "html", "openapi", "text", "markdown")),
    help="table (default), json, html for a picture, or openapi for a specification's skeleton; with --check, --diff "
    "and --openapi text (default), markdown or json.",
)
@click.option("--output", "-o", type=click.Path(path_type=Path, dir_okay=False), help="Write to this file.")
@click.option("--public", is_flag=True, help="Only what anyone may call.")
@click.option(
    "--why",
    metavar="ROUTE",
    help="The chain by which each guard reaches, or fails to reach, this route: a path, with * if you like, perhaps "
    "after a method.",
)
@click.option("--lock", is_flag=True, help="Write who may call what to apilint.routes, for review with the change.")
@click.option("--check", is_flag=True, help="Say what has changed against apilint.routes.")
@click.option("--diff", metavar="REVISION", help="Say what has changed against this git revision.")
@click.option(
    "--openapi",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Say where the program and this OpenAPI specification differ.",
)
@click.option(
    "--fail-on",
    type=click.Choice(LEVELS),
    default="note",
    help="With --check, --diff and --openapi: exit 1 only for changes of this severity and above.",
)
@with_config
@with_environment
@with_no_cache
@with_jobs
@with_verbose
def routes(
    paths: tuple[Path, ...],
    format_: str | None,
    output: Path | None,
    public: bool,
    why: str | None,
    lock: bool,
    check: bool,
    diff: str | None,
    openapi: Path | None,
    fail_on: str,
    config: Path | None,
    environment: Path | None,
    no_cache: bool,
    jobs: int | None,
    verbose: bool,
) -> None:
    """Show every route: methods, full path, handler, verdict, and the guards with where they come from.

    With --lock, --check, --diff or --openapi: the surface as a file, and what differs from it. Exit status: 0 no
    difference, 1 differences, 2 the job could not be done.
    """
    from apilint.pipeline import survey
    from apilint.report import routes as tables
    from apilint.review import skeleton_of

    options = run_options(paths, config, no_cache, jobs, (), (), "", environment=environment)
    asked = {
        "--lock": lock,
        "--check": check,
        "--diff": diff is not None,
        "--openapi": openapi is not None,
        "--why": why is not None,
    }
    task = task_of(asked, public, format_)
    if task == "--lock":
        sys.exit(write_lock(options, output))
    if task in ("--check", "--diff"):
        sys.exit(tell_changes(options, diff, format_ or "text", output, fail_on))
    if openapi is not None:
        sys.exit(tell_differences(options, openapi, format_ or "text", output, fail_on))
    format_ = format_ or "table"
    rows, diagnostics = told(lambda: survey(options))
    if public:
        rows = [row for row in rows if row.auth in ("none", "optional")]
    if why is not None:
        rows = tables.matching(rows, why) or fail(tables.no_route(rows, why))
    rendering = render_options(options, output, verbose=verbose)
    if format_ == "openapi":
        text = told(lambda: skeleton_of(rows, options))
    elif format_ == "html":
        text = picture_of(rows, diagnostics, rendering)
    elif format_ == "json":
        text = tables.render_json(rows, diagnostics)
    elif why is not None:
        text = tables.render_why(rows, why, rendering)
    else:
        text = tables.render_table(rows, rendering, diagnostics)
    write(text, output)
    complain(diagnostics, verbose, format_ == "table" and why is None and output is None)
    sys.exit(FAILED if any(each.fatal for each in diagnostics) else CLEAN)
