"""privacyIDEA: Flask; blueprints with a function before each request, policies as decorators below the routes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from benchmarks.parity.application import Application, Cause

LOG_IN = "where one logs in: without a name and a password, it answers 401"
APPLICATION = Application(
    requirement="privacyidea==3.14",
    framework="flask",
    packages=("privacyidea",),
    causes=(Cause("verdict", "POST /auth", LOG_IN),),
)
CONFIGURATION = """
SUPERUSER_REALM = ["super"]
SECRET_KEY = "a secret of nobody"
PI_PEPPER = "a pepper of nobody"
PI_ENCFILE = "{folder}/enckey"
PI_AUDIT_NO_SIGN = True
PI_LOGFILE = "{folder}/log"
SQLALCHEMY_DATABASE_URI = "sqlite:///{folder}/pi.sqlite"
"""


def start(scratch: Path) -> Any:
    """The application of `pi-manage run`, on an empty database."""
    (scratch / "enckey").write_bytes(bytes(range(96)))
    settings = scratch / "pi.cfg"
    settings.write_text(CONFIGURATION.format(folder=scratch), encoding="utf-8")
    from privacyidea.app import create_app
    from privacyidea.models import db

    app = create_app("production", str(settings), silent=True)
    with app.app_context():
        db.create_all()
    return app
