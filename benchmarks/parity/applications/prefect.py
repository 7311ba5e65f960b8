"""Prefect's server: FastAPI; an application with its API mounted below it, routers of a subclass."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from benchmarks.parity.application import Application

APPLICATION = Application(
    requirement="prefect==3.9.1",
    framework="fastapi",
    packages=("prefect",),
    environment={
        "PREFECT_SERVER_API_AUTH_STRING": "admin:secret",
        "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
        "PREFECT_SERVER_EPHEMERAL_ENABLED": "true",
    },
)


def start(scratch: Path) -> Any:
    """The application of `prefect server start`, with a password for its API."""
    os.environ.update(PREFECT_HOME=str(scratch))
    from prefect.server.api.server import create_app

    return create_app()
