"""Source strings -> a linked project and its findings, for tests."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from apilint.config import Config, load
from apilint.finding import Finding, Report
from apilint.pipeline import Options, lint, survey
from apilint.report.rows import RouteRow


def write(folder: Path, files: Mapping[str, str | bytes]) -> Path:
    """Write a project into a folder."""
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return folder


def report(folder: Path, *, select: tuple[str, ...] = (), cache: bool = False, **config: object) -> Report:
    """Lint a folder in this process, with the settings that it has or those that are given."""
    settings = Config(**config) if config else load(folder)  # type: ignore[arg-type]
    return lint(Options(root=folder, config=settings, select=select, cache=cache, jobs=1))


def findings(folder: Path, *select: str) -> list[Finding]:
    """What the selected rules find in a folder, at any confidence."""
    return list(report(folder, select=select).findings)


def routes(folder: Path) -> list[RouteRow]:
    """The routes of a folder."""
    return survey(Options(root=folder, config=Config(), cache=False, jobs=1))[0]
