"""APL602: throttles that are named without a rate, rates that no throttle asks for, and neither of the two."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from apilint import facts as f
from apilint.check import Match, check
from apilint.checks.configured import Configured, dictionary
from apilint.checks.limits import Entry, Limits
from apilint.facts import Span
from apilint.finding import Severity
from apilint.model import Step
from apilint.project import Project
from apilint.startup import attributes
from apilint.startup.values import Known, Mapping, Seq, Value, text_of


@check
def throttle_without_effect(
    project: Project, *, idle: str, missing: str, neither: str, neither_severity: str, neither_security_severity: float
) -> Iterator[Match]:
    """Settings that hold one half of what limits, or none of it while nothing else limits either."""
    limits = Limits.of(project)
    for name, entry in limits.entries.items():
        known = dictionary(project, name, entry["dictionary"]) if entry.get("kind") == "settings" else None
        if known is None or known.mapping.open:
            continue
        classes, rates = known.entry(entry["classes"]), known.entry(entry["rates"])
        for throttle, span in (*_listed(limits, known, entry, classes), *_of_views(project, limits, entry)):
            yield from _without_rate(limits, known, entry, rates, throttle, span)
        if not _is_empty(classes) or _is_used(project, entry["own"]):
            continue
        if rates is None and not limits.by_any_name:
            place = known.mapping.span
            if place is not None and not project.is_test(place.file):
                step = Step(place, f"neither '{entry['classes']}' nor '{entry['rates']}' is among these settings")
                yield Match(
                    span=place,
                    values={"classes": entry["classes"], "rates": entry["rates"]},
                    template="neither",
                    trace=(step,),
                    severity=Severity(neither_severity),
                    security_severity=neither_security_severity,
                )
        elif isinstance(rates, Mapping) and rates.items:
            place = known.place(entry["rates"])
            if place is not None and not project.is_test(place.file):
                values = {"rates": entry["rates"], "classes": entry["classes"]}
                step = Step(place, "these rates are for throttles that no view and no setting names")
                yield Match(span=place, values=values, template="idle", trace=(step,))


def _is_empty(value: Value | None) -> bool:
    return value is None or (isinstance(value, Seq) and not value.items and not value.open)


def _is_used(project: Project, attribute: str) -> bool:
    """Whether a view names throttles of its own, in its class or by a decorator."""
    return any(attribute in module.words for module in project.index.modules.values() if not module.is_test)


def _listed(limits: Limits, known: Configured, entry: Entry, classes: Value | None) -> Iterator[tuple[str, Span]]:
    """The library's throttles that the settings name."""
    span = known.place(entry["classes"])
    for item in classes.items if isinstance(classes, Seq) else ():
        name = text_of(item) or limits.project.name_of(item)
        if span is not None and "rate" in limits.entries.get(name, {}):
            yield name, span


def _of_views(project: Project, limits: Limits, entry: Entry) -> Iterator[tuple[str, Span]]:
    """The library's throttles that view classes name."""
    machine, own = project.program.machine, entry["own"]
    for module in project.index.with_words((own,)):
        for cls in module.classes if not module.is_test else ():
            made = machine.class_value(cls)
            value = attributes.namespace(machine, made).vars.get(own) if made is not None else None
            for item in value.items if isinstance(value, Seq) else ():
                if "rate" in limits.entries.get(project.name_of(item), {}):
                    yield project.name_of(item), _place(cls.code.body, own, cls.span)


def _place(body: Sequence[f.Stmt], name: str, default: Span) -> Span:
    """Where a class assigns an attribute."""
    for node in body:
        if isinstance(node, f.Assign) and any(isinstance(each, f.Name) and each.id == name for each in node.targets):
            return Span(default.file, node.start, node.end)
    return default


def _without_rate(
    limits: Limits, known: Configured, entry: Entry, rates: Value | None, throttle: str, span: Span
) -> Iterator[Match]:
    """A throttle whose rate is not among the given ones, or none at all."""
    if limits.project.is_test(span.file) or not (rates is None or isinstance(rates, Mapping)):
        return
    key = str(limits.entries[throttle]["rate"])
    rate = rates.items.get(key) if rates is not None else None
    if (rate is not None and not (isinstance(rate, Known) and rate.value is None)) or (
        rates is not None and rates.open
    ):
        return
    is_refused = rates is not None and rate is None
    where = known.place(entry["rates"]) if is_refused else known.mapping.span
    step = (Step(where, f"no rate is given for '{key}' here"),) if where is not None else ()
    yield Match(
        span=span,
        values={"throttle": throttle.rpartition(".")[2], "rate": key, "rates": entry["rates"]},
        template="missing" if is_refused else "",
        trace=(Step(span, f"'{throttle.rpartition('.')[2]}' asks for the rate '{key}'"), *step),
    )


__all__ = ["throttle_without_effect"]
