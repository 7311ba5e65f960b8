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


PREDICATES = """
from django.contrib.auth.mixins import UserPassesTestMixin
from django.urls import path
from django.views import View
from library import load

from models import Page, Settings

class Asked(UserPassesTestMixin, View):
    def get(self, request):
        return None

class Setting(Asked):
    def test_func(self):
        return Settings().public or self.request.user.is_authenticated

class Reversed(Asked):
    def test_func(self):
        return self.request.user.is_authenticated or Settings().public

class Library(Asked):
    def test_func(self):
        return load().PUBLIC_ADD_VIEW or self.request.user.is_authenticated

class Data(Asked):
    def test_func(self):
        return Page.objects.filter(public=True).exists() or self.request.user.is_authenticated

class Attribute(Asked):
    def test_func(self):
        return self.request.owner and load(self.request.owner)

urlpatterns = [path(view.__name__, view.as_view()) for view in (Setting, Reversed, Library, Data, Attribute)]
"""
MODELS = """
from django.db import models
from pydantic_settings import BaseSettings

class Settings(BaseSettings):
    public: bool = False

class Page(models.Model):
    public = models.BooleanField()
"""


def test_what_lets_everybody_through_beside_the_question_who_is_calling(tmp_path: Path) -> None:
    found = rows(tmp_path, urls=PREDICATES, models=MODELS)
    assert found["GET /Attribute"].auth == "unknown"  # what sets `request.owner` is not known
    assert {row.path: (row.auth, row.guards[0].condition) for row in found.values() if row.guards} == {
        "/Setting": ("conditional", "not (Settings.public)"),
        "/Reversed": ("conditional", "not (Settings.public)"),
        "/Library": ("conditional", "not (PUBLIC_ADD_VIEW)"),
        "/Data": ("optional", ""),
    }


BULK = """
from rest_framework.permissions import IsAuthenticated
from rest_framework_bulk.generics import BulkModelViewSet
from rest_framework_bulk.routes import BulkRouter

class Plants(BulkModelViewSet):
    permission_classes = [IsAuthenticated]

router = BulkRouter()
router.register("plants", Plants, basename="plant")
urlpatterns = router.urls
"""


def test_bulk_viewsets_answer_to_whole_lists(tmp_path: Path) -> None:
    found = rows(tmp_path, urls=BULK)
    plants = {route.split()[0]: row.auth for route, row in found.items() if row.path == "/plants/$"}
    assert plants == dict.fromkeys(("GET", "POST", "PUT", "PATCH", "DELETE"), "required")
    assert {row.auth for row in found.values() if "(?P<pk>" in row.path} == {"required"}


def test_the_plain_router_has_no_bulk_actions(tmp_path: Path) -> None:
    plain = BULK.replace("rest_framework_bulk.routes", "rest_framework.routers").replace("BulkRouter", "SimpleRouter")
    found = rows(tmp_path, urls=plain)
    assert {route for route, row in found.items() if row.path == "/plants/$"} == {"GET /plants/$", "POST /plants/$"}


def test_what_a_router_serves_asks_for_permissions_whatever_its_base_is(tmp_path: Path) -> None:
    urls = """
from company.viewsets import ReadOnlyViewSet
from rest_framework.decorators import action
from rest_framework.permissions import IsAuthenticated
from rest_framework.routers import SimpleRouter

class Reports(ReadOnlyViewSet):
    permission_classes = [IsAuthenticated]

    @action(detail=False, methods=["post"])
    def render(self, request):
        return None

class Notices(ReadOnlyViewSet):
    @action(detail=False)
    def latest(self, request):
        return None

router = SimpleRouter()
router.register("reports", Reports, basename="report")
router.register("notices", Notices, basename="notice")
urlpatterns = router.urls
"""
    found = rows(tmp_path, urls=urls)
    assert {route: row.auth for route, row in found.items()} == {
        "POST /reports/render/$": "required",
        "GET /notices/latest/$": "none",
    }


ORGANIZATION = """
class Organizations:
    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        return self.get_response(request)

    def process_view(self, request, view, args, kwargs):
        request.organization = None
        if not request.user.is_authenticated:
            return
        request.organization = request.user.organizations.first()
        request.language_of_all = request.META.get("HTTP_ACCEPT_LANGUAGE")


class Tenants:
    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        request.tenant = Tenant.objects.filter(host=request.get_host()).first()
        return self.get_response(request)
"""
ORGANIZATION_URLS = """
from django.http import JsonResponse
from django.shortcuts import redirect
from django.urls import path
from django.views import View

class Member:
    def dispatch(self, request, *args, **kwargs):
        if not request.organization:
            return redirect("list")
        return super().dispatch(request, *args, **kwargs)

class Hosted:
    def dispatch(self, request, *args, **kwargs):
        if not request.tenant:
            return redirect("list")
        return super().dispatch(request, *args, **kwargs)

class Reports(Member, View):
    def get(self, request):
        return JsonResponse({})

class Pages(Hosted, View):
    def get(self, request):
        return JsonResponse({})

def public(request):
    found = visible_to(request.organization)
    if found is None:
        return JsonResponse({}, status=403)
    return JsonResponse({"found": found})

urlpatterns = [
    path("list/", lambda request: None, name="list"),
    path("reports/", Reports.as_view()),
    path("pages/", Pages.as_view()),
    path("public/", public),
]
"""


def test_what_a_middleware_keeps_for_those_it_knows_is_not_there_for_strangers(tmp_path: Path) -> None:
    listed = 'MIDDLEWARE = ["middleware.Organizations", "middleware.Tenants"]'
    found = rows(tmp_path, settings=f"{SETTINGS}{listed}", urls=ORGANIZATION_URLS, middleware=ORGANIZATION)
    assert {row.path: row.auth for row in found.values()} == {
        "/list/": "none",
        "/reports/": "required",  # the mixin asks for what is kept for members
        "/pages/": "none",  # of the host, whoever is calling
        "/public/": "none",  # handed on it is no credential
    }


BACKED = """
import os

from django.contrib import admin as plain
from django.contrib.auth import SESSION_KEY, get_user_model
from django.contrib.auth.models import AnonymousUser
from django.contrib.auth.views import redirect_to_login
from django.http import HttpResponse
from django.urls import path


class Site(plain.AdminSite):
    pass


class own:
    site = Site()


admin = own if os.environ.get("CAPTCHA") else plain


def user_of(session):
    try:
        user = get_user_model().objects.get(pk=session[SESSION_KEY])
    except KeyError:
        return AnonymousUser()
    if not user.is_active:
        return AnonymousUser()
    return user


def known(view):
    def wrapped(request):
        user = user_of(request.session)
        if not user.is_authenticated:
            return redirect_to_login(request.get_full_path())
        return view(request)
    return wrapped


@known
def page(request):
    return HttpResponse("page")


urlpatterns = [path("page/", page), path("admin/", admin.site.urls)]
"""


def test_who_a_session_belongs_to_and_which_admin_site_there_is_a_program_may_decide_itself(tmp_path: Path) -> None:
    found = rows(tmp_path, urls=BACKED)
    assert {row.path: row.auth for row in found.values()} == {"/page/": "required", "/admin/": "required"}


HEADER = """
from django.urls import path
from rest_framework.authentication import BaseAuthentication, get_authorization_header
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.permissions import AllowAny, IsAuthenticated
from rest_framework.views import APIView
from store import profile_of


class Bearer(BaseAuthentication):
    def authenticate(self, request):
        header = get_authorization_header(request).decode().split()
        if not header or header[0].lower() != "bearer":
            return None
        profile = profile_of(header[1])
        if not profile:
            raise AuthenticationFailed("no such token")
        return profile, header[1]


class Open(APIView):
    authentication_classes = [Bearer]
    permission_classes = [AllowAny]

    def get(self, request):
        return None


class Closed(Open):
    permission_classes = [IsAuthenticated]


urlpatterns = [path("open/", Open.as_view()), path("closed/", Closed.as_view())]
"""


def test_whoever_sends_no_header_is_nobody_and_not_turned_away(tmp_path: Path) -> None:
    found = rows(tmp_path, urls=HEADER)
    assert {row.path: row.auth for row in found.values()} == {"/open/": "none", "/closed/": "required"}


TESTED = """
from django.contrib.auth.decorators import user_passes_test
from django.urls import path
from django.utils.decorators import method_decorator
from django.views import View


def staff_only(view):
    return user_passes_test(lambda user: user.is_authenticated and user.is_staff)(view)


def anybody(view):
    return user_passes_test(lambda user: True)(view)


@method_decorator(staff_only, name="dispatch")
class Staff(View):
    def get(self, request):
        return None


@method_decorator(anybody, name="dispatch")
class Everybody(View):
    def get(self, request):
        return None


urlpatterns = [path("staff/", Staff.as_view()), path("all/", Everybody.as_view())]
"""


def test_a_decorator_of_the_project_may_put_one_of_the_library_around_a_class(tmp_path: Path) -> None:
    found = rows(tmp_path, urls=TESTED)
    assert {row.path: row.auth for row in found.values()} == {"/staff/": "required", "/all/": "none"}
