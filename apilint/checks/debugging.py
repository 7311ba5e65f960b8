"""Programs that show their inside to whoever makes them fail."""

from __future__ import annotations

from collections.abc import Iterator

from apilint.check import Match, check
from apilint.checks.choices import Choices
from apilint.checks.library_calls import LibraryCalls
from apilint.checks.objects import set_on
from apilint.checks.overridden import is_overridden
from apilint.checks.switches import sureness
from apilint.facts import Span
from apilint.finding import Precision, Severity
from apilint.frameworks.configured import Configured
from apilint.model import Step
from apilint.patterns import regex
from apilint.project import Project


@check
def debug_enabled(
    project: Project,
    *,
    debugger: str,
    settings: tuple[str, ...] = (),
    shown_severity: str = "warning",
    shown_security_severity: float = 5.3,
    development: str = r"(?!)",
    asked_for: str = r"(?!)",
) -> Iterator[Match]:
    """Debug mode that is switched on in the source, for everybody."""
    choices, elsewhere = Choices(asked_for), regex(development)

    def found(span: Span, switch: str, sure: Precision, template: str) -> Match:
        module = project.module(span.file)
        is_meant = bool(elsewhere.search(span.file)) or choices.asked_for(module, span.start)
        is_shown = not template or _is_script(project, span)
        return Match(
            span=span,
            values={"switch": switch},
            trace=(Step(span, f"'{switch}' switches it on"),),
            template=template,
            precision=Precision.LOW if is_meant else None if sure is Precision.VERY_HIGH else sure,
            severity=Severity(shown_severity) if is_shown else None,
            security_severity=shown_security_severity if is_shown else None,
        )

    switches = {str(entry.get("switch")) for entry in project.knowledge.sections.get("debug", {}).values()}
    for used in LibraryCalls(project, "debug", giving=switches):
        given = used.argument(used.entry.get("switch") or "")
        sure = sureness(given[0], (True,), Precision.LOW) if given is not None else None
        if given is not None and sure is not None:
            switch = f"{used.name.rpartition('.')[2]}({used.entry['switch']}=True)"
            yield found(used.span, switch, sure, "debugger" if used.entry.get("debugger") else "")
    for name, value, span in set_on(project, "debug"):
        sure = sureness(value, (True,), Precision.LOW)
        if sure is not None:
            yield found(span, f"{name} = True", sure, "")
    configured = Configured(project.program)
    for name in settings:
        given_value, at = configured.get(name), configured.span_of(name)
        sure = sureness(given_value, (True,), Precision.LOW) if given_value is not None else None
        if sure is not None and at is not None:
            sure = Precision.LOW if is_overridden(project, at, name) else sure
            yield found(at, f"{name} = True", sure, "")


def _is_script(project: Project, span: Span) -> bool:
    """Whether a place is reached only where its file is run as a script: a server imports it instead."""
    return any(
        module.file == span.file and statement.start <= span.start < statement.end
        for module, statement in project.program.machine.mains
    )


__all__ = ["debug_enabled"]
