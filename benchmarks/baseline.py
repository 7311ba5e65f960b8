"""Does the baseline survive real edits? `python -m benchmarks.baseline CLONE [--step 50] [--commits 1000]`.

Walks the first-parent history of a local clone. What is found at a commit is accepted; some commits later, each
accepted finding whose line git calls unchanged, and which is still found there, has to be recognised. Exit status 1
below 99 %.
"""

from __future__ import annotations

import argparse
import io
import re
import shutil
import subprocess
import sys
import tarfile
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

from apilint.baseline import Note, accepted, match
from apilint.config import Config
from apilint.finding import Finding
from apilint.pipeline import Options, lint

ENOUGH = 0.99
_HUNK = re.compile(rb"^@@ -(\d+)(?:,(\d+))? \+(\d+)(?:,(\d+))? @@")


class Clone(NamedTuple):
    """A local clone, bare or not."""

    path: Path

    def git(self, *words: str) -> bytes:
        return subprocess.run(["git", "-C", str(self.path), *words], check=True, capture_output=True).stdout

    def commits(self, branch: str, count: int, step: int) -> list[str]:
        """Every `step`-th of the last commits, the oldest first."""
        newest_first = self.git("rev-list", "--first-parent", f"--max-count={count}", branch).decode().split()
        return newest_first[::-1][::step]

    def export(self, commit: str, folder: Path) -> None:
        """The Python files of a commit."""
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        archive = self.git("archive", "--format=tar", commit)
        with tarfile.open(fileobj=io.BytesIO(archive)) as tar:
            members = [each for each in tar if each.isfile() and each.name.endswith(".py")]
            tar.extractall(folder, members, filter="data")

    def lines(self, old: str, new: str) -> Lines:
        """Where the lines of one commit are in another."""
        diff = self.git("diff", "--no-color", "-M", "-U0", "--no-ext-diff", old, new, "--", "*.py")
        return Lines(diff)


class Lines:
    """Line numbers before -> after, by the hunks of a diff without context."""

    def __init__(self, diff: bytes) -> None:
        self._files: dict[str, str | None] = {}
        self._hunks: dict[str, list[tuple[int, int, int, int]]] = {}
        old = ""
        for line in diff.splitlines():
            if line.startswith(b"diff --git "):
                old = ""
            elif line.startswith((b"rename from ", b"--- a/")):
                old = line.partition(b"a/" if line.startswith(b"---") else b"from ")[2].decode()
                self._files.setdefault(old, None)
            elif line.startswith((b"rename to ", b"+++ b/")) and old:
                self._files[old] = line.partition(b"b/" if line.startswith(b"+++") else b"to ")[2].decode()
            elif (found := _HUNK.match(line)) and old:
                start, count, new, more = (int(each) if each is not None else 1 for each in found.groups())
                self._hunks.setdefault(old, []).append((start, count, new, more))

    def now(self, file: str, line: int) -> tuple[str, int] | None:
        """Where a line is now; None where it was changed or taken out."""
        shift = 0
        for start, count, _, more in self._hunks.get(file, ()):
            if count and start <= line < start + count:
                return None
            if start + (0 if count else 1) <= line:
                shift += more - count
        there = self._files.get(file, file)
        return None if there is None else (there, line + shift)


class Score(NamedTuple):
    """Accepted findings; those whose lines stayed and are still found; those of them that were recognised; and findings
    that an entry accepts although its own line is elsewhere."""

    accepted: int
    expected: int
    recognised: int
    strayed: int
    lost: list[str]


def compare(before: list[Finding], after: list[Finding], files: set[str], lines: Lines) -> Score:
    entries = [accepted(finding, Note("accepted")) for finding in before]
    found = match(after, entries, files)
    expected = recognised = strayed = 0
    lost = []
    at = {(each.code, each.place.file, each.place.line): each for each in after}
    for finding in before:
        there = lines.now(finding.place.file, finding.place.line)
        now = at.get((finding.code, *there)) if there is not None else None
        if now is not None:
            expected += 1
            recognised += now.fingerprint in found
            if now.fingerprint not in found:
                lost.append(f"{finding.code} {finding.place.file}:{finding.place.line} {finding.route}")
    origin = {each.fingerprint: each for each in before}
    for finding in after:
        one = origin.get(found.get(finding.fingerprint, ""))
        if one is not None:
            there = lines.now(one.place.file, one.place.line)
            is_here = there == (finding.place.file, finding.place.line)
            strayed += there is not None and not is_here
    return Score(len(before), expected, recognised, strayed, lost)


def judged(root: Path) -> tuple[list[Finding], set[str]]:
    report = lint(Options(root=root, paths=(root,), config=Config(), jobs=2))
    found = [finding for finding in report.findings if finding.suppression is None and finding.code[:4] != "APL9"]
    return found, {str(path.relative_to(root)) for path in root.rglob("*.py")}


def steps(clone: Clone, commits: list[str]) -> Iterator[tuple[str, str, Score]]:
    with TemporaryDirectory() as folder:
        tree = Path(folder) / "tree"
        previous: tuple[str, list[Finding]] | None = None
        for commit in commits:
            clone.export(commit, tree)
            findings, files = judged(tree)
            if previous is not None:
                yield previous[0], commit, compare(previous[1], findings, files, clone.lines(previous[0], commit))
            previous = commit, findings


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("clone", type=Path)
    parser.add_argument("--step", type=int, default=50)
    parser.add_argument("--commits", type=int, default=1000)
    parser.add_argument("--branch", default="HEAD")
    words = parser.parse_args()
    clone = Clone(words.clone)
    print("| from | to | accepted | line unchanged, still found | recognised | accepted elsewhere |")
    print("|---|---|---|---|---|---|")
    total = [0, 0, 0, 0]
    for old, new, score in steps(clone, clone.commits(words.branch, words.commits, words.step)):
        print(f"| {old[:9]} | {new[:9]} | {' | '.join(map(str, score[:4]))} |", flush=True)
        total = [a + b for a, b in zip(total, score[:4], strict=True)]
        for line in score.lost:
            print(f"{new[:9]}: lost {line}", file=sys.stderr)
    share = total[2] / total[1] if total[1] else 1.0
    print(f"| all | | {' | '.join(map(str, total))} |")
    print(f"\nRecognised: {total[2]} of {total[1]} ({share:.2%}).")
    sys.exit(0 if share >= ENOUGH else 1)


if __name__ == "__main__":
    main()
