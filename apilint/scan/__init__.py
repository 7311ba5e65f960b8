"""Source bytes -> FileFacts. The only room that knows the parser.

The parser is imported when something is scanned: a run that finds all facts in the cache pays nothing for it.
"""

from __future__ import annotations

import functools
import hashlib
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from msgspec import Raw

    from apilint.facts import ClassFacts, FileFacts, FunctionFacts

    VERSION: str

__all__ = ["VERSION", "digest", "lower_body", "scan"]


def scan(source: bytes) -> FileFacts:
    """What a file says. Never raises: what cannot be read or parsed is an error among the facts."""
    from apilint.scan.file import scan_file

    return scan_file(source)


def lower_body(
    source: bytes, function: FunctionFacts, functions: tuple[FunctionFacts, ...], classes: tuple[ClassFacts, ...]
) -> Raw:
    """Lower the body of a function that `scan` left, by parsing only that function's text.

    `source` is the text that the facts' offsets refer to (`tree.to_utf8` of the bytes that were scanned);
    `functions` and `classes` are those of the file's facts.
    """
    from apilint.scan.file import lower_function

    return lower_function(source, function, functions, classes)


@functools.cache
def digest() -> str:
    """Names the version of the scanner: other sources, parsers or interpreters give other facts."""
    found = hashlib.sha256(repr(sys.version_info[:2]).encode())
    room = Path(__file__).parent
    for path in [*sorted(room.glob("*.py")), room.parent / "facts.py"]:
        found.update(path.name.encode() + b"\0" + path.read_bytes())
    for package in ("tree_sitter", "tree_sitter_python", "msgspec"):
        spec = find_spec(package)
        for folder in spec.submodule_search_locations or () if spec else ():
            for path in sorted(Path(folder).iterdir()):
                if path.suffix in (".so", ".pyd"):
                    found.update(f"{path.name} {path.stat().st_size}".encode())
    return found.hexdigest()[:16]


def __getattr__(name: str) -> str:
    if name == "VERSION":
        return digest()
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
