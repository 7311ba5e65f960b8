"""ZenML's server: FastAPI; credentials asked for by one of several functions, which a setting chooses."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from benchmarks.parity.application import Application, Cause

SIGNED = "the signed token is a parameter that FastAPI requires: without it, validation answers first"
APPLICATION = Application(
    requirement="zenml[local,server]==0.98.0",
    framework="fastapi",
    packages=("zenml",),
    extras=("httpx2",),
    values={"webhook_id": "00000000-0000-4000-8000-000000000000"},
    environment={
        "ZENML_ANALYTICS_OPT_IN": "false",
        "ZENML_SERVER": "true",
        "ZENML_SERVER_AUTO_ACTIVATE": "false",
        "ZENML_SERVER_JWT_SECRET_KEY": "s" * 64,
        "ZENML_LOGGING_VERBOSITY": "ERROR",
    },
    causes=(
        Cause("verdict", "GET /api/v1/artifact_versions/{artifact_version_id}/data", SIGNED),
        Cause("verdict", "GET /api/v1/pipeline_snapshots/{snapshot_id}/code", SIGNED),
    ),
)


def start(scratch: Path) -> Any:
    """The application of `zenml up`, on an empty database."""
    folder = str(scratch)
    os.environ.update(
        ZENML_CONFIG_PATH=folder, ZENML_LOCAL_STORES_PATH=folder, ZENML_STORE_URL=f"sqlite:///{folder}/z.db"
    )
    from zenml.zen_server.zen_server_api import app

    return app
