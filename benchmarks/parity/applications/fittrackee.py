"""FitTrackee: Flask; blueprints, decorators that take arguments, tokens of its own OAuth 2 server."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path
from typing import Any

from benchmarks.parity.application import Application

APPLICATION = Application(requirement="fittrackee==1.3.6", framework="flask", packages=("fittrackee",))


def start(scratch: Path) -> Any:
    """The application of `ftcli`, on empty tables in a file; those with places on the earth are left out."""
    os.environ.update(
        APP_SECRET_KEY="a secret of nobody",
        DATABASE_URL=f"sqlite:///{scratch}/fittrackee.sqlite",
        UPLOAD_FOLDER=str(scratch),
        UI_URL="http://localhost",
    )
    from fittrackee import create_app, db
    from fittrackee.application.utils import get_or_init_config, update_app_config_from_database
    from sqlalchemy.dialects.postgresql import ARRAY, JSONB
    from sqlalchemy.ext.compiler import compiles

    for kind in (ARRAY, JSONB):
        compiles(kind, "sqlite")(lambda *_args, **_options: "JSON")
    app = create_app()
    with app.app_context():
        for table in db.metadata.sorted_tables:
            with suppress(Exception):
                table.create(db.engine)
        update_app_config_from_database(app, get_or_init_config())
    return app
