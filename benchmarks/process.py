"""A command -> how long it took, and the peak memory of the largest process in it."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryFile
from typing import NamedTuple


class Run(NamedTuple):
    """Wall-clock seconds, CPU seconds of all processes, and the largest process's peak in MiB."""

    seconds: float
    cpu: float
    peak: float


def measure(command: Sequence[str | Path], environment: Mapping[str, str], allowed: tuple[int, ...] = (0, 1)) -> Run:
    """Run a command to its end. `wait4` speaks of the process and of every child that it waited for. Programs keep
    their byte code, as installed ones do: without it, importing is most of what a short run does."""
    inherited = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    start = time.perf_counter()
    with TemporaryFile() as complaint:
        process = subprocess.Popen(
            [*map(str, command)],
            env={**inherited, **environment},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=complaint,
        )
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - start
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode not in allowed:
            complaint.seek(0)
            raise RuntimeError(f"{command} ended with {process.returncode}:\n{complaint.read().decode()}")
    return Run(seconds, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024)
