"""Apache Airflow's API server: FastAPI; two applications under one, routers of subclasses, security factories."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from benchmarks.parity.application import Application, Cause

BY_CONFIGURATION = (
    "the class of the authentication manager is named by a configuration value, whose default stands in a YAML file"
)
BY_LIBRARY = "a library's class registers it in its constructor"
TO_LOG_IN = "sends everybody on to the log-in page of the authentication manager: that is what it is for"
APPLICATION = Application(
    requirement="apache-airflow-core==3.3.2",
    framework="fastapi",
    packages=("airflow",),
    environment={"AIRFLOW__CORE__LOAD_EXAMPLES": "False", "AIRFLOW__API_AUTH__JWT_SECRET": "s" * 64},
    causes=(
        Cause("missed", "* /auth/*", BY_CONFIGURATION),
        Cause("missed", "GET /execution/openapi.json", BY_LIBRARY),
        Cause("verdict", "GET /api/v2/auth/log*", TO_LOG_IN),
    ),
)


def start(scratch: Path) -> Any:
    """The application of `airflow api-server` with an empty database."""
    os.environ.update(AIRFLOW_HOME=str(scratch), AIRFLOW__DATABASE__SQL_ALCHEMY_CONN=f"sqlite:///{scratch}/airflow.db")
    from airflow.api_fastapi.app import create_app
    from airflow.utils.db import initdb

    initdb()
    return create_app()
