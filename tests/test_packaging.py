"""apilint works from a wheel, an sdist, an editable install and a checkout, and with its oldest dependencies."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest
import tomli
import yaml

import apilint

ROOT = Path(__file__).parent.parent
PROJECT = tomli.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
ASSETS = {path.relative_to(ROOT).as_posix() for path in (ROOT / "apilint/report/html/assets").iterdir()}
RULES = {path.relative_to(ROOT / "rules").as_posix() for path in (ROOT / "rules").rglob("*.yaml")}


def run(*command: str | Path, cwd: Path) -> str:
    """What a program says on stdout. Findings (exit status 1) are no failure."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "PIP_REQUIRE"))}
    result = subprocess.run([*map(str, command)], cwd=cwd, env=environment, capture_output=True, text=True, check=False)
    assert result.returncode in (0, 1), f"{command}\n{result.stdout}\n{result.stderr}"
    return result.stdout


def answers(python: Path | str, cwd: Path) -> str:
    """What an installed apilint says of its rules and of the example shops."""
    shops = cwd / "shop"
    if not shops.exists():
        shutil.copytree(ROOT / "examples" / "shop", shops, ignore=shutil.ignore_patterns("__pycache__", "*.db"))
    rules = run(python, "-m", "apilint", "rule", cwd=cwd)
    findings = run(python, "-m", "apilint", "check", "--no-cache", "--format", "json", shops, cwd=cwd)
    routes = run(python, "-m", "apilint", "routes", "--format", "json", shops, cwd=cwd)
    page = run(python, "-m", "apilint", "check", "--no-cache", "--format", "html", shops, cwd=cwd)
    return rules + findings + routes + page


def new_environment(folder: Path, *install: str, interpreter: str = sys.executable) -> Path:
    """The Python of a fresh virtual environment with something installed from the package index."""
    subprocess.run([interpreter, "-m", "venv", folder], check=True)
    python = folder / "bin" / "python"
    subprocess.run([python, "-m", "pip", "install", "-q", "--disable-pip-version-check", *install], check=True)
    return python


def test_the_hooks_call_commands_that_exist() -> None:
    hooks = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text(encoding="utf-8"))
    assert {hook["id"] for hook in hooks} == {
        "apilint",
        "apilint-routes",
        "apilint-routes-check",
        "apilint-routes-diff",
    }
    for hook in hooks:
        program, command, *options = hook["entry"].split()
        assert program in PROJECT["scripts"]
        usage = run(sys.executable, "-m", "apilint", command, "--help", cwd=ROOT)
        assert all(option in usage for option in options if option.startswith("-"))


def test_the_changelog_starts_with_the_version() -> None:
    versions = re.findall(r"^## (\S+)", (ROOT / "CHANGELOG.md").read_text(encoding="utf-8"), re.MULTILINE)
    assert versions[0] == apilint.__version__


@pytest.fixture(scope="module")
def distributions(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("dist")
    run(sys.executable, "-m", "hatchling", "build", "-d", folder, cwd=ROOT)
    return folder


@pytest.fixture(scope="module")
def expected(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The answers of the checkout: the package is found beside its rules because the folder is on the path."""
    folder = tmp_path_factory.mktemp("checkout")
    shutil.copytree(ROOT / "apilint", folder / "apilint", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copytree(ROOT / "rules", folder / "rules")
    return answers(sys.executable, folder)


@pytest.mark.slow
def test_the_distributions_hold_every_rule(distributions: Path) -> None:
    with zipfile.ZipFile(next(distributions.glob("*.whl"))) as wheel:
        names = set(wheel.namelist())
    assert names >= {f"apilint/_rules/{rule}" for rule in RULES} | ASSETS | {"apilint/py.typed"}
    assert all(name.startswith("apilint") for name in names)
    with tarfile.open(next(distributions.glob("*.tar.gz"))) as sdist:
        files = {name.partition("/")[2] for name in sdist.getnames()}
    assert files >= {f"rules/{rule}" for rule in RULES} | ASSETS | {"apilint/py.typed", "README.md", "LICENSE"}


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["*.whl", "*.tar.gz"])
def test_installed_from_a_distribution(kind: str, distributions: Path, expected: str, tmp_path: Path) -> None:
    python = new_environment(tmp_path / "venv", str(next(distributions.glob(kind))))
    assert answers(python, tmp_path) == expected


@pytest.mark.slow
def test_installed_as_editable(expected: str, tmp_path: Path) -> None:
    checkout = tmp_path / "checkout"
    for name in ("apilint", "rules"):
        shutil.copytree(ROOT / name, checkout / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, checkout / name)
    python = new_environment(tmp_path / "venv", "--editable", str(checkout))
    assert answers(python, tmp_path) == expected


def runs(interpreter: str) -> bool:
    """Whether there is an interpreter behind a command: version managers leave stubs on the path."""
    return subprocess.run([interpreter, "-c", ""], capture_output=True, check=False).returncode == 0


@pytest.mark.slow
def test_the_oldest_dependencies_on_the_oldest_python(distributions: Path, expected: str, tmp_path: Path) -> None:
    oldest = os.environ.get("OLDEST_PYTHON") or shutil.which("python3.10")
    if oldest is None or not runs(oldest):
        pytest.skip("needs Python 3.10 (OLDEST_PYTHON)")
    pinned = [requirement.replace(">=", "==") for requirement in PROJECT["dependencies"]]
    wheel = str(next(distributions.glob("*.whl")))
    python = new_environment(tmp_path / "venv", *pinned, wheel, interpreter=oldest)
    assert answers(python, tmp_path) == expected
