"""Tasks -> their results, done by several processes where forking is safe."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import NoReturn, TypeVar

import msgspec

T = TypeVar("T")

MAX_TASKS = 256  # each is claimed through a pipe of its own


def can_fork() -> bool:
    """Forking is quick, and safe where no other thread holds a lock and no system library minds (macOS)."""
    threading = sys.modules.get("threading")
    return sys.platform == "linux" and (threading is None or threading.active_count() == 1)


def default_jobs() -> int:
    """How many processors this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def share(tasks: Sequence[Callable[[], T]], sent: type[T], jobs: int) -> list[T]:
    """The results of at most `MAX_TASKS` tasks, in their order. Each of up to `jobs` processes, this one included, does
    the next task that nobody has begun: this one from the first on, the others from the last, so that tasks that stand
    side by side are mostly done by the same process, which has at hand what they have in common. Results of type `sent`
    travel back.

    A process that dies for whatever reason costs time only: what it would have said is worked out here.
    """
    count = min(jobs, len(tasks)) if can_fork() else 1
    results: dict[int, T] = {}
    if count > 1:
        claims = _claims(len(tasks))
        others = [_fork(tasks, claims) for _ in range(count - 1)]
        try:
            for number in _claimed(claims, range(len(tasks))):
                results[number] = tasks[number]()
            for other in others:
                results.update(other.results(sent))
        finally:
            _close(claims)
            for other in others:
                other.end()
    return [results[number] if number in results else task() for number, task in enumerate(tasks)]


def _claims(count: int) -> list[int]:
    """A pipe for each task, with one byte in it: who reads that has the task, and nobody else."""
    claims = []
    for _ in range(count):
        reading, writing = os.pipe()
        os.write(writing, b"!")
        os.close(writing)
        claims.append(reading)
    return claims


def _claimed(claims: Sequence[int], order: Iterable[int]) -> Iterator[int]:
    """The tasks that this process gets to do, of those that it would do in this order."""
    return (number for number in order if os.read(claims[number], 1))


def _close(claims: Iterable[int]) -> None:
    for claim in claims:
        os.close(claim)


def begin(task: Callable[[], T], sent: type[T], jobs: int) -> Callable[[], T]:
    """Begin a task in another process, if there may be one. Gives how to get its result (once): it waits for that, or
    does the task here."""
    if jobs < 2 or not can_fork():
        return task
    claims = _claims(1)
    other = _fork([task], claims)
    _close(claims)

    def result() -> T:
        try:
            found = other.results(sent)
        finally:
            other.end()
        return found[0] if found else task()

    return result


class _Other:
    """Another process and the pipe through which it answers."""

    def __init__(self, pid: int, answers: int) -> None:
        self._pid = pid
        self._answers = answers

    def results(self, sent: type[T]) -> dict[int, T]:
        """What it has found out; nothing if it failed."""
        with os.fdopen(os.dup(self._answers), "rb") as stream:
            data = stream.read()
        try:
            return msgspec.msgpack.decode(data, type=dict[int, sent])  # type: ignore[valid-type]
        except msgspec.MsgspecError:
            return {}

    def end(self) -> None:
        """End it if it still runs."""
        os.close(self._answers)
        with contextlib.suppress(ProcessLookupError):
            os.kill(self._pid, signal.SIGKILL)
        os.waitpid(self._pid, 0)


def _fork(tasks: Sequence[Callable[[], T]], claims: Sequence[int]) -> _Other:
    sys.stdout.flush()
    sys.stderr.flush()
    answers, writing = os.pipe()
    pid = os.fork()
    if pid == 0:
        _work(tasks, claims, writing)
    os.close(writing)
    return _Other(pid, answers)


def _work(tasks: Sequence[Callable[[], T]], claims: Sequence[int], writing: int) -> NoReturn:
    """The other process's part: nothing of this one's must run on in it."""
    status = 1
    try:
        mine = _claimed(claims, reversed(range(len(tasks))))
        data = msgspec.msgpack.encode({number: tasks[number]() for number in mine})
        with os.fdopen(writing, "wb") as stream:
            stream.write(data)
        status = 0
    finally:
        os._exit(status)
