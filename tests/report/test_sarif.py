"""SARIF: what GitHub reads, its limits, the schema, and Microsoft's multitool."""

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import msgspec
import pytest

from apilint.catalogue import load_rules
from apilint.config import Config
from apilint.finding import Diagnostic, Place, Precision, Report, Severity, Stats, Suppression
from apilint.fingerprint import line_hashes
from apilint.report import render
from apilint.report.options import RenderOptions
from apilint.report.sarif.rules import descriptor

from .samples import BROKEN, FINDING, HYGIENE, RULE, UNRESOLVED, at, finding, report

ROOT = Path(__file__).parents[2]
MULTITOOL = Path(
    os.environ.get("SARIF_MULTITOOL", ROOT / ".work/node_modules/@microsoft/sarif-multitool-linux/Sarif.Multitool")
)
SCHEMA = MULTITOOL.parent / "sarif-2.1.0.json"

ODD = "app [v1]/ünï côde/shop #1.py"
SOURCES = {ODD: "\ufeffimport x\r\n" + "y = 1\r\n" * 30, "shop/items.py": "import x\n" * 20}
OPTIONS = RenderOptions(
    version="0.1.0",
    path_prefix="services/shop",
    repository_uri="git@github.com:acme/shop.git",
    revision="a" * 40,
    branch="main",
    sources=SOURCES.get,
    sarif_suppressed="include",
    exit_code=1,
)


def difficult() -> Report:
    """Odd names, links in texts, two findings on one line, long lists, everything that can be missing."""
    findings = [
        FINDING,
        finding(
            place=Place(ODD, 12, 3, 12, 9, text='  x["k"] = "商品 😀"'), message="'GET /a[0](x)' \"hi\" [link](1) \\"
        ),
        finding(place=Place(ODD, 12, 14, 12, 16), message="'GET /b' too", trace=(at("a b.py", message="[t](3) \\."),)),
        finding(message="word " * 2000, trace=(), related=tuple(at(line=line) for line in range(1, 1500))),
        finding(place=Place("c:odd.py", 0, 0, 0, 0), message="zero", fingerprint=""),
        finding(code="APL999", place=at(file="b\udce9.py"), message="\udce9"),
        finding(place=at(file="s.py"), suppression=Suppression("inSource", 'behind "gw"')),
        finding(place=Place("m.py", 4, 5, 9, 1, text="    foo("), is_test=True, security_severity=0.0),
    ]
    diagnostics = (BROKEN, UNRESOLVED, Diagnostic("", 0, "all of it"), Diagnostic("x y.py", 0, "not UTF-8"))
    return report(*findings, diagnostics=diagnostics)


def large() -> Report:
    """More findings than code scanning takes; the severe ones come last."""
    notes = [finding(severity=Severity.NOTE, place=at(f"f{n}.py"), trace=(), cwe=()) for n in range(30_000)]
    return report(*notes, *(finding(place=at(f"e{n}.py")) for n in range(10)))


def catalogue() -> Report:
    """A finding of every rule that there is, with what its file says of it."""
    rules = [rule.info() for rule in load_rules(Config())]
    findings = [
        finding(code=rule.code, name=rule.name, cwe=rule.cwe, owasp=rule.owasp, place=at(f"{rule.code}.py"))
        for rule in rules
    ]
    return report(*findings, rules=tuple(rules))


REPORTS = {
    "catalogue": (catalogue(), OPTIONS),
    "difficult": (difficult(), OPTIONS),
    "clean": (report(), RenderOptions(version="0.1.0.dev3")),
    "empty": (Report((), (), (), Stats()), RenderOptions(repository_uri="https://user:key@github.com/acme/shop")),
}


def run(*args: Any, options: RenderOptions = OPTIONS, **more: Any) -> Any:
    return json.loads(render(report(*args, **more), "sarif", options=options))["runs"][0]


def test_a_result() -> None:
    (result,) = run(finding(trace=FINDING.trace[:1]))["results"]
    root = {"uriBaseId": "%SRCROOT%"}
    step = {
        "message": {"text": "`router` is made without dependencies"},
        "physicalLocation": {
            "artifactLocation": {"uri": "services/shop/shop/items.py", **root},
            "region": {"startLine": 8, "startColumn": 1, "endLine": 8, "endColumn": 21},
        },
    }
    assert result == {
        "ruleId": "APL101",
        "ruleIndex": 0,
        "level": "error",
        "message": {"text": "Anyone can call 'POST /items'. See [`router` is made without dependencies](1)."},
        "locations": [
            {
                "physicalLocation": {
                    "artifactLocation": {"uri": "services/shop/shop/items.py", **root},
                    "region": {
                        "startLine": 12,
                        "startColumn": 1,
                        "endLine": 12,
                        "endColumn": 23,
                        "snippet": {"text": '@router.post("/items")'},
                    },
                }
            }
        ],
        "relatedLocations": [{"id": 1, **step}],
        "codeFlows": [{"threadFlows": [{"locations": [{"location": step}]}]}],
        "partialFingerprints": {
            "apilint/v1": "0123456789abcdef",
            "primaryLocationLineHash": line_hashes(SOURCES["shop/items.py"])[11],
        },
        "suppressions": [],
        "properties": {"precision": "high", "security-severity": "8.6", "route": "POST /items"},
    }


def test_a_rule() -> None:
    rule, hygiene = run()["tool"]["driver"]["rules"]
    markdown = rule["help"].pop("markdown")
    assert rule == {
        "id": "APL101",
        "name": "RouteWithoutAuth",
        "shortDescription": {"text": "Route can be called without authentication."},
        "fullDescription": {"text": "Nobody is asked who they are."},
        "help": {"text": rule["help"]["text"]},
        "helpUri": "https://fastapi.tiangolo.com/tutorial/security/",
        "defaultConfiguration": {"level": "error"},
        "properties": {
            "precision": "high",
            "security-severity": "8.6",
            "tags": [
                "security",
                "external/cwe/cwe-306",
                "external/cwe/cwe-862",
                "owasp-api-2",
                "authentication",
                "fastapi",
            ],
        },
    }
    assert "```python\n@app.get('/')\ndef read(): ...\n```" in markdown
    assert "- [CWE-306](https://cwe.mitre.org/data/definitions/306.html)" in markdown
    assert hygiene["properties"] == {
        "precision": "very-high",
        "problem.severity": "recommendation",
        "tags": ["maintainability", "hygiene"],
    }


def test_only_addresses_become_links() -> None:
    seen = "found in httpx-shop 1.2: shop/http.py:12"
    rule = msgspec.structs.replace(RULE, references=(seen, "the manual: https://example.com/manual"))
    help_ = descriptor(rule).help
    assert "- [the manual](https://example.com/manual)" in help_.markdown
    assert "httpx-shop" not in help_.text + help_.markdown
    assert descriptor(rule).help_uri == "https://example.com/manual"


def test_the_run() -> None:
    shown = run(diagnostics=(BROKEN,))
    assert shown["automationDetails"] == {"id": "apilint/"}
    assert shown["columnKind"] == "unicodeCodePoints"
    assert shown["results"] == []
    assert shown["versionControlProvenance"] == [
        {
            "repositoryUri": "https://github.com/acme/shop.git",
            "revisionId": "a" * 40,
            "branch": "main",
            "mappedTo": {"uriBaseId": "%SRCROOT%"},
        }
    ]
    (invocation,) = shown["invocations"]
    (notification,) = invocation.pop("toolExecutionNotifications")
    assert invocation == {"executionSuccessful": True, "exitCode": 1}
    assert (notification["level"], notification["message"]) == ("error", {"text": "invalid syntax."})
    assert notification["locations"][0]["physicalLocation"] == {
        "artifactLocation": {"uri": "services/shop/shop/broken.py", "uriBaseId": "%SRCROOT%"},
        "region": {"startLine": 3},
    }


@pytest.mark.parametrize(
    ("remote", "shown"),
    [
        ("git@github.com:acme/shop.git", "https://github.com/acme/shop.git"),
        ("https://user:key@github.com/acme/shop", "https://github.com/acme/shop"),
        ("ssh://git@github.com/acme/shop", "ssh://github.com/acme/shop"),
    ],
)
def test_credentials_in_a_remote_stay_out(remote: str, shown: str) -> None:
    (provenance,) = run(options=RenderOptions(repository_uri=remote))["versionControlProvenance"]
    assert provenance["repositoryUri"] == shown


def test_paths_are_percent_encoded() -> None:
    (result,) = run(finding(place=at(file=ODD)), options=RenderOptions())["results"]
    (location,) = result["locations"]
    assert location["physicalLocation"]["artifactLocation"]["uri"] == (
        "app%20%5Bv1%5D/%C3%BCn%C3%AF%20c%C3%B4de/shop%20%231.py"
    )


def test_brackets_that_are_no_links_are_escaped() -> None:
    text = run(finding(message="a[0](x)", trace=(at(message="to [x]"),)))["results"][0]["message"]["text"]
    assert text == r"a\[0\](x). See [to \[x\]](1)."


def test_findings_of_one_rule_on_one_line_are_one_result() -> None:
    other = finding(message="Anyone can call 'GET /items'.", place=at("shop/items.py", 12, 30, 40), trace=())
    elsewhere = finding(place=at("shop/items.py", 13), trace=())
    results = run(finding(trace=()), other, elsewhere)["results"]
    assert [result["message"]["text"] for result in results] == [
        (
            "Anyone can call 'POST /items'. The same goes for 1 other thing on this line. "
            "See [Anyone can call 'GET /items'](1)."
        ),
        "Anyone can call 'POST /items'.",
    ]


def test_suppressed_findings_are_left_out_unless_asked_for() -> None:
    hidden = finding(suppression=Suppression("inSource", "behind the gateway"))
    assert run(hidden, options=RenderOptions())["results"] == []
    (result,) = run(hidden)["results"]
    assert result["suppressions"] == [{"kind": "inSource", "justification": "behind the gateway"}]


def test_no_more_results_than_code_scanning_takes() -> None:
    shown = json.loads(render(large(), "sarif", options=OPTIONS))["runs"][0]
    assert len(shown["results"]) == 25_000
    assert [result["level"] for result in shown["results"][-11:]] == ["note"] + ["error"] * 10
    (notification,) = shown["invocations"][0]["toolExecutionNotifications"]
    assert notification["message"]["text"].startswith("5,010 findings were dropped")


def test_the_limits_of_github() -> None:
    shown = json.loads(render(difficult(), "sarif", options=OPTIONS))["runs"][0]
    assert max(len(result.get("relatedLocations", ())) for result in shown["results"]) == 1_000
    long_winded = report(rules=(rule_with_everything(),))
    (rule,) = json.loads(render(long_winded, "sarif", options=OPTIONS))["runs"][0]["tool"]["driver"]["rules"]
    assert len(rule["properties"]["tags"]) == 10
    assert len(rule["fullDescription"]["text"]) <= 1024


def rule_with_everything() -> Any:
    values = {name: getattr(RULE, name) for name in RULE.__struct_fields__}
    return type(RULE)(**{**values, "cwe": tuple(range(1, 30)), "why": "word " * 2000, "precision": Precision.LOW})


@pytest.mark.parametrize("name", REPORTS)
def test_required_strings_are_not_empty(name: str) -> None:
    shown, options = REPORTS[name]
    (sarif_run,) = json.loads(render(shown, "sarif", options=options))["runs"]
    for rule in sarif_run["tool"]["driver"]["rules"]:
        assert all(rule[key]["text"] for key in ("shortDescription", "fullDescription", "help"))
    for result in sarif_run["results"]:
        region = result["locations"][0]["physicalLocation"]["region"]
        assert all(region[key] >= 1 for key in ("startLine", "startColumn", "endLine", "endColumn"))
        assert result["message"]["text"].endswith(".")


@pytest.mark.parametrize("name", REPORTS)
def test_the_same_bytes_every_time(name: str) -> None:
    shown, options = REPORTS[name]
    reordered = report(*shown.findings, diagnostics=shown.diagnostics[::-1], rules=shown.rules[::-1])
    same = Report(reordered.findings, reordered.diagnostics, reordered.rules, shown.stats)
    assert render(same, "sarif", options=options) == render(shown, "sarif", options=options)


@pytest.mark.parametrize("name", REPORTS)
def test_valid_by_the_schema(name: str) -> None:
    jsonschema = pytest.importorskip("jsonschema")
    if not SCHEMA.is_file():
        pytest.skip("the schema comes with Microsoft's multitool (make sarif)")
    schema = json.loads(SCHEMA.read_text(encoding="utf-8-sig"))
    shown, options = REPORTS[name]
    log = json.loads(render(shown, "sarif", options=options))
    validator = jsonschema.validators.validator_for(schema)(schema, format_checker=jsonschema.FormatChecker())
    assert [error.message for error in validator.iter_errors(log)] == []


@pytest.mark.multitool
@pytest.mark.skipif(not MULTITOOL.is_file(), reason="needs Microsoft's multitool (make sarif)")
@pytest.mark.parametrize("name", REPORTS)
def test_multitool_has_nothing_to_say(name: str, tmp_path: Path) -> None:
    shown, options = REPORTS[name]
    path, verdict = tmp_path / "apilint.sarif", tmp_path / "verdict.sarif"
    path.write_text(render(shown, "sarif", options=options), encoding="utf-8")
    kinds = ["--rule-kind", "Sarif;Ghas", "--level", "Error;Warning"]
    command = [str(MULTITOOL), "validate", str(path), *kinds, "--log", "ForceOverwrite", "-o", str(verdict)]
    subprocess.run(command, check=True, capture_output=True)
    (judged,) = json.loads(verdict.read_text(encoding="utf-8-sig"))["runs"]
    assert [(each["ruleId"], each["message"]) for each in judged["results"]] == []
    assert judged["invocations"][0]["executionSuccessful"]


def test_rules_are_in_the_order_of_their_codes() -> None:
    shown = run(finding(code="APL906", name="unused-suppression"), rules=(HYGIENE, RULE))
    assert [rule["id"] for rule in shown["tool"]["driver"]["rules"]] == ["APL101", "APL906"]
    assert shown["results"][0]["ruleIndex"] == 1
