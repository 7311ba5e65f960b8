"""Tests whose outcome the source leaves open: both branches are run."""

from __future__ import annotations

from pathlib import Path

import pytest

from linting import routes, write

APP = """
from flask import Flask
from werkzeug.local import LocalProxy

app = Flask(__name__)


def find_site(): ...


{site}

if site:
    app.add_url_rule("/site", view_func=find_site)
else:
    app.add_url_rule("/none", view_func=find_site)
"""


@pytest.mark.parametrize("site", ["site = LocalProxy(find_site)", "@LocalProxy\ndef site(): ..."])
def test_a_proxy_is_as_true_as_what_it_stands_for(tmp_path: Path, site: str) -> None:
    assert [row.path for row in routes(write(tmp_path, {"app.py": APP.format(site=site)}))] == ["/none", "/site"]


def test_a_decorated_function_is_true(tmp_path: Path) -> None:
    site = "import functools\n\n\n@functools.wraps(find_site)\ndef site(): ..."
    assert [row.path for row in routes(write(tmp_path, {"app.py": APP.format(site=site)}))] == ["/site"]


ENTRIES = """
import inspect

from decouple import config
from flask import Flask


class Entry:
    def __init__(self, key, default):
        self.key = key
        self.default = default


class Later(Entry):
    def value(self):
        return self.default()


class Settings:
    ROUTE = Entry("ROUTE", "/data")
    LATER = Later("LATER", lambda: "/later")

    def __init__(self):
        for name, entry in inspect.getmembers(self, lambda member: isinstance(member, Entry)):
            if isinstance(entry, Later):
                setattr(self, name, entry.value())
            else:
                setattr(self, name, config(entry.key, default=entry.default))


app = Flask(__name__)
settings = Settings()


@app.get(settings.ROUTE)
def data(): ...


@app.get(settings.LATER)
def later(): ...
"""


def test_an_object_is_of_its_own_classes_alone(tmp_path: Path) -> None:
    assert [row.path for row in routes(write(tmp_path, {"app.py": ENTRIES}))] == ["/data", "/later"]


LOOP = """
from flask import Flask

from elsewhere import changes

app = Flask(__name__)
paths = ["/one", "/two"]
for change in changes():
    paths = change(paths)
for path in paths:
    app.add_url_rule(path, view_func=lambda: "")
"""


def test_what_a_loop_makes_unknown_may_be_what_it_was(tmp_path: Path) -> None:
    assert {"/one", "/two"} <= {row.path for row in routes(write(tmp_path, {"app.py": LOOP}))}


SEVERAL = """
import os

from flask import Flask


def one(): ...


def other(): ...


def pair():
    return [one, other]


def load():
    if os.environ.get("PLAIN"):
        return pair()
    return __import__("elsewhere").pair()


app = Flask(__name__)
first, second = load()
app.add_url_rule("/first", view_func=first)
app.add_url_rule("/second", view_func=second)
"""


def test_one_of_several_pairs_is_unpacked(tmp_path: Path) -> None:
    found = {row.path: row.handler for row in routes(write(tmp_path, {"app.py": SEVERAL}))}
    assert found == {"/first": "app:one", "/second": "app:other"}
