"""The git repository around a project, read from its files: no git needed, nothing run."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import NamedTuple

_URL = re.compile(r'\[remote "origin"\][^\[]*?^\s*url\s*=\s*(\S+)', re.MULTILINE | re.DOTALL)


class Repository(NamedTuple):
    """`prefix` is the project root relative to the top of the checkout; the others are None where unknown."""

    prefix: str = ""
    uri: str | None = None
    revision: str | None = None
    branch: str | None = None


def describe(root: Path) -> Repository:
    """The repository that a folder lies in; an empty answer outside of one."""
    real = Path(os.path.realpath(root))
    for folder in (real, *real.parents):
        git = folder / ".git"
        if git.is_dir():
            prefix = "" if folder == real else real.relative_to(folder).as_posix()
            branch, revision = _head(git)
            return Repository(prefix, _origin(git), revision, branch)
        if git.exists():
            return Repository("" if folder == real else real.relative_to(folder).as_posix())
    return Repository()


def _read(path: Path) -> str:
    try:
        return path.read_text("utf-8", "replace")
    except OSError:
        return ""


def _head(git: Path) -> tuple[str | None, str | None]:
    """`(branch, revision)`."""
    head = _read(git / "HEAD").strip()
    if not head.startswith("ref: "):
        return None, head or None
    ref = head[5:]
    revision = _read(git / ref).strip()
    if not revision:
        packed = re.search(rf"^([0-9a-f]+) {re.escape(ref)}$", _read(git / "packed-refs"), re.MULTILINE)
        revision = packed[1] if packed else ""
    return ref.removeprefix("refs/heads/"), revision or None


def _origin(git: Path) -> str | None:
    """The remote's address as https, without credentials."""
    match = _URL.search(_read(git / "config"))
    if match is None:
        return None
    url = re.sub(r"^(?:ssh://)?git@([^:/]+)[:/]", r"https://\1/", match[1])
    url = re.sub(r"^(https?://)[^@/]+@", r"\1", url)
    return url.removesuffix(".git") if url.startswith("http") else None
