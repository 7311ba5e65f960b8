"""A token that is read without a look at its signature, by a call that is given the key all the same -> verified."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from apilint.fix import calls
from apilint.fix.concrete import cst
from apilint.fix.edits import Declined, TextEdit
from apilint.fix.site import Site, removing

if TYPE_CHECKING:
    import libcst

# Whatever was issued with another key, or has expired, is refused then.
SAFE = False
SWITCH, OPTIONS, ALGORITHMS = "verify_signature", "options", "algorithms"


def fix(site: Site) -> Iterator[TextEdit]:
    """The switch gone from the options, or with them."""
    call = site.part.at(cst.Call, site.start, site.end)
    if not _has_key(call):
        raise Declined("the key is not at hand")
    if calls.keyword(call, ALGORITHMS) is None:
        raise Declined("which algorithms to accept is not known")
    old = calls.keyword(call, "verify")
    options = calls.keyword(call, OPTIONS)
    if old is not None:
        yield calls.without(site, site.part, call, old)
    elif options is not None and isinstance(options.value, cst.Dict):
        yield _without_switch(site, call, options, options.value)
    else:
        raise Declined("the options are not written out in the call")


def _has_key(call: libcst.Call) -> bool:
    given = [each.value for each in call.args if each.keyword is None and not each.star]
    named = calls.keyword(call, "key")
    key = named.value if named is not None else given[1] if len(given) > 1 else None
    is_empty = isinstance(key, cst.SimpleString) and not key.evaluated_value
    return key is not None and not is_empty and not (isinstance(key, cst.Name) and key.value == "None")


def _without_switch(site: Site, call: libcst.Call, options: libcst.Arg, given: libcst.Dict) -> TextEdit:
    own = [each for each in given.elements if _is_switch(each)]
    if len(own) != 1:
        raise Declined("the options do not hold the switch")
    if len(given.elements) == 1:
        return calls.without(site, site.part, call, options)
    spans = [site.part.span(each) for each in given.elements]
    index = given.elements.index(own[0])
    start, end = spans[index]
    if "#" in site.source(spans[0][0], spans[-1][1]):
        raise Declined("a comment among the options may speak of it")
    if index + 1 < len(spans):
        return removing(start, spans[index + 1][0])
    return removing(spans[index - 1][1], end)


def _is_switch(element: libcst.BaseDictElement) -> bool:
    if not isinstance(element, cst.DictElement) or not isinstance(element.key, cst.SimpleString):
        return False
    is_off = isinstance(element.value, cst.Name) and element.value.value == "False"
    return element.key.evaluated_value == SWITCH and is_off


__all__ = ["SAFE", "fix"]
