"""A cookie that others may read -> one with the flags that keep them out."""

from __future__ import annotations

import re
from collections.abc import Iterator

from apilint.fix import calls
from apilint.fix.concrete import cst
from apilint.fix.edits import Declined, TextEdit
from apilint.fix.site import Site, replacing

# Without TLS, as on the developer's own machine, a browser keeps a secure cookie to itself.
SAFE = False
_FLAG = re.compile(r"'(secure|httponly|https_only)'")


def fix(site: Site) -> Iterator[TextEdit]:
    """The flags that the message names, or the setting that is off."""
    part = site.part
    call = next((node for node, *span in part.nodes(cst.Call) if span == [site.start, site.end]), None)
    if call is None:
        yield _setting(site)
        return
    missing = []
    for flag in dict.fromkeys(_FLAG.findall(site.finding.message)):
        given = calls.keyword(call, flag)
        if given is None:
            missing.append(f"{flag}=True")
        else:
            yield replacing(*part.span(given.value), "True")
    if missing:
        yield from calls.with_keywords(site, part, call, missing)


def _setting(site: Site) -> TextEdit:
    part = site.part
    for node, start, end in part.nodes(cst.Assign):
        is_here = start <= site.start and site.end <= end
        if is_here and isinstance(node.value, cst.Name) and node.value.value == "False":
            return replacing(*part.span(node.value), "True")
    raise Declined("it is not switched off by a plain 'False' there")
