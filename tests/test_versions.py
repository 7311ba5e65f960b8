"""Requirements, lock files and environments: which versions a project may run with."""

from __future__ import annotations

from pathlib import Path

import pytest

from apilint.requirements import read_versions
from apilint.versions import Bounds, specified


def at_least(files: dict[str, str], version: str, library: str = "fastapi", environment: str | None = None) -> object:
    contents = {name: text.encode() for name, text in files.items()}
    return read_versions(contents, environment).at_least(library, version)


@pytest.mark.parametrize(
    ("specifiers", "expected"),
    [
        ("==0.136.3", False),
        ("==0.137.0", True),
        ("==0.137", True),
        ("===0.137.1", True),
        ("==0.136.*", False),
        ("==0.137.*", True),
        (">=0.137", True),
        (">=0.137,<1", True),
        (">0.136.3", None),
        (">=0.100", None),
        ("<0.137", False),
        ("<=0.137.0", None),
        ("<=0.136.9", False),
        ("<1", None),
        ("!=0.136.0", None),
        ("~=0.136.0", False),
        ("~=0.137.0", True),
        ("~=0.100", None),
        ("^0.136", False),
        ("^0.137.2", True),
        ("~0.136.1", False),
        ("^1.2", True),
        ("*", None),
        ("^0.136 || ^0.137", None),
        (">=0.140,<0.130", None),
        ("", None),
    ],
)
def test_specifiers(specifiers: str, expected: bool | None) -> None:
    assert at_least({"pyproject.toml": f'[tool.poetry.dependencies]\nfastapi = "{specifiers}"'}, "0.137.0") is expected


@pytest.mark.parametrize(
    "line",
    [
        "fastapi==0.136.3",
        "FastAPI[standard] == 0.136.3  # newer ones serve late routes",
        "fastapi==0.136.3; python_version >= '3.9'",
        "fastapi==0.136.3 \\",
        "fastapi (==0.136.3)",
        "-r base.txt\n\n# nothing\nfastapi==0.136.3\nhttpx",
    ],
)
def test_lines_of_requirements(line: str) -> None:
    assert at_least({"requirements.txt": line}, "0.137.0") is False


def test_lines_without_a_version_say_nothing() -> None:
    assert (
        at_least({"requirements.txt": "fastapi\nfastapi-users==1.0\nfastapi @ git+https://example.com/x"}, "0.1")
        is None
    )


def test_declarations_narrow_each_other_down() -> None:
    files = {"pyproject.toml": '[project]\ndependencies = ["fastapi>=0.100"]', "requirements/base.txt": "fastapi<0.137"}
    assert at_least(files, "0.137.0") is False
    assert at_least(files, "0.100.0") is True
    files["api/requirements.txt"] = "fastapi==0.140"
    assert at_least(files, "0.137.0") is None


UV = '[[package]]\nname = "fastapi"\nversion = "{}"\nsource = {{ registry = "https://pypi.org/simple" }}\n'


def test_what_is_locked_counts_for_more_than_what_is_declared() -> None:
    declared = {"pyproject.toml": '[project]\ndependencies = ["fastapi>=0.100"]'}
    assert at_least({**declared, "uv.lock": UV.format("0.136.3")}, "0.137.0") is False
    assert at_least({**declared, "uv.lock": UV.format("0.137.0")}, "0.137.0") is True
    both = {"a/uv.lock": UV.format("0.136.3"), "b/poetry.lock": UV.format("0.140.0")}
    assert at_least(both, "0.137.0") is None
    assert at_least(both, "0.136.0") is True


def test_pipfiles() -> None:
    assert at_least({"Pipfile": '[packages]\nfastapi = {version = "<0.130"}'}, "0.137") is False
    assert at_least({"Pipfile.lock": '{"default": {"fastapi": {"version": "==0.138"}}}'}, "0.137") is True


def test_broken_files_say_nothing() -> None:
    files = {"pyproject.toml": "[project", "Pipfile.lock": "{", "uv.lock": "\0", "requirements.txt": "\xff == =="}
    assert at_least(files, "0.137") is None
    assert at_least({"pyproject.toml": 'project = 1\ntool = []\npackages = "x"'}, "0.137") is None


def test_what_is_installed_counts_most(tmp_path: Path) -> None:
    packages = tmp_path / "lib" / "python3.12" / "site-packages"
    for name in ("fastapi-0.136.3.dist-info", "Django_REST_framework-3.17.1.dist-info", "fastapi", "x.py"):
        (packages / name).mkdir(parents=True)
    locked = {"uv.lock": UV.format("0.140.0")}
    assert at_least(locked, "0.137", environment=str(tmp_path)) is False
    assert at_least({}, "3.17", "django-rest-framework", str(tmp_path)) is True
    assert at_least(locked, "0.137", environment=str(tmp_path / "nowhere")) is True


def test_bounds_of_nothing_are_open() -> None:
    assert specified("nonsense") == Bounds()
