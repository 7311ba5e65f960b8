"""Tasks -> their results, done by several processes where forking is safe."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Generic, NoReturn, TypeVar

import msgspec

T = TypeVar("T")
N = TypeVar("N")

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


def share(tasks: Sequence[Callable[[], T]], sent: type[T], jobs: int, lead: Lead[N] | None = None) -> list[T]:
    """The results of at most `MAX_TASKS` tasks, in their order. Each of up to `jobs` processes, this one included, does
    the next task that nobody has begun: this one from the first on, the others from the last, so that tasks that stand
    side by side are mostly done by the same process, which has at hand what they have in common. Results of type `sent`
    travel back. What this process has to find out first (`lead`), it tells the others, which begin at once.

    A process that dies for whatever reason costs time only: what it would have said is worked out here.
    """
    count = min(jobs, len(tasks)) if can_fork() else 1
    results: dict[int, T] = {}
    if count > 1:
        claims = _claims(len(tasks))
        news = None if lead is None else _News(lead, count - 1)
        others = [_fork(tasks, claims, news) for _ in range(count - 1)]
        try:
            if news is not None:
                news.tell()
            for number in _claimed(claims, range(len(tasks))):
                results[number] = tasks[number]()
            for other in others:
                results.update(other.results(sent))
        finally:
            _close(claims)
            for other in others:
                other.end()
            if news is not None:
                news.close()
    return [results[number] if number in results else task() for number, task in enumerate(tasks)]


class Lead(Generic[N]):
    """What one process finds out for all, of a type that can be sent, and who takes how to ask for it in the others."""

    def __init__(self, find: Callable[[], N], sent: type[N], take: Callable[[Callable[[], N]], None]) -> None:
        self.find = find
        self.sent = sent
        self.take = take


class _News(Generic[N]):
    """What one process has to tell the others, which wait for it when they need it."""

    def __init__(self, lead: Lead[N], others: int) -> None:
        import tempfile  # 5 ms that a small project can spare

        self._lead = lead
        self._others = others
        self._said, self._saying = os.pipe()
        self._text = tempfile.TemporaryFile()  # noqa: SIM115 - closed by `close`; a pipe would hold up whoever tells

    def tell(self) -> None:
        self._text.write(msgspec.msgpack.encode(self._lead.find()))
        self._text.flush()
        os.write(self._saying, b"!" * self._others)

    def follow(self) -> None:
        """In another process: nothing is known yet."""
        os.close(self._saying)
        self._lead.take(self._heard)

    def _heard(self) -> N:
        if not os.read(self._said, 1):
            raise BrokenPipeError("the other process has ended")
        data = os.pread(self._text.fileno(), os.fstat(self._text.fileno()).st_size, 0)
        return msgspec.msgpack.decode(data, type=self._lead.sent)

    def close(self) -> None:
        for each in (self._said, self._saying):
            os.close(each)
        self._text.close()


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


def _fork(tasks: Sequence[Callable[[], T]], claims: Sequence[int], news: _News[N] | None) -> _Other:
    sys.stdout.flush()
    sys.stderr.flush()
    answers, writing = os.pipe()
    pid = os.fork()
    if pid == 0:
        _work(tasks, claims, news, writing)
    os.close(writing)
    return _Other(pid, answers)


def _work(tasks: Sequence[Callable[[], T]], claims: Sequence[int], news: _News[N] | None, writing: int) -> NoReturn:
    """The other process's part: nothing of this one's must run on in it."""
    status = 1
    try:
        if news is not None:
            news.follow()
        mine = _claimed(claims, reversed(range(len(tasks))))
        data = msgspec.msgpack.encode({number: tasks[number]() for number in mine})
        with os.fdopen(writing, "wb") as stream:
            stream.write(data)
        status = 0
    finally:
        os._exit(status)
