"""Routers and blueprints of which a condition chooses one: the routes of both, each under its condition."""

from __future__ import annotations

from pathlib import Path

import pytest

from linting import routes, write

FASTAPI = """
import os
from fastapi import APIRouter, FastAPI

small, large = APIRouter(), APIRouter()

@small.get("/few")
def few(): ...

@large.get("/many")
def many(): ...

app = FastAPI()
"""
FLASK = """
import os
from flask import Blueprint, Flask

small, large = Blueprint("small", __name__), Blueprint("large", __name__)

@small.get("/few")
def few(): ...

@large.get("/many")
def many(): ...

app = Flask(__name__)
"""
CHOSEN = 'chosen = small if os.environ.get("SMALL") else large\n'
BRANCHES = """
if os.environ.get("SMALL"):
    chosen = small
else:
    chosen = large
"""
BOTH = {"/few": "os.environ.get('SMALL')", "/many": "not (os.environ.get('SMALL'))"}


@pytest.mark.parametrize("choice", [CHOSEN, BRANCHES])
@pytest.mark.parametrize(("made", "call"), [(FASTAPI, "include_router"), (FLASK, "register_blueprint")])
def test_of_one_of_two_routers_both_are_followed(tmp_path: Path, choice: str, made: str, call: str) -> None:
    write(tmp_path, {"main.py": f"{made}{choice}app.{call}(chosen)\n"})
    assert {row.path: row.only_if for row in routes(tmp_path)} == BOTH


@pytest.mark.parametrize(("made", "call"), [(FASTAPI, "include_router"), (FLASK, "register_blueprint")])
def test_a_router_that_both_branches_choose_depends_on_nothing(tmp_path: Path, made: str, call: str) -> None:
    write(tmp_path, {"main.py": f'{made}app.{call}(small if os.environ.get("SMALL") else small)\n'})
    assert [(row.path, row.only_if) for row in routes(tmp_path)] == [("/few", "")]
