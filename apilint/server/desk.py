"""What happens in the editor -> fresh views, worked out in a thread of their own, one after the other.

What happens shortly after one another is taken together: who types sends an edit a key.
"""

from __future__ import annotations

import functools
import queue
import threading
import time
import traceback
from collections.abc import Callable
from concurrent.futures import Future
from pathlib import Path
from typing import TypeVar

from apilint.config import ConfigError
from apilint.pipeline import NothingToAnalyse
from apilint.server.folder import Folder, Superseded
from apilint.server.litter import Litter
from apilint.server.view import View

T = TypeVar("T")

DEBOUNCE = 0.03
PATIENCE = 0.2  # who never stops typing is told something all the same
REST = 0.5  # after so long without an edit the whole program is linked, where that takes longer than
QUICK = 0.15


class Trouble(Exception):
    """Why there is no view of a folder, for a person."""


Tell = Callable[[Folder, "View | Trouble"], None]


class Desk:
    """The folders that are open. Every method may be called from any thread and returns at once; `tell` is called from
    the desk's own thread."""

    def __init__(self, tell: Tell, quick: float = QUICK) -> None:
        self._tell = tell
        self._quick = quick
        self._folders: dict[str, Folder] = {}
        self._texts: dict[str, str] = {}
        self._stale: set[str] = set()
        self._glanced: set[str] = set()
        self._sent = self._taken = 0  # edits: whether there are some that nobody has looked at yet
        self._events: queue.SimpleQueue[Callable[[], None]] = queue.SimpleQueue()
        self._asked: list[Callable[[], None]] = []
        self._litter = Litter()
        self._thread = threading.Thread(target=self._work, name="apilint desk", daemon=True)

    def start(self) -> None:
        """Begin to work."""
        self._thread.start()

    # ------------------------------------------------------------------------------------- what happens

    def opened(self, folder: Path) -> None:
        """A folder has been opened."""
        self._events.put(lambda: self._open(folder))

    def closed(self, folder: Path) -> None:
        """A folder has been closed."""
        self._events.put(lambda: self._close(folder))

    def edited(self, path: str, text: str) -> None:
        """The editor holds this text for a path now."""
        self._sent += 1
        self._events.put(lambda: self._edit(path, text))

    def saved(self, path: str) -> None:
        """The editor has written what it holds."""
        self._events.put(lambda: self._save(path))

    def dropped(self, path: str) -> None:
        """The editor holds nothing for a path any more."""
        self._events.put(lambda: self._drop(path))

    def touched(self, path: str, *, stays: bool) -> None:
        """Something on the disk has changed: what a file says, or, unless it `stays`, that there is one."""
        self._events.put(lambda: self._touch(path, stays))

    def ask(self, path: str, question: Callable[[Folder], T]) -> Future[T | None]:
        """The answer for the folder of a path, given when all that has happened before has been worked in; None where
        no folder holds the path."""
        future: Future[T | None] = Future()

        def answer() -> None:
            try:
                folder = self._folder(path)
                future.set_result(None if folder is None else question(folder))
            except BaseException as error:  # noqa: BLE001 - whoever asked is told
                future.set_exception(error)

        self._events.put(lambda: self._asked.append(answer))
        return future

    # ------------------------------------------------------------------------------------- working it in

    def _open(self, path: Path) -> None:
        folder = self._folders[str(path)] = Folder(path)
        for name, text in self._texts.items():
            if self._folder(name) is folder:
                folder.edit(name, text)
        self._stale.add(str(path))

    def _close(self, path: Path) -> None:
        folder = self._folders.pop(str(path), None)
        if folder is not None:
            self._stale.discard(str(path))
            self._tell(folder, View((), (), folder.texts()))

    def _edit(self, path: str, text: str) -> None:
        self._taken += 1
        self._texts[path] = text
        folder = self._folder(path)
        if folder is not None:
            folder.edit(path, text)
            self._stale.add(str(folder.path))

    def _save(self, path: str) -> None:
        folder = self._folder(path)
        if folder is not None and not folder.knows(path):
            self._reload(folder)

    def _drop(self, path: str) -> None:
        self._texts.pop(path, None)
        folder = self._folder(path)
        if folder is not None:
            folder.close(path)
            self._stale.add(str(folder.path))

    def _touch(self, path: str, stays: bool) -> None:
        """What the editor holds counts, not what it has written."""
        for folder in self._folders.values():
            is_held = stays and path in self._texts and folder.knows(path)
            if folder.reaches(path) and not is_held:
                self._reload(folder)

    def _reload(self, folder: Folder) -> None:
        folder.forget()
        self._stale.add(str(folder.path))

    def _folder(self, path: str) -> Folder | None:
        """The innermost folder that holds a path."""
        found = [folder for folder in self._folders.values() if folder.covers(path)]
        return max(found, key=lambda each: len(str(each.path)), default=None)

    # ---------------------------------------------------------------------------------------- the thread

    def _work(self) -> None:
        while True:
            if not self._rested():
                continue
            deadline = time.monotonic() + PATIENCE
            while time.monotonic() < deadline:
                try:
                    self._take(self._events.get(timeout=DEBOUNCE))
                except queue.Empty:
                    break
            for name in sorted(self._stale):
                self._refresh(self._folders[name])
            self._stale.clear()
            while self._asked:
                self._asked.pop(0)()
            self._litter.tidy(is_quiet=self._events.empty())

    def _rested(self) -> bool:
        """Wait for something to happen; when nothing does, link what was only glanced at."""
        try:
            self._take(self._events.get(timeout=REST))
        except queue.Empty:
            for name in sorted(self._glanced):
                self._settle(name)
            self._litter.sweep(is_quiet=self._events.empty())
            return False
        return True

    def _take(self, event: Callable[[], None]) -> None:
        try:
            event()
        except Exception:  # noqa: BLE001 - a mistake of ours must not end the thread
            traceback.print_exc()

    def _settle(self, name: str) -> None:
        """Link what was only glanced at, unless somebody goes on typing."""
        folder = self._folders.get(name)
        try:
            if folder is not None:
                whole = functools.partial(folder.view, lambda: self._sent != self._taken)
                self._show(folder, whole)
        except Superseded:
            self._litter.given_up()
            return
        self._litter.replaced()
        self._glanced.discard(name)

    def _refresh(self, folder: Folder) -> None:
        """Show what can be known at once; where that is not all there is to know, the rest later."""
        name = str(folder.path)
        if folder.seconds > self._quick and not folder.is_settled:
            self._glanced.add(name)
            if self._show(folder, folder.glance):
                return
        self._glanced.discard(name)
        self._show(folder, folder.view)
        self._litter.replaced()

    def _show(self, folder: Folder, look: Callable[[], View | None]) -> bool:
        """Tell what a look at a folder shows, or why nothing is to be seen; whether there was something to say."""
        try:
            view = look()
            if view is None:
                return False
            self._tell(folder, view)
        except (ConfigError, NothingToAnalyse) as error:
            self._tell(folder, Trouble(str(error)))
        except Superseded:
            raise
        except Exception:  # noqa: BLE001 - it is reported, and the editor goes on
            traceback.print_exc()
            self._tell(folder, Trouble("this is a mistake in apilint, not in your program; the server's log says more"))
        return True


__all__ = ["Desk", "Trouble"]
