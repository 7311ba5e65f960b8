"""changedetection.io: Flask; blueprints built in functions, Flask-RESTful beside them, an optional password."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from benchmarks.parity.application import Application

APPLICATION = Application(
    requirement="changedetection.io==0.60.10",
    framework="flask",
    packages=("changedetectionio",),
    environment={"DISABLE_VERSION_CHECK": "true", "FETCH_WORKERS": "1"},
)


def start(scratch: Path) -> Any:
    """The application of `changedetection.io -C -d DIRECTORY`, with a password set."""
    from changedetectionio import __version__, store
    from changedetectionio.flask_app import changedetection_app

    datastore = store.ChangeDetectionStore(
        datastore_path=str(scratch), version_tag=__version__, include_default_watches=True
    )
    datastore.data["settings"]["application"]["password"] = "c2FsdA=="
    app = changedetection_app({"datastore_path": str(scratch), "batch_mode": True}, datastore)
    app.config["WTF_CSRF_ENABLED"] = False
    return app
