"""A field of a serializer -> its declaration, or the Meta that lists it and the options of that."""

from __future__ import annotations

from apilint.fix.concrete import cst
from apilint.fix.edits import Declined, TextEdit
from apilint.fix.site import Site
from apilint.fix.statements import below


def declaration(site: Site) -> cst.Call | None:
    """The call by which the statement at a finding declares a field; None where there is no such statement."""
    for node, start, end in site.part.nodes(cst.Assign):
        if (start, end) == (site.start, site.end):
            return node.value if isinstance(node.value, cst.Call) else None
    return None


def listing(site: Site) -> cst.IndentedBlock:
    """The body of the class in which the list of fields stands that names the one at a finding."""
    meta = site.part.around(cst.ClassDef, site.start, site.end)
    if meta is None or not isinstance(meta.body, cst.IndentedBlock):
        raise Declined("the list of fields stands in no class")
    return meta.body


def option(site: Site, body: cst.IndentedBlock, name: str) -> cst.Assign | None:
    """The statement that sets an option of a Meta."""
    for line in body.body:
        statement = line.body[0] if isinstance(line, cst.SimpleStatementLine) else None
        if isinstance(statement, cst.Assign) and site.part.code(statement.targets[0].target) == name:
            return statement
    return None


def below_list(site: Site, body: cst.IndentedBlock, text: str) -> TextEdit:
    """One more option, on a line below the list of fields. It takes the line break before it along, so that two fixes
    that want the same option collide: the second one finds it there in the next round."""
    part = site.part
    spans = [(part.span(line), line) for line in body.body]
    after = next((each for each in spans if each[0][0] <= site.start < each[0][1]), None)
    if after is None or not isinstance(after[1], cst.SimpleStatementLine):
        raise Declined("the list of fields is no statement of its class")
    added = below(site, after[0], text)
    if not site.text[: added.start].endswith(site.newline):
        return added
    return TextEdit(added.start - len(site.newline), added.start, site.newline + added.text)


__all__ = ["below_list", "declaration", "listing", "option"]
