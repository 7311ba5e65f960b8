"""Label Studio: DRF; settings over several modules with star imports, permission classes that ask the view."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from benchmarks.parity.application import Application

APPLICATION = Application(
    requirement="label-studio==1.23.2",
    framework="django",
    packages=("label_studio",),
    environment={"SENTRY_DSN": "", "FRONTEND_SENTRY_DSN": "", "COLLECT_ANALYTICS": "False"},
)


def start(scratch: Path) -> None:
    """As its `manage.py` does: the folder of the package is on the path."""
    os.environ["BASE_DATA_DIR"] = str(scratch)
    from benchmarks.parity import runtime_django

    folder = runtime_django.installed(APPLICATION).folder / "label_studio"
    sys.path.insert(0, str(folder))
    runtime_django.begin(APPLICATION, "core.settings.label_studio", scratch)
