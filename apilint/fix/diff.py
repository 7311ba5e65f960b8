"""A patched file -> a unified diff that `patch -p1` and `git apply` take."""

from __future__ import annotations

import difflib
from typing import Protocol


class _Patched(Protocol):
    @property
    def file(self) -> str: ...

    @property
    def before(self) -> bytes: ...

    @property
    def after(self) -> bytes: ...


def unified(patch: _Patched) -> str:
    """The diff of one file, named from the project's root."""
    before, after = (_lines(text) for text in (patch.before, patch.after))
    lines = difflib.unified_diff(before, after, f"a/{patch.file}", f"b/{patch.file}")
    return "".join(line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n" for line in lines)


def _lines(text: bytes) -> list[str]:
    return [line.decode("utf-8", "replace") for line in text.splitlines(keepends=True)]


__all__ = ["unified"]
