"""An application -> the interpreter of an environment in which it is installed, made once and then kept."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

from benchmarks.packages import WORK
from benchmarks.parity.application import Application

ENVIRONMENTS = WORK / "env"


def name(application: Application) -> str:
    """`lnbits-1.6.2`: what the environment and everything made from it are called."""
    return re.sub(r"\[.*?\]", "", application.requirement).replace("==", "-")


def interpreter(application: Application) -> Path:
    """The environment's Python; the environment is made first when it is not there."""
    folder = ENVIRONMENTS / name(application)
    python = folder / "bin" / "python"
    complete = folder / "installed"
    wanted = "\n".join([application.requirement, *application.extras])
    if not complete.exists() or complete.read_text(encoding="utf-8") != wanted:
        if not python.exists():
            subprocess.run([sys.executable, "-m", "venv", folder], check=True)
        pip = [sys.executable, "-m", "pip", "--python", python, "install", "--quiet", "--disable-pip-version-check"]
        subprocess.run([*pip, application.requirement, *application.extras], check=True)
        complete.write_text(wanted, encoding="utf-8")
    return python


def site_packages(python: Path) -> Path:
    """Where the environment's packages are."""
    asked = "import sysconfig; print(sysconfig.get_path('purelib'))"
    done = subprocess.run([python, "-c", asked], check=True, capture_output=True, text=True)
    return Path(done.stdout.strip())
