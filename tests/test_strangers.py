"""Where a stranger chooses a file, that is a finding of high precision; where the caller is known, of low."""

from __future__ import annotations

from pathlib import Path

import pytest

from linting import findings, write

PROGRAM = """
from fastapi import Depends, FastAPI
from fastapi.security import HTTPBasic

app = FastAPI()


@app.get("/notes", dependencies=[{guard}])
def note(name: str):
    return open(f"notes/{{name}}").read()
"""


@pytest.mark.parametrize(("guard", "precision"), [("", "high"), ("Depends(HTTPBasic())", "low")])
def test_who_chooses_decides(guard: str, precision: str, tmp_path: Path) -> None:
    write(tmp_path, {"main.py": PROGRAM.format(guard=guard)})
    assert [each.precision.value for each in findings(tmp_path, "APL209")] == [precision]


def test_names_that_are_made_of_each_other_have_an_end(tmp_path: Path) -> None:
    program = """
from urllib.parse import urlparse

from flask import Flask, redirect, request

app = Flask(__name__)


@app.get("/leave")
def leave():
    first = second = request.args["next"]
    for _ in range(3):
        first = urlparse(second)
        second = urlparse(first)
    if first == second:
        return redirect(second)
    return {}
"""
    assert [each.code for each in findings(write(tmp_path, {"main.py": program}), "APL211")] == ["APL211"]


def test_who_is_known_is_whoever_calls_the_function_that_reads_it(tmp_path: Path) -> None:
    program = """
from fastapi import Depends, FastAPI, Request
from fastapi.security import HTTPBasic

from shop.files import load

app = FastAPI()


@app.get("/notes", dependencies=[Depends(HTTPBasic())])
def note(request: Request):
    return load(request.query_params["name"])


@app.get("/")
def index():
    return {}


@app.get("/health")
def health():
    return {}
"""
    files = 'def load(name):\n    return open("notes/" + name).read()\n'
    found = findings(write(tmp_path, {"shop/main.py": program, "shop/files.py": files}), "APL209")
    assert [each.precision.value for each in found] == ["low"]
