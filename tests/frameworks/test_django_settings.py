"""Where Django's settings and URLs come from, and which routes a middleware of the project's own leaves out."""

from __future__ import annotations

from pathlib import Path

import pytest

from linting import routes, write

MANAGE = 'import os\nos.environ.setdefault("DJANGO_SETTINGS_MODULE", "shop.settings")\n'
BASE = """
import environ

env = environ.Env(PREFIX=(str, ""), LOGIN_URL=(str, "/enter"), DEBUG=(bool, False))
PREFIX = env("PREFIX")
LOGIN_URL = env("LOGIN_URL")
OPEN_URLS = (rf"^{PREFIX}hooks/", r"seeds/([\\d]+)/label$")
if env.bool("METRICS", default=False):
    OPEN_URLS += (r"^metrics/",)
ROOT_URLCONF = "shop.urls"
MIDDLEWARE = ["shop.gates.Gate"]
"""
GATES = """
import re

from django.conf import settings
from django.http import HttpResponseRedirect

OPEN = [re.compile(settings.LOGIN_URL.lstrip("/"))]
if hasattr(settings, "OPEN_URLS"):
    OPEN += [re.compile(expression) for expression in settings.OPEN_URLS]


class Gate:
    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        if not hasattr(request, "user"):
            raise AttributeError("there is no authentication")
        if not request.user.is_authenticated:
            path = request.path_info.lstrip("/")
            if not any(pattern.match(path) for pattern in OPEN):
                return HttpResponseRedirect(settings.LOGIN_URL)
        return self.get_response(request)
"""
URLS = """
from functools import reduce
from operator import add

from django.urls import path, re_path
from django.http import HttpResponse
from elsewhere import prefix


def page(request, **given):
    return HttpResponse("page")


pages = [path("enter", page), path("orders/", page), path("orders/<int:key>/edit", page)]
others = [path("hooks/new", page), path("hooks/<slug:name>", page), path("seeds/<int:key>/label", page)]
groups = [pages, others]
groups.append([re_path(r"^{}carts/".format(prefix()), page)])
urlpatterns = reduce(add, groups)
"""


def verdicts(folder: Path, **files: str) -> dict[str, str]:
    shop = {"__init__": "", "gates": GATES, "urls": URLS, **files}
    write(folder, {"manage.py": MANAGE, **{f"shop/{name}.py": text for name, text in shop.items()}})
    return {row.path: row.auth for row in routes(folder)}


EXPECTED = {
    "/enter": "none",
    "/orders/": "required",
    "/orders/<int:key>/edit": "required",
    "/hooks/new": "none",
    "/hooks/<slug:name>": "none",
    "/seeds/<int:key>/label": "unknown",
    "/{?}carts/": "unknown",
}


def test_a_middleware_leaves_out_what_its_patterns_match(tmp_path: Path) -> None:
    assert verdicts(tmp_path, settings=BASE) == EXPECTED


def test_settings_run_in_several_files(tmp_path: Path) -> None:
    """Each file sees what those before it have set; one that is not there is passed over."""
    include = 'from split_settings.tools import include, optional\n\ninclude("parts/*.py", optional("mine.py"))\n'
    head, _, tail = BASE.partition("OPEN_URLS")
    parts = {"parts/1_base": head, "parts/2_gates": f"OPEN_URLS{tail}"}
    assert verdicts(tmp_path, settings=include, **parts) == EXPECTED


def test_a_default_of_the_call_wins_over_that_of_the_scheme(tmp_path: Path) -> None:
    settings = BASE.replace('env("LOGIN_URL")', 'env.str("LOGIN_URL", default="/orders")')
    assert verdicts(tmp_path, settings=settings)["/orders/"] == "none"
    assert verdicts(tmp_path, settings=settings)["/enter"] == "required"


def test_a_fold_with_a_function_of_its_own(tmp_path: Path) -> None:
    urls = URLS.replace("reduce(add, groups)", "reduce(lambda left, right: left + right, groups, [])")
    assert verdicts(tmp_path, settings=BASE, urls=urls) == EXPECTED


IGNORING = """
ROOT_URLCONF = "shop.urls"
MIDDLEWARE = ["login_required.middleware.LoginRequiredMiddleware"]
LOGIN_REQUIRED_IGNORE_VIEW_NAMES = ["enter", "api:status"]
LOGIN_REQUIRED_IGNORE_PATHS = [r"^/hooks/", r"^/seeds/\\d+/label$"]
"""
NAMED = """
from django.http import HttpResponse
from django.urls import include, path
from login_required import login_not_required


def page(request, **given):
    return HttpResponse("page")


@login_not_required
def imprint(request):
    return HttpResponse("imprint")


api = ([path("status", page, name="status"), path("enter", page, name="enter")], "api")
urlpatterns = [
    path("enter", page, name="enter"),
    path("imprint", imprint),
    path("orders/<int:key>", page),
    path("hooks/<slug:name>", page),
    path("seeds/<int:key>/label", page),
    path("api/", include(api)),
]
"""


def test_a_library_s_middleware_leaves_out_what_the_settings_list(tmp_path: Path) -> None:
    assert verdicts(tmp_path, settings=IGNORING, urls=NAMED) == {
        "/enter": "none",
        "/imprint": "none",
        "/orders/<int:key>": "required",
        "/hooks/<slug:name>": "none",
        "/seeds/<int:key>/label": "unknown",
        "/api/status": "none",
        "/api/enter": "required",
    }


def test_a_list_that_is_not_known_leaves_the_verdict_open(tmp_path: Path) -> None:
    settings = IGNORING.replace('["enter", "api:status"]', "names_from_elsewhere()")
    assert verdicts(tmp_path, settings=settings, urls=NAMED)["/orders/<int:key>"] == "unknown"


BY_HEADER = """
DEBUG = {debug}
PROXY_HEADER = "HTTP_X_PERSON"
DEVELOPER = "developer@shop.example"
OPEN = ("heartbeat",)
ROOT_URLCONF = "shop.urls"
MIDDLEWARE = ["shop.gates.Proxied"]
"""
PROXIED = """
from django.conf import settings
from django.http import HttpResponse
from django.urls import resolve


class Proxied:
    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        if resolve(request.path).url_name in settings.OPEN:
            return self.get_response(request)
        {person}
        if {missing}:
            return HttpResponse("Who are you?", status=401)
        request.person = person
        return self.get_response(request)
"""
AT_HOME = """
from django.http import HttpResponse
from django.urls import path


def page(request):
    return HttpResponse("page")


urlpatterns = [path("orders/", page, name="orders"), path("alive/", page, name="heartbeat")]
"""
DEFAULT = "settings.DEVELOPER if settings.DEBUG else None"
LOOK_UPS = {
    "default": f"person = request.META.get(settings.PROXY_HEADER, {DEFAULT})",
    "named default": f"other = {DEFAULT}; person = request.META.get('REMOTE_USER', request.META.get('HTTP_X', other))",
    "or": f"person = request.META.get(settings.PROXY_HEADER) or ({DEFAULT})",
}


@pytest.mark.parametrize("missing", ["person is None", "not person"])
@pytest.mark.parametrize("person", LOOK_UPS.values(), ids=LOOK_UPS)
def test_a_setting_may_put_somebody_in_the_place_of_a_missing_credential(
    tmp_path: Path, person: str, missing: str
) -> None:
    gates = PROXIED.format(person=person, missing=missing)
    switch = BY_HEADER.format(debug='__import__("os").environ.get("DEBUG") == "1"')
    found = verdicts(tmp_path, settings=switch, gates=gates, urls=AT_HOME)
    assert found == {"/orders/": "conditional", "/alive/": "none"}
    found = verdicts(tmp_path, settings=BY_HEADER.format(debug="False"), gates=gates, urls=AT_HOME)
    assert found == {"/orders/": "required", "/alive/": "none"}
    found = verdicts(tmp_path, settings=BY_HEADER.format(debug="True"), gates=gates, urls=AT_HOME)
    assert found == {"/orders/": "none", "/alive/": "none"}


CONFIGURED = """
from configurations import Configuration, values


class Core(Configuration):
    ROOT_URLCONF = "shop.urls"
    EXTRA = ["rest_framework"]
    INSTALLED_APPS = EXTRA + ["shop"]
    REST_FRAMEWORK = {"DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"]}


class Open:
    def REST_FRAMEWORK(self):
        return {**Core.REST_FRAMEWORK, "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.AllowAny"]}


class Development(Open, Core):
    DEBUG = True


class Production(Core):
    DEBUG = values.BooleanValue(False)
"""
SERVED = """
from django.urls import path
from rest_framework.views import APIView


class Orders(APIView):
    def get(self, request):
        return None


urlpatterns = [path("orders/", Orders.as_view())]
"""
CHOSEN = 'import os\nos.environ.setdefault("DJANGO_CONFIGURATION", "{}")\n'


@pytest.mark.parametrize(("name", "verdict"), [("Production", "required"), ("Development", "none")])
def test_settings_are_a_class_that_the_start_names(tmp_path: Path, name: str, verdict: str) -> None:
    files = {"settings": CONFIGURED, "urls": SERVED, "wsgi": CHOSEN.format(name)}
    assert verdicts(tmp_path, **files) == {"/orders/": verdict}


def test_settings_that_say_nothing_of_permissions_leave_them_to_the_library(tmp_path: Path) -> None:
    settings = 'ROOT_URLCONF = "shop.urls"\nOURS = ["shop"]\nINSTALLED_APPS = ["rest_framework"] + OURS\n'
    assert verdicts(tmp_path, settings=settings, urls=SERVED) == {"/orders/": "none"}


DESCRIBED = """
from django.urls import path
from drf_yasg.views import get_schema_view
from rest_framework.permissions import AllowAny, IsAuthenticated
from rest_framework.schemas import get_schema_view as plain

by_settings = get_schema_view(public=True)
for_all = get_schema_view(public=True, permission_classes=[AllowAny])
urlpatterns = [
    path("docs/", by_settings.with_ui("swagger", cache_timeout=0)),
    path("open/", for_all.without_ui()),
    path("schema/", plain(title="Shop")),
    path("mine/", plain(title="Shop", permission_classes=[IsAuthenticated])),
    path("all/", plain(title="Shop", permission_classes=(AllowAny,))),
]
"""


def test_views_that_describe_an_api_ask_for_what_they_are_handed(tmp_path: Path) -> None:
    asked = '{"DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"]}'
    closed = f'ROOT_URLCONF = "shop.urls"\nREST_FRAMEWORK = {asked}\n'
    assert verdicts(tmp_path, settings=closed, urls=DESCRIBED) == {
        "/docs/": "required",
        "/open/": "none",
        "/schema/": "required",
        "/mine/": "required",
        "/all/": "none",
    }
