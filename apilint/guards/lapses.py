"""A guard -> the ways in which it lets through whom it should turn away: it fails open."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from apilint import facts as f
from apilint.guards.exits import Exit
from apilint.index import Function
from apilint.model import Step
from apilint.patterns import regex
from apilint.startup.values import Condition
from apilint.unparse import unparse
from apilint.walk import walk

_SECRET = regex(r"(?i)secret|api_?keys?|token|passw|_pass$|credential|auth_?key|access_?key|_keys?\b|\bkey\b")
# A name that says what it switches is no secret that was forgotten.
_SWITCH = regex(r"(?i)(^|[._])(is|has|use|uses|needs?|enabled?|disabled?|required?|requires|checks?)(_|$)")
_DEBUG = regex(r"(?i)(^|[\W_])(debug|testing|test_?mode|dev_?mode|is_?dev|development)($|[\W_])")
_SET = regex(r"[\w.]+(\[['\"]\w+['\"]\])?|[\w.]+\(['\"][\w.]+['\"](, (None|''|\"\"))?\)")
_EMPTY = regex(r" (is|==) (None|''|\"\")$")
_FILLED = regex(r" (is not|!=) (None|''|\"\")$")
_BROAD = frozenset({"", "Exception", "BaseException"})
_FAILURE = regex(
    r"(?i)(jwt|token|auth\w*|signature|decode|verification|credential\w*)_?(error|exception)$|^(Invalid|Expired)\w+$"
)
_CHECKS = regex(
    r"(?i)(^|_)(verif(y|ies)|authenticate|authorize|introspect|compare_digest|decode_(token|jwt)|jwt_decode|parse_token"
    r"|(check|validate|load|get)_(\w+_)?(token|jwt|auth|session|signature|credentials?|api_?key|permissions?|access|user|password))"
    r"|^jwt\.decode$|\bjwt\.decode$"
)
_REJECTS = regex(
    r"(?i)\b(abort|deny|reject|unauthori[sz]ed|forbidden|redirect\w*|close|fail|permission_?denied|login_url|handle_no_permission)\b"
    r"|40[0-9]|50[0-9]|HTTPException|unauth|forbid|denied|\w*error_?response"
)
_EVERYBODY = "everybody passes"
IsSetting = Callable[[Condition], bool]


def under_conditions(passes: Sequence[Exit], is_setting: IsSetting) -> Iterator[Step]:
    """Ways on which everybody passes because a secret is not set, or because the program runs in debug mode."""
    for exit_ in passes:
        for condition in exit_.open:
            why = _why(condition, is_setting)
            if why:
                yield Step(condition.span, why)


def _why(condition: Condition, is_setting: IsSetting) -> str:
    text = condition.text
    if not is_setting(condition):
        return ""
    # Of alternatives one is enough, of things that must all hold one that does not.
    for part in text.split(" or " if condition.positive else " and "):
        name = _unset(part, positive=condition.positive)
        if name and _SECRET.search(name) and not _SWITCH.search(name):
            return f"{_EVERYBODY} when '{name}' is not set"
    if condition.positive and _DEBUG.search(text) and not text.startswith("not "):
        return f"{_EVERYBODY} when `{text}` holds"
    return ""


def _unset(text: str, *, positive: bool) -> str:
    """The name that is empty when a test ends as it did: `not X`, `X is None`; the empty string for other tests."""
    if text.startswith("not "):
        name, is_empty = text[4:].strip("()"), positive
    elif _EMPTY.search(text):
        name, is_empty = _EMPTY.sub("", text), positive
    elif _FILLED.search(text):
        name, is_empty = _FILLED.sub("", text), not positive
    else:
        name, is_empty = text, not positive
    return name if is_empty and _SET.fullmatch(name) else ""


def is_open_mode(lapse: Step) -> bool:
    """Whether a setting opens the guard, which may be meant; not a failure of its check, which never is."""
    return lapse.message.startswith(_EVERYBODY)


def caught(function: Function, mode: str) -> Iterator[Step]:
    """Handlers of exceptions after which the caller passes although the check of the credentials failed."""
    for node in function.nodes(f.Try):
        if not any(map(_is_check, walk(node.body))):
            continue
        for handler in node.handlers:
            if _is_broad(handler) and _lets_pass(function, node, handler, mode):
                what = unparse(handler.type) or "any exception"
                span = function.module.span(handler.start, handler.end)
                yield Step(span, f"the caller passes when the check ends in {what}")


def _is_check(node: object) -> bool:
    if not isinstance(node, f.Call):
        return False
    name = unparse(node.func)
    return bool(_CHECKS.search(name.rpartition(".")[2]) or _CHECKS.search(name))


def _is_broad(handler: f.Handler) -> bool:
    types = handler.type.items if isinstance(handler.type, f.Sequence) else [handler.type]
    names = [unparse(each).rpartition(".")[2] for each in types]
    return any(name in _BROAD or _FAILURE.search(name) for name in names)


def _lets_pass(function: Function, tried: f.Try, handler: f.Handler, mode: str) -> bool:
    """Whether whoever comes into the handler comes through: it says so itself, or nothing after it turns them away."""
    if any(map(may_reject, walk(handler.body))):
        return False
    returned = next((node for node in walk(handler.body) if isinstance(node, f.Return)), None)
    if returned is not None:
        return _is_pass(returned.value, mode)
    if any(isinstance(node, f.Jump) and node.kind != "pass" for node in walk(handler.body)):
        return False
    return not any(node.start >= tried.end and may_reject(node) for node in walk(function.body))


def may_reject(node: object) -> bool:
    """Whether a statement or a call may turn the caller away."""
    if isinstance(node, (f.Raise, f.Assert)):
        return True
    if isinstance(node, f.Return):
        return bool(_REJECTS.search(unparse(node.value)))
    return isinstance(node, f.Call) and bool(_REJECTS.search(unparse(node.func)))


def _is_pass(value: f.Expr | None, mode: str) -> bool:
    """Whether a returned value lets the caller through."""
    if value is None or (isinstance(value, f.Constant) and not value.value):
        return mode == "hook"
    if mode in ("hook", "handler"):
        return False
    if mode == "call":
        inner = value.value if isinstance(value, f.Await) else value
        return (isinstance(inner, f.Call) and any(isinstance(arg, f.Starred) for arg in inner.args)) or (
            isinstance(inner, f.Call) and unparse(inner.func).rpartition(".")[2] in ("call_next", "get_response")
        )
    return mode in ("dependency", "predicate") and isinstance(value, (f.Constant, f.Name, f.Call, f.Attribute))


__all__ = ["caught", "is_open_mode", "may_reject", "under_conditions"]
