"""Settings in which REST framework lets everybody in -> a default that asks for a login."""

from __future__ import annotations

from collections.abc import Iterator

from apilint.fix.concrete import cst
from apilint.fix.edits import Declined, TextEdit
from apilint.fix.site import Site, inserting, replacing

SAFE = False
SETTINGS = "REST_FRAMEWORK"
OPEN = "rest_framework.permissions.AllowAny"
GUARDED = "rest_framework.permissions.IsAuthenticated"


def fix(site: Site) -> Iterator[TextEdit]:
    """One key more, or another class in the key that is there."""
    key = site.params["setting"]
    part = site.part
    dict_ = next((node for node, start, end in part.nodes(cst.Dict) if (start, end) == (site.start, site.end)), None)
    if dict_ is not None and _is_settings(site):
        yield _entry(site, key)
        return
    entry = next((node for node, start, _ in part.nodes(cst.DictElement) if start == site.start), None)
    first, last = part.span(entry.value) if entry is not None else (0, 0)
    opened = [
        (start, end)
        for node, start, end in part.nodes(cst.SimpleString)
        if first <= start < last and node.evaluated_value == OPEN
    ]
    if opened:
        (start, end), *_ = opened
        quote = site.source(start, start + 1)
        yield replacing(start, end, f"{quote}{GUARDED}{quote}")
        return
    if dict_ is None and _is_bare(site):
        at = site.line_end(site.end - 1)
        newline = site.newline.decode()
        text = f'{newline}{SETTINGS} = {{{newline}    "{key}": ["{GUARDED}"],{newline}}}{newline}'
        yield inserting(at, text if site.text[:at].endswith((b"\n", b"\r")) else newline + text)
        return
    raise Declined(f"'{SETTINGS}' is not written out in this file")


def _is_settings(site: Site) -> bool:
    return site.text[site.line_start(site.start) : site.start].replace(b" ", b"").startswith(
        f"{SETTINGS}=".encode()
    ) or (site.text[site.line_start(site.start) : site.start].startswith(f"{SETTINGS}:".encode()))


def _is_bare(site: Site) -> bool:
    """Whether the file has no such settings at all: the finding stands elsewhere then."""
    return SETTINGS.encode() not in site.text and not site.indent(site.start)


def _entry(site: Site, key: str) -> TextEdit:
    """The key as the first of the dict, laid out as the others are."""
    text = f'"{key}": ["{GUARDED}"]'
    inner = site.text[site.start + 1 : site.end - 1]
    if not inner.strip():
        return replacing(site.start, site.end, f"{{{text}}}")
    lead = inner[: len(inner) - len(inner.lstrip())].decode()
    if b"\n" in inner or b"\r" in inner:
        first = site.start + 1
        if site.text[first : site.line_end(first)].strip():
            return inserting(first, f"{text}, ")
        at = site.line_end(first)
        indent = inner.lstrip(b" \t\r\n")
        offset = site.start + 1 + len(inner) - len(indent)
        return inserting(at, f"{site.indent(offset).decode()}{text},{site.newline.decode()}")
    return inserting(site.start + 1 + len(lead), f"{text}, ")
