"""What a guard leaves on the request under a setting -> what that is worth to the guards that follow.

`if KIOSK: return AuthCredentials(READ), GUEST`: whoever brings nothing is somebody then, with these scopes.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from apilint.guards.caller import Left
from apilint.guards.exits import Exit
from apilint.guards.knowledge import asked_for
from apilint.guards.settings import is_setting, told
from apilint.startup.values import Choice, Condition, Result, Seq, Value, constant


def by_answers(ends: Sequence[Exit], names: Sequence[str]) -> Iterator[Left]:
    """What stands under these names on the request once a function has answered with a tuple of that many."""
    for exit_ in ends:
        items = exit_.value.items if isinstance(exit_.value, Seq) else []
        setting = next((each for each in exit_.open if is_setting(each)), None)
        if exit_.kind == "return" and setting is not None and len(items) == len(names):
            for name, value in zip(names, items, strict=True):
                yield Left("", name, value, told(setting))


def granted(
    left: Sequence[Left], entry: Mapping[str, Any], args: Sequence[Value], kwargs: Mapping[str, Value]
) -> Condition | None:
    """The setting under which somebody whom a guard made holds the scopes that a library's function is asked for;
    None for never. `entry` says where these are `asked`, and what of the request they are `held` by."""
    listed = asked_for(entry, args, kwargs)
    for each in left:
        if not each.holder and each.name == entry.get("held") and _holds(each.value, listed):
            return each.setting
    return None


def _holds(credentials: Value, asked: Value | None) -> bool:
    """Whether credentials have all scopes that are asked for, as far as both are known."""
    given = credentials.args[0] if isinstance(credentials, Result) and credentials.args else None
    if isinstance(asked, Choice):
        return any(_holds(credentials, option) for option in asked.options)
    if not isinstance(given, Seq) or given.open or asked is None:
        return True
    held = set(map(_named, given.items))
    return all(_named(scope) in held for scope in (asked.items if isinstance(asked, Seq) else [asked]))


def _named(scope: Value) -> object:
    known = constant(scope)
    return repr(scope) if known is None else known


__all__ = ["by_answers", "granted"]
