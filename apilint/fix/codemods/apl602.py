"""Settings of REST framework that limit nothing -> the throttles of the library, and a rate for each."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from apilint.fix import calls, entries
from apilint.fix.concrete import cst
from apilint.fix.edits import Declined, TextEdit
from apilint.fix.site import Site, replacing

if TYPE_CHECKING:
    import libcst

# How often is too often, the program's owner knows.
SAFE = False
SETTINGS, CLASSES, RATES = "REST_FRAMEWORK", "DEFAULT_THROTTLE_CLASSES", "DEFAULT_THROTTLE_RATES"
THROTTLES = {
    "anon": "rest_framework.throttling.AnonRateThrottle",
    "user": "rest_framework.throttling.UserRateThrottle",
}
HOURLY = {"anon": "100/hour", "user": "1000/hour"}


def fix(site: Site) -> Iterator[TextEdit]:
    """The half that is missing, or both."""
    given = _settings(site)
    classes, rates = entries.of(given, CLASSES), entries.of(given, RATES)
    if classes is None and rates is None:
        both = (_list(site, given, tuple(HOURLY)), f'"{RATES}": {{{_rates(tuple(HOURLY))}}}')
        newline, indent = site.newline.decode(), entries.indent_in(site, given)
        yield entries.first(site, given, (f",{newline}{indent}" if entries.is_tall(site, given) else ", ").join(both))
    elif classes is None and rates is not None:
        named = [key for key in _keys(rates.value) if key in THROTTLES]
        if not named:
            raise Declined("which throttles its rates are for is not known")
        yield from entries.behind(site, given, rates, _list(site, given, named))
    elif classes is not None and rates is None:
        yield from entries.behind(site, given, classes, f'"{RATES}": {{{_rates(_asked(classes.value))}}}')
    elif classes is not None and rates is not None:
        yield from _added(site, rates.value, _asked(classes.value))


def _settings(site: Site) -> libcst.Dict:
    for node, start, end in site.part.nodes(cst.Assign):
        if start <= site.start and site.end <= end and isinstance(node.value, cst.Dict):
            if site.part.code(node.targets[0].target) == SETTINGS:
                return node.value
    raise Declined(f"'{SETTINGS}' is not written out there")


def _keys(value: libcst.BaseExpression) -> list[str]:
    """The keys of a dict of texts."""
    if not isinstance(value, cst.Dict):
        raise Declined(f"'{RATES}' is not written out")
    keys = [each.key for each in value.elements if isinstance(each, cst.DictElement)]
    return [str(key.evaluated_value) for key in keys if isinstance(key, cst.SimpleString)]


def _asked(value: libcst.BaseExpression) -> list[str]:
    """The rates that a list of throttles asks for."""
    listed = value.elements if isinstance(value, (cst.List, cst.Tuple)) else ()
    names = [each.value.evaluated_value for each in listed if isinstance(each.value, cst.SimpleString)]
    found = [key for key, name in THROTTLES.items() if name in names]
    if not found:
        raise Declined("the throttles are none of the library's")
    return found


def _rates(keys: Sequence[str]) -> str:
    return ", ".join(f'"{key}": "{HOURLY[key]}"' for key in keys)


def _list(site: Site, given: libcst.Dict, keys: Sequence[str]) -> str:
    """The throttles, each on a line of its own where the settings stand so."""
    names = [f'"{THROTTLES[key]}"' for key in keys]
    if len(names) == 1 or not entries.is_tall(site, given):
        return f'"{CLASSES}": [{", ".join(names)}]'
    newline, indent = site.newline.decode(), entries.indent_in(site, given)
    return f'"{CLASSES}": [{"".join(f"{newline}{indent}    {name}," for name in names)}{newline}{indent}]'


def _added(site: Site, rates: libcst.BaseExpression, asked: Sequence[str]) -> list[TextEdit]:
    """The rates that are not among the given ones."""
    missing = [key for key in asked if key not in _keys(rates)]
    if not missing or not isinstance(rates, cst.Dict):
        raise Declined("every throttle of the settings has its rate")
    start, end = site.part.span(rates)
    if not rates.elements:
        return [replacing(start, end, f"{{{_rates(missing)}}}")]
    return calls.appended(site, *site.part.span(rates.elements[-1]), end - 1, _rates(missing))


__all__ = ["SAFE", "fix"]
