"""A cookie that others may read -> one with the flags that keep them out."""

from __future__ import annotations

import re
from collections.abc import Iterator

from apilint.fix import calls
from apilint.fix.concrete import cst
from apilint.fix.edits import TextEdit
from apilint.fix.site import Site, replacing
from apilint.fix.statements import switched_on

# Without TLS, as on the developer's own machine, a browser keeps a secure cookie to itself.
SAFE = False
_FLAG = re.compile(r"'(secure|httponly|https_only)'")


def fix(site: Site) -> Iterator[TextEdit]:
    """The flags that the message names, or the setting that is off."""
    part = site.part
    call = next((node for node, *span in part.nodes(cst.Call) if span == [site.start, site.end]), None)
    if call is None:
        yield switched_on(site)
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
