"""A library's name where a fix needs it: as the file already imports it, or imported where a person would put it."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import NamedTuple

from apilint import facts as f
from apilint.fix.concrete import cst
from apilint.fix.edits import Declined, TextEdit
from apilint.fix.site import Site, inserting

_FUTURE, _STANDARD, _INSTALLED, _OWN = range(4)


class Imported(NamedTuple):
    """How a name is spelt in the file, and what has to be put in for that."""

    spelling: str
    edits: tuple[TextEdit, ...]


def named(site: Site, module: str, name: str) -> Imported:
    """`name` of a library's module, for use at the finding."""
    known = _known(site, module, name)
    if known:
        return Imported(known, ())
    _refuse_taken(site, name)
    for statement in _imports(site):
        if isinstance(statement, f.ImportFrom) and statement.level == 0 and statement.module == module:
            return Imported(name, (_added(site, statement, name),))
    return Imported(name, (_new(site, f"from {module} import {name}", module, is_from=True),))


def whole(site: Site, module: str) -> Imported:
    """A library's module itself, `logging`."""
    for statement in _imports(site):
        if isinstance(statement, f.Import):
            for imported, alias in statement.names:
                if imported == module:
                    return Imported(alias or module, ())
    _refuse_taken(site, module.partition(".")[0])
    return Imported(module, (_new(site, f"import {module}", module, is_from=False),))


def meaning(site: Site, spelling: str) -> str:
    """What a dotted name of the file is called where it comes from, as far as the module's own imports say."""
    first, dot, rest = spelling.partition(".")
    for statement in _imports(site):
        for name, alias in statement.names:
            if isinstance(statement, f.ImportFrom) and (alias or name) == first:
                return f"{statement.module}.{name}{dot}{rest}"
            if isinstance(statement, f.Import) and alias == first:
                return f"{name}{dot}{rest}"
    return spelling


def after_imports(site: Site) -> int:
    """Where the first line below the imports at the head of the file starts; 0 where there are none."""
    heads = list(_head(site))
    return site.line_end(heads[-1].end - 1) if heads else _top(site)


# ------------------------------------------------------------------------------------- what is there already


def _imports(site: Site) -> Iterator[f.Import | f.ImportFrom]:
    """The module's own imports that have run when the code at the finding does."""
    for statement in site.module.body:
        if statement.start < site.start and isinstance(statement, (f.Import, f.ImportFrom)):
            yield statement


def _known(site: Site, module: str, name: str) -> str:
    """How the file spells a library's name; empty where it has not imported it."""
    for statement in _imports(site):
        if isinstance(statement, f.ImportFrom):
            for imported, alias in statement.names:
                spelling = alias or imported
                if statement.level == 0 and f"{statement.module}.{imported}" == f"{module}.{name}":
                    return spelling
                if statement.level == 0 and f"{statement.module}.{imported}" == module:
                    return f"{spelling}.{name}"
        else:
            for imported, alias in statement.names:
                if imported == module:
                    return f"{alias or imported}.{name}"
    return ""


def _refuse_taken(site: Site, name: str) -> None:
    """A name that means something else in the file cannot be imported into it."""
    bound = {name for statement in site.module.body for name in _bound(statement)}
    if name in bound or name in site.definitions():
        raise Declined(f"'{name}' means something else in this file")


def _bound(statement: f.Stmt) -> Iterator[str]:
    if isinstance(statement, (f.Import, f.ImportFrom)):
        yield from (alias or imported.partition(".")[0] for imported, alias in statement.names)
    elif isinstance(statement, f.Assign):
        yield from (target.id for target in statement.targets if isinstance(target, f.Name))
    elif isinstance(statement, f.AnnAssign) and isinstance(statement.target, f.Name):
        yield statement.target.id


# --------------------------------------------------------------------------------------- one more name


def _added(site: Site, statement: f.ImportFrom, name: str) -> TextEdit:
    """A name in a `from … import` that is there: where the alphabet has it, if the others follow the alphabet."""
    part = site.part_at(statement.start)
    node = next((each for each, start, _ in part.nodes(cst.ImportFrom) if start == statement.start), None)
    if node is None or isinstance(node.names, cst.ImportStar) or not node.names:
        raise Declined("the import that it needs could not be found")
    names = [part.code(alias.name) for alias in node.names]
    spans = [part.span(alias) for alias in node.names]
    at = len(names)
    if names == sorted(names, key=_order):
        at = next((i for i, known in enumerate(names) if _order(known) > _order(name)), at)
    if at < len(names):
        start = spans[at][0]
        gap = site.text[spans[at - 1][1] : start].decode() if at else ""
        between = _between(gap) or (_leading(site, start) if site.starts_line(start) else " ")
        return inserting(start, f"{name},{between}")
    start, end = spans[-1]
    return inserting(end, f",{_leading(site, start) if site.starts_line(start) else ' '}{name}")


def _between(gap: str) -> str:
    """The white space behind a comma, where no comment stands in it."""
    return gap.partition(",")[2] if "#" not in gap else ""


def _leading(site: Site, offset: int) -> str:
    """The line break and the white space before a name that starts its line."""
    return (site.newline + site.indent(offset)).decode()


def _order(name: str) -> tuple[int, str]:
    """isort's order of names: CONSTANTS, Classes, functions, each by the alphabet whatever their case."""
    kind = 0 if name.isupper() and len(name) > 1 else 1 if name[:1].isupper() else 2
    return kind, name.lower()


# -------------------------------------------------------------------------------------------- a new line


def _head(site: Site) -> Iterator[f.Stmt]:
    """The imports at the head of the file, what stands between them included, up to the last before anything else."""
    pending: list[f.Stmt] = []
    for number, statement in enumerate(site.module.body):
        if isinstance(statement, (f.Import, f.ImportFrom)):
            yield from pending
            pending = []
            yield statement
        elif isinstance(statement, (f.Try, f.If)):
            pending.append(statement)
        elif not (number == 0 and _is_text(statement)):
            return


def _is_text(statement: f.Stmt) -> bool:
    return isinstance(statement, f.ExprStmt) and isinstance(statement.value, f.Constant)


def _top(site: Site) -> int:
    """Below the docstring and the comments at the top of a file without imports."""
    body = site.module.body
    if body and _is_text(body[0]):
        return site.line_end(body[0].end - 1)
    offset = 0
    while site.text[offset : site.line_end(offset)].startswith(b"#"):
        offset = site.line_end(offset)
    return offset


def _new(site: Site, line: str, module: str, *, is_from: bool) -> TextEdit:
    """An import on a line of its own, in the section of its kind."""
    newline = site.newline.decode()
    heads = [each for each in _head(site) if isinstance(each, (f.Import, f.ImportFrom))]
    key = (_section(site, module, 0), is_from, module)
    before = [each for each in heads if _key(site, each) < key]
    same = [each for each in heads if _key(site, each)[0] == key[0]]
    if not heads:
        top = _top(site)
        return inserting(top, f"{newline if top else ''}{line}{newline}{'' if top else newline}")
    if not before:
        gap = "" if same else newline
        return inserting(site.line_start(heads[0].start), f"{line}{newline}{gap}")
    last = before[-1]
    at = site.line_end(last.end - 1)
    gap_before = "" if _key(site, last)[0] == key[0] else newline
    following = [each for each in heads if each.start >= at]
    is_tight = bool(following) and not site.text[at : following[0].start].strip(b" \t") and not same
    broken = "" if site.text[:at].endswith((b"\n", b"\r")) else newline
    return inserting(at, f"{broken}{gap_before}{line}{newline}{newline if is_tight else ''}")


def _key(site: Site, statement: f.Import | f.ImportFrom) -> tuple[int, bool, str]:
    """Where isort sorts an import: section, `import` before `from`, module."""
    if isinstance(statement, f.ImportFrom):
        return _section(site, statement.module, statement.level), True, statement.module
    name = statement.names[0][0] if statement.names else ""
    return _section(site, name, 0), False, name


def _section(site: Site, module: str, level: int) -> int:
    top = module.partition(".")[0]
    if level or (module and site.project.index.module(module, site.module.file) is not None):
        return _OWN
    if top == "__future__":
        return _FUTURE
    if top in sys.stdlib_module_names:
        return _STANDARD
    return _OWN if site.project.index.is_namespace(top) else _INSTALLED


__all__ = ["Imported", "after_imports", "meaning", "named", "whole"]
