"""Secrets that are written to a log."""

from __future__ import annotations

import re
from collections.abc import Iterator

from apilint import facts as f
from apilint.check import Match, check
from apilint.checks.assigned import Assignments, last_name, pieces
from apilint.checks.beside import is_beside
from apilint.checks.choices import Choices
from apilint.checks.exposed import words_of
from apilint.checks.logged import (
    GUESSABLE,
    is_answer,
    is_answered,
    is_masked,
    is_missing,
    is_redacted,
    is_row,
    last_name_of_key,
    opens_nothing,
)
from apilint.checks.logs import Logs
from apilint.checks.sensitive import Sensitive
from apilint.finding import Precision
from apilint.frameworks.schemas import Schemas
from apilint.index import Function
from apilint.model import Step
from apilint.patterns import regex
from apilint.project import Project
from apilint.startup.values import Attr, Choice, ClassValue, Result, Setting, Subscripted, Unknown, Value
from apilint.unparse import unparse

# What puts a value into a text, or hands it through as it is.
_TRANSPARENT = frozenset(
    {"str", "repr", "dumps", "format", "strip", "decode", "encode", "pformat", "dict", "list", "tuple"}
)
_OPENS = frozenset({"open", "Path", "exists", "isfile", "is_file", "read_text"})
_OF_TEXT = frozenset({"strip", "decode", "encode"})
# A whole body, as frameworks name it, and how one reads a value out of a mapping.
_BODIES = frozenset({"json", "get_json", "form", "data", "POST", "body", "values", "get_data"})
_READERS = frozenset({"get", "getenv", "getlist", "get_secret_value"})
_REQUESTS = frozenset({"request", "req", "_request", "websocket"})
# One of these in a name says which secret it is; `token` or `secret` alone may be a word, a page or an object.
_BARE = frozenset({"token", "secret", "key", "salt", "credential", "credentials", "authorization", "hash"})
# Which token it is remains open: a lock's, a claim's, a word of a text. What is called so is no key to anything where
# texts are cut into tokens.
_TOKEN_OF_TEXT = regex(
    r"^(?!(.*_)?(access|refresh|auth|api|bearer|session|id|jwt|oauth|hf|hub|hugging_?face|user|csrf|secret|reset|invite|verification)_)(\w+_)?token(_(str|text|string|value|bytes))?$"
)
_WORDS_OF_TEXT = frozenset({"tokenizer", "tokenize", "tokenizers", "encode_plus", "max_tokens", "detokenize", "lexer"})
# Commands print; in a file that answers requests what is printed goes to the server's log.
_SPOKEN = frozenset({"print", "click.echo", "typer.echo", "rich.print", "echo"})
_COMMAND_FILE = regex(
    r"(^|/)(__main__|cli|manage)\.py$|(^|/)management/commands/|(^|[/_])(mock|fake|dummy)(_\w+)?\.py$"
)
# Sensitive where it is shown to everybody, no secret.
_FACTS = frozenset({"is_superuser", "is_staff"})
# A variable that is called so refers to a secret, or counts some.
_REFERS = regex(r"(?i)_(path|file|filename|dir|folder|id|count|length|len|size)s?$")
_ONE_OF_SEVERAL = regex(r"^(old|new|existing|current|last|next|previous|prev|stored|this|that)_(token|key)$")
# What is random cannot be guessed from its hash; what people choose can.
_HASHED = regex(r"(^|_)(hash(ed|es)?|digest)(_|$)")
_MAKES = regex(
    r"(?i)^secrets\.|(^|[._])(generate|random|make|create|new)_?\w*(password|passphrase|secret|token|key|string)?$|urandom|uuid4"
)
MAX_DEPTH = 4


class _Found:
    __slots__ = ("carrier", "is_sure", "node", "steps", "text")

    def __init__(self, node: f.Expr, text: str, *, carrier: bool = False, is_sure: bool = True) -> None:
        self.node = node
        self.text = text
        self.carrier = carrier
        self.is_sure = is_sure
        self.steps: list[f.Expr] = []


@check
def secret_in_log(
    project: Project,
    *,
    carrier: str,
    request_parts: tuple[str, ...],
    body_routes: str,
    name_precision: str = "medium",
    redacting: str = r"(?!)",
    handed_out: str = r"(?!)",
    asked_for: str = r"(?!)",
) -> Iterator[Match]:
    """Log calls that are given a secret, or something that carries one."""
    logs = Logs(project)
    reader = _Reader(project, logs, request_parts, regex(body_routes), regex(redacting))
    meant, choices = regex(handed_out), Choices(asked_for)
    words = (*logs.methods, "print", "echo", "capture_message", "syslog")
    for function in project.index.functions_with(words, judged=True):
        # Most functions that log mention no secret at all: their text says so without its being read.
        if "~secret" not in function.facts.words or function.module.is_test or reader.is_script(function):
            continue
        for call in function.nodes(f.Call):
            entry = logs.entry(call, logs.env(function)) if last_name(call.func) in reader.names else None
            if entry is None or (entry[0] in _SPOKEN and not reader.serves(function)):
                continue
            found = next(reader.found(call, entry, function), None)
            if found is not None:
                is_meant = bool(meant.search(last_name(found.node))) or choices.asked_for(function.module, call.start)
                if is_missing(function, call, found.node):
                    continue
                is_meant = is_meant or opens_nothing(call, found.node) or is_beside(function.module.file)
                doubt = Precision.LOW if is_meant else None if found.is_sure else Precision(name_precision)
                yield _match(function, call, found, entry[0], doubt)


def _match(function: Function, call: f.Call, found: _Found, logger: str, doubt: Precision | None) -> Match:
    span = function.module.span
    steps = [Step(span(node.start, node.end), f"'{unparse(node)}' comes from here") for node in found.steps]
    return Match(
        span=span(call.start, call.end),
        values={"value": found.text, "logger": logger},
        trace=(*steps, Step(span(found.node.start, found.node.end), f"'{found.text}' is given to '{logger}'")),
        precision=doubt,
        template="carrier" if found.carrier else "",
    )


class _Reader:
    """Reads the arguments of log calls: what of them is, or carries, a secret."""

    def __init__(
        self,
        project: Project,
        logs: Logs,
        request_parts: tuple[str, ...],
        body_routes: re.Pattern[str],
        redacting: re.Pattern[str],
    ) -> None:
        self.project = project
        self.logs = logs
        self.sensitive = Sensitive(project)
        self.schemas = Schemas(project.program)
        self.request_parts = frozenset(request_parts)
        self.body_routes = body_routes
        self.redacting = redacting
        self.names = logs.methods | {name.rpartition(".")[2] for name in logs.entries}
        self._assignments: dict[Function, Assignments] = {}
        self._serving = {route.function.function.module.file for route in project.routes if route.function is not None}

    def is_script(self, function: Function) -> bool:
        """Whether a function is a command that talks to whoever runs it."""
        if _COMMAND_FILE.search(function.module.file):
            return True
        decorators = [unparse(each) for each in function.head.decorators]
        return any(name.rpartition("(")[0].endswith((".command", ".option", ".argument")) for name in decorators)

    def serves(self, function: Function) -> bool:
        """Whether a function's file answers requests, so that what it prints goes to a server's log."""
        return function.module.file in self._serving

    # ---------------------------------------------------------------- arguments

    def found(self, call: f.Call, entry: tuple[str, int | None, bool], function: Function) -> Iterator[_Found]:
        """The secrets among what a call logs."""
        _, first, keywords = entry
        if first is None:
            return
        assigned = self._assignments.get(function)
        if assigned is None:
            assigned = self._assignments[function] = Assignments(function)
        logged: list[tuple[str, f.Expr]] = [("", arg) for arg in call.args[first:]]
        if keywords:
            logged += [
                (keyword.name or "", keyword.value)
                for keyword in call.keywords
                if keyword.name not in ("exc_info", "stack_info", "stacklevel", "file", "end", "sep", "flush", "name")
            ]
        for name, expr in logged:
            yield from self._in(expr, assigned, MAX_DEPTH, name)

    def _in(self, expr: f.Expr, assigned: Assignments, depth: int, label: str = "") -> Iterator[_Found]:
        if isinstance(expr, f.Dict):
            for key, value in expr.items:
                if key is not None or not is_redacted(expr):
                    yield from self._in(value, assigned, depth, last_name_of_key(key))
            return
        if isinstance(expr, f.IfExp) and is_masked(expr):
            return  # `key[:8] + "…" if len(key) > 8 else key`
        for piece in pieces(expr):
            yield from self._piece(piece, assigned, depth, label)

    def _piece(self, expr: f.Expr, assigned: Assignments, depth: int, label: str) -> Iterator[_Found]:
        if isinstance(expr, f.Dict):
            yield from self._in(expr, assigned, depth)
        elif isinstance(expr, f.Call):
            yield from self._called(expr, assigned, depth, label)
        elif isinstance(expr, (f.Name, f.Attribute, f.Subscript)):
            yield from self._named(expr, assigned, depth, label)

    def _called(self, call: f.Call, assigned: Assignments, depth: int, label: str) -> Iterator[_Found]:
        last = last_name(call.func)
        if self.redacting.search(last):
            return
        if last in _READERS and call.args and isinstance(call.args[0], f.Constant):
            key = str(call.args[0].value)
            if self._is_secret(key) and isinstance(call.func, (f.Attribute, f.Name)):
                yield _Found(call, unparse(call), is_sure=not self._is_vague(key))
        elif last in _TRANSPARENT:
            # What `text.decode(…)` is given is an encoding; what `jwt.decode(token)` gives back is no token.
            inner = [] if last in _OF_TEXT else [*call.args, *(keyword.value for keyword in call.keywords)]
            if isinstance(call.func, f.Attribute) and last not in ("dumps", "pformat"):
                inner.append(call.func.value)
            for expr in inner:
                yield from self._in(expr, assigned, depth, label)
        elif last in _BODIES and isinstance(call.func, f.Attribute) and self._is_request(call.func.value, assigned):
            yield from self._body(call, assigned)

    def _named(self, expr: f.Expr, assigned: Assignments, depth: int, label: str) -> Iterator[_Found]:
        name = last_name(expr)
        if isinstance(expr, f.Attribute) and self._is_request(expr.value, assigned):
            if name in self.request_parts:
                # What an answer was asked for with went out; what came in is what others sent.
                yield _Found(expr, unparse(expr), carrier=True, is_sure=not is_answered(expr.value))
                return
            if name in _BODIES:
                yield from self._body(expr, assigned)
                return
        if isinstance(expr, f.Name) and expr.id in assigned.changed:
            return
        if self._is_secret(name):
            yield from self._secret(expr, name, assigned, depth, label)
            return
        if isinstance(expr, f.Name) and depth > 0 and not assigned.is_bound(expr.id) and not _REFERS.search(expr.id):
            given = assigned.of(expr)
            for value in given:
                for found in self._in(value, assigned, depth - 1, label):
                    found.steps.append(value)
                    yield found
            if not given and expr.id in assigned.params:
                yield from self._whole(expr, assigned)

    # ------------------------------------------------------------------ secrets

    def _secret(self, expr: f.Expr, name: str, assigned: Assignments, depth: int, label: str) -> Iterator[_Found]:
        if isinstance(expr, f.Name) and not self._holds_secret(expr, assigned, depth):
            return
        if isinstance(expr, f.Attribute) and not self._is_value(expr, assigned):
            return
        vague = self._is_vague(name) and not (label and self._is_secret(label) and not self._is_vague(label))
        if any(
            last_name(each.func) in _OPENS and unparse(expr) in map(unparse, each.args)
            for each in assigned.function.nodes(f.Call)
        ):
            return  # the path of a key
        is_vague = vague or _TOKEN_OF_TEXT.search(words_of(name)) is not None
        if is_vague and not _WORDS_OF_TEXT.isdisjoint(assigned.function.module.words):
            return
        is_known = not is_vague and not self._is_made_here(expr, assigned)
        yield _Found(expr, unparse(expr), is_sure=is_known)

    @staticmethod
    def _is_made_here(expr: f.Expr, assigned: Assignments) -> bool:
        """Whether a secret was made a moment before: it has to be shown to somebody."""
        given = assigned.of(expr) if isinstance(expr, f.Name) else ()
        return bool(given) and all(isinstance(each, f.Call) and _MAKES.search(unparse(each.func)) for each in given)

    def _holds_secret(self, expr: f.Name, assigned: Assignments, depth: int) -> bool:
        """Whether a variable of a secret's name may hold it: not a number, a class, a constant or what was redacted."""
        if assigned.is_bound(expr.id):
            return False
        param = assigned.params.get(expr.id)
        given = assigned.of(expr)
        if param is not None and not given:
            text = unparse(param.annotation) if param.annotation is not None else "str"
            return bool(re.search(r"\b(str|bytes|Any|Optional|None)\b", text)) or "Header" in unparse(param.default)
        if not given:
            return self._is_read(expr, assigned)
        if any(map(is_masked, given)):
            return False
        return any(self._gives_secret(value, assigned, depth) for value in given)

    def _is_read(self, expr: f.Name, assigned: Assignments) -> bool:
        """Whether a module's variable is read from somewhere: a constant is no secret, or another rule's finding."""
        env = self.logs.env(assigned.function)
        value = self.logs.machine.lookup(expr.id, env)
        return isinstance(value, (Setting, Result, Attr)) or (isinstance(value, Unknown) and "argument" in value.reason)

    def _gives_secret(self, value: f.Expr, assigned: Assignments, depth: int) -> bool:
        value = value.value if isinstance(value, f.Await) else value
        if isinstance(value, (f.Constant, f.Compare, f.UnaryOp, f.Comprehension, f.Lambda)):
            return False
        if isinstance(value, f.Call):
            last = last_name(value.func)
            is_object = last[:1].isupper() and not last.isupper()  # `Hotp(secret)` is no secret itself
            return not (
                is_object
                or is_row(value)
                or self.redacting.search(last)
                or last in ("len", "bool", "int", "count", "tokenize", "split")
            )
        if isinstance(value, f.Subscript) and isinstance(value.index, f.Slice):
            return False
        if isinstance(value, f.IfExp):
            return any(self._gives_secret(branch, assigned, depth) for branch in (value.body, value.orelse))
        return True

    def _is_value(self, expr: f.Attribute, assigned: Assignments) -> bool:
        """Whether an attribute of a secret's name may be the secret: not an enum's member, nor a module's constant."""
        owner = last_name(expr.value)
        return not (owner[:1].isupper() and not owner.isupper())

    def _is_secret(self, name: str) -> bool:
        return bool(name) and name not in _FACTS and self.sensitive.is_name(name)

    def _is_vague(self, name: str) -> bool:
        """Whether a name may as well be that of something else: of a token's hash, which logs nobody in."""
        words = words_of(name)
        return (
            words in _BARE
            or bool(_ONE_OF_SEVERAL.match(words))
            or (bool(_HASHED.search(words)) and not GUESSABLE.search(words))
        )

    # ----------------------------------------------------------------- carriers

    @staticmethod
    def _is_request(expr: f.Expr, assigned: Assignments) -> bool:
        """Whether it is a request; a variable of that name may hold what another server answered."""
        given = assigned.of(expr) if isinstance(expr, f.Name) else ()
        return last_name(expr) in _REQUESTS and not any(map(is_answer, given))

    def _body(self, expr: f.Expr, assigned: Assignments) -> Iterator[_Found]:
        """A whole body, where it is one with credentials: of a log-in, say."""
        for route in self.project.routes_of(assigned.function):
            if self.body_routes.search(route.path) or self.body_routes.search(_last_words(assigned.function.name)):
                yield _Found(expr, unparse(expr), carrier=True)
                return

    def _whole(self, expr: f.Name, assigned: Assignments) -> Iterator[_Found]:
        """An argument whose class shows its fields when it is put into a text, secrets among them."""
        param = assigned.params[expr.id]
        if param.annotation is None:
            return
        cls = _class_in(self.logs.machine.evaluate(param.annotation, self.logs.env(assigned.function)))
        schema = self.schemas.of(cls) if cls is not None else None
        if schema is None or schema.kind not in ("schema", "sqlmodel", "record") or self._says_itself(cls):
            return
        names = [field.name for field in schema.fields if self.sensitive.is_field(field.name, field.type)]
        if names and not all(self._is_vague(name) for name in names):
            yield _Found(expr, expr.id, carrier=True)

    @staticmethod
    def _says_itself(cls: ClassValue | None) -> bool:
        return cls is not None and any(cls.cls.method(name) for name in ("__str__", "__repr__", "__repr_args__"))


def _last_words(name: str) -> str:
    """What a function does in the end: `zone` of `api_login_create_zone`, `login` of `login_user`."""
    short = re.sub(r"_(user|view|handler|endpoint|form|request|route|page|post)$", "", name)
    last = re.search(r"((log|sign)_)?[^_]*$", short)
    return last[0] if last is not None else short


def _class_in(value: Value) -> ClassValue | None:
    """The class in `Optional[X]`, `Annotated[X, …]` or `X | None`."""
    if isinstance(value, ClassValue):
        return value
    if isinstance(value, Subscripted):
        return next((found for found in map(_class_in, value.index) if found is not None), None)
    if isinstance(value, Choice):
        return next((found for found in map(_class_in, value.options) if found is not None), None)
    left = getattr(value, "left", None)
    return _class_in(left) if left is not None else None


__all__ = ["secret_in_log"]
