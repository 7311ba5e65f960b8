"""NEMO: Django; function views behind decorators of its own, DRF viewsets from a registry, middleware that logs in."""

from __future__ import annotations

from pathlib import Path

from benchmarks.parity.application import Application

SETTINGS = """
from NEMO.tests.test_settings import *

DEBUG = False
"""
MANAGE = """
import os

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "nemo_site")
"""
APPLICATION = Application(
    requirement="nemo==8.1.5",
    framework="django",
    packages=("NEMO",),
    files={"nemo_site.py": SETTINGS, "manage.py": MANAGE},
)


def start(scratch: Path) -> None:
    """The settings of its own tests: those of a site are for each laboratory to write."""
    from benchmarks.parity import runtime_django

    runtime_django.begin(APPLICATION, "nemo_site", scratch)
