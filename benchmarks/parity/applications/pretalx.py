"""pretalx: Django; permission rules of objects in class-based views, DRF below each event, middleware."""

from __future__ import annotations

import os
from pathlib import Path

from benchmarks.parity.application import Application, Cause

SET_LATER = (
    "a `dispatch` of its own serves what is set on the object; the class alone, which is asked here, has one method"
)
NAMELESS = "the decorator's closure bears no other name; apilint names the view that it calls"
APPLICATION = Application(
    requirement="pretalx==2025.2.2",
    framework="django",
    packages=("pretalx",),
    causes=(
        Cause("missed", "* /orga/*", SET_LATER),
        Cause("invented", "ANY /orga/*", SET_LATER),
        Cause("handler", "ANY *widget*", NAMELESS),
    ),
)


def start(scratch: Path) -> None:
    """Its settings, on an empty database."""
    os.environ.update(PRETALX_FILESYSTEM_DATA=str(scratch), PRETALX_DATA_DIR=str(scratch), HOME=str(scratch))
    os.environ.update(PRETALX_FILESYSTEM_LOGS=str(scratch), PRETALX_FILESYSTEM_STATIC=str(scratch / "static"))
    os.environ.update(PRETALX_FILESYSTEM_MEDIA=str(scratch / "media"))
    from benchmarks.parity import runtime_django

    unbuilt: dict[str, object] = {"COMPRESS_ENABLED": False, "COMPRESS_OFFLINE": False, "COMPRESS_PRECOMPILERS": ()}
    runtime_django.begin(APPLICATION, "pretalx.settings", scratch, **unbuilt)
