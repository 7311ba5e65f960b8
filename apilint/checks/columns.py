"""Columns that hold what the law or a bank wants encrypted, as plain text."""

from __future__ import annotations

import re
from collections.abc import Iterator

from apilint.check import Match, check
from apilint.checks.exposed import words_of
from apilint.facts import Span
from apilint.finding import Precision
from apilint.frameworks.schemas import Schema, Schemas
from apilint.index import Class
from apilint.model import Step
from apilint.patterns import regex
from apilint.project import Project
from apilint.unparse import unparse

# A row that is found by the value: encrypted, it could not be.
_LOOKED_UP = regex(r"\b(unique|primary_key)=True")
# A key needs more room than the name of a file with one.
_OF_FILES = regex(r"^private_key$")
_NAME = regex(r"\b(max_length=|(String|Unicode|VARCHAR)\()(\d{1,2}|[12]\d\d)\b", re.IGNORECASE)
# Room for the last digits only.
_ENDING = regex(r"\b(max_length=|String\(|CHAR\()[1-4]\b", re.IGNORECASE)


@check
def sensitive_column_unencrypted(
    project: Project,
    *,
    names: str,
    words: str,
    plain: str,
    encrypted: str = r"(?!)",
    elsewhere: str = r"(?!)",
    of_banks: str = r"(?!)",
    banks: str = r"(?!)",
    one_of_many: str = r"(?!)",
) -> Iterator[Match]:
    """Columns of database models that are called like numbers of cards and people, or keys of other services. An
    account (`of_banks`) is one of a bank where the model speaks of `banks`."""
    sensitive, text, sealed, mentioned = map(regex, (names, plain, encrypted, words))
    accounts, money, many = map(regex, (of_banks, banks, one_of_many))
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
            speaks_of = " ".join(map(words_of, (schema.name, *(field.name for field in schema.fields))))
            for field in schema.fields:
                if accounts.search(words_of(field.name)) and not money.search(speaks_of):
                    continue
                if not sensitive.search(words_of(field.name)) or field.span is None:
                    continue
                written = _written(cls, field.span) if field.span.file == module.file else ""
                if _has_sealed_copy(schema, field.name, sealed):
                    continue
                if text.search(written) and not sealed.search(written) and not _ENDING.search(written):
                    is_doubtful = bool(many.search(words_of(field.name))) or bool(_LOOKED_UP.search(written))
                    is_doubtful |= bool(_OF_FILES.search(words_of(field.name)) and _NAME.search(written))
                    yield Match(
                        span=field.span,
                        values={"column": field.name, "model": schema.name, "type": field.type},
                        trace=(Step(field.span, f"'{field.name}' is stored as {field.type or 'text'}"),),
                        precision=Precision.LOW if is_doubtful else None,
                    )


def _has_sealed_copy(schema: Schema, name: str, sealed: re.Pattern[str]) -> bool:
    """Whether the program is on its way to another column for the same: `client_secret_encrypted`."""
    return any(each.name != name and name in each.name and sealed.search(each.name) for each in schema.fields)


def _written(cls: Class, span: Span) -> str:
    """How a class declares the field at a place: its annotation and what it is made with; empty for another class's."""
    for statement in cls.code.body:
        if statement.start == span.start:
            parts = (getattr(statement, "annotation", None), getattr(statement, "value", None))
            return " ".join(unparse(part, 4) for part in parts if part is not None)
    return ""


__all__ = ["sensitive_column_unencrypted"]
