"""Django where the fixture applications do not reach: libraries that are not installed, settings that the source leaves
open."""

from __future__ import annotations

from pathlib import Path

from apilint.report.rows import RouteRow
from linting import routes, write

SETTINGS = """
ROOT_URLCONF = "urls"
INSTALLED_APPS = ["rest_framework"]
REST_FRAMEWORK = {"DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.AllowAny"]}
"""


def rows(folder: Path, **files: str) -> dict[str, RouteRow]:
    """`{"GET /path": row}` of a project of modules."""
    write(folder, {"settings.py": SETTINGS, **{f"{name}.py": text for name, text in files.items()}})
    return {f"{method} {row.path}": row for row in routes(folder) for method in row.methods}


def test_a_loop_over_what_is_not_known_says_that_there_may_be_no_route(tmp_path: Path) -> None:
    urls = """
from django.conf import settings
from django.urls import path
from django.views import View

class Status(View):
    def get(self, request):
        return "up"

urlpatterns = [path("status/", Status.as_view())]
for name in settings.RESPONDERS:
    urlpatterns.append(path(f"responders/{name}/", Status.as_view()))
"""
    found = rows(tmp_path, urls=urls)
    assert {row.path: row.only_if for row in found.values()} == {
        "/status/": "",
        "/responders/{name}/": "settings.RESPONDERS",
    }


def test_views_of_libraries_bring_their_methods_and_guards(tmp_path: Path) -> None:
    urls = """
from django.urls import path
from django_otp_webauthn.views import BeginCredentialAuthenticationView, BeginCredentialRegistrationView
from drf_spectacular.views import SpectacularSwaggerSplitView
from oauth2_provider import views

class Tokens(views.AuthorizedTokensListView):
    template_name = "tokens.html"

class Register(BeginCredentialRegistrationView):
    rp_name = "shop"

urlpatterns = [
    path("tokens/", Tokens.as_view()),
    path("authorize/", views.AuthorizationView.as_view()),
    path("docs/", SpectacularSwaggerSplitView.as_view()),
    path("key/new/", Register.as_view()),
    path("key/", BeginCredentialAuthenticationView.as_view()),
]
"""
    found = rows(tmp_path, urls=urls)
    assert {route: row.auth for route, row in found.items()} == {
        "GET /tokens/": "required",
        "GET /authorize/": "required",
        "POST /authorize/": "required",
        "PUT /authorize/": "required",
        "GET /docs/": "none",
        "POST /key/new/": "required",
        "POST /key/": "none",
    }


def test_a_prefix_that_is_known_wins_over_one_that_is_not(tmp_path: Path) -> None:
    urls = """
from urllib.parse import urlparse

from django.conf import settings
from django.urls import path
from django.views import View

class Status(View):
    def get(self, request):
        return "up"

prefix = ""
if found := urlparse(settings.SITE_ROOT).path.lstrip("/"):
    prefix = f"{found}/"
urlpatterns = [path(f"{prefix}status/", Status.as_view())]
"""
    assert {row.path for row in rows(tmp_path, urls=urls).values()} == {"/status/"}
