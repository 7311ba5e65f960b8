"""APL401, APL403: connections whose certificate nobody verifies, and connections without encryption."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence

from apilint import facts as f
from apilint.check import Match, check
from apilint.checks.beside import is_beside
from apilint.checks.callers import Callers
from apilint.checks.choices import Choices
from apilint.checks.clients import Clients, Sent, Set
from apilint.checks.names import Names
from apilint.checks.probes import CREDENTIALS, only_asks
from apilint.checks.switches import options, sureness
from apilint.facts import Span
from apilint.finding import Precision
from apilint.flow import Input
from apilint.index import Module
from apilint.model import Step
from apilint.patterns import regex
from apilint.project import Project
from apilint.startup.values import External, Known, Setting, Text, Value, text_of
from apilint.startup.values import Mapping as Dict
from apilint.unparse import quotable, unparse

_PLAINTEXT = frozenset({"sslmode", "use_ssl", "dsn"})
_HOST = regex(r"(?i)^http://([^/?#:\s{}]+)(?=[/?#:]|$)")
# What listens at a port of its own speaks what is spoken there.
_PORT = regex(r":(?!80(?:[/?#]|$))\d+")
_ADDRESS = regex(r"^(?:[\w+.-]+://)?(?:[^@/]*@)?(\[[^\]]*\]|[^:/?#\s]*)")
_HOST_KEYWORD = regex(r"(?:^|\s)host(?:name|addr)?\s*=\s*'?([^\s']+)")
_PRIVATE = regex(r"^(127|10|0)\.|^192\.168\.|^169\.254\.|^172\.(1[6-9]|2\d|3[01])\.|^\[|^::")


@check
def tls_verify_disabled(
    project: Project,
    *,
    plaintext: str = "",
    setting_precision: str = "medium",
    guessed_precision: str = "medium",
    local_precision: str = "low",
    local_hosts: Sequence[str] = (),
    asked_precision: str = "low",
    switched_off: str = r"(?!)",
    switched_on: str = r"(?!)",
    by_hand: str = r"(?!)",
    compared_by: str = r"(?!)",
    decided: str = r"(?!)",
) -> Iterator[Match]:
    """Calls, clients, contexts and environment variables that make a program accept any certificate. Of several
    attributes of one object the last is reported."""
    clients = _clients(project)
    setting, guessed, local = map(Precision, (setting_precision, guessed_precision, local_precision))
    choices, asked, scripts = Choices(switched_off, switched_on), Precision(asked_precision), regex(by_hand)
    reason = regex(decided)

    def unless_asked(span: Span, precision: Precision) -> Precision:
        is_asked = (
            scripts.search(span.file) is not None
            or is_beside(span.file)
            or choices.asked_for(project.module(span.file), span.start)
            or reason.search(project.index.comment(span.file, span.start)) is not None
        )
        return asked if is_asked or _is_asked_by_callers(project, choices, span) else precision

    for sent in clients.sent("~tls"):
        for span, argument, (value, precision), keyword in _switched_off(sent, setting):
            if not sent.is_sure:
                precision = min(precision, guessed, key=lambda each: each.rank)
            if _is_plain(sent):
                continue
            if _is_local(sent, local_hosts, keyword) or only_asks(sent):
                precision = local
            module = project.module(span.file)
            if any(choices.asked_for(module, start) for start in _put(module, sent, keyword)):
                precision = min(precision, asked, key=lambda each: each.rank)
            template = "plaintext" if keyword in _PLAINTEXT and plaintext else ""
            yield _match(span, sent.name, argument, unless_asked(span, precision), value, template)
    for each in _last_of_each(project, clients.assigned("~tls"), setting):
        sure = sureness(each.value, each.listed, setting)
        if sure is not None:
            if any(sureness(other, each.listed, setting) is None for other in each.others):
                sure = Precision.LOW  # the function decides between several values
            elif not each.is_sure:
                sure = min(sure, guessed, key=lambda one: one.rank)
            if each.name == "check_hostname" and _is_given_to(project, each.span, regex(compared_by)):
                sure = Precision.LOW
            shown = f"{each.name} = {_shown(each.value)}"
            yield _match(each.span, each.owner, shown, unless_asked(each.span, sure), each.value)
    for variable in clients.environment("~tls"):
        sure = sureness(variable.value, variable.listed, setting)
        if sure is not None:
            shown = f"{variable.name}={_shown(variable.value)}"
            yield _match(variable.span, variable.owner, shown, sure, variable.value)


def _last_of_each(project: Project, sets: Iterable[Set], setting: Precision) -> list[Set]:
    """What is set to switch verification off, the last attribute of each object in a function or a module."""
    last: dict[tuple[str, int, str], Set] = {}
    for each in sets:
        if sureness(each.value, each.listed, setting) is not None:
            around = project.module(each.span.file).around(each.span.start)
            start = -each.span.start if not each.on else around[-1].facts.start if around else 0
            last[each.span.file, start, each.on] = each
    return list(last.values())


def _is_asked_by_callers(project: Project, choices: Choices, span: Span) -> bool:
    """Whether a function is only called where somebody asked for it."""
    around = project.module(span.file).around(span.start)
    if not around:
        return False
    names = project.once(Names, lambda: Names(project))
    called = project.once(Callers, lambda: Callers(project, names)).of(around[-1])
    return bool(called) and all(choices.asked_for(caller.module, call.span.start) for caller, call in called)


def _is_given_to(project: Project, span: Span, library: re.Pattern[str]) -> bool:
    """Whether the function hands something on to what compares the host's name itself."""
    around = project.module(span.file).around(span.start)
    return any(library.search(unparse(call.func)) for each in around[-1:] for call in each.nodes(f.Call))


def _clients(project: Project) -> Clients:
    return project.once("clients", lambda: Clients(project))


def _switched_off(sent: Sent, setting: Precision) -> Iterator[tuple[Span, str, tuple[Value | None, Precision], str]]:
    """`(place, argument as written, (its value, how sure), keyword)` of what switches verification off in a call."""
    if sent.entry.get("unverified"):
        name = sent.name.rpartition(".")[2]
        yield sent.span, f"{name}()", (None, Precision.VERY_HIGH), ""
    found = []
    for keyword, listed in sent.disables.items():
        given = sent.at((sent.entry.get("positions") or {}).get(keyword), keyword)
        sure = None if given is None else sureness(given[0], listed, setting)
        if given is not None and sure is not None:
            found.append((given[1], _written(sent, keyword, given[0]), (given[0], sure), keyword))
    if found:
        yield max(found, key=lambda each: each[2][1].rank)
    dsn = sent.at(sent.entry.get("dsn"), sent.entry.get("dsn_keyword", ""))
    wanted = sent.entry.get("dsn_disables")
    text = text_of(dsn[0]) if dsn is not None else None
    if dsn is not None and wanted and text is not None:
        match = re.search(wanted, text)
        if match is not None:
            yield dsn[1], match[0], (dsn[0], Precision.VERY_HIGH), "dsn"


def _put(module: Module, sent: Sent, keyword: str) -> Iterator[int]:
    """Where a function puts an argument into the dict that a call takes its keywords from: `options["verify"] = …`."""
    if all(each.name is not None for each in sent.node.keywords):
        return
    start = sent.node.start
    for node in (each for function in module.around(start) for each in function.nodes(f.Assign)):
        keys = [target.index for target in node.targets if isinstance(target, f.Subscript)]
        if node.start < start and any(isinstance(key, f.Constant) and key.value == keyword for key in keys):
            yield node.value.start


def _match(
    span: Span, library: str, argument: str, precision: Precision, value: Value | None, template: str = ""
) -> Match:
    defined = value.span if isinstance(value, (Setting, Dict)) else None
    argument = quotable(argument)
    name = argument.partition("=")[0].strip()
    before = (Step(defined, f"the value of '{name}' comes from here"),) if defined is not None else ()
    does = "leaves the connection without encryption" if template else "switches the verification off"
    return Match(
        span=span,
        values={"library": library, "argument": argument},
        precision=precision if precision is not Precision.VERY_HIGH else None,
        template=template,
        trace=(*before, Step(span, f"'{argument}' {does}")),
    )


def _written(sent: Sent, keyword: str, value: Value) -> str:
    for each in sent.node.keywords:
        if each.name == keyword:
            return f"{keyword}={unparse(each.value)}"
    return f"{keyword}={_shown(value)}"


def _shown(value: Value) -> str:
    if isinstance(value, Known):
        return repr(value.value)
    return value.name if isinstance(value, (External, Setting)) else "…"


def _is_plain(sent: Sent) -> bool:
    """Whether the address says that there is no encryption, so that nobody's certificate is looked at."""
    found = sent.url()
    texts = [text_of(value) for value in options(found[0] if found is not None else None)]
    return bool(texts) and all(text is not None and text.startswith("http://") for text in texts)


def _is_local(sent: Sent, hosts: Sequence[str], keyword: str) -> bool:
    """Whether the server is the same machine; for a connection without encryption, also one of the same network."""
    found = sent.at(sent.entry.get("dsn"), sent.entry.get("dsn_keyword", "")) or sent.url() or sent.at(None, "host")
    for value in options(found[0] if found is not None else None):
        text = text_of(value) if isinstance(value, (Known, Text)) else None
        if text is None:
            continue
        match = _HOST_KEYWORD.search(text) or _ADDRESS.match(text)
        host = match[1].lower() if match is not None else ""
        if host in hosts or host.startswith("127."):
            return True
        if keyword in _PLAINTEXT and host and "{" not in host and ("." not in host or _PRIVATE.match(host)):
            return True
    return False


@check
def cleartext_http(
    project: Project,
    *,
    local_hosts: Sequence[str] = (),
    local_suffixes: Sequence[str] = (),
    reserved: Sequence[str] = (),
    examples: Sequence[str] = (),
    example_precision: str = "low",
    plain: Sequence[str] = (),
    names: str = "$^",
    asking: str = r"(?!)",
    credential_security_severity: float = 7.4,
) -> Iterator[Match]:
    """Constant `http://` addresses of other people's hosts that the program calls, or names to be called."""
    called: set[tuple[str, str]] = set()
    asks = Choices(asking)

    def is_foreign(host: str) -> bool:
        lowered = host.lower().rpartition("@")[2]
        return not (
            "." not in lowered
            or lowered in local_hosts
            or lowered in reserved
            or lowered.endswith(tuple(local_suffixes))
            or any(lowered.endswith(f".{name}") for name in reserved)
            or _PRIVATE.match(lowered)
        )

    def is_of(host: str, names: Sequence[str]) -> bool:
        return any(host.lower() == name or host.lower().endswith(f".{name}") for name in names)

    for sent in _clients(project).sent("~http"):
        found = sent.url()
        for value in options(found[0] if found is not None else None):
            default = _default(value)
            text = text_of(value if default is None else default)
            host = _HOST.match(text) if text is not None else None
            if found is None or text is None or host is None or not is_foreign(host[1]):
                continue
            called.add((found[1].file, host[1]))
            likely = None if sent.is_sure and default is None else Precision.MEDIUM
            if (
                is_of(host[1], (*examples, *plain))
                or is_beside(found[1].file)
                or _PORT.match(text, host.end())
                or asks.within(project.module(found[1].file), found[1].start)
            ):
                likely = Precision(example_precision)
            yield Match(
                span=found[1],
                values={"url": text},
                security_severity=credential_security_severity if _carries_credentials(sent.kwargs) else None,
                precision=likely,
                trace=(*_given_in(value, found[1].file), Step(found[1], f"'{sent.name}' is called with this address")),
            )
    pattern = regex(names)
    for module in project.index.with_words(("~http",), judged=True):
        for name, constant in _constants(module):
            host = _HOST.match(str(constant.value))
            if host is None or not pattern.search(name) or not is_foreign(host[1]) or (module.file, host[1]) in called:
                continue
            if is_of(host[1], (*examples, *plain)) or _PORT.match(str(constant.value), host.end()):
                continue
            span = module.span(constant.start, constant.end)
            step = Step(span, f"'{name}' says that this address is to be called")
            doubt = Precision.LOW if is_beside(module.file) else Precision.MEDIUM
            yield Match(span=span, values={"url": constant.value}, precision=doubt, trace=(step,))


def _default(value: Value) -> Known | None:
    """What an argument is where the caller gives none."""
    written = value.param.default if isinstance(value, Input) else None
    return Known(written.value) if isinstance(written, f.Constant) else None


def _given_in(value: Value, file: str) -> Iterator[Step]:
    """Where an argument says what it is when the caller gives none."""
    if isinstance(value, Input):
        yield Step(Span(file, value.param.start, value.param.end), f"'{value.param.name}' is this address by default")


def _constants(module: Module) -> Iterator[tuple[str, f.Constant]]:
    """The string constants bound to names at module and class level."""
    bodies = [module.body, *(cls.code.body for cls in module.classes)]
    for body in bodies:
        for statement in body:
            target = statement.targets[0] if isinstance(statement, f.Assign) else None
            if isinstance(statement, f.AnnAssign):
                target = statement.target
            if isinstance(target, f.Name) and isinstance(statement, (f.Assign, f.AnnAssign)):
                value = statement.value
                if isinstance(value, f.Constant) and isinstance(value.value, str):
                    yield target.id, value


def _carries_credentials(kwargs: Mapping[str, Value]) -> bool:
    headers = kwargs.get("headers")
    if isinstance(headers, Dict) and any(str(key).lower() in CREDENTIALS for key in headers.items):
        return True
    return "auth" in kwargs


__all__ = ["Set", "cleartext_http", "tls_verify_disabled"]
