"""A project's folder -> its Python files, their dotted names, and what could not be looked at."""

from __future__ import annotations

import os
import stat
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from apilint.config import DEPENDENCY_FOLDERS, Config
from apilint.files import SourceFile
from apilint.finding import Diagnostic
from apilint.globs import Globs

SKIPPED = DEPENDENCY_FOLDERS | {
    "__pycache__", ".git", ".hg", ".svn", ".bzr", ".mypy_cache", ".ruff_cache", ".pytest_cache", ".ipynb_checkpoints",
    ".pixi", "__pypackages__", "bower_components",
}  # fmt: skip
BUILD_OUTPUT = frozenset({"build", "dist", "_build", ".build"})
# A folder with one of these is an environment, with copies of other people's code.
ENVIRONMENT_MARKS = frozenset({"pyvenv.cfg", "conda-meta"})
PROJECT_MARKS = frozenset({"pyproject.toml", "setup.py", "setup.cfg", "manage.py"})
LOCK_FILES = frozenset({"uv.lock", "poetry.lock", "pdm.lock", "Pipfile.lock"})
REQUIREMENTS = LOCK_FILES | {"pyproject.toml", "setup.cfg", "Pipfile"}
WANTED = PROJECT_MARKS | REQUIREMENTS | {"pyvenv.cfg"}
# What an installer leaves beside each package (https://packaging.python.org/en/latest/specifications/recording-installed-packages/).
# Some such folder may lie about anywhere; several say that packages are installed there, as by `pip install --target`.
INSTALLED, SEVERAL = ".dist-info/METADATA", 2
_BESIDE = frozenset({"doc", "docs", "example", "examples", "fixtures", "samples"})


class Discovered(NamedTuple):
    """The files of a project, sorted by path; `projects` are the folders that hold a pyproject.toml or the like, and
    `requirements` the files that may say with which versions of its libraries the project runs."""

    files: tuple[SourceFile, ...]
    projects: tuple[str, ...]
    requirements: tuple[str, ...]
    diagnostics: tuple[Diagnostic, ...]


def discover(root: Path, config: Config, named: Iterable[Path] = ()) -> Discovered:
    """Find the Python files below `root`.

    In a git checkout these are the tracked files and the new ones that are not ignored; elsewhere, those that no
    `.gitignore` speaks against. Environments, installed packages and build output are never looked at. Files and
    folders that the user `named` are taken although git ignores them.
    """
    top = os.path.abspath(root)
    diagnostics: list[Diagnostic] = []
    paths = _listing(top, diagnostics)
    known = _python_files(paths)
    for target in named:
        known.update(_named(top, os.path.abspath(target), known, diagnostics))
    files = tuple(_stat_all(top, _included(known, config), config.max_file_size, diagnostics))
    others = "skipped: a folder of installed packages"
    diagnostics.extend(Diagnostic(folder, 0, others, fatal=False) for folder in _installed(paths))
    return Discovered(files, _projects(paths), _requirements(paths), tuple(sorted(set(diagnostics))))


def listed(paths: Collection[str], config: Config) -> tuple[list[str], tuple[str, ...]]:
    """The files of a project among the paths of a listing, and the folders that hold a pyproject.toml or the like."""
    return _included(_python_files(paths), config), _projects(paths)


def _included(paths: Collection[str], config: Config) -> list[str]:
    excluded = Globs(config.exclude)
    return sorted(path for path in paths if not excluded.match(path)) if excluded else sorted(paths)


def _listing(root: str, diagnostics: list[Diagnostic]) -> set[str]:
    """The relative paths of all candidates: Python files and what marks projects and environments."""
    tracked = _git_files(root, diagnostics) if _checkout(root) else None
    # An ignored folder inside a checkout is empty for git; somebody who asks for it wants it checked.
    return tracked or set(_walk(root, diagnostics))


def _python_files(paths: Collection[str]) -> set[str]:
    """Those of the paths that are Python files in folders worth looking at."""
    environments = _environments(paths)
    packages = _packages(paths)
    skipped: dict[str, bool] = {"": False}
    return {
        path
        for path in paths
        if path.endswith(".py") and not _is_skipped(_folder(path), packages, environments, skipped)
    }


def _environments(paths: Collection[str]) -> set[str]:
    """The folders with other people's code, the root aside: virtual environments and installed packages."""
    return {_folder(path) for path in paths if path.endswith("pyvenv.cfg")} - {""} | _installed(paths)


def _installed(paths: Iterable[str]) -> set[str]:
    found = Counter(_folder(_folder(path)) for path in paths if path.endswith(INSTALLED))
    return {folder for folder, count in found.items() if folder and count >= SEVERAL}


def _packages(paths: Iterable[str]) -> set[str]:
    return {_folder(path) for path in paths if _name(path) == "__init__.py"}


def _is_skipped(folder: str, packages: Collection[str], environments: Collection[str], known: dict[str, bool]) -> bool:
    """Whether nothing below the folder is looked at; `known` remembers the answers."""
    answer = known.get(folder)
    if answer is None:
        answer = (
            _is_skipped(_folder(folder), packages, environments, known)
            or _name(folder) in SKIPPED
            or folder in environments
            or _is_build_output(folder, packages)
        )
        known[folder] = answer
    return answer


def _is_build_output(folder: str, packages: Collection[str]) -> bool:
    """`build/` and the like, unless the folder is a package or part of one."""
    return _name(folder) in BUILD_OUTPUT and folder not in packages and _folder(folder) not in packages


def _projects(paths: Collection[str]) -> tuple[str, ...]:
    packages = _packages(paths)
    return tuple(sorted({_folder(path) for path in paths if _marks_project(path, packages)}))


def _requirements(paths: Collection[str]) -> tuple[str, ...]:
    """The files with the program's own requirements: those of its tests, documentation and examples are others."""
    environments = _environments(paths)
    skipped: dict[str, bool] = {"": False}
    return tuple(
        sorted(
            path
            for path in paths
            if (_name(path) in REQUIREMENTS or _lists_requirements(path))
            and not _BESIDE.intersection(path.split("/"))
            and not is_test_path(path)
            and not _is_skipped(_folder(path), (), environments, skipped)
        )
    )


def _lists_requirements(path: str) -> bool:
    """`requirements.txt`, `dev-requirements.in`, `requirements/base.txt`."""
    folder, _, name = path.rpartition("/")
    return name.endswith((".txt", ".in")) and ("requirements" in name or _name(folder) == "requirements")


def _marks_project(path: str, packages: Collection[str]) -> bool:
    """Whether a file says that its folder is a project's: inside of packages, setup.py and manage.py are modules."""
    folder, _, name = path.rpartition("/")
    if name == "manage.py":
        return folder not in packages or _folder(folder) not in packages
    return name in PROJECT_MARKS and (name != "setup.py" or not folder or folder not in packages)


def _folder(path: str) -> str:
    return path.rpartition("/")[0]


def _name(path: str) -> str:
    return path.rpartition("/")[2]


# ------------------------------------------------------------------------------------------------- git


def _checkout(root: str) -> str | None:
    """The top of the git checkout that holds the folder."""
    folder = root
    while not os.path.exists(os.path.join(folder, ".git")):
        parent = os.path.dirname(folder)
        if parent == folder:
            return None
        folder = parent
    return folder


def _git_files(root: str, diagnostics: list[Diagnostic], below: str = "") -> set[str] | None:
    """What git lists below the folder `below` of the root, submodules included; None if git does not answer."""
    output = _run_git(os.path.join(root, below))
    if output is None:
        return None
    prefix = below and f"{below}/"
    listed, complaints = output
    diagnostics.extend(_git_complaints(complaints, prefix))
    found = {prefix + os.fsdecode(path) for path in listed.split(b"\0") if path}
    for submodule in _submodules(os.path.join(root, below)):
        if os.path.exists(os.path.join(root, below, submodule, ".git")):
            found |= _git_files(root, diagnostics, prefix + submodule) or set()
    return found


def _run_git(folder: str) -> tuple[bytes, bytes] | None:
    """The output of `git ls-files`, None where git is missing or refuses.

    The checkout's own configuration must not start programs, and the variables of a running git hook must not
    point elsewhere.
    """
    import subprocess

    hook = {"GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_PREFIX"}
    environment = {key: value for key, value in os.environ.items() if key not in hook}
    environment |= {"GIT_OPTIONAL_LOCKS": "0", "LC_ALL": "C"}
    patterns = ["*.py", "*requirements*.txt", "*requirements*.in"]
    patterns += [f"*{INSTALLED}"]
    patterns += [f"*{name}" for name in sorted(WANTED) if not name.endswith(".py")]
    options = ["-c", "core.fsmonitor=false", "-c", "core.untrackedCache=false"]
    listing = ["ls-files", "-z", "--cached", "--others", "--exclude-standard", "--", *patterns]
    try:
        done = subprocess.run(
            ["git", *options, *listing],
            cwd=folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
        )
    except OSError:
        return None
    return (done.stdout, done.stderr) if done.returncode == 0 else None


def _git_complaints(stderr: bytes, prefix: str) -> Iterator[Diagnostic]:
    """`warning: could not open directory 'secret/': Permission denied`."""
    for line in os.fsdecode(stderr).splitlines():
        head, _, rest = line.partition("could not open directory '")
        if head == "warning: " and rest:
            folder, _, reason = rest.rpartition("': ")
            yield Diagnostic(prefix + folder.rstrip("/"), 0, f"cannot be read: {reason}")


def _submodules(folder: str) -> Iterator[str]:
    """The paths in `.gitmodules` that stay inside the folder."""
    try:
        with open(os.path.join(folder, ".gitmodules"), encoding="utf-8", errors="replace") as file:
            lines = file.read().splitlines()
    except OSError:
        return
    for line in lines:
        key, _, value = line.partition("=")
        path = value.strip().strip('"').strip("/")
        if key.strip() == "path" and path and ".." not in path.split("/"):
            yield path


# ------------------------------------------------------------------------------------------------ walking


class _Ignore(NamedTuple):
    """One `.gitignore`: its patterns speak of `above` + the path without its first `strip` characters."""

    globs: Globs
    strip: int
    above: str


def _walk(root: str, diagnostics: list[Diagnostic], start: str = "") -> Iterator[str]:
    """All candidates below a folder, as far as `.gitignore` files allow. Links to folders are not followed."""
    pending: list[tuple[str, tuple[_Ignore, ...]]] = [(start, _ignores_above(root) if not start else ())]
    while pending:
        folder, ignores = pending.pop()
        entries = _entries(root, folder, diagnostics)
        names = {entry.name for entry in entries}
        if folder != start and names & ENVIRONMENT_MARKS:
            continue
        prefix = folder and f"{folder}/"
        if ".gitignore" in names:
            globs = _gitignore(os.path.join(root, folder, ".gitignore"))
            ignores = (_Ignore(globs, len(prefix), ""), *ignores) if globs else ignores
        for entry in entries:
            path = prefix + entry.name
            if entry.name.endswith(".dist-info"):
                yield prefix + entry.name + "/METADATA"
            elif _is_folder(entry):
                if entry.name not in SKIPPED and not _ignored(path + "/", ignores):
                    pending.append((path, ignores))
            elif (_is_wanted(entry.name) or _lists_requirements(path)) and not _ignored(path, ignores):
                yield path


def _entries(root: str, folder: str, diagnostics: list[Diagnostic]) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(os.path.join(root, folder)) as entries:
            return list(entries)
    except OSError as error:
        diagnostics.append(Diagnostic(folder or ".", 0, f"cannot be read: {error.strerror}"))
        return []


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir(follow_symlinks=False)
    except OSError:
        return False


def _is_wanted(name: str) -> bool:
    return name.endswith(".py") or name in WANTED


def _ignored(path: str, ignores: tuple[_Ignore, ...]) -> bool:
    """The `.gitignore` nearest to the path that speaks of it decides."""
    for globs, strip, above in ignores:
        decision = globs.decide(above + path[strip:])
        if decision is not None:
            return decision
    return False


def _ignores_above(root: str) -> tuple[_Ignore, ...]:
    """The `.gitignore` files between the root and the top of its checkout, unless they ignore the root itself."""
    top = _checkout(root)
    found: list[_Ignore] = []
    folder, above = root, ""
    while top is not None and folder != top:
        above = f"{os.path.basename(folder)}/{above}"
        folder = os.path.dirname(folder)
        globs = _gitignore(os.path.join(folder, ".gitignore"))
        found.append(_Ignore(globs, 0, above))
    return () if _ignored("", tuple(found)) else tuple(found)


def _gitignore(file: str) -> Globs:
    try:
        with open(file, encoding="utf-8", errors="surrogateescape") as lines:
            return Globs(lines)
    except OSError:
        return Globs(())


# ---------------------------------------------------------------------------------------- single files


def _named(root: str, target: str, known: Collection[str], diagnostics: list[Diagnostic]) -> Iterable[str]:
    """The files that a path named by the user adds: none, if the listing covers it already."""
    path = os.path.relpath(target, root).replace(os.sep, "/")
    if path == "." or path.startswith("../"):
        return ()
    if not os.path.isdir(target):
        return (path,)
    if any(file.startswith(f"{path}/") for file in known):
        return ()
    found = {file[len(path) + 1 :] for file in _walk(root, diagnostics, path)}
    return {f"{path}/{file}" for file in _python_files(found)}


def _stat_all(root: str, paths: Iterable[str], limit: int, diagnostics: list[Diagnostic]) -> Iterator[SourceFile]:
    prefix = os.path.join(root, "")
    for path in paths:
        absolute = prefix + path
        try:
            path.encode()
            entry = os.stat(absolute)
        except UnicodeEncodeError:
            shown = path.encode(errors="surrogateescape").decode(errors="replace")
            diagnostics.append(Diagnostic(shown, 0, "skipped: its name is not UTF-8"))
            continue
        except OSError as error:
            diagnostics.extend(_unreadable(path, absolute, error))
            continue
        if not stat.S_ISREG(entry.st_mode):
            diagnostics.append(Diagnostic(path, 0, "skipped: not a regular file", fatal=False))
        elif entry.st_size > limit:
            message = f"skipped: larger than {limit:,} bytes (max-file-size): {entry.st_size:,}"
            diagnostics.append(Diagnostic(path, 0, message, fatal=False))
        else:
            yield SourceFile(path, absolute, entry.st_size, entry.st_mtime_ns, entry.st_ctime_ns, entry.st_ino)


def _unreadable(path: str, absolute: str, error: OSError) -> Iterator[Diagnostic]:
    """A link that leads nowhere has no content to miss; a tracked file may have been deleted."""
    if isinstance(error, FileNotFoundError):
        if os.path.islink(absolute) and not _name(path).startswith(".#"):  # an editor's lock
            yield Diagnostic(path, 0, "skipped: a broken symbolic link", fatal=False)
    elif os.path.islink(absolute) and not isinstance(error, PermissionError):
        yield Diagnostic(path, 0, f"skipped: a symbolic link that cannot be followed: {error.strerror}", fatal=False)
    else:
        yield Diagnostic(path, 0, f"cannot be read: {error.strerror}")


# ---------------------------------------------------------------------------------------- what a path says

_TEST_FOLDERS = frozenset({"test", "tests", "testing", "__tests__"})
_TEST_FILES = frozenset({"conftest.py", "tests.py"})


def is_test_path(path: str) -> bool:
    """Whether a path relative to the root is test code by its name."""
    *folders, name = path.split("/")
    return (
        name in _TEST_FILES
        or (name.startswith(("test_", "pytest_")) and name.endswith(".py"))
        or name.endswith(("_test.py", "_tests.py"))
        or any(folder in _TEST_FOLDERS or folder.endswith(("_tests", "-tests")) for folder in folders)
    )


def module_names(files: Sequence[str], projects: Collection[str] = (), imports: Iterable[str] = ()) -> dict[str, str]:
    """The dotted name under which each file would be imported; one name may belong to several files.

    The name counts from the folder that stands on the import path: the one above the topmost package; for files
    in no package, the nearest of a project's folder, a folder `src`, a folder above packages, or the root.
    `imports` are the modules that the project imports: where they name a folder as a namespace package
    (`from src.models import …`), it is one. A root that is itself a package counts as a folder of modules.
    """
    roots = _Roots(files, projects, imports)
    return {file: roots.name(file) for file in files}


class _Roots:
    """Which folder each folder's modules are imported from."""

    def __init__(self, files: Sequence[str], projects: Collection[str], imports: Iterable[str]) -> None:
        self._packages = _packages(files) - {""}
        self._projects = {*projects, *_projects(files), ""}
        self._imported = {prefix for name in imports if not name.startswith(".") for prefix in _prefixes(name)}
        self._children: dict[str, set[str]] = {}
        for path in {*files, *self._packages}:
            self._children.setdefault(_folder(path), set()).add(_name(path).removesuffix(".py"))
        self._projects -= {folder for folder in self._packages & self._projects if self._is_imported(folder)}
        tops = {folder for folder in self._packages if not self._in_package(_folder(folder))}
        self._above = {_folder(folder) for folder in tops}
        self._known: dict[str, str] = {"": ""}

    def name(self, file: str) -> str:
        """The dotted name of a file."""
        base = self._base(_folder(file))
        parts = _below(file, base).removesuffix(".py").split("/")
        return ".".join(parts[:-1] if parts[-1] == "__init__" and len(parts) > 1 else parts)

    def _in_package(self, folder: str) -> bool:
        """Whether the folder is a package or lies in one, up to the next project's folder."""
        while folder and folder not in self._packages:
            if folder in self._projects:
                return False
            folder = _folder(folder)
        return bool(folder)

    def _base(self, folder: str) -> str:
        """The folder on the import path from which this folder's modules are named."""
        known = self._known.get(folder)
        if known is None:
            known = folder if self._starts(folder) else self._base(_folder(folder))
            self._known[folder] = known
        return known

    def _starts(self, folder: str) -> bool:
        if folder in self._projects:
            return True
        if self._in_package(folder):
            return False
        return (folder in self._above or _name(folder) == "src") and not self._is_namespace(folder)

    def _is_imported(self, folder: str) -> bool:
        """Whether the project imports more of what is in a package by the package's name than without it: a `manage.py`
        within then is one of its modules, and not what says that the folder stands on the import path."""
        name = _name(folder)
        inside = self._children.get(folder, set()) - {"__init__", "manage"}
        by_name = sum(f"{name}.{child}" in self._imported for child in inside)
        return by_name > sum(child in self._imported for child in inside)

    def _is_namespace(self, folder: str) -> bool:
        """Whether the project imports the folder as a package, and something from inside it: a folder may also
        just be called like a library."""
        dotted = _below(folder, self._base(_folder(folder))).replace("/", ".")
        if dotted not in self._imported:
            return False
        inside = self._children.get(folder, ())
        return dotted == "src" or any(f"{dotted}.{child}" in self._imported for child in inside)


def _below(path: str, base: str) -> str:
    return path[len(base) + 1 :] if base else path


def _prefixes(name: str) -> Iterator[str]:
    parts = name.split(".")
    return (".".join(parts[:count]) for count in range(1, len(parts) + 1))
