"""What changed of who may call what, against the lock file or a git revision; and what a specification says of it."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import msgspec

from apilint import openapi, surface
from apilint.config import ConfigError
from apilint.finding import Diagnostic
from apilint.pipeline import Options, survey, survey_before
from apilint.report.drift import Drift
from apilint.report.rows import RouteRow
from apilint.report.specification import Comparison


def lock_text(options: Options) -> tuple[str, int, list[Diagnostic]]:
    """What the lock file is to say, of how many routes, and what could not be analysed. Raises as `survey`."""
    rows, diagnostics = survey(_whole(options))
    return surface.render(_entries(rows)), len(rows), diagnostics


def against_lock(options: Options) -> tuple[Drift, list[Diagnostic]]:
    """The changes since the lock file was written. Raises ConfigError for one that cannot be used, and as `survey`."""
    before = surface.parse(_lock_file(options.root))
    rows, diagnostics = survey(_whole(options))
    return Drift(surface.FILE_NAME, tuple(surface.compare(before, _entries(rows))), tuple(rows)), diagnostics


def against_revision(options: Options) -> tuple[Drift, list[Diagnostic]]:
    """The changes since the revision `options.since`. Raises ConfigError where there is none, and as `survey`."""
    whole = _whole(options)
    before = survey_before(whole)
    rows, diagnostics = survey(msgspec.structs.replace(whole, since=""))
    changes = surface.compare(_entries(before), _entries(rows))
    return Drift(options.since, tuple(changes), tuple(rows), tuple(before)), diagnostics


def against_specification(options: Options, file: Path) -> tuple[Comparison, list[Diagnostic]]:
    """The differences of the routes in the named paths from an OpenAPI specification. Raises ConfigError for one that
    cannot be used, and as `survey`."""
    try:
        specification = openapi.read(file.read_bytes(), str(file))
    except OSError as error:
        raise ConfigError(f"{file}: cannot be read: {error.strerror}") from None
    rows, diagnostics = survey(options)
    hidden = {number for number, row in enumerate(rows) if row.hidden}
    differences = openapi.compare(specification, _entries(rows), hidden)
    return Comparison(str(file), tuple(differences), tuple(rows), len(hidden)), diagnostics


def skeleton_of(rows: Iterable[RouteRow], options: Options) -> str:
    """The skeleton of a specification. Raises ConfigError for broken library models."""
    from apilint.catalogue import load_models
    from apilint.report import skeleton

    return skeleton.render(rows, load_models(options.config).get("schemes", {}))


def _lock_file(root: Path) -> bytes:
    path = root / surface.FILE_NAME
    try:
        return path.read_bytes()
    except FileNotFoundError:
        raise ConfigError(f"{path}: there is no such file; `apilint routes --lock` writes it") from None
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read: {error.strerror}") from None


def _whole(options: Options) -> Options:
    """The surface is that of the whole project, whatever part of it is named."""
    return msgspec.structs.replace(options, paths=(options.root,))


def _entries(rows: Iterable[RouteRow]) -> list[surface.Entry]:
    return surface.entries((row, row.public) for row in rows)
