"""The hooks under the real pre-commit, on a repository whose changed file depends on an unchanged one."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent

pytestmark = pytest.mark.slow

SECURITY = """
from fastapi import Header, HTTPException


def signed_in(x_key: str = Header()) -> str:
    if x_key != "secret":
        raise HTTPException(401)
    return x_key
"""

ORDERS = """
from fastapi import APIRouter

router = APIRouter(prefix="/orders")


@router.get("/")
def list_orders():
    return []


@router.post("/")
def place_order(product: int):
    return product
"""

GUARDED = '''
from fastapi import Depends, FastAPI

from orders import router
from security import signed_in

app = FastAPI()
app.include_router(router, dependencies=[Depends(signed_in)])


@app.delete("/everything")
def forgotten():
    """An old sin in a file that stays as it is."""


@app.post("/fine", dependencies=[Depends(signed_in)])
def fine():
    return {}
'''

UNGUARDED = GUARDED.replace("router, dependencies=[Depends(signed_in)]", "router")


class Repository:
    """A throw-away repository that uses the hooks of this checkout."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.git("init", "-q", "-b", "main")
        self.git("config", "user.email", "somebody@shop.example")
        self.git("config", "user.name", "Somebody")

    def git(self, *arguments: str) -> None:
        subprocess.run(["git", *arguments], cwd=self.folder, check=True, capture_output=True)

    def write(self, **files: str) -> None:
        for name, text in files.items():
            (self.folder / f"{name}.py").write_text(text, encoding="utf-8")
        self.git("add", ".")

    def try_hook(self, hook: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "pre_commit", "try-repo", str(ROOT), hook, "--verbose", *arguments]
        return subprocess.run(command, cwd=self.folder, capture_output=True, text=True, check=False)


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Repository:
    for name in [name for name in os.environ if name.startswith("GIT_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    (tmp_path / "shop").mkdir()
    result = Repository(tmp_path / "shop")
    result.write(security=SECURITY, orders=ORDERS, main=GUARDED)
    result.git("commit", "-q", "-m", "A shop")
    return result


def test_a_guard_in_an_unchanged_file_counts(repository: Repository) -> None:
    """Only orders.py changes; that its routes are guarded stands in main.py, which stays as it is."""
    repository.write(orders=ORDERS + "\n\n@router.delete('/')\ndef cancel_orders():\n    return []\n")
    result = repository.try_hook("apilint")
    assert result.returncode == 0, result.stdout
    assert "Passed" in result.stdout


def test_a_route_in_an_unchanged_file_that_lost_its_guard_is_reported(repository: Repository) -> None:
    """Only main.py changes; the route that it lays bare stands in orders.py."""
    repository.git("commit", "-q", "--allow-empty", "-m", "Nothing")
    repository.try_hook("apilint", "--all-files")  # as after a first run: the project is in the cache
    repository.write(main=UNGUARDED)
    result = repository.try_hook("apilint")
    assert result.returncode == 1, result.stdout
    assert "orders.py" in result.stdout
    assert "place_order" in result.stdout


def test_old_sins_in_unchanged_files_are_not_reported(repository: Repository) -> None:
    repository.write(orders=ORDERS + "\n# A remark.\n")
    result = repository.try_hook("apilint")
    assert "main.py" not in result.stdout.replace(str(ROOT), "")
    assert result.returncode == 0, result.stdout


def test_the_route_table(repository: Repository) -> None:
    result = repository.try_hook("apilint-routes", "--hook-stage", "manual", "--all-files")
    assert result.returncode == 0, result.stdout
    assert "/orders/" in result.stdout
    assert "list_orders" in result.stdout


OPENED = GUARDED.replace('@app.post("/fine", dependencies=[Depends(signed_in)])', '@app.post("/fine")')
BECAME_PUBLIC = "became public\n  POST /fine  required -> none, lost signed_in  fine main.py:17\n\n1 change against "


def test_a_change_that_is_not_in_the_lock_file(repository: Repository) -> None:
    lock = [sys.executable, "-m", "apilint", "routes", "--lock"]
    subprocess.run(lock, cwd=repository.folder, env={**os.environ, "PYTHONPATH": str(ROOT)}, check=True)
    repository.git("add", ".")
    repository.git("commit", "-q", "-m", "The surface")
    repository.write(main=f"{GUARDED}\n# A remark.\n")
    assert repository.try_hook("apilint-routes-check").returncode == 0
    repository.write(main=OPENED)
    result = repository.try_hook("apilint-routes-check")
    assert result.returncode == 1, result.stdout
    assert BECAME_PUBLIC in result.stdout


def test_a_change_that_opens_a_route(repository: Repository) -> None:
    repository.write(main=GUARDED.replace('app.post("/fine"', 'app.put("/fine"'))
    result = repository.try_hook("apilint-routes-diff")
    assert result.returncode == 0, result.stdout
    assert "removed\n  POST /fine  was required (signed_in)" in result.stdout
    assert "PUT /fine  required (signed_in)" in result.stdout
    repository.write(main=OPENED)
    result = repository.try_hook("apilint-routes-diff")
    assert result.returncode == 1, result.stdout
    assert BECAME_PUBLIC in result.stdout
