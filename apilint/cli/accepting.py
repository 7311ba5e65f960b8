"""Findings -> entries of the baseline, written to its file."""

from __future__ import annotations

import subprocess
from collections.abc import Collection
from pathlib import Path
from typing import TYPE_CHECKING

from apilint.cli.ending import told
from apilint.cli.output import write

if TYPE_CHECKING:
    from apilint.baseline import Entry, Note
    from apilint.finding import Finding, Report
    from apilint.pipeline import Options


class Acceptance:
    """The baseline of a project, on its way to be written. `options` are those to find out with what it is about."""

    def __init__(self, options: Options) -> None:
        import msgspec

        from apilint import baseline
        from apilint.pipeline import baseline_path

        self.path = baseline_path(options)
        found = told(lambda: baseline.load(self.path, self.path.name))
        self.old: tuple[Entry, ...] = found.entries if found is not None else ()
        config = options.config if found is not None else msgspec.structs.replace(options.config, baseline=None)
        self.options: Options = msgspec.structs.replace(options, config=config)

    def rewrite(self, report: Report, new: Collection[Finding], note: Note) -> tuple[int, int]:
        """Write the entries that match a finding of the report, and those for `new` ones. How many there are then, and
        how many have gone."""
        from apilint import baseline
        from apilint.scope import named

        scope = named(self.options.root, self.options.paths)
        broken = {each.file for each in report.diagnostics if each.fatal}

        def is_kept(entry: Entry) -> bool:
            return not scope.covers(entry.file) or entry.file in broken

        wanted = [finding for finding in new if not finding.place.file.endswith(self.path.name)]
        entries = baseline.rewritten(self.old, report.findings, wanted, note, is_kept)
        write(baseline.render(entries), self.path)
        gone = len(self.old) + len(wanted) - len(entries)
        self.old = tuple(entries)
        return len(entries), gone

    def explained(self, report: Report) -> set[str]:
        """The fingerprints of findings that are accepted for a reason, and still are."""
        entries = {entry.fingerprint: entry for entry in self.old}
        now = self.options.today()
        return {
            finding
            for finding, entry in self._matched(report).items()
            if entries[entry].note.reason and not entries[entry].is_expired(now)
        }

    def forget(self, finding: Finding, report: Report) -> None:
        """Take out the entry for a finding that has been dealt with in the code."""
        from apilint import baseline

        known = self._matched(report).get(finding.fingerprint)
        if known is not None:
            self.old = tuple(entry for entry in self.old if entry.fingerprint != known)
            write(baseline.render(self.old), self.path)

    def _matched(self, report: Report) -> dict[str, str]:
        """The fingerprints of the entries by those of the findings that they accept."""
        from apilint import baseline

        return baseline.match(report.findings, self.old, {entry.file for entry in self.old})


def author_of(root: Path) -> str:
    """Who git says that is at work here."""
    try:
        done = subprocess.run(["git", "config", "user.name"], cwd=root, capture_output=True, check=False)
    except OSError:
        return ""
    return done.stdout.decode("utf-8", "replace").strip()


__all__ = ["Acceptance", "author_of"]
