"""Requirements -> the interpreter of an environment that has them, made once and kept in the user's cache folder."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

# The conftest gives every test run a cache folder of its own; environments are too dear for that.
KEPT = Path.home() / ".cache" / "apilint-tests" / "environments"


def interpreter(name: str, requirements: Sequence[str]) -> Path:
    """The environment's Python. Two processes that make the same one at once do not disturb each other."""
    wanted = "\n".join([sys.version, *requirements])
    folder = KEPT / f"{name}-{hashlib.sha256(wanted.encode()).hexdigest()[:12]}"
    if not folder.exists():
        KEPT.mkdir(parents=True, exist_ok=True)
        made = Path(tempfile.mkdtemp(prefix=f"{name}-", dir=KEPT))
        subprocess.run([sys.executable, "-m", "venv", "--without-pip", made], check=True)
        pip = [sys.executable, "-m", "pip", "--python", made, "install", "--quiet", "--disable-pip-version-check"]
        subprocess.run([*pip, *requirements], check=True)
        try:
            made.rename(folder)
        except OSError:  # the other process was faster
            shutil.rmtree(made)
    return folder / "bin" / "python"
