"""Dagster's web server: Starlette; a list of routes that a class builds, nobody is asked for credentials."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from benchmarks.parity.application import Application, Cause

FILES = "a route for each file that a folder of the package holds"
APPLICATION = Application(
    requirement="dagster-webserver==1.13.27",
    framework="starlette",
    packages=("dagster_webserver",),
    extras=("httpx2",),
    causes=(Cause("missed", "GET /*", FILES), Cause("path", "GET /*", FILES), Cause("handler", "GET /*", FILES)),
)


def start(scratch: Path) -> Any:
    """The application of `dagster-webserver`, without code locations."""
    os.environ["DAGSTER_HOME"] = str(scratch)
    from dagster import DagsterInstance
    from dagster._core.workspace.context import WorkspaceProcessContext
    from dagster._core.workspace.load_target import EmptyWorkspaceTarget
    from dagster_webserver.app import create_app_from_workspace_process_context

    context = WorkspaceProcessContext(DagsterInstance.get(), EmptyWorkspaceTarget())
    return create_app_from_workspace_process_context(context)
