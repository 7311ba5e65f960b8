"""A field by which callers give themselves rights -> one that a serializer only shows."""

from __future__ import annotations

from collections.abc import Iterator

from apilint.finding import Finding
from apilint.fix import calls, meta
from apilint.fix.concrete import cst
from apilint.fix.edits import Declined, TextEdit
from apilint.fix.site import Site, inserting

SAFE = False
OPTION = "read_only"
LISTED = "read_only_fields"
# Of a field that is only shown the framework refuses to be told these.
_OF_WRITTEN = ("required", "default", "write_only", OPTION)


def offers(finding: Finding) -> bool:
    """Whether a serializer's field is listed or declared there; what takes all fields names none."""
    said = finding.place.text[finding.place.column - 1 :]
    return "'{" not in said and (said[:1] in ("'", '"') or ("(" in said and "**" not in said))


def fix(site: Site) -> Iterator[TextEdit]:
    """`read_only=True` in the field's declaration, or `read_only_fields` for a field that Meta lists."""
    call = meta.declaration(site)
    if call is not None:
        for argument in call.args:
            if argument.keyword is not None and argument.keyword.value in _OF_WRITTEN:
                raise Declined(f"the field says '{argument.keyword.value}'")
        yield from calls.with_keyword(site, site.part, call, f"{OPTION}=True")
        return
    name = site.part.code(site.part.at(cst.SimpleString, site.start, site.end))
    body = meta.listing(site)
    listed = meta.option(site, body, LISTED)
    if listed is not None:
        yield from _in_list(site, listed, name)
    else:
        yield meta.below_list(site, body, f"{LISTED} = [{name}]")


def _in_list(site: Site, statement: cst.Assign, name: str) -> list[TextEdit]:
    value = statement.value
    if not isinstance(value, (cst.List, cst.Tuple)) or (isinstance(value, cst.Tuple) and not value.lpar):
        raise Declined(f"'{LISTED}' is not written out")
    part = site.part
    close = part.span(statement)[1] - 1  # where a tuple ends, its brackets are not told
    if not value.elements:
        return [inserting(close, name if isinstance(value, cst.List) else f"{name},")]
    return calls.appended(site, *part.span(value.elements[-1]), close, name)
