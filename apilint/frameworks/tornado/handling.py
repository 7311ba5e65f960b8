"""What a Tornado handler's own methods give an anonymous caller, and how they turn one away."""

from __future__ import annotations

from apilint.facts import Span
from apilint.frameworks.program import Program
from apilint.guards.caller import NOTHING, Body, Caller
from apilint.guards.knowledge import status_of
from apilint.guards.visit import Visit
from apilint.startup import attributes
from apilint.startup.expressions import truth
from apilint.startup.values import Attr, ClassValue, FunctionValue, Instance, Known, Unknown, Value, join, unwrap

_COOKIES = frozenset({"get_cookie", "get_secure_cookie", "get_signed_cookie"})
_ARGUMENTS = frozenset({"get_argument", "get_query_argument", "get_body_argument"})


def answers(visit: Visit, callee: Value, args: list[Value], kwargs: dict[str, Value], span: Span) -> Value | None:
    """The library's methods on a handler: cookies are empty; an error, a redirect and a closed socket end the run."""
    if not isinstance(callee, Attr) or not isinstance(callee.base, Instance):
        return None
    name = callee.name.removeprefix("super.")
    if name in _COOKIES or name == "get_current_user":
        return NOTHING
    if name in _ARGUMENTS:
        return Body("arguments").item(args[0] if args else kwargs.get("name") or Unknown("no name"))
    if name == "set_status" and args:
        visit.statuses.append((status_of(args[0]), visit.all_conditions))
    elif name == "send_error":
        visit.reject(span, status_of(args[0]) if args else 500, "send_error")
    elif name == "redirect":
        visit.reject(span, 302, "redirect")
    elif name == "close":
        visit.reject(span, 403, "close")
    return None


def as_stranger(program: Program, cls: ClassValue, caller: Caller) -> Instance:
    """A handler for an anonymous caller, who is what the class's `get_current_user` makes of them."""
    handler = Instance(cls, [], {}, cls.cls.span, 0)
    found = attributes.in_class(program.machine, cls, "get_current_user")
    target = unwrap(found[0]) if found is not None else None
    user: Value = NOTHING
    if isinstance(target, FunctionValue):
        bound = FunctionValue(target.function, target.env, handler)
        ends = program.judge.ends(bound, caller=caller, answers=answers)
        given = [exit_.given for exit_ in ends if exit_.kind == "return"]
        user = join(given) if given else NOTHING
    handler.attrs["current_user"] = NOTHING if isinstance(user, Known) and user.value is None else user
    return handler


def is_somebody(handler: Instance) -> bool:
    """Whether everybody is given a user."""
    return truth(handler.attrs["current_user"]) is True
