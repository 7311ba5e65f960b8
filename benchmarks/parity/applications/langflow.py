"""Langflow: FastAPI, over two distributions of one project; Annotated aliases, API keys, an exchangeable service."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from benchmarks.parity.application import Application, Cause

EXCHANGEABLE = "a registry decides at run time which service authenticates; apilint takes it for one that gives nothing"
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
        Cause("verdict", "* /api/mcp/*", EXCHANGEABLE),
        Cause("verdict", "* /api/v1/mcp/*", EXCHANGEABLE),
        Cause("verdict", "* /api/v1/agentic/mcp*", EXCHANGEABLE),
        Cause("verdict", "POST /api/v1/predict/*", EXCHANGEABLE),
        Cause("verdict", "POST /api/v1/process/*", EXCHANGEABLE),
        Cause("verdict", "POST /api/v1/responses", EXCHANGEABLE),
        Cause("verdict", "POST /api/v1/webhook/*", EXCHANGEABLE),
        Cause("verdict", "POST /api/v2/workflows/public", EXCHANGEABLE),
        Cause("verdict", "GET /api/v1/auto_login", SWITCHED_OFF),
    ),
)


def start(scratch: Path) -> Any:
    """The application of `langflow run --backend-only`."""
    os.environ.update(LANGFLOW_CONFIG_DIR=str(scratch), LANGFLOW_DATABASE_URL=f"sqlite:///{scratch}/langflow.db")
    from langflow.main import create_app

    return create_app()
