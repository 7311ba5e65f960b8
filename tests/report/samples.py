"""A report with one finding, and what tests vary of it."""

from __future__ import annotations

from typing import Any

import msgspec

from apilint.finding import Diagnostic, Finding, Place, Precision, Report, RuleInfo, Severity, Stats

RULE = RuleInfo(
    code="APL101",
    name="route-without-auth",
    family="authentication",
    title="Route can be called without authentication",
    severity=Severity.ERROR,
    security_severity=8.6,
    precision=Precision.HIGH,
    cwe=(306, 862),
    owasp=("API2",),
    frameworks=("fastapi",),
    why="Nobody is asked who they are.\n\nAn attacker needs no trick.",
    fix="Add a guard, e.g. `Depends(user)`. Or declare the route public.",
    references=("https://fastapi.tiangolo.com/tutorial/security/",),
    bad=("@app.get('/')\ndef read(): ...\n",),
    good=("@app.get('/', dependencies=[Depends(user)])\ndef read(): ...\n",),
)

HYGIENE = RuleInfo(
    code="APL906",
    name="unused-suppression",
    family="hygiene",
    title="An ignore that ignores nothing",
    severity=Severity.NOTE,
    security_severity=0.0,
    precision=Precision.VERY_HIGH,
    cwe=(),
    owasp=(),
    frameworks=(),
    why="",
    fix="",
    references=(),
)

PLACE = Place("shop/items.py", 12, 1, 12, 23, text='@router.post("/items")')
TRACE = (
    Place("shop/items.py", 8, 1, 8, 21, "`router` is made without dependencies"),
    Place("shop/main.py", 14, 1, 14, 27, "included here without dependencies"),
)

FINDING = Finding(
    code="APL101",
    name="route-without-auth",
    severity=Severity.ERROR,
    security_severity=8.6,
    precision=Precision.HIGH,
    message="Anyone can call 'POST /items'.",
    place=PLACE,
    cwe=(306, 862),
    owasp=("API2",),
    fingerprint="0123456789abcdef",
    trace=TRACE,
    route="POST /items",
)

BROKEN = Diagnostic("shop/broken.py", 3, "invalid syntax")
UNRESOLVED = Diagnostic("shop/main.py", 20, "the prefix is not in the source", fatal=False)


def finding(**changes: Any) -> Finding:
    """The sample finding, changed."""
    return msgspec.structs.replace(FINDING, **changes)


def at(file: str = "a.py", line: int = 1, column: int = 1, end: int = 2, **more: Any) -> Place:
    """A place on one line."""
    return Place(file, line, column, more.pop("end_line", line), end, **more)


def report(*findings: Finding, diagnostics: tuple[Diagnostic, ...] = (), **changes: Any) -> Report:
    """A report on these findings."""
    stats = Stats(files=41, lines=4100, routes=87, verdicts={"required": 67, "none": 20}, frameworks=("fastapi",))
    return msgspec.structs.replace(Report(findings, diagnostics, (RULE, HYGIENE), stats), **changes)
