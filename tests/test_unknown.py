"""An unknown verdict says what could not be resolved, where, and which entry of the configuration settles it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from commandline import apilint
from linting import write

FASTAPI = """
from fastapi import Depends, FastAPI
from shop.missing import require_login

app = FastAPI()


@app.post("/orders", dependencies=[Depends(require_login)])
def place_order():
    return None
"""
FLASK = """
from flask import Flask
from shop.missing import require_login

app = Flask(__name__)


@app.post("/orders")
@require_login
def place_order():
    return {}
"""
LIBRARY = """
from flask import Flask
from acme.auth import require_staff

app = Flask(__name__)


@app.post("/orders")
@require_staff
def place_order():
    return {}
"""
UNPACKED = """
from django.urls import path
from django.views.generic import View
from shop.loading import get_classes

Signed, Other = get_classes("auth", ["Signed", "Other"])


class Orders(Signed, View):
    def post(self, request):
        return None


urlpatterns = [path("orders/", Orders.as_view())]
"""
DRF = """
from django.urls import path
from rest_framework.views import APIView


class Orders(APIView):
    def post(self, request):
        return None


urlpatterns = [path("orders/", Orders.as_view())]
"""
MANAGE = """
import os

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "shop.settings")
"""
PACKAGE = {"shop/__init__.py": "", "shop/models.py": "A = 1\n"}
CASES = {
    "dependency": {"shop/main.py": FASTAPI},
    "decorator": {"shop/main.py": FLASK},
    "library": {"shop/main.py": LIBRARY},
    "mixin": {"shop/urls.py": UNPACKED, "shop/settings.py": "ROOT_URLCONF = 'shop.urls'\n", "manage.py": MANAGE},
    "settings": {"shop/urls.py": DRF},
}


def told(folder: Path) -> list[dict[str, Any]]:
    ran = apilint("routes", "--format", "json", folder)
    assert ran.status == 0, ran.err
    routes = json.loads(ran.out)["routes"]
    assert routes
    return [route for route in routes if route["methods"] != ["OPTIONS"]]


@pytest.mark.parametrize("effect", ["required", "none"])
@pytest.mark.parametrize("case", list(CASES))
def test_what_is_told_settles_the_verdict(case: str, effect: str, tmp_path: Path) -> None:
    write(tmp_path, {**PACKAGE, **CASES[case]})
    routes = told(tmp_path)
    assert {route["auth"] for route in routes} == {"unknown"}
    entries: dict[str, None] = {}
    for route in routes:
        doubts = [each for each in route["considered"] if each["effect"] == "unknown"]
        assert doubts
        for each in doubts:
            assert each["reason"]
            assert each["name"] != "?"
            assert (tmp_path / each["file"]).is_file()
            assert each["line"] >= 1
            entries[each["settle"].replace('"required"', f'"{effect}"')] = None
    (tmp_path / "apilint.toml").write_text("\n".join(["[models.guards]", *entries]))
    assert {route["auth"] for route in told(tmp_path)} == {effect}


def test_it_is_told_where_it_is_read(tmp_path: Path) -> None:
    write(tmp_path, {**PACKAGE, "shop/main.py": FLASK})
    table = apilint("routes", tmp_path)
    reason = "'shop.missing.require_login' is not in the library models"
    assert f"? 'require_login': {reason} shop/main.py:9" in table.out
    why = apilint("routes", "--why", "/orders", tmp_path)
    assert why.out.splitlines()[-4:] == [
        f"  unclear  require_login  [decorator] ({reason})  shop/main.py:9",
        "  to settle it, say in the configuration what it does (required, optional or none):",
        "      [tool.apilint.models.guards]",
        '      "shop.missing.require_login" = { kind = "decorator", effect = "required" }',
    ]


def test_a_guard_that_could_be_judged_needs_no_word(tmp_path: Path) -> None:
    """Nor is one heard: the body says what it does."""
    body = "def require_login(function):\n    return function\n"
    write(tmp_path, {**PACKAGE, "shop/main.py": FLASK, "shop/missing.py": body})
    entry = '[models.guards]\n"shop.missing.require_login" = { kind = "decorator", effect = "required" }\n'
    (tmp_path / "apilint.toml").write_text(entry)
    assert [route["auth"] for route in told(tmp_path)] == ["none"]


def test_what_unknown_code_does_without_credentials_is_not_guessed(tmp_path: Path) -> None:
    """A look-up gives nothing; what authenticates may as well turn the caller away."""
    main = """
from fastapi import Depends, FastAPI, Header
from shop.registry import load

app = FastAPI()


def signed_in(token: str = Header(None)):
    return load("service").authenticate(token)


def looked_up(token: str = Header(None)):
    return load("users").first(token)


@app.get("/orders")
def orders(user=Depends(signed_in)):
    return []


@app.get("/news")
def news(user=Depends(looked_up)):
    return []
"""
    registry = "import json\n\ndef load(name):\n    return json.loads(name).services\n"
    write(tmp_path, {**PACKAGE, "shop/main.py": main, "shop/registry.py": registry})
    assert {route["path"]: route["auth"] for route in told(tmp_path)} == {"/orders": "unknown", "/news": "optional"}
