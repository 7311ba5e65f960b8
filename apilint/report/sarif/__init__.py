"""Report -> SARIF 2.1.0, as GitHub code scanning reads it. Byte for byte the same on every run."""

from __future__ import annotations

import re
from collections.abc import Iterator

import msgspec
import sarif_om as sarif

from apilint.finding import Diagnostic, Report
from apilint.report.json import dump, encode
from apilint.report.links import web_address
from apilint.report.options import RenderOptions
from apilint.report.sarif.places import ROOT, line_location
from apilint.report.sarif.plain import plain
from apilint.report.sarif.results import MAX_RESULTS, LineHashes, most_important, result, together
from apilint.report.sarif.rules import descriptor, pascal_case, sentence
from apilint.report.summary import ordered, shown

_SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
_SEMANTIC = re.compile(r"\d+\.\d+\.\d+(-[0-9A-Za-z.-]+)?(\+[0-9A-Za-z.-]+)?\Z")
_ROOT_DESCRIPTION = "The root of the repository."
_NOTIFICATIONS = {
    "not-analysed": (
        "A file or a part of it could not be analysed.",
        "Mend or exclude the file: what it defines is missing from the routes and the findings.",
    ),
    "not-resolved": (
        "Something could not be resolved from the source alone.",
        "Routes and guards that depend on it are reported as unknown.",
    ),
    "results-dropped": (
        "There were more findings than a viewer accepts.",
        "Mend the most severe ones first, or select fewer rules.",
    ),
}


def render(report: Report, options: RenderOptions) -> str:
    """One run with all rules that were enabled, the findings, and what could not be analysed."""
    log = sarif.SarifLog(schema_uri=_SCHEMA, version="2.1.0", runs=[_run(report, options)])
    return dump(plain(log), order="sorted")


def _run(report: Report, options: RenderOptions) -> sarif.Run:
    rules = sorted(report.rules, key=lambda rule: rule.code)
    indexes = {rule.code: index for index, rule in enumerate(rules)}
    findings = list(report.findings) if options.sarif_suppressed == "include" else shown(report)
    groups = together(most_important(findings))
    hashes = LineHashes(options.sources)
    return sarif.Run(
        tool=sarif.Tool(driver=_driver(options, [descriptor(rule) for rule in rules])),
        automation_details=sarif.RunAutomationDetails(id=options.sarif_category.rstrip("/") + "/"),
        column_kind="unicodeCodePoints",
        invocations=[_invocation(report, len(findings) - MAX_RESULTS, options)],
        original_uri_base_ids={ROOT: sarif.ArtifactLocation(description=sarif.Message(text=_ROOT_DESCRIPTION))},
        version_control_provenance=_provenance(options),
        # Encoded one by one: the objects of 25,000 results would take 600 MB.
        results=[_encoded(result(group, indexes, hashes, options)) for group in groups],
    )


def _encoded(item: sarif.Result) -> msgspec.Raw:
    return msgspec.Raw(encode(plain(item), order="sorted"))


def _driver(options: RenderOptions, rules: list[sarif.ReportingDescriptor]) -> sarif.ToolComponent:
    return sarif.ToolComponent(
        name="apilint",
        version=options.version,
        semantic_version=options.version if _SEMANTIC.match(options.version) else None,
        information_uri=options.information_uri,
        rules=rules,
        notifications=[_notification_descriptor(name, *texts) for name, texts in _NOTIFICATIONS.items()],
    )


def _notification_descriptor(name: str, what: str, remedy: str) -> sarif.ReportingDescriptor:
    text = sarif.MultiformatMessageString(text=what)
    help_text = sarif.MultiformatMessageString(text=remedy)
    return sarif.ReportingDescriptor(
        id=name, name=pascal_case(name), short_description=text, full_description=text, help=help_text
    )


def _invocation(report: Report, dropped: int, options: RenderOptions) -> sarif.Invocation:
    return sarif.Invocation(
        execution_successful=options.execution_successful,
        exit_code=options.exit_code,
        tool_execution_notifications=list(_notifications(report, dropped, options)),
    )


def _notifications(report: Report, dropped: int, options: RenderOptions) -> Iterator[sarif.Notification]:
    if dropped > 0:
        text = f"{dropped:,} findings were dropped: code scanning accepts {MAX_RESULTS:,}. The most severe are shown."
        yield _notification("results-dropped", "warning", text)
    for diagnostic in ordered(report.diagnostics):
        name, level = ("not-analysed", "error") if diagnostic.fatal else ("not-resolved", "note")
        yield _notification(name, level, sentence(diagnostic.message), _where(diagnostic, options))


def _notification(
    name: str, level: str, text: str, locations: list[sarif.Location] | None = None
) -> sarif.Notification:
    index = list(_NOTIFICATIONS).index(name)
    reference = sarif.ReportingDescriptorReference(id=name, index=index)
    return sarif.Notification(
        descriptor=reference, level=level, message=sarif.Message(text=text), locations=locations or None
    )


def _where(diagnostic: Diagnostic, options: RenderOptions) -> list[sarif.Location]:
    return [line_location(diagnostic.file, diagnostic.line, options.path_prefix)] if diagnostic.file else []


def _provenance(options: RenderOptions) -> list[sarif.VersionControlDetails] | None:
    if not options.repository_uri:
        return None
    uri = web_address(options.repository_uri)
    root = sarif.ArtifactLocation(uri_base_id=ROOT)
    return [
        sarif.VersionControlDetails(
            repository_uri=uri, revision_id=options.revision, branch=options.branch, mapped_to=root
        )
    ]
