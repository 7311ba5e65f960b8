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
