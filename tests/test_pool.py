"""Scanning with several processes: the same result, whatever happens to them."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from apilint import pool
from apilint.cache import content_digest
from apilint.config import Config
from apilint.discover import discover
from apilint.facts import decode_file
from apilint.files import SourceFile
from apilint.finding import Diagnostic
from apilint.pool import scan_all

HERE = Path(__file__).parents[1]
on_linux = pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> tuple[SourceFile, ...]:
    """Enough files of different sizes to occupy three processes."""
    root = tmp_path_factory.mktemp("project")
    for number in range(40):
        line = f"def f{number}(a, b):\n    return a + b * {number}\n\n"
        (root / f"m{number:02}.py").write_text(line * (number * 20))
    return discover(root, Config()).files


@pytest.fixture
def meeting(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Where the processes meet, of which nothing must remain."""
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    yield tmp_path
    assert list(tmp_path.iterdir()) == []


@pytest.fixture
def second_thread() -> Iterator[None]:
    """With which forking is not safe."""
    end = threading.Event()
    thread = threading.Thread(target=end.wait)
    thread.start()
    yield
    end.set()
    thread.join()


def test_what_comes_back(files: Sequence[SourceFile]) -> None:
    found = scan_all(files, 1)
    assert list(found.fresh) == [file.path for file in files]
    digest, facts = found.fresh["m03.py"]
    assert digest == content_digest(Path(files[3].absolute).read_bytes())
    assert {function.name for function in decode_file(facts).functions} == {"f3"}
    assert found.diagnostics == ()


@pytest.mark.usefixtures("meeting")
@pytest.mark.parametrize("jobs", [2, 3])
def test_the_number_of_processes_does_not_matter(files: Sequence[SourceFile], jobs: int) -> None:
    assert scan_all(files, jobs) == scan_all(files, 1)


@pytest.mark.usefixtures("meeting", "second_thread")
def test_processes_that_are_not_forked(files: Sequence[SourceFile]) -> None:
    assert scan_all(files, 3) == scan_all(files, 1)


@pytest.mark.usefixtures("meeting")
def test_the_order_of_files_is_kept(files: Sequence[SourceFile]) -> None:
    backwards = files[::-1]
    assert list(scan_all(backwards, 2).fresh) == [file.path for file in backwards]


@pytest.mark.parametrize("jobs", [1, 2])
def test_progress_reaches_the_end(files: Sequence[SourceFile], jobs: int) -> None:
    seen: list[tuple[int, int]] = []
    scan_all(files, jobs, lambda done, total: seen.append((done, total)))
    assert seen == [(done, 40) for done in range(1, 41)]


@pytest.mark.parametrize("jobs", [1, 2])
def test_a_file_that_cannot_be_read(files: Sequence[SourceFile], tmp_path: Path, jobs: int) -> None:
    gone = SourceFile("gone.py", str(tmp_path / "gone.py"), 1, 1, 1, 1)
    found = scan_all([gone, *files], jobs)
    assert found.diagnostics == (Diagnostic("gone.py", 0, "cannot be read: No such file or directory"),)
    assert list(found.fresh) == [file.path for file in files]


def test_a_file_that_must_not_be_read(tmp_path: Path) -> None:
    (tmp_path / "secret.py").touch(0)
    if os.access(tmp_path / "secret.py", os.R_OK):
        pytest.skip("nothing is forbidden to this user")
    found = scan_all(discover(tmp_path, Config()).files, 1)
    assert found.diagnostics == (Diagnostic("secret.py", 0, "cannot be read: Permission denied"),)


def test_nothing_to_do() -> None:
    assert scan_all([], 2) == pool.ScanResult({}, ())


def test_few_files_need_no_other_process(tmp_path: Path) -> None:
    (tmp_path / "x.py").write_text("x = 1\n")
    code = f"""
import sys
from pathlib import Path
from apilint.config import Config
from apilint.discover import discover
from apilint.pool import scan_all
scan_all(discover(Path({str(tmp_path)!r}), Config()).files, 8)
sys.exit(bool({{"multiprocessing", "concurrent.futures"}} & set(sys.modules)))
"""
    subprocess.run([sys.executable, "-c", code], check=True, cwd=HERE)


# -------------------------------------------------------------------------------------------- accidents


def children() -> list[int]:
    me = os.getpid()
    return [int(pid) for pid in Path(f"/proc/{me}/task/{me}/children").read_text().split()]


def kill_children() -> None:
    for pid in children():
        os.kill(pid, signal.SIGKILL)


@on_linux
@pytest.mark.usefixtures("meeting")
def test_a_process_that_is_killed_loses_nothing(files: Sequence[SourceFile]) -> None:
    expected = scan_all(files, 1)
    assert scan_all(files, 2, lambda _done, _total: kill_children()) == expected
    assert children() == []


@on_linux
def test_a_file_that_kills_its_process_again(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.py")  # whoever reads it waits
    file = SourceFile("pipe.py", str(tmp_path / "pipe.py"), 1, 1, 1, 1)
    board = pool._Board([file], None)
    results = tmp_path / "apart/results-0"

    def kill_when_begun() -> None:
        while not (results.exists() and results.stat().st_size):
            time.sleep(0.001)
        kill_children()

    killer = threading.Thread(target=kill_when_begun)
    killer.start()
    pool._try_apart(board, 0, str(tmp_path / "apart"))
    killer.join()
    assert board.result().diagnostics == (Diagnostic("pipe.py", 0, "the scanner crashed on this file (status -9)"),)


@on_linux
@pytest.mark.usefixtures("meeting")
def test_a_process_that_cannot_write(files: Sequence[SourceFile]) -> None:
    import resource

    expected = scan_all(files, 1)
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (2000, limits[1]))
    try:
        assert scan_all(files, 2) == expected
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)


@pytest.mark.skipif(sys.platform == "win32", reason="a read-only folder")
def test_no_place_to_meet(files: Sequence[SourceFile], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "gone"))
    assert scan_all(files, 2) == scan_all(files, 1)


# What a shell without job control starts in the background is told to ignore interrupts; at a keyboard it is not.
INTERRUPTED = """
import signal
import sys
signal.signal(signal.SIGINT, signal.default_int_handler)
from pathlib import Path
from apilint.files import SourceFile
from apilint.pool import scan_all
paths = sys.argv[1:]
print("ready", flush=True)
scan_all([SourceFile(path, path, 400_000, 1, 1, 1) for path in paths], 2)
"""


def _wait_until_all_sleep(pid: int) -> None:
    """Until a process and its children have been asleep for a quarter of a second."""
    quiet = 0
    while quiet < 50:
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        states = [Path(f"/proc/{each}/stat").read_text().rpartition(")")[2].split()[0] for each in (pid, *children)]
        quiet = quiet + 1 if set(states) == {"S"} else 0
        time.sleep(0.005)


def _interrupted(process: subprocess.Popen[str]) -> str:
    """What a process has said when it was interrupted: again if it goes on, as a person does, for Python may lose an
    interrupt in a callback of its own. It ends when the last of its children has closed its streams."""
    for _ in range(10):
        process.send_signal(signal.SIGINT)
        with contextlib.suppress(subprocess.TimeoutExpired):
            return process.communicate(timeout=5)[1]
    raise AssertionError("interrupts do not end it")


@on_linux
def test_an_interrupt_ends_all_processes(tmp_path: Path) -> None:
    pipes = [str(tmp_path / name) for name in ("a.py", "b.py")]
    for pipe in pipes:
        os.mkfifo(pipe)
    meeting = tmp_path / "meeting"
    meeting.mkdir()
    process = subprocess.Popen(
        [sys.executable, "-c", INTERRUPTED, *pipes],
        cwd=HERE,
        env={**os.environ, "TMPDIR": str(meeting)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    while len(list(meeting.glob("*/chunk-*"))) < 2:  # both are at work
        time.sleep(0.005)
    _wait_until_all_sleep(process.pid)  # each for its pipe: in the middle of an import an interrupt may get lost
    errors = _interrupted(process)
    assert process.returncode == -signal.SIGINT
    assert errors.strip().splitlines()[-1] == "KeyboardInterrupt"
    assert list(meeting.iterdir()) == []


@pytest.mark.usefixtures("second_thread")
def test_other_processes_do_not_import_from_the_scanned_folder(
    files: Sequence[SourceFile], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("apilint", "msgspec", "tree_sitter", "gc", "sitecustomize"):
        (tmp_path / f"{name}.py").write_text(f"open({str(tmp_path / 'imported')!r}, 'w').close()\n")
    monkeypatch.chdir(tmp_path)
    scan_all(files, 3)
    assert not (tmp_path / "imported").exists()


def test_the_collector_is_left_as_it_was(files: Sequence[SourceFile]) -> None:
    import gc

    assert gc.isenabled()
    scan_all(files[:2], 1)
    assert gc.isenabled()


def test_meanwhile_something_else_is_done_once(files: Sequence[SourceFile]) -> None:
    calls: list[int] = []
    found = scan_all(files, 2, meanwhile=lambda: calls.append(os.getpid()))
    assert found == scan_all(files, 2)
    assert calls == [os.getpid()]
