"""Work in a second process, where forking one is safe."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from typing import NoReturn, TypeVar

import msgspec

S = TypeVar("S")
T = TypeVar("T")


def can_fork() -> bool:
    """Forking is quick, and safe where no other thread holds a lock and no system library minds (macOS)."""
    threading = sys.modules.get("threading")
    return sys.platform == "linux" and (threading is None or threading.active_count() == 1)


def beside(here: Callable[[], S], there: Callable[[], T], sent: type[T]) -> tuple[S, T]:
    """The results of both, `there` run in another process if that can be had; what it gives is of type `sent`.

    A child that dies for whatever reason costs time only: its work is then done here.
    """
    if not can_fork() or len(os.sched_getaffinity(0)) < 2:
        return here(), there()
    sys.stdout.flush()
    sys.stderr.flush()
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reading)
        _send(there, writing)
    os.close(writing)
    mine = here()
    with os.fdopen(reading, "rb") as stream:
        data = stream.read()
    _, status = os.waitpid(child, 0)
    if status == 0:
        try:
            return mine, msgspec.msgpack.decode(data, type=sent)
        except msgspec.MsgspecError:
            pass
    return mine, there()


def _send(there: Callable[[], object], writing: int) -> NoReturn:
    """The child's part: nothing of the parent's must run on in it."""
    status = 1
    try:
        data = msgspec.msgpack.encode(there())
        with os.fdopen(writing, "wb") as stream:
            stream.write(data)
        status = 0
    finally:
        os._exit(status)
