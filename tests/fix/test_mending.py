"""Fixes together: they compose, and what the program contradicts is not made."""

from __future__ import annotations

from pathlib import Path

import pytest

from fix.test_codemods import mended
from linting import write

GUARD = """from functools import wraps

from flask import Flask, abort, session

app = Flask(__name__)


def login_required(view):
    @wraps(view)
    def wrapper(*args, **kwargs):
        if "user" not in session:
            abort(401)
        return view(*args, **kwargs)

    return wrapper


"""


def test_fixes_of_several_rules_on_one_line(tmp_path: Path) -> None:
    plain, blind = (
        "get('http://partner-shop.com/a', timeout=9)",
        "get('https://partner-shop.com/b', verify=False, timeout=9)",
    )
    write(tmp_path, {"main.py": f"from requests import get\n\nanswers = {plain}, {blind}\n"})
    result = mended(tmp_path)
    mended_line = (
        "answers = get('https://partner-shop.com/a', timeout=9), get('https://partner-shop.com/b', timeout=9)\n"
    )
    assert result.patches[0].after.decode() == f"from requests import get\n\n{mended_line}"
    assert len(result.fixed) == 2


def test_one_import_for_several_fixes(tmp_path: Path) -> None:
    body = "".join(
        f'@app.get("/{name}")\ndef {name}():\n    try:\n        load()\n    except Exception:\n        return []\n\n\n'
        for name in ("one", "two")
    )
    write(
        tmp_path, {"main.py": f"from flask import Flask\nfrom store import load\n\napp = Flask(__name__)\n\n\n{body}"}
    )
    text = mended(tmp_path).patches[0].after.decode()
    assert (text.count("import logging\n"), text.count("getLogger"), text.count("logger.exception")) == (1, 1, 2)


def test_a_name_that_two_handlers_share_is_not_guarded_less(tmp_path: Path) -> None:
    text = """import requests
from fastapi import Depends, FastAPI, HTTPException, Request


def user(request: Request):
    if not request.headers.get("X-Key"):
        raise HTTPException(401)


def logout():
    return requests.get("https://sso.example", timeout=5, verify=False).text


def leave():
    return "bye"


app = FastAPI()
app.get("/logout")(logout)
app.get("/logout", dependencies=[Depends(user)])(leave)
"""
    write(tmp_path, {"main.py": text})
    assert [each.code for each in mended(tmp_path).fixed] == ["APL401"]


def test_a_fix_that_leaves_its_finding_is_not_made(tmp_path: Path) -> None:
    """`Depends(guard)` instead of `Depends(guard())` helps only if the guard guards."""
    text = """from fastapi import Depends, FastAPI, HTTPException

app = FastAPI()


def require_admin(token: str = "") -> dict:
    if token == "revoked":
        raise HTTPException(status_code=403)
    return {"role": "admin"}


@app.delete("/users/{user_id}")
def delete_user(user_id: int, admin: dict = Depends(require_admin())):
    return {"deleted": user_id}
"""
    write(tmp_path, {"main.py": text})
    result = mended(tmp_path)
    assert result.patches == ()
    assert [(each.finding.code, each.reason) for each in result.refused] == [
        ("APL114", "main.py:13 would have a new finding, APL101")
    ]


def test_one_bad_fix_does_not_hold_up_the_others(tmp_path: Path) -> None:
    text = """from fastapi import Depends, FastAPI, HTTPException
from fastapi.security import OAuth2PasswordBearer

app = FastAPI()
scheme = OAuth2PasswordBearer(tokenUrl="token")


def require_admin(token: str = "") -> dict:
    if token == "revoked":
        raise HTTPException(status_code=403)
    return {"role": "admin"}


@app.delete("/users/{user_id}")
def delete_user(user_id: int, admin: dict = Depends(require_admin())):
    return {"deleted": user_id}


@app.get("/me")
def me(token: str = scheme):
    return {"token": token}
"""
    write(tmp_path, {"main.py": text})
    result = mended(tmp_path)
    assert result.patches[0].after.decode() == text.replace("= scheme", "= Depends(scheme)")
    assert [each.finding.place.line for each in result.refused] == [15]


def test_a_wrapper_that_hides_the_function_is_not_moved_unasked(tmp_path: Path) -> None:
    """Below the route two such views have one name, and Flask refuses to start."""
    bare = GUARD.replace("    @wraps(view)\n", "")
    write(tmp_path, {"main.py": f'{bare}@login_required\n@app.route("/backups")\ndef backups():\n    return ""\n'})
    result = mended(tmp_path, "APL103", unsafe=False)
    assert result.patches == ()
    assert "not a safe one" in result.refused[0].reason
    assert len(mended(tmp_path, "APL103", unsafe=True).fixed) == 1


def test_what_a_comment_ignores_stays(tmp_path: Path) -> None:
    text = f'{GUARD}@login_required  # apilint: ignore[APL103]\n@app.route("/backups")\ndef backups():\n    return ""\n'
    write(tmp_path, {"main.py": text})
    assert mended(tmp_path).patches == ()


def test_a_file_with_an_error_elsewhere_is_mended_all_the_same(tmp_path: Path) -> None:
    text = "import requests\n\n\ndef broken(:\n    pass\n\n\nrequests.get('https://a.de', verify=False, timeout=1)\n"
    write(tmp_path, {"main.py": text})
    assert mended(tmp_path, "APL401").patches[0].after.decode() == text.replace(", verify=False", "")


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        ("# ä\nimport requests\nrequests.get('https://ä.de/', verify=False, timeout=1)\n", ", verify=False"),
        ("import requests\r\nrequests.get('https://a.de/', verify=False, timeout=1)", ", verify=False"),
        ("import requests\rrequests.get('https://a.de/', verify=False, timeout=1)\r", ", verify=False"),
        ("import requests\n\x0crequests.get('https://a.de/',\tverify=False,\ttimeout=1)\n", "verify=False,\t"),
    ],
    ids=["umlauts", "crlf without an end", "cr", "form feed and tabs"],
)
def test_texts_of_all_kinds(data: str, expected: str, tmp_path: Path) -> None:
    write(tmp_path, {"main.py": data})
    assert mended(tmp_path, "APL401").patches[0].after.decode() == data.replace(expected, "")
