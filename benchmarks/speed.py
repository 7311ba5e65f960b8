"""apilint beside bandit and ruff on the same trees, in turn: `python -m benchmarks.speed`, written to speed.md.

*Cold* means that apilint's own cache is empty or off; the operating system has the files in memory for everybody.
"""

from __future__ import annotations

import argparse
import os
import platform
import shutil
import statistics
import sys
from collections.abc import Callable
from importlib.metadata import version as installed
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.packages import unpacked, version
from benchmarks.process import Run, measure

ROOT = Path(__file__).parent.parent
SMALL = ROOT / "examples" / "shop" / "fastapi_shop" / "routers" / "catalog.py"
REPORT = Path(__file__).with_name("speed.md")
BIN = Path(sys.executable).parent

# Statuses beyond 0 and 1 say that a file could not be parsed: some applications ship such files on purpose.
STATUSES = (0, 1, 2)

Command = Callable[[Path, Path], Run]


def apilint(tree: Path, home: Path, *options: str) -> Run:
    command: list[str | Path] = [BIN / "apilint", "check", *options, "--format", "json", tree]
    return measure(command, {"XDG_CACHE_HOME": str(home)}, STATUSES)


def without_cache(tree: Path, home: Path) -> Run:
    return apilint(tree, home, "--no-cache")


def filling_cache(tree: Path, home: Path) -> Run:
    shutil.rmtree(home, ignore_errors=True)
    return apilint(tree, home)


def nothing_changed(tree: Path, home: Path) -> Run:
    return apilint(tree, home)


def one_file_changed(tree: Path, home: Path) -> Run:
    largest = max(tree.rglob("*.py"), key=lambda path: path.stat().st_size)
    largest.write_bytes(largest.read_bytes() + b"# changed\n")
    return apilint(tree, home)


def bandit(tree: Path, home: Path) -> Run:
    return measure([BIN / "bandit", "-q", "-r", "-f", "json", tree], {}, STATUSES)


def ruff(tree: Path, home: Path) -> Run:
    options = ["--isolated", "--no-cache", "--no-respect-gitignore", "-q", "--select", "S"]
    return measure([BIN / "ruff", "check", *options, tree], {}, STATUSES)


# In this order, so that a warm run follows the one that filled the cache.
COMMANDS: dict[str, Command] = {
    "bandit": bandit,
    "ruff --select S": ruff,
    "apilint, no cache": without_cache,
    "apilint, empty cache": filling_cache,
    "apilint, nothing changed": nothing_changed,
    "apilint, largest file changed": one_file_changed,
}


def in_turn(commands: dict[str, Command], tree: Path, repeat: int) -> dict[str, list[Run]]:
    """Every command `repeat` times, one after the other, so that a slow minute of the machine hits all of them."""
    runs: dict[str, list[Run]] = {name: [] for name in commands}
    with TemporaryDirectory() as home:
        for _ in range(repeat):
            for name, command in commands.items():
                runs[name].append(command(tree, Path(home) / "cache"))
    return runs


def table(runs: dict[str, list[Run]]) -> list[str]:
    """Medians, the range, and how many times faster than bandit."""
    reference = median(runs["bandit"])
    lines = [
        "| | median s | min to max s | CPU s | largest process MiB | times faster than bandit |",
        "|---|---|---|---|---|---|",
    ]
    for name, measured in runs.items():
        seconds = sorted(run.seconds for run in measured)
        cpu = statistics.median(run.cpu for run in measured)
        peak = max(run.peak for run in measured)
        lines.append(
            f"| {name} | {median(measured):.2f} | {seconds[0]:.2f} to {seconds[-1]:.2f} | {cpu:.2f} | {peak:.0f} "
            f"| {reference / median(measured):.1f} |"
        )
    return lines


def median(runs: list[Run]) -> float:
    return statistics.median(run.seconds for run in runs)


def application(name: str, repeat: int) -> list[str]:
    tree = unpacked(name)
    files = list(tree.rglob("*.py"))
    megabytes = sum(path.stat().st_size for path in files) / 1e6
    with TemporaryDirectory() as folder:
        copy = shutil.copytree(tree, Path(folder) / "tree")
        runs = in_turn(COMMANDS, copy, repeat)
    return [f"## {version(tree)}: {len(files)} files, {megabytes:.1f} MB", "", *table(runs), ""]


def small_file(repeat: int) -> list[str]:
    commands = {name: command for name, command in COMMANDS.items() if command is not one_file_changed}
    with TemporaryDirectory() as folder:
        copy = Path(shutil.copy(SMALL, folder))
        lines = len(copy.read_text(encoding="utf-8").splitlines())
        runs = in_turn(commands, copy, repeat * 3)
    return [f"## One file of {lines} lines in a fresh process", "", *table(runs), ""]


def growth(name: str, repeat: int) -> list[str]:
    """Copies of one tree side by side: the time per copy must not grow."""
    lines = ["| copies | files | median s | s per copy | largest process MiB |", "|---|---|---|---|---|"]
    source = unpacked(name)
    for copies in (1, 2, 4, 7, 10):
        with TemporaryDirectory() as folder:
            for number in range(copies):
                shutil.copytree(source, Path(folder) / "tree" / f"copy_{number}")
            tree = Path(folder) / "tree"
            files = sum(1 for _ in tree.rglob("*.py"))
            runs = in_turn({"apilint": without_cache}, tree, repeat)["apilint"]
        peak = max(run.peak for run in runs)
        lines.append(f"| {copies} | {files} | {median(runs):.2f} | {median(runs) / copies:.2f} | {peak:.0f} |")
    return [f"## {version(source)}, one to ten copies side by side, no cache", "", *lines, ""]


def machine() -> str:
    names = [line.partition(":")[2].strip() for line in _lines("/proc/cpuinfo") if line.startswith("model name")]
    tools = ", ".join(f"{tool} {installed(tool)}" for tool in ("apilint", "bandit", "ruff"))
    processor = names[0] if names else platform.processor()
    return f"{processor}, {os.cpu_count()} cores, Python {platform.python_version()}; {tools}."


def _lines(path: str) -> list[str]:
    try:
        return Path(path).read_text(encoding="utf-8").splitlines()
    except OSError:
        return []


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("apps", nargs="*", default=["open-webui", "apache-superset"])
    parser.add_argument("--repeat", type=int, default=5)
    parser.add_argument("--output", type=Path, default=REPORT)
    arguments = parser.parse_args()
    parts = [
        "# Speed",
        "",
        f"`python -m benchmarks.speed`: medians of {arguments.repeat} runs in turn. {machine()}",
        "",
    ]
    parts += small_file(arguments.repeat)
    for name in arguments.apps:
        parts += application(name, arguments.repeat)
    parts += growth(arguments.apps[0], min(arguments.repeat, 3))
    text = "\n".join(parts)
    arguments.output.write_text(text, encoding="utf-8")
    print(text)


if __name__ == "__main__":
    main()
