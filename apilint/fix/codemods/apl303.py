"""A secret that a serializer shows -> one that it only takes."""

from __future__ import annotations

from collections.abc import Iterator

from apilint.finding import Finding
from apilint.fix import calls
from apilint.fix.concrete import cst
from apilint.fix.edits import Declined, TextEdit
from apilint.fix.site import Site, inserting

SAFE = True
OPTION = "write_only"
EXTRA = "extra_kwargs"


def offers(finding: Finding) -> bool:
    """Whether a field is listed or declared there; `depth` shows what no option hides."""
    said = finding.place.text[finding.place.column - 1 :]
    return said[:1] in ("'", '"') or "(" in said


def fix(site: Site) -> Iterator[TextEdit]:
    """`write_only=True` in the field's declaration, or in `extra_kwargs` for a field that Meta lists."""
    part = site.part
    for node, start, end in part.nodes(cst.Assign):
        if (start, end) == (site.start, site.end):
            if not isinstance(node.value, cst.Call):
                break
            yield from _declared(site, node.value)
            return
    name = part.at(cst.SimpleString, site.start, site.end).evaluated_value
    meta = part.around(cst.ClassDef, site.start, site.end)
    if meta is None or not isinstance(meta.body, cst.IndentedBlock):
        raise Declined("the list of fields stands in no class")
    yield from _listed(site, meta.body, str(name))


def _declared(site: Site, call: cst.Call) -> list[TextEdit]:
    for argument in call.args:
        if argument.keyword is not None and argument.keyword.value in (OPTION, "read_only"):
            raise Declined(f"the field says '{argument.keyword.value}' already")
    return calls.with_keyword(site, site.part, call, f"{OPTION}=True")


def _listed(site: Site, body: cst.IndentedBlock, name: str) -> list[TextEdit]:
    part = site.part
    after = None
    for line in body.body:
        start, end = part.span(line)
        if start <= site.start < end:
            after = line
        statement = line.body[0] if isinstance(line, cst.SimpleStatementLine) else None
        if isinstance(statement, cst.Assign) and part.code(statement.targets[0].target) == EXTRA:
            return _in_extra(site, statement.value, name)
    if not isinstance(after, cst.SimpleStatementLine):
        raise Declined("the list of fields is no statement of its class")
    start, end = part.span(after)
    line_end = site.line_end(end - 1)
    newline = site.newline.decode()
    lead = "" if site.text[:line_end].endswith((b"\n", b"\r")) else newline
    text = f'{EXTRA} = {{"{name}": {{"{OPTION}": True}}}}'
    return [inserting(line_end, f"{lead}{site.indent(start).decode()}{text}{newline}")]


def _in_extra(site: Site, value: cst.BaseExpression, name: str) -> list[TextEdit]:
    part = site.part
    if not isinstance(value, cst.Dict):
        raise Declined(f"'{EXTRA}' is not written out")
    for element in value.elements:
        if isinstance(element, cst.DictElement) and part.code(element.key).strip("\"'") == name:
            if not isinstance(element.value, cst.Dict):
                raise Declined(f"what '{EXTRA}' says of '{name}' is not written out")
            return _entry(site, element.value, f'"{OPTION}": True')
    return _entry(site, value, f'"{name}": {{"{OPTION}": True}}')


def _entry(site: Site, dict_: cst.Dict, text: str) -> list[TextEdit]:
    """One entry more at the end of a dict."""
    part = site.part
    close = part.span(dict_)[1] - 1
    if not dict_.elements:
        return [inserting(close, text)]
    return calls.appended(site, *part.span(dict_.elements[-1]), close, text)
