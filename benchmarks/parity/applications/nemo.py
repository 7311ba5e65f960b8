"""NEMO: Django; function views behind decorators of its own, DRF viewsets from a registry, middleware that logs in."""

from __future__ import annotations

from pathlib import Path

from benchmarks.parity.application import Application, Cause

SETTINGS = """
from NEMO.tests.test_settings import *

DEBUG = False
"""
MANAGE = """
import os

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "nemo_site")
"""
CHOICES = "a part of the pattern is joined from the members of a class that is no plain enumeration"
INSIDE = "the wrapper puts the admin site's guard around the view when it is called"
APPLICATION = Application(
    requirement="nemo==8.1.5",
    framework="django",
    packages=("NEMO",),
    files={"nemo_site.py": SETTINGS, "manage.py": MANAGE},
    causes=(
        Cause("path", "GET *tool_usage_questions/*", CHOICES),
        Cause("verdict", "ANY /admin/autocomplete/", INSIDE),
    ),
)


def start(scratch: Path) -> None:
    """The settings of its own tests: those of a site are for each laboratory to write."""
    from benchmarks.parity import runtime_django

    runtime_django.begin(APPLICATION, "nemo_site", scratch)
