"""`apilint triage`: what is left, one finding at a screen, and what is to become of it."""

from __future__ import annotations

from pathlib import Path

import click

from apilint.cli.options import run_options, with_config, with_jobs, with_no_cache, with_paths
from apilint.cli.triage import Triage


@click.command(short_help="Go through the findings one by one.")
@with_paths
@click.option("--author", help="Who decides (default: git's user.name).")
@with_config
@with_no_cache
@with_jobs
def triage(
    paths: tuple[Path, ...],
    author: str | None,
    config: Path | None,
    no_cache: bool,
    jobs: int | None,
) -> None:
    """Go through the findings one by one: accept with a reason, mark the route public, ignore in the code, mend, skip.

    Every decision is written at once, so that quitting loses nothing.
    """
    Triage(run_options(paths, config, no_cache, jobs, (), (), ""), author).run()
