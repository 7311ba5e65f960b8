"""GitLab's two reports, held against what its documentation and its schema ask of them."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from apilint.finding import Suppression
from apilint.report import render
from apilint.report.options import RenderOptions
from checkout import Checkout
from commandline import apilint

from .samples import BROKEN, FINDING, UNRESOLVED, at, finding, report
from .test_sarif import REPORTS

TEXT = {"type": "string", "minLength": 1}
COUNT = {"type": "integer", "minimum": 1}
ADDRESS = {"type": "string", "pattern": "^https?://.+"}
MOMENT = {"type": "string", "pattern": r"^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}$"}
FILE = {"type": "string", "minLength": 1, "pattern": r"^(?!/|\./|\.\./)"}


def thing(required: dict[str, Any], **more: Any) -> dict[str, Any]:
    """An object with these keys, and perhaps some more of a known form."""
    return {
        "type": "object",
        "required": list(required),
        "properties": {**required, **more},
        "additionalProperties": False,
    }


def several(items: dict[str, Any], least: int = 0, **more: Any) -> dict[str, Any]:
    return {"type": "array", "items": items, "minItems": least, **more}


# https://docs.gitlab.com/development/integrations/secure/#report, and version 15.0.4 of the schema that it names; where
# the two differ, the stricter counts.
TOOL = thing({"id": TEXT, "name": TEXT, "version": TEXT, "vendor": thing({"name": TEXT})}, url=ADDRESS)
MESSAGE = thing({"level": {"enum": ["info", "warn", "fatal"]}, "value": TEXT})
SIGNATURE = thing({"algorithm": {"enum": ["hash", "location", "scope_offset"]}, "value": TEXT})
TRACKED = thing({"file": FILE, "start_line": COUNT, "end_line": COUNT, "signatures": several(SIGNATURE, 1)})
SHOWN = {
    "anyOf": [
        thing({"type": {"const": "text"}, "value": {"type": "string"}}),
        thing({"type": {"const": "file-location"}, "file_name": FILE, "line_start": COUNT, "line_end": COUNT}),
    ]
}
DETAILS = thing(
    {},
    route=thing({"name": TEXT, "type": {"const": "code"}, "value": TEXT}),
    proof=thing({"name": TEXT, "type": {"const": "table"}, "header": several(SHOWN), "rows": several(several(SHOWN))}),
)
VULNERABILITY = thing(
    {
        "id": TEXT,
        "identifiers": several(thing({"type": TEXT, "name": TEXT, "value": TEXT}, url=ADDRESS), 1, maxItems=20),
        "location": thing({"file": FILE, "start_line": COUNT, "end_line": COUNT}, method=TEXT),
        "name": {"type": "string", "minLength": 1, "maxLength": 255},
        "severity": {"enum": ["Info", "Unknown", "Low", "Medium", "High", "Critical"]},
    },
    description={"type": "string", "maxLength": 1_048_576},
    solution={"type": "string", "maxLength": 7_000},
    links=several(thing({"url": ADDRESS}, name=TEXT)),
    tracking=thing({"type": {"const": "source"}, "items": several(TRACKED, 1)}),
    details=DETAILS,
)
SAST = thing(
    {
        "schema": ADDRESS,
        "version": {"const": "15.0.4"},
        "scan": thing(
            {
                "analyzer": TOOL,
                "scanner": TOOL,
                "start_time": MOMENT,
                "end_time": MOMENT,
                "status": {"enum": ["success", "failure"]},
                "type": {"const": "sast"},
            },
            messages=several(MESSAGE),
        ),
        "vulnerabilities": several(VULNERABILITY),
    }
)

# https://docs.gitlab.com/ci/testing/code_quality/#code-quality-report-format, what GitLab's codeclimate.json asks of an
# issue, and Code Climate's categories.
CATEGORIES = [
    "Bug Risk",
    "Clarity",
    "Compatibility",
    "Complexity",
    "Duplication",
    "Performance",
    "Security",
    "Style",
]
ISSUE = thing(
    {
        "description": TEXT,
        "check_name": TEXT,
        "fingerprint": TEXT,
        "severity": {"enum": ["info", "minor", "major", "critical", "blocker"]},
        "location": thing({"path": FILE, "lines": thing({"begin": COUNT}, end=COUNT)}),
    },
    type={"const": "issue"},
    categories=several({"enum": CATEGORIES}, 1),
)

SCHEMAS = {"gitlab-sast": SAST, "gitlab-codequality": several(ISSUE)}


def gitlab(name: str, *args: object, **changes: object) -> Any:
    options = RenderOptions(path_prefix="srv", moment=lambda: "2026-01-31T12:00:00")
    return json.loads(render(report(*args, **changes), f"gitlab-{name}", options=options))


@pytest.mark.parametrize("sample", REPORTS)
@pytest.mark.parametrize("name", SCHEMAS)
def test_the_form(name: str, sample: str) -> None:
    each, options = REPORTS[sample]
    jsonschema.validate(json.loads(render(each, name, options=options)), SCHEMAS[name])


@pytest.mark.skipif("GITLAB_SAST_SCHEMA" not in os.environ, reason="needs the file that GitLab publishes; set its path")
@pytest.mark.parametrize("sample", REPORTS)
def test_the_published_schema(sample: str) -> None:
    """`dist/sast-report-format.json` of gitlab-org/security-products/security-report-schemas. GitLab judges by its own
    copy: gitlabhq/gitlabhq, `lib/gitlab/ci/parsers/security/validators/schemas/15.0.4/sast-report-format.json`."""
    each, options = REPORTS[sample]
    schema = json.loads(Path(os.environ["GITLAB_SAST_SCHEMA"]).read_text(encoding="utf-8"))
    jsonschema.validate(json.loads(render(each, "gitlab-sast", options=options)), schema)


def test_a_vulnerability() -> None:
    (found,) = gitlab("sast", FINDING)["vulnerabilities"]
    assert found == {
        "id": found["id"],
        "name": "Route can be called without authentication",
        "description": (
            "Anyone can call `POST /items`.\n\nNobody is asked who they are.\n\nAn attacker needs no trick."
        ),
        "severity": "High",
        "solution": "Add a guard, e.g. `Depends(user)`. Or declare the route public.",
        "identifiers": [
            {"type": "apilint_rule", "name": "APL101 route-without-auth", "value": "APL101"},
            {
                "type": "cwe",
                "name": "CWE-306",
                "value": "306",
                "url": "https://cwe.mitre.org/data/definitions/306.html",
            },
            {
                "type": "cwe",
                "name": "CWE-862",
                "value": "862",
                "url": "https://cwe.mitre.org/data/definitions/862.html",
            },
            {"type": "owasp", "name": "OWASP API2:2023", "value": "API2:2023"},
        ],
        "links": [{"url": "https://fastapi.tiangolo.com/tutorial/security/"}],
        "location": {"file": "srv/shop/items.py", "start_line": 12, "end_line": 12},
        "tracking": {
            "type": "source",
            "items": [
                {
                    "file": "srv/shop/items.py",
                    "start_line": 12,
                    "end_line": 12,
                    "signatures": [{"algorithm": "hash", "value": "0123456789abcdef"}],
                }
            ],
        },
        "details": {
            "route": {"name": "Route", "type": "code", "value": "POST /items"},
            "proof": {
                "name": "Proof",
                "type": "table",
                "header": [{"type": "text", "value": "Place"}, {"type": "text", "value": "What is seen there"}],
                "rows": [
                    [
                        {"type": "file-location", "file_name": "srv/shop/items.py", "line_start": 8, "line_end": 8},
                        {"type": "text", "value": "`router` is made without dependencies"},
                    ],
                    [
                        {"type": "file-location", "file_name": "srv/shop/main.py", "line_start": 14, "line_end": 14},
                        {"type": "text", "value": "included here without dependencies"},
                    ],
                ],
            },
        },
    }


def test_identity_does_not_depend_on_the_line() -> None:
    moved = finding(place=at("shop/items.py", 90))
    one, other = (gitlab("sast", each)["vulnerabilities"][0]["id"] for each in (FINDING, moved))
    assert one == other
    assert gitlab("codequality", FINDING)[0]["fingerprint"] == gitlab("codequality", moved)[0]["fingerprint"]


@pytest.mark.parametrize(
    ("score", "word"),
    [(9.8, "Critical"), (9.0, "Critical"), (8.9, "High"), (4.0, "Medium"), (0.1, "Low"), (0.0, "Info")],
)
def test_severity(score: float, word: str) -> None:
    assert gitlab("sast", finding(security_severity=score))["vulnerabilities"][0]["severity"] == word


def test_the_scan() -> None:
    scan = gitlab("sast", diagnostics=(BROKEN, UNRESOLVED))["scan"]
    assert (scan["start_time"], scan["end_time"]) == ("2026-01-31T12:00:00",) * 2
    assert scan["messages"] == [
        {"level": "warn", "value": "shop/broken.py:3: invalid syntax"},
        {"level": "info", "value": "shop/main.py:20: the prefix is not in the source"},
    ]


def test_the_time_is_that_of_the_commit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "main.py").write_text("x = 1\n")

    def told(**env: str) -> str:
        return json.loads(apilint("check", "--format", "gitlab-sast", env=env).out)["scan"]["start_time"]

    assert told() == "1970-01-01T00:00:00"
    checkout = Checkout(tmp_path)
    monkeypatch.setenv("GIT_COMMITTER_DATE", "1767225600 +0100")
    checkout.commit()
    assert told() == "2026-01-01T00:00:00"
    assert told(SOURCE_DATE_EPOCH="60") == "1970-01-01T00:01:00"
    assert told(SOURCE_DATE_EPOCH="soon") == "1970-01-01T00:00:00"


def test_an_issue_of_code_quality() -> None:
    hidden = finding(suppression=Suppression("inSource", "known"))
    assert gitlab("codequality", FINDING, hidden, diagnostics=(BROKEN, UNRESOLVED)) == [
        {
            "type": "issue",
            "check_name": "route-without-auth",
            "description": "Anyone can call 'POST /items'. (APL101 route-without-auth)",
            "categories": ["Security"],
            "severity": "critical",
            "fingerprint": "0123456789abcdef",
            "location": {"path": "srv/shop/items.py", "lines": {"begin": 12, "end": 12}},
        },
        {
            "type": "issue",
            "check_name": "not-analysed",
            "description": "Not analysed: invalid syntax",
            "categories": ["Bug Risk"],
            "severity": "blocker",
            "fingerprint": "bff0a68d5375b5185bd33ed38d163cd0",
            "location": {"path": "srv/shop/broken.py", "lines": {"begin": 3}},
        },
    ]
