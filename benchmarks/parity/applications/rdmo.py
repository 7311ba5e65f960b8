"""RDMO: Django; DRF with nested routers, permissions of each viewset, class-based views with object rules."""

from __future__ import annotations

from pathlib import Path

from benchmarks.parity.application import Application

SETTINGS = """
from rdmo.core.settings import *

SECRET_KEY = "a secret of nobody"
ROOT_URLCONF = "rdmo_project_urls"
STATIC_ROOT = "static"
DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": "rdmo"}}
"""
URLS = """
from django.contrib import admin
from django.urls import include, path

from rdmo.core.views import about, home

urlpatterns = [
    path("", home, name="home"),
    path("about/", about, name="about"),
    path("", include("rdmo.core.urls")),
    path("api/v1/", include("rdmo.core.urls.v1")),
    path("admin/", admin.site.urls),
]
"""
MANAGE = """
import os

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "rdmo_project")
"""
APPLICATION = Application(
    requirement="rdmo[allauth]==2.5.2",
    framework="django",
    packages=("rdmo",),
    files={"rdmo_project.py": SETTINGS, "rdmo_project_urls.py": URLS, "manage.py": MANAGE},
)


def start(scratch: Path) -> None:
    """A project as its template makes one: RDMO's settings and URLs, and the admin site."""
    from benchmarks.parity import runtime_django

    runtime_django.begin(APPLICATION, "rdmo_project", scratch)
