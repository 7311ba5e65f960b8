"""A statement that is one f-string -> the same text with placeholders, and the values as parameters."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from apilint.checks.names import Names
from apilint.finding import Finding
from apilint.fix.concrete import cst
from apilint.fix.edits import Declined, TextEdit
from apilint.fix.site import Site, inserting, replacing
from apilint.startup.values import unwrap

if TYPE_CHECKING:
    import libcst

SAFE = False

_BEFORE_VALUE = re.compile(r"(?i)(?:[=<>,(]|\b(?:like|ilike|limit|offset|and|between))\s*$")
_IN_QUOTES = re.compile(r"(?is)^(?P<head>.*[=<>,(\s])'(?P<before>%?)$")
_NAMES = re.compile(r"(?i)\b(?:from|join|into|update|table|by)\s+[\w\s,.\"(]*$")
_WORD = re.compile(r"[A-Za-z_]\w*")


class Hole(NamedTuple):
    """A value in the statement: the text around it that belongs to it is `%` and `%`, or nothing."""

    expression: str
    before: str
    after: str

    @property
    def value(self) -> str:
        """The parameter."""
        if self.before or self.after:
            return f'f"{self.before}{{{self.expression}}}{self.after}"'
        return self.expression


def offers(finding: Finding) -> bool:
    """Whether the statement stands in the call."""
    place = finding.place
    return (
        place.line != place.end_line or re.search(r"(?i)\b(f|rf|fr)['\"]", place.text[place.column - 1 :]) is not None
    )


def fix(site: Site) -> Iterator[TextEdit]:
    """The literal and, behind it, the parameters."""
    part = site.part
    call = part.at(cst.Call, site.start, site.end)
    literal = call.args[0].value if call.args else None
    if not isinstance(literal, cst.FormattedString):
        raise Declined("the statement is not one f-string in the call")
    style = _style(site)
    if style != "bindparams" and len(call.args) > 1:
        raise Declined("the call has parameters already")
    if style == "format" and "%" in "".join(_texts(literal)).replace("'%", "").replace("%'", ""):
        raise Declined("the statement holds a '%' that would have to be escaped")
    names: list[str] = []
    pieces, holes = _taken_apart(site, literal)
    marks = [_mark(style, number, hole, names) for number, hole in enumerate(holes, 1)]
    body = "".join(text + mark for text, mark in zip(pieces, [*marks, ""], strict=True))
    prefix = literal.prefix.lower().replace("f", "")
    start, end = part.span(literal)
    if "{" in body or "}" in body:
        raise Declined("the statement holds braces")
    yield replacing(start, end, f"{prefix}{literal.start[len(literal.prefix) :]}{body}{literal.end}")
    values = [hole.value for hole in holes]
    if any(value.startswith("f") and '"' in hole.expression for value, hole in zip(values, holes, strict=True)):
        raise Declined("a value would need quotes within quotes")
    if style == "bindparams":
        given = ", ".join(f"{name}={value}" for name, value in dict(zip(names, values, strict=True)).items())
        yield inserting(site.end, f".bindparams({given})")
    elif style == "numeric_dollar":
        yield inserting(end, "".join(f", {value}" for value in values))
    else:
        yield inserting(end, f", ({', '.join(values)}{',' if len(values) == 1 else ''})")


def _style(site: Site) -> str:
    """How the library marks parameters."""
    sections: Mapping[str, Any] = site.project.knowledge.sections
    sinks = {**sections.get("sql_text", {}), **sections.get("sql", {})}
    function = site.function()
    calls = site.project.trace(function, deep=True).calls if function is not None else ()
    for call in calls:
        if (call.span.file, call.span.start, call.span.end) == (site.module.file, site.start, site.end):
            for name in Names(site.project).of(unwrap(call.callee)):
                entry = sinks.get(name)
                if isinstance(entry, Mapping) and entry.get("argument") == 0:
                    style = str(sections.get("paramstyles", {}).get(entry.get("library"), ""))
                    is_text = name.rpartition(".")[2] == "text"
                    if style and (entry.get("params") == 1 if style != "bindparams" else is_text):
                        return style
                    if style == "numeric_dollar":
                        return style
    raise Declined("how this library marks parameters is not known")


def _texts(literal: libcst.FormattedString) -> Iterator[str]:
    for piece in literal.parts:
        if isinstance(piece, cst.FormattedStringText):
            yield piece.value


def _taken_apart(site: Site, literal: libcst.FormattedString) -> tuple[list[str], list[Hole]]:
    """The texts between the values, without the quotes around values, and the values."""
    texts, holes = [""], list[Hole]()
    closing = ""
    for piece in literal.parts:
        if isinstance(piece, cst.FormattedStringText):
            text = piece.value
            if closing:
                after, quote, text = text.partition("'")
                if not quote or after not in ("", "%"):
                    raise Declined("a value is part of a longer text between quotes")
                holes[-1] = holes[-1]._replace(after=after)
                closing = ""
            texts[-1] += text
            continue
        if closing or not isinstance(piece, cst.FormattedStringExpression):
            raise Declined("two values stand side by side")
        if piece.conversion or piece.format_spec or piece.equal:
            raise Declined("a value is formatted")
        expression = site.part.code(piece.expression).strip()
        quoted = _IN_QUOTES.match(texts[-1]) if texts[-1].count("'") % 2 else None
        if quoted is None and (texts[-1].count("'") % 2 or not _BEFORE_VALUE.search(texts[-1])):
            raise Declined("a value stands where the statement takes no parameter")
        before = quoted["before"] if quoted is not None else ""
        if quoted is not None:
            texts[-1], closing = quoted["head"], "'"
        elif _NAMES.search(texts[-1]):
            raise Declined("a name of a table or column cannot be a parameter")
        holes.append(Hole(expression, before, ""))
        texts.append("")
    if closing or not holes:
        raise Declined("the quotes around a value are not closed")
    return texts, holes


def _mark(style: str, number: int, hole: Hole, names: list[str]) -> str:
    if style == "qmark":
        return "?"
    if style == "format":
        return "%s"
    if style == "numeric_dollar":
        return f"${number}"
    words = _WORD.findall(hole.expression)
    name = words[-1] if words else f"value_{number}"
    names.append(name if name not in names else f"{name}_{number}")
    return f":{names[-1]}"
