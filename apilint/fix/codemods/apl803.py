"""A key in the source -> the one that the environment holds, or no start."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from apilint import facts as f
from apilint.fix import imports
from apilint.fix.concrete import cst
from apilint.fix.edits import Declined, TextEdit
from apilint.fix.site import Part, Site, replacing

if TYPE_CHECKING:
    import libcst

# Wherever the program runs, somebody has to set the variable first.
SAFE = False
GETTERS = ("getenv", "environ.get")
_WORD = re.compile(r"[^A-Za-z0-9]+")


def fix(site: Site) -> Iterator[TextEdit]:
    """The text gives way to `os.environ[...]`, a fallback goes."""
    value, part = _value(site)
    name = _name(site)
    if isinstance(value, cst.Call) and part.code(value.func).endswith(GETTERS) and value.args:
        variable = part.code(value.args[0].value)
    elif isinstance(value, (cst.SimpleString, cst.ConcatenatedString)):
        variable = f'"{_WORD.sub("_", name).strip("_").upper()}"'
    else:
        raise Declined("it is put together elsewhere")
    os = imports.whole(site, "os")
    yield from os.edits
    yield replacing(*part.span(value), f"{os.spelling}.environ[{variable}]")


def _value(site: Site) -> tuple[libcst.BaseExpression, Part]:
    """What is written there; for a name, what the module gives it."""
    value = _written(site)
    if isinstance(value, cst.Name):
        for statement in site.module.body:
            if isinstance(statement, f.Assign) and isinstance(statement.targets[0], f.Name):
                if statement.targets[0].id == value.value:
                    part = site.part_at(statement.start)
                    return part.at(cst.Assign, statement.start, statement.end).value, part
    return value, site.part


def _written(site: Site) -> libcst.BaseExpression:
    part, span = site.part, (site.start, site.end)
    for node in part.all:
        if isinstance(node, (cst.Assign, cst.AnnAssign)) and node.value is not None:
            targets = [each.target for each in node.targets] if isinstance(node, cst.Assign) else [node.target]
            if part.span(node) == span or any(part.span(each) == span for each in targets):
                return node.value
        elif isinstance(node, cst.Arg) and span in (part.span(node), part.span(node.value)):
            return node.value
    raise Declined("it is neither assigned nor handed over there")


def _name(site: Site) -> str:
    """What it is a key of, by its name in the message: 'secret_key of SessionMiddleware', 'key of encode'."""
    quoted = site.finding.message.partition("'")[2].partition("'")[0]
    name = quoted.partition(" of ")[0]
    return "SECRET_KEY" if name == "key" else name.rpartition(".")[2]
