"""A git revision -> the files of a project as they were then."""

from __future__ import annotations

import datetime
import os
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import NamedTuple

_REGULAR = ("100644", "100755")
# What a running hook says of its own repository, and what would change the form of an answer.
_FOREIGN = ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_PREFIX", "GIT_EXTERNAL_DIFF", "GIT_DIFF_OPTS")


class NoRevision(Exception):
    """There is no such revision, or no git that could tell."""


class Revision(NamedTuple):
    """The files below a folder at a commit (or at none): object names by path relative to the folder."""

    root: Path
    commit: str
    files: Mapping[str, str]

    def changed(self, present: Collection[str]) -> set[str]:
        """The paths whose files differ from the revision now, those that are new among `present` included."""
        done = _git(
            self.root,
            *("diff", "--name-only", "-z", "--relative", "--no-renames", "--no-ext-diff", "--no-textconv"),
            *("--ignore-submodules", self.commit, "--", "."),
        )
        return _names(done) | {file for file in present if file not in self.files}

    def contents(self, files: Collection[str]) -> dict[str, bytes]:
        """What stood in the files."""
        wanted = [(file, self.files[file]) for file in sorted(files) if file in self.files]
        output = _git(self.root, "cat-file", "--batch", input_="".join(f"{name}\n" for _, name in wanted).encode())
        contents: dict[str, bytes] = {}
        position = 0
        for file, _ in wanted:
            head, start = output[position : (end := output.index(b"\n", position))], end + 1
            size = int(head.rsplit(b" ", 1)[1])
            contents[file] = output[start : start + size]
            position = start + size + 1
        return contents


def revision(root: Path, name: str) -> Revision:
    """The revision of that name. Raises NoRevision. In a repository without any commit, `HEAD` is empty."""
    if name.startswith("-"):
        raise NoRevision(f"'{name}' is no revision")
    try:
        commit = _git(root, "rev-parse", "--verify", "--quiet", f"{name}^{{commit}}").strip()
    except NoRevision:
        if name != "HEAD" or _git(root, "rev-parse", "--is-inside-work-tree").strip() != b"true":
            raise
        commit = _git(root, "hash-object", "-t", "tree", "--stdin").strip()
    listing = _git(root, "ls-tree", "-r", "-z", commit.decode("ascii"), "--", ".")
    return Revision(root, commit.decode("ascii"), _listing(listing))


def committed(root: Path) -> str:
    """When the commit was made that a folder is at, in UTC: `2026-01-31T12:00:00`. Raises NoRevision."""
    seconds = os.environ.get("SOURCE_DATE_EPOCH") or _git(root, "show", "-s", "--format=%ct", "HEAD").decode("ascii")
    try:
        moment = datetime.datetime.fromtimestamp(int(seconds), datetime.timezone.utc)
    except (ValueError, OverflowError, OSError) as error:
        raise NoRevision(f"'{seconds.strip()}' is no time") from error
    return moment.strftime("%Y-%m-%dT%H:%M:%S")


def _listing(output: bytes) -> dict[str, str]:
    """The regular files of `mode type name\\tpath` records."""
    files: dict[str, str] = {}
    for record in output.split(b"\0"):
        head, _, path = record.partition(b"\t")
        mode, _, rest = head.decode("ascii").partition(" ")
        if mode in _REGULAR:
            files[os.fsdecode(path)] = rest.partition(" ")[2]
    return files


def _names(output: bytes) -> set[str]:
    return {os.fsdecode(path) for path in output.split(b"\0") if path}


def _git(folder: Path, *arguments: str, input_: bytes = b"") -> bytes:
    """What git answers in a folder. Raises NoRevision."""
    import subprocess  # 5 ms that a run without a revision can spare

    environment = {key: value for key, value in os.environ.items() if key not in _FOREIGN}
    environment |= {"GIT_OPTIONAL_LOCKS": "0", "LC_ALL": "C"}
    options = ("--no-pager", "-c", "core.fsmonitor=false", "-c", "core.untrackedCache=false")
    try:
        done = subprocess.run(
            ["git", *options, *arguments], cwd=folder, env=environment, input=input_, capture_output=True, check=False
        )
    except OSError as error:
        raise NoRevision(f"git cannot be run: {error.strerror}") from error
    if done.returncode:
        said = done.stderr.decode("utf-8", "replace").strip().removeprefix("fatal: ").splitlines()
        raise NoRevision(said[0] if said else "git knows no such revision")
    return done.stdout
