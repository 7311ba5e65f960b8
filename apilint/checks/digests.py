"""Passwords that go through a hash which is fast to guess."""

from __future__ import annotations

import re
from collections.abc import Iterator

from apilint import facts as f
from apilint.check import Match, check
from apilint.checks.assigned import last_name
from apilint.checks.comparisons import plaintext_passwords
from apilint.checks.exposed import words_of
from apilint.checks.library_calls import LibraryCalls, Used
from apilint.finding import Precision
from apilint.model import Step
from apilint.patterns import regex
from apilint.project import Project
from apilint.walk import walk

# Hashes that are slow by their names: beside them a fast one only knows what was stored long ago.
_SLOW = regex(r"(?i)bcrypt|argon2|scrypt|pbkdf2")
# What hashes many times over itself.
_SLOW_MODULE = regex(r"(?i)crypt$")
# A request of a client library, by its method and what it takes.
_ASKING = regex(r"^(get|post|put|request)$")
_SENT = frozenset({"params", "data", "json"})


@check
def weak_password_hash(
    project: Project,
    *,
    plaintext: str,
    password: str,
    owners: str = r"(?!)",
    hashing: str = r"(?!)",
    slow: tuple[str, ...] = (),
    elsewhere: str = r"(?!)",
    asking: str = r"(?!)",
) -> Iterator[Match]:
    """Digests of passwords, where nothing slow follows, and passwords that are stored as they are. What a function
    named for `asking` another server puts into a dict is what that server wants."""
    yield from plaintext_passwords(project, password, owners)
    named, purpose, other = regex(password), regex(hashing), regex(elsewhere)
    client = regex(asking)
    for used in LibraryCalls(project, "digests"):
        if used.function is None or not frozenset(slow).isdisjoint(used.function.words):
            continue
        if any(_SLOW.search(node.id) for node in used.function.nodes(f.Name)):
            continue
        name = next((name for name in _hashed(used) if named.search(words_of(name))), "")
        if not name and not purpose.search(words_of(used.function.name)):
            continue
        yield Match(
            span=used.span,
            values={"digest": used.name, "password": name or "the password"},
            trace=(Step(used.span, f"'{used.name}' can be tried a billion times a second"),),
            precision=Precision.LOW
            if other.search(used.function.qualname)
            or _SLOW_MODULE.search(used.function.module.name)
            or _says(used, other)
            or (client.search(words_of(used.function.name)) and _is_sent(used))
            or _is_asked(used)
            else None,
        )


def _hashed(used: Used) -> Iterator[str]:
    """What is given to a digest: variables, attributes and keys by their names."""
    first = (used.entry.get("positions") or {}).get("data", 0)
    for node in walk(used.node.args[first : first + 1]):
        if isinstance(node, (f.Name, f.Attribute, f.Subscript)):
            yield last_name(node)


def _is_sent(used: Used) -> bool:
    """`{"md5Pass": md5(password)}`, `data["pwd"] = md5(password)`: whether the digest is an item of a dict."""
    if used.function is None:
        return False
    shown = (value for node in used.function.nodes(f.Dict) for _, value in node.items)
    put = (
        node.value
        for node in used.function.nodes(f.Assign)
        if any(isinstance(target, f.Subscript) for target in node.targets)
    )
    return any(value.start <= used.node.start and used.node.end <= value.end for value in (*shown, *put))


def _is_asked(used: Used) -> bool:
    """`requests.post(url, params={"password": md5(password)})`: whether the digest is a part of a request."""
    calls = used.function.nodes(f.Call) if used.function is not None else ()
    return any(
        isinstance(node.func, f.Attribute)
        and _ASKING.match(node.func.attr)
        and any(keyword.name in _SENT for keyword in node.keywords)
        and node.func.end < used.node.start
        and used.node.end <= node.end
        for node in calls
    )


def _says(used: Used, other: re.Pattern[str]) -> bool:
    nodes = used.function.nodes(f.Constant) if used.function is not None else ()
    return any(isinstance(node.value, str) and bool(other.search(node.value)) for node in nodes)


__all__ = ["weak_password_hash"]
