"""What the cache remembers, and what it makes of damage."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from apilint.cache import Cache, Lookup, cache_folder, content_digest, recall, remember, write_atomically
from apilint.config import Config
from apilint.discover import discover
from apilint.files import SourceFile

LONG_AGO = 1_700_000_000


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A cache folder of the test's own."""
    monkeypatch.setenv("APILINT_CACHE_DIR", str(tmp_path / "cache"))
    return tmp_path / "cache"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A project of three files, two of the same content, that nobody has touched for long."""
    write(tmp_path / "root", "a.py", "a = 1\n")
    write(tmp_path / "root", "b.py", "b = 1\n")
    write(tmp_path / "root", "c.py", "a = 1\n")
    return tmp_path / "root"


def write(root: Path, name: str, text: str, time: int = LONG_AGO) -> None:
    root.mkdir(exist_ok=True)
    (root / name).write_text(text)
    os.utime(root / name, (time, time))


def files(root: Path) -> tuple[SourceFile, ...]:
    return discover(root, Config()).files


def run(root: Path, scanner: str = "1") -> tuple[list[str], list[str]]:
    """What a run does: the paths found in the cache, and those that had to be scanned."""
    cache = Cache.open(root, scanner)
    found = cache.lookup(files(root))
    known, damaged = cache.load(found)
    todo = [*found.misses, *damaged]
    cache.store(found, {file.path: scan(file) for file in todo})
    assert all(facts == scan_text(Path(root, path).read_bytes()) for path, facts in known.items())
    return sorted(known), sorted(file.path for file in todo)


def scan(file: SourceFile) -> tuple[bytes, bytes]:
    data = Path(file.absolute).read_bytes()
    return content_digest(data), scan_text(data)


def scan_text(data: bytes) -> bytes:
    return b"facts of " + data


def test_the_second_run_knows_everything(root: Path) -> None:
    assert run(root) == ([], ["a.py", "b.py", "c.py"])
    assert run(root) == (["a.py", "b.py", "c.py"], [])


def test_unchanged_files_are_not_read(root: Path) -> None:
    run(root)
    found = files(root)
    for file in found:
        Path(file.absolute).unlink()
    assert Cache.open(root, "1").lookup(found).hits == found


def test_a_changed_file_is_scanned_again(root: Path) -> None:
    run(root)
    write(root, "b.py", "b = 2\n", LONG_AGO + 1)
    assert run(root) == (["a.py", "c.py"], ["b.py"])
    assert run(root) == (["a.py", "b.py", "c.py"], [])


def test_a_change_back_to_a_known_content_is_a_hit(root: Path) -> None:
    run(root)
    write(root, "b.py", "b = 2\n", LONG_AGO + 1)
    run(root)
    write(root, "b.py", "b = 1\n", LONG_AGO + 2)
    assert run(root) == (["a.py", "b.py", "c.py"], [])


def test_a_change_that_keeps_size_and_time_is_noticed(root: Path) -> None:
    run(root)
    write(root, "b.py", "b = 2\n")  # the file system still notes when the entry itself changed
    assert run(root) == (["a.py", "c.py"], ["b.py"])


def test_a_file_as_young_as_the_lookup_is_read_again(root: Path) -> None:
    cache = Cache.open(root, "1")
    first = cache.lookup(files(root))
    now = first.checked_ns // 1_000_000_000
    write(root, "b.py", "b = 1\n", now)
    young = files(root)
    found = Lookup(young, (), young, {}, first.checked_ns, True)
    cache.store(found, {file.path: scan(file) for file in young})
    (root / "b.py").write_bytes(b"b = 2\n")  # within the same tick: the entry looks as before
    again = Cache.open(root, "1").lookup(young)
    assert [file.path for file in again.misses] == ["b.py"]
    assert again.changed


def test_a_new_and_a_deleted_file(root: Path) -> None:
    run(root)
    write(root, "d.py", "d = 1\n")
    (root / "a.py").unlink()
    assert run(root) == (["b.py", "c.py"], ["d.py"])
    assert run(root) == (["b.py", "c.py", "d.py"], [])


def test_the_same_content_elsewhere_is_a_hit(root: Path) -> None:
    run(root)
    (root / "b.py").rename(root / "moved.py")
    assert run(root) == (["a.py", "c.py", "moved.py"], [])


def test_lookup_gives_the_digests_of_what_is_known(root: Path) -> None:
    assert Cache.open(root, "1").lookup(files(root)).digests == {}
    run(root)
    assert Cache.open(root, "1").lookup(files(root)).digests == {
        name: content_digest((root / name).read_bytes()) for name in ("a.py", "b.py", "c.py")
    }


def test_a_file_that_cannot_be_read_is_a_miss(root: Path) -> None:
    run(root)
    found = files(root)
    (root / "b.py").unlink()
    gone = tuple(file if file.path != "b.py" else SourceFile("b.py", file.absolute, 9, 9, 9, 9) for file in found)
    assert [file.path for file in Cache.open(root, "1").lookup(gone).misses] == ["b.py"]


def test_another_scanner_finds_nothing(root: Path) -> None:
    run(root)
    assert run(root, scanner="2") == ([], ["a.py", "b.py", "c.py"])
    assert run(root) == (["a.py", "b.py", "c.py"], [])


def test_facts_of_a_known_content_can_be_replaced(root: Path) -> None:
    run(root)
    cache = Cache.open(root, "1")
    found = cache.lookup(files(root))
    cache.store(found, {"b.py": (found.digests["b.py"], b"richer")})
    assert cache.load(found)[0]["b.py"] == b"richer"
    again = Cache.open(root, "1")
    assert again.load(again.lookup(files(root)))[0]["b.py"] == b"richer"


def test_disabled(root: Path, folder: Path) -> None:
    cache = Cache.open(root, "1", enabled=False)
    found = cache.lookup(files(root))
    assert (found.hits, found.misses) == ((), files(root))
    cache.store(found, {file.path: scan(file) for file in found.misses})
    cache.reports.put(b"key", b"report")
    assert cache.reports.get(b"key") is None
    assert not folder.exists()


def test_nothing_to_say_writes_nothing(root: Path, folder: Path) -> None:
    run(root)
    run(root)
    before = sorted((path, path.stat().st_mtime_ns) for path in folder.rglob("*"))
    run(root)
    assert sorted((path, path.stat().st_mtime_ns) for path in folder.rglob("*")) == before


# ----------------------------------------------------------------------------------------------- damage


def index(folder: Path) -> Path:
    (found,) = folder.glob("project-*/index")
    return found


def segment(folder: Path) -> Path:
    (found,) = folder.glob("project-*/*.facts")
    return found


def truncate(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-3])


def flip(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 0xFF
    path.write_bytes(bytes(data))


def empty(path: Path) -> None:
    path.write_bytes(b"")


def foreign(path: Path) -> None:
    path.write_bytes(b"\x80\x04\x95pickle or whatever else" * 100)


def text(path: Path) -> None:
    path.write_text("not a cache\n" * 50)


def folder_instead(path: Path) -> None:
    path.unlink()
    path.mkdir()


damages = pytest.mark.parametrize("damage", [truncate, flip, empty, foreign, text, folder_instead, Path.unlink])


@damages
def test_a_damaged_index_is_a_miss(root: Path, folder: Path, damage: Callable[[Path], None]) -> None:
    run(root)
    damage(index(folder))
    assert run(root) == ([], ["a.py", "b.py", "c.py"])


@damages
def test_damaged_facts_are_a_miss(root: Path, folder: Path, damage: Callable[[Path], None]) -> None:
    run(root)
    damage(segment(folder))
    known, scanned = run(root)
    assert sorted(known + scanned) == ["a.py", "b.py", "c.py"]
    assert scanned
    assert run(root) == (["a.py", "b.py", "c.py"], [])


def test_an_index_of_another_shape_is_a_miss(root: Path, folder: Path) -> None:
    run(root)
    from apilint.cache import _checked

    index(folder).write_bytes(_checked(b"\x93\x01\x02\x03"))
    assert run(root) == ([], ["a.py", "b.py", "c.py"])


def test_another_projects_index_is_a_miss(root: Path, folder: Path, tmp_path: Path) -> None:
    run(root)
    write(tmp_path / "other", "a.py", "a = 1\n")
    stolen = index(folder).read_bytes()
    run(tmp_path / "other")
    for path in folder.glob("project-*/index"):
        path.write_bytes(stolen)
    assert run(tmp_path / "other") == ([], ["a.py"])


def test_a_cache_folder_that_cannot_be_made(root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("APILINT_CACHE_DIR", str(tmp_path / "file/cache"))
    assert run(root) == ([], ["a.py", "b.py", "c.py"])
    assert run(root) == ([], ["a.py", "b.py", "c.py"])
    remember("rules", b"key", b"data")
    assert recall("rules", b"key") is None


# ------------------------------------------------------------------------------------- growing and sharing


def test_many_changes_do_not_grow_without_end(root: Path, folder: Path) -> None:
    for number in range(40):
        write(root, "b.py", f"b = {number}\n", LONG_AGO + number)
        run(root)
    assert len(list(folder.glob("project-*/*.facts"))) <= 12
    assert run(root) == (["a.py", "b.py", "c.py"], [])


def test_projects_that_nobody_checks_any_more_are_removed(root: Path, folder: Path, tmp_path: Path) -> None:
    run(root)
    (old,) = folder.glob("project-*")
    for path in (*old.iterdir(), old, folder / "pruned"):
        os.utime(path, (LONG_AGO, LONG_AGO))
    write(tmp_path / "other", "a.py", "a = 1\n")
    run(tmp_path / "other")
    assert not old.exists()
    assert run(tmp_path / "other") == (["a.py"], [])


def test_a_project_in_use_stays(root: Path, folder: Path, tmp_path: Path) -> None:
    run(root)
    run(root)
    os.utime(index(folder), (LONG_AGO, LONG_AGO))
    run(root)
    assert index(folder).stat().st_mtime > LONG_AGO


SHARING = """
import sys
from pathlib import Path
from apilint.cache import Cache, content_digest
from apilint.config import Config
from apilint.discover import discover
root, name = Path(sys.argv[1]), sys.argv[2]
for number in range(30):
    (root / f"{name}.py").write_text(f"{name} = {number}")
    cache = Cache.open(root, "1")
    found = cache.lookup(discover(root, Config()).files)
    known, damaged = cache.load(found)
    todo = [*found.misses, *damaged]
    cache.store(found, {f.path: (content_digest(d := Path(f.absolute).read_bytes()), b"facts of " + d) for f in todo})
"""


def test_two_processes_at_once(root: Path) -> None:
    here = Path(__file__).parents[1]
    command = [sys.executable, "-c", SHARING, str(root)]
    running = [subprocess.Popen([*command, name], cwd=here) for name in ("x", "y")]
    assert [process.wait() for process in running] == [0, 0]
    run(root)  # checks the facts that it finds
    assert run(root) == (["a.py", "b.py", "c.py", "x.py", "y.py"], [])


# ----------------------------------------------------------------------------------------------- reports


def test_the_newest_reports_are_kept(root: Path, folder: Path) -> None:
    reports = Cache.open(root, "1").reports
    for number in range(6):
        reports.put(b"%d" % number, b"report %d" % number)
        for path in folder.glob("project-*/report-*"):
            os.utime(path, (path.stat().st_mtime - 10, path.stat().st_mtime - 10))
    assert [reports.get(b"%d" % number) for number in range(6)] == [
        None,
        None,
        *(b"report %d" % n for n in range(2, 6)),
    ]


@damages
def test_a_damaged_report_is_a_miss(root: Path, folder: Path, damage: Callable[[Path], None]) -> None:
    reports = Cache.open(root, "1").reports
    reports.put(b"key", b"x" * 1000)
    (path,) = folder.glob("project-*/report-*")
    damage(path)
    assert reports.get(b"key") is None
    reports.put(b"key", b"new")


def test_remembered_bytes(folder: Path) -> None:
    assert recall("rules", b"key") is None
    remember("rules", b"key", b"data")
    assert recall("rules", b"key") == b"data"
    assert recall("rules", b"other") is None
    assert (folder / "CACHEDIR.TAG").read_text().startswith("Signature: 8a477f597d28d172789f06886806bc55")


# ----------------------------------------------------------------------------------------------- folder


@pytest.mark.skipif(sys.platform in ("win32", "darwin"), reason="the places of XDG")
@pytest.mark.parametrize(
    ("variables", "expected"),
    [
        ({"APILINT_CACHE_DIR": "/a/b", "XDG_CACHE_HOME": "/xdg", "HOME": "/home/me"}, "/a/b"),
        ({"XDG_CACHE_HOME": "/xdg", "HOME": "/home/me"}, "/xdg/apilint"),
        ({"XDG_CACHE_HOME": "relative", "HOME": "/home/me"}, "/home/me/.cache/apilint"),
        ({"HOME": "/home/me"}, "/home/me/.cache/apilint"),
    ],
)
def test_where_it_is(monkeypatch: pytest.MonkeyPatch, variables: dict[str, str], expected: str) -> None:
    for name in ("APILINT_CACHE_DIR", "XDG_CACHE_HOME", "HOME"):
        monkeypatch.delenv(name, raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert cache_folder() == Path(expected)


@pytest.fixture
def target(tmp_path: Path) -> Iterator[Path]:
    """A file with a content worth keeping."""
    (tmp_path / "report.sarif").write_bytes(b"old")
    yield tmp_path / "report.sarif"
    assert [path.name for path in tmp_path.glob("*.tmp")] == []


def test_writing_replaces_at_once(target: Path) -> None:
    write_atomically(target, b"new")
    assert target.read_bytes() == b"new"


def test_writing_over_a_folder_fails_and_leaves_nothing_behind(target: Path) -> None:
    target.unlink()
    target.mkdir()
    with pytest.raises(OSError, match=r"report\.sarif"):
        write_atomically(target, b"new")
