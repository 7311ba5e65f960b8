"""Fief: FastAPI; one application with two more mounted into it."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path
from typing import Any

from benchmarks.parity.application import Application

APPLICATION = Application(
    requirement="fief-server==0.27.0",
    framework="fastapi",
    packages=("fief",),
    extras=("setuptools<81",),  # passlib imports pkg_resources
    environment={
        "SECRET": "a" * 64,
        "FIEF_CLIENT_ID": "client",
        "FIEF_CLIENT_SECRET": "secret",
        "FIEF_DOMAIN": "testserver",
        "TELEMETRY_ENABLED": "False",
        "DATABASE_TYPE": "SQLITE",
    },
)


def start(scratch: Path) -> Any:
    """The application of `fief run-server` after its migrations, with the main workspace."""
    from cryptography.fernet import Fernet

    os.environ.update(ENCRYPTION_KEY=Fernet.generate_key().decode(), DATABASE_LOCATION=str(scratch))
    from fief.app import app
    from fief.cli import migrate_main
    from fief.services.main_workspace import create_main_fief_workspace

    migrate_main()
    asyncio.run(create_main_fief_workspace())
    return app
