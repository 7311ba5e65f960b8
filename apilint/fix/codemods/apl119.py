"""A prefix that ends in the middle of a word -> the path itself, or what lies below it."""

from __future__ import annotations

from collections.abc import Iterator

from apilint.finding import Finding
from apilint.fix.concrete import cst
from apilint.fix.edits import Declined, TextEdit
from apilint.fix.site import Site, replacing

# What was meant to be open by its prefix alone is closed then.
SAFE = False
METHOD = "startswith"


def offers(finding: Finding) -> bool:
    """Whether it is the beginning of a path, written out."""
    place = finding.place
    text = place.text[place.column - 1 : place.end_column - 1]
    return place.line == place.end_line and any(f".{METHOD}({opening}" in text for opening in ("'", '"', "("))


def fix(site: Site) -> Iterator[TextEdit]:
    """`p.startswith("/a")` -> `(p == "/a" or p.startswith("/a/"))`."""
    part = site.part
    call = part.at(cst.Call, site.start, site.end)
    if not isinstance(call.func, cst.Attribute) or call.func.attr.value != METHOD or len(call.args) != 1:
        raise Declined("it is no plain test of how a path begins")
    subject, given = part.code(call.func.value), call.args[0].value
    strings = [each.value for each in given.elements] if isinstance(given, cst.Tuple) else [given]
    texts = [part.code(each) for each in strings if isinstance(each, cst.SimpleString) and each.quote in ("'", '"')]
    if not texts or len(texts) != len(strings) or all(each[-2] == "/" for each in texts):
        raise Declined("the prefixes are not all written out")
    whole = [each for each in texts if each[-2] != "/"]
    below = [f"{each[:-1]}/{each[-1]}" if each in whole else each for each in texts]
    test = f"{subject} == {whole[0]}" if len(whole) == 1 else f"{subject} in ({', '.join(whole)})"
    start = f"({', '.join(below)})" if len(below) > 1 else below[0]
    both = f"{test} or {subject}.{METHOD}({start})"
    is_whole = any(list(part.span(node.test)) == [site.start, site.end] for node, _, _ in part.nodes(cst.If))
    yield replacing(site.start, site.end, both if is_whole else f"({both})")
