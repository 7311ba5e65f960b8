"""Settings in which REST framework lets everybody in -> a default that asks for a login."""

from __future__ import annotations

from collections.abc import Iterator

from apilint.fix import entries
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
        yield entries.first(site, dict_, f'"{key}": ["{GUARDED}"]')
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
