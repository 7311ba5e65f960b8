"""A guard -> what it asks of callers beyond being known: authorization, told apart from authentication."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from apilint import facts as f
from apilint.index import Function
from apilint.model import Demand
from apilint.patterns import regex
from apilint.startup.values import (
    Attr,
    Choice,
    External,
    FunctionValue,
    Instance,
    Partial,
    Result,
    Seq,
    Unknown,
    Value,
    text_of,
    unwrap,
)
from apilint.unparse import unparse
from apilint.walk import walk

_KINDS = (
    ("scope", regex(r"(?i)scope")),
    ("role", regex(r"(?i)role|(^|_)(is_)?(admin|staff|superuser|moderator|editor|owner)")),
    (
        "permission",
        regex(r"(?i)perm|privilege|(^|_)can_|ability|policy|has_access|capabilit|authorize|requires?$"),
    ),
    ("group", regex(r"(?i)group")),
)
_QUALITY = regex(
    r"^(role_\w+|is_(admin\w*|staff|superuser|super_?admin|moderator|owner|manager)|(super_?)?admin|superuser)$"
)
_HELD = regex(r"^(roles?|role_names|permissions?|perms|scopes?|groups?|privileges)$")
_ASKED = regex(
    r"^(has|user_has|check|can|require|ensure|verify|user)_?(\w+_)?(perms?|permissions?|roles?|scopes?|groups?|access)$"
)
_OWNER = regex(
    r"(?i)(^|_)(owner|author|creator|created_by|user|tenant|org|organi[sz]ation|account|team|project)(_id)?$"
)
_CALLER = regex(r"(?i)(^|\.)(current_user|user|account|principal|identity|claims|me)(\.|$|\[)|current_user|user_id")
_REJECTS = regex(r"(?i)40[1348]|forbidden|denied|unauthori[sz]ed|not_?found|HTTPException|abort|permission")
_KIND_OF = {"perm": "permission", "perms": "permission", "permissions": "permission", "privileges": "permission"}


def of_value(name: str, value: Value | None) -> tuple[Demand, ...]:
    """What the arguments say that a guard was made with: `require_role("admin")`, `Security(…, scopes=["items"])`."""
    if value is None:
        return ()
    found = list(dict.fromkeys(_made_with(name, value)))
    return tuple(Demand(kind, item) for kind, item in found)


def _made_with(name: str, value: Value) -> Iterator[tuple[str, str]]:
    value = unwrap(value)
    arguments: list[tuple[str, Value]] = []
    if isinstance(value, (Result, Instance, Partial)):
        arguments = [("", arg) for arg in value.args] + list(value.kwargs.items())
    elif isinstance(value, FunctionValue) and value.function.parent is not None:
        names = {param.name for param in value.function.parent.head.params}
        arguments = [(key, held) for key, held in value.env.vars.items() if key in names]
    for keyword, argument in arguments:
        kind = kind_of(keyword) or kind_of(name)
        if kind:
            yield from ((kind, text) for text in _texts(argument))


def kind_of(name: str) -> str:
    """What the argument of a guard of this name is about; the empty string for another guard."""
    return next((kind for kind, words in _KINDS if words.search(name)), "")


def _texts(value: Value) -> Iterator[str]:
    value = unwrap(value)
    if isinstance(value, Seq):
        for item in value.items:
            yield from _texts(item)
        return
    if isinstance(value, Choice):
        return
    text = text_of(value)
    if text is not None:
        yield text
    elif isinstance(value, (External, Attr)):
        yield ".".join(value.name.split(".")[-2:])
    elif isinstance(value, Unknown) and re.fullmatch(r"[\w.]+", value.text):
        yield ".".join(value.text.split(".")[-2:])


def of_function(function: Function) -> tuple[Demand, ...]:
    """What the tests in a guard's body ask of the caller: `user.is_staff`, `user.has_perm("shop.ship")`."""
    inside = [function, *(each for each in function.module.functions if each.parent is function)]
    found = [demand for each in inside for node in walk(each.body) for demand in _asked(node)]
    return tuple(dict.fromkeys(found))


def _asked(node: object) -> Iterator[Demand]:
    if isinstance(node, f.Call):
        last = unparse(node.func).rpartition(".")[2]
        match = _ASKED.match(last)
        if match:
            kind = kind_of(last) or "permission"
            texts = [arg.value for arg in node.args if isinstance(arg, f.Constant) and isinstance(arg.value, str)]
            yield from (Demand(kind, text) for text in texts)
    elif isinstance(node, f.Compare):
        yield from _compared(node)
    elif isinstance(node, f.Attribute) and _QUALITY.match(node.attr):
        yield Demand("quality", node.attr)


def _compared(node: f.Compare) -> Iterator[Demand]:
    """`user.role != "admin"`, `"orders:write" not in token.scopes`."""
    sides: Sequence[f.Expr] = (node.left, *node.rights)
    held = next((name for side in sides if _HELD.match(name := unparse(side).rpartition(".")[2])), "")
    if held:
        kind = _KIND_OF.get(held) or held.removesuffix("_names").removesuffix("s")
        for side in sides:
            for item in side.items if isinstance(side, f.Sequence) else (side,):
                if isinstance(item, f.Constant) and isinstance(item.value, str):
                    yield Demand(kind, item.value)
                elif isinstance(item, f.Attribute) and item.attr.isupper():
                    yield Demand(kind, unparse(item))


def of_handler(function: Function) -> tuple[Demand, ...]:
    """What a handler's own body asks of the caller before it goes on: a quality, a role, or a relation to the object
    (`if order.owner_id != user.id: raise HTTPException(403)`)."""
    found: list[Demand] = []
    for node in walk(function.body):
        if isinstance(node, f.If) and _turns_away(node.body):
            found += [demand for part in walk([node.test]) for demand in (*_asked(part), *_owned(part))]
    return tuple(dict.fromkeys(found))


def _turns_away(body: Sequence[f.Stmt]) -> bool:
    last = body[-1] if body else None
    if isinstance(last, f.Raise):
        return bool(_REJECTS.search(unparse(last.exception)))
    if isinstance(last, f.Return):
        return last.value is not None and bool(_REJECTS.search(unparse(last.value)))
    return isinstance(last, f.ExprStmt) and isinstance(last.value, f.Call) and "abort" in unparse(last.value.func)


def _owned(node: object) -> Iterator[Demand]:
    if not isinstance(node, f.Compare) or not {"!=", "not in", "is not"} & set(node.ops):
        return
    texts = [unparse(side) for side in (node.left, *node.rights)]
    owned = next((text for text in texts if "." in text and _OWNER.search(text.rpartition(".")[2])), "")
    if owned and any(text != owned and _CALLER.search(text) for text in texts):
        yield Demand("object", owned)


__all__ = ["kind_of", "of_function", "of_handler", "of_value"]
