"""ephios: class-based views with permission mixins, patterns of plugins appended in a loop, DRF."""

from __future__ import annotations

import os
from pathlib import Path

from benchmarks.parity.application import Application, Cause

APPLICATION = Application(
    requirement="ephios==0.27.1",
    framework="django",
    packages=("ephios",),
    environment={
        "DEBUG": "False",
        "ALLOWED_HOSTS": "*",
        "SITE_URL": "https://testserver",
        "DATABASE_URL": "sqlite:///ephios.sqlite3",
        "EMAIL_URL": "consolemail://",
        "DEFAULT_FROM_EMAIL": "a@example.org",
        "SERVER_EMAIL": "a@example.org",
        "ADMINS": "a@example.org",
    },
    causes=(
        Cause(
            "verdict",
            "* /guests/register/*",
            "`dispatch` answers 403 for an event that does not exist, and would for the"
            " wrong token of a public link: whom the link was given, may go on without log-in",
        ),
    ),
)


def start(scratch: Path) -> None:
    """Its settings take everything from the environment. What a plugin serves is refused to all while it is off."""
    os.environ.update(DATA_DIR=str(scratch), ENV_PATH=str(scratch / "none"))
    from benchmarks.parity import runtime_django

    unbuilt: dict[str, object] = {"COMPRESS_ENABLED": False, "COMPRESS_OFFLINE": False, "COMPRESS_PRECOMPILERS": ()}
    runtime_django.begin(APPLICATION, "ephios.settings", scratch, **unbuilt)

    from dynamic_preferences.registries import global_preferences_registry
    from ephios.core.plugins import get_all_plugins

    global_preferences_registry.manager()["general__enabled_plugins"] = [plugin.module for plugin in get_all_plugins()]
