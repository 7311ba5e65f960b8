"""TYPES: a file as discovery finds it, before anybody has read it."""

from __future__ import annotations

import msgspec


class SourceFile(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """A Python file: `path` relative to the root with `/` separators, and what its directory entry says.

    The four numbers tell an unchanged file from a changed one without reading it.
    """

    path: str
    absolute: str
    size: int
    mtime_ns: int
    ctime_ns: int
    inode: int
