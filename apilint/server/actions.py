"""Findings under a selection -> what can be done about them: mend, mend all that is safe, ignore.

Only what is chosen is worked out: a mend is proved on the whole program before it is offered as an edit.
"""

from __future__ import annotations

import difflib
from collections.abc import Collection, Iterator
from typing import Any

from lsprotocol import types

from apilint.finding import Finding
from apilint.fix import Declined, comments
from apilint.mending import Mended, Patch
from apilint.server.diagnostics import Uri, diagnostic
from apilint.server.folder import Folder
from apilint.server.positions import Ruler, lines_of
from apilint.server.view import View

QUICK = types.CodeActionKind.QuickFix
FIX_ALL = f"{types.CodeActionKind.SourceFixAll.value}.apilint"
KINDS = [QUICK, FIX_ALL]


class Refused(Exception):
    """Why an action changes nothing."""


def actions(
    view: View, file: str, selected: types.Range, only: Collection[str] | None, encoding: str, uri: Uri
) -> Iterator[types.CodeAction]:
    """What can be done about the findings of a file under a selection, without the edits."""
    ruler = view.ruler(file, encoding)
    if _is_wanted(QUICK.value, only):
        for finding in view.findings.get(file, ()):
            if _overlap(ruler.range(finding.place), selected):
                yield from _quick(view, finding, encoding, uri)
    if _is_wanted(FIX_ALL, only) and any(_is_safe(finding) for finding in view.findings.get(file, ())):
        yield types.CodeAction("Mend all that apilint mends safely", kind=FIX_ALL, data=_data("all", file, uri))


def _quick(view: View, finding: Finding, encoding: str, uri: Uri) -> Iterator[types.CodeAction]:
    about = [diagnostic(view, finding, encoding, uri, related=False)]
    mark = finding.fingerprint
    if finding.fix is not None:
        safe = finding.fix.safe
        title = f"Mend {finding.code}" if safe else f"Mend {finding.code} (look at the change)"
        data = _data("mend", finding.place.file, uri, mark)
        yield types.CodeAction(title, kind=QUICK, diagnostics=about, is_preferred=safe, data=data)
    data = _data("ignore", finding.place.file, uri, mark)
    yield types.CodeAction(f"Ignore {finding.code} here", kind=QUICK, diagnostics=about, data=data)


def _is_safe(finding: Finding) -> bool:
    return finding.fix is not None and finding.fix.safe


def _is_wanted(kind: str, only: Collection[str] | None) -> bool:
    """Whether a kind is asked for: all are, or one that it belongs to."""
    return only is None or any(kind == each or kind.startswith(f"{each}.") or not each for each in only)


def _overlap(one: types.Range, other: types.Range) -> bool:
    def key(at: types.Position) -> tuple[int, int]:
        return at.line, at.character

    return key(one.start) <= key(other.end) and key(other.start) <= key(one.end)


def _data(what: str, file: str, uri: Uri, mark: str = "") -> dict[str, str]:
    return {"what": what, "file": file, "uri": uri(file), "fingerprint": mark}


# -------------------------------------------------------------------------------------------- what they change


def edits(folder: Folder, view: View, data: dict[str, Any], encoding: str) -> dict[str, list[types.TextEdit]]:
    """What an action changes, by file. Raises `Refused`, and as `Folder.view`."""
    file, mark = str(data["file"]), str(data["fingerprint"])
    offered = view.findings.get(file, [])
    if data["what"] == "all":
        marks = {finding.fingerprint for finding in offered if _is_safe(finding)}
        return _patched(folder.mended(lambda each: each.fingerprint in marks, unsafe=False), encoding)
    finding = next((each for each in offered if each.fingerprint == mark), None)
    if finding is None:
        raise Refused("the finding is no longer there")
    if data["what"] == "ignore":
        before = view.text(file)
        return {file: changed(before, _ignoring(before, finding), encoding)}
    return _patched(folder.mended(lambda each: each.fingerprint == mark, unsafe=True), encoding)


def _patched(mended: Mended, encoding: str) -> dict[str, list[types.TextEdit]]:
    if not mended.patches:
        reason = next((each.reason for each in mended.refused), "there is nothing to change")
        raise Refused(reason)
    return {patch.file: _edits(patch, encoding) for patch in mended.patches}


def _edits(patch: Patch, encoding: str) -> list[types.TextEdit]:
    return changed(patch.before, patch.after, encoding)


def _ignoring(text: bytes, finding: Finding) -> bytes:
    """The text with a comment that reaches the finding's line: above it, or above the statement around it."""
    from apilint.scan import scan

    comment = f"# apilint: ignore[{finding.code}] -- "
    for line in range(finding.place.line, 0, -1):
        try:
            after = comments.above(text, line, comment)
        except Declined:
            continue
        for directive in scan(after).directives:
            is_ours = directive.line == line and directive.kind == "ignore"
            if is_ours and directive.first <= finding.place.line + 1 <= directive.last:
                return after
    raise Refused("no comment reaches it")


def changed(before: bytes, after: bytes, encoding: str) -> list[types.TextEdit]:
    """The lines that differ, as edits."""
    ruler = Ruler(before, encoding)
    old, new = ruler.lines, lines_of(after.decode("utf-8", "replace"))
    matcher = difflib.SequenceMatcher(None, old, new, autojunk=False)
    return [
        types.TextEdit(types.Range(_start(ruler, i1), _start(ruler, i2)), "".join(new[j1:j2]))
        for kind, i1, i2, j1, j2 in matcher.get_opcodes()
        if kind != "equal"
    ]


def _start(ruler: Ruler, index: int) -> types.Position:
    """Where a line starts; after the last one, where the text ends."""
    return types.Position(index, 0) if index < len(ruler.lines) else ruler.end()


__all__ = ["FIX_ALL", "KINDS", "Refused", "actions", "changed", "edits"]
