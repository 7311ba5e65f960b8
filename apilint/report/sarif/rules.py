"""Rules -> SARIF rule metadata: names, help in markdown, tags and scores as GitHub reads them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import sarif_om as sarif

from apilint.finding import RuleInfo, Severity
from apilint.report.links import addresses

# GitHub's limits: longer texts and further tags are refused or not shown.
_MAX_NAME = 255
_MAX_DESCRIPTION = 1024
_MAX_TAGS = 10
_OWASP = "https://owasp.org/API-Security/editions/2023/en/0x11-t10/"
_PROBLEM_SEVERITY = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.NOTE: "recommendation"}


def descriptor(rule: RuleInfo) -> sarif.ReportingDescriptor:
    """What a viewer shows of a rule."""
    links = list(_links(rule))
    return sarif.ReportingDescriptor(
        id=rule.code,
        name=pascal_case(rule.name)[:_MAX_NAME],
        short_description=_text(rule.title or rule.name),
        full_description=_text(rule.why.strip().split("\n\n", 1)[0] or rule.title or rule.name),
        help=sarif.MultiformatMessageString(text=_plain_help(rule, links), markdown=_markdown_help(rule, links)),
        help_uri=next((url for _, url in links), None),
        default_configuration=sarif.ReportingConfiguration(level=rule.severity.value),
        properties=_properties(rule),
    )


def pascal_case(name: str) -> str:
    """`route-without-auth` -> `RouteWithoutAuth`."""
    return "".join(word[:1].upper() + word[1:] for word in name.split("-"))


def sentence(text: str, limit: int = 0) -> str:
    """`text` on one line with a full stop, cut between words to `limit` characters."""
    text = " ".join(text.split())
    if limit and len(text) >= limit:
        text = text[: limit - 4].rpartition(" ")[0] + "..."
    return text if text.endswith((".", "!", "?")) else text + "."


def _text(text: str) -> sarif.MultiformatMessageString:
    return sarif.MultiformatMessageString(text=sentence(text, _MAX_DESCRIPTION))


def _properties(rule: RuleInfo) -> dict[str, Any]:
    result: dict[str, Any] = {"precision": rule.precision.value, "tags": list(_tags(rule))[:_MAX_TAGS]}
    if rule.security_severity > 0:
        result["security-severity"] = f"{rule.security_severity:.1f}"
    else:
        result["problem.severity"] = _PROBLEM_SEVERITY[rule.severity]
    return result


def _tags(rule: RuleInfo) -> Iterator[str]:
    yield "security" if rule.security_severity > 0 else "maintainability"
    yield from (f"external/cwe/cwe-{number:03}" for number in rule.cwe)
    yield from (f"owasp-api-{_owasp_number(item)}" for item in rule.owasp)
    yield from dict.fromkeys(tag for tag in (rule.family, *rule.frameworks) if tag)


def _owasp_number(item: str) -> str:
    """`API2` or `API2:2023` -> `2`."""
    return item.partition(":")[0].upper().removeprefix("API")


def _links(rule: RuleInfo) -> Iterator[tuple[str, str]]:
    """Title and address of everything to read further."""
    yield from addresses(rule.references)
    known = " ".join(rule.references)
    weaknesses = [(f"CWE-{number}", f"https://cwe.mitre.org/data/definitions/{number}.html") for number in rule.cwe]
    yield from ((title, address) for title, address in weaknesses if address not in known)
    if rule.owasp and "owasp.org/API-Security" not in known:
        yield "OWASP API Security Top 10 2023", _OWASP


def _plain_help(rule: RuleInfo, links: list[tuple[str, str]]) -> str:
    references = "\n".join(f"- {title}: {url}" if title != url else f"- {url}" for title, url in links)
    parts = [rule.title, rule.why.strip(), f"Fix: {rule.fix.strip()}" if rule.fix.strip() else "", references]
    return "\n\n".join(part for part in parts if part) or rule.name


def _markdown_help(rule: RuleInfo, links: list[tuple[str, str]]) -> str:
    parts = [f"# {rule.title or rule.name} ({rule.code})", rule.why.strip()]
    if rule.fix.strip():
        parts += ["## How to mend it", rule.fix.strip()]
    for title, examples in (("## Wrong", rule.bad), ("## Right", rule.good)):
        parts += [title, _fenced(examples[0])] if examples else []
    if links:
        parts += ["## Read more", "\n".join(f"- [{title}]({url})" for title, url in links)]
    ignore = f"`# apilint: ignore[{rule.code}] -- reason`"
    parts.append(f"To accept one place, write {ignore} on its line.")
    return "\n\n".join(part for part in parts if part) + "\n"


def _fenced(code: str) -> str:
    fence = "````" if "```" in code else "```"
    return f"{fence}python\n{code.strip()}\n{fence}"
