"""Handlers that say themselves, in words or by a setting that they ask, that everybody may call them."""

from __future__ import annotations

from collections.abc import Iterator

from apilint import facts as f
from apilint.checks.exposed import words_of
from apilint.index import Function
from apilint.model import Route
from apilint.patterns import regex
from apilint.unparse import unparse

# `This endpoint doesn't require authentication`, `Open endpoint, rate-limited`
_SAYS = regex(
    r"(?i)\b(does ?n[o']t|does not|no|without|never) (need |require |any )*(an? )?"
    r"(auth\w*|log-?in|logged|credentials|token|api key|permissions?)\b|"
    r"\b(open|public(ly)?|unauthenticated|anonymous(ly)?|unprotected)\b[\w ,-]{0,30}"
    r"\b(endpoint|route|api|access\w*|view|page|call(ers?)?|users?|visitors?|requests?)\b"
)
# `ALLOW_PUBLIC_PROJECT_CREATION`, `settings.registration_enabled`
_SWITCH = regex(
    r"(^|_)(allow|allowed|enable|enabled|disable|disabled|is|use)_(\w+_)?"
    r"(public|anonymous|guest|open|registration|register|sign_?up|self_service)(_|$)|"
    r"(^|_)(public|anonymous|guest|registration|sign_?up|self_service)_(\w+_)?(allow|allowed|enable|enabled|open)(_|$)"
)
# `licenses.get_by_key(…)`: who knows that was given it.
_BY_SECRET = regex(r"_by_(\w+_)?(key|token|code|hash|secret|signature)$")
_ACCOUNT = regex(r"(^|_)(user|account|customer|member)s?(_|$)")
_MAKING = regex(r"(^|_)(add|create|new|register|sign_?up|post)(_|$)|^(user|account|customer)s?$")
_PASSWORD = regex(r"(^|_)(password|passwd|pwd)\d?$")


def says_open(route: Route) -> bool:
    """Whether a handler's own text says that a route is open, and that it was decided."""
    function = route.function.function if route.function is not None else None
    if function is None:
        return False
    return (
        any(map(_SAYS.search, _told(function)))
        or any(map(_SWITCH.search, _asked(function)))
        or any(map(_BY_SECRET.search, function.words))
        or makes_account(route, function)
    )


def makes_account(route: Route, function: Function) -> bool:
    """Whether somebody signs up there: an account is made, with a password of the caller's own."""
    named = words_of(function.name)
    last = words_of(route.path.rstrip("/").rpartition("/")[2])
    if not (_ACCOUNT.search(named) or _ACCOUNT.search(last)) or not (_MAKING.search(named) or _MAKING.search(last)):
        return False
    nodes = function.nodes(f.Attribute)
    names = [*(node.attr for node in nodes), *(param.name for param in function.head.params), *_constants(function)]
    return any(_PASSWORD.search(words_of(name)) for name in names)


def _constants(function: Function) -> Iterator[str]:
    """`request.json["password"]`, `data.get("password")`, `@validate_request("password")`"""
    for item in function.nodes(f.Subscript):
        yield from _text(item.index)
    for call in function.nodes(f.Call):
        yield from (text for arg in call.args[:1] for text in _text(arg))
    for decorator in function.head.decorators:
        if isinstance(decorator, f.Call):
            yield from (text for arg in decorator.args for text in _text(arg))


def _text(node: f.Expr | None) -> Iterator[str]:
    if isinstance(node, f.Constant) and isinstance(node.value, str):
        yield node.value


def _told(function: Function) -> Iterator[str]:
    """What a function says of itself, or its class does where it is one for one view."""
    bodies = [function.body[:1]]
    if function.owner is not None:
        bodies.append(function.owner.code.body[:1])
    for body in bodies:
        for statement in body:
            if isinstance(statement, f.ExprStmt):
                yield from _text(statement.value)


def _asked(function: Function) -> Iterator[str]:
    """The settings that tests of a handler name, in words."""
    for statement in function.nodes(f.If):
        for part in unparse(statement.test).replace("'", ".").replace('"', ".").split("."):
            yield words_of(part.strip("()[] "))


__all__ = ["makes_account", "says_open"]
