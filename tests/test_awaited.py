"""Which functions a request surely runs: those to which calls lead from a handler."""

from __future__ import annotations

from pathlib import Path

from linting import findings, write

SHOP = {
    "main.py": """
from flask import Flask

from jobs import load, order_later

app = Flask(__name__)
SOURCES = {}


@app.get("/")
def index():
    return load()


@app.post("/orders/<name>")
def order(name):
    order_later.apply_async(name)
    return SOURCES[name].run()
""",
    "jobs.py": """
import requests
from celery import shared_task


def load():
    return fetch()


def fetch():
    return requests.get("https://shop.example").text


def nightly():
    return requests.get("https://night.example").text


class Source:
    def run(self):
        return requests.get("https://source.example").text


class Other:
    def run(self):
        return 1


@shared_task
def order_later(name):
    return requests.post("https://orders.example", data=name).text


@shared_task
def clean():
    return requests.post("https://clean.example").text
""",
}


def test_calls_lead_back_to_the_handlers_and_names_do_not(tmp_path: Path) -> None:
    found = {(each.place.line, each.precision.value) for each in findings(write(tmp_path, SHOP), "APL406")}
    assert found == {(11, "high"), (15, "low"), (20, "low"), (30, "high"), (35, "low")}
