"""JSON, workflow commands, and what holds for every format."""

import json

import pytest

from apilint.finding import Diagnostic, Place, Severity, Suppression
from apilint.report import FORMATS, render
from apilint.report.options import RenderOptions

from .samples import BROKEN, FINDING, UNRESOLVED, at, finding, report


def github(*args: object, **options: object) -> list[str]:
    return render(report(*args), "github", options=RenderOptions(**options)).splitlines()


def test_formats_are_the_modules_of_the_package() -> None:
    assert set(FORMATS) >= {"concise", "github", "json", "sarif", "text"}


def test_an_unknown_format_is_refused() -> None:
    with pytest.raises(ValueError, match="unknown format 'xml': expected one of concise, github"):
        render(report(), "xml", options=RenderOptions())


@pytest.mark.parametrize("name", FORMATS)
def test_every_format_shows_every_unanalysed_file_and_can_be_encoded(name: str) -> None:
    strange = finding(place=at(file="b\udce9.py"), message="lone \ud800 surrogate")
    shown = render(report(strange, diagnostics=(BROKEN, UNRESOLVED)), name, options=RenderOptions())
    assert "shop/broken.py" in shown
    assert "invalid syntax" in shown
    assert shown.endswith("\n")
    assert shown.encode()


@pytest.mark.parametrize("name", FORMATS)
def test_every_format_takes_an_empty_report(name: str) -> None:
    assert render(report(rules=()), name, options=RenderOptions()).endswith("\n")


def test_json() -> None:
    hidden = finding(suppression=Suppression("inSource", "known"), trace=(), route="")
    shown = json.loads(render(report(FINDING, hidden, diagnostics=(BROKEN,)), "json", options=RenderOptions()))
    assert list(shown) == ["version", "findings", "suppressed", "diagnostics", "stats"]
    assert shown["version"] == 1
    assert shown["findings"] == [
        {
            "code": "APL101",
            "name": "route-without-auth",
            "severity": "error",
            "security_severity": 8.6,
            "precision": "high",
            "message": "Anyone can call 'POST /items'.",
            "file": "shop/items.py",
            "line": 12,
            "column": 1,
            "end_line": 12,
            "end_column": 23,
            "cwe": [306, 862],
            "owasp": ["API2"],
            "fingerprint": "0123456789abcdef",
            "trace": [
                {"file": "shop/items.py", "line": 8, "column": 1, "message": "`router` is made without dependencies"},
                {"file": "shop/main.py", "line": 14, "column": 1, "message": "included here without dependencies"},
            ],
            "related": [],
            "route": "POST /items",
            "test": False,
        }
    ]
    assert [each["suppression"] for each in shown["suppressed"]] == [{"kind": "inSource", "reason": "known"}]
    assert shown["diagnostics"] == [
        {"file": "shop/broken.py", "line": 3, "message": "invalid syntax", "fatal": True},
    ]
    assert shown["stats"] == {
        "files": 41,
        "lines": 4100,
        "routes": 87,
        "verdicts": {"none": 20, "required": 67},
        "frameworks": ["fastapi"],
        "findings": 1,
        "suppressed": 1,
        "unresolved": 0,
        "cut_short": [],
        "rules": {"APL101": 1},
    }


def test_a_workflow_command() -> None:
    assert github(finding(trace=FINDING.trace[:1])) == [
        (
            "::error file=shop/items.py,line=12,endLine=12,col=1,endColumn=23,title=APL101 route-without-auth"
            "::Anyone can call 'POST /items'.%0Ashop/items.py:8 `router` is made without dependencies"
        ),
        "Found 1 finding: 1 error in 41 files; 87 routes, 20 open to anyone.",
    ]


def test_workflow_commands_are_escaped() -> None:
    strange = finding(place=at(file="a,b:c%.py"), message="100%\r\n::error::injected", trace=())
    assert github(strange, path_prefix="services/shop")[0] == (
        "::error file=services/shop/a%2Cb%3Ac%25.py,line=1,endLine=1,col=1,endColumn=2,"
        "title=APL101 route-without-auth::100%25%0D%0A::error::injected"
    )


def test_workflow_commands_name_no_columns_for_several_lines() -> None:
    spread = finding(place=Place("a.py", 1, 5, 3, 2), severity=Severity.NOTE, trace=())
    assert github(spread)[0].startswith("::notice file=a.py,line=1,endLine=3,title=")


def test_workflow_commands_come_worst_first() -> None:
    order = [finding(severity=severity) for severity in Severity]
    assert [line.split()[0] for line in github(*order)[:3]] == ["::error", "::warning", "::notice"]


def test_diagnostics_among_workflow_commands() -> None:
    diagnostics = (Diagnostic("", 0, "nothing\nread"), BROKEN, UNRESOLVED)
    shown = render(report(diagnostics=diagnostics), "github", options=RenderOptions(path_prefix="shop")).splitlines()
    assert shown[:3] == [
        "::error title=not analysed::nothing%0Aread",
        "::error file=shop/shop/broken.py,line=3,title=not analysed::invalid syntax",
        "  shop/main.py:20: note: the prefix is not in the source",
    ]
