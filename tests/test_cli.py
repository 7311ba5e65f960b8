"""The command line: options, streams, exit statuses, and what of a project a run speaks of."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path

import pytest

from apilint import __version__
from commandline import REPOSITORY, apilint, program
from linting import write

SHOP = {
    "pyproject.toml": "[tool.apilint]\n",
    "shop/__init__.py": "",
    "shop/security.py": """
from fastapi import Header, HTTPException


def signed_in(x_key: str = Header()) -> str:
    if x_key != "secret":
        raise HTTPException(401)
    return x_key
""",
    "shop/orders.py": """
from fastapi import APIRouter, Depends

from shop.security import signed_in

router = APIRouter(prefix="/orders")


@router.get("/{number}", dependencies=[Depends(signed_in)])
def read_order(number: int):
    return number


@router.post("/", dependencies=[Depends(signed_in)])
def place_order(product: int):
    return product


@router.delete("/{number}")
def cancel_order(number: int):
    return number
""",
    "shop/partners.py": """
import requests


def tell(order):
    return requests.post("https://partner.example", json=order, timeout=5, verify=False)
""",
    "shop/main.py": """
from fastapi import FastAPI

from shop import partners
from shop.orders import router

app = FastAPI()
app.include_router(router)


@app.get("/health")
def health():
    return "fine"
""",
}
CLEAN = {"clean.py": "print('nothing to see')\n"}
OPEN_ROUTE = """
from fastapi import FastAPI

app = FastAPI()


@app.delete("/everything")
def wipe():
    return None
"""
BROKEN = "def broken(:\n"


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    """One open route that changes something (APL1xx) and one call without verification (APL401)."""
    return write(tmp_path / "project", SHOP)


def codes(*words: object) -> dict[str, list[str]]:
    """The codes of the findings, by file."""
    found: dict[str, list[str]] = {}
    for finding in json.loads(apilint("check", "--format", "json", *words).out)["findings"]:
        found.setdefault(finding["file"], []).append(finding["code"])
    return found


# ---------------------------------------------------------------------------------------- exit statuses


def test_nothing_found_is_status_0(tmp_path: Path) -> None:
    result = apilint("check", write(tmp_path, CLEAN))
    assert (result.status, result.err) == (0, "")
    assert result.out == "All clear: no findings in 1 file, 0 routes.\n"


def test_findings_are_status_1(shop: Path) -> None:
    result = apilint("check", shop)
    assert (result.status, result.err) == (1, "")
    assert "shop/partners.py:6:" in result.out
    assert "shop/orders.py:20:1: error[APL10" in result.out


def test_a_file_that_cannot_be_parsed_is_status_2_even_beside_findings(shop: Path) -> None:
    (shop / "shop" / "broken.py").write_text(BROKEN)
    result = apilint("check", shop)
    assert result.status == 2
    assert "cancel_order" in result.out
    assert result.err == "shop/broken.py:1: not analysed: syntax error: invalid syntax\n"
    assert apilint("check", shop, "--exit-zero").status == 2
    assert apilint("routes", shop).status == 2


def test_nothing_to_analyse_is_status_2(tmp_path: Path) -> None:
    for command in ("check", "routes"):
        result = apilint(command, tmp_path)
        assert (result.status, result.out) == (2, "")
        assert result.err == f"apilint: nothing to analyse: no Python files in {tmp_path}\n"


def test_an_empty_folder_of_a_project_is_status_2(shop: Path) -> None:
    (shop / "empty").mkdir()
    result = apilint("check", shop / "empty")
    assert (result.status, result.out) == (2, "")
    assert "nothing to analyse" in result.err


def test_a_path_that_is_not_there_is_status_2(shop: Path) -> None:
    result = apilint("check", shop / "shop" / "nowhere.py")
    assert (result.status, result.out) == (2, "")
    assert result.err == f"apilint: {shop / 'shop' / 'nowhere.py'}: No such file or directory\n"


def test_an_excluded_file_that_is_named_is_no_failure(shop: Path) -> None:
    """pre-commit names what has changed, excluded or not."""
    (shop / "pyproject.toml").write_text("[tool.apilint]\nexclude = ['partners.py']\n")
    result = apilint("check", shop / "shop" / "partners.py")
    assert result.status == 0
    assert "no findings" in result.out


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["check", "--frmat", "json"], "--format"),
        (["check", "--format", "xml"], "'json'"),
        (["check", "--jobs", "0"], "--jobs"),
        (["check", "--jobs", "many"], "--jobs"),
        (["check", "--min-severity", "high"], "'warning'"),
        (["check", "--fail-on", "never"], "--fail-on"),
        (["chekc"], "check"),
        (["rule", "APL101", "APL102"], "APL102"),
    ],
)
def test_wrong_usage_is_status_2(words: list[str], said: str) -> None:
    result = apilint(*words)
    assert (result.status, result.out) == (2, "")
    assert said in result.err


def test_wrong_settings_are_status_2(shop: Path) -> None:
    (shop / "pyproject.toml").write_text("[tool.apilint]\nmin-severty = 'note'\n")
    result = apilint("check", shop)
    assert (result.status, result.out) == (2, "")
    assert result.err.endswith(
        "pyproject.toml:2: min-severty: unknown key 'min-severty'; did you mean 'min-severity'?\n"
    )


def test_exit_zero_and_fail_on(shop: Path) -> None:
    assert apilint("check", shop, "--exit-zero").status == 0
    (shop / "pyproject.toml").write_text("[tool.apilint.severity]\nAPL1 = 'note'\nAPL4 = 'warning'\n")
    assert apilint("check", shop, "--fail-on", "error").status == 0
    assert apilint("check", shop, "--fail-on", "warning").status == 1
    (shop / "pyproject.toml").write_text(
        "[tool.apilint]\nfail-on = 'error'\nseverity = {APL1 = 'note', APL4 = 'note'}\n"
    )
    assert apilint("check", shop).status == 0
    assert apilint("check", shop, "--fail-on", "note").status == 1


# ------------------------------------------------------------------------------------- formats and files


def test_each_format_goes_to_the_output_named_after_it(shop: Path, tmp_path: Path) -> None:
    sarif, data = tmp_path / "r.sarif", tmp_path / "r.json"
    words = ["--format", "text", "--format", "sarif", "--output", sarif, "--format", "json", "-o", data]
    result = apilint("check", shop, *words)
    assert result.status == 1
    assert "cancel_order" in result.out
    assert json.loads(sarif.read_text())["version"] == "2.1.0"
    assert json.loads(data.read_text())["version"] == 1


def test_an_output_before_its_format(shop: Path, tmp_path: Path) -> None:
    one, two = tmp_path / "one", tmp_path / "two"
    assert apilint("check", shop, "-o", one, "--format", "json", "-o", two, "--format", "sarif").out == ""
    assert json.loads(one.read_text())["version"] == 1
    assert json.loads(two.read_text())["version"] == "2.1.0"


def test_the_name_of_a_file_says_its_format(shop: Path, tmp_path: Path) -> None:
    assert apilint("check", shop, "-o", tmp_path / "r.sarif", "-o", tmp_path / "r.json").out == ""
    assert json.loads((tmp_path / "r.sarif").read_text())["version"] == "2.1.0"
    assert json.loads((tmp_path / "r.json").read_text())["version"] == 1
    result = apilint("check", shop, "-o", tmp_path / "report")
    assert result.status == 2
    assert "--format" in result.err


def test_two_formats_in_one_place_are_refused(shop: Path, tmp_path: Path) -> None:
    result = apilint("check", shop, "--format", "json", "--format", "sarif")
    assert (result.status, result.out) == (2, "")
    assert "only one format" in result.err
    same = tmp_path / "same"
    result = apilint("check", shop, "--format", "json", "-o", same, "--format", "sarif", "-o", same)
    assert (result.status, same.exists()) == (2, False)


@pytest.mark.parametrize("format_", ["text", "concise", "json", "sarif", "github"])
def test_what_could_not_be_analysed_stands_in_every_format(shop: Path, format_: str) -> None:
    (shop / "shop" / "broken.py").write_text(BROKEN)
    for selection in ([], ["--select", "APL4"]):
        result = apilint("check", shop, "--format", format_, *selection)
        assert result.status == 2
        assert "broken.py" in result.out
        assert "invalid syntax" in result.out
        assert "broken.py" in result.err


def test_json_is_the_interface_that_is_documented(shop: Path) -> None:
    report = json.loads(apilint("check", shop, "--format", "json").out)
    assert {"version", "findings", "diagnostics", "stats"} <= report.keys()
    for key in (
        "code name severity security_severity precision message file line column end_line end_column cwe owasp "
        "fingerprint trace"
    ).split():
        assert key in report["findings"][0]
    table = json.loads(apilint("routes", shop, "--format", "json").out)
    assert {"version", "routes", "diagnostics"} <= table.keys()
    assert {"framework", "methods", "path", "handler", "file", "line", "auth", "guards"} <= table["routes"][0].keys()
    guarded = next(route for route in table["routes"] if route["guards"])
    assert {"name", "kind", "via", "file", "line"} <= guarded["guards"][0].keys()


def test_statistics(shop: Path) -> None:
    twice = "    requests.get('https://a.example', timeout=5, verify=False)\n" * 2
    (shop / "more.py").write_text(f"import requests\n\n\ndef get():\n{twice}")
    lines = apilint("check", shop, "--statistics", "--format", "concise").out.splitlines()
    assert "     3  APL401  tls-verify-disabled" in lines
    assert lines[-1].startswith("Found 4 findings")


def test_sarif_options(shop: Path) -> None:
    (shop / "shop" / "partners.py").write_text(
        SHOP["shop/partners.py"].replace("=False)", "=False)  # apilint: ignore[APL401] -- a test server")
    )
    run = json.loads(apilint("check", shop, "--format", "sarif", "--sarif-category", "shop/api").out)["runs"][0]
    assert run["automationDetails"]["id"] == "shop/api/"
    assert [result["ruleId"] for result in run["results"] if "401" in result["ruleId"]] == []
    words = ("check", shop, "--format", "sarif", "--sarif-suppressed", "include")
    results = json.loads(apilint(*words).out)["runs"][0]["results"]
    assert [each["suppressions"][0]["justification"] for each in results if each["ruleId"] == "APL401"] == [
        "a test server"
    ]


# ----------------------------------------------------------------------------------------------- streams


def test_results_on_stdout_and_nothing_else(shop: Path) -> None:
    result = program("check", shop, "--format", "json")
    assert (result.status, result.err) == (1, "")
    json.loads(result.out)


def test_a_report_for_the_same_eyes_is_not_followed_by_its_complaints(shop: Path) -> None:
    (shop / "broken.py").write_text(BROKEN)
    command = [sys.executable, "-m", "apilint", "check", str(shop), "--format", "concise"]
    environment = {**os.environ, "PYTHONPATH": str(REPOSITORY)}
    done = subprocess.run(
        command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False
    )
    assert done.returncode == 2
    assert done.stdout.count("invalid syntax") == 1


def test_colour(shop: Path) -> None:
    def colours(**env: str) -> bool:
        shown = {**dict.fromkeys(("NO_COLOR", "FORCE_COLOR")), **env}
        return "\x1b[" in apilint("check", shop, env=shown).out

    assert not colours()
    assert colours(FORCE_COLOR="1")
    assert not colours(FORCE_COLOR="0")
    assert not colours(FORCE_COLOR="1", NO_COLOR="1")
    assert colours(FORCE_COLOR="1", NO_COLOR="")


def test_files_have_no_colour(shop: Path, tmp_path: Path) -> None:
    for words in (["check", shop, "--format", "text"], ["routes", shop]):
        apilint(*words, "--output", tmp_path / "report", env={"FORCE_COLOR": "1"})
        assert "\x1b[" not in (tmp_path / "report").read_text()
    assert "\x1b[" in apilint("routes", shop, env={"FORCE_COLOR": "1"}).out


@pytest.mark.skipif(not hasattr(os, "openpty"), reason="no terminals here")
@pytest.mark.parametrize(("variable", "coloured"), [("", True), ("NO_COLOR", False), ("TERM", False)])
def test_a_terminal_has_colour(shop: Path, variable: str, coloured: bool) -> None:
    assert ("\x1b[" in on_a_terminal("check", str(shop), variable=variable)) == coloured


def on_a_terminal(*words: str, variable: str) -> str:
    """What a terminal gets to see; `variable` is set to `dumb`, which for NO_COLOR is as good as any value."""
    ours, theirs = os.openpty()
    environment = {**os.environ, "PYTHONPATH": str(REPOSITORY), "TERM": "xterm"}
    if variable:
        environment[variable] = "dumb"
    process = subprocess.Popen(
        [sys.executable, "-m", "apilint", *words],
        env=environment,
        stdin=theirs,
        stdout=theirs,
        stderr=subprocess.DEVNULL,  # where a slow machine gets to see how far the scan is
    )
    os.close(theirs)
    shown = b"".join(_read_all(ours))
    os.close(ours)
    assert process.wait() == 1
    return shown.decode()


def _read_all(descriptor: int) -> Iterator[bytes]:
    while True:
        try:
            data = os.read(descriptor, 65536)
        except OSError:  # Linux's way of saying that the other side has closed
            return
        if not data:
            return
        yield data


def test_a_reader_that_has_read_enough_is_no_failure(tmp_path: Path) -> None:
    call = "requests.get('https://{}.example', timeout=5, verify=False)"
    lines = "".join(f"    {call.format(number)}\n" for number in range(1500))
    write(tmp_path, {"many.py": f"import requests\n\n\ndef get():\n{lines}"})
    environment = {**os.environ, "PYTHONPATH": str(REPOSITORY)}
    process = subprocess.Popen(
        [sys.executable, "-m", "apilint", "check", str(tmp_path)],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert process.stdout is not None
    assert process.stderr is not None
    process.stdout.readline()
    process.stdout.close()
    assert process.stderr.read() == b""
    process.stderr.close()
    assert process.wait() == 1


@pytest.mark.skipif(os.name != "posix", reason="a shell closes what it redirects to &-")
def test_closed_streams_leave_the_exit_status(shop: Path) -> None:
    def status(redirection: str) -> int:
        line = f'"{sys.executable}" -m apilint check "{shop}" {redirection}'
        return subprocess.run(
            line, shell=True, env={**os.environ, "PYTHONPATH": str(REPOSITORY)}, check=False
        ).returncode

    assert status("2>&- >/dev/null") == 1
    assert status(">&- 2>/dev/null") == 2


# ----------------------------------------------------------------------------------------- what is shown


@pytest.mark.parametrize("selector", ["APL401", "apl401", "APL4", "APL40", "tls-verify-disabled"])
def test_select_and_ignore_by_code_name_and_beginning(shop: Path, selector: str) -> None:
    assert codes(shop, "--select", selector) == {"shop/partners.py": ["APL401"]}
    assert "shop/partners.py" not in codes(shop, "--ignore", selector)
    assert "shop/orders.py" in codes(shop, "--ignore", selector)


def test_selectors_may_be_listed_and_repeated(shop: Path) -> None:
    assert set(codes(shop, "--select", "APL1, APL401")) == {"shop/orders.py", "shop/partners.py"}
    assert set(codes(shop, "--select", "APL1", "--select", "APL4")) == {"shop/orders.py", "shop/partners.py"}
    assert codes(shop, "--select", "APL1,APL4", "--ignore", "APL1") == {"shop/partners.py": ["APL401"]}


@pytest.mark.parametrize(
    ("option", "word", "said"),
    [
        ("--select", "APL4O1", "did you mean 'APL401'?"),
        ("--ignore", "tls-verify-disable", "did you mean 'tls-verify-disabled'?"),
        ("--select", "B101", "unknown rule 'B101'"),
    ],
)
def test_an_unknown_rule_is_refused_with_the_nearest(shop: Path, option: str, word: str, said: str) -> None:
    result = apilint("check", shop, option, word)
    assert (result.status, result.out) == (2, "")
    assert option in result.err
    assert said in result.err


def test_thresholds(shop: Path) -> None:
    (shop / "pyproject.toml").write_text("[tool.apilint.severity]\ntls-verify-disabled = 'note'\n")
    assert "shop/partners.py" in codes(shop)
    assert "shop/partners.py" not in codes(shop, "--min-severity", "warning")
    doubtful = codes(shop, "--min-confidence", "low")
    sure = codes(shop, "--min-confidence", "very-high")
    assert "shop/main.py" in doubtful  # a health check is public by convention
    assert "shop/main.py" not in codes(shop)
    assert len(sure) <= len(codes(shop))


def test_verbose_and_notes_on_stderr(shop: Path) -> None:
    (shop / "shop" / "large.py").write_text("#" * 5_000_000)
    quiet = apilint("check", shop, "--format", "json")
    assert quiet.err == ""
    assert "shop/large.py" in quiet.out
    assert "shop/large.py: note: skipped: larger than" in apilint("check", shop, "--format", "json", "-v").err


def test_jobs_and_no_cache_change_nothing(shop: Path) -> None:
    expected = apilint("check", shop)
    for words in (["--no-cache"], ["--jobs", "1"], ["-j", "3", "--no-cache"]):
        assert apilint("check", shop, *words) == expected


def test_no_cache_keeps_nothing(shop: Path, tmp_path: Path) -> None:
    cache = tmp_path / "cache"
    apilint("check", shop, "--no-cache", env={"APILINT_CACHE_DIR": str(cache)})
    assert not list(cache.glob("project-*"))
    apilint("check", shop, env={"APILINT_CACHE_DIR": str(cache)})
    assert list(cache.glob("project-*"))


# --------------------------------------------------------------------------------------- the named paths


def test_findings_of_the_named_file_but_the_whole_project_is_linked(shop: Path) -> None:
    assert codes(shop / "shop" / "partners.py") == {"shop/partners.py": ["APL401"]}
    assert set(codes(shop / "shop" / "orders.py")) == {"shop/orders.py"}
    routes = json.loads(apilint("routes", shop / "shop" / "orders.py", "--format", "json").out)["routes"]
    assert {route["path"] for route in routes} == {"/orders/", "/orders/{number}"}


def test_a_named_folder(shop: Path) -> None:
    write(shop, {"tools/tell.py": SHOP["shop/partners.py"]})
    assert set(codes(shop / "tools")) == {"tools/tell.py"}
    assert set(codes(shop / "tools", shop / "shop" / "partners.py")) == {"tools/tell.py", "shop/partners.py"}


def test_what_is_broken_elsewhere_is_a_note_on_a_named_file(shop: Path) -> None:
    (shop / "shop" / "broken.py").write_text(BROKEN)
    result = apilint("check", shop / "shop" / "partners.py")
    assert (result.status, result.err) == (1, "")
    assert "shop/broken.py:1: note: syntax error" in result.out
    assert apilint("check", shop / "shop" / "broken.py").status == 2


def test_from_a_folder_of_the_project(shop: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    expected = codes(shop)
    monkeypatch.chdir(shop / "shop")
    assert codes() == expected
    assert codes("partners.py") == {"shop/partners.py": ["APL401"]}
    assert codes("..") == expected
    assert codes(".") == expected


def test_a_project_inside_a_git_checkout(shop: Path) -> None:
    top = shop.parent
    subprocess.run(["git", "init", "-q", str(top)], check=True)
    write(top, {"other/wild.py": SHOP["shop/partners.py"]})
    assert set(codes(shop)) == {"shop/orders.py", "shop/partners.py"}
    sarif = json.loads(apilint("check", shop, "--format", "sarif").out)
    places = {
        each["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] for each in sarif["runs"][0]["results"]
    }
    assert places == {"project/shop/orders.py", "project/shop/partners.py"}
    assert "::error file=project/shop/" in apilint("check", shop, "--format", "github").out
    (shop / "pyproject.toml").unlink()
    assert set(codes(shop)) == {"project/shop/orders.py", "project/shop/partners.py"}
    assert set(codes(top)) == {"project/shop/orders.py", "project/shop/partners.py", "other/wild.py"}


def test_links_name_what_they_lead_to(shop: Path) -> None:
    link = shop.parent / "elsewhere.py"
    link.symlink_to(shop / "shop" / "partners.py")
    assert codes(shop, "--select", "APL401") == {"shop/partners.py": ["APL401"]}
    inside = shop / "shop" / "alias.py"
    inside.symlink_to("partners.py")
    assert "shop/alias.py" in codes(inside)


@pytest.mark.parametrize("name", ["-", "-v.py", "with space.py", "new\nline.py", "--", "ünïcode.py", "%s.py", "[x].py"])
def test_odd_names(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    write(tmp_path, {name: SHOP["shop/partners.py"]})
    monkeypatch.chdir(tmp_path)
    assert codes("--", name) == {name: ["APL401"]}
    for format_ in ("text", "concise", "sarif", "github"):
        assert apilint("check", "--format", format_, "--", name).status == 1


def test_a_name_that_is_no_text_is_told(tmp_path: Path) -> None:
    name = os.fsdecode(b"caf\xe9.py")
    try:
        write(tmp_path, {name: "", "fine.py": SHOP["shop/partners.py"]})
    except OSError:
        pytest.skip("this file system refuses such names")
    result = apilint("check", tmp_path, "--format", "json")
    assert result.status == 2
    assert "its name is not UTF-8" in result.out
    assert "APL401" in result.out


# -------------------------------------------------------------------------------------------- test code


def test_tests_are_reported_when_they_are_asked_for(shop: Path) -> None:
    write(shop, {"tests/test_partners.py": SHOP["shop/partners.py"]})
    assert "tests/test_partners.py" not in codes(shop)
    assert set(codes(shop / "tests")) == {"tests/test_partners.py"}
    assert set(codes(shop / "tests" / "test_partners.py")) == {"tests/test_partners.py"}
    (shop / "pyproject.toml").write_text("[tool.apilint]\ntests = true\n")
    assert "tests/test_partners.py" in codes(shop)


def test_what_lies_in_a_folder_called_tests_is_the_program_there(tmp_path: Path) -> None:
    write(tmp_path / "tests" / "fixture", SHOP)
    assert "shop/partners.py" in codes(tmp_path / "tests" / "fixture")


# --------------------------------------------------------------------------------------------- settings


def test_another_file_of_settings(shop: Path, tmp_path: Path) -> None:
    other = tmp_path / "other.toml"
    other.write_text("select = ['APL4']\n")
    assert codes(shop, "--config", other) == {"shop/partners.py": ["APL401"]}
    result = apilint("check", shop, "--config", tmp_path / "none.toml")
    assert result.status == 2
    assert "none.toml: cannot be read" in result.err


def test_the_command_line_counts_more_than_the_settings(shop: Path) -> None:
    (shop / "pyproject.toml").write_text("[tool.apilint]\nselect = ['APL1']\nmin-confidence = 'very-high'\n")
    assert codes(shop, "--select", "APL4", "--min-confidence", "low") == {"shop/partners.py": ["APL401"]}


def test_per_path_ignores(shop: Path) -> None:
    for selector in ("APL401", "APL4", "tls-verify-disabled"):
        settings = f"[tool.apilint.per-path-ignores]\n'shop/part*.py' = ['{selector}']\n"
        (shop / "pyproject.toml").write_text(settings)
        assert set(codes(shop)) == {"shop/orders.py"}
    assert "(1 suppressed)" in apilint("check", shop).out


@pytest.mark.parametrize("word", ["APL401", "tls-verify-disabled", "APL4", "APL"])
def test_severities_of_the_user(shop: Path, word: str) -> None:
    (shop / "pyproject.toml").write_text(f"[tool.apilint.severity]\n{word} = 'note'\n")
    findings = json.loads(apilint("check", shop, "--format", "json").out)["findings"]
    assert {each["severity"] for each in findings if each["code"] == "APL401"} == {"note"}


def test_public_routes(shop: Path) -> None:
    settings = "[tool.apilint]\npublic = ['DELETE /orders/*']\n"
    (shop / "pyproject.toml").write_text(settings)
    assert set(codes(shop)) == {"shop/partners.py"}
    assert "public: 'DELETE /orders/*' in the configuration" in apilint("routes", shop).out


def test_a_comment_makes_a_route_public(shop: Path) -> None:
    marked = SHOP["shop/orders.py"].replace('delete("/{number}")', 'delete("/{number}")  # apilint: public -- a demo')
    (shop / "shop" / "orders.py").write_text(marked)
    assert set(codes(shop)) == {"shop/partners.py"}
    assert "public: a demo" in apilint("routes", shop).out
    assert "declared public: a demo" in apilint("routes", shop, "--why", "DELETE /orders/7").out


@pytest.mark.parametrize(
    "statement",
    [
        "answer = requests.post(url, timeout=5, verify=False)  # apilint: ignore[APL401] -- why",
        "# apilint: ignore[tls-verify-disabled] -- why\nanswer = requests.post(url, timeout=5, verify=False)",
        "answer = requests.post(\n    url, timeout=5,\n    verify=False,  # apilint: ignore[APL4]\n)",
        "answer = requests.post(  # apilint: ignore[APL401]\n    url, timeout=5,\n    verify=False,\n)",
        "answer = requests.post(\n    url, timeout=5,\n    verify=False,\n)  # apilint: ignore",
    ],
)
def test_ignore_on_any_line_of_the_statement(tmp_path: Path, statement: str) -> None:
    body = textwrap.indent(statement, "    ")
    write(tmp_path, {"main.py": f"import requests\n\n\ndef send(url):\n{body}\n    return answer\n"})
    assert codes(tmp_path) == {}
    assert "(1 suppressed)" in apilint("check", tmp_path).out


def test_an_ignore_that_ignores_nothing_is_reported(shop: Path) -> None:
    with (shop / "shop" / "partners.py").open("a") as stream:
        stream.write("\n\nnumber = 1  # apilint: ignore[APL401] -- it was here once\n")
    assert codes(shop)["shop/partners.py"] == ["APL401", "APL906"]
    assert "APL906" not in codes(shop, "--select", "APL1")
    assert codes(shop, "--select", "APL401,APL906")["shop/partners.py"] == ["APL401", "APL906"]


def test_rules_of_the_user(shop: Path) -> None:
    rule = (REPOSITORY / "rules" / "transport" / "APL401-tls-verify-disabled.yaml").read_text()
    write(shop, {"lint/house/ACME001-partner-unverified.yaml": rule})
    (shop / "pyproject.toml").write_text("[tool.apilint]\nrules = ['lint']\n")
    assert codes(shop, "--select", "ACME") == {"shop/partners.py": ["ACME001"]}
    assert codes(shop)["shop/partners.py"] == ["ACME001", "APL401"]


def test_a_changed_rule_is_not_answered_from_the_cache(shop: Path) -> None:
    rule = (REPOSITORY / "rules" / "transport" / "APL401-tls-verify-disabled.yaml").read_text()
    file = "lint/house/ACME001-partner-unverified.yaml"
    write(shop, {file: rule})
    (shop / "pyproject.toml").write_text("[tool.apilint]\nrules = ['lint']\nselect = ['ACME']\n")
    assert "error[ACME001]" in apilint("check", shop).out
    write(shop, {file: rule.replace("severity: error", "severity: note")})
    assert "note[ACME001]" in apilint("check", shop).out


def test_a_library_model_of_the_user_makes_a_decorator_known(tmp_path: Path) -> None:
    write(
        tmp_path,
        {
            "main.py": """
from acme.auth import require_staff
from flask import Flask

app = Flask(__name__)


@app.post("/prices")
@require_staff
def set_price():
    return "set"
"""
        },
    )
    assert "require_staff" in apilint("routes", tmp_path).out
    before = json.loads(apilint("routes", tmp_path, "--format", "json").out)["routes"][0]
    assert before["auth"] != "required"
    (tmp_path / "apilint.toml").write_text(
        '[models.guards]\n"acme.auth.require_staff" = { kind = "decorator", effect = "required", factory = false }\n'
    )
    after = json.loads(apilint("routes", tmp_path, "--format", "json").out)["routes"][0]
    assert (after["auth"], after["guards"][0]["name"]) == ("required", "require_staff")


# -------------------------------------------------------------------------------------------- routes


def test_the_table_of_routes(shop: Path) -> None:
    result = apilint("routes", shop)
    assert (result.status, result.err) == (0, "")
    lines = result.out.splitlines()
    assert lines[0].split() == ["AUTH", "METHOD", "PATH", "HANDLER", "GUARDS"]
    assert ["none", "DELETE", "/orders/{number}", "cancel_order", "shop/orders.py:20"] in map(str.split, lines)
    assert any(line.startswith("required") and "signed_in shop/orders.py:14 (the route)" in line for line in lines)
    assert lines[-1] == "4 routes (fastapi): 2 required, 2 none."


def test_public_routes_only(shop: Path) -> None:
    routes = json.loads(apilint("routes", shop, "--public", "--format", "json").out)["routes"]
    assert {(*route["methods"], route["path"]) for route in routes} == {
        ("DELETE", "/orders/{number}"),
        ("GET", "/health"),
    }


def test_routes_of_the_file_that_registers_them(tmp_path: Path) -> None:
    files = {
        "views.py": "def health(request): ...\n",
        "urls.py": "from django.urls import path\nimport views\nurlpatterns = [path('health/', views.health)]\n",
        "settings.py": "ROOT_URLCONF = 'urls'\nINSTALLED_APPS = []\n",
        "manage.py": "import os\nos.environ.setdefault('DJANGO_SETTINGS_MODULE', 'settings')\n",
    }
    write(tmp_path, files)
    for named in ("urls.py", "views.py"):
        assert "/health/" in apilint("routes", tmp_path / named).out
    assert "/health/" not in apilint("routes", tmp_path / "settings.py").out


def test_why(shop: Path) -> None:
    result = apilint("routes", shop, "--why", "/orders/7")
    assert result.status == 0
    lines = result.out.splitlines()
    assert "GET /orders/{number}  required: callers without valid credentials are turned away" in lines
    assert "DELETE /orders/{number}  none: anyone may call it" in lines
    assert "the caller is turned away: HTTPException with status 401" in result.out
    assert "POST" not in result.out
    assert "POST /orders/" in apilint("routes", shop, "--why", "/orders/*").out
    as_json = json.loads(apilint("routes", shop, "--why", "POST /orders", "--format", "json").out)
    assert [route["methods"] for route in as_json["routes"]] == [["POST"]]


def test_why_of_a_route_that_is_not_there(shop: Path) -> None:
    result = apilint("routes", shop, "--why", "/order/")
    assert (result.status, result.out) == (2, "")
    assert result.err == "apilint: no route matches '/order/'; did you mean '/orders/' or '/orders/{number}'?\n"


def test_a_table_in_a_file(shop: Path, tmp_path: Path) -> None:
    expected = apilint("routes", shop).out
    assert apilint("routes", shop, "--output", tmp_path / "routes.txt").out == ""
    assert (tmp_path / "routes.txt").read_text() == expected


def test_a_program_without_routes(tmp_path: Path) -> None:
    assert apilint("routes", write(tmp_path, CLEAN)) == (0, "No routes found.\n", "")


# ----------------------------------------------------------------------------------------------- rule


def test_the_list_of_rules() -> None:
    result = apilint("rule")
    assert (result.status, result.err) == (0, "")
    assert "authentication" in result.out.splitlines()
    assert "APL401  tls-verify-disabled" in result.out
    family = apilint("rule", "apl4").out
    assert "APL401" in family
    assert "APL101" not in family


@pytest.mark.parametrize("word", ["APL401", "apl401", "tls-verify-disabled"])
def test_a_rule_explained(word: str) -> None:
    result = apilint("rule", word)
    assert (result.status, result.err) == (0, "")
    assert result.out.startswith("APL401 tls-verify-disabled\n")
    for heading in ("Why", "Mend", "Found", "Not found"):
        assert heading in result.out.splitlines()
    assert "CWE-295" in result.out
    assert "# finding" not in result.out


def test_an_unknown_rule() -> None:
    result = apilint("rule", "tls-verify-disable")
    assert (result.status, result.out) == (2, "")
    assert result.err.endswith("did you mean 'tls-verify-disabled'?\n")
    assert "`apilint rule` lists them" in apilint("rule", "zzzz").err


def test_rules_of_the_user_are_listed(shop: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rule = (REPOSITORY / "rules" / "transport" / "APL401-tls-verify-disabled.yaml").read_text()
    write(shop, {"lint/house/ACME001-partner-unverified.yaml": rule})
    (shop / "pyproject.toml").write_text("[tool.apilint]\nrules = ['lint']\n")
    monkeypatch.chdir(shop / "shop")
    assert "ACME001" in apilint("rule").out
    assert apilint("rule", "ACME001").status == 0


# --------------------------------------------------------------------------------------------- the rest


def test_version_and_help() -> None:
    assert apilint("--version").out == f"apilint {__version__}\n"
    assert program("--version") == (0, f"apilint {__version__}\n", "")
    for words in ([], ["check"], ["routes"], ["rule"]):
        for option in ("--help", "-h"):
            result = apilint(*words, option)
            assert result.status == 0
            assert "Usage:" in result.out


def test_wrong_usage_of_the_program() -> None:
    result = program("check", "--frmat", "json")
    assert (result.status, result.out) == (2, "")
    assert "Usage:" in result.err


def test_the_scanned_program_is_not_run(tmp_path: Path) -> None:
    write(
        tmp_path, {"main.py": "open('ran', 'w')\n", "json.py": "open('ran', 'w')\n", "click.py": "raise SystemExit\n"}
    )
    result = program("check", tmp_path)
    assert result.status == 0
    assert not (tmp_path / "ran").exists()


def test_a_run_with_nothing_to_do_loads_nothing_to_do_it_with(shop: Path) -> None:
    words = ["check", str(shop), "--exit-zero"]
    assert program(*words).status == 0
    code = (
        "import sys\nfrom apilint.cli import cli\ntry:\n    cli(sys.argv[1:])\nexcept SystemExit:\n    pass\n"
        "print(*sorted(name for name in sys.modules if name.startswith('apilint.')), file=sys.stderr)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, *words],
        env={**os.environ, "PYTHONPATH": str(REPOSITORY)},
        capture_output=True,
        text=True,
        check=True,
    )
    loaded = set(done.stderr.split())
    assert "apilint.pipeline" in loaded
    for heavy in ("analysis", "link", "facts", "startup.machine", "guards.judge", "frameworks", "checks", "pool"):
        assert f"apilint.{heavy}" not in loaded
