"""Views that stand behind something: a memoized factory, a project's decorator around a library's, a registration."""

from __future__ import annotations

from pathlib import Path

from linting import routes, write

FACTORY = """
import inspect
from functools import wraps

from blinker import Namespace
from flask import Blueprint, Flask, abort, session

signals = Namespace()
before_access = signals.signal("before-access")


def memoize(function):
    cache = {}

    @wraps(function)
    def memoized(*args, **kwargs):
        key = (hash(args), tuple(kwargs))
        if key not in cache:
            cache[key] = function(*args, **kwargs)
        return cache[key]

    return memoized


@memoize
def view(cls):
    if not inspect.isclass(cls):
        return cls

    def wrapper(**kwargs):
        return cls().process()

    return wrapper


class Pages(Blueprint):
    def add_url_rule(self, rule, endpoint=None, view_func=None, **options):
        super().add_url_rule(rule, endpoint, view(view_func), **options)


class Page:
    def check(self):
        pass

    def process(self):
        decided = [answer for _, answer in before_access.send(type(self), page=self)]
        if not all(decided):
            abort(403)
        if not decided:
            self.check()
        return self.show()


class Members(Page):
    def check(self):
        if session.get("user") is None:
            abort(403)

    def show(self):
        return "members"


class Open(Page):
    def show(self):
        return "open"


pages = Pages("pages", __name__)
pages.add_url_rule("/members", "members", Members)
pages.add_url_rule("/open", "open", Open)
app = Flask(__name__)
app.register_blueprint(pages)
"""


def verdicts(folder: Path) -> dict[str, str]:
    return {f"{method} {route.path}": route.auth for route in routes(folder) for method in route.methods or ["ANY"]}


def test_a_memoized_factory_gives_each_class_its_own_view(tmp_path: Path) -> None:
    write(tmp_path, {"app.py": FACTORY})
    assert verdicts(tmp_path) == {"GET /members": "required", "GET /open": "none"}


def test_whoever_listens_to_a_signal_may_decide(tmp_path: Path) -> None:
    listening = '\n\n@before_access.connect\ndef decide(sender, page):\n    return page.name in ("members",)\n'
    write(tmp_path, {"app.py": FACTORY + listening})
    assert verdicts(tmp_path)["GET /members"] == "optional"


def test_a_library_is_not_the_folder_of_that_name_beside_the_module(tmp_path: Path) -> None:
    guard = (
        'from flask import abort, session\nfrom shop import web\n\ndef check():\n    session.get("id") or abort(401)\n'
    )
    main = (
        "from flask import Flask\n\nfrom shop.web.guards import check\n\napp = Flask(__name__)\n"
        "app.before_request(check)\n\n\n@app.post('/orders')\ndef order():\n    return 'x'\n"
    )
    write(
        tmp_path,
        {"shop/__init__.py": "", "shop/web/__init__.py": "", "shop/web/flask/__init__.py": "", "main.py": main},
    )
    write(tmp_path, {"shop/web/guards.py": guard})
    assert verdicts(tmp_path) == {"POST /orders": "required"}


DJANGO = {
    "manage.py": "import os\nos.environ.setdefault('DJANGO_SETTINGS_MODULE', 'site_settings')\n",
    "site_settings.py": "ROOT_URLCONF = 'urls'\nINSTALLED_APPS = []\nMIDDLEWARE = []\n",
    "guards.py": """
from django.contrib.auth.decorators import login_required, user_passes_test


def permission(test):
    def decorator(view=None, login_url=None):
        actual = user_passes_test(test, login_url=login_url)
        if view:
            return actual(view)
        return actual

    return decorator


def signed_in(view):
    return login_required(view)


def by_method(view):
    def wrapper(request, *args, **kwargs):
        return login_required(view)(request, *args, **kwargs)

    return wrapper


staff = permission(lambda user: user.is_active and user.is_staff)
anybody = permission(lambda user: True)
""",
    "urls.py": """
from enum import Enum

from django.urls import path, re_path

from guards import anybody, by_method, signed_in, staff


class Kind(Enum):
    TOOL = "tool"
    AREA = "area"

    @staticmethod
    def values():
        return list(map(lambda kind: kind.value, Kind))


@staff
def office(request):
    return None


@signed_in
def account(request):
    return None


@by_method
def desk(request):
    return None


@anybody
def lobby(request):
    return None


kinds = f'(?P<kind>{"|".join(Kind.values())})'
urlpatterns = [
    path("office/", office),
    path("account/", account),
    path("desk/", desk),
    path("lobby/", lobby),
    re_path(r"^calendar/" + kinds + r"/$", lobby),
]
""",
}


def test_what_a_decorator_makes_with_a_library_s_is_a_guard(tmp_path: Path) -> None:
    write(tmp_path, DJANGO)
    assert verdicts(tmp_path) == {
        "ANY /account/": "required",
        "ANY /calendar/(?P<kind>tool|area)/$": "none",
        "ANY /desk/": "required",
        "ANY /lobby/": "none",
        "ANY /office/": "required",
    }


def test_viewsets_are_registered_below_others(tmp_path: Path) -> None:
    urls = """
from django.urls import include, path
from rest_framework.permissions import AllowAny, IsAuthenticated
from rest_framework.viewsets import GenericViewSet
from rest_framework_extensions.routers import ExtendedSimpleRouter


class Teams(GenericViewSet):
    permission_classes = [AllowAny]

    def list(self, request):
        return None


class Members(GenericViewSet):
    permission_classes = [IsAuthenticated]

    def retrieve(self, request, pk, parent_lookup_team):
        return None


router = ExtendedSimpleRouter()
teams = router.register("teams", Teams, basename="team")
members = teams.register("members", Members, basename="member", parents_query_lookups=["team"])
members.register("notes", Teams, basename="note", parents_query_lookups=["member__team", "member"])
urlpatterns = [path("", include(router.urls))]
"""
    write(tmp_path, {**DJANGO, "urls.py": urls})
    inside = "teams/(?P<parent_lookup_team>[^/.]+)/members"
    deeper = "teams/(?P<parent_lookup_member__team>[^/.]+)/members/(?P<parent_lookup_member>[^/.]+)/notes"
    assert verdicts(tmp_path) == {
        "GET /teams/$": "none",
        f"GET /{inside}/(?P<pk>[^/.]+)/$": "required",
        f"GET /{deeper}/$": "none",
    }


def test_a_library_s_decorator_around_a_closure_keeps_the_guard_and_tells_the_methods(tmp_path: Path) -> None:
    urls = """
from django.http import JsonResponse
from django.urls import path
from django.utils.decorators import classonlymethod
from django.views.decorators.http import require_http_methods


def token(methods):
    def decorator(view):
        def first(request, *args, **kwargs):
            if not request.META.get("HTTP_AUTHORIZATION"):
                return JsonResponse({}, status=401)
            return view(request, *args, **kwargs)

        return require_http_methods(methods)(first)

    return decorator


@token(methods=["POST"])
def upload(request):
    return None


def listed(request):
    return None


class Table:
    name = "tables"

    @classonlymethod
    def get_urls(cls):
        return [path(f"{cls.name}/", listed)]


urlpatterns = [path("upload/", upload), *Table.get_urls()]
"""
    write(tmp_path, {**DJANGO, "urls.py": urls})
    assert verdicts(tmp_path) == {"ANY /tables/": "none", "POST /upload/": "required"}


def test_a_predicate_that_a_setting_opens(tmp_path: Path) -> None:
    urls = """
from django.conf import settings
from django.urls import path
from rest_framework.permissions import BasePermission
from rest_framework.views import APIView


class Locked(BasePermission):
    def has_permission(self, request, view):
        return request.user.is_authenticated if settings.LOCKED else True


class Notes(APIView):
    permission_classes = [Locked]

    def get(self, request):
        return None


urlpatterns = [path("notes/", Notes.as_view())]
"""
    locked = DJANGO["site_settings.py"] + "import os\nLOCKED = bool(os.environ.get('LOCKED'))\n"
    write(tmp_path, {**DJANGO, "urls.py": urls, "site_settings.py": locked})
    assert verdicts(tmp_path) == {"GET /notes/": "conditional"}


def test_middleware_that_sends_strangers_away_by_the_name_of_the_route(tmp_path: Path) -> None:
    middleware = """
from django.shortcuts import redirect
from django.urls import resolve, reverse


class Members:
    OPEN = ("login",)

    def __init__(self, get_response):
        self.get_response = get_response

    def _turned(self, request, url):
        if request.uses_custom_domain:
            return redirect("https://example.org/")
        if request.user.is_anonymous and url.url_name not in self.OPEN:
            return redirect(reverse("login") + "?next=" + request.path)
        return None

    def __call__(self, request):
        url = resolve(request.path_info)
        response = self._turned(request, url)
        if response:
            return response
        return self.get_response(request)
"""
    urls = """
from django.urls import path


def page(request):
    return None


urlpatterns = [path("login/", page, name="login"), path("desk/", page, name="desk")]
"""
    settings = "ROOT_URLCONF = 'urls'\nINSTALLED_APPS = []\nMIDDLEWARE = ['middleware.Members']\n"
    write(tmp_path, {**DJANGO, "urls.py": urls, "middleware.py": middleware, "site_settings.py": settings})
    assert verdicts(tmp_path) == {"ANY /desk/": "required", "ANY /login/": "none"}


def test_an_application_around_another_one_under_a_setting_only(tmp_path: Path) -> None:
    main = """
import os

from fastapi import FastAPI

PREFIX = os.environ.get("PREFIX")


def create():
    app = FastAPI()

    @app.get("/items")
    def items():
        return []

    if PREFIX:
        outer = FastAPI()
        outer.mount(PREFIX, app)
        return outer
    return app


app = create()
"""
    write(tmp_path, {"main.py": main})
    found = {route.path: route.only_if for route in routes(tmp_path)}
    assert found["/items"] == ""
    assert any(path != "/items" and condition for path, condition in found.items())


def test_the_routes_of_a_router_as_those_of_an_application(tmp_path: Path) -> None:
    main = """
from starlette.applications import Starlette
from starlette.authentication import requires
from starlette.responses import JSONResponse
from starlette.routing import Router


class Decorating(Router):
    def get(self, path):
        def decorator(function):
            async def answer(request):
                return JSONResponse(await function(request=request))

            self.add_route(path, answer, methods=["GET"])
            return function

        return decorator


router = Decorating()


@router.get("/open")
async def opened(request):
    return 1


@router.get("/edit")
@requires("edit")
async def edited(request):
    return 1


app = Starlette(routes=router.routes)
"""
    write(tmp_path, {"main.py": main})
    assert verdicts(tmp_path) == {"GET /edit": "required", "GET /open": "none"}
