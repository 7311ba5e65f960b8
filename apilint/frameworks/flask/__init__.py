"""Flask and Quart: applications, blueprints, class-based views, extensions -> routes with their guards."""

from __future__ import annotations

from apilint.frameworks.flask.objects import teach as prepare
from apilint.frameworks.flask.routes import CONSTRUCTORS, REGISTRARS, routes

__all__ = ["CONSTRUCTORS", "REGISTRARS", "prepare", "routes"]
