"""The files of a project -> their facts, scanned now or known from an earlier run."""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from apilint import discover
from apilint.cache import Cache, Lookup
from apilint.facts import FileFacts, decode_file
from apilint.finding import Diagnostic
from apilint.pool import Progress, scan_all
from apilint.processes import default_jobs


class Scanned(msgspec.Struct, frozen=True):
    """The facts of a project's files by path, and what could not be had."""

    facts: dict[str, FileFacts]
    projects: tuple[str, ...]
    diagnostics: tuple[Diagnostic, ...]


def scan(
    found: discover.Discovered,
    cache: Cache,
    lookup: Lookup,
    jobs: int,
    progress: Progress | None,
    load: Callable[[], None],
) -> tuple[Scanned, dict[str, bytes]]:
    """The facts of all files, from the cache or scanned now, and the digests of what was scanned. `load` imports what
    comes next, while other processes are scanning already."""
    known, damaged = cache.load(lookup)
    missing = [*lookup.misses, *damaged]
    fresh: dict[str, tuple[bytes, bytes]] = {}
    diagnostics = list(found.diagnostics)
    if missing:
        result = scan_all(missing, jobs or default_jobs(), progress, load)
        fresh = result.fresh
        diagnostics += result.diagnostics
    cache.store(lookup, fresh)
    encoded = {**known, **{path: data for path, (_, data) in fresh.items()}}
    facts = {path: decode_file(encoded[path]) for path in sorted(encoded)}
    diagnostics += [
        Diagnostic(file, error.line, error.message) for file, each in facts.items() for error in each.errors
    ]
    digests = {path: digest for path, (digest, _) in fresh.items()}
    return Scanned(facts, found.projects, tuple(sorted(set(diagnostics)))), digests
