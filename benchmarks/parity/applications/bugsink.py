"""Bugsink: Django; a log-in that its own middleware asks for, DRF, ingestion by a key in the URL."""

from __future__ import annotations

from pathlib import Path

from benchmarks.parity.application import Application

APPLICATION = Application(
    requirement="bugsink==2.6.2",
    framework="django",
    packages=(
        *(
            "alerts",
            "api",
            "bsmain",
            "bugsink",
            "ee",
            "events",
            "files",
            "ingest",
            "issues",
            "performance",
            "phonehome",
        ),
        *("projects", "releases", "sentry", "snappea", "tags", "teams", "theme", "users", "compat"),
    ),
)


def start(scratch: Path) -> None:
    """The settings that it has for development, on empty databases."""
    from benchmarks.parity import runtime_django

    runtime_django.begin(APPLICATION, "bugsink.settings.development", scratch, DEBUG=False)
