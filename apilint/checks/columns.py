"""Columns that hold what the law or a bank wants encrypted, as plain text."""

from __future__ import annotations

import re
from collections.abc import Iterator

from apilint.check import Match, check, routeless
from apilint.checks.exposed import words_of
from apilint.facts import Span
from apilint.frameworks.schemas import Schemas
from apilint.index import Class
from apilint.model import Step
from apilint.patterns import regex
from apilint.project import Project
from apilint.unparse import unparse

# Room for the last digits only.
_ENDING = regex(r"\b(max_length=|String\(|CHAR\()[1-4]\b", re.IGNORECASE)


@routeless
@check
def sensitive_column_unencrypted(
    project: Project, *, names: str, words: str, plain: str, encrypted: str = r"(?!)", elsewhere: str = r"(?!)"
) -> Iterator[Match]:
    """Columns of database models that are called like numbers of cards and people, or keys of other services."""
    sensitive, text, sealed, mentioned = map(regex, (names, plain, encrypted, words))
    copied = regex(elsewhere)
    schemas = Schemas(project.program)
    for module in project.index.modules.values():
        if module.is_test or copied.search(module.file) or not mentioned.search(module.facts.words):
            continue
        for cls in module.classes:
            made = project.program.machine.class_value(cls)
            schema = schemas.of(made) if made is not None else None
            if schema is None or not schema.stored:
                continue
            for field in schema.fields:
                if not sensitive.search(words_of(field.name)) or field.span is None:
                    continue
                written = _written(cls, field.span) if field.span.file == module.file else ""
                if text.search(written) and not sealed.search(written) and not _ENDING.search(written):
                    yield Match(
                        span=field.span,
                        values={"column": field.name, "model": schema.name, "type": field.type},
                        trace=(Step(field.span, f"'{field.name}' is stored as {field.type or 'text'}"),),
                    )


def _written(cls: Class, span: Span) -> str:
    """How a class declares the field at a place: its annotation and what it is made with; empty for another class's."""
    for statement in cls.code.body:
        if statement.start == span.start:
            parts = (getattr(statement, "annotation", None), getattr(statement, "value", None))
            return " ".join(unparse(part, 4) for part in parts if part is not None)
    return ""


__all__ = ["sensitive_column_unencrypted"]
