"""ARA: Django; a read-only site over a REST API of viewsets, credentials when the settings ask for them."""

from __future__ import annotations

import os
from pathlib import Path

from benchmarks.parity.application import Application, Cause

APPLICATION = Application(
    requirement="ara[server]==1.8.0",
    framework="django",
    packages=("ara",),
    causes=(
        Cause("invented", "ANY *admin/", "the admin site below a base path, which a setting gives and is empty here"),
    ),
    environment={"ARA_READ_LOGIN_REQUIRED": "true", "ARA_WRITE_LOGIN_REQUIRED": "true", "ARA_SECRET_KEY": "nobody's"},
)


def start(scratch: Path) -> None:
    """Its settings, with log-in required."""
    os.environ.update(ARA_BASE_DIR=str(scratch))
    from benchmarks.parity import runtime_django

    runtime_django.begin(APPLICATION, "ara.server.settings", scratch)
