"""What a caller sends -> where it must not arrive: shells, interpreters, templates, files' names, addresses."""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Iterator, Sequence
from collections.abc import Mapping as Table

import msgspec

from apilint import facts as f
from apilint.check import Match, check
from apilint.checks import vouching
from apilint.checks.alike import Told, once_each
from apilint.checks.aside import is_for_own_machine
from apilint.checks.audience import asks_for_more, is_known, route_named, runs_for_few
from apilint.checks.beside import is_beside
from apilint.checks.names import Names
from apilint.checks.origins import ARGUMENT, DERIVED, LOCAL, REQUEST, Origin, Origins, proof_of, read_in, trail
from apilint.checks.sinks import Sinks, Sunk, is_file, is_true, receiver
from apilint.checks.spelling import GAP, Part, Speller
from apilint.finding import Precision
from apilint.flow import Checked, Derived, Element, Input, Returned, parts
from apilint.flow.narrowing import last_name
from apilint.model import Step
from apilint.patterns import regex
from apilint.project import Project
from apilint.startup.values import (
    NONE,
    Attr,
    Choice,
    External,
    Instance,
    Known,
    Mapping,
    Operation,
    Result,
    Seq,
    Subscripted,
    Text,
    Unknown,
    Value,
    constant,
    unwrap,
)
from apilint.unparse import unparse
from apilint.walk import walk

MAX_STEPS = 8
MAX_BUILT = 2
_SHELLS = regex(r"(?:^|/)(?:(?:ba|da|z|k|c)?sh|cmd(?:\.exe)?|powershell|pwsh)$")
_SHELL_FLAGS = frozenset({"-c", "/c", "/C", "-lc", "-Command"})
_SCHEME = regex(rf"(?i)^\s*(?:(?:[a-z][a-z0-9+.-]*|{GAP}):)?//")
_SAFE_CLIENT = regex(r"(?i)ssrf|safe|guarded|restricted|advocate")
# Arguments that decide by which way a client sends.
_WAYS_OUT = ("transport", "connector", "mounts")
_JSON = regex(r"(?:^|\.)(?:json|get_json|receive_json|media|validated_data|initial_data|request\.data)\b")
_FIELDS = regex(r"(?:^|\.)(?:POST|GET|query_params|args|form|values|match_info)\b")
_DICTS = frozenset({"builtins.dict", "typing.Dict", "typing.Any", "typing.Mapping", "collections.abc.Mapping"})
# Kinds for which it does not matter what stands before a part.
_WHOLE = frozenset({"path", "document", "lookup"})
# Kinds of which only the server's name matters.
_ADDRESSES = frozenset({"url", "redirect"})
# What no link can carry: the header says where the browser came from, and is sent back there.
_HEADER = regex(r"(?i)(?:^|\.)(?:headers|META|referrer)(?:\.|$)")
# What is posted, no link carries either: a page of the program puts it into its form. That of a log-in mostly takes it
# from its own address.
_POSTED = regex(r"(?:^|\.)(?:POST|form|json|data|body|get_json|validated_data|cleaned_data)(?:\.|$)")
_LOGGING_IN = regex(r"(?i)log_?in|sign_?in|auth|sso|sign_?up|register")
_ADDRESS_OF_REQUEST = regex(
    r"(?i)(?:^|\.)(?:\w*req(?:uest)?|websocket|ws)\.(?:url|path|full_path|base_url|url_root|host|host_url|path_info"
    r"|get_full_path|scheme|script_root|url_rule|endpoint|build_absolute_uri|META\.PATH_INFO|session)(?:\.|$)"
)
# What only a script sends, which looks at the answer itself.
_BY_SCRIPT = regex(r"(?:^|\.)(?:body|json|get_json|data)(?:\(\))?(?:\.|$)")
# The bytes of an upload, `file.read`, and not those of a whole request.
_CONTENT = regex(r"(?i)^(?!.*(?:request|body))[\w.]+\.read$")
# Kinds for which it matters who wrote something, and not who says which it is.
_CONTENTS = frozenset({"pickle", "code", "template"})
_FINDS = regex(r"(?i)_*(a?get|read|retrieve|load|fetch|find|look_?up|query|select|recall)(_|$)")
# The page that a browser comes from: no link can name another. Whoever makes requests by hand can, for themselves.
_WAY_BACK = regex(r"(?i)[\w.]*(?:\.|(?:\.get\(|\[)['\"])(?:http_)?referr?er(?:['\"][^()]*[\])])?$")


class Case(msgspec.Struct, frozen=True):
    """A part of what reaches a sink, who decides it, and how sure it is that this does harm."""

    sunk: Sunk
    origin: Origin
    certainty: Precision


@check
def flow_to_sink(
    project: Project,
    *,
    kinds: Sequence[str],
    does: str,
    made_of: str = "medium",
    argument: str = "",
    unknown: str = "",
    guessed: str = "medium",
    few: str = "high",
    known: str = "high",
    local: str = "high",
    offline: str = r"^$",
    within: str = "",
) -> Iterator[Match]:
    """Calls of the sinks of some kinds with something that a caller chooses; `does` says what these do with it. The
    others are precisions: for what is `made_of` such a value by something unknown, for an `argument` of a function
    whose callers are not known, for what the program found somewhere (`unknown`), where a sink is only `guessed` by its
    name, where who calls is `known`, where the program opens a browser for whoever started it (`local`), and where the
    route asks for more than a user (`few`); an empty one leaves it out.
    What is in `offline` files and comes from no caller is of low precision, and so is everything that stands beside the
    program, or in a project that imports nothing `within`."""
    levels = {
        DERIVED: _precision(made_of),
        ARGUMENT: _precision(argument),
        LOCAL: _precision(unknown),
        REQUEST: Precision.HIGH,
    }
    worst: dict[tuple[str, int, int], tuple[Precision, Case]] = {}
    is_local = local != "high" and is_for_own_machine(project)
    is_outside = bool(within) and not _imports(project, regex(within))
    for case in itertools.chain.from_iterable(Flows(project, kind).cases() for kind in kinds):
        level = levels[case.origin.kind]
        if level is None:
            continue
        level = _lower(level, case.certainty)
        if not case.sunk.is_sure:
            level = _lower(level, Precision(guessed))
        if case.origin.kind != REQUEST and case.sunk.entry.get("prefixed"):
            level = Precision.LOW  # a module's name is mostly made of one that the program knows
        if few != "high" and _is_for_few(project, case):
            level = _lower(level, Precision(few))
        if known != "high" and is_known(project, case.origin, case.sunk.function):
            level = _lower(level, Precision(known))
        if is_local:
            level = _lower(level, Precision(local))
        if is_outside or is_beside(case.sunk.function.module.file):
            level = Precision.LOW
        if case.origin.kind != REQUEST and re.search(offline, case.sunk.function.module.file):
            level = Precision.LOW
        span = case.sunk.call.span
        key = (span.file, span.start, span.end)
        if key not in worst or _badness(level, case) < _badness(*worst[key]):
            worst[key] = (level, case)
    yield from once_each(_told(*worst[key], does) for key in sorted(worst))


def _imports(project: Project, wanted: re.Pattern[str]) -> bool:
    """Whether a module imports something; one that only registers pages of administrators does not count."""
    modules = project.index.modules.values()
    counted = (each for each in modules if not each.is_test and each.name.rpartition(".")[2] != "admin")
    return any(wanted.search(name) for module in counted for name in module.facts.imports)


def _is_for_few(project: Project, case: Case) -> bool:
    """Whether it is administrators who choose: they may be meant to name servers."""
    route = route_named(project, case.origin.route)
    return (route is not None and asks_for_more(route)) or runs_for_few(project, case.sunk.function)


def _precision(name: str) -> Precision | None:
    return Precision(name) if name else None


def _lower(first: Precision, second: Precision) -> Precision:
    return min(first, second, key=lambda each: each.rank)


def _badness(level: Precision, case: Case) -> tuple[int, int]:
    return (case.origin.rank, -level.rank)


class Flows:
    """The cases of one kind in a project."""

    def __init__(
        self,
        project: Project,
        kind: str,
        *,
        sinks: Table[str, Table[str, object]] | None = None,
        sources: Sequence[str] = (),
        safe: Sequence[str] = (),
    ) -> None:
        """Take other `sinks` than the models have for the kind, other `sources` (`request` for what callers send), and
        functions that make what they return `safe`."""
        names = project.once(Names, lambda: Names(project))
        self._kind = kind
        self._sinks = Sinks(project, names, kind, sinks, (*sources, *safe))
        self._origins = Origins(project, names, kind, sources=sources, safe=safe)
        self._speller = Speller(names, self._origins.passes, ())
        self._is_harmless = _HARMLESS.get(kind, _never)
        if kind in _ADDRESSES:
            self._origins.deciding = self._deciding

    def cases(self) -> Iterator[Case]:
        """The parts of what reaches sinks in which somebody else than the programmer has a say."""
        for sunk in self._sinks.sunk():
            if self._kind == "markup" and _is_undone(sunk):
                continue
            if self._kind == "regex" and _is_only_tried(sunk):
                continue
            for value, certainty in _texts(sunk):
                yield from self._judge(sunk, value, certainty)

    def _judge(self, sunk: Sunk, value: Value, certainty: Precision) -> Iterator[Case]:
        while isinstance(value, Checked) and vouching.judge(value.expr, self._kind) == vouching.NOTHING:
            value = value.sources[0]  # what it is made of, says more than the test
        if self._kind in _WHOLE:
            pieces = [Part(value, "")]
        else:
            pieces, _ = self._speller.parts(value)
        for part in pieces:
            if self._is_harmless(part.before, sunk.entry):
                if self._kind != "url":
                    continue
                certainty = Precision.LOW  # only the path on a server of the program's choice
            origin = self._origin(part.value)
            if origin is None or self._is_own(origin, part.value) or not self._has_form(part.value, origin):
                continue
            if self._kind == "redirect" and not _in_link(origin, sunk):
                certainty = Precision.LOW
            if self._kind == "path" and self._is_of_user(value):
                certainty = Precision.LOW
            if self._kind in _CONTENTS and origin.kind == DERIVED and self._is_looked_up(part.value):
                certainty = Precision.LOW
            if self._kind == "markup" and _BY_SCRIPT.search(origin.what):
                certainty = Precision.LOW
            if not self._is_kept_inside(sunk):
                is_whole = not part.before or not isinstance(value, Seq)
                yield Case(sunk, origin, certainty if is_whole else _lower(certainty, Precision.MEDIUM))

    def _origin(self, value: Value) -> Origin | None:
        """Who decides it; of a dict that others make, what its keys are: `find(Book, pk=request.GET["pk"])`."""
        is_dict = self._kind == "lookup" and isinstance(unwrap(value), Input)
        return self._origins.of_keys(value) if is_dict else self._origins.of(value)

    def _deciding(self, value: Value) -> list[Value]:
        """The parts of an address that say which server is meant."""
        return [part.value for part in self._speller.parts(value)[0] if not self._is_harmless(part.before, {})]

    def _has_form(self, value: Value, origin: Origin) -> bool:
        """Whether it can be an operator of a document's query, or the names of fields, which needs more than text."""
        if self._kind == "lookup":
            return is_structured(value, origin) or _FIELDS.search(origin.what) is not None
        return self._kind != "document" or is_structured(value, origin)

    def _is_of_user(self, value: Value) -> bool:
        """Whether `~` may stand in what a caller chooses: any folder of whoever runs the program is meant."""
        for each in parts(value, 6):
            if _called(each) == "expanduser":
                owner, given = _operands_of(each)
                origins = map(self._origins.of, (*given, *((owner,) if owner is not None else ())))
                if any(origin is not None and origin.kind == REQUEST for origin in origins):
                    return True
        return False

    def _is_looked_up(self, value: Value) -> bool:
        """Whether something is found by what a caller names, `cache.retrieve(key)`: others have written that."""
        for each in parts(value, 4):
            if _FINDS.match(_called(each)):
                owner, given = _operands_of(each)
                found = self._origins.of(owner) if owner is not None else None
                if found is None or found.kind == LOCAL:
                    return any(self._origins.of(one) is not None for one in given)
        return False

    def _is_kept_inside(self, sunk: Sunk) -> bool:
        """Whether the client is made by something that is named for keeping requests off the inside."""
        if self._kind != "url":
            return False
        node = sunk.call.node
        if any(
            block.start <= node.start < block.end and any(_SAFE_CLIENT.search(unparse(each)) for each, _ in block.items)
            for block in sunk.function.nodes(f.With)
        ):
            return True  # `with only_safe_addresses():`
        if _SAFE_CLIENT.search(sunk.function.module.name.rpartition(".")[0]):
            return True  # inside of what is named for that
        client = receiver(unwrap(sunk.call.callee))
        made = parts(client, 3) if client is not None else ()
        return any(map(_is_safe_client, made))

    def _is_own(self, origin: Origin, value: Value) -> bool:
        """Whether it is the address of the request itself, the way back to where that came from, or a file (or what is
        in it) where the name of one matters."""
        if self._kind in ("path", "url") and _CONTENT.search(origin.what):
            return True
        if self._kind == "path":
            return is_file(origin.what)
        if self._kind == "redirect" and any(map(_WAY_BACK.match, (origin.what, _written(value)))):
            return True
        return self._kind in ("redirect", "url") and _ADDRESS_OF_REQUEST.search(origin.what) is not None


def _called(value: Value) -> str:
    """The last name of the call that gave a value."""
    node = value.node if isinstance(value, Result) else value.expr if isinstance(value, Derived) else None
    return last_name(node.func) if isinstance(node, f.Call) else ""


def _operands_of(value: Value) -> tuple[Value | None, Sequence[Value]]:
    """What a method was called on, and the arguments of a call."""
    if isinstance(value, Result):
        return value.callee.base if isinstance(value.callee, Attr) else None, value.args
    if isinstance(value, Derived) and isinstance(value.expr, f.Call) and isinstance(value.expr.func, f.Attribute):
        return (value.sources[0], value.sources[1:]) if value.sources else (None, ())
    return None, value.sources if isinstance(value, Derived) else ()


def _is_safe_client(part: Value) -> bool:
    """Whether a client is named for it, or sends by way of something that the project made."""
    if isinstance(part, Result):
        return any(isinstance(unwrap(part.kwargs.get(name, NONE)), Instance) for name in _WAYS_OUT)
    if not isinstance(part, Unknown):
        return False
    return _SAFE_CLIENT.search(part.function.name if isinstance(part, Returned) else part.text) is not None


def _in_link(origin: Origin, sunk: Sunk) -> bool:
    """Whether a link to the program can carry what is followed."""
    if _HEADER.search(origin.what):
        return False
    return not _POSTED.search(origin.what) or bool(_LOGGING_IN.search(f"{sunk.function.qualname} {origin.route}"))


def _written(value: Value) -> str:
    """How the source writes a value that is read by a call."""
    node = value.node if isinstance(value, Result) else value.expr if isinstance(value, Derived) else None
    return unparse(node) if node is not None else ""


# ------------------------------------------------------------------------------------- what a sink looks at


def _texts(sunk: Sunk) -> Iterator[tuple[Value, Precision]]:
    """The texts in what a sink takes, each with how much harm it may do there: the program that is started, or what a
    shell reads."""
    value = unwrap(sunk.value)
    keyword = sunk.entry.get("shell")
    start = sunk.entry.get("rest")
    if start is not None:
        yield from _arguments(Seq("list", list(_flat(sunk.call.args[start:]))), False)
        return
    if sunk.entry["kind"] == "lookup":
        yield from ((each, Precision.VERY_HIGH) for each in keys_of(value))
    elif sunk.entry["kind"] == "document":
        yield from ((each, Precision.VERY_HIGH) for each in _operands(value))
    elif keyword is None:
        yield value, Precision.VERY_HIGH
    elif isinstance(value, Seq):
        yield from _arguments(_command(value, sunk), is_true(sunk.call.kwargs.get(keyword)))
    else:
        shell = sunk.call.kwargs.get(keyword)
        is_plain = shell is not None and constant(shell) is False
        # Most likely a list: a text would need a shell.
        is_list = is_plain or not isinstance(value, (Text, Known, Operation))
        weak = Precision.LOW if is_list else Precision.MEDIUM
        yield value, Precision.VERY_HIGH if is_true(shell) else weak


def _command(value: Seq, sunk: Sunk) -> Seq:
    """A list of arguments; in front of it what stands for a list that is not known: `COMMAND.split() + [path]`."""
    written = next(iter(sunk.call.node.args), None)
    is_behind = isinstance(written, f.BinOp) and written.op == "+" and not isinstance(written.left, f.Sequence)
    return Seq("list", [Known("a command"), *value.items]) if value.open and is_behind else value


def _arguments(command: Seq, is_shell: bool) -> Iterator[tuple[Value, Precision]]:
    """Of a list of arguments the program, and the text that is for a shell."""
    first = constant(command.items[0]) if command.items else None
    if command.items and not isinstance(first, str) and not isinstance(command.items[0], Element):
        yield command.items[0], Precision.VERY_HIGH
    if is_shell or (isinstance(first, str) and _SHELLS.search(first)):
        for before, item in zip(command.items, command.items[1:], strict=False):
            if constant(before) in _SHELL_FLAGS:
                yield item, Precision.VERY_HIGH


def keys_of(value: Value) -> Iterator[Value]:
    """What names the items of a dict: keys that are not constant, and other dicts that were put in."""
    if isinstance(value, Choice):
        for option in map(unwrap, value.options):
            yield from keys_of(option)
        return
    if not isinstance(value, Mapping):
        yield value
        return
    for key, inner in value.unnamed:
        yield inner if key is None else key


def _operands(query: Value) -> Iterator[Value]:
    """What of a query may be an operator that a caller writes: all of it, or the values in it."""
    if isinstance(query, Mapping):
        for item in query.values():
            yield from _operands(unwrap(item))
    elif isinstance(query, Seq):
        for item in query.items:
            yield from _operands(unwrap(item))
    else:
        yield query


def is_structured(value: Value, origin: Origin) -> bool:
    """Whether a caller sends more than text there: JSON, or a parameter that is declared to be a dict."""
    if _JSON.search(origin.what):
        return True
    value = unwrap(value)
    if isinstance(value, Element):
        value = value.sources[0]
    root, _ = trail(unwrap(value))
    if not isinstance(root, Input) or root.annotation is None:
        return False
    annotation = unwrap(root.annotation)
    if isinstance(annotation, Subscripted):
        annotation = annotation.base
    return isinstance(annotation, External) and annotation.name in _DICTS


def _flat(values: Sequence[Value]) -> Iterator[Value]:
    """The arguments of a program, listed or in a list."""
    for value in map(unwrap, values):
        if isinstance(value, Seq):
            yield from value.items
        else:
            yield value


def _is_only_tried(sunk: Sunk) -> bool:
    """Whether a pattern is compiled to see whether that works, and nothing is matched with it here."""
    return any(node.value is sunk.call.node for node in sunk.function.nodes(f.ExprStmt))


def _is_undone(sunk: Sunk) -> bool:
    """`Markup(text).unescape()`, `Markup(text).striptags()`: what comes out is text again."""
    node = sunk.call.node
    return any(
        each.attr in ("unescape", "striptags") and (each.value.start, each.value.end) == (node.start, node.end)
        for each in sunk.function.nodes(f.Attribute)
    )


def _never(before: str, entry: Table[str, object]) -> bool:
    return False


def _has_host(before: str, entry: Table[str, object]) -> bool:
    """Whether the server is settled by what stands before a part of an address."""
    scheme = _SCHEME.match(before)
    if scheme is not None:
        return re.search(r"[/?#]", before[scheme.end() :]) is not None
    text = before.strip()
    if text.startswith(GAP):
        return len(text) > 1
    return text != ""


def _has_place(before: str, entry: Table[str, object]) -> bool:
    """The same for a redirect, where `/` alone is no beginning: `//elsewhere.example` is another server."""
    return before.strip() not in ("/", "\\") and _has_host(before, entry)


def _has_prefix(before: str, entry: Table[str, object]) -> bool:
    """Whether a module's name begins with a package of the program's choice."""
    return bool(entry.get("prefixed")) and "." in before


_HARMLESS: Table[str, Callable[[str, Table[str, object]], bool]] = {
    "url": _has_host,
    "redirect": _has_place,
    "code": _has_prefix,
}


# ------------------------------------------------------------------------------------------------ matches


def _told(precision: Precision, case: Case, does: str) -> Told:
    return Told(_match(precision, case, does), case.origin, case.sunk.function.span)


def _match(precision: Precision, case: Case, does: str) -> Match:
    sunk, origin = case.sunk, case.origin
    return Match(
        span=sunk.call.span,
        values={"sink": sunk.label, "value": origin.what, "proof": proof_of(origin)},
        trace=tuple(_trace(case, does)),
        precision=precision,
        route=origin.route,
    )


def _trace(case: Case, does: str) -> Iterator[Step]:
    sunk = case.sunk
    yield from case.origin.steps[:MAX_STEPS] or read_in(sunk.function, case.origin)
    yield from _built(sunk)
    yield Step(sunk.call.span, f"'{sunk.label}' {does}")


def _built(sunk: Sunk) -> Iterator[Step]:
    """Where in the function the value is put together."""
    node, module = sunk.call.node, sunk.function.module
    given: Sequence[f.Expr] = [*node.args, *(keyword.value for keyword in node.keywords)]
    names = {each.id for each in walk(given) if isinstance(each, f.Name)}
    assigned: list[f.Assign | f.AugAssign] = [*sunk.function.nodes(f.Assign), *sunk.function.nodes(f.AugAssign)]
    built = [each for each in assigned if each.start < node.start and _is_built(each, names)]
    for each in sorted(built, key=lambda one: one.start)[-MAX_BUILT:]:
        yield Step(module.span(each.start, each.end), "it is put together here")


def _is_built(node: f.Assign | f.AugAssign, names: set[str]) -> bool:
    targets = node.targets if isinstance(node, f.Assign) else (node.target,)
    is_named = any(isinstance(target, f.Name) and target.id in names for target in targets)
    return is_named and not isinstance(node.value, (f.Constant, f.Name))
