"""dstack's server: FastAPI; every route a POST, log-in and membership asked for by instances of classes."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from benchmarks.parity.application import Application, Cause

GATEWAY = "the gateway is a program of its own, in the same package, and includes the same router"
APPLICATION = Application(
    requirement="dstack[server]==0.22.5",
    framework="fastapi",
    packages=("dstack",),
    causes=(Cause("invented", "* /api/models/*", GATEWAY),),
)


def start(scratch: Path) -> Any:
    """The application of `dstack server`, on an empty database in a file, without work in the background."""
    os.environ.update(
        HOME=str(scratch),
        DSTACK_SERVER_DIR=str(scratch / "server"),
        DSTACK_DATABASE_URL=f"sqlite+aiosqlite:///{scratch}/dstack.sqlite",
        DSTACK_SERVER_BACKGROUND_PROCESSING_DISABLED="1",
        DSTACK_DO_NOT_UPDATE_DEFAULT_PROJECT="1",
    )
    from dstack._internal.server.main import app

    return app
