"""What a handler's own body asks of strangers: the keys of mailed links, objects that stand for the request,
plug-ins, and answers that the data choose among."""

from __future__ import annotations

from pathlib import Path

import pytest

from linting import routes, write

MAIN = """
import os
from dependency_injector.wiring import inject
from flask import Flask, abort, g, redirect, request, session
from werkzeug.local import LocalProxy
from registry import NotAuthorized, Plugins, Unsorted, store

app = Flask(__name__)
ANYONE = os.environ.get("ANYONE_EDITS") == "1"
here = LocalProxy(lambda: request)


class Here(LocalProxy):
    pass


also_here = Here(lambda: request)


def fits(user, key):
    if not key:
        return False
    return key.strip() == user.reset_key


@app.post("/reset/<int:user_id>")
def reset(user_id):
    if not fits(store.user(user_id), request.args.get("key")):
        abort(403)
    return "changed"


@app.post("/reset-by-context/<int:user_id>")
def reset_by_context(user_id):
    g.given = request.form["key"]
    if g.given != store.user(user_id).reset_key:
        abort(403)
    return "changed"


@app.post("/colour/<int:user_id>")
def colour(user_id):
    if request.args.get("key") != store.user(user_id).colour:
        abort(403)
    return "changed"


@app.post("/proxied")
def proxied():
    if not here.headers.get("X-Token"):
        abort(401)
    return "done"


@app.post("/proxied-class")
def proxied_class():
    if not also_here.headers.get("X-Token"):
        abort(401)
    return "done"


@app.post("/proxied-language")
def proxied_language():
    if not here.headers.get("Accept-Language"):
        abort(401)
    return "done"


@app.get("/leave")
def leave():
    for plugin in Plugins("leave"):
        answer = plugin.leave()
        if answer:
            return answer
    if "user" not in session:
        return redirect("/login")
    session.clear()
    return "bye"


@app.get("/leave-by-name")
def leave_by_name():
    for name in store.names():
        answer = store.user(name)
        if answer:
            return answer
    if "user" not in session:
        return redirect("/login")
    session.clear()
    return "bye"


@app.get("/group/<int:number>")
def group(number=None):
    if not number and "user" not in session:
        abort(403)
    return store.group(number)


def may(user, thing):
    if thing.house:
        allowed = bool(user)
    else:
        allowed = ANYONE
    if not allowed:
        return {"success": False}
    return {"success": True}


def may_all(user, thing):
    if thing.house:
        return {"success": False, "why": "of a house"}
    return {"success": bool(user)}


@app.post("/things/<int:number>")
def change(number):
    if number == 0:
        return redirect("/things")
    if not may(session.get("user"), store.thing(number))["success"]:
        abort(403)
    return store.change(number)


@app.delete("/things/<int:number>")
def remove(number):
    if store.is_locked(number):
        abort(404)
    if not may_all(session.get("user"), store.thing(number))["success"]:
        abort(403)
    return store.remove(number)


@app.post("/archive/<int:number>")
@inject
def archive(number, houses):
    try:
        found = houses.archive(number, session.get("user"))
    except NotAuthorized:
        abort(403)
    return found


@app.post("/archive-all")
@inject
def archive_all(houses):
    try:
        found = houses.archive(None)
    except NotAuthorized:
        found = []
    return found


@app.post("/sort/<int:number>")
@inject
def sort(number, houses):
    try:
        found = houses.sort(number)
    except Unsorted:
        abort(403)
    return found


@app.post("/tidy/<int:number>")
def tidy(number):
    try:
        found = len(str(number))
    except NotAuthorized:
        abort(403)
    return found
"""
REGISTRY = """
import external

store = external.connect()
_found = external.find()


class NotAuthorized(Exception): ...
class Unsorted(Exception): ...


class Plugins:
    def __init__(self, kind):
        self.kind = kind

    def __iter__(self):
        return iter(external.of_kind(_found, self.kind))
"""


@pytest.mark.parametrize(
    ("route", "verdict"),
    [
        ("POST /reset/<int:user_id>", "required"),
        ("POST /reset-by-context/<int:user_id>", "required"),
        ("POST /colour/<int:user_id>", "none"),
        ("POST /proxied", "required"),
        ("POST /proxied-class", "required"),
        ("POST /proxied-language", "none"),
        ("GET /leave", "conditional"),
        ("GET /leave-by-name", "optional"),
        ("GET /group/<int:number>", "none"),
        ("POST /things/<int:number>", "conditional"),
        ("DELETE /things/<int:number>", "required"),
        ("POST /archive/<int:number>", "unknown"),
        ("POST /archive-all", "none"),
        ("POST /sort/<int:number>", "none"),
        ("POST /tidy/<int:number>", "none"),
    ],
)
def test_verdicts(found: dict[str, str], route: str, verdict: str) -> None:
    assert found[route] == verdict


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The verdict of each route, by method and path."""
    tree: Path = tmp_path_factory.mktemp("handlers")
    write(tree, {"main.py": MAIN, "registry.py": REGISTRY})
    return {f"{route.methods[0]} {route.path}": route.auth for route in routes(tree)}
