"""What the command line says -> `pipeline.Options`, and which format goes where."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click
import msgspec

from apilint.cli.ending import fail, told

if TYPE_CHECKING:
    from apilint.pipeline import Options

FORMAT_OF = {".html": "html", ".json": "json", ".md": "markdown", ".sarif": "sarif", ".txt": "text", ".xml": "junit"}

with_paths = click.argument("paths", nargs=-1, type=click.Path(path_type=Path))
with_config = click.option(
    "--config", type=click.Path(path_type=Path, dir_okay=False), help="Read settings from this file."
)
with_environment = click.option(
    "--environment",
    type=click.Path(path_type=Path, file_okay=False, exists=True),
    help="Follow guards and routes into the libraries that are installed in this virtual environment.",
)
with_no_cache = click.option("--no-cache", is_flag=True, help="Scan every file again and keep nothing.")
with_jobs = click.option(
    "--jobs", "-j", type=click.IntRange(min=1), help="Processes to scan with (default: one per processor)."
)
with_verbose = click.option("-v", "--verbose", is_flag=True, help="Say more: notes on what could not be resolved.")


class InOrder(click.Command):
    """A command that knows in which order its options were given."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Remember the order, which click forgets."""
        _, _, order = self.make_parser(ctx).parse_args(args=list(args))
        ctx.meta["order"] = [parameter.name for parameter in order]
        return super().parse_args(ctx, args)


def run_options(
    paths: tuple[Path, ...],
    config: Path | None,
    no_cache: bool,
    jobs: int | None,
    select: Sequence[str],
    ignore: Sequence[str],
    since: str,
    *,
    edits: bool = False,
    baseline: bool = True,
    require_reasons: bool = False,
    environment: Path | None = None,
) -> Options:
    from apilint import config as settings
    from apilint import streams
    from apilint.pipeline import Options

    for path in paths:
        try:
            path.stat()
        except OSError as error:
            fail(f"{path}: {error.strerror}")
    root = told(lambda: settings.find_root(paths or (Path.cwd(),)))
    loaded = told(lambda: settings.load(root, config))
    if environment is not None:
        loaded = msgspec.structs.replace(loaded, environment=os.path.abspath(environment))
    return Options(
        paths=tuple(Path(os.path.abspath(path)) for path in paths) or (() if since else (Path.cwd(),)),
        root=root,
        config=loaded,
        select=codes(select),
        ignore=codes(ignore),
        since=since,
        edits=edits,
        baseline=baseline,
        require_reasons=require_reasons,
        cache=not no_cache,
        jobs=jobs or 0,
        progress=streams.progress(),
    )


def codes(values: Iterable[str]) -> tuple[str, ...]:
    """The words of --select and --ignore; codes may be typed in small letters."""
    words = [word.strip() for value in values for word in value.split(",")]
    return tuple(word.upper() if re.fullmatch(r"[a-zA-Z]+\d+", word) else word for word in words if word)


def since_revision(revision: str) -> str:
    """Between two revisions (`pre-commit run --from-ref`, pre-push), the change began at the first, not at HEAD."""
    return os.environ.get("PRE_COMMIT_FROM_REF") or revision if revision == "HEAD" else revision


def format_outputs(
    order: Iterable[str], formats: Sequence[str], outputs: Sequence[Path]
) -> list[tuple[str, Path | None]]:
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
    pairs += [(format_of(file), file) for file in waiting]
    if sum(output is None for _, output in pairs) > 1:
        fail("only one format can go to standard output: give the others an --output each")
    if len({os.path.realpath(output) for _, output in pairs if output}) < len(outputs):
        fail("two formats cannot be written to the same file")
    return pairs or [("text", None)]


def format_of(path: Path) -> str:
    """The format of a file for which none is named."""
    found = FORMAT_OF.get(path.suffix.lower())
    if found is None:
        fail(f"--output {path}: say with --format before it what is to be written")
    return found
