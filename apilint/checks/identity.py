"""Signs in a handler's own text that it depends on who is calling: what it does for strangers is not known then."""

from __future__ import annotations

from apilint import facts as f
from apilint.index import Function
from apilint.patterns import regex
from apilint.unparse import unparse

# The caller as frameworks name them, and what was noted of them before.
_CALLER = regex(r"(^|\.)request\.(user|session|auth)$|(^|\.)current_user$|(^|\.)g\.(\w+_)?user$")
# What says whether something was signed or sealed by somebody who knows the key.
_PROVING = regex(r"(^|\.)(jwt|jws|jwe)\.decode$|(^|\.)(compare_digest|unsign|constant_time_compare)$")
_WHOLE_REQUEST = regex(r"^(self\.)?request$")
# What was handed to somebody, or what their device shows, as a field of what was sent.
_GIVEN = regex(r"^(\w+_)?(token|otp|totp|signature|hmac|secret|api_?key|access_?key|invite_?code|(first|second)_code)$")
_SENT = regex(r"(^|[._])(request|req|body|data|payload|form|json|params|args|values|headers|GET|POST|query_params)\b")


def depends_on_caller(function: Function) -> bool:
    """Whether a handler asks for the caller, or hands the whole request to an object that it has made:
    `form.save(request)` may ask whether they may."""
    own = {target.id for node in function.nodes(f.Assign) for target in node.targets if isinstance(target, f.Name)}
    return asks_for_caller(function) or any(_hands_over(call, own) for call in function.nodes(f.Call))


def asks_for_caller(function: Function) -> bool:
    """Whether a handler names the caller, reads something that only they were given, or takes apart what is signed."""
    return (
        any(_CALLER.search(node.id) for node in function.nodes(f.Name))
        or any(
            _CALLER.search(unparse(node)) or _is_given(node.attr, node.value) for node in function.nodes(f.Attribute)
        )
        or any(_is_given(_text(node.index), node.value) for node in function.nodes(f.Subscript))
        or any(_PROVING.search(unparse(call.func)) or _reads_given(call) for call in function.nodes(f.Call))
    )


def _is_given(name: str, source: f.Expr) -> bool:
    """`form.token`, `request.json["signature"]`"""
    return bool(_GIVEN.match(name)) and bool(_SENT.search(unparse(source)))


def _reads_given(call: f.Call) -> bool:
    """`data.get("token")`"""
    func = call.func
    if not isinstance(func, f.Attribute) or func.attr not in ("get", "pop", "getlist") or not call.args:
        return False
    return _is_given(_text(call.args[0]), func.value)


def _text(node: f.Expr | None) -> str:
    return node.value if isinstance(node, f.Constant) and isinstance(node.value, str) else ""


def _hands_over(call: f.Call, own: set[str]) -> bool:
    func = call.func
    is_method = isinstance(func, f.Attribute) and isinstance(func.value, f.Name) and func.value.id in own
    return is_method and any(_WHOLE_REQUEST.match(unparse(arg)) for arg in call.args)


__all__ = ["asks_for_caller", "depends_on_caller"]
