"""`apilint baseline`: what is found now is accepted, and written down to be reviewed."""

from __future__ import annotations

import datetime
from pathlib import Path

import click

from apilint.cli.accepting import Acceptance, author_of
from apilint.cli.ending import say
from apilint.cli.fixing import checked
from apilint.cli.options import run_options, with_config, with_jobs, with_no_cache, with_paths
from apilint.cli.output import only
from apilint.report.summary import plural, shown, visible


@click.command(short_help="Accept what is found now, in a file for review.")
@with_paths
@click.option("--reason", default="", help="Why the findings that are new here are accepted.")
@click.option("--author", help="Who accepts them (default: git's user.name).")
@click.option("--expires", type=click.DateTime(["%Y-%m-%d"]), help="The last day on which they are.")
@with_config
@with_no_cache
@with_jobs
def baseline(
    paths: tuple[Path, ...],
    reason: str,
    author: str | None,
    expires: datetime.datetime | None,
    config: Path | None,
    no_cache: bool,
    jobs: int | None,
) -> None:
    """Accept what is found now: write apilint.baseline.yaml, which `check` subtracts.

    Notes of findings that are still there are kept, entries that match nothing any more go. With PATHS, only the
    entries of these files change.
    """
    from apilint.baseline import Note

    options = run_options(paths, config, no_cache, jobs, (), (), "")
    acceptance = Acceptance(options)
    report = checked(acceptance.options)
    note = Note(reason, author if author is not None else author_of(options.root), expires.date() if expires else None)
    found = shown(only(report, visible(options.config)))
    count, gone = acceptance.rewrite(report, found, note)
    say(f"{plural(count, 'finding')} accepted in {acceptance.path.name}, {gone:,} gone")
