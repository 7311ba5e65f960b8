"""What a framework says of an application, in the form that runtime scripts print: a JSON list of `Row`s.

A runtime script (`runtime_flask.py`, …) imports an application in a fresh interpreter, walks the framework's own
route table, calls every route without credentials, and prints a `Row` for each. Everything that does not depend
on the framework lives here: where the developer's function stands, whether it was entered, what an answer means.
"""

from __future__ import annotations

import ast
import asyncio
import functools
import importlib
import inspect
import json
import logging
import os
import re
import sys
import threading
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from types import CodeType, FrameType, FunctionType
from typing import Any

PATH_VALUES = {"int": "1", "float": "1.5", "path": "a/b", "uuid": "6f1c2a52-5d0c-4e0b-9f57-0d9a6e3f7a11"}
LOGIN = re.compile(r"log-?in|sign-?in")
DENIALS = (1008, 3000, 3003, 4001, 4003, 4401, 4403)


@dataclass(frozen=True)
class Row:
    """One method of one route, and what an anonymous call of it met.

    `anon` is one of

    - `protected`: turned away (401, 403, a redirect to the log-in page, a websocket closed before it was accepted)
      before the handler was entered;
    - `denied_in_handler`: the same, by the handler itself;
    - `public`: the handler was entered and answered;
    - `public_to_validation`: turned away for the shape of the request only (422);
    - `reached`: the handler was entered and answered with an error that is no rejection (there is no such item, or no
      database for this trial run);
    - `shadowed`: answered without an error, and not by this handler (another route took the path);
    - `ambiguous`: anything else.
    """

    method: str
    path: str
    handler: str
    file: str
    line: int
    anon: str
    status: int


@dataclass(frozen=True)
class Place:
    """Where the developer's function stands: `module:qualname`, file relative to the project, line of the `def`."""

    handler: str
    file: str
    line: int


@dataclass(frozen=True)
class Project:
    """An application folder as the runtime scripts see it."""

    folder: Path
    root: Path
    app: str
    values: dict[str, str]
    library: tuple[str, ...] = ()
    settings: Mapping[str, Any] = field(default_factory=dict)

    def place(self, function: Callable[..., Any]) -> Place | None:
        """Where `function` is defined, or None when that is outside of the project (a framework's own handler) and of
        the libraries whose routes are compared as well."""
        developed = developers_function(function)
        file = Path(developed.__code__.co_filename).resolve()
        if not self.holds(file):
            name = f"{developed.__module__}:{developed.__qualname__}"
            return Place(name, "", 0) if developed.__module__.split(".")[0] in self.library else None
        name = f"{developed.__module__}:{developed.__qualname__}"
        return Place(name, file.relative_to(self.folder).as_posix(), line_of_def(file, developed))

    def holds(self, file: Path) -> bool:
        """Whether a file is the application's own."""
        return file.is_relative_to(self.folder)

    def value(self, name: str, convertor: str = "") -> str:
        """A plausible value for the path parameter `name`."""
        return self.values.get(name) or PATH_VALUES.get(convertor, "1")


def open_project(folder: Path) -> Project:
    """Read `parity.toml` and make the application importable."""
    import tomli  # not in the environments of real applications, which are opened in another way

    folder = folder.resolve()
    settings = tomli.loads((folder / "parity.toml").read_text(encoding="utf-8"))
    root = folder / settings.get("root", ".")
    prepare_interpreter(root, settings)
    logging.disable(logging.CRITICAL)
    library = tuple(settings.get("library", ()))
    return Project(folder, root, settings["app"], settings.get("values", {}), library, settings)


def prepare_interpreter(root: Path, settings: Mapping[str, Any]) -> None:
    """What an application may import and read from its environment; what it prints is no part of the answer."""
    sys.path.insert(0, str(root))
    os.environ.update(settings.get("environment", {}))
    sys.stdout = sys.stderr


def seed(settings: Mapping[str, Any]) -> None:
    """Run the function `module:name` that fills the application's database."""
    if "seed" in settings:
        module, _, name = settings["seed"].partition(":")
        getattr(importlib.import_module(module), name)()


def load_application(project: Project) -> Any:
    """The object behind `package.module:name`, `package.module:factory()` or `package.module:holder.app`."""
    module, _, expression = project.app.partition(":")
    loaded: Any = importlib.import_module(module)
    for name in expression.removesuffix("()").split("."):
        loaded = getattr(loaded, name)
    return loaded() if expression.endswith("()") else loaded


def developers_function(function: Any) -> FunctionType:
    """The function that the developer wrote as the handler, beneath methods, partials, decorators and instances."""
    while True:
        if isinstance(function, functools.partial):
            function = function.func
        elif inspect.ismethod(function):
            function = function.__func__
        elif hasattr(function, "__wrapped__"):
            function = function.__wrapped__
        elif not isinstance(function, FunctionType):
            function = type(function).__call__
        elif (inner := _posed_as(function)) is not None:
            function = inner
        else:
            return function


def _posed_as(function: FunctionType) -> FunctionType | None:
    """What a decorator wraps that writes `wrapper.__name__ = f.__name__` instead of using functools.wraps."""
    if function.__name__ == function.__code__.co_name:
        return None
    cells = [cell.cell_contents for cell in function.__closure__ or ()]
    return next((c for c in cells if isinstance(c, FunctionType) and c.__name__ == function.__name__), None)


def line_of_def(file: Path, function: FunctionType) -> int:
    """The line of the word `def` (a code object's first line is that of the first decorator)."""
    first = function.__code__.co_firstlineno
    for node in ast.walk(ast.parse(file.read_bytes())):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            start = min([node.lineno, *(d.lineno for d in node.decorator_list)])
            if start == first and node.name == function.__code__.co_name:
                return node.lineno
    return first


class Entered:
    """The functions of the project, and of the libraries whose routes are compared, that a call has entered, in
    whichever thread."""

    def __init__(self, folder: Path, library: tuple[str, ...] = ()) -> None:
        origins = [importlib.import_module(name).__file__ or "" for name in library]
        self._prefix = (str(folder), *(str(Path(origin).parent) for origin in origins))
        self._codes: set[CodeType] = set()

    def _trace(self, frame: FrameType, event: str, _arg: object) -> None:
        if event == "call" and frame.f_code.co_filename.startswith(self._prefix):
            self._codes.add(frame.f_code)

    @contextmanager
    def watching(self) -> Iterator[None]:
        """Watch this thread and those that are started from here on. A tracer that gives no tracer of lines hears of
        calls of Python functions only; a profiler would hear of every end and every built-in too."""
        sys.settrace(self._trace)
        threading.settrace(self._trace)
        try:
            yield
        finally:
            sys.settrace(None)
            threading.settrace(None)

    def forget(self) -> None:
        """Begin a new call."""
        self._codes.clear()

    def has(self, function: Callable[..., Any]) -> bool:
        """Whether the developer's function behind `function` was entered."""
        return developers_function(function).__code__ in self._codes


def read_answer(status: int, location: str, *, entered: bool) -> str:
    """What the answer to an anonymous HTTP call means."""
    if status in (401, 403) or (300 <= status < 400 and LOGIN.search(location)):
        return "denied_in_handler" if entered else "protected"
    if status == 422:
        return "public_to_validation"
    if status < 400:
        return "public" if entered else "shadowed"
    return "ambiguous"


def reached(anon: str, *, entered: bool) -> str:
    """An answer that tells nothing of the caller is one of the handler's when that was entered."""
    return "reached" if anon == "ambiguous" and entered else anon


def read_close(code: int, *, entered: bool) -> str:
    """What the closure of a websocket means, its code negative when it came before the connection was accepted
    (that of an HTTP answer to the handshake, too)."""
    if -600 < code <= -400 and code not in (-401, -403):
        return "ambiguous"
    if code < 0:
        return "denied_in_handler" if entered else "protected"
    if code in DENIALS:
        return "denied_in_handler"
    return "public" if entered else "shadowed"


def write(rows: list[Row]) -> None:
    """A JSON list of objects, on what was standard output before an application could print to it."""
    assert sys.__stdout__ is not None
    sys.__stdout__.write(json.dumps([asdict(row) for row in rows], indent=1) + "\n")


def observe(rows: Callable[[Project, Any], AsyncIterator[Row]]) -> None:
    """Import the application in the folder that the command line names, in a coroutine or not, and print its routes."""

    async def collected(project: Project) -> list[Row]:
        app = load_application(project)
        if inspect.isawaitable(app):
            app = await app
        return [row async for row in rows(project, app)]

    write(asyncio.run(collected(open_project(Path(sys.argv[1])))))
