"""Weblate: Django with DRF; nearly all views are functions, some under a middleware that asks for log-in by path."""

from __future__ import annotations

from pathlib import Path

from benchmarks.parity.application import Application, Cause

NO_SESSION = (
    "without what an earlier step left in the session, the handler redirects to another page: a session is asked for,"
    " nobody's log-in is; apilint takes every key of a session for a credential"
)
APPLICATION = Application(
    requirement="weblate==5.14.3",
    framework="django",
    packages=("weblate",),
    extras=("django-otp<1.7", "pygobject<3.51"),  # newer ones: its middleware fails; they need a newer GLib
    causes=(
        Cause(
            "missed",
            "ANY /admin/log*",
            "a function that runs at start-up puts the project's admin site in the place of"
            " Django's (`admin.site = SITE`); apilint does not follow assignments to a library's module",
        ),
        Cause(
            "verdict",
            "GET /teams/<int:pk>/",
            "the one who is not logged in is a user of the application, and a member of the team number 1",
        ),
        Cause(
            "verdict",
            "POST /accounts/login/",
            "with the log-in form switched off, it redirects to itself; apilint takes `show_login_form` for a"
            " test of credentials",
        ),
        Cause("verdict", "ANY /accounts/confirm/", NO_SESSION),
        Cause("verdict", "GET /accounts/email-sent/", NO_SESSION),
    ),
)


def start(scratch: Path) -> None:
    """A site of the example settings, with the groups and the anonymous user that its installation makes."""
    from benchmarks.parity import runtime_django

    folders: dict[str, object] = {
        "SECRET_KEY": "a secret of nobody",
        "DATA_DIR": str(scratch),
        "CACHE_DIR": str(scratch / "cache"),
        "MEDIA_ROOT": str(scratch / "media"),
        "COMPRESS_ENABLED": False,
        "COMPRESS_OFFLINE": False,
        "CELERY_TASK_ALWAYS_EAGER": True,
        "CELERY_BROKER_URL": "memory://",
    }
    runtime_django.begin(APPLICATION, "weblate.settings_example", scratch, **folders)

    from django.core.management import call_command

    call_command("setupgroups")
