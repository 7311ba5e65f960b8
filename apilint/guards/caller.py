"""The anonymous caller: the values that a request without credentials puts into a program.

`Nothing` is a credential that is not there, `Sure` a truth that follows from its absence, `Anonymous` the user
object of somebody who is not logged in, `Caller` the request that they send.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from apilint.patterns import regex
from apilint.placeholders import placeholders
from apilint.startup.values import Choice, Condition, Known, Special, Unknown, Value, constant, join, text_of

CREDENTIAL_WORD = regex(
    r"(?i)(^|_|-|\b)(auth\w*|token\w*|api_?-?keys?|x_?-?key|secret\w*|passw\w*|credential\w*|session\w*|jwt\w*|bearer|"
    r"signature|cookie\w*|user\w*|login\w*|identity|principal|account|claims|subject|access|permission\w*)"
)
# An attribute of what is stored that whoever is told of it may use: `user.reset_key`.
STORED_SECRET = regex(
    r"(?i)(^|_)(token|secret|otp|passw(or)?d|signature|(api|access|auth|reset|activation|private|confirm\w*|verif\w*|"
    r"invit\w*|recovery|unsubscribe)_?(key|code|hash))$"
)
_COPIES = ("copy", "to_dict")
_PLAIN_HEADERS = regex(
    r"(?i)^(HTTP_)?(host|user[-_]agent|accept.*|content[-_].*|origin|referer|connection|x[-_]forwarded.*|x[-_]real[-_]ip|"
    r".*csrf.*|.*xsrf.*|remote_addr|remote_host|server_.*|request_method|path_info|query_string|upgrade|range|if[-_].*|"
    r"x[-_]requested[-_]with|x[-_]request[-_]id|(.*[-_])?version|script_name|wsgi.*)$"
)
# What a session or a cookie remembers of somebody whom nobody knows: what was chosen, where they were, what they buy.
_PLAIN_STATE = regex(
    r"(?i)(^|[_\-.: ])(_?(lang(uage)?|locale|theme|colou?r|dark|tz|time_?zone|currency|country|consent|cart|basket|"
    r"order|checkout|payment|voucher|step|wizard|next|back|return|redirect\w*|referr?er|ref|flash|messages?|page|sort|filters?|"
    r"tab|view|columns|layout|sidebar|registration|sent|attempts?|captcha|visited|seen|history|count(er)?|utm\w*|"
    r"confirm\w*|timestamp|last|form|search|query|quiz|score|game|notice|banner))([_\-.: ]|$)"
)


class Left(NamedTuple):
    """What a guard leaves on the request of whoever it lets through under a setting: `request.state.user = GUEST`.
    `holder` is the container that it stands in, empty for the request itself."""

    holder: str
    name: str
    value: Value
    setting: Condition

    @property
    def told(self) -> tuple[object, ...]:
        """What tells it from others: the same guard may leave the same more than once."""
        return (self.holder, self.name, self.setting.span, repr(self.value))


Note = Callable[[str, str, Value], None]


def _unless_left(left: tuple[Left, ...], holder: str, name: str | None, found: Value) -> Value:
    """What stands under a name: what was found there, or what guards have left there before."""
    for each in left:
        if each.holder == holder and each.name == name:
            found = Choice([each.value, found], each.setting)
    return found


class Sure(Special):
    """A truth value that follows from the caller having no credentials."""

    __slots__ = ("value",)

    def __init__(self, value: bool) -> None:
        self.value = value

    @property
    def truth(self) -> bool | None:  # type: ignore[override]
        """The value itself."""
        return self.value

    def attribute(self, name: str) -> Value:
        """Nothing hangs on a truth."""
        return NOTHING

    def item(self, key: Value) -> Value:
        """Nothing is in a truth."""
        return NOTHING

    def called(self, args: list[Value], kwargs: dict[str, Value]) -> Value:
        """`user.is_authenticated()` of old Django versions."""
        return self

    def compared(self, op: str, other: Value, *, is_left: bool) -> Value | None:
        """With booleans; everything else is not equal."""
        if op == "not":
            return Sure(not self.value)
        against = constant(other)
        if op in ("==", "is"):
            return Sure(against is self.value)
        if op in ("!=", "is not"):
            return Sure(against is not self.value)
        return None

    def __repr__(self) -> str:
        return f"Sure({self.value})"


class Nothing(Special):
    """A credential, or something derived from one, that is not there."""

    __slots__ = ()

    truth = False

    def attribute(self, name: str) -> Value:
        """What hangs on nothing is nothing."""
        return self

    def method(self, name: str, args: list[Value], kwargs: dict[str, Value]) -> Value | None:
        """What nothing answers is nothing."""
        if name in ("startswith", "endswith", "isdigit"):
            return Sure(False)
        return self

    def item(self, key: Value) -> Value:
        """What is in nothing is nothing."""
        return self

    def called(self, args: list[Value], kwargs: dict[str, Value]) -> Value:
        """What nothing returns is nothing."""
        return self

    def compared(self, op: str, other: Value, *, is_left: bool) -> Value | None:
        """Nothing equals `None` only."""
        if op == "not":
            return Sure(True)
        same = isinstance(other, Nothing) or (isinstance(other, Known) and not other.value and other.value is not False)
        if op in ("==", "is"):
            return Sure(same)
        if op in ("!=", "is not"):
            return Sure(not same)
        if op == "in":
            return Sure(False)
        if op == "not in":
            return Sure(True)
        return Sure(False)

    def __repr__(self) -> str:
        return "Nothing"


NOTHING = Nothing()


class Unset(Nothing):
    """What the program keeps for callers whom it knows, and is not there for others. Unlike a credential it may well
    be handed on: `visible_to(request.organization)` gives what everybody sees."""

    __slots__ = ()


UNSET = Unset()


class Anonymous(Special):
    """The user object of a caller who is not logged in."""

    __slots__ = ()

    truth = True

    def attribute(self, name: str) -> Value:
        """`is_anonymous` holds; every other quality is missing."""
        if name in ("is_anonymous", "is_guest"):
            return Sure(True)
        if name.startswith(("is_", "has_", "can_", "allowed")) or name in ("check", "can"):
            return Sure(False)
        return NOTHING

    def item(self, key: Value) -> Value:
        """An anonymous user has no items."""
        return NOTHING

    def called(self, args: list[Value], kwargs: dict[str, Value]) -> Value:
        """A user that is called is still that user."""
        return self

    def compared(self, op: str, other: Value, *, is_left: bool) -> Value | None:
        """An anonymous user is nobody in particular, but is not `None`."""
        if op == "not":
            return Sure(False)
        if op in ("==", "is", "in", "<", ">", "<=", ">="):
            return Sure(False)
        return Sure(True)

    def __repr__(self) -> str:
        return "Anonymous"


ANONYMOUS = Anonymous()


class Container(Special):
    """Headers, cookies, a session: where credentials would be. `left` is what guards have put there, `note` is told
    what is put there."""

    __slots__ = ("left", "name", "note")

    def __init__(self, name: str, left: tuple[Left, ...] = (), note: Note | None = None) -> None:
        self.name = name
        self.left = left
        self.note = note

    def attribute(self, name: str) -> Value:
        """`request.state.user`, `g.user`: missing, unless it does not sound like a credential."""
        if name in ("get", "getlist", "pop", "keys", "items"):
            return self
        return _unless_left(self.left, self.name, name, self._missing(name))

    def assign(self, name: str, value: Value) -> None:
        """What a guard leaves for those that follow."""
        if self.note is not None:
            self.note(self.name, name, value)

    def put(self, key: Value, value: Value) -> None:
        """The same under a key."""
        label = _key(key)
        if label is not None:
            self.assign(label, value)

    def _missing(self, name: str) -> Value:
        return NOTHING if CREDENTIAL_WORD.search(name) or self.name == "session" else Unknown(f"{self.name}.{name}")

    def method(self, name: str, args: list[Value], kwargs: dict[str, Value]) -> Value | None:
        """`get` gives its default, or nothing."""
        if name in ("get", "pop", "getlist", "get_list", "setdefault"):
            label = _key(args[0]) if args else None
            found = self._under(label)
            default = args[1] if len(args) > 1 else kwargs.get("default")
            if isinstance(found, Nothing) and default is not None:
                found = _instead(found, default)
            return _unless_left(self.left, self.name, label, found)
        return self if name in _COPIES else Unknown(f"{self.name}.{name}()")

    def item(self, key: Value) -> Value:
        """A credential under any key is missing; plain headers are not known."""
        label = _key(key)
        return _unless_left(self.left, self.name, label, self._under(label))

    def _under(self, label: str | None) -> Value:
        if label is not None and _PLAIN_HEADERS.match(label):
            return Unknown(f"the header {label}")
        if label is not None and self._is_plain(label):
            return Unknown(f"{self.name}[{label}]")
        return NOTHING

    def _is_plain(self, label: str) -> bool:
        """Whether what stands under a key of the session, or in a cookie, has nothing to do with who it is."""
        is_state = self.name.lower() in ("session", "cookies")
        return is_state and bool(_PLAIN_STATE.search(label)) and not CREDENTIAL_WORD.search(label)

    def called(self, args: list[Value], kwargs: dict[str, Value]) -> Value:
        """A container is not called."""
        return Unknown(self.name)

    def compared(self, op: str, other: Value, *, is_left: bool) -> Value | None:
        """No key is in it."""
        if op in ("in", "not in") and not is_left:
            label = _key(other)
            if label is not None and (_PLAIN_HEADERS.match(label) or self._is_plain(label)):
                return None
            left = next((each for each in self.left if (each.holder, each.name) == (self.name, label)), None)
            found = Sure(op == "not in")
            return found if left is None else Choice([Known(op == "in"), found], left.setting)
        return None

    def __repr__(self) -> str:
        return f"Container({self.name}{f', {self.left}' if self.left else ''})"


def _key(value: Value) -> str | None:
    """A key as text: an ASGI scope has its headers in bytes."""
    known = constant(value)
    return known.decode("latin-1") if isinstance(known, bytes) else text_of(value)


def _instead(missing: Nothing, default: Value) -> Value:
    """What stands in the place of a credential that is missing; an empty default is as good as none."""
    if isinstance(default, Choice):
        return join([_instead(missing, option) for option in default.options], default.test)
    return missing if isinstance(default, Known) and not default.value else default


class Body(Special):
    """Query parameters, form, JSON: what the caller says, without a credential in it."""

    __slots__ = ("name",)

    def __init__(self, name: str) -> None:
        self.name = name

    def attribute(self, name: str) -> Value:
        """A field of the body."""
        return self.item(Known(name)) if name not in ("get", "getlist") else self

    def method(self, name: str, args: list[Value], kwargs: dict[str, Value]) -> Value | None:
        """`get` of a credential gives nothing, of other things something unknown."""
        if name in ("get", "pop", "getlist"):
            return self.item(args[0] if args else Unknown("no key"))
        return self if name in _COPIES else Unknown(f"{self.name}.{name}()")

    def item(self, key: Value) -> Value:
        """A credential is missing, the rest is not known."""
        label = text_of(key)
        if label is not None and CREDENTIAL_WORD.search(label):
            return NOTHING
        return Unknown(f"{self.name}[{label or '?'}]")

    def called(self, args: list[Value], kwargs: dict[str, Value]) -> Value:
        """`request.get_json()`."""
        return self

    def compared(self, op: str, other: Value, *, is_left: bool) -> Value | None:
        """A credential is not in it."""
        if op in ("in", "not in") and not is_left:
            label = text_of(other)
            if label is not None and CREDENTIAL_WORD.search(label):
                return Sure(op == "not in")
        return None

    def __repr__(self) -> str:
        return f"Body({self.name})"


_CONTAINERS = frozenset("headers cookies session META COOKIES environ state scope extra_environ".split())
_BODIES = frozenset("args GET POST form values json data query_params get_json query FILES files view_args".split())
_IN_SCOPE = frozenset({"type", "method", "path", "root_path", "headers"})
REQUEST_NAMES = frozenset("request req _request websocket ws".split())
_NOTHING = frozenset("auth authorization authenticators successful_authenticator token api_key identity".split())


def is_sent(value: Value) -> bool:
    """Whether a value is what an anonymous caller sends: not known, but none of the secrets of the program."""
    holder, bracket, _ = value.reason.partition("[") if isinstance(value, Unknown) else ("", "", "")
    return bool(bracket) and (holder in _BODIES or holder == "body")


class Close(Special):
    """`websocket.close`: the visit decides what a call of it means."""

    __slots__ = ()

    truth = True

    def attribute(self, name: str) -> Value:
        """A method has no attributes of interest."""
        return Unknown(f"close.{name}")

    def item(self, key: Value) -> Value:
        """A method has no items."""
        return Unknown("an item of a method")

    def called(self, args: list[Value], kwargs: dict[str, Value]) -> Value:
        """Closing gives nothing back."""
        return Known(None)


CLOSE = Close()


class Answer(Special):
    """The response object that a handler takes as a parameter and changes: `response.status_code = 401`."""

    __slots__ = ("set_status",)

    truth = True

    def __init__(self, set_status: Callable[[Value], None]) -> None:
        self.set_status = set_status

    def attribute(self, name: str) -> Value:
        """Headers and the like."""
        return Unknown(f"response.{name}")

    def assign(self, name: str, value: Value) -> None:
        """A status is noted by the visit."""
        if name in ("status_code", "status"):
            self.set_status(value)

    def item(self, key: Value) -> Value:
        """A response's header."""
        return Unknown("an item of the response")

    def called(self, args: list[Value], kwargs: dict[str, Value]) -> Value:
        """An ASGI response that is sent."""
        return Unknown("a sent response")


class Caller(Special):
    """The request of an anonymous caller, to a known route where `method`, `path` or `endpoint` are given.

    `used` tells whether anybody looked at these three: then the judgement holds for this route only. `kept` says what
    the program keeps under a name in the request of such a caller, before anybody asks for it; `left` is what guards
    have put there.
    """

    __slots__ = ("_variables", "endpoint", "http_method", "kept", "left", "note", "path", "used")

    truth = True

    def __init__(self, http_method: str = "", path: str = "", endpoint: str = "") -> None:
        self.http_method = http_method
        self.path = path
        self.endpoint = endpoint
        self.used = False
        self.kept: Callable[[str], Value | None] | None = None
        self.left: tuple[Left, ...] = ()
        self.note: Note | None = None
        self._variables: frozenset[str] | None = None

    @property
    def variables(self) -> frozenset[str]:
        """The names of what the route's path leaves open: whatever takes a parameter of that name, is given one."""
        if self._variables is None:
            self._variables = frozenset(name for name, _ in placeholders(self.path))
        return self._variables

    def take(self, left: tuple[Left, ...]) -> None:
        """Remember what a guard has left on the request for those that follow."""
        if not left:
            return
        known = {each.told for each in self.left}
        self.left = (*self.left, *(each for each in left if each.told not in known))

    def container(self, name: str) -> Container:
        """Headers, state and the like of this request."""
        return Container(name, self.left, self.note)

    def assign(self, name: str, value: Value) -> None:
        """`request.user = GUEST`."""
        if self.note is not None:
            self.note("", name, value)

    def attribute(self, name: str) -> Value:
        """`user` is anonymous, containers are empty, method and path are the route's; or what guards have left."""
        found = self._unchanged(name)
        return _unless_left(self.left, "", name, found) if self.left else found

    def _unchanged(self, name: str) -> Value:
        if name in ("user", "current_user"):
            return ANONYMOUS
        if name in _NOTHING:
            return NOTHING
        if name in _CONTAINERS:
            return self.container(name)
        if name in _BODIES:
            return Body(name)
        if name == "method":
            return self._route(self.http_method, "request.method")
        if name in ("path", "path_info", "full_path", "base_url"):
            return self._route(self.path, f"request.{name}")
        if name in ("endpoint", "rule"):
            return self._route(self.endpoint if name == "endpoint" else self.path, f"request.{name}")
        if name == "blueprint":
            return self._route(self.endpoint.rpartition(".")[0], "request.blueprint")
        if name in ("url", "url_rule", "_request", "request"):
            return self
        if name in ("close", "send_denial_response"):
            return CLOSE
        if CREDENTIAL_WORD.search(name):
            return NOTHING
        known = self.kept(name) if self.kept is not None else None
        return Unknown(f"request.{name}", None, f"request.{name}") if known is None else known

    def _route(self, value: str, text: str) -> Value:
        self.used = True
        return Known(value) if value else Unknown(text, None, text)

    def method(self, name: str, args: list[Value], kwargs: dict[str, Value]) -> Value | None:
        """`request.get_json()`, `await request.json()`."""
        if name in ("get_json", "json", "form", "body", "get_data"):
            return Body(name)
        if name == "get_full_path":
            return self._route(self.path, "request.get_full_path()")
        if name == "get_signed_cookie":
            return NOTHING
        if name == "get" and args and text_of(args[0]) in _IN_SCOPE:
            return self.item(args[0])
        return None

    def item(self, key: Value) -> Value:
        """An ASGI scope: `scope["path"]`, `scope["method"]`."""
        label = text_of(key) or ""
        if label == "root_path":
            return Known("")
        if label == "type":
            return Known("websocket" if self.http_method == "WEBSOCKET" else "http")
        return self.attribute(label) if label else Unknown("an item of the request")

    def called(self, args: list[Value], kwargs: dict[str, Value]) -> Value:
        """A request is not called."""
        return Unknown("request()")

    def __repr__(self) -> str:
        return f"Caller({self.http_method} {self.path})"


class Gate(Special):
    """The way on to the guarded code: `call_next`, `get_response`, the wrapped ASGI application."""

    __slots__ = ()

    truth = True

    def attribute(self, name: str) -> Value:
        """`call_next.something` is still the way on."""
        return self

    def item(self, key: Value) -> Value:
        """A gate has no items."""
        return Unknown("an item of the next handler")

    def called(self, args: list[Value], kwargs: dict[str, Value]) -> Value:
        """Taken care of by the visit, which notes that the guarded code is reached."""
        return Unknown("the guarded code's answer")

    def __repr__(self) -> str:
        return "Gate"


GATE = Gate()
GATE_ARGUMENT = Unknown("a part of the ASGI protocol")
