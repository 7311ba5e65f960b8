"""The framework is the judge: what it says of an application at run time against what apilint says from source alone.

An application under `tests/fixtures/apps/` is a small project with a `parity.toml` at its top:

    framework = "flask"                 # flask, fastapi, starlette, django: who runs it
    app = "shop.main:create_app()"      # the application, a factory to call, or an attribute of one
    root = "src"                        # what stands on sys.path, if it is not the folder itself

    library = ["fastapi_users"]         # packages whose own routes are compared as well

    [values]                            # path parameters for which 1, "a/b" or a UUID is not plausible
    language = "en"

    [verdicts]                          # where the answer to an anonymous call does not settle the verdict
    "GET /metrics" = "conditional"

    [guards]                            # names that must stand among the route's guards; [] for none at all
    "GET /orders" = ["login_required"]

`runtime_<framework>.py` runs it in a fresh interpreter and prints `observation.Row`s; `apilint routes` reads a copy of
the folder. Methods, paths, handlers and their places must be equal, and the verdict must agree with the anonymous
call: turned away is `required`, let through is `none` or `optional`. Routes that the framework brings itself
(documentation, static files) are left out on both sides. `python -m parity.harness FOLDER…` shows both.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import tomli
from click.testing import CliRunner

from apilint.cli import cli

from .observation import Row

HERE = Path(__file__).resolve().parent
REPOSITORY = HERE.parents[1]
APPLICATIONS = REPOSITORY / "tests" / "fixtures" / "apps"
RUNNERS = {"starlette": "fastapi", "drf": "django", "ninja": "django"}
TURNED_AWAY = ("protected", "denied_in_handler")
LET_THROUGH = ("public", "public_to_validation")
ANY_VERDICT = ("required", "optional", "conditional", "none", "unknown")
TIMEOUT = 120

Key = tuple[str, str]


@dataclass(frozen=True)
class Application:
    """A fixture application and what its `parity.toml` expects."""

    folder: Path
    framework: str
    root: Path
    verdicts: Mapping[str, str]
    guards: Mapping[str, Sequence[str]]
    library: Sequence[str] = ()


@dataclass(frozen=True)
class Claim:
    """One method of one route as apilint sees it."""

    method: str
    path: str
    handler: str
    file: str
    line: int
    auth: str
    guards: tuple[str, ...] = ()


@dataclass(frozen=True)
class Difference:
    """Something on which the two sides disagree."""

    what: str
    route: str
    framework: str
    apilint: str


def applications(*frameworks: str) -> list[Path]:
    """The fixture applications whose folder is named for one of the frameworks."""
    return sorted(p.parent for name in frameworks for p in APPLICATIONS.glob(f"{name}_*/parity.toml"))


def load(folder: Path) -> Application:
    """Read the application's `parity.toml`."""
    settings = tomli.loads((folder / "parity.toml").read_text(encoding="utf-8"))
    return Application(
        folder=folder,
        framework=settings["framework"],
        root=folder / settings.get("root", "."),
        verdicts=settings.get("verdicts", {}),
        guards=settings.get("guards", {}),
        library=settings.get("library", ()),
    )


def observe(application: Application, interpreter: str | Path = sys.executable) -> list[Row]:
    """Run the application under its framework in a fresh interpreter, of another environment if one is given."""
    package = __package__ or HERE.name
    runner = f"{package}.runtime_{RUNNERS.get(application.framework, application.framework)}"
    importable = HERE.parents[package.count(".")]
    command = [interpreter, "-m", runner, application.folder]
    return [Row(**row) for row in json.loads(_run(command, cwd=application.folder, importable=importable))]


def claim(application: Application) -> list[Claim]:
    """Let apilint read the application's source, in this process."""
    with tempfile.TemporaryDirectory() as scratch:
        table = Path(scratch, "routes.json")
        words = ["routes", "--format", "json", "--output", str(table), "--no-cache", str(application.folder)]
        done = CliRunner().invoke(cli, words, catch_exceptions=False)
        assert done.exit_code == 0, f"apilint {' '.join(words)} exited with {done.exit_code}\n{done.output}"
        told = json.loads(table.read_bytes())
    return [
        Claim(
            method=method,
            path=route["path"],
            handler=route["handler"],
            file=route["file"],
            line=route["line"],
            auth=route["auth"],
            guards=tuple(guard["name"] for guard in route["guards"]),
        )
        for route in told["routes"]
        for method in route["methods"] or ["ANY"]
    ]


def _run(command: list[str | Path], *, cwd: Path, importable: Path) -> str:
    with tempfile.TemporaryDirectory() as cache:
        environment = {
            "PATH": os.environ.get("PATH", ""),
            "PYTHONPATH": str(importable),
            "PYTHONDONTWRITEBYTECODE": "1",
            "XDG_CACHE_HOME": cache,
        }
        done = subprocess.run(  # its standard error is shown when it fails, and only then
            [*map(str, command)],
            cwd=cwd,
            env=environment,
            capture_output=True,
            text=True,
            timeout=TIMEOUT,
            check=False,
        )
    assert done.returncode == 0, f"{' '.join(map(str, command))} exited with {done.returncode}\n{done.stderr}"
    return done.stdout


def differences(application: Application, rows: Sequence[Row], claims: Sequence[Claim]) -> Iterator[Difference]:
    """Everything on which framework and apilint disagree, in the framework's order of routes."""
    answering = _answering(rows)
    claimed: dict[Key, list[Claim]] = {}
    for each in claims:
        claimed.setdefault((each.method, each.path), []).append(each)
    for key, row in answering.items():
        candidates = claimed.get(key)
        if not candidates:
            yield Difference("missed", " ".join(key), f"{row.handler} ({row.anon} {row.status})", "-")
            continue
        best = next((c for c in candidates if c.handler == row.handler), candidates[0])
        yield from _handler_differences(row, best)
        yield from _verdict_differences(application, row, best)
    for each in claims:
        if (each.method, each.path) not in answering and _is_own(application, each):
            yield Difference("invented", f"{each.method} {each.path}", "-", f"{each.handler} ({each.auth})")
    yield from _stale_expectations(application, answering)


def _answering(rows: Sequence[Row]) -> dict[Key, Row]:
    """The first of several rows for the same method and path is the one that answers."""
    answering: dict[Key, Row] = {}
    for row in rows:
        answering.setdefault((row.method, row.path), row)
    return answering


def _is_own(application: Application, said: Claim) -> bool:
    """Whether the handler is the project's: what the framework brings itself is left out of the comparison."""
    module, separator, _ = said.handler.partition(":")
    package = application.root / module.split(".")[0]
    if package.name in application.library:
        return True
    return not separator or package.is_dir() or package.with_suffix(".py").is_file()


def _handler_differences(row: Row, said: Claim) -> Iterator[Difference]:
    route = f"{row.method} {row.path}"
    if said.handler != row.handler:
        yield Difference("handler", route, row.handler, said.handler)
    if row.file and (said.file, said.line) != (row.file, row.line):
        yield Difference("place", route, f"{row.file}:{row.line}", f"{said.file}:{said.line}")


def _verdict_differences(application: Application, row: Row, said: Claim) -> Iterator[Difference]:
    route = f"{row.method} {row.path}"
    expected = expected_verdicts(application, row)
    if said.auth not in expected:
        guards = ", ".join(said.guards) or "no guard"
        wanted = f"{' or '.join(expected)} ({row.anon} {row.status})"
        yield Difference("verdict", route, wanted, f"{said.auth} ({guards})")
    named = application.guards.get(route)
    if named is None:
        return
    found = [_bare(guard) for guard in said.guards]
    if (missing := [name for name in named if name not in found]) or (not named and found):
        yield Difference("guards", route, ", ".join(missing) or "none", ", ".join(said.guards) or "none")


def expected_verdicts(application: Application, row: Row) -> tuple[str, ...]:
    """The verdicts that agree with the expectation stated for the route, else with the anonymous call."""
    stated = application.verdicts.get(f"{row.method} {row.path}")
    if stated:
        return (stated,)
    if row.anon in TURNED_AWAY:
        return ("required",)
    if row.anon in LET_THROUGH:
        return ("none", "optional")
    return ANY_VERDICT if row.anon == "shadowed" else ("a conclusive answer",)


def _bare(guard: str) -> str:
    """`login_required` for `auth.login_required` and `auth.login_required(role="admin")`."""
    return guard.split("(")[0].split(".")[-1].lstrip("@")


def _stale_expectations(application: Application, answering: Mapping[Key, Row]) -> Iterator[Difference]:
    """Expectations in `parity.toml` for routes that the application does not have."""
    known = {" ".join(key) for key in answering}
    for route in sorted({*application.verdicts, *application.guards} - known):
        yield Difference("parity.toml", route, "no such route", "-")


def table(application: Application, found: Sequence[Difference]) -> str:
    """The differences for a person to read."""
    lines = [("difference", "route", application.framework, "apilint")]
    lines += [(d.what, d.route, d.framework, d.apilint) for d in found]
    widths = [max(len(line[column]) for line in lines) for column in range(4)]
    rendered = ("  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)) for line in lines)
    return "\n".join([f"{application.folder.name}, differences: {len(found)}", *(line.rstrip() for line in rendered)])


def assert_parity(folder: Path, scratch: Path) -> None:
    """Compare both sides on a copy of the folder, so that neither sees the repository around it."""
    application = load(shutil.copytree(folder, scratch / folder.name, ignore=shutil.ignore_patterns("__pycache__")))
    rows = observe(application)
    assert rows, f"{folder.name} has no routes"
    found = list(differences(application, rows, claim(application)))
    assert not found, "\n" + table(application, found)


def show(folder: Path) -> None:
    """Print what the framework observed for a fixture application, beside the verdicts that this calls for."""
    application = load(folder)
    rows = observe(application)
    width = max(len(row.path) for row in rows)
    for row in rows:
        verdict = "/".join(expected_verdicts(application, row))
        place = f"{row.handler} {row.file}:{row.line}"
        sys.stdout.write(f"{row.method:9} {row.path:{width}} {row.anon:20} {row.status:5} {verdict:14} {place}\n")


if __name__ == "__main__":
    for argument in sys.argv[1:]:
        sys.stdout.write(f"\n# {argument}\n")
        show(Path(argument).resolve())
