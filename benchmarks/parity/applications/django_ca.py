"""django-ca: Django Ninja with credentials by permission, ACME views that verify signatures."""

from __future__ import annotations

import sys
from pathlib import Path

from benchmarks.parity.application import Application, Cause

APPLICATION = Application(
    requirement="django-ca[api]==3.2.0",
    framework="django",
    packages=("django_ca",),
    values={"serial": "AB", "data": "YQ=="},
    causes=(Cause("switched off", "* /ocsp/{?}/*", "made in a loop over a setting, which is empty here"),),
)
SETTINGS = """
SECRET_KEY = "a secret of nobody"
ROOT_URLCONF = "ca_project_urls"
CA_ENABLE_REST_API = True
USE_TZ = True
DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": "ca"}}
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "django-ca": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
INSTALLED_APPS = [
    "django.contrib.admin", "django.contrib.auth", "django.contrib.contenttypes", "django.contrib.messages",
    "django.contrib.sessions", "django.contrib.staticfiles", "django_object_actions", "django_ca",
]
MIDDLEWARE = [
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
]
TEMPLATES = [{
    "BACKEND": "django.template.backends.django.DjangoTemplates",
    "APP_DIRS": True,
    "OPTIONS": {"context_processors": [
        "django.template.context_processors.request",
        "django.contrib.auth.context_processors.auth",
        "django.contrib.messages.context_processors.messages",
    ]},
}]
"""
URLS = """
from django.urls import include, path

urlpatterns = [path("", include("django_ca.urls"))]
"""


def start(scratch: Path) -> None:
    """It is an application for somebody's project: one that includes its URLs at the root."""
    from benchmarks.parity import runtime_django

    (scratch / "ca_project.py").write_text(SETTINGS, encoding="utf-8")
    (scratch / "ca_project_urls.py").write_text(URLS, encoding="utf-8")
    sys.path.insert(0, str(scratch))
    runtime_django.begin(APPLICATION, "ca_project", scratch)
