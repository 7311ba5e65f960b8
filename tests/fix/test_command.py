"""`check --fix` and `check --diff`: what is written, what is said, and how it ends."""

from __future__ import annotations

import json
import os
import stat
import subprocess
from pathlib import Path

import pytest

from apilint import streams
from commandline import apilint, program
from fix.cases import case
from linting import write

BAD = "import requests\n\nrequests.get('https://a.example.com', verify=False, timeout=1)  # Käse\n"
GOOD = BAD.replace(", verify=False", "")


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    return write(tmp_path / "shop", {"main.py": BAD, "pyproject.toml": "[tool.apilint]\n"})


def test_fix_writes_and_reports_the_rest(shop: Path) -> None:
    result = apilint("check", shop, "--fix")
    assert (shop / "main.py").read_text() == GOOD
    assert result.status == 0
    assert "1 finding mended in 1 file" in result.err
    assert "All clear" in result.out
    assert apilint("check", shop, "--fix").err == "apilint: nothing to mend\n"


def test_diff_only_shows(shop: Path) -> None:
    result = program("check", shop, "--diff")
    assert (shop / "main.py").read_text() == BAD
    assert result.status == 1
    subprocess.run(["git", "apply", "-"], cwd=shop, input=result.out, text=True, check=True)
    assert (shop / "main.py").read_text() == GOOD
    assert program("check", shop, "--diff") == (0, "", "apilint: nothing to mend\n")


def test_what_is_not_safe_is_offered_and_not_made(tmp_path: Path) -> None:
    folder = write(tmp_path, case("APL502-comments").files)
    assert "with --unsafe-fixes" not in apilint("check", folder, "--select", "APL401").out
    assert "apilint check --diff --unsafe-fixes" in apilint("check", folder).out
    assert apilint("check", folder, "--fix").status == 1
    assert (folder / "main.py").read_text() == case("APL502-comments").files["main.py"]
    apilint("check", folder, "--fix", "--unsafe-fixes")
    assert (folder / "main.py").read_text() == case("APL502-comments").after


def test_unsafe_fixes_alone_are_a_mistake(shop: Path) -> None:
    result = apilint("check", shop, "--unsafe-fixes")
    assert (result.status, result.out) == (2, "")
    assert "--fix or --diff" in result.err


def test_thresholds_and_selection_hold(shop: Path) -> None:
    for words in (["--select", "APL1"], ["--ignore", "APL401"], ["--min-confidence", "very-high", "--ignore", "APL4"]):
        assert apilint("check", shop, "--fix", *words).status == 0
        assert (shop / "main.py").read_text() == BAD


@pytest.mark.parametrize(
    "data",
    [
        b"\xef\xbb\xbf" + BAD.encode(),
        b"# coding: latin-1\n" + BAD.encode("latin-1"),
        BAD.replace("\n", "\r\n").encode(),
    ],
    ids=["byte order mark", "latin-1", "crlf"],
)
def test_the_bytes_of_everything_else_stay(data: bytes, shop: Path) -> None:
    file = shop / "main.py"
    file.write_bytes(data)
    file.chmod(0o750)
    assert apilint("check", shop, "--fix").status == 0
    assert file.read_bytes() == data.replace(b", verify=False", b"")
    assert stat.S_IMODE(file.stat().st_mode) == 0o750


def test_a_link_stays_a_link(shop: Path) -> None:
    os.rename(shop / "main.py", shop.parent / "elsewhere.py")
    (shop / "main.py").symlink_to(shop.parent / "elsewhere.py")
    streams.rewrite(shop / "main.py", BAD.encode(), GOOD.encode())
    assert (shop / "main.py").is_symlink()
    assert (shop.parent / "elsewhere.py").read_text() == GOOD


def test_a_file_that_has_changed_meanwhile_is_left_alone(shop: Path) -> None:
    with pytest.raises(OSError, match="changed meanwhile"):
        streams.rewrite(shop / "main.py", GOOD.encode(), b"")
    assert (shop / "main.py").read_text() == BAD


def test_marks(shop: Path) -> None:
    out = apilint("check", shop, "--format", "concise").out.splitlines()
    assert out[0].startswith("main.py:3:39: APL401 [*] ")
    assert out[1] == "[*] `apilint check --fix` mends 1 of them; --diff only shows how."
    assert "error[APL401] [*] 'requests.get'" in apilint("check", shop).out


def test_json_has_the_edits(shop: Path) -> None:
    (found,) = json.loads(apilint("check", shop, "--format", "json").out)["findings"]
    edit = {"file": "main.py", "line": 3, "column": 39, "end_line": 3, "end_column": 53, "text": ""}
    assert found["fix"] == {"safe": True, "edits": [edit]}


def test_sarif_has_the_fixes(shop: Path) -> None:
    (found,) = json.loads(apilint("check", shop, "--format", "sarif").out)["runs"][0]["results"]
    (change,) = found["fixes"][0]["artifactChanges"]
    assert change["artifactLocation"]["uri"] == "main.py"
    (replacement,) = change["replacements"]
    assert replacement["deletedRegion"] == {"startLine": 3, "startColumn": 39, "endLine": 3, "endColumn": 53}
    assert replacement["insertedContent"] == {"text": ""}


def test_a_fix_that_cannot_be_made_is_in_no_machine_s_report(tmp_path: Path) -> None:
    text = "import requests\n\n\ndef f(url, session: requests.Session):\n    if url: session.verify = False\n"
    write(tmp_path, {"main.py": text})
    (found,) = json.loads(apilint("check", tmp_path, "--format", "json").out)["findings"]
    assert "fix" not in found


def test_a_rule_says_how_it_is_mended() -> None:
    assert "fix         safe (check --fix)" in apilint("rule", "APL103").out
    assert "fix         to be reviewed (check --fix --unsafe-fixes)" in apilint("rule", "APL502").out
    assert "fix         -" in apilint("rule", "APL110").out
