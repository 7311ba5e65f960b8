"""What is said at once after an edit, before the whole program is linked again, and what stands in the end."""

from __future__ import annotations

import queue
from pathlib import Path

import pytest

from apilint.finding import Finding
from apilint.server.desk import Desk, Trouble
from apilint.server.folder import Folder
from apilint.server.splice import Change
from apilint.server.view import View
from tests.linting import write

APP = """\
import requests
from fastapi import FastAPI, Response

app = FastAPI()
OPTIONS = requests.get("https://example.com/options", verify=False)

@app.get("/one")
def one(response: Response):
    response.set_cookie("a", "b")
    return 1

@app.get("/two")  # apilint: public -- everybody may see two
def two():
    return requests.get("https://example.com", verify=False)

@app.post("/three")
def three():
    helper = lambda: None
    return helper()
"""
OTHER = """\
import requests

def elsewhere():
    return requests.get("https://example.com", verify=False)
"""


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    return write(tmp_path / "shop", {"apilint.toml": 'public = ["/one"]\n', "main.py": APP, "other.py": OTHER})


def spots(view: View | None) -> list[tuple[str, str, int, int, str]]:
    assert view is not None
    found: list[Finding] = [each for findings in view.findings.values() for each in findings]
    return sorted((each.place.file, each.code, each.place.line, each.place.column, each.fingerprint) for each in found)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("return 1", "return requests.get('http://example.org', verify=False)"),
        ("    return 1", "    x = 1\n    y = 2\n    return x + y"),
        ("requests.get(\"https://example.com\", verify=False)\n\n@app.post", "2\n\n@app.post"),
        ("import requests\n", "import requests\n\n# a comment\n\n"),
        ("import requests\n", 'import requests  # "é" and "\U0001d4b3"\n'),
        ("helper = lambda: None", "helper = lambda: requests.post('https://example.org', verify=False)"),
        ('\n@app.get("/two")', '\n\n\n@app.get("/two")'),
    ],
)  # fmt: skip
def test_a_glance_sees_what_linking_sees(shop: Path, before: str, after: str) -> None:
    main = str(shop / "main.py")
    folder = Folder(shop)
    folder.edit(main, APP)
    folder.view()
    for text in (APP.replace(before, after), APP, APP.replace(before, after)):
        folder.edit(main, text)
        glance = folder.glance()
        anew = Folder(shop)
        anew.edit(main, text)
        assert spots(glance) == spots(anew.view())
    assert text != APP
    assert spots(folder.view()) == spots(glance)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("def three():", "def four():"),
        ("    return 1\n", "    return 1\n\ndef helper():\n    pass\n"),
        ('@app.post("/three")\ndef three():\n    helper = lambda: None\n    return helper()\n', ""),
    ],
)
def test_other_functions_need_the_program_to_be_linked(shop: Path, before: str, after: str) -> None:
    folder = Folder(shop)
    folder.view()
    assert before in APP
    folder.edit(str(shop / "main.py"), APP.replace(before, after))
    assert folder.glance() is None
    assert not folder.is_settled


def test_what_the_disk_holds_needs_no_linking(shop: Path) -> None:
    folder = Folder(shop)
    folder.view()
    folder.edit(str(shop / "main.py"), APP)
    assert folder.is_settled
    folder.close(str(shop / "main.py"))
    assert folder.is_settled


def test_the_end_is_exact_though_the_glance_was_not(shop: Path) -> None:
    """A guard in the body of a handler is seen when the program is linked, and not before."""
    told: queue.SimpleQueue[View | Trouble] = queue.SimpleQueue()
    desk = Desk(lambda _, view: told.put(view), quick=0.0)
    desk.start()
    desk.opened(shop)
    first = told.get(timeout=30)
    text = APP.replace(
        "def three():\n", "def three(r: Request):\n    if not r.headers.get('X'): raise HTTPException(401)\n"
    )
    text = text.replace("import FastAPI", "import FastAPI, HTTPException, Request")
    desk.edited(str(shop / "main.py"), text)
    glance, end = told.get(timeout=30), told.get(timeout=30)
    anew = Folder(shop)
    anew.edit(str(shop / "main.py"), text)
    assert isinstance(first, View)
    assert isinstance(glance, View)
    assert isinstance(end, View)
    assert [each.code for each in glance.findings["main.py"]] != [each.code for each in end.findings["main.py"]]
    assert spots(end) == spots(anew.view())


def test_what_was_saved_and_closed_is_scanned(shop: Path) -> None:
    """The facts of a file are those of the text that it holds now, though nobody says that the disk has changed."""
    main = shop / "main.py"
    folder = Folder(shop)
    folder.view()
    folder.edit(str(main), APP)
    saved = APP.replace(", verify=False", "")
    folder.edit(str(main), saved)
    folder.view()
    main.write_text(saved)
    folder.close(str(main))
    assert spots(folder.view()) == spots(Folder(shop).view())
    assert "APL401" not in {each.code for each in folder.view().findings["main.py"]}


@pytest.mark.parametrize(
    ("before", "after", "moves"),
    [
        (b"abcdef", b"abXcdef", {0: 0, 2: 2, 3: 4, 6: 7}),
        (b"abcdef", b"abef", {1: 1, 3: 2, 4: 2, 6: 4}),
        (b"aaaa", b"aaa", {4: 3}),
        (b"", b"abc", {0: 0}),
        (b"same", b"same", {0: 0, 4: 4}),
    ],
)
def test_offsets_go_where_their_text_has_gone(before: bytes, after: bytes, moves: dict[int, int]) -> None:
    change = Change(before, after)
    assert {at: change.offset(at) for at in moves} == moves
