"""The routes of a program as a text that is reviewed, and what has changed between two of them."""

from __future__ import annotations

from apilint.surface.drift import KINDS, Change, compare
from apilint.surface.entry import Entry, entries
from apilint.surface.lock import FILE_NAME, LockError, parse, render

__all__ = ["FILE_NAME", "KINDS", "Change", "Entry", "LockError", "compare", "entries", "parse", "render"]
