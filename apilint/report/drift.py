"""Changes of the surface -> what a reviewer reads: on a terminal, in a pull request, in a program."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Any

import msgspec

from apilint.finding import Severity
from apilint.report.json import VERSION, dump
from apilint.report.markup import cell, escaped, fitting
from apilint.report.options import RenderOptions
from apilint.report.rows import RouteRow
from apilint.report.summary import plural
from apilint.report.terminal import one_line, pad, paint, width
from apilint.surface import FILE_NAME, KINDS, Change, Entry

_TITLES = {
    "became-public": "became public",
    "added-open": "added, open to anyone",
    "guard-lost": "guard lost",
    "added-unclear": "added, not known to be guarded",
    "added": "added, guarded",
    "moved": "moved",
    "guard-gained": "guard gained",
    "changed": "changed",
    "removed": "removed",
    "renamed": "another handler, the same access",
}
_STYLES = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.NOTE: "note"}
# The widest cells that columns make room for: label, difference.
_WIDEST = (48, 48)
_MARK = "<!-- apilint routes -->"


class Drift(msgspec.Struct, frozen=True):
    """What has changed against `base` (the lock file's name, or a revision). `now` are the routes that the changes'
    entries came from, `before` those of a revision."""

    base: str
    changes: tuple[Change, ...]
    now: tuple[RouteRow, ...]
    before: tuple[RouteRow, ...] = ()

    @property
    def is_locked(self) -> bool:
        """Whether the base is the lock file."""
        return self.base == FILE_NAME

    def place(self, change: Change) -> tuple[str, int]:
        """File and line of the route as it is; of one that is gone, where it stood."""
        if change.after is not None:
            row = self.now[change.after.at]
        elif self.is_locked:
            return FILE_NAME, change.entry.at
        else:
            row = self.before[change.entry.at]
        return row.file, row.line

    def exceeds(self, level: Severity) -> bool:
        """Whether there is drift of this severity or above."""
        return any(change.is_drift and change.severity.rank >= level.rank for change in self.changes)


# ------------------------------------------------------------------------------------------------ text


def render_text(drift: Drift, options: RenderOptions) -> str:
    """The changes in groups, the worst first, and what they come to."""
    blocks = []
    for kind, group in groupby(drift.changes, key=lambda change: change.kind):
        title = paint(_TITLES[kind], _STYLES[KINDS[kind]], color=options.color)
        blocks.append("\n".join([title, *_lines(drift, list(group))]))
    return "\n\n".join([*blocks, _conclusion(drift)]) + "\n"


def _lines(drift: Drift, changes: Sequence[Change]) -> Iterator[str]:
    """One line a route: label, what is different, handler and place, each below the others as far as they fit."""
    cells = [(one_line(each.entry.label), one_line(_difference(each)), _where(drift, each)) for each in changes]
    columns = [
        max((width(cell[index]) for cell in cells if width(cell[index]) <= widest), default=0)
        for index, widest in enumerate(_WIDEST)
    ]
    for label, difference, where in cells:
        between = f"{_fill(difference, columns[1])}  " if columns[1] else ""
        yield f"  {_fill(label, columns[0])}  {between}{where}"


def _fill(text: str, column: int) -> str:
    return pad(text, max(column, width(text)))


def _where(drift: Drift, change: Change) -> str:
    file, line = drift.place(change)
    handler = change.entry.handler.rpartition(":")[2] if change.after is not None else ""
    return one_line(f"{handler} {file}:{line}".strip())


def _difference(change: Change) -> str:
    """What is different about a route, in words."""
    before, after = change.before, change.after
    if before is None:
        declared = "declared public" if change.entry.public else ""
        return (
            declared if change.entry.verdict == "none" else ", ".join(filter(None, (change.entry.standing, declared)))
        )
    if after is None:
        return f"was {before.standing}"
    words = [f"from {before.path}"] if before.path != after.path else []
    if before.verdict != after.verdict or before.condition != after.condition:
        words.append(f"{_verdict(before)} -> {_verdict(after)}")
    words += [f"lost {', '.join(change.lost)}"] if change.lost else []
    words += [f"gained {', '.join(change.gained)}"] if change.gained else []
    if before.public != after.public:
        words.append("declared public" if after.public else "no longer declared public")
    if before.handler != after.handler:
        words.append(f"handler was {before.handler or 'none'}")
    return ", ".join(words)


def _verdict(entry: Entry) -> str:
    return f"{entry.verdict} if {entry.condition}" if entry.condition else entry.verdict


def _conclusion(drift: Drift) -> str:
    changes = [change for change in drift.changes if change.is_drift]
    renamed = len(drift.changes) - len(changes)
    if changes:
        sentence = f"{plural(len(changes), 'change')} against {drift.base}{_opening(changes)}."
    else:
        but = f"; {plural(renamed, 'handler')} renamed" if renamed else ""
        sentence = f"No change of who may call what against {drift.base}: {plural(len(drift.now), 'route')}{but}."
    if drift.is_locked and drift.changes:
        accepts = "accepts it" if len(changes) == 1 else "accepts them" if changes else "brings the file up to date"
        sentence += f"\n`apilint routes --lock` {accepts}."
    return sentence


def _opening(changes: Sequence[Change]) -> str:
    opened = sum(change.opens for change in changes)
    if len(changes) == 1:
        return ", which opens a route to anyone" if opened else ""
    if not opened:
        return ", none of which opens a route"
    return f", {opened:,} of which {'opens a route' if opened == 1 else 'open routes'} to anyone"


# -------------------------------------------------------------------------------------------- markdown


def render_markdown(drift: Drift, _options: RenderOptions) -> str:
    """The body of a comment on a pull request. The mark in its first line lets a job find its own comment again."""
    lines = [_MARK, f"### {_headline(drift)}", ""]
    if drift.changes:
        lines += ["| | route | before | now | handler |", "|---|---|---|---|---|"]
        rows = fitting(_row(drift, change) for change in drift.changes)
        lines += [*rows, ""]
        if len(rows) < len(drift.changes):
            lines += [f"{plural(len(drift.changes) - len(rows), 'more change')}, which find no room here.", ""]
    lines.append(_conclusion(drift))
    return "\n".join(lines) + "\n"


def _headline(drift: Drift) -> str:
    public = sum(change.kind == "became-public" for change in drift.changes)
    opened = sum(change.kind == "added-open" for change in drift.changes)
    said = [f"{plural(public, 'route')} became public"] if public else []
    said += [f"{plural(opened, 'new route')} open to anyone"] if opened else []
    if said:
        return f"API surface: {', '.join(said)}"
    changed = any(change.is_drift for change in drift.changes)
    return "API surface: changed, nothing opened" if changed else "API surface: unchanged"


def _row(drift: Drift, change: Change) -> str:
    file, line = drift.place(change)
    title = f"**{_TITLES[change.kind]}**" if change.opens else _TITLES[change.kind]
    handler = f"{cell(change.entry.handler)}<br>" if change.entry.handler else ""
    cells = (
        title,
        cell(change.entry.label),
        _cell(change.before, change.after),
        _cell(change.after, change.before),
        f"{handler}{escaped(file)}:{line}",
    )
    return f"| {' | '.join(cells)} |"


def _cell(entry: Entry | None, other: Entry | None) -> str:
    """One side of a change: verdict and guards, and the path or the handler where it differs from the other side."""
    if entry is None:
        return "-"
    words = [escaped(_verdict(entry)) + (", declared public" if entry.public else "")]
    words += [cell(guard) for guard in entry.guards]
    if other is not None and other.path != entry.path:
        words.append(f"at {cell(entry.path)}")
    if other is not None and other.handler != entry.handler:
        words.append(f"in {cell(entry.handler or '-')}")
    return "<br>".join(words)


# ------------------------------------------------------------------------------------------------ json


def render_json(drift: Drift, _options: RenderOptions) -> str:
    """The changes as JSON, version 1 (see docs/output.md)."""
    return dump(
        {
            "version": VERSION,
            "base": drift.base,
            "drift": any(change.is_drift for change in drift.changes),
            "changes": [_object(drift, change) for change in drift.changes],
            "stats": {kind: count for kind in KINDS if (count := sum(c.kind == kind for c in drift.changes))},
        }
    )


def _object(drift: Drift, change: Change) -> dict[str, Any]:
    file, line = drift.place(change)
    return {
        "kind": change.kind,
        "severity": change.severity.value if change.is_drift else None,
        "method": change.entry.method,
        "path": change.entry.path,
        "file": file,
        "line": line,
        "before": _side(change.before),
        "after": _side(change.after),
        "lost": change.lost,
        "gained": change.gained,
    }


def _side(entry: Entry | None) -> dict[str, Any] | None:
    if entry is None:
        return None
    return {
        "path": entry.path,
        "verdict": entry.verdict,
        "condition": entry.condition or None,
        "guards": entry.guards,
        "handler": entry.handler,
        "public": entry.public,
    }


RENDERERS = {"text": render_text, "markdown": render_markdown, "json": render_json}
