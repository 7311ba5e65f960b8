"""Tasks -> their results, done by several processes where forking is safe."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
from collections.abc import Callable, Iterator, Sequence
from typing import NoReturn, TypeVar

import msgspec

T = TypeVar("T")

MAX_TASKS = 256  # a claim is one byte


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
    the next task that nobody has begun; results of type `sent` travel back.

    A process that dies for whatever reason costs time only: what it would have said is worked out here.
    """
    count = min(jobs, len(tasks)) if can_fork() else 1
    results: dict[int, T] = {}
    if count > 1:
        claims = _claims(len(tasks))
        others = [_fork(tasks, claims) for _ in range(count - 1)]
        try:
            for number in _claimed(claims):
                results[number] = tasks[number]()
            for other in others:
                results.update(other.results(sent))
        finally:
            os.close(claims)
            for other in others:
                other.end()
    return [results[number] if number in results else task() for number, task in enumerate(tasks)]


def _claims(count: int) -> int:
    """A pipe that holds the numbers of the tasks: who reads one has it, and nobody else."""
    claims, writing = os.pipe()
    os.write(writing, bytes(range(count)))
    os.close(writing)
    return claims


def _claimed(claims: int) -> Iterator[int]:
    while number := os.read(claims, 1):
        yield number[0]


def begin(task: Callable[[], T], sent: type[T], jobs: int) -> Callable[[], T]:
    """Begin a task in another process, if there may be one. Gives how to get its result (once): it waits for that, or
    does the task here."""
    if jobs < 2 or not can_fork():
        return task
    claims = _claims(1)
    other = _fork([task], claims)
    os.close(claims)

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


def _fork(tasks: Sequence[Callable[[], T]], claims: int) -> _Other:
    sys.stdout.flush()
    sys.stderr.flush()
    answers, writing = os.pipe()
    pid = os.fork()
    if pid == 0:
        _work(tasks, claims, writing)
    os.close(writing)
    return _Other(pid, answers)


def _work(tasks: Sequence[Callable[[], T]], claims: int, writing: int) -> NoReturn:
    """The other process's part: nothing of this one's must run on in it."""
    status = 1
    try:
        data = msgspec.msgpack.encode({number: tasks[number]() for number in _claimed(claims)})
        with os.fdopen(writing, "wb") as stream:
            stream.write(data)
        status = 0
    finally:
        os._exit(status)
