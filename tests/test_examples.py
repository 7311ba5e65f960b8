"""The example shops are what they say: the frameworks run them, and apilint agrees with the frameworks."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from commandline import REPOSITORY, program
from parity.harness import assert_parity

SHOPS = REPOSITORY / "examples" / "shop"

# The shops have no database here, so what lets the caller through ends in an error of its own.
PARITY = {
    "fastapi_shop": """
        framework = "fastapi"
        app = "fastapi_shop.main:app"
        [verdicts]
        "GET /products" = "none"
    """,
    "flask_shop": """
        framework = "flask"
        app = "flask_shop:create_app()"
        [verdicts]
        "POST /account/login" = "required"
        "POST /account/e-mail" = "none"
        "GET /products/" = "none"
        "GET /products/search" = "none"
        "POST /orders/<int:order_id>/address" = "none"
    """,
    "django_shop": """
        framework = "drf"
        settings = "django_shop.settings"
        [verdicts]
        "POST /accounts/sign-in/" = "required"
        "GET /accounts/profile/<int:pk>/" = "none"
        "PUT /accounts/profile/<int:pk>/" = "none"
        "PATCH /accounts/profile/<int:pk>/" = "none"
        'POST /accounts/customers/(?P<pk>[^/.]+)/deactivate/$' = "none"
        "POST /products/<int:pk>/price/" = "none"
    """,
}


@pytest.mark.parametrize("name", PARITY)
def test_the_route_table_is_what_the_framework_says(name: str, tmp_path: Path) -> None:
    project = tmp_path / "source" / name
    shutil.copytree(SHOPS / name, project / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(SHOPS / "manage.py", project)
    (project / "parity.toml").write_text(PARITY[name], encoding="utf-8")
    assert_parity(project, tmp_path / "copy")


@pytest.mark.parametrize("command", ["routes", "check"])
def test_the_readme_shows_what_the_command_says(command: str, tmp_path: Path) -> None:
    """On the Flask shop as a repository of its own; the sample is shortened by whole lines."""
    shutil.copytree(SHOPS / "flask_shop", tmp_path / "flask_shop")
    readme = (REPOSITORY / "README.md").read_text(encoding="utf-8")
    shown = re.search(rf"```console\n\$ apilint {command}\n(.*?)```", readme, re.DOTALL)
    assert shown is not None
    said = {_squeezed(line) for line in program(command, cwd=tmp_path).out.splitlines()}
    assert [line for line in shown[1].splitlines() if _squeezed(line) not in said] == []


def _squeezed(line: str) -> str:
    """A line of a table or message without what pads its columns."""
    return " ".join(line.split())
