"""Argilla's server: FastAPI; an authentication object with several back ends, policies that handlers ask."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from benchmarks.parity.application import Application

APPLICATION = Application(
    requirement="argilla-server==2.8.0",
    framework="fastapi",
    packages=("argilla_server",),
    environment={"ARGILLA_AUTH_SECRET_KEY": "s" * 64, "ARGILLA_ENABLE_TELEMETRY": "0"},
)


def start(scratch: Path) -> Any:
    """The application of `argilla_server start`, on an empty database, without the search engine and the queue."""
    os.environ.update(ARGILLA_HOME_PATH=str(scratch), ARGILLA_DATABASE_URL=f"sqlite+aiosqlite:///{scratch}/a.db")
    from argilla_server import _app
    from argilla_server.cli.database.migrate import migrate_db

    async def without() -> None:
        return None

    migrate_db("head")
    _app.configure_search_engine = without
    _app.configure_redis = lambda: None
    return _app.app
