"""The folder of a program -> the OpenAPI documents in it, for programs whose routes are said by one."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from pathlib import Path

# Libraries that serve what a document says.
_SERVERS = re.compile(rb"(?i)\bconnexion\b")
_SUFFIXES = (".yaml", ".yml", ".json")
_SAYS = re.compile(rb"""["']?(openapi|swagger)["']?\s*:""")
_LEFT_OUT = frozenset({"node_modules", "venv", "env", "site-packages", "build", "dist"})
_HEAD, _LARGEST = 4096, 4_000_000


def specifications(root: Path, requirements: Iterable[bytes]) -> dict[str, bytes]:
    """The documents by path, if the program requires a library that takes its routes from one; nothing else is read."""
    if not any(map(_SERVERS.search, requirements)):
        return {}
    found: dict[str, bytes] = {}
    for folder, folders, files in os.walk(root):
        folders[:] = sorted(name for name in folders if name not in _LEFT_OUT and not name.startswith("."))
        for name in files:
            if name.endswith(_SUFFIXES):
                path = Path(folder, name)
                data = _document(path)
                if data:
                    found[path.relative_to(root).as_posix()] = data
    return found


def _document(path: Path) -> bytes:
    try:
        if path.stat().st_size > _LARGEST:
            return b""
        with path.open("rb") as file:
            head = file.read(_HEAD)
            return head + file.read() if _SAYS.search(head) else b""
    except OSError:
        return b""


__all__ = ["specifications"]
