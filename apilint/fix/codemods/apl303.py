"""A secret that a serializer shows -> one that it only takes."""

from __future__ import annotations

from collections.abc import Iterator

from apilint.finding import Finding
from apilint.fix import calls, meta
from apilint.fix.concrete import cst
from apilint.fix.edits import Declined, TextEdit
from apilint.fix.site import Site, inserting

SAFE = True
OPTION = "write_only"
EXTRA, READ_ONLY = "extra_kwargs", "read_only_fields"


def offers(finding: Finding) -> bool:
    """Whether a field is listed or declared there; `depth` shows what no option hides."""
    said = finding.place.text[finding.place.column - 1 :]
    return said[:1] in ("'", '"') or "(" in said


def fix(site: Site) -> Iterator[TextEdit]:
    """`write_only=True` in the field's declaration, or in `extra_kwargs` for a field that Meta lists."""
    call = meta.declaration(site)
    if call is not None:
        yield from _declared(site, call)
        return
    name = str(site.part.at(cst.SimpleString, site.start, site.end).evaluated_value)
    body = meta.listing(site)
    if name in _read_only(site, body):
        raise Declined("the field can only be read: it has to leave the list")
    extra = meta.option(site, body, EXTRA)
    if extra is not None:
        yield from _in_extra(site, extra.value, name)
    else:
        yield meta.below_list(site, body, f'{EXTRA} = {{"{name}": {{"{OPTION}": True}}}}')


def _read_only(site: Site, body: cst.IndentedBlock) -> set[str]:
    """The fields that nobody may write; the framework takes no field that is neither shown nor taken."""
    listed = meta.option(site, body, READ_ONLY)
    items = listed.value.elements if listed is not None and isinstance(listed.value, (cst.List, cst.Tuple)) else ()
    return {str(each.value.evaluated_value) for each in items if isinstance(each.value, cst.SimpleString)}


def _declared(site: Site, call: cst.Call) -> list[TextEdit]:
    for argument in call.args:
        if argument.keyword is not None and argument.keyword.value in (OPTION, "read_only"):
            raise Declined(f"the field says '{argument.keyword.value}' already")
    return calls.with_keyword(site, site.part, call, f"{OPTION}=True")


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
