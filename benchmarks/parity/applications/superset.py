"""Apache Superset: Flask with Flask-AppBuilder."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

from benchmarks.parity.application import Application

APPLICATION = Application(
    requirement="apache-superset==6.1.0",
    framework="flask",
    packages=("superset",),
    extras=("flask-caching<2.4",),  # the metadata cache does not take what newer ones hand it
    environment={"SUPERSET_SECRET_KEY": "p" * 42},
)
CONFIGURATION = """
SQLALCHEMY_DATABASE_URI = "sqlite:///{scratch}/superset.db"
RATELIMIT_ENABLED = False
WTF_CSRF_ENABLED = False
FEATURE_FLAGS = {{"ENABLE_EXTENSIONS": True, "GLOBAL_TASK_FRAMEWORK": True}}
"""


def start(scratch: Path) -> Any:
    """The application of `superset run`, with the database and the roles that `superset init` makes."""
    os.environ["SUPERSET_HOME"] = str(scratch)
    (scratch / "superset_config.py").write_text(CONFIGURATION.format(scratch=scratch), encoding="utf-8")
    sys.path.insert(0, str(scratch))
    from superset.app import create_app

    app = create_app()
    with app.app_context():
        from flask_migrate import upgrade
        from superset.extensions import appbuilder

        upgrade()
        appbuilder.sm.sync_role_definitions()
    return app
