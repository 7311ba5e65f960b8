"""What a guard puts on the request under a setting, in the place of somebody who is not there: who looks for it
there lets through whoever calls, under that setting."""

from __future__ import annotations

from pathlib import Path

from linting import routes, write

FLASK = """
import os
from functools import wraps
from flask import Flask, abort, g, session

app = Flask(__name__)
NO_AUTH = os.environ.get("NO_AUTH") == "1"

@app.before_request
def load():
    g.user = None
    if NO_AUTH:
        g.user = "guest"
    elif "user" in session:
        g.user = session["user"]

def signed_in(view):
    @wraps(view)
    def inner(*args, **kwargs):
        if g.user is None:
            abort(401)
        return view(*args, **kwargs)
    return inner

@app.get("/decorated")
@signed_in
def decorated(): ...

@app.get("/asked")
def asked():
    if not g.get("user"):
        abort(401)
    return ""

@app.get("/session")
def of_session():
    if "user" not in session:
        abort(401)
    return ""
"""
DJANGO = {
    "manage.py": 'import os\nos.environ.setdefault("DJANGO_SETTINGS_MODULE", "site_.settings")\n',
    "site_/__init__.py": "",
    "site_/settings.py": """
import os
ROOT_URLCONF = "site_.urls"
NO_AUTH = os.environ.get("NO_AUTH") == "1"
MIDDLEWARE = ["django.contrib.auth.middleware.AuthenticationMiddleware", "site_.guests.Guests"]
""",
    "site_/guests.py": """
from django.conf import settings
from django.contrib.auth.models import User

class Guests:
    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        if settings.NO_AUTH:
            request.user = User.objects.get(username="admin")
        return self.get_response(request)
""",
    "site_/urls.py": """
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse, HttpResponseForbidden
from django.urls import path

def asked(request):
    if not request.user.is_authenticated:
        return HttpResponseForbidden()
    return HttpResponse()

@login_required
def decorated(request): ...

def of_session(request):
    if "user" not in request.session:
        return HttpResponseForbidden()
    return HttpResponse()

urlpatterns = [path("asked", asked), path("decorated", decorated), path("session", of_session)]
""",
}
FASTAPI = """
from typing import Optional
from fastapi import FastAPI, HTTPException

app = FastAPI()

@app.delete("/rows")
def clear(user_id: Optional[str] = None, run: Optional[str] = None):
    if not any([user_id, run]):
        raise HTTPException(status_code=400)

@app.get("/secret")
def secret(token: Optional[str] = None):
    if not token:
        raise HTTPException(status_code=403)
"""


def verdicts(folder: Path, files: dict[str, str]) -> dict[str, tuple[str, str]]:
    return {row.path: (row.auth, row.condition or "") for row in routes(write(folder, files))}


def test_a_guest_in_g_is_somebody(tmp_path: Path) -> None:
    assert verdicts(tmp_path, {"main.py": FLASK}) == {
        "/decorated": ("conditional", "not (NO_AUTH)"),
        "/asked": ("conditional", "not (NO_AUTH)"),
        "/session": ("required", ""),
    }


def test_a_user_of_a_middleware_is_somebody(tmp_path: Path) -> None:
    assert verdicts(tmp_path, DJANGO) == {
        "/asked": ("conditional", "not (settings.NO_AUTH)"),
        "/decorated": ("conditional", "not (settings.NO_AUTH)"),
        "/session": ("required", ""),
    }


def test_what_a_caller_may_leave_out_is_not_missing(tmp_path: Path) -> None:
    assert verdicts(tmp_path, {"main.py": FASTAPI}) == {"/rows": ("none", ""), "/secret": ("required", "")}
