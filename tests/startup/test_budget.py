"""Questions about a program after its start-up: each has steps of its own, and one that needs more has no answer."""

from __future__ import annotations

from pathlib import Path

import pytest

from apilint.guards import visit
from apilint.startup import calls, machine
from linting import findings, routes, write

PROGRAM = """from flask import Flask

app = Flask(__name__)


def answer(number):
{statements}
    return number


@app.post("/orders")
def order():
    return answer(1)


@app.post("/offers")
def offer():
    return answer(2)
"""


def test_a_question_that_takes_too_long_has_no_answer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(machine, "LATER_STEPS", 20)
    write(tmp_path, {"app.py": PROGRAM.format(statements="\n".join(["    number += 1"] * 40))})
    assert {each.code for each in findings(tmp_path, "APL101", "APL998")} == {"APL101"}


LONG_WAY = """from fastapi import Depends, FastAPI, HTTPException, Request

app = FastAPI()


class Settings:
    def cookie(self):
        name = "session"
{statements}
        return name


settings = Settings()


def signed_in(request: Request):
    if request.cookies.get(settings.cookie()) is None:
        raise HTTPException(401)


def greeted(request: Request):
    settings.cookie()


@app.get("/orders", dependencies=[Depends(signed_in)])
def orders():
    return []


@app.get("/hello", dependencies=[Depends(greeted)])
def hello():
    return []
"""


def test_what_has_nothing_to_do_with_the_caller_is_not_followed_to_its_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(visit, "MAX_STEPS", 60)
    write(tmp_path, {"app.py": LONG_WAY.format(statements="\n".join(["        print(name)"] * 100))})
    assert {route.path: route.auth for route in routes(tmp_path)} == {"/orders": "required", "/hello": "unknown"}


def test_a_text_that_doubles_does_not_grow_for_ever(tmp_path: Path) -> None:
    statements = "\n".join(["    number += number"] * 200)
    write(tmp_path, {"app.py": PROGRAM.format(statements=statements).replace("answer(1)", "answer('ab')")})
    assert {route.path for route in routes(tmp_path)} == {"/orders", "/offers"}


METERED = """from fastapi import FastAPI
from starlette.routing import get_route_path

app = FastAPI()


def count(number):
{statements}
    return number


class Metered:
    def __init__(self, app):
        self.app = app

    async def __call__(self, scope, receive, send):
        if get_route_path(scope).startswith("/metrics"):
            count(1)
        await self.app(scope, receive, send)


app.add_middleware(Metered)


@app.get("/metrics")
def metrics(): ...


@app.get("/orders")
def orders(): ...
"""


def test_middleware_that_is_long_for_some_paths_is_judged_for_the_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(visit, "MAX_STEPS", 20)
    write(tmp_path, {"app.py": METERED.format(statements="\n".join(["    number += 1"] * 40))})
    assert {row.path: row.auth for row in routes(tmp_path)} == {"/metrics": "unknown", "/orders": "none"}


COUNTING = """
total = 0
for number in range(1000):
    for other in range(1000):
        total += number * other
"""


def test_a_module_that_works_something_out_takes_nothing_from_the_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(machine, "MODULE_STEPS", 200)
    app = PROGRAM.format(statements="    number += 1").replace("app = ", "import later\n\napp = ")
    write(tmp_path, {"aaa.py": COUNTING, "app.py": f"import aaa\n{app}", "later.py": COUNTING})
    assert {route.path for route in routes(tmp_path)} == {"/orders", "/offers"}


NEIGHBOURS = """import requests
from flask import Flask, request

app = Flask(__name__)


def registered(function):
    return function


def build():
{functions}

@app.get("/")
def index():
    return build()
"""
ONE = """    @registered
    def fetch_{n}(address):
        return requests.get(address, timeout=5)

    fetch_{n}(request.args["address"])
"""


def test_decorators_of_neighbours_are_applied_where_somebody_asks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else each function would bring about those of all others within the same one."""
    applied = 0

    def count(*args: object) -> object:
        nonlocal applied
        applied += 1
        return decorate(*args)  # type: ignore[arg-type]

    decorate = calls.decorate
    monkeypatch.setattr(calls, "decorate", count)
    number = 20
    write(tmp_path, {"app.py": NEIGHBOURS.format(functions="\n".join(ONE.format(n=n) for n in range(number)))})
    assert len(findings(tmp_path, "APL210")) == number
    assert applied < number * number
