"""What libraries do, looked up by the value that a program uses: guards, rejections, responses, credentials."""

from __future__ import annotations

import http
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from apilint.facts import Span
from apilint.guards.caller import ANONYMOUS, NOTHING, Sure
from apilint.guards.exits import Exit
from apilint.patterns import regex
from apilint.startup import attributes
from apilint.startup.core import Core
from apilint.startup.values import (
    Attr,
    Choice,
    ClassValue,
    External,
    FunctionValue,
    Instance,
    Known,
    Operation,
    Partial,
    Result,
    Seq,
    Subscripted,
    Text,
    Unknown,
    Value,
    Wrapped,
    constant,
    text_of,
    unwrap,
)

REJECTING = frozenset({401, 403, 407, 419, 440, 511})
REDIRECTS = frozenset({301, 302, 303, 307, 308})
POLICY_VIOLATION = frozenset({1008, 3000, 3003, 4001, 4003, 4401, 4403})
_AUTH_NAME = regex(
    r"(?i)(unauth|not_?auth|auth\w*(error|exception|failed|failure|required)|permission|forbidden|denied|credential|not_?logged|"
    r"login|invalid_?token|token_?(invalid|expired|error|missing)|access_?denied|^auth\w*$|jwt\w*error|no_?access|unprivileged)"
)
_LOGIN = regex(r"(?i)(log_?-?in|sign_?-?in|sso|auth|session)")

Entry = Mapping[str, Any]
_NOWHERE = Span("", 0, 0)


class Knowledge:
    """The library models (`rules/models/*.yaml` and the user's), by section and qualified name."""

    def __init__(self, sections: Mapping[str, Mapping[str, Any]]) -> None:
        self.sections = sections
        self._guards = sections.get("guards", {})
        self._rejects = sections.get("rejects", {})
        self._responses = sections.get("responses", {})
        self._credentials = sections.get("credentials", {})
        self._verifiers = sections.get("verifiers", {})
        self._routes = sections.get("routes", {})
        self._views = sections.get("views", {})
        self.instance_attributes: dict[str, str] = {"request": "request"}
        self._packages: frozenset[str] | None = None
        self._told_by_making = frozenset(
            name.rpartition(".")[2]
            for name, entry in self._credentials.items()
            if isinstance(entry, Mapping) and entry.get("made_with")
        )
        self._specials = dict(_specials(self._credentials))

    def covers(self, name: str) -> bool:
        """Whether the models speak of a library: what they leave out of it, is no guard."""
        package, dot, _ = name.partition(".")
        if self._packages is None:
            known = (*self._guards, *self._rejects, *self._credentials, *self._verifiers)
            self._packages = frozenset(each.partition(".")[0] for each in known) | {"builtins"}
        return bool(dot) and package in self._packages

    # ---------------------------------------------------------------------- names

    def name_of(self, value: Value) -> str:
        """The qualified name of a library's function, class, or method of an instance; empty for anything else."""
        value = unwrap(value)
        if isinstance(value, External):
            return value.name
        if isinstance(value, Attr):
            base = value.base
            if isinstance(base, (Result, Partial)):
                inner = self.name_of(base.callee if isinstance(base, Result) else base.func)
                return f"{inner}.{value.name}" if inner else ""
            inner = self.name_of(base)
            return f"{inner}.{value.name}" if inner else ""
        if isinstance(value, Subscripted):
            return self.name_of(value.base)
        return ""

    def names(self, machine: Core, value: Value) -> Iterator[str]:
        """All qualified names that a value answers to: its own, and those of its class's library ancestors."""
        value = unwrap(value)
        if isinstance(value, Attr):
            root, path = _below(value)
            cls = root.cls if isinstance(root, Instance) else root if isinstance(root, ClassValue) else None
            if cls is not None:
                name = path.removeprefix("super.")
                yield from (f"{base}.{name}" for base in attributes.external_bases(machine, cls))
                return
        if isinstance(value, Instance):
            yield from attributes.external_bases(machine, value.cls)
        elif isinstance(value, ClassValue):
            yield from attributes.external_bases(machine, value)
        elif isinstance(value, Result):
            yield from self.names(machine, value.callee)
        else:
            name = self.name_of(value)
            if name:
                yield name

    # --------------------------------------------------------------------- guards

    def guard(self, machine: Core, value: Value) -> tuple[str, Entry] | None:
        """The guard entry of a library value, with the name that it was found under."""
        for name in self.names(machine, value):
            entry = self._guards.get(name)
            if entry is not None:
                return name, entry
        return None

    def said_of(self, qualname: str) -> Entry | None:
        """The guard entry for the name of something whose code could not be judged, with dots throughout."""
        entry = self._guards.get(qualname.replace(":", "."))
        return entry if isinstance(entry, Mapping) else None

    def guard_called(self, machine: Core, callee: Value, args: list[Value], kwargs: dict[str, Value]) -> bool | None:
        """Whether calling this turns away whoever has no credentials, for guards that are *called* in a body:
        `verify_jwt_in_request()`, `await oauth2_scheme(request)`, `await super().__call__(request)`. None else."""
        scheme = callee
        if isinstance(callee, Attr) and callee.name in ("super.__call__", "__call__"):
            scheme = callee.base
        elif not isinstance(callee, (Result, External)):
            return None
        for name in self.names(machine, scheme):
            entry = self._guards.get(name)
            if entry is None:
                continue
            is_called = entry.get("kind") == "call" if isinstance(callee, External) else entry.get("kind") == "scheme"
            if is_called:
                call = Result(callee, args, kwargs, _NOWHERE, 0, ()) if isinstance(callee, External) else _maker(scheme)
                return entry.get("effect") == "required" and not is_waived(entry, call)
        return None

    def option(self, machine: Core, made: Instance, name: str) -> Value | None:
        """The attribute of a project's own scheme in which the library keeps what decides whether it lets strangers
        through: `self.auto_error`. As it was given, or what it is unless somebody asks for the other."""
        for each in self.names(machine, made):
            unless = self._guards.get(each, {}).get("unless") or {}
            if name in unless:
                given = _maker(made)
                return (given.kwargs.get(name) if isinstance(given, Result) else None) or Known(not unless[name])
        return None

    def brings(self, name: str) -> Sequence[Entry]:
        """The routes of the router that a library's call of that name makes."""
        entry = self._routes.get(name)
        return entry.get("routes", ()) if isinstance(entry, Mapping) else ()

    def view(self, name: str) -> Entry | None:
        """What a library's view class answers: its methods, and the function that does it."""
        return self._views.get(name) if name else None

    # ----------------------------------------------------------------- rejections

    def turns_away(self, name: str) -> Entry | None:
        """The entry of a function whose *call* turns the caller away (`abort`); exceptions have to be raised."""
        entry = self._rejects.get(name)
        last = name.rpartition(".")[2]
        if entry is not None and not last[:1].isupper() and not entry.get("redirect") and last != "close":
            return entry if isinstance(entry, Mapping) else {}
        return None

    def status(self, entry: Entry, args: list[Value], kwargs: dict[str, Value]) -> int:
        """The HTTP status that a call of a `rejects` or `responses` entry stands for; 0 when it is not known."""
        status = entry.get("status")
        if isinstance(status, int):
            return status
        if not isinstance(status, Mapping):
            return 0
        at, keyword = status.get("arg"), status.get("keyword")
        value = kwargs.get(keyword) if keyword else None
        if value is None and isinstance(at, int) and at < len(args):
            value = args[at]
        if value is None:
            return int(status.get("default", 200 if "body" in entry else 0))
        return status_of(value)

    def exception(self, machine: Core, value: Value) -> tuple[str, int]:
        """`(name, status)` of a raised value."""
        value = unwrap(value)
        if isinstance(value, (External, ClassValue)):
            made: Value = value
            args: list[Value] = []
            kwargs: dict[str, Value] = {}
        elif isinstance(value, Result):
            made, args, kwargs = unwrap(value.callee), value.args, value.kwargs
        elif isinstance(value, Instance):
            return value.cls.cls.name, self._instance_status(machine, value)
        else:
            return (value.text if isinstance(value, Unknown) else ""), 0
        if isinstance(made, ClassValue):
            return made.cls.name, self._class_status(machine, made)
        name = self.name_of(made)
        entry = self._rejects.get(name)
        return name, self.status(entry, args, kwargs) if isinstance(entry, Mapping) else 0

    def _instance_status(self, machine: Core, value: Instance) -> int:
        for key in ("status_code", "code", "status"):
            found = value.kwargs.get(key) or value.attrs.get(key)
            if found is not None and status_of(found):
                return status_of(found)
        for event in value.events:
            if isinstance(event.callee, Attr) and event.callee.name == "super.__init__":
                for base in attributes.external_bases(machine, value.cls):
                    entry = self._rejects.get(base)
                    if isinstance(entry, Mapping):
                        return self.status(entry, event.args, event.kwargs)
        for base in attributes.external_bases(machine, value.cls):
            entry = self._rejects.get(base)
            if isinstance(entry, Mapping) and self.status(entry, value.args, value.kwargs):
                return self.status(entry, value.args, value.kwargs)
        return self._class_status(machine, value.cls)

    def _class_status(self, machine: Core, cls: ClassValue) -> int:
        for key in ("status_code", "code", "status", "http_status"):
            found = attributes.in_class(machine, cls, key)
            if found is not None and status_of(found[0]):
                return status_of(found[0])
        for base in attributes.external_bases(machine, cls):
            entry = self._rejects.get(base)
            if isinstance(entry, Mapping) and isinstance(entry.get("status"), int):
                return int(entry["status"])
        return 0

    def response_status(self, machine: Core, value: Value) -> int:
        """The HTTP status of a returned value; 0 when it is not known, 302 for a redirect to a log-in page."""
        items = getattr(value, "items", None)
        if isinstance(items, list) and len(items) in (2, 3):
            return status_of(items[1])
        if not isinstance(value, Result):
            return 0
        while isinstance(value.callee, Result):
            value = value.callee  # `response(scope, receive, send)`: the response is an application that sends itself
        sets = {key: item for key, item, _ in value.sets}
        if "status_code" in sets:
            return status_of(sets["status_code"])
        for name in self.names(machine, value):
            entry = self._responses.get(name) or self._rejects.get(name)
            if isinstance(entry, Mapping):
                status = self.status(entry, value.args, value.kwargs)
                if entry.get("redirect"):
                    return status or 302
                return status
        if isinstance(value.callee, (Attr, External)) and "redirect" in value.callee.name.rpartition(".")[2].lower():
            return 302
        return 0

    def answers(self, name: str) -> bool:
        """Whether a callable builds a response."""
        return name in self._responses or name in self._rejects or name.rpartition(".")[2] in ("jsonify", "dumps")

    def to_login(self, value: Value) -> bool:
        """Whether a redirect names something like a log-in page."""
        if not isinstance(value, Result):
            return False
        if isinstance(value.callee, External) and value.callee.name.endswith("redirect_to_login"):
            return True
        return any(_names_login(part) for part in (*value.args, *value.kwargs.values()))

    def rejects(self, exit_: Exit) -> bool:
        """Whether an exit turns the caller away for want of credentials, judged by its status, else by its name."""
        if exit_.kind == "return":
            return False
        if exit_.status in REJECTING or exit_.status in POLICY_VIOLATION:
            return True
        if exit_.status:
            return False
        return bool(_AUTH_NAME.search(exit_.name.rpartition(".")[2]))

    # ---------------------------------------------------------------- credentials

    def special(self, name: str) -> str | None:
        """Which of the caller's values a library name stands for: `request`, `user`, `session`, `g`, `nothing`."""
        return self._specials.get(name)

    def yields_credential(self, name: str) -> bool:
        """Whether a call gives the caller's identity (`get_jwt_identity()`)."""
        entry = self._credentials.get(name)
        return isinstance(entry, Mapping) and entry.get("calls") is True

    def gives(self, name: str, args: list[Value], kwargs: dict[str, Value]) -> Value | None:
        """What a call gives for a caller without credentials, where the models say so: nothing, or a truth. Where
        that is so only because something is `asked` for, it is not known of a list that may be empty."""
        entry = self._credentials.get(name)
        if not isinstance(entry, Mapping):
            return None
        given = entry.get("gives")
        if "asked" in entry:
            listed = asked_for(entry, args, kwargs)
            if isinstance(listed, Choice):
                answers = [_answer_to(option, given) for option in listed.options]
                return None if None in answers else Choice([each for each in answers if each], listed.test)
            return _answer_to(listed, given)
        if isinstance(given, bool):
            return Sure(given)
        return {"nothing": NOTHING, "anonymous": ANONYMOUS}.get(str(given))

    def asked(self, name: str) -> Entry:
        """What the models say of a call that asks for something of the caller."""
        entry = self._credentials.get(name)
        return entry if isinstance(entry, Mapping) else {}

    def gives_of(self, machine: Core, callee: Attr) -> Value | None:
        """The same of a method of a library's object, or of one below its class, that says so only for what the object
        was `made_with`, and the contrary for nothing."""
        for name in self.names(machine, callee) if callee.name in self._told_by_making else ():
            entry = self._credentials.get(name)
            if isinstance(entry, Mapping) and entry.get("made_with"):
                base = unwrap(callee.base)
                made = _maker(base)
                if isinstance(made, Result) and made.args:
                    return Sure(entry["gives"])
                is_told = isinstance(base, Result) and made is base and not base.starred
                return Known(not entry["gives"]) if is_told else None
        return None

    def verifies(self, name: str) -> bool:
        """Whether a call checks a credential."""
        return name in self._verifiers or self.yields_credential(name)

    def raises(self, name: str) -> bool:
        """Whether a verifier raises on a bad or missing credential."""
        entry = self._verifiers.get(name)
        return isinstance(entry, Mapping) and bool(entry.get("raises"))


def asked_for(entry: Entry, args: Sequence[Value], kwargs: Mapping[str, Value]) -> Value | None:
    """What the call of something that asks is given to ask for, where `asked` says."""
    asked = entry.get("asked") or {}
    at = asked.get("arg")
    return kwargs.get(asked.get("keyword", "")) or (args[at] if isinstance(at, int) and at < len(args) else None)


def _answer_to(listed: Value | None, given: object) -> Value | None:
    """What is answered to whoever asks for these; the contrary for nothing."""
    if not isinstance(listed, Seq) or not listed.items:
        return Known(not given) if isinstance(listed, Seq) and not listed.open else None
    return Sure(bool(given))


def _below(value: Attr) -> tuple[Value, str]:
    """What an attribute of attributes hangs on, and its dotted name from there."""
    base, path = value.base, value.name
    while isinstance(base, Attr):
        path, base = f"{base.name}.{path}", base.base
    return base, path


def _maker(value: Value) -> Value:
    """The call whose arguments configure a guard: of the library's constructor, by the project's subclass or not."""
    if isinstance(value, Instance):
        event = next(
            (e for e in value.events if isinstance(e.callee, Attr) and e.callee.name == "super.__init__"), None
        )
        made = event or value
        return Result(External(""), made.args, made.kwargs, made.span, 0, ())
    return value


def is_waived(entry: Entry, call: Value | None) -> bool:
    """Whether an argument of the call makes a guard tolerant (`optional=True`, `auto_error=False`)."""
    while isinstance(call, Result):
        for keyword, waiving in (entry.get("unless") or {}).items():
            value = call.kwargs.get(keyword)
            at = (entry.get("positions") or {}).get(keyword)
            if value is None and isinstance(at, int) and at < len(call.args):
                value = call.args[at]
            if value is not None and constant(value) == waiving:
                return True
        call = call.callee.base if isinstance(call.callee, Attr) else call.callee
    return False


def _specials(credentials: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for name, entry in credentials.items():
        last = name.rpartition(".")[2]
        if last in ("request", "websocket"):
            yield name, "request"
        elif last in ("session", "g"):
            yield name, last
        elif isinstance(entry, Mapping) and entry.get("like"):
            yield name, str(entry["like"])
        elif isinstance(entry, Mapping) and entry.get("value"):
            yield name, "user" if "user" in last else "nothing"


def status_of(value: Value) -> int:
    """The HTTP status in a value: a number, `status.HTTP_401_UNAUTHORIZED`, `HTTPStatus.FORBIDDEN`, `"401 …"`."""
    if isinstance(value, Choice):
        return next((status for status in map(status_of, value.options) if status), 0)
    known = constant(value)
    if isinstance(known, bool):
        return 0
    if isinstance(known, int):
        return known
    if isinstance(known, str):
        match = re.match(r"\s*(\d{3})\b", known)
        return int(match[1]) if match else 0
    name = value.name if isinstance(value, (External, Attr)) else value.text if isinstance(value, Unknown) else ""
    match = re.search(r"_(\d{3,4})_", f"_{name}_")
    if match:
        return int(match[1])
    parts = [part for part in name.split(".") if part not in ("value", "name")]
    last = parts[-1] if parts else ""
    return int(http.HTTPStatus[last]) if last in http.HTTPStatus.__members__ else 0


def _names_login(value: Value, depth: int = 3) -> bool:
    """Whether a place that somebody is sent to is named like a log-in page: `reverse("login") + "?next=/"`."""
    if isinstance(value, (Attr, External)) and _LOGIN.search(value.name):
        return True
    if _LOGIN.search(text_of(value) or getattr(value, "text", "") or ""):
        return True
    parts: list[Value | None] = []
    if isinstance(value, Operation):
        parts = [value.left, value.right]
    elif isinstance(value, (Text, Result)):
        parts = [*(value.parts if isinstance(value, Text) else value.args)]
    return depth > 0 and any(part is not None and _names_login(part, depth - 1) for part in parts)


__all__ = ["FunctionValue", "Knowledge", "Wrapped", "status_of"]
