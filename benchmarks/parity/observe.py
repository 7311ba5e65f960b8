"""Runs in an application's environment: starts it, asks its framework, calls its routes, writes an `Observation`.

`python -m benchmarks.parity.observe NAME OUTPUT`, where NAME is a file in `applications/`. What a framework is asked
stands in `runtime_<framework>.py`: a generator `rows(application, started, site_packages)`.
"""

from __future__ import annotations

import atexit
import logging
import os
import platform
import signal
import sys
import sysconfig
import tempfile
import traceback
from importlib import import_module, metadata
from pathlib import Path

from benchmarks.parity.application import Application, Observation
from benchmarks.parity.offline import cut_off
from benchmarks.parity.recorded import write

FRAMEWORKS = ("flask", "fastapi", "starlette", "django", "djangorestframework", "django-ninja", "werkzeug")
LONGEST = 900
SHARED = Path(__file__).resolve().parents[2] / "tests"  # with `parity`, what the tests of fixture applications use too


def observe(name: str) -> Observation:
    """Start the application called `name` and look at it."""
    module = import_module(f"benchmarks.parity.applications.{name}")
    application: Application = module.APPLICATION
    runtime = import_module(f"benchmarks.parity.runtime_{application.framework}")
    site_packages = Path(sysconfig.get_path("purelib")).resolve()
    os.environ.update(application.environment)
    with tempfile.TemporaryDirectory() as scratch:
        os.chdir(scratch)
        for file, text in application.files.items():
            Path(scratch, file).write_text(text, encoding="utf-8")
        sys.path.insert(0, scratch)
        started = module.start(Path(scratch))
        logging.disable(logging.CRITICAL)
        rows = tuple(runtime.rows(application, started, site_packages))
        return Observation(
            version=metadata.version(application.requirement.partition("==")[0].partition("[")[0]),
            python=platform.python_version(),
            frameworks=_versions(),
            rows=rows,
            loaded=frozenset(_loaded(application, site_packages)),
        )


def _versions() -> dict[str, str]:
    found = {}
    for name in FRAMEWORKS:
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    return found


def _loaded(application: Application, site_packages: Path) -> set[str]:
    """The files of the application's packages that have been imported, relative to the import root."""
    files = (getattr(module, "__file__", None) for module in list(sys.modules.values()))
    resolved = (Path(file).resolve() for file in files if file)
    relative = (file.relative_to(site_packages) for file in resolved if file.is_relative_to(site_packages))
    return {file.as_posix() for file in relative if file.parts[0] in application.packages}


def main(name: str, output: str) -> None:
    """Write what the application called `name` shows, and leave without waiting for its threads."""
    target = Path(output).resolve()
    sys.path.append(str(SHARED))
    signal.alarm(LONGEST)
    cut_off()
    try:
        write(target, observe(name))
    except Exception:  # noqa: BLE001 - shown, and then the process must end, whatever threads there are
        traceback.print_exc()
        leave(1)
    leave(0)


def leave(status: int) -> None:
    """End the process although the application's threads run on."""
    atexit._run_exitfuncs()
    sys.stdout.flush()
    os._exit(status)


if __name__ == "__main__":
    main(*sys.argv[1:])
