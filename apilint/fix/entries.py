"""Entries of a dict that is written out: found by their key, and put in the way the others are laid out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from apilint.fix import calls
from apilint.fix.concrete import cst
from apilint.fix.edits import TextEdit
from apilint.fix.site import Site, inserting, replacing

if TYPE_CHECKING:
    import libcst


def of(given: libcst.Dict, key: str) -> libcst.DictElement | None:
    """The entry under a key."""
    for each in given.elements:
        if isinstance(each, cst.DictElement) and isinstance(each.key, cst.SimpleString):
            if each.key.evaluated_value == key:
                return each
    return None


def is_tall(site: Site, given: libcst.Dict) -> bool:
    """Whether each entry starts a line of its own."""
    return bool(given.elements) and site.starts_line(site.part.span(given.elements[0])[0])


def indent_in(site: Site, given: libcst.Dict) -> str:
    """What the lines of its entries start with."""
    return site.indent(site.part.span(given.elements[0])[0]).decode() if given.elements else ""


def first(site: Site, given: libcst.Dict, text: str) -> TextEdit:
    """One entry more, before all others."""
    start, end = site.part.span(given)
    inner = site.text[start + 1 : end - 1]
    if not inner.strip():
        return replacing(start, end, f"{{{text}}}")
    lead = inner[: len(inner) - len(inner.lstrip())].decode()
    if b"\n" in inner or b"\r" in inner:
        if site.text[start + 1 : site.line_end(start + 1)].strip():
            return inserting(start + 1, f"{text}, ")
        at = site.line_end(start + 1)
        offset = start + 1 + len(inner) - len(inner.lstrip(b" \t\r\n"))
        return inserting(at, f"{site.indent(offset).decode()}{text},{site.newline.decode()}")
    return inserting(start + 1 + len(lead), f"{text}, ")


def behind(site: Site, given: libcst.Dict, entry: libcst.BaseDictElement, text: str) -> list[TextEdit]:
    """One entry more, right behind another."""
    return calls.appended(site, *site.part.span(entry), site.part.span(given)[1] - 1, text)


__all__ = ["behind", "first", "indent_in", "is_tall", "of"]
