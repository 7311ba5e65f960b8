"""TYPES: an application to compare, and what it showed. Standard library only: read in every environment."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Cause:
    """Why a difference remains: for routes that `route` matches (`GET /x/*`), where `kind` is as in `Difference`."""

    kind: str
    route: str
    reason: str


@dataclass(frozen=True)
class Application:
    """What the file of an application states as `APPLICATION`, beside a function `start(scratch)`.

    `start` runs in the application's environment; it gets an empty folder, and returns the application object (for
    Django: it configures the settings and returns nothing). `packages` are the top-level packages that hold the
    application's own code; `extras` are installed too; `values` are path parameters for which 1, "a/b" or a UUID would
    not do. `files` are those of the project that an application is for, by name: settings and a list of URLs. They lie
    in the folder that `start` gets, on the import path, and beside the packages that apilint reads.
    """

    requirement: str
    framework: str
    packages: tuple[str, ...]
    extras: tuple[str, ...] = ()
    environment: Mapping[str, str] = field(default_factory=dict)
    values: Mapping[str, str] = field(default_factory=dict)
    files: Mapping[str, str] = field(default_factory=dict)
    causes: tuple[Cause, ...] = ()


@dataclass(frozen=True)
class Row:
    """One method of one route as the framework serves it, and what a caller without credentials met.

    `own` says that the handler, or the class it is called on, is the application's. `anon` reads as in
    `tests.parity.observation.Row`. `guards` are what the framework itself knows to run before the handler.
    """

    method: str
    path: str
    handler: str
    file: str
    line: int
    own: bool = True
    anon: str | None = None
    anon_status: int | None = None
    guards: tuple[str, ...] = ()


@dataclass(frozen=True)
class Observation:
    """All that the running application told. `loaded` are the files of its own packages that were imported."""

    version: str
    python: str
    frameworks: Mapping[str, str]
    rows: tuple[Row, ...]
    loaded: frozenset[str] = frozenset()
