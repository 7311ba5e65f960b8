"""Wooey: Django; functions and class-based views whose guards are settings, an API with keys of its own."""

from __future__ import annotations

from pathlib import Path

from benchmarks.parity.application import Application

SETTINGS = """
DEBUG = False
SECRET_KEY = "a secret of nobody"
ROOT_URLCONF = "wooey_project_urls"
STATIC_URL = "/static/"
DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": "wooey"}}
INSTALLED_APPS = [
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "wooey",
]
MIDDLEWARE = [
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
]
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    },
]
WOOEY_ALLOW_ANONYMOUS = False
WOOEY_CELERY = False
WOOEY_ENABLE_API_KEYS = True
"""
URLS = """
from django.contrib import admin
from django.urls import include, path

urlpatterns = [
    path("admin/", admin.site.urls),
    path("", include("wooey.urls")),
]
"""
MANAGE = """
import os

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "wooey_project")
"""
APPLICATION = Application(
    requirement="wooey==0.14.1",
    framework="django",
    packages=("wooey",),
    files={"wooey_project.py": SETTINGS, "wooey_project_urls.py": URLS, "manage.py": MANAGE},
)


def start(scratch: Path) -> None:
    """A project with Wooey's URLs and an admin site."""
    from benchmarks.parity import runtime_django

    runtime_django.begin(APPLICATION, "wooey_project", scratch)
