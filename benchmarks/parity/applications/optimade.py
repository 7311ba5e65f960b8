"""OPTIMADE's reference server: FastAPI; one router included below several versions of the base path, for everybody."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from benchmarks.parity.application import Application

APPLICATION = Application(
    requirement="optimade[server]==1.5.0",
    framework="fastapi",
    packages=("optimade",),
    extras=("httpx2",),
)


def start(scratch: Path) -> Any:
    """The application of `optimade.server.main`, on a database in memory."""
    os.environ.update(OPTIMADE_DATABASE_BACKEND="mongomock", OPTIMADE_LOG_DIR=str(scratch))
    from optimade.server.main import app

    return app
