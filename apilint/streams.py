"""What goes to standard output, to files and to standard error; where there is colour, and how wide it may be."""

from __future__ import annotations

import errno
import os
import stat
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TextIO

from apilint.cache import write_atomically
from apilint.source import decoded, encoded

PROGRESS_AFTER = 1.0
_BAR = 30


def write(text: str, output: Path | None) -> None:
    """Write a result to standard output, or to a file: whole or not at all. Raises OSError."""
    data = text.encode("utf-8", "backslashreplace")
    if output is None:
        _write_stdout(data)
        return
    target = Path(os.path.realpath(output))
    if _is_special(target):
        target.write_bytes(data)
    else:
        write_atomically(target, data)


def rewrite(path: Path, before: bytes, after: bytes) -> None:
    """Put another UTF-8 text into a source file, whole or not at all, with its encoding and its mode. Raises OSError,
    also where the file no longer holds `before`."""
    target = Path(os.path.realpath(path))
    original = target.read_bytes()
    if decoded(original) != before:
        raise OSError(errno.EBUSY, "it has changed meanwhile")
    write_atomically(target, encoded(original, after), mode=stat.S_IMODE(target.stat().st_mode))


def _write_stdout(data: bytes) -> None:
    """A reader that has read enough (`apilint routes | head`) is no failure."""
    if sys.stdout is None:
        raise OSError(errno.EBADF, "it is closed")
    try:
        sys.stdout.buffer.write(data)
        sys.stdout.flush()
    except BrokenPipeError:
        null = os.open(os.devnull, os.O_WRONLY)
        os.dup2(null, sys.stdout.fileno())  # where what is still buffered goes
        os.close(null)


def _is_special(path: Path) -> bool:
    """A device or a pipe: nothing may take its place."""
    try:
        return not stat.S_ISREG(path.stat().st_mode)
    except OSError:
        return False


def has_color(output: Path | None) -> bool:
    """On a terminal, unless NO_COLOR says otherwise; elsewhere if FORCE_COLOR asks for it; never in a file."""
    if output is not None or os.environ.get("NO_COLOR"):
        return False
    forced = os.environ.get("FORCE_COLOR", "")
    if forced:
        return forced != "0"
    return _is_terminal(sys.stdout) and os.environ.get("TERM") != "dumb"


def width(output: Path | None) -> int:
    """The columns of the terminal that is written to, 0 where there is none."""
    if output is not None or not _is_terminal(sys.stdout):
        return 0
    import shutil

    return shutil.get_terminal_size().columns


def _is_terminal(stream: TextIO | None) -> bool:
    return stream is not None and stream.isatty()


def are_one() -> bool:
    """Whether standard output and standard error end in the same place, as on a terminal or with `2>&1`."""
    try:
        out, err = os.fstat(sys.stdout.fileno()), os.fstat(sys.stderr.fileno())
    except (OSError, ValueError, AttributeError):
        return False
    return (out.st_dev, out.st_ino) == (err.st_dev, err.st_ino)


def progress() -> Callable[[int, int], None] | None:
    """A bar on a terminal's standard error, for scans that take longer than a second."""
    if not _is_terminal(sys.stderr) or os.environ.get("TERM") == "dumb":
        return None
    from time import monotonic

    start = monotonic()
    shown = -1

    def show(done: int, total: int) -> None:
        nonlocal shown
        filled = _BAR * done // max(total, 1)
        if filled == shown or monotonic() - start < PROGRESS_AFTER:
            return
        if done < total:
            shown = filled
            sys.stderr.write(f"\rscanning [{'#' * filled}{'.' * (_BAR - filled)}] {done:,} of {total:,} files")
        elif shown >= 0:
            sys.stderr.write("\r\x1b[K")
        sys.stderr.flush()

    return show
