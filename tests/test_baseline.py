"""The baseline: what it accepts, how it follows the code, and what it says of itself."""

from __future__ import annotations

import datetime
import json
from pathlib import Path

import pytest

from apilint.baseline import FILE_NAME, Entry, match
from apilint.config import Config
from apilint.finding import Finding, Report
from apilint.pipeline import Options, lint
from commandline import apilint
from linting import write

CODE = """import requests


def pull(url):
    return requests.get(url, verify=False, timeout=1)


def push(url):
    return requests.post(url, verify=False, timeout=1)
"""


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    return write(tmp_path / "shop", {"main.py": CODE, "pyproject.toml": "[tool.apilint]\n"})


def check(folder: Path, day: str = "2027-01-31", **options: bool) -> Report:
    today = datetime.date.fromisoformat(day)
    return lint(
        Options(root=folder, config=Config(), cache=False, jobs=1, today=lambda: today, **options)  # type: ignore[arg-type]
    )


def open_(report: Report) -> list[tuple[str, str, int]]:
    return [(each.code, each.place.file, each.place.line) for each in report.findings if each.suppression is None]


def accept(folder: Path, *words: str) -> str:
    result = apilint("baseline", folder, "--author", "Ada", *words)
    assert result.status == 0
    return (folder / FILE_NAME).read_text()


def test_what_is_accepted_is_no_longer_reported(shop: Path) -> None:
    text = accept(shop, "--reason", "a test server")
    assert "2 findings accepted" in apilint("baseline", shop).err
    assert open_(check(shop)) == []
    assert len(open_(check(shop, baseline=False))) == 2
    assert text.split("findings:\n")[1].split("- fingerprint")[1].splitlines()[1:] == [
        "  rule: APL401 tls-verify-disabled",
        "  place: main.py:5",
        "  in: pull",
        "  line: return requests.get(url, verify=False, timeout=1)",
        "  note:",
        "    reason: a test server",
        "    author: Ada",
    ]


def test_exit_status(shop: Path) -> None:
    assert apilint("check", shop).status == 1
    accept(shop)
    assert apilint("check", shop).status == 0
    assert apilint("check", shop, "--no-baseline").status == 1


def test_new_findings_are_reported(shop: Path) -> None:
    accept(shop)
    (shop / "main.py").write_text(CODE + "\n\nrequests.get('https://a.de', verify=False, timeout=1)\n")
    assert open_(check(shop)) == [("APL401", "main.py", 12)]


def test_entries_follow_their_lines(shop: Path) -> None:
    accept(shop)
    (shop / "main.py").write_text('"""Moved."""\n\n' + CODE.replace("def pull", "def fetch").replace("'", '"'))
    assert open_(check(shop)) == []
    (shop / "main.py").rename(shop / "partner.py")
    assert open_(check(shop)) == []


def test_an_entry_does_not_follow_into_another_file_while_its_own_is_there(shop: Path) -> None:
    accept(shop)
    (shop / "main.py").write_text("import requests\n")
    (shop / "partner.py").write_text(CODE)
    assert [each for each in open_(check(shop)) if each[0] == "APL401"] == [
        ("APL401", "partner.py", 5),
        ("APL401", "partner.py", 9),
    ]


def test_what_matches_nothing_is_reported(shop: Path) -> None:
    accept(shop)
    (shop / "main.py").write_text(CODE.replace("get(url, verify=False", "get(url"))
    report = check(shop)
    assert open_(report) == [("APL906", FILE_NAME, 5)]
    (finding,) = (each for each in report.findings if each.suppression is None)
    assert finding.message == "This entry accepts a finding 'APL401' at 'main.py:5' that is no longer there."
    assert finding.place.text.startswith("- fingerprint: ")
    accept(shop)
    assert open_(check(shop)) == []


def test_only_what_was_asked_for_can_be_obsolete(shop: Path) -> None:
    write(shop, {"other.py": "import requests\n"})
    accept(shop)
    (shop / "main.py").write_text("import requests\n")
    assert apilint("check", shop / "other.py").status == 0
    assert apilint("check", shop, "--select", "APL5").status == 0
    (shop / "main.py").write_text("import requests\ndef (:\n")
    assert "APL906" not in apilint("check", shop).out
    (shop / "main.py").write_text("import requests\n")
    assert apilint("check", shop).out.count("APL906") == 2


def test_notes_survive_a_rewrite(shop: Path) -> None:
    text = accept(shop)
    (shop / FILE_NAME).write_text(
        text.replace("reason: ''", "reason: until May", 1).replace(
            "author: Ada\n", "author: Bob\n    expires: 2027-05-31\n", 1
        )
    )
    (shop / "main.py").write_text("\n\n" + CODE + "\nrequests.put('https://a.de', verify=False, timeout=1)\n")
    text = accept(shop, "--reason", "new")
    assert [line.strip() for line in text.splitlines() if "reason" in line and line.startswith("    ")] == [
        "reason: until May", "reason: ''", "reason: new",
    ]  # fmt: skip
    assert "place: main.py:7" in text
    assert "author: Bob\n    expires: 2027-05-31\n" in text
    assert accept(shop) == text


def test_a_rewrite_of_one_file_leaves_the_others(shop: Path) -> None:
    write(shop, {"other.py": CODE})
    accept(shop)
    (shop / "main.py").write_text("")
    (shop / "other.py").write_text("")
    assert apilint("baseline", shop / "main.py").status == 0
    assert (shop / FILE_NAME).read_text().count("place: ") == 2
    accept(shop)
    assert "findings: []" in (shop / FILE_NAME).read_text()


def test_entries_have_a_last_day(shop: Path) -> None:
    accept(shop, "--expires", "2027-01-31")
    assert open_(check(shop, "2027-01-31")) == []
    report = check(shop, "2027-02-01")
    assert open_(report) == [
        ("APL908", FILE_NAME, 5), ("APL908", FILE_NAME, 14),
        ("APL401", "main.py", 5), ("APL401", "main.py", 9),
    ]  # fmt: skip
    assert "was accepted until '2027-01-31' and is reported again" in report.findings[0].message


def test_the_date_is_asked_for_only_where_it_matters(shop: Path) -> None:
    def never() -> datetime.date:
        raise AssertionError

    accept(shop)
    lint(Options(root=shop, config=Config(), cache=False, jobs=1, today=never))


def test_reasons_are_required_when_asked_for(shop: Path) -> None:
    text = accept(shop, "--reason", "a test server")
    (shop / FILE_NAME).write_text(text.replace("reason: a test server", "reason: ' '", 1))
    assert apilint("check", shop).status == 0
    result = apilint("check", shop, "--require-reasons", "--format", "concise")
    assert result.status == 1
    assert result.out.startswith(
        f"{FILE_NAME}:5:3: APL907 The finding 'APL401' at 'main.py:5' is accepted without a reason."
    )
    (shop / "pyproject.toml").write_text("[tool.apilint]\nrequire-reasons = true\n")
    assert apilint("check", shop).status == 1


def test_the_baseline_may_have_another_name(shop: Path) -> None:
    (shop / "pyproject.toml").write_text("[tool.apilint]\nbaseline = 'quality/accepted.yaml'\n")
    result = apilint("check", shop)
    assert result.status == 2
    assert "quality/accepted.yaml: there is no such baseline" in result.err
    (shop / "quality").mkdir()
    assert apilint("baseline", shop).status == 0
    assert (shop / "quality" / "accepted.yaml").is_file()
    assert apilint("check", shop).status == 0


def test_accepted_findings_are_shown_where_suppressed_ones_are(shop: Path) -> None:
    accept(shop, "--reason", "a test server")
    assert "All clear: no findings in 1 file, 0 routes (2 suppressed)." in apilint("check", shop).out
    data = json.loads(apilint("check", shop, "--format", "json").out)
    assert [each["suppression"] for each in data["suppressed"]] == [{"kind": "external", "reason": "a test server"}] * 2
    run = json.loads(apilint("check", shop, "--format", "sarif", "--sarif-suppressed", "include").out)["runs"][0]
    said = [each["suppressions"] for each in run["results"]]
    assert said == [[{"kind": "external", "justification": "a test server"}]] * 2


def test_accepted_findings_are_not_mended(shop: Path) -> None:
    accept(shop)
    assert apilint("check", shop, "--fix").err == "apilint: nothing to mend\n"
    (shop / "main.py").write_text(CODE + "\n\nrequests.get('https://a.de', verify=False, timeout=1)\n")
    assert "1 finding mended" in apilint("check", shop, "--fix").err
    assert (shop / "main.py").read_text() == CODE + "\n\nrequests.get('https://a.de', timeout=1)\n"


ENTRY = "- fingerprint: a\n  rule: APL401 x\n  place: main.py:5\n  line: x\n"


HEAD = "version: 1\nfindings:\n"
BROKEN = {
    HEAD + ENTRY.replace("rule", "rul"): ":4: findings[0].rul: unknown key 'rul'; did you mean 'rule'?",
    HEAD + ENTRY.replace("  rule: APL401 x\n", ""): ":3: findings[0]: the key 'rule' is missing",
    HEAD + ENTRY.replace(":5", ""): ":5: findings[0].place: expected file:line, found the string 'main.py'",
    HEAD + ENTRY + ENTRY: ":7: findings[1].fingerprint: this finding stands here twice, first on line 3",
    HEAD + ENTRY + "  note: {expires: soon}\n": (
        ":7: findings[0].note.expires: expected a date as in 2027-01-31, found the string 'soon'"
    ),
    HEAD + ENTRY + "  note: {reason: 5}\n": ":7: findings[0].note.reason: expected a string, found 5",
    "version: 2\n": ":1: version: expected 1, found 2",
    "findings: []\n": ":1: the key 'version' is missing",
    "version: 1\nfindings: {}\n": ":2: findings: expected",
    "- x\n": ":1: expected a table of settings, found the list",
    "version: 1\nfindings: [\n": ": broken YAML",
    HEAD + ENTRY + "  note: {expires: 2027-02-31}\n": "broken YAML",
}


@pytest.mark.parametrize(("text", "said"), BROKEN.items())
def test_a_broken_file_is_refused(text: str, said: str, shop: Path) -> None:
    (shop / FILE_NAME).write_text(text)
    for command in ("check", "baseline"):
        result = apilint(command, shop)
        assert (result.status, result.out) == (2, "")
        assert said in result.err
        assert FILE_NAME in result.err
    assert (shop / FILE_NAME).read_text() == text


def test_an_empty_file_accepts_nothing(shop: Path) -> None:
    (shop / FILE_NAME).write_text("version: 1\nfindings:\n")
    assert len(open_(check(shop))) == 2


def found(shop: Path) -> list[Finding]:
    return list(check(shop, baseline=False).findings)


def test_two_that_look_alike_are_not_taken_for_each_other(shop: Path) -> None:
    """Two entries, one finding on such a line of another route: nobody knows which of them it is."""
    one, *_ = found(shop)
    entries = [Entry(f"old {number}", "APL401 x", "main.py:1", one.place.text, f"GET /{number}") for number in (1, 2)]
    assert match([one], entries, {"main.py"}) == {}
    assert match([one], entries[:1], {"main.py"}) == {one.fingerprint: "old 1"}


def test_lines_that_look_alike_are_told_apart_by_their_functions(tmp_path: Path) -> None:
    """All paths get a new prefix, the classes change places and the file its name: each entry follows its own class."""
    shop = write(tmp_path, {"main.py": VIEWS.format(prefix="/v1", first="Users", second="Orders")})
    text = accept(shop, "--reason", "first").replace("reason: first", "reason: second").replace("second", "first", 1)
    (shop / FILE_NAME).write_text(text)
    (shop / "main.py").write_text(VIEWS.format(prefix="/v2", first="Orders", second="Users"))
    (shop / "main.py").rename(shop / "views.py")
    report = check(shop)
    assert open_(report) == []
    reasons = {each.enclosing: each.suppression.reason for each in report.findings if each.suppression is not None}
    assert reasons == {"DeletingUsers.delete": "first", "DeletingOrders.delete": "second"}


VIEWS = """
from flask import Flask
from flask.views import MethodView
from flask_login import login_required

app = Flask(__name__)
store = {{}}


@app.get("/me")
@login_required
def me():
    return ""


class {first}(MethodView):
    def get(self, key):
        return store[key]


class Deleting{first}(MethodView):
    def delete(self, key):
        return store.pop(key)


class Deleting{second}(MethodView):
    def delete(self, key):
        return store.pop(key)


app.add_url_rule("{prefix}/a/<key>", view_func=Deleting{first}.as_view("a"))
app.add_url_rule("{prefix}/b/<key>", view_func=Deleting{second}.as_view("b"))
"""
