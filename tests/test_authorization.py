"""What guards ask of callers beyond being known, and the ways in which they fail open."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from apilint.report.options import RenderOptions
from apilint.report.routes import render_json, render_table, render_why
from linting import routes, write

FASTAPI = """
import os

from fastapi import Depends, FastAPI, Header, HTTPException, Security
from fastapi.security import OAuth2PasswordBearer, SecurityScopes

app = FastAPI()
oauth2_scheme = OAuth2PasswordBearer(tokenUrl="token")
API_KEY = os.environ.get("API_KEY")


def current_user(token: str = Depends(oauth2_scheme)):
    user = find(token)
    if user is None:
        raise HTTPException(401)
    return user


def scoped_user(wanted: SecurityScopes, user=Depends(current_user)):
    if not set(wanted.scopes) <= set(user.scopes):
        raise HTTPException(403)
    return user


def require_role(role: str):
    def checker(user=Depends(current_user)):
        if user.role != role:
            raise HTTPException(403)
        return user

    return checker


def staff(user=Depends(current_user)):
    if not user.is_staff:
        raise HTTPException(403)
    return user


def require_key(x_api_key: str = Header(default="")):
    if not API_KEY:
        return
    if x_api_key != API_KEY:
        raise HTTPException(401)
"""


def demands(folder: Path, code: str) -> list[tuple[str, str, bool]]:
    (row,) = routes(write(folder, {"main.py": FASTAPI + code}))
    return [(each.kind, each.name, each.enforced) for each in row.demands]


@pytest.mark.parametrize(
    ("guard", "expected"),
    [
        ("Depends(current_user)", []),
        ('Depends(require_role("admin"))', [("role", "admin", True)]),
        ("Depends(staff)", [("quality", "is_staff", True)]),
        ('Security(scoped_user, scopes=["items"])', [("scope", "items", True)]),
        ('Security(current_user, scopes=["items", "me"])', [("scope", "items", False), ("scope", "me", False)]),
    ],
)
def test_a_dependency_asks_for_more_than_a_user(guard: str, expected: list[object], tmp_path: Path) -> None:
    code = f'\n@app.get("/items")\ndef items(user={guard}):\n    return []\n'
    assert demands(tmp_path, code) == expected


def test_a_handler_asks_whose_object_it_is(tmp_path: Path) -> None:
    code = """
@app.delete("/orders/{order_id}")
def delete_order(order_id: int, user=Depends(current_user)):
    order = load(order_id)
    if order.owner_id != user.id and not user.is_admin:
        raise HTTPException(status_code=403)
    if order.shipped_at != user.started_at:
        return {"late": True}
    return {}
"""
    assert demands(tmp_path, code) == [("object", "order.owner_id", True), ("quality", "is_admin", True)]


def test_decorators_of_a_library_say_which_permission(tmp_path: Path) -> None:
    files = {
        "shop/settings.py": 'ROOT_URLCONF = "shop.urls"\nINSTALLED_APPS = ["django.contrib.auth"]\nSECRET_KEY = "x"\n',
        "shop/urls.py": """
from django.contrib.auth.decorators import permission_required
from django.http import HttpResponse
from django.urls import path


@permission_required("shop.ship_order")
def ship(request):
    return HttpResponse()


urlpatterns = [path("ship/", ship)]
""",
    }
    (row,) = routes(write(tmp_path, files))
    assert [(each.kind, each.name) for each in row.demands] == [("permission", "shop.ship_order")]


def test_reports_tell_what_is_asked_and_what_fails_open(tmp_path: Path) -> None:
    code = """
@app.get("/admin")
def admin(user=Depends(require_role("admin"))):
    return []


@app.post("/jobs", dependencies=[Depends(require_key)])
def start_job():
    return {}
"""
    rows = routes(write(tmp_path, {"main.py": FASTAPI + code}))
    admin, jobs = json.loads(render_json(rows))["routes"]
    assert admin["demands"] == [{"kind": "role", "name": "admin", "enforced": True}]
    assert admin["guards"][0]["fails_open"] == []
    (lapse,) = jobs["guards"][0]["fails_open"]
    assert lapse["message"] == "everybody passes when 'API_KEY' is not set"
    assert (tmp_path / lapse["file"]).read_text().splitlines()[lapse["line"] - 1].strip() == "if not API_KEY:"
    options = RenderOptions()
    table = render_table(rows, options)
    assert "asks for role admin" in table
    assert "require_key fails open: everybody passes when 'API_KEY' is not set main.py:" in table
    assert "fails open: everybody passes when 'API_KEY' is not set" in render_why(rows, "/jobs", options)
    assert "asks for role admin" in render_why(rows, "/admin", options)
