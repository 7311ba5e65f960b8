"""Findings -> SARIF results, within GitHub's limits."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

import sarif_om as sarif

from apilint.finding import Edit, Finding, Place
from apilint.fingerprint import line_hashes
from apilint.report.options import RenderOptions
from apilint.report.sarif.places import artifact, location
from apilint.report.sarif.rules import sentence
from apilint.report.summary import plural

MAX_RESULTS = 25_000
_MAX_LOCATIONS = 1_000
_MAX_STEPS = 10_000
_MAX_LINKS = 5
_BRACKET = re.compile(r"[\[\]\\]")
_LINK_LIKE = re.compile(r"\[([^\[\]]*)\](?=\()")


class LineHashes:
    """GitHub's hash of a line, computed once a file and only for files with findings."""

    def __init__(self, sources: Callable[[str], str | None]) -> None:
        self._sources = sources
        self._files: dict[str, Sequence[str]] = {}

    def of(self, place: Place) -> str | None:
        """The hash, or None where the file cannot be had (GitHub's upload action computes it then)."""
        hashes = self._files.get(place.file)
        if hashes is None:
            text = self._sources(place.file)
            hashes = self._files[place.file] = line_hashes(text) if text is not None else ()
        return hashes[place.line - 1] if 0 < place.line <= len(hashes) else None


def most_important(findings: Sequence[Finding], limit: int = MAX_RESULTS) -> list[Finding]:
    """The `limit` findings that matter most, in the order in which they came."""
    ranking = sorted(range(len(findings)), key=lambda index: _importance(findings[index]), reverse=True)
    return [findings[index] for index in sorted(ranking[:limit])]


def together(findings: Iterable[Finding]) -> list[list[Finding]]:
    """Findings of one rule on one line: they have one line hash, so GitHub would show only one of them."""
    groups: dict[tuple[object, ...], list[Finding]] = {}
    for finding in findings:
        hidden = finding.suppression is not None
        groups.setdefault((finding.code, finding.place.file, finding.place.line, hidden), []).append(finding)
    return list(groups.values())


def result(
    group: Sequence[Finding], rules: Mapping[str, int], hashes: LineHashes, options: RenderOptions
) -> sarif.Result:
    """One result for findings of one rule on one line."""
    finding, others = group[0], group[1:]
    prefix = options.path_prefix
    related = _related(group)
    return sarif.Result(
        rule_id=finding.code,
        rule_index=rules.get(finding.code, -1),
        level=finding.severity.value,
        message=sarif.Message(text=_message(finding, related, len(others))),
        locations=[location(finding.place, prefix, snippet=True)],
        related_locations=[
            location(place, prefix, number=number, message=_said(place)) for number, place in enumerate(related, 1)
        ]
        or None,
        code_flows=[_code_flow(each, prefix) for each in group if each.trace] or None,
        partial_fingerprints=_fingerprints(finding, hashes),
        suppressions=_suppressions(finding),
        fixes=[each for item in group for each in _fixes(item, prefix)] or None,
        properties=_properties(finding),
    )


def _importance(finding: Finding) -> tuple[int, float, int]:
    return finding.severity.rank, finding.security_severity, finding.precision.rank


def _related(group: Sequence[Finding]) -> list[Place]:
    """The places that the message links to: companions on the line, what the findings speak of, their proof."""
    companions = [_with_message(other.place, other.message) for other in group[1:]]
    places = (place for finding in group for place in (*finding.related, *finding.trace))
    return list(dict.fromkeys((*companions, *places)))[:_MAX_LOCATIONS]


def _message(finding: Finding, related: Sequence[Place], companions: int) -> str:
    parts = [_LINK_LIKE.sub(r"\\[\1\\]", sentence(finding.message))]
    if companions:
        parts.append(f"The same goes for {plural(companions, 'other thing')} on this line.")
    if related:
        links = [f"[{_escaped(_said(place))}]({number})" for number, place in enumerate(related[:_MAX_LINKS], 1)]
        more = f" and {plural(len(related) - _MAX_LINKS, 'more place')}" if len(related) > _MAX_LINKS else ""
        parts.append(f"See {', '.join(links)}{more}.")
    return " ".join(parts)


def _escaped(text: str) -> str:
    return _BRACKET.sub(r"\\\g<0>", text)


def _said(place: Place) -> str:
    return " ".join(place.message.split()).rstrip(".") or f"{place.file}:{place.line}"


def _with_message(place: Place, message: str) -> Place:
    return Place(place.file, place.line, place.column, place.end_line, place.end_column, message)


def _code_flow(finding: Finding, prefix: str) -> sarif.CodeFlow:
    steps = [
        sarif.ThreadFlowLocation(location=location(place, prefix, message=_said(place)))
        for place in finding.trace[:_MAX_STEPS]
    ]
    return sarif.CodeFlow(thread_flows=[sarif.ThreadFlow(locations=steps)])


def _fingerprints(finding: Finding, hashes: LineHashes) -> dict[str, str] | None:
    values = {"primaryLocationLineHash": hashes.of(finding.place), "apilint/v1": finding.fingerprint}
    return {key: value for key, value in values.items() if value} or None


def _suppressions(finding: Finding) -> list[sarif.Suppression]:
    """Empty, which says "not suppressed", and not absent, which says nothing."""
    found = finding.suppression
    return [sarif.Suppression(kind=found.kind, justification=found.reason or None)] if found else []


def _fixes(finding: Finding, prefix: str) -> Iterator[sarif.Fix]:
    """What mends it; nothing where nobody has worked out the edits, since an empty fix breaks readers."""
    fix = finding.fix
    if fix is None or not fix.edits:
        return
    files: dict[str, list[Edit]] = {}
    for edit in fix.edits:
        files.setdefault(edit.file, []).append(edit)
    changes = [
        sarif.ArtifactChange(
            artifact_location=artifact(file, prefix),
            replacements=[_replacement(edit) for edit in edits],
        )
        for file, edits in files.items()
    ]
    said = "Mend it." if fix.safe else "Mend it; review what this changes."
    yield sarif.Fix(artifact_changes=changes, description=sarif.Message(text=said))


def _replacement(edit: Edit) -> sarif.Replacement:
    region = sarif.Region(
        start_line=edit.line, start_column=edit.column, end_line=edit.end_line, end_column=edit.end_column
    )
    return sarif.Replacement(deleted_region=region, inserted_content=sarif.ArtifactContent(text=edit.text))


def _properties(finding: Finding) -> dict[str, Any]:
    values: dict[str, Any] = {"precision": finding.precision.value}
    if finding.security_severity > 0:
        values["security-severity"] = f"{finding.security_severity:.1f}"
    if finding.route:
        values["route"] = finding.route
    if finding.is_test:
        values["test"] = True
    return values
