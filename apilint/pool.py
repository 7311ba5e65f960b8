"""Files that the cache does not know -> their facts, scanned by as many processes as there are processors.

The work is cut into chunks, large ones first. Every process, this one included, claims the next chunk by creating
a file of its number (which exactly one can), and appends what it finds to a file of its own: this works the same
whether the others are forked or started afresh, nobody waits for anybody, and what a crashed process has done
before is not lost. `multiprocessing` does none of this in its 25 ms of import time.
"""

from __future__ import annotations

import contextlib
import gc
import os
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, NamedTuple, Protocol

import msgspec

from apilint.cache import content_digest
from apilint.facts import encode
from apilint.files import SourceFile
from apilint.finding import Diagnostic
from apilint.processes import can_fork
from apilint.scan import scan

if TYPE_CHECKING:
    from subprocess import Popen

Progress = Callable[[int, int], None]
Meanwhile = Callable[[], None]

# Scanned in this process in less time than it takes to start another.
_ALONE_BYTES = 200_000
_SMALLEST_CHUNK = 16_000


class ScanResult(NamedTuple):
    """`fresh` maps a path to (digest of its content, encoded facts), in the order of the files; files that could
    not be read are in `diagnostics` only."""

    fresh: dict[str, tuple[bytes, bytes]]
    diagnostics: tuple[Diagnostic, ...]


class _Record(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """What a process says: that it begins with a file, or (with a digest) what it found in it."""

    number: int
    digest: bytes = b""
    facts: bytes = b""
    error: str = ""

    @property
    def is_result(self) -> bool:
        return bool(self.digest or self.error)


def scan_all(
    files: Sequence[SourceFile], jobs: int, progress: Progress | None = None, meanwhile: Meanwhile | None = None
) -> ScanResult:
    """Read and scan the files. The result is the same whatever the number of jobs.

    `progress` is called with the numbers of files done and of all files, `meanwhile` once other processes are at work.
    """
    board = _Board(files, progress)
    workers = min(jobs, sum(file.size for file in files) // _ALONE_BYTES)
    with _without_collector():
        if workers > 1:
            _scan_together(board, workers, meanwhile)
        for number in board.missing():
            board.add(_scan_one(number, files[number]))
    return board.result()


def _scan_one(number: int, file: SourceFile) -> _Record:
    try:
        with open(file.absolute, "rb") as stream:
            data = stream.read()
    except OSError as error:
        return _Record(number, error=f"cannot be read: {error.strerror}")
    return _Record(number, content_digest(data), encode(scan(data)))


@contextlib.contextmanager
def _without_collector() -> Iterator[None]:
    """Scanning makes many objects and no cycles; with the collector on it takes four times as long."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


class _Board:
    """What is done, and who is told."""

    def __init__(self, files: Sequence[SourceFile], progress: Progress | None) -> None:
        self.files = files
        self.progress = progress
        self._records: dict[int, _Record] = {}

    def add(self, record: _Record) -> None:
        self._records[record.number] = record
        if self.progress is not None:
            self.progress(len(self._records), len(self.files))

    def missing(self) -> list[int]:
        return [number for number in range(len(self.files)) if number not in self._records]

    def result(self) -> ScanResult:
        fresh: dict[str, tuple[bytes, bytes]] = {}
        diagnostics: list[Diagnostic] = []
        for number, file in enumerate(self.files):
            record = self._records[number]
            if record.error:
                diagnostics.append(Diagnostic(file.path, 0, record.error))
            else:
                fresh[file.path] = (record.digest, record.facts)
        return ScanResult(fresh, tuple(diagnostics))


# -------------------------------------------------------------------------------------------- together


class _Job(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """The files, the chunks (numbers of files) and the folder where the processes meet."""

    files: tuple[SourceFile, ...]
    chunks: tuple[tuple[int, ...], ...]
    folder: str


def _scan_together(board: _Board, workers: int, meanwhile: Meanwhile | None) -> None:
    """Scan with other processes. Files whose process crashed are left over, unless they are what crashes it."""
    import tempfile

    scan(b"")  # loads the parser before others are forked from this process
    try:
        meeting = tempfile.TemporaryDirectory(prefix="apilint-", ignore_cleanup_errors=True)
    except OSError:
        return
    with meeting as folder:
        job = _Job(tuple(board.files), tuple(_chunks(board.files, workers)), folder)
        suspects = _run(board, job, workers - 1, meanwhile)
        for attempt, number in enumerate(suspects):
            _try_apart(board, number, os.path.join(folder, f"apart-{attempt}"))


def _chunks(files: Sequence[SourceFile], workers: int) -> Iterator[tuple[int, ...]]:
    """Large files and large chunks first, so that all processes end at about the same time."""
    remaining = sum(file.size for file in files)
    chunk: list[int] = []
    size = 0
    for number in sorted(range(len(files)), key=lambda number: (-files[number].size, number)):
        chunk.append(number)
        size += files[number].size
        if size >= max(_SMALLEST_CHUNK, remaining // (workers * 4)):
            yield tuple(chunk)
            remaining -= size
            chunk, size = [], 0
    if chunk:
        yield tuple(chunk)


def _run(board: _Board, job: _Job, others: int, meanwhile: Meanwhile | None) -> list[int]:
    """Do the job with other processes; return the files at which one of them was killed."""
    with contextlib.ExitStack() as stack:
        workers = list(_start_all(job, others, stack))
        if meanwhile is not None:
            meanwhile()
        for number in _claimed(job, lambda _: None):
            board.add(_scan_one(number, job.files[number]))
            if board.progress is not None:
                _collect(board, workers)
        was_killed = [_is_crash(worker.process.wait()) for worker in workers]
        _collect(board, workers)
        missing = set(board.missing())
        return sorted(
            worker.reader.begun
            for worker, killed in zip(workers, was_killed, strict=True)
            if killed and worker.reader.begun in missing
        )


def _try_apart(board: _Board, number: int, folder: str) -> None:
    """Scan a file that a process died of in a process of its own."""
    file = board.files[number]
    os.mkdir(folder)
    with contextlib.ExitStack() as stack:
        worker = _start(_Job((file,), ((0,),), folder), 0, stack)
        status = worker.process.wait()
        for record in worker.reader.read():
            board.add(msgspec.structs.replace(record, number=number))
        if number in board.missing() and _is_crash(status):
            board.add(_Record(number, error=f"the scanner crashed on this file (status {status})"))


def _is_crash(status: int) -> bool:
    """Whether an exit status says that the process was killed: by a signal, or as Windows puts it. A process that
    failed otherwise did so with an exception, which comes up again when its files are scanned here."""
    return not 0 <= status <= 255


def _collect(board: _Board, workers: Iterable[_Worker]) -> None:
    for worker in workers:
        for record in worker.reader.read():
            board.add(record)


def _claimed(job: _Job, claimed: Callable[[int], None]) -> Iterator[int]:
    """The files that this process gets to do."""
    for chunk, numbers in enumerate(job.chunks):
        try:
            os.close(os.open(os.path.join(job.folder, f"chunk-{chunk}"), os.O_CREAT | os.O_EXCL | os.O_WRONLY))
        except OSError:  # claimed by another; or the disk is full, and whoever started the job does it alone
            continue
        for number in numbers:
            claimed(number)
            yield number


# ----------------------------------------------------------------------------------------------- workers


class _Process(Protocol):
    """Another process: its exit status is negative if a signal ended it."""

    def wait(self) -> int: ...

    def kill(self) -> None: ...


class _Worker(NamedTuple):
    process: _Process
    reader: _Reader


def _start_all(job: _Job, count: int, stack: contextlib.ExitStack) -> Iterator[_Worker]:
    """As many of the processes as the system lets us have."""
    with contextlib.suppress(OSError):
        for worker in range(count):
            yield _start(job, worker, stack)


def _start(job: _Job, worker: int, stack: contextlib.ExitStack) -> _Worker:
    """Start a process on the job; it does not outlive the stack."""
    path = _results_file(job.folder, worker)
    with open(path, "xb"):
        pass
    process: _Process = _fork(job, worker) if can_fork() else _spawn(job, worker)
    reader = _Reader(path)
    stack.callback(reader.close)
    stack.callback(process.wait)
    stack.callback(process.kill)
    return _Worker(process, reader)


def _results_file(folder: str, worker: int) -> str:
    return os.path.join(folder, f"results-{worker}")


def _work(job: _Job, worker: int) -> None:
    """What another process does."""
    gc.disable()
    with open(_results_file(job.folder, worker), "ab", buffering=0) as stream:
        for number in _claimed(job, lambda number: _say(stream.write, _Record(number))):
            _say(stream.write, _scan_one(number, job.files[number]))


def _say(write: Callable[[bytes], object], record: _Record) -> None:
    data = encode(record)
    write(len(data).to_bytes(4, "big") + data)


class _Reader:
    """Reads what another process has said so far; remembers the file that it last began with."""

    def __init__(self, path: str) -> None:
        self._stream = open(path, "rb", buffering=0)  # noqa: SIM115 - closed by `close`
        self._rest = b""
        self._decode = msgspec.msgpack.Decoder(_Record).decode
        self.begun = -1

    def read(self) -> Iterator[_Record]:
        """The results that were not read before."""
        while piece := self._stream.read(1024 * 1024):
            data = self._rest + piece
            position = 0
            while len(data) >= (start := position + 4):
                end = start + int.from_bytes(data[position:start], "big")
                if len(data) < end:
                    break
                record = self._decode(data[start:end])
                position = end
                self.begun = record.number
                if record.is_result:
                    yield record
            self._rest = data[position:]

    def close(self) -> None:
        self._stream.close()


class _Fork:
    """A forked process."""

    def __init__(self, pid: int) -> None:
        self._pid = pid
        self._status: int | None = None

    def wait(self) -> int:
        if self._status is None:
            self._status = os.waitstatus_to_exitcode(os.waitpid(self._pid, 0)[1])
        return self._status

    def kill(self) -> None:
        import signal

        if self._status is None:
            os.kill(self._pid, signal.SIGKILL)


def _fork(job: _Job, worker: int) -> _Fork:
    pid = os.fork()
    if pid:
        return _Fork(pid)
    status = 1
    try:
        _work(job, worker)
        status = 0
    finally:
        os._exit(status)  # whatever this process was about to do is the other's to do


def _spawn(job: _Job, worker: int) -> Popen[bytes]:
    """A new interpreter. It must not look for modules in the current folder, which may be the scanned one."""
    import subprocess

    path = os.path.join(job.folder, "job")
    if not os.path.exists(path):
        with open(path, "wb") as stream:
            stream.write(encode(job))
    places = [place for place in sys.path if place]
    code = f"import sys; sys.path[:] = {places!r}; from apilint.pool import work; work({path!r}, {worker})"
    null = subprocess.DEVNULL
    return subprocess.Popen([sys.executable, "-I", "-c", code], stdin=null, stdout=null, stderr=null)


def work(path: str, worker: int) -> None:
    """Do the job that is described in a file: the main function of a new interpreter."""
    with open(path, "rb") as stream:
        _work(msgspec.msgpack.decode(stream.read(), type=_Job), worker)
