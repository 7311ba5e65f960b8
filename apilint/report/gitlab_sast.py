"""Report -> GitLab's SAST report, which its security dashboard and merge requests read.

The schema asks when the scan took place. What is said there is the time of the commit, for a report depends on the
source alone.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from typing import Any

from apilint.finding import Finding, Place, Report, RuleInfo
from apilint.report.json import dump
from apilint.report.links import addresses, in_repository
from apilint.report.markup import sentence
from apilint.report.options import RenderOptions
from apilint.report.summary import position, shown, untold
from apilint.report.terminal import one_line

VERSION = "15.0.4"
_SCHEMA = (
    "https://gitlab.com/gitlab-org/security-products/security-report-schemas/-/raw/"
    f"v{VERSION}/dist/sast-report-format.json"
)
# From this security severity upwards, as CVSS counts.
_SEVERITIES = ((9.0, "Critical"), (7.0, "High"), (4.0, "Medium"), (0.1, "Low"), (0.0, "Info"))
_MAX_NAME, _MAX_DESCRIPTION, _MAX_SOLUTION, _MAX_IDENTIFIERS = 255, 1_048_576, 7_000, 20
_NAMESPACE = uuid.UUID("2f1d0d4e-6f57-5b0e-9a44-0b6a3c1a7c11")


def render(report: Report, options: RenderOptions) -> str:
    """The scan with what stood in its way, and a vulnerability for each finding."""
    rules = {rule.code: rule for rule in report.rules}
    return dump(
        {
            "schema": _SCHEMA,
            "version": VERSION,
            "scan": _scan(report, options),
            "vulnerabilities": [_vulnerability(each, rules.get(each.code), options) for each in shown(report)],
        }
    )


def _scan(report: Report, options: RenderOptions) -> dict[str, Any]:
    moment = options.moment()
    tool = {
        "id": "apilint",
        "name": "apilint",
        "url": options.information_uri,
        "vendor": {"name": "apilint"},
        "version": options.version,
    }
    return {
        "type": "sast",
        "status": "success" if options.execution_successful else "failure",
        "start_time": moment,
        "end_time": moment,
        "analyzer": tool,
        "scanner": tool,
        "messages": [
            {
                "level": "warn" if each.fatal else "info",
                "value": ": ".join(filter(None, (position(each), one_line(each.message)))),
            }
            for each in untold(report)
        ],
    }


def _vulnerability(finding: Finding, rule: RuleInfo | None, options: RenderOptions) -> dict[str, Any]:
    place, file = finding.place, in_repository(finding.place.file, options)
    mark = finding.fingerprint or f"{finding.code} {file}:{place.line}:{place.column}"
    result: dict[str, Any] = {
        "id": str(uuid.uuid5(_NAMESPACE, mark)),
        "name": (rule.title if rule else finding.name)[:_MAX_NAME],
        "description": "\n\n".join(_description(finding, rule))[:_MAX_DESCRIPTION],
        "severity": next(word for least, word in _SEVERITIES if finding.security_severity >= least),
        "solution": (rule.fix.strip() if rule else "")[:_MAX_SOLUTION],
        "identifiers": list(_identifiers(finding))[:_MAX_IDENTIFIERS],
        "links": [{"url": url} for _, url in addresses(rule.references if rule else ())],
        "location": {
            "file": file,
            "start_line": max(place.line, 1),
            "end_line": max(place.end_line, place.line, 1),
            **({"method": finding.enclosing} if finding.enclosing else {}),
        },
        "tracking": _tracking(finding, file),
    }
    details = _details(finding, options)
    return {key: value for key, value in (result | {"details": details}).items() if value}


def _description(finding: Finding, rule: RuleInfo | None) -> Iterator[str]:
    yield sentence(finding.message)
    if rule and rule.why.strip():
        yield rule.why.strip()


def _identifiers(finding: Finding) -> Iterator[dict[str, str]]:
    """The rule first: GitLab tells vulnerabilities apart by it and their place."""
    yield {"type": "apilint_rule", "name": f"{finding.code} {finding.name}", "value": finding.code}
    for number in finding.cwe:
        url = f"https://cwe.mitre.org/data/definitions/{number}.html"
        yield {"type": "cwe", "name": f"CWE-{number}", "value": str(number), "url": url}
    for item in finding.owasp:
        name = f"OWASP {item if ':' in item else f'{item}:2023'}"
        yield {"type": "owasp", "name": name, "value": name.removeprefix("OWASP ")}


def _tracking(finding: Finding, file: str) -> dict[str, Any] | None:
    """What GitLab knows a vulnerability by when its line moves."""
    if not finding.fingerprint:
        return None
    place = finding.place
    signature = {"algorithm": "hash", "value": finding.fingerprint}
    item = {"file": file, "start_line": place.line, "end_line": place.end_line, "signatures": [signature]}
    return {"type": "source", "items": [item]}


def _details(finding: Finding, options: RenderOptions) -> dict[str, Any]:
    details: dict[str, Any] = {}
    if finding.route:
        details["route"] = {"name": "Route", "type": "code", "value": one_line(finding.route)}
    steps = (*finding.trace, *finding.related)
    if steps:
        head = [{"type": "text", "value": "Place"}, {"type": "text", "value": "What is seen there"}]
        rows = [_row(step, options) for step in steps]
        details["proof"] = {"name": "Proof", "type": "table", "header": head, "rows": rows}
    return details


def _row(step: Place, options: RenderOptions) -> list[dict[str, Any]]:
    first, last = max(step.line, 1), max(step.end_line, step.line, 1)
    file = in_repository(step.file, options)
    place = {"type": "file-location", "file_name": file, "line_start": first, "line_end": last}
    return [place, {"type": "text", "value": one_line(step.message)}]
