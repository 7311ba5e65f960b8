"""marimo: Starlette; a router class of its own, `requires` below each route, an authentication back end."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path
from typing import Any

from benchmarks.parity.application import Application

APPLICATION = Application(requirement="marimo==0.25.2", framework="starlette", packages=("marimo",), extras=("httpx2",))


def start(scratch: Path) -> Any:
    """The application of `marimo edit --token-password …`, as it would be handed to the server."""
    os.environ.update(HOME=str(scratch), XDG_CONFIG_HOME=str(scratch))
    import uvicorn
    from marimo._cli.cli import main

    made = []
    uvicorn.Server.run = lambda self, sockets=None: made.append(self.config.app)
    with suppress(SystemExit):
        main(["edit", "--headless", "--skip-update-check", "--token-password", "secret", str(scratch)])
    return made[0]
