"""One workspace folder: its project, linked and judged with the texts that the editor has not saved."""

from __future__ import annotations

import os
import time
import tokenize
from collections.abc import Callable, Iterator, Mapping
from io import BytesIO
from pathlib import Path

import msgspec

from apilint import config as settings
from apilint.analysis import judge, start
from apilint.cache import content_digest
from apilint.facts import FileFacts, decode_file, encode
from apilint.finding import Diagnostic, Finding, Report
from apilint.mending import Mended, State, mend
from apilint.pipeline import Options, Run
from apilint.project import Project
from apilint.report.summary import visible
from apilint.scanning import Scanned
from apilint.server.splice import LATER, Linked
from apilint.server.view import View, seen
from apilint.source import Sources


class Superseded(Exception):
    """Something has been edited since, and nobody wants to know any more."""


def _never() -> bool:
    return False


class Unsaved(msgspec.Struct, frozen=True):
    """A text that the editor holds, and its facts."""

    text: bytes
    facts: FileFacts


class Folder:
    """The files of a folder with what an editor has made of them. The project's root, from which findings name files,
    may lie above the folder."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.root = path
        self.seconds = 0.0  # what linking and judging took the last time
        self._run: Run | None = None
        self._unsaved: dict[str, Unsaved] = {}
        self._state: State | None = None
        self._linked: Linked | None = None

    # ---------------------------------------------------------------------------------------------- texts

    def covers(self, path: str) -> bool:
        """Whether an absolute path lies in the folder."""
        return path == str(self.path) or path.startswith(_inside(self.path))

    def reaches(self, path: str) -> bool:
        """Whether what an absolute path holds may matter: all below the project's root does."""
        return self.covers(path) or path.startswith(_inside(self.root))

    def file(self, path: str) -> str:
        """An absolute path as findings name it."""
        return os.path.relpath(path, self.root).replace(os.sep, "/")

    def texts(self) -> Sources:
        """The texts of the files as they are now."""
        return Sources(self.root, instead={self.file(path): each.text for path, each in self._unsaved.items()})

    def edit(self, path: str, text: str) -> None:
        """Take a text for what an absolute path holds."""
        data = text.encode("utf-8", "replace")
        known = self._unsaved.get(path)
        if known is None or known.text != data:
            self._unsaved[path] = Unsaved(data, _scanned(data))
            if known is not None or not self._was_scanned(path, data):
                self._state = None

    def close(self, path: str) -> None:
        """Take what is on the disk for what an absolute path holds."""
        unsaved = self._unsaved.pop(path, None)
        if unsaved is not None and not self._was_scanned(path, unsaved.text):
            self.forget()

    def forget(self) -> None:
        """Look at the disk and at the settings again."""
        self._run = self._state = self._linked = None

    def knows(self, path: str) -> bool:
        """Whether an absolute path is one of the files that were found the last time."""
        return self._run is not None and any(each.path == self.file(path) for each in self._run.found.files)

    def _was_scanned(self, path: str, text: bytes) -> bool:
        """Whether this is what a file held when the files were scanned; the disk may hold something else by now."""
        known = None if self._run is None else self._run.digests.get(self.file(path))
        return known == content_digest(_as_declared(text))

    def _text(self, file: str) -> bytes:
        """The text of a file as it is now. Raises OSError."""
        unsaved = self._unsaved.get(os.path.join(self.root, *file.split("/")))
        return unsaved.text if unsaved is not None else self._opened().sources.text(file)

    # ----------------------------------------------------------------------------------------- the program

    @property
    def is_settled(self) -> bool:
        """Whether the program is linked as it is now."""
        return self._state is not None

    def view(self, is_superseded: Callable[[], bool] = _never) -> View:
        """What an editor may ask, as `apilint check` would find it. Raises `ConfigError`, `NothingToAnalyse` and
        `Superseded`."""
        run, state = self._opened(), self.state(is_superseded)
        self._linked = Linked(state.project, state.report, self.texts())
        return self._seen(run, state.project, state.report)

    def glance(self) -> View | None:
        """What can be said at once after an edit (see `splice`); None where the program has to be linked first."""
        run, linked = self._run, self._linked
        if run is None or linked is None or self.is_settled:
            return None
        edited = self._edited(run)
        changed = [file for file, each in edited.items() if linked.text(file) != each.text]
        if not changed or not linked.take({file: (edited[file].facts, edited[file].text) for file in changed}):
            self._linked = None
            return None
        linked.blend(self._judged(run, linked.project, self._scanned(run), ignore=LATER))
        return self._seen(run, linked.project, linked.report)

    def state(self, is_superseded: Callable[[], bool] = _never) -> State:
        """The program, linked and judged. Raises as `view`."""
        if self._state is None:
            began = time.monotonic()
            run = self._opened()
            scanned = self._scanned(run)
            config = run.options.config

            def text(file: str) -> bytes:
                if is_superseded():
                    raise Superseded
                return self._text(file)

            project = start(
                scanned, config, run.scope, self.root.name, text, run.documents, run.versions, None, run.specifications
            )
            self._state = State(scanned, project, self._judged(run, project, scanned), {})
            self.seconds = time.monotonic() - began
        return self._state

    def mended(self, is_wanted: Callable[[Finding], bool], *, unsafe: bool) -> Mended:
        """What is left and what changes when the wanted findings are mended. Raises as `view`."""
        texts = {file: each.text for file, each in self._edited(self._opened()).items()}
        return mend(self.state(), self._opened().workshop(texts), is_wanted, unsafe=unsafe)

    def _opened(self) -> Run:
        if self._run is None:
            self.root = settings.find_root((self.path,))
            options = Options(root=self.root, paths=(self.path,), config=settings.load(self.root, None))
            self._run = Run(options)
        return self._run

    def _judged(self, run: Run, project: Project, scanned: Scanned, ignore: tuple[str, ...] = ()) -> Report:
        return judge(project, scanned, run.options.config, (), ignore, self.texts(), jobs=1)

    def _seen(self, run: Run, project: Project, report: Report) -> View:
        report = run.told(report, run.is_shown)
        return seen(project, report, visible(run.options.config), self.texts(), self._edited(run).keys())

    def _edited(self, run: Run) -> dict[str, Unsaved]:
        """What the editor holds of the project's files."""
        files = {each.path for each in run.found.files}
        return {self.file(path): each for path, each in self._unsaved.items() if self.file(path) in files}

    def _scanned(self, run: Run) -> Scanned:
        """The facts of all files, those of the disk less those that the editor holds."""
        disk = run.scanned
        edited = {file: each.facts for file, each in self._edited(run).items()}
        told = (each for each in disk.diagnostics if each.file not in edited)
        diagnostics = tuple(sorted({*told, *_errors(edited)}))
        facts = {file: edited.get(file) or disk.facts[file] for file in sorted({*disk.facts, *edited})}
        return Scanned(facts, disk.projects, diagnostics)


def _inside(folder: Path) -> str:
    return str(folder).rstrip(os.sep) + os.sep


def _errors(edited: Mapping[str, FileFacts]) -> Iterator[Diagnostic]:
    for file, facts in edited.items():
        for error in facts.errors:
            yield Diagnostic(file, error.line, error.message)


def _scanned(text: bytes) -> FileFacts:
    """The facts of a UTF-8 text, whatever encoding its file declares."""
    from apilint.scan import scan

    return decode_file(encode(scan(_as_declared(text))))


def _as_declared(text: bytes) -> bytes:
    """A UTF-8 text as its file would hold it."""
    if b"coding" not in text[:1000]:
        return text
    try:
        name, _ = tokenize.detect_encoding(BytesIO(text).readline)
        return text.decode().encode(name)
    except (SyntaxError, UnicodeError, LookupError):
        return text


__all__ = ["Folder", "Superseded"]
