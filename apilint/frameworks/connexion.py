"""Connexion: applications whose routes and security an OpenAPI document says, on top of Flask's."""

from __future__ import annotations

from apilint.facts import Span
from apilint.startup.core import Core
from apilint.startup.values import Result, Value

LIBRARY = "connexion"
CONSTRUCTORS = ("App", "FlaskApp", "AsyncApp")
APPS = (
    "connexion.App",
    "connexion.FlaskApp",
    "connexion.AsyncApp",
    "connexion.apps.flask.FlaskApp",
    "connexion.apps.flask_app.FlaskApp",
    "connexion.apps.asynchronous.AsyncApp",
)


def prepare(machine: Core, options: dict[str, str]) -> None:
    """Tell the start-up that `app.app`, the application of Flask inside, takes what the one around it takes."""
    for app in APPS:
        machine.extensions.properties[f"{app}.app"] = _inside
    machine.extensions.seal()


def _inside(machine: Core, base: Value, span: Span) -> Value | None:
    return base if isinstance(base, Result) else None
