"""Which functions a request may run: the same ones, however the files are searched for names."""

from __future__ import annotations

from pathlib import Path

import pytest

from apilint.checks import awaited
from linting import findings, write

SHOP = {
    "main.py": """
from flask import Flask

from jobs import load

app = Flask(__name__)


@app.get("/")
def index():
    return load()
""",
    "jobs.py": """
import requests


def load():
    return fetch()


def fetch():
    return requests.get("https://shop.example").text


def nightly():
    return requests.get("https://night.example").text
""",
}


@pytest.mark.parametrize("many", [0, 1, 300])
def test_names_lead_back_to_the_handlers(many: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(awaited, "MANY", many)
    found = {(each.place.line, each.precision.value) for each in findings(write(tmp_path, SHOP), "APL406")}
    assert found == {(10, "high"), (14, "low")}
