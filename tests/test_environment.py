"""`--environment`: guards, bases and routes of installed libraries, from their source; nothing is reported there."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from commandline import apilint
from linting import write

MAIN = """
import billing_records
from acme_auth import signed_in
from acme_auth.routers import health
from fastapi import Depends, FastAPI

app = FastAPI()
app.include_router(health, prefix="/internal")


@app.get("/orders", dependencies=[Depends(signed_in)])
def orders():
    return billing_records.read()
"""
FLASK = """
from acme_views import Guarded, needs_key
from flask import Flask

app = Flask(__name__)


class Orders(Guarded):
    def get(self):
        return []


app.add_url_rule("/orders", view_func=Orders.as_view("orders"))


@app.get("/keys")
@needs_key
def keys():
    return []
"""
LIBRARY = {
    "acme_auth-2.1.dist-info/METADATA": "Name: acme-auth\nRequires-Dist: fastapi (>=0.100)\n",
    "acme_auth/__init__.py": "from .checks import signed_in\n",
    "acme_auth/checks.py": """
from fastapi import HTTPException, Request

import requests


def signed_in(request: Request):
    token = request.headers.get("Authorization")
    requests.get("https://example.org", verify=False)
    if not token:
        raise HTTPException(401)
    return token
""",
    "acme_auth/routers.py": """
from fastapi import APIRouter, Depends, FastAPI

from .checks import signed_in

health = APIRouter()
own = FastAPI()


@health.get("/health")
def alive():
    return "ok"


@health.get("/details", dependencies=[Depends(signed_in)])
def details():
    return {}


@own.get("/never")
def never():
    return "nobody serves this"
""",
    "acme_auth/never_imported.py": "import nothing.of.the.kind\n",
    "billing_records-1.0.dist-info/METADATA": "Name: billing-records\nRequires-Dist: attrs\n",
    "billing_records/__init__.py": "def read():\n    return []\n",
    "acme_views-1.0.dist-info/METADATA": "Name: acme-views\nClassifier: Framework :: Flask\n",
    "acme_views.py": """
from functools import wraps

from flask import abort, request
from flask.views import MethodView


def needs_key(view):
    @wraps(view)
    def wrapper(*args, **kwargs):
        if request.headers.get("X-Api-Key") is None:
            abort(403)
        return view(*args, **kwargs)

    return wrapper


class Guarded(MethodView):
    decorators = [needs_key]
""",
}


@pytest.fixture
def environment(tmp_path: Path) -> Path:
    files = {f"lib/python3.12/site-packages/{name}": text for name, text in LIBRARY.items()}
    return write(tmp_path / "venv", {"pyvenv.cfg": "home = /usr/bin\n", **files})


def told(*arguments: object) -> dict[str, dict[str, Any]]:
    ran = apilint("routes", "--format", "json", *arguments)
    assert ran.status == 0, ran.err
    return {route["path"]: route for route in json.loads(ran.out)["routes"]}


def test_dependencies_and_routers_of_a_library(tmp_path: Path, environment: Path) -> None:
    shop = write(tmp_path / "shop", {"main.py": MAIN})
    alone = told(shop)
    assert alone["/orders"]["auth"] == "unknown"
    assert set(alone) == {"/orders"}
    for _ in range(2):  # the second time from the cache
        routes = told("--environment", environment, shop)
        assert {path: route["auth"] for path, route in routes.items()} == {
            "/orders": "required",
            "/internal/health": "none",
            "/internal/details": "required",
        }
        assert {path: route["installed"] for path, route in routes.items()} == {
            "/orders": False,
            "/internal/health": True,
            "/internal/details": True,
        }
        assert routes["/internal/health"]["file"] == "site-packages/acme_auth/routers.py"
        assert routes["/internal/health"]["line"] == 11
        chain = [step for guard in routes["/orders"]["guards"] for step in guard["chain"]]
        assert {step["file"] for step in chain} == {"main.py", "site-packages/acme_auth/checks.py"}


def test_base_classes_and_decorators_of_a_library(tmp_path: Path, environment: Path) -> None:
    shop = write(tmp_path / "shop", {"main.py": FLASK})
    assert told(shop)["/keys"]["auth"] != "required"
    routes = told("--environment", environment, shop)
    assert {path: route["auth"] for path, route in routes.items()} == {"/orders": "required", "/keys": "required"}


def test_a_library_that_changes_is_read_again(tmp_path: Path, environment: Path) -> None:
    shop = write(tmp_path / "shop", {"main.py": FLASK})
    assert told("--environment", environment, shop)["/keys"]["auth"] == "required"
    library = environment / "lib/python3.12/site-packages/acme_views.py"
    library.write_text(library.read_text().replace("abort(403)", "print('who is that?')"))
    assert told("--environment", environment, shop)["/keys"]["auth"] == "none"


def test_nothing_is_reported_in_a_library(tmp_path: Path, environment: Path) -> None:
    shop = write(tmp_path / "shop", {"main.py": MAIN})
    ran = apilint("check", "--format", "json", "--environment", environment, shop)
    assert ran.status in (0, 1), ran.err
    found = json.loads(ran.out)
    assert not [each for each in found["findings"] if "site-packages" in json.dumps(each["location"])]


def test_the_key_in_the_settings_is_relative_to_them(tmp_path: Path, environment: Path) -> None:
    shop = write(tmp_path / "shop", {"main.py": FLASK, "apilint.toml": 'environment = "../venv"\n'})
    assert told(shop)["/keys"]["auth"] == "required"


def test_a_folder_that_is_no_environment_is_refused(tmp_path: Path) -> None:
    shop = write(tmp_path / "shop", {"main.py": FLASK, "apilint.toml": 'environment = "nowhere"\n'})
    ran = apilint("routes", shop)
    assert ran.status == 2
    assert "apilint.toml: environment:" in ran.err
    assert "expected a virtual environment" in ran.err
