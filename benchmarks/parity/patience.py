"""How long a call of an application may take."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager


class TookTooLong(BaseException):
    """A call did not come back. No `Exception`: those are what frameworks make an answer of."""


@contextmanager
def patience(seconds: int) -> Iterator[None]:
    """A call that does not come back is given up; what else waits for an alarm goes on waiting afterwards."""

    def give_up(_signal: int, _frame: object) -> None:
        raise TookTooLong

    earlier = signal.signal(signal.SIGALRM, give_up)
    left = signal.alarm(seconds)
    try:
        yield
    finally:
        signal.alarm(left)
        signal.signal(signal.SIGALRM, earlier)


__all__ = ["TookTooLong", "patience"]
