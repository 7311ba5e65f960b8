"""Flask programs that keep who is calling in the context of the request, and ask permissions in their handlers."""

from __future__ import annotations

from pathlib import Path

import pytest

from linting import routes, write

PERMISSIONS = """
from flask_principal import Permission


class Staff(Permission):
    def __init__(self):
        super().__init__("staff")


class OfHouse(Permission):
    house = None

    def __init__(self, house):
        need = ("house", house)
        self.house = house
        super(OfHouse, self).__init__(need)


class Lenient(Permission):
    def __init__(self):
        super().__init__("staff")

    def can(self):
        return True


nobody_asked = Permission()
owners = Permission("owner")
"""
MAIN = """
from flask import Flask, abort
from permissions import Lenient, OfHouse, Staff, nobody_asked, owners

app = Flask(__name__)


@app.delete("/houses/<house>")
def demolish(house):
    permission = OfHouse(house)
    if not permission.can() and not Staff().can():
        abort(403)
    return {}


@app.get("/houses/<house>")
def show(house):
    if owners.can():
        return {"house": house}
    abort(403)


@app.get("/streets")
def streets():
    if not nobody_asked.can():
        abort(403)
    return []


@app.get("/trees")
def trees():
    if not Lenient().can():
        abort(403)
    return []


@app.get("/parks")
def parks():
    return {"parks": [], "plant": Staff().can()}
"""


def verdicts(folder: Path, **files: str) -> dict[str, str]:
    write(folder, {f"{name}.py": text for name, text in files.items()})
    return {f"{method} {row.path}": row.auth for row in routes(folder) for method in row.methods}


def test_a_permission_that_needs_something_is_not_given_to_a_stranger(tmp_path: Path) -> None:
    found = verdicts(tmp_path, permissions=PERMISSIONS, main=MAIN)
    assert found["DELETE /houses/<house>"] == "required"
    assert found["GET /houses/<house>"] == "required"
    assert found["GET /streets"] != "required"
    assert found["GET /trees"] == "none"
    assert found["GET /parks"] == "none"


@pytest.mark.parametrize("stack", ["_request_ctx_stack", "_app_ctx_stack"])
def test_who_is_calling_may_be_kept_in_the_context_of_the_request(stack: str, tmp_path: Path) -> None:
    main = f"""
from functools import wraps
from flask import Flask, abort, {stack}

app = Flask(__name__)


def known():
    return getattr({stack}.top, "authenticated_user", None)


def members_only(view):
    @wraps(view)
    def wrapper(*args, **kwargs):
        if known() is not None and not known().is_anonymous:
            return view(*args, **kwargs)
        abort(401)
    return wrapper


@app.get("/rooms")
@members_only
def rooms():
    return []


@app.get("/halls")
def halls():
    if getattr({stack}.top, "quiet_hours", None):
        abort(401)
    return []
"""
    found = verdicts(tmp_path, main=main)
    assert found["GET /rooms"] == "required"
    assert found["GET /halls"] != "required"
