"""What earlier runs found out, kept in the user's cache folder: facts by content, finished reports, parsed rules.

A cache that is corrupt, foreign, truncated or of another version is a miss, never an error; one that cannot be
written is done without. Everything is MessagePack or opaque bytes under a checksum: nothing read from here can
run code. Files are written under new names or replaced in one step, so that two processes do not disturb each
other; at worst one of them has stored in vain.

A project has one folder: `index` (what the files' directory entries were, and where the facts of each content
stand) and a few segments of facts, each written once. When segments become many, or hold mostly facts that
nobody refers to, the facts in use are copied into one.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import sys
import time
import zlib
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import BinaryIO, NamedTuple, TypeVar

import msgspec

from apilint.files import SourceFile

VARIABLE = "APILINT_CACHE_DIR"
DIGEST_SIZE = 16

_MAGIC = b"apilint cache 1\n"
_SEGMENTS = 12
_SPARE_BYTES = 4 * 1024 * 1024
_REPORTS = 4
_DAY = 24 * 60 * 60
_KEEP_DAYS = 30
# A file changed twice within one tick of its file system's clock (2 s on FAT) shows the same time for both. The
# rest is for discovery, which looks at the directory entries before the lookup says what time it is.
_TICK_NS = 10_000_000_000


class _Entry(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """A file's directory entry when its content was read."""

    size: int
    mtime_ns: int
    ctime_ns: int
    inode: int
    digest: bytes


class _Blob(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """Where the facts of a content stand."""

    segment: int
    offset: int
    length: int
    checksum: int


class _Index(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """`checked_ns` is when the directory entries were compared, `segments` the size of each."""

    root: str
    scanner: str
    checked_ns: int
    files: dict[str, _Entry]
    blobs: dict[bytes, _Blob]
    segments: dict[int, int]


T = TypeVar("T")
_decode_index = msgspec.msgpack.Decoder(_Index).decode
_encode = msgspec.msgpack.Encoder().encode


class Lookup(NamedTuple):
    """What the cache knows of a project's files.

    `hits` have facts in the cache, `misses` have not. `digests` are those of all contents that were known or read
    on the way; with an empty cache there are none.
    """

    files: tuple[SourceFile, ...]
    hits: tuple[SourceFile, ...]
    misses: tuple[SourceFile, ...]
    digests: dict[str, bytes]
    checked_ns: int
    changed: bool


def decoded(data: bytes | None, type_: type[T]) -> T | None:
    """What was kept; None where nothing was, or nothing that can be read: that is as good as not there."""
    try:
        return None if data is None else msgspec.msgpack.decode(data, type=type_)
    except msgspec.DecodeError:
        return None


def content_digest(data: bytes) -> bytes:
    """Names a content."""
    return hashlib.blake2b(data, digest_size=DIGEST_SIZE).digest()


def cache_folder() -> Path | None:
    """The user's cache folder for apilint, None where the user has no home."""
    given = os.environ.get(VARIABLE)
    if given:
        return Path(os.path.abspath(given))
    if sys.platform == "win32":
        base = os.environ.get("LOCALAPPDATA", "")
    elif sys.platform == "darwin":
        base = os.path.expanduser("~/Library/Caches")
    else:
        base = os.environ.get("XDG_CACHE_HOME", "")
        base = base if os.path.isabs(base) else os.path.expanduser("~/.cache")
    return Path(base, "apilint") if os.path.isabs(base) else None


class Cache:
    """The facts of one project's files."""

    def __init__(self, folder: Path | None, root: str, scanner: str) -> None:
        self._folder = folder
        self._root = root
        self._scanner = scanner
        self._index = self._read_index()

    @classmethod
    def open(cls, root: Path, scanner: str, enabled: bool = True) -> Cache:
        """The cache for a project; `scanner` names the version of the scanner. Disabled, it knows nothing."""
        absolute = os.path.abspath(root)
        base = cache_folder() if enabled else None
        return cls(base and base / _project_folder(absolute, scanner), absolute, scanner)

    @property
    def reports(self) -> ReportCache:
        """The finished reports of this project."""
        return ReportCache(self._folder)

    def lookup(self, files: Iterable[SourceFile]) -> Lookup:
        """Which of the files have facts here. A file whose directory entry is as before is not read."""
        now = time.time_ns()
        found: list[SourceFile] = []
        misses: list[SourceFile] = []
        digests: dict[str, bytes] = {}
        changed = False
        files = tuple(files)
        for file in files:
            digest = self._known_digest(file)
            if digest is None:
                changed = True
                digest = self._read_digest(file)
            if digest is not None:
                digests[file.path] = digest
            (found if digest in self._index.blobs else misses).append(file)
        changed = changed or len(files) != len(self._index.files)
        self._touch()
        return Lookup(files, tuple(found), tuple(misses), digests, now, changed)

    def _known_digest(self, file: SourceFile) -> bytes | None:
        entry = self._index.files.get(file.path)
        if (
            entry is None
            or entry.mtime_ns != file.mtime_ns
            or entry.size != file.size
            or entry.ctime_ns != file.ctime_ns
            or entry.inode != file.inode
            or entry.mtime_ns >= self._index.checked_ns - _TICK_NS
        ):
            return None
        return entry.digest

    def _read_digest(self, file: SourceFile) -> bytes | None:
        """The digest of what stands in the file now; not asked for when nothing could be known of it."""
        if not self._index.blobs:
            return None
        try:
            with open(file.absolute, "rb") as stream:
                return content_digest(stream.read())
        except OSError:
            return None

    def load(self, found: Lookup) -> tuple[dict[str, bytes], list[SourceFile]]:
        """The encoded facts of the hits, and those hits whose facts turn out to be damaged."""
        facts: dict[str, bytes] = {}
        damaged: list[SourceFile] = []
        with contextlib.ExitStack() as stack:
            segments = _Segments(self._folder, stack)
            for file in found.hits:
                data = segments.read(self._index.blobs[found.digests[file.path]])
                if data is None:
                    damaged.append(file)
                else:
                    facts[file.path] = data
        return facts, damaged

    def store(self, found: Lookup, fresh: Mapping[str, tuple[bytes, bytes]]) -> None:
        """Keep what this run found out: `fresh` maps a path to (digest of the content, encoded facts).

        To be called after every run, so that files which had to be read again need not be the next time.
        """
        folder = self._folder
        if folder is None or not (fresh or found.changed):
            return
        with contextlib.suppress(OSError):
            _make_folder(folder)
            current = self._read_index()  # another process may have stored since
            self._index = _write(folder, current, found, fresh)
            _remove_segments(folder, current, self._index)
            _prune(folder.parent)

    # ------------------------------------------------------------------------------------------ reading

    def _read_index(self) -> _Index:
        data = _read_checked(self._folder and self._folder / "index")
        if data is not None:
            with contextlib.suppress(msgspec.DecodeError):
                index = _decode_index(data)
                if index.root == self._root and index.scanner == self._scanner:
                    return index
        return _Index(self._root, self._scanner, 0, {}, {}, {})

    def _touch(self) -> None:
        """Say that the project is still in use."""
        if self._folder is not None and self._index.files:
            with contextlib.suppress(OSError):
                index = self._folder / "index"
                if time.time() - index.stat().st_mtime > _DAY:
                    os.utime(index)


def _write(folder: Path, current: _Index, found: Lookup, fresh: Mapping[str, tuple[bytes, bytes]]) -> _Index:
    """Write the fresh facts to a new segment, and the index that knows it."""
    digests = {**found.digests, **{path: digest for path, (digest, _) in fresh.items()}}
    contents = dict(fresh.values())
    blobs, segments = dict(current.blobs), dict(current.segments)
    if contents:
        live = set(digests.values()) - contents.keys()
        segment = int.from_bytes(os.urandom(7), "big")
        with open(_segment_file(folder, segment), "xb") as stream:
            if _is_worn(current, live):
                blobs, segments = _rewrite(folder, current, live, stream, segment), {}
            blobs.update(_append(stream, segment, contents.items()))
            segments[segment] = stream.tell()
    entries = {file.path: _entry(file, digests[file.path]) for file in found.files if file.path in digests}
    index = _Index(current.root, current.scanner, found.checked_ns, entries, blobs, segments)
    write_atomically(folder / "index", _checked(_encode(index)))
    return index


def _rewrite(folder: Path, index: _Index, live: Iterable[bytes], stream: BinaryIO, segment: int) -> dict[bytes, _Blob]:
    """Copy the facts in use to a new segment."""
    with contextlib.ExitStack() as stack:
        return dict(_append(stream, segment, _kept(index, live, _Segments(folder, stack))))


def _remove_segments(folder: Path, before: _Index, now: _Index) -> None:
    """Remove the segments that are used no more, and old ones that no index knows: a new one may be another
    process's, about to be entered."""
    for segment in before.segments.keys() - now.segments.keys():
        _segment_file(folder, segment).unlink(missing_ok=True)
    known = {_segment_file(folder, segment).name for segment in now.segments}
    for path in folder.glob("*.facts"):
        if path.name not in known:
            _remove_old(path, 60 * 60)


def _project_folder(root: str, scanner: str) -> str:
    return (
        "project-" + hashlib.blake2b(f"{root}\0{scanner}".encode(errors="surrogateescape"), digest_size=12).hexdigest()
    )


def _entry(file: SourceFile, digest: bytes) -> _Entry:
    return _Entry(file.size, file.mtime_ns, file.ctime_ns, file.inode, digest)


# ---------------------------------------------------------------------------------------------- segments


class _Segments:
    """The open segments of a project."""

    def __init__(self, folder: Path | None, stack: contextlib.ExitStack) -> None:
        self._folder = folder
        self._stack = stack
        self._open: dict[int, BinaryIO | None] = {}

    def read(self, blob: _Blob) -> bytes | None:
        """A blob's bytes, None if they are not what they were."""
        stream = self._stream(blob.segment)
        if stream is None:
            return None
        try:
            stream.seek(blob.offset)
            data = stream.read(blob.length)
        except (OSError, ValueError, OverflowError):
            return None
        return data if len(data) == blob.length and zlib.crc32(data) == blob.checksum else None

    def _stream(self, segment: int) -> BinaryIO | None:
        if segment not in self._open:
            self._open[segment] = None
            if self._folder is not None:
                with contextlib.suppress(OSError):
                    path = _segment_file(self._folder, segment)
                    stream = open(path, "rb", buffering=0)  # noqa: SIM115 - the stack closes it
                    self._open[segment] = self._stack.enter_context(stream)
        return self._open[segment]


def _segment_file(folder: Path, segment: int) -> Path:
    return folder / f"{segment:x}.facts"


def _is_worn(index: _Index, live: Iterable[bytes]) -> bool:
    """Whether it is time to copy the facts in use into one new segment."""
    used = sum(index.blobs[digest].length for digest in live if digest in index.blobs)
    return len(index.segments) >= _SEGMENTS or sum(index.segments.values()) > 2 * used + _SPARE_BYTES


def _kept(index: _Index, live: Iterable[bytes], segments: _Segments) -> Iterator[tuple[bytes, bytes]]:
    for digest in sorted(live):
        blob = index.blobs.get(digest)
        data = blob and segments.read(blob)
        if data:
            yield digest, data


def _append(stream: BinaryIO, segment: int, contents: Iterable[tuple[bytes, bytes]]) -> Iterator[tuple[bytes, _Blob]]:
    for digest, data in contents:
        offset = stream.tell()
        stream.write(data)
        yield digest, _Blob(segment, offset, len(data), zlib.crc32(data))


# ----------------------------------------------------------------------------------------------- reports


class ReportCache:
    """The newest finished reports of a project, as opaque bytes."""

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder

    def get(self, key: bytes) -> bytes | None:
        """What was put under the key."""
        path = self._path(key)
        data = _read_checked(path)
        if data is not None and path is not None:
            with contextlib.suppress(OSError):
                os.utime(path)  # the newest are kept
        return data

    def put(self, key: bytes, data: bytes) -> None:
        """Keep a report, and let go of all but the newest few."""
        path = self._path(key)
        if path is None or self._folder is None:
            return
        with contextlib.suppress(OSError):
            _make_folder(self._folder)
            write_atomically(path, _checked(data))
            _keep_newest(self._folder, "report-*", _REPORTS)

    def _path(self, key: bytes) -> Path | None:
        return self._folder and self._folder / f"report-{content_digest(key).hex()}"


# ------------------------------------------------------------------------------------ what needs no project


def recall(kind: str, key: bytes) -> bytes | None:
    """What was remembered of a kind under the key."""
    folder = cache_folder()
    return _read_checked(folder and folder / f"{kind}-{content_digest(key).hex()}")


def remember(kind: str, key: bytes, data: bytes) -> None:
    """Keep bytes of a kind under a key; the newest eight of a kind are kept."""
    folder = cache_folder()
    if folder is None:
        return
    with contextlib.suppress(OSError):
        _make_folder(folder)
        write_atomically(folder / f"{kind}-{content_digest(key).hex()}", _checked(data))
        _keep_newest(folder, f"{kind}-*", 8)


# ------------------------------------------------------------------------------------------------- files


def _checked(data: bytes) -> bytes:
    return _MAGIC + zlib.crc32(data).to_bytes(4, "big") + data


def _read_checked(path: Path | None) -> bytes | None:
    """The bytes below the checksum, None if there is no such file or it is not whole."""
    if path is None:
        return None
    try:
        data = path.read_bytes()
    except OSError:
        return None
    head = len(_MAGIC) + 4
    body = data[head:]
    if len(data) < head or not data.startswith(_MAGIC):
        return None
    return body if zlib.crc32(body) == int.from_bytes(data[head - 4 : head], "big") else None


def write_atomically(path: Path, data: bytes, mode: int | None = None) -> None:
    """Write a file whole or not at all, with a mode if one is given."""
    temporary = path.with_name(f"{path.name}.{os.getpid():x}-{os.urandom(4).hex()}.tmp")
    try:
        temporary.write_bytes(data)
        if mode is not None:
            temporary.chmod(mode)
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)


def _make_folder(folder: Path) -> None:
    """Make a folder in the cache, which nobody else reads and no backup needs."""
    if folder.is_dir():
        return
    base = folder.parent if folder.name.startswith("project-") else folder
    base.mkdir(mode=0o700, parents=True, exist_ok=True)
    folder.mkdir(mode=0o700, exist_ok=True)
    tag = base / "CACHEDIR.TAG"
    if not tag.exists():
        tag.write_text("Signature: 8a477f597d28d172789f06886806bc55\n# The cache of apilint; it may be removed.\n")


# ----------------------------------------------------------------------------------------------- pruning


def _prune(base: Path) -> None:
    """Once a day, remove the projects that nobody has checked for a month."""
    stamp = base / "pruned"
    if _age(stamp) < _DAY:
        return
    stamp.touch()
    for folder in base.glob("project-*"):
        if _age(folder / "index") > _KEEP_DAYS * _DAY and _age(folder) > _DAY:
            _remove_folder(folder)


def _age(path: Path) -> float:
    """In seconds; a file that is not there is infinitely old."""
    try:
        return time.time() - path.stat().st_mtime
    except OSError:
        return float("inf")


def _remove_folder(folder: Path) -> None:
    for path in folder.iterdir():
        path.unlink()
    folder.rmdir()


def _remove_old(path: Path, seconds: float) -> None:
    if seconds < _age(path) < float("inf"):
        path.unlink(missing_ok=True)


def _keep_newest(folder: Path, pattern: str, count: int) -> None:
    paths = sorted(folder.glob(pattern), key=_age)
    for path in paths[count:]:
        path.unlink(missing_ok=True)
