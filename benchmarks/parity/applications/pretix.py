"""pretix: Django with DRF; patterns of plugins put together in loops, guards in middleware and in its own wrappers."""

from __future__ import annotations

import os
from pathlib import Path

from benchmarks.parity.application import Application, Cause

NO_SESSION = (
    "without what an earlier step left in the session, the handler redirects to another page: a session is asked for,"
    " nobody's log-in is; apilint takes every key of a session for a credential"
)
APPLICATION = Application(
    requirement="pretix==2026.8.0",
    framework="django",
    packages=("pretix",),
    environment={"PRETIX_CONFIG_FILE": os.devnull},
    values={"organizer": "1", "event": "1"},
    causes=(
        Cause(
            "verdict",
            "* /control/forgot/recover$",
            "without the token of the link that was mailed, it redirects to the"
            " page that asks for a new one: turned away, though not to log in",
        ),
        Cause("verdict", "ANY */paypal2/*", NO_SESSION),
        Cause("verdict", "ANY /_stripe/oauth_return/$", NO_SESSION),
    ),
)


def start(scratch: Path) -> None:
    """An organizer with an event that is live: below others the shop answers 404 before it asks who is calling."""
    os.environ["DATA_DIR"] = str(scratch)
    from benchmarks.parity import runtime_django

    unbuilt: dict[str, object] = {"COMPRESS_ENABLED": False, "COMPRESS_OFFLINE": False, "COMPRESS_PRECOMPILERS": ()}
    runtime_django.begin(APPLICATION, "pretix.settings", scratch, **unbuilt)

    from django.utils.timezone import now
    from django_scopes import scopes_disabled
    from pretix.base.models import Event, Organizer

    with scopes_disabled():
        organizer = Organizer.objects.create(name="1", slug="1")
        Event.objects.create(organizer=organizer, name="1", slug="1", date_from=now(), live=True, plugins=PLUGINS)


PLUGINS = ",".join(
    f"pretix.plugins.{name}"
    for name in (
        "banktransfer",
        "stripe",
        "paypal2",
        "ticketoutputpdf",
        "sendmail",
        "statistics",
        "checkinlists",
        "badges",
    )
)
