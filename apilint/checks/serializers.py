"""Serializers that show more of a model than anyone decided."""

from __future__ import annotations

from collections.abc import Iterator

from apilint.check import Match, check
from apilint.checks.exposed import words_of
from apilint.checks.sensitive import Sensitive, quoted
from apilint.facts import Span
from apilint.finding import Precision, Severity
from apilint.frameworks.schemas import Schema
from apilint.frameworks.serializers import Serializer, serializers
from apilint.model import Step
from apilint.patterns import regex
from apilint.project import Project


@check
def serializer_all_fields(
    project: Project,
    *,
    exposed: str,
    sensitive_severity: str = "error",
    sensitive_security_severity: float = 7.5,
    unused_severity: str = "note",
    plain_precision: str = "low",
    habit: int = 5,
    private: str = r"(?!)",
) -> Iterator[Match]:
    """Serializers with every field of their model; where all of these are known and none is secret, that is mostly
    decided, and so it is where the model is not known and nothing `private` by its name."""
    sensitive, telling = Sensitive(project), regex(private)
    found = [(each, _exposed(sensitive, each)) for each in _of_models(project, "all")]
    is_habit = sum(1 for each, names in found if each.used and not names) >= habit
    for each, names in found:
        if not each.used:
            severity: Severity | None = Severity(unused_severity)
        else:
            severity = Severity(sensitive_severity) if names else None
        yield Match(
            span=each.at,
            values={"serializer": each.name, "model": each.model_name, "fields": quoted(names)},
            trace=_proof(each, names),
            severity=severity,
            security_severity=sensitive_security_severity if names and each.used else None,
            precision=_precision(each)
            if each.used
            and (names or (each.model is None and not is_habit and telling.search(words_of(each.model_name))))
            else Precision(plain_precision),
            template="exposed" if names else "",
        )


@check
def serializer_exclude(
    project: Project,
    *,
    exposed: str,
    sensitive_severity: str = "error",
    sensitive_security_severity: float = 7.5,
    plain_precision: str = "low",
) -> Iterator[Match]:
    """Serializers that list what to hide; where nothing secret is left, that is mostly decided."""
    sensitive = Sensitive(project)
    for each in _of_models(project, "exclude"):
        if not each.used:
            continue
        names = _exposed(sensitive, each)
        yield Match(
            span=each.at,
            values={
                "serializer": each.name,
                "model": each.model_name,
                "excluded": quoted(each.excluded),
                "fields": quoted(names),
            },
            trace=_proof(each, names),
            severity=Severity(sensitive_severity) if names else None,
            security_severity=sensitive_security_severity if names else None,
            precision=_precision(each) if names else Precision(plain_precision),
            template="exposed" if names else "",
        )


@check
def serializer_sensitive_field(
    project: Project,
    *,
    depth: str,
    issuing: str,
    form: str = r"(?!)",
    certain: str = "",
    doubtful_precision: str = "low",
) -> Iterator[Match]:
    """Serializers that name a secret among what they show, or nest a model that holds one. One with nothing else than
    what a person types into a `form` is a form. What is not `certain` to be for nobody's eyes is doubtful."""
    sensitive = Sensitive(project)
    hands_out, typed, never_shown = regex(issuing), regex(form), regex(certain)
    for each in serializers(project.program):
        if not each.used or project.is_test(each.span.file) or each.rewritten:
            continue
        yield from _nested(sensitive, each)
        named = list(_named(each))
        if hands_out.search(each.name) or "*" in each.hidden or all(typed.search(name) for name, _, _ in named):
            continue
        for name, span, type_ in named:
            if name in each.hidden or name in ("is_superuser", "is_staff") or not sensitive.is_field(name, type_):
                continue
            yield Match(
                span=span,
                values={"serializer": each.name, "field": name, "model": each.model_name or each.name},
                trace=(
                    Step(each.span, f"'{each.name}' answers with its fields"),
                    *_listing(each, span),
                    Step(span, f"'{name}' is one of them"),
                ),
                precision=None if never_shown.search(words_of(name)) else Precision(doubtful_precision),
            )


def _of_models(project: Project, selects: str) -> Iterator[Serializer]:
    for each in serializers(project.program):
        if each.selects == selects and each.model_name and not project.is_test(each.span.file):
            yield each


def _precision(each: Serializer) -> Precision | None:
    return Precision.MEDIUM if each.rewritten else None


def _exposed(sensitive: Sensitive, each: Serializer) -> list[str]:
    """The secrets of a model that a serializer lets out."""
    if each.model is None or each.rewritten or "*" in each.hidden:
        return []
    declared = {shown.name for shown in each.declared}
    gone = {*each.excluded, *each.hidden, *declared}
    return [name for name in secrets(sensitive, each.model) if name not in gone]


def secrets(sensitive: Sensitive, model: Schema) -> list[str]:
    """The fields of a model that nobody should see."""
    return [field.name for field in model.fields if sensitive.is_field(field.name, field.type)]


def _named(each: Serializer) -> Iterator[tuple[str, Span, str]]:
    """Every field that a serializer names, with its place and what is stored in it."""
    types = {field.name: field.type for field in each.model.fields} if each.model is not None else {}
    made = {shown.name: shown.type for shown in each.declared}
    listed = {shown.name for shown in each.fields}
    for shown in each.fields:
        yield shown.name, shown.span, made.get(shown.name) or types.get(shown.name, "")
    if each.selects != "list":
        for shown in each.declared:
            if shown.name not in listed:
                yield shown.name, shown.span, shown.type


def _listing(each: Serializer, span: Span) -> Iterator[Step]:
    """The list that a field stands in: what mends the field stands below it."""
    at = each.at
    if at.file == span.file and at.start < span.start and span.end < at.end:
        yield Step(at, "its fields are listed here")


def _nested(sensitive: Sensitive, each: Serializer) -> Iterator[Match]:
    shown = {field.name for field in each.fields}
    declared = {field.name for field in each.declared}
    for name, target in each.nested:
        if (each.selects == "list" and name not in shown) or name in (*each.excluded, *declared):
            continue
        names = secrets(sensitive, target)
        if names:
            yield Match(
                span=each.nested_at,
                values={"serializer": each.name, "field": name, "model": target.name, "sensitive": quoted(names)},
                trace=(
                    Step(each.span, f"'{each.name}' answers with '{name}'"),
                    Step(each.nested_at, "related objects are nested whole"),
                ),
                template="depth",
            )


def _proof(each: Serializer, names: list[str]) -> tuple[Step, ...]:
    steps = [Step(each.at, f"'{each.name}' shows the fields of '{each.model_name}'")]
    if each.model is not None:
        steps += [
            Step(field.span, f"'{field.name}' is one of them")
            for field in each.model.fields
            if field.name in names and field.span is not None
        ]
    return tuple(steps)


__all__ = ["serializer_all_fields", "serializer_exclude", "serializer_sensitive_field"]
