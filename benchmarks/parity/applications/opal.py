"""OPAL's server: FastAPI; routers made by functions that are handed the object which asks for tokens."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from benchmarks.parity.application import Application, Cause

UNACCEPTED = "without a token, the handler goes back before it has accepted, which closes the connection"
APPLICATION = Application(
    requirement="opal-server==0.9.9",
    framework="fastapi",
    packages=("opal_server", "opal_common"),
    extras=("aiofiles",),
    causes=(Cause("verdict", "WEBSOCKET /ws", UNACCEPTED),),
)


def start(scratch: Path) -> Any:
    """The application of `opal-server run`, with keys: it asks for tokens."""
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import rsa

    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.TraditionalOpenSSL, serialization.NoEncryption()
    )
    public = key.public_key().public_bytes(serialization.Encoding.OpenSSH, serialization.PublicFormat.OpenSSH)
    os.environ.update(
        OPAL_AUTH_PRIVATE_KEY=private.decode(),
        OPAL_AUTH_PUBLIC_KEY=public.decode(),
        OPAL_AUTH_MASTER_TOKEN="a token of nobody",
        OPAL_AUTH_JWKS_STATIC_DIR=str(scratch / "jwks"),
        OPAL_REPO_WATCHER_ENABLED="false",
    )
    from opal_server.main import app

    return app
