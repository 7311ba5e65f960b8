"""Langflow: FastAPI, over two distributions of one project; Annotated aliases, API keys, an exchangeable service."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from benchmarks.parity.application import Application, Cause

PUBLIC_FLOW = "asks for a cookie with an identifier that anybody may make up; apilint takes a cookie for a credential"
SWITCHED_OFF = "answers 403 to everybody while the automatic log-in is switched off"
APPLICATION = Application(
    requirement="langflow-base==1.13.0",
    framework="fastapi",
    packages=("langflow", "lfx"),
    environment={
        "LANGFLOW_AUTO_LOGIN": "false",
        "LANGFLOW_SUPERUSER": "owner",
        "LANGFLOW_SUPERUSER_PASSWORD": "p" * 20,
    },
    causes=(
        Cause("verdict", "POST /api/v2/workflows/public", PUBLIC_FLOW),
        Cause("verdict", "GET /api/v1/auto_login", SWITCHED_OFF),
    ),
)


def start(scratch: Path) -> Any:
    """The application of `langflow run --backend-only`."""
    os.environ.update(LANGFLOW_CONFIG_DIR=str(scratch), LANGFLOW_DATABASE_URL=f"sqlite:///{scratch}/langflow.db")
    from langflow.main import create_app

    return create_app()
