"""MWDB: Flask-RESTful; resources listed one by one, decorators and capabilities, switches in its configuration."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from benchmarks.parity.application import Application, Cause

LINK = "answers 403 to what is no token of a link: whom a link was given, may go on without log-in"
APPLICATION = Application(
    requirement="mwdb-core==2.20.0",
    framework="flask",
    packages=("mwdb",),
    causes=(Cause("verdict", "GET /api/download/*", LINK),),
)


def start(scratch: Path) -> Any:
    """The application of `mwdb-core run`, without the database that it wants."""
    os.environ.update(
        MWDB_POSTGRES_URI=f"sqlite:///{scratch}/mwdb.sqlite",
        MWDB_SECRET_KEY="a secret of nobody",
        MWDB_UPLOADS_FOLDER=str(scratch),
        MWDB_ENABLE_RATE_LIMIT="0",
        MWDB_ENABLE_SSDEEP="0",
    )
    from mwdb.app import app

    return app
