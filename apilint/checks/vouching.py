"""A test that a value has passed -> what that is worth for a purpose."""

from __future__ import annotations

from apilint import facts as f
from apilint.flow.narrowing import BY_SCHEMA, CLIMBING, GUARDS, is_place, last_name
from apilint.patterns import regex

PATH, URL, REDIRECT = "path", "url", "redirect"
SAFE, PERHAPS, WEAK, NOTHING = "safe", "perhaps", "weak", "nothing"
"""It is harmless; it may be, by the name of the test; the test can be got round; the test is about another thing."""

# A schema says which fields there are, and seldom what may be in them.
_KEYS = frozenset({"fields", "lookup", "document"})
_STAYS_INSIDE = frozenset({"is_relative_to", "relative_to", "commonpath"})
_SETTLES = frozenset({"isinstance", "hasattr", "all", "int", "float", "UUID", "Decimal", "match", "fullmatch"})
_WITH_HOST = regex(r"(?i)^(?:[a-z][a-z0-9+.-]*:)?//[^/?#]+[/?#]")


def judge(test: f.Expr, purpose: str) -> str:
    """`SAFE`, `PERHAPS`, `WEAK` or `NOTHING`."""
    if isinstance(test, f.Await):
        test = test.value
    if isinstance(test, f.Compare):
        return _compared(test, purpose)
    if not isinstance(test, f.Call):
        return SAFE
    name = last_name(test.func)
    if name in _STAYS_INSIDE:
        return SAFE if purpose == PATH else NOTHING
    if name in ("startswith", "endswith"):
        return _begins(test, name, purpose)
    if name in BY_SCHEMA:
        return PERHAPS if purpose in _KEYS else NOTHING
    if GUARDS.search(name) and purpose not in (PATH, URL):
        return NOTHING
    return SAFE if name in _SETTLES or (name.startswith("is") and "_" not in name) else PERHAPS


def _compared(test: f.Compare, purpose: str) -> str:
    left = test.left
    if isinstance(left, f.Constant) and left.value in CLIMBING:
        if purpose == REDIRECT and left.value == "/":
            return PERHAPS  # without a slash most texts lead nowhere else
        return SAFE if purpose == PATH else NOTHING
    if isinstance(left, f.Call) and last_name(left.func) in _STAYS_INSIDE:
        return SAFE if purpose == PATH else NOTHING
    if test.ops[0] in ("==", "!=") and not isinstance(test.rights[0], f.Constant) and not is_place(left):
        return PERHAPS if purpose in (PATH, "markup") else NOTHING
    return SAFE


def _begins(test: f.Call, name: str, purpose: str) -> str:
    """`path.startswith(BASE)`, `url.startswith("https://api.example.com/")`, `host.endswith(".example.com")`."""
    arg = test.args[0] if test.args else None
    text = arg.value if isinstance(arg, f.Constant) and isinstance(arg.value, str) else None
    if purpose == PATH:
        return SAFE if name == "startswith" and text != "" else NOTHING
    if purpose not in (URL, REDIRECT):
        return NOTHING
    if name == "endswith":
        return SAFE
    if text is None:
        return PERHAPS
    if _WITH_HOST.match(text) or text == "//":
        return SAFE
    return WEAK if text == "/" else NOTHING
