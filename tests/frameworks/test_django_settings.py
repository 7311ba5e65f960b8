"""Where Django's settings and URLs come from, and which routes a middleware of the project's own leaves out."""

from __future__ import annotations

from pathlib import Path

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
