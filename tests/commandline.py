"""Runs the command line: in this process, or as a program of its own."""

from __future__ import annotations

import inspect
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from click.testing import CliRunner

from apilint.cli import cli

REPOSITORY = Path(__file__).parent.parent


class Ran(NamedTuple):
    """How a command ended, and what it said where."""

    status: int
    out: str
    err: str


def apilint(*words: object, env: Mapping[str, str | None] | None = None, typed: str | None = None) -> Ran:
    """Run a command in this process; `typed` is what stands on its standard input."""
    split = {"mix_stderr": False} if "mix_stderr" in inspect.signature(CliRunner).parameters else {}
    result = CliRunner(**split).invoke(cli, [str(word) for word in words], env=env, input=typed)  # type: ignore[arg-type]
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return Ran(result.exit_code, result.stdout, result.stderr)


def program(*words: object, cwd: Path | None = None, **env: str) -> Ran:
    """Run a command as a program."""
    done = subprocess.run(
        [sys.executable, "-m", "apilint", *map(str, words)],
        cwd=cwd,
        env={**os.environ, "PYTHONPATH": str(REPOSITORY), **env},
        capture_output=True,
        text=True,
        check=False,
    )
    return Ran(done.returncode, done.stdout, done.stderr)
