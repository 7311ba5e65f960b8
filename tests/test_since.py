"""--since: what a change does to the verdicts of routes that stand in files it leaves alone."""

from __future__ import annotations

from pathlib import Path

import pytest

from checkout import Checkout
from commandline import apilint
from linting import write

DEPS = """
from fastapi import Header, HTTPException


def signed_in(x_key: str = Header()) -> str:
    if x_key != "secret":
        raise HTTPException(401)
    return x_key
"""
OPEN_DEPS = """
def signed_in() -> str:
    return "whoever you are"
"""

ROUTES = """
from fastapi import APIRouter, Depends

from deps import signed_in

router = APIRouter(prefix="/orders", dependencies=[Depends(signed_in)])


@router.post("/")
def place_order(product: int):
    return product


@router.delete("/{number}")
def cancel_order(number: int):
    return number
"""

MAIN = """
from fastapi import Depends, FastAPI

from routes import router
from staff import is_staff

app = FastAPI()
app.include_router(router)


@app.delete("/everything")
def forgotten():
    return None


@app.post("/fine", dependencies=[Depends(is_staff)])
def fine():
    return None


@app.put("/fine", dependencies=[Depends(is_staff)])
def finer():
    return None
"""

STAFF = DEPS.replace("signed_in", "is_staff")


FORGOTTEN = ("main.py", "DELETE /everything")
ORDERS = {("routes.py", "POST /orders/"), ("routes.py", "DELETE /orders/{number}")}


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Checkout:
    checkout = Checkout(tmp_path)
    checkout.write(deps=DEPS, routes=ROUTES, staff=STAFF, main=MAIN)
    checkout.commit()
    monkeypatch.chdir(checkout.root)
    return checkout


def test_a_changed_file_lays_bare_the_routes_of_another(shop: Checkout) -> None:
    assert shop.found() == {FORGOTTEN}
    shop.write(deps=OPEN_DEPS)
    assert shop.found("--since", "HEAD", "deps.py") >= ORDERS
    assert ORDERS & shop.found("deps.py") == set()


def test_it_is_reported_until_it_is_mended_or_committed(shop: Checkout) -> None:
    shop.write(deps=OPEN_DEPS)
    for _ in range(3):
        assert shop.found("--since", "HEAD", "deps.py") >= ORDERS
    shop.commit()
    assert shop.found("--since", "HEAD", "deps.py") & ORDERS == set()
    assert shop.found("--since", "HEAD~1", "deps.py") >= ORDERS
    shop.write(deps=DEPS)
    assert shop.found("--since", "HEAD~1", "deps.py") == set()


def test_old_sins_elsewhere_are_left_alone(shop: Checkout) -> None:
    shop.write(deps=DEPS + "\n# A remark.\n")
    assert shop.found("--since", "HEAD", "deps.py") == set()
    shop.write(main=MAIN + "\n# A remark.\n")
    assert shop.found("--since", "HEAD", "main.py") == {FORGOTTEN}


def test_a_router_that_was_not_included_before(shop: Checkout) -> None:
    shop.write(routes=ROUTES.replace(", dependencies=[Depends(signed_in)]", ""))
    shop.write(main=MAIN.replace("app.include_router(router)", ""))
    shop.commit()
    shop.write(main=MAIN)
    assert shop.found("--since", "HEAD", "main.py") == {FORGOTTEN, *ORDERS}


def test_another_prefix_is_no_other_verdict(shop: Checkout) -> None:
    shop.write(routes=ROUTES.replace(", dependencies=[Depends(signed_in)]", ""))
    shop.commit()
    shop.write(main=MAIN.replace("include_router(router)", "include_router(router, prefix='/v2')"))
    assert shop.found("--since", "HEAD", "main.py") == {FORGOTTEN}


def test_the_last_guard_of_a_program(shop: Checkout) -> None:
    """Where nothing is guarded there is one finding for all routes, and it stands in one file."""
    shop.write(staff=OPEN_DEPS.replace("signed_in", "is_staff"))
    shop.commit()
    shop.write(deps=OPEN_DEPS)
    assert shop.found("--since", "HEAD", "deps.py") == {("main.py", "")}


def test_without_paths_what_has_changed_is_reported(shop: Checkout) -> None:
    base = shop.commit()
    assert shop.found("--since", base) == set()
    shop.write(
        deps=OPEN_DEPS, new=MAIN.replace("from routes import router", "").replace("app.include_router(router)", "")
    )
    found = shop.found("--since", base)
    assert ("new.py", "DELETE /everything") in found
    assert FORGOTTEN not in found
    assert found >= ORDERS
    shop.commit()
    assert shop.found("--since", base) == found


def test_renamed_removed_and_ignored_files(shop: Checkout) -> None:
    base = shop.commit()
    shop.git("mv", "routes.py", "orders.py")
    shop.write(main=MAIN.replace("from routes", "from orders"))
    (shop.root / ".gitignore").write_text("local.py\n")
    shop.write(local="import requests\n")
    assert shop.found("--since", base) == {FORGOTTEN}


def test_a_project_below_the_top_of_its_checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shop = Checkout(tmp_path, "services/shop")
    shop.write(deps=DEPS, routes=ROUTES, staff=STAFF, main=MAIN)
    (shop.root / "apilint.toml").write_text("")
    write(tmp_path, {"other.py": MAIN})
    shop.commit()
    monkeypatch.chdir(shop.root)
    shop.write(deps=OPEN_DEPS)
    write(tmp_path, {"other.py": MAIN + "\n"})
    assert shop.found("--since", "HEAD") >= ORDERS
    assert {file for file, _ in shop.found("--since", "HEAD")} <= {"deps.py", "routes.py"}


def test_settings_hold_for_both_states(shop: Checkout) -> None:
    shop.write(deps=OPEN_DEPS)
    (shop.root / "apilint.toml").write_text("public = ['/orders', '/orders/*']\n")
    assert shop.found("--since", "HEAD", "deps.py") == set()
    (shop.root / "apilint.toml").write_text("exclude = ['deps.py']\n")
    assert shop.found("--since", "HEAD", "deps.py") == set()


def test_before_the_first_commit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shop = Checkout(tmp_path)
    shop.write(deps=OPEN_DEPS, routes=ROUTES, staff=STAFF, main=MAIN)
    shop.git("add", "--all")
    monkeypatch.chdir(shop.root)
    assert FORGOTTEN in shop.found("--since", "HEAD", "deps.py", "routes.py", "main.py")


def test_between_two_revisions_the_first_counts(shop: Checkout) -> None:
    """As pre-commit has it in a push: HEAD is where the change ends."""
    base = shop.commit()
    shop.write(deps=OPEN_DEPS)
    shop.commit()
    words = ("check", "--since", "HEAD", "deps.py", "--format", "concise")
    assert "routes.py" not in apilint(*words).out
    assert "routes.py" in apilint(*words, env={"PRE_COMMIT_FROM_REF": base}).out


def test_named_test_code_is_not_asked_for_by_a_change(shop: Checkout) -> None:
    shop.write(**{"tests/test_main": MAIN})
    assert ("tests/test_main.py", "DELETE /everything") in shop.found("tests/test_main.py")
    assert shop.found("--since", "HEAD", "tests/test_main.py") == set()


@pytest.mark.parametrize("revision", ["nonsense", "--output=x", "HEAD:main.py", "HEAD~7"])
def test_a_revision_that_is_none(shop: Checkout, revision: str) -> None:
    result = apilint("check", f"--since={revision}")
    assert (result.status, result.out) == (2, "")
    assert result.err.startswith(f"apilint: --since {revision}: ")


def test_without_git(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path, {"main.py": MAIN})
    monkeypatch.chdir(tmp_path)
    result = apilint("check", "--since", "HEAD")
    assert (result.status, result.out) == (2, "")
    assert "not a git repository" in result.err
    assert "git cannot be run" in apilint("check", "--since", "HEAD", env={"PATH": str(tmp_path)}).err


def test_the_environment_of_a_hook_does_not_lead_elsewhere(shop: Checkout, tmp_path: Path) -> None:
    shop.write(deps=OPEN_DEPS)
    environment = {"GIT_DIR": str(tmp_path / "elsewhere"), "GIT_INDEX_FILE": str(tmp_path / "index")}
    result = apilint("check", "--since", "HEAD", "deps.py", "--format", "concise", env=environment)
    assert "routes.py" in result.out


def test_the_state_before_is_remembered(shop: Checkout, tmp_path: Path) -> None:
    shop.write(deps=OPEN_DEPS)
    environment = {"APILINT_CACHE_DIR": str(tmp_path / "cache")}
    words = ("check", "--since", "HEAD", "deps.py")
    first = apilint(*words, env=environment)
    assert apilint(*words, env=environment) == first
    assert apilint(*words, "--no-cache", env=environment) == first
