"""A field by which callers give themselves rights -> one that a serializer only shows."""

from __future__ import annotations

from collections.abc import Iterator

from apilint.finding import Finding
from apilint.fix import calls
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
    part = site.part
    for node, start, end in part.nodes(cst.Assign):
        if (start, end) == (site.start, site.end):
            if not isinstance(node.value, cst.Call):
                break
            yield from _declared(site, node.value)
            return
    name = part.at(cst.SimpleString, site.start, site.end)
    meta = part.around(cst.ClassDef, site.start, site.end)
    if meta is None or not isinstance(meta.body, cst.IndentedBlock):
        raise Declined("the list of fields stands in no class")
    yield from _listed(site, meta.body, part.code(name))


def _declared(site: Site, call: cst.Call) -> list[TextEdit]:
    for argument in call.args:
        if argument.keyword is not None and argument.keyword.value in _OF_WRITTEN:
            raise Declined(f"the field says '{argument.keyword.value}'")
    return calls.with_keyword(site, site.part, call, f"{OPTION}=True")


def _listed(site: Site, body: cst.IndentedBlock, name: str) -> list[TextEdit]:
    part = site.part
    after = None
    for line in body.body:
        start, end = part.span(line)
        if start <= site.start < end:
            after = line
        statement = line.body[0] if isinstance(line, cst.SimpleStatementLine) else None
        if isinstance(statement, cst.Assign) and part.code(statement.targets[0].target) == LISTED:
            return _in_list(site, statement, name)
    if not isinstance(after, cst.SimpleStatementLine):
        raise Declined("the list of fields is no statement of its class")
    start, end = part.span(after)
    line_end = site.line_end(end - 1)
    newline = site.newline.decode()
    lead = "" if site.text[:line_end].endswith((b"\n", b"\r")) else newline
    return [inserting(line_end, f"{lead}{site.indent(start).decode()}{LISTED} = [{name}]{newline}")]


def _in_list(site: Site, statement: cst.Assign, name: str) -> list[TextEdit]:
    value = statement.value
    if not isinstance(value, (cst.List, cst.Tuple)) or (isinstance(value, cst.Tuple) and not value.lpar):
        raise Declined(f"'{LISTED}' is not written out")
    part = site.part
    close = part.span(statement)[1] - 1  # where a tuple ends, its brackets are not told
    if not value.elements:
        return [inserting(close, name if isinstance(value, cst.List) else f"{name},")]
    return calls.appended(site, *part.span(value.elements[-1]), close, name)
