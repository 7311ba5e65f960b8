"""FlexGet: Flask-RESTX; namespaces that plugins register, one application mounted beside others."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from benchmarks.parity.application import Application, Cause

BESIDE = "the page for people is an application of its own, which is served beside the one that was asked"
APPLICATION = Application(
    requirement="flexget==3.22.8",
    framework="flask",
    packages=("flexget",),
    causes=(
        Cause("invented", "* /*", BESIDE),
        Cause("handler", "GET /", BESIDE),
        Cause(
            "verdict", "POST /auth/login/", "the body's form is looked at first; 401 is the answer to a wrong password"
        ),
    ),
)


def start(scratch: Path) -> Any:
    """The application that answers below `/api`, with every plugin that brings endpoints."""
    import flexget.manager  # noqa: F401 it is imported before what imports it
    from flexget import plugin

    plugin.load_plugins()
    from flexget.api import api_app

    api_app.secret_key = "a secret of nobody"
    return api_app
