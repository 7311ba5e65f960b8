"""A walk through the findings: each answer does what it says, at once, and quitting loses nothing."""

from __future__ import annotations

from pathlib import Path

import pytest

from apilint.baseline import FILE_NAME
from commandline import Ran, apilint
from linting import write

CODE = """from flask import Flask, session, abort, request
import requests

app = Flask(__name__)


def guard():
    if "user" not in session:
        abort(401)


@app.get("/orders")
def orders():
    guard()
    return []


@app.delete("/orders")
def remove():
    db.remove(request.args["name"])
    return ""


def pull(url):
    return requests.get(url, verify=False, timeout=1)
"""


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    return write(tmp_path / "shop", {"main.py": CODE, "pyproject.toml": "[tool.apilint]\n"})


def triage(shop: Path, *answers: str) -> Ran:
    """Answer the questions in their order."""
    return apilint("triage", shop, "--author", "Ada", typed="".join(f"{each}\n" for each in answers))


def test_the_worst_comes_first_with_its_proof(shop: Path) -> None:
    result = triage(shop, "s", "s")
    assert result.status == 0
    assert result.out.index("error[APL101]") < result.out.index("error[APL401]")
    assert "2 findings to decide on" in result.out
    assert "1 finding to decide on" in result.out
    assert "'remove' runs for everybody" in result.out
    assert "2 skipped; 0 left to decide on." in result.out
    assert (shop / "main.py").read_text() == CODE


def test_accept_writes_the_baseline_with_its_note(shop: Path) -> None:
    result = triage(shop, "a", "  ", "an internal tool", "soon", "2027-05-31", "q")
    assert "'soon' is no date" in result.out
    assert "1 accepted; 1 left to decide on." in result.out
    text = (shop / FILE_NAME).read_text()
    assert "reason: an internal tool\n    author: Ada\n    expires: 2027-05-31\n" in text
    assert text.count("fingerprint") == 1
    assert "APL401" in triage(shop, "a", "a test server", "").out
    assert apilint("check", shop).status == 0
    assert "an internal tool" in (shop / FILE_NAME).read_text()


def test_what_is_accepted_without_a_reason_is_a_question_still(shop: Path) -> None:
    assert apilint("baseline", shop).status == 0
    assert "2 findings to decide on" in triage(shop, "q").out
    assert "1 accepted; 1 left to decide on." in triage(shop, "a", "an internal tool", "", "q").out
    text = (shop / FILE_NAME).read_text()
    assert text.count("fingerprint") == 2
    assert text.count("reason: ''") == 1
    assert "reason: an internal tool\n    author: Ada\n" in text
    assert "1 finding to decide on" in triage(shop, "q").out
    assert "1 mended; 0 left to decide on." in triage(shop, "f", "y").out
    assert (shop / FILE_NAME).read_text().count("fingerprint") == 1
    assert apilint("check", shop, "--require-reasons").status == 0


def test_a_comment_takes_the_place_of_an_entry(shop: Path) -> None:
    apilint("baseline", shop)
    assert "1 marked public, 1 ignored in the code; 0 left" in triage(shop, "p", "open", "i", "a test server").out
    assert (shop / FILE_NAME).read_text().count("fingerprint") == 0
    assert apilint("check", shop, "--require-reasons").status == 0


def test_public_and_ignore_write_comments(shop: Path) -> None:
    result = triage(shop, "p", "the shop window", "i", "a test server")
    assert "1 marked public, 1 ignored in the code; 0 left" in result.out
    text = CODE.replace("def remove", "# apilint: public -- the shop window\ndef remove")
    comment = "    # apilint: ignore[tls-verify-disabled] -- a test server\n"
    assert (shop / "main.py").read_text() == text.replace("    return requests", comment + "    return requests")
    assert apilint("check", shop).status == 0


def test_fix_shows_the_change_and_asks(shop: Path) -> None:
    result = triage(shop, "s", "f", "n", "q")
    assert "-    return requests.get(url, verify=False, timeout=1)" in result.out
    assert (shop / "main.py").read_text() == CODE
    assert "1 mended, 1 skipped; 0 left" in triage(shop, "s", "f", "y").out
    assert (shop / "main.py").read_text() == CODE.replace(", verify=False", "")


def test_what_is_not_offered_is_asked_again(shop: Path) -> None:
    assert "[p]ublic route" in triage(shop, "q").out
    second = triage(shop, "s", "p", "q").out.split("1 finding to decide on")[1]
    assert "[p]ublic" not in second
    assert second.count("[q]uit") == 2
    assert "'p' is not one of" in second


def test_a_comment_that_does_not_reach_its_finding_is_taken_back(shop: Path) -> None:
    text = CODE.replace(
        "    return requests.get(url, verify=False, timeout=1)", '    return requests.get("""\n""" + url, verify=False)'
    )
    (shop / "main.py").write_text(text)
    result = triage(shop, "s", "i", "why not", "q")
    assert "That is not possible: " in result.out
    assert (shop / "main.py").read_text() == text


def test_the_end_of_the_input_is_the_end(shop: Path) -> None:
    result = triage(shop, "a")
    assert result.status == 0
    assert "Nothing decided; 2 left to decide on." in result.out
    assert not (shop / FILE_NAME).exists()


def test_nothing_to_decide_on(shop: Path) -> None:
    (shop / "main.py").write_text("")
    assert triage(shop).out == "Nothing decided; 0 left to decide on.\n"
