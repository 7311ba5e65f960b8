"""Tiled: FastAPI; routers made in functions, security scopes asked for by dependencies, credentials of many kinds."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from benchmarks.parity.application import Application, Cause

NAMED = "a part of the path is a name that a configuration file gives"
SIGNED = "the decorator gives a closure with another signature; apilint names the function below it"
SCOPES = "which scopes a stranger has, a configuration file says"
APPLICATION = Application(
    requirement="tiled[server]==0.2.20",
    framework="fastapi",
    packages=("tiled",),
    causes=(
        Cause("missed", "POST /api/v1/auth/provider/*", NAMED),
        Cause("handler", "GET /api/v1/*", SIGNED),
        Cause("verdict", "* /api/v1/*", SCOPES),
    ),
)


def start(scratch: Path) -> Any:
    """The application of `tiled serve config`, with a catalog and two users."""
    from tiled.server.app import build_app_from_config

    return build_app_from_config(
        {
            "authentication": {
                "secret_keys": ["s" * 32],
                "providers": [
                    {
                        "provider": "toy",
                        "authenticator": "tiled.authenticators:DictionaryAuthenticator",
                        "args": {"users_to_passwords": {"alice": "secret1"}},
                    }
                ],
            },
            "database": {"uri": f"sqlite:///{scratch}/auth.db", "init_if_not_exists": True},
            "trees": [
                {
                    "path": "/",
                    "tree": "catalog",
                    "args": {
                        "uri": f"sqlite:///{scratch}/catalog.db",
                        "writable_storage": str(scratch / "data"),
                        "init_if_not_exists": True,
                    },
                }
            ],
        }
    )
