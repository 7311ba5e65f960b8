"""Calls that only ask whether a server answers: nothing of value goes along, nothing that comes back is believed."""

from __future__ import annotations

from collections.abc import Iterator

from apilint import facts as f
from apilint.checks.clients import Sent
from apilint.index import Function
from apilint.startup.values import Mapping, unwrap

_ASKING = frozenset({"get", "head", "options"})
_HARMLESS = frozenset(
    {"timeout", "verify", "allow_redirects", "follow_redirects", "stream", "proxies", "headers", "ssl"}
)
_STATUS = frozenset({"status_code", "status", "ok", "is_success", "is_error", "reason", "elapsed"})
_LOOKED_AT = _STATUS | {"raise_for_status", "close"}
CREDENTIALS = frozenset({"authorization", "x-api-key", "api-key", "x-auth-token", "cookie"})
"""Headers that say who somebody is."""


def only_asks(sent: Sent) -> bool:
    """Whether a call sends no credentials and no data, and only whether and how it was answered is looked at."""
    if sent.name.count(".") != 1 or sent.name.rpartition(".")[2] not in _ASKING:
        return False  # of a client it is not known what it sends along
    if len(sent.args) > 1 or not _HARMLESS.issuperset(sent.kwargs) or _has_credentials(sent):
        return False
    around = sent.module.around(sent.node.start)
    return bool(around) and _only_looked_at(around[-1], sent.node)


def _has_credentials(sent: Sent) -> bool:
    headers = unwrap(sent.kwargs["headers"]) if "headers" in sent.kwargs else Mapping({})
    if not isinstance(headers, Mapping) or headers.unnamed:
        return True
    return not CREDENTIALS.isdisjoint(str(key).lower() for key in headers.items)


def _only_looked_at(function: Function, call: f.Call) -> bool:
    """Whether of what a call gives the status is read and nothing else, there or under the name that it is kept as."""
    attributes = function.nodes(f.Attribute)
    if any(_is(each.value, call) for each in attributes):
        return all(each.attr in _STATUS for each in attributes if _is(each.value, call))
    kept = [each for each in function.nodes(f.Assign) if _is(each.value, call)]
    target = kept[0].targets[0] if kept and len(kept[0].targets) == 1 else None
    if not isinstance(target, f.Name):
        return False
    read = {each.value.start: each.attr for each in attributes if each.attr in _LOOKED_AT}
    seen = [read.get(start) for start in _mentions(function, target)]
    return None not in seen and not _STATUS.isdisjoint(each for each in seen if each)


def _mentions(function: Function, target: f.Name) -> Iterator[int]:
    """Where a function has the name again."""
    return (each.start for each in function.nodes(f.Name) if each.id == target.id and each.start != target.start)


def _is(node: f.Expr, call: f.Call) -> bool:
    return isinstance(node, f.Call) and (node.start, node.end) == (call.start, call.end)


__all__ = ["CREDENTIALS", "only_asks"]
