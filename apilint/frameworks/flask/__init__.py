"""Flask and Quart: applications, blueprints, class-based views, extensions -> routes with their guards."""

from __future__ import annotations

from apilint.frameworks.flask.objects import teach as prepare
from apilint.frameworks.flask.routes import CONSTRUCTORS, routes

__all__ = ["CONSTRUCTORS", "prepare", "routes"]
