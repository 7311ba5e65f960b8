"""APL401, APL403: connections whose certificate nobody verifies, and connections without encryption."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

import msgspec

from apilint import facts as f
from apilint.check import Match, check
from apilint.checks.names import Names
from apilint.facts import Span
from apilint.finding import Precision
from apilint.index import Function, Module
from apilint.model import Step
from apilint.project import Project
from apilint.startup.values import Choice, Env, External, Known, Setting, Unknown, Value, text_of
from apilint.startup.values import Mapping as Dict
from apilint.unparse import unparse
from apilint.walk import walk

_PLAINTEXT = frozenset({"sslmode", "use_ssl"})
_HOST = re.compile(r"(?i)^http://([^/?#:\s{}]+)(?=[/?#:]|$)")
_PRIVATE = re.compile(r"^(127|10|0)\.|^192\.168\.|^169\.254\.|^172\.(1[6-9]|2\d|3[01])\.|^\[")


class Sent(msgspec.Struct, frozen=True):
    """A call of something that speaks to a server: the model's entry, the arguments, and where they stand."""

    name: str
    entry: Mapping[str, Any]
    disables: Mapping[str, Any]
    url_at: int | None
    url_keyword: str
    args: Sequence[Value]
    kwargs: Mapping[str, Value]
    node: f.Call
    module: Module

    def span(self, keyword: str) -> Span:
        """The keyword argument; the call, where it came out of a dict."""
        for each in self.node.keywords:
            if each.name == keyword:
                return self.module.span(each.start, each.end)
        return self.module.span(self.node.start, self.node.end)

    def url(self) -> tuple[Value, Span] | None:
        """The address that is called, with its place."""
        if self.url_keyword and self.url_keyword in self.kwargs:
            return self.kwargs[self.url_keyword], self.span(self.url_keyword)
        if self.url_at is None or self.url_at >= len(self.args) or self.url_at >= len(self.node.args):
            return None
        at = self.node.args[self.url_at]
        return self.args[self.url_at], self.module.span(at.start, at.end)


class Clients:
    """The calls and assignments in a project that concern the libraries of the models' section `http`."""

    def __init__(self, project: Project) -> None:
        self.project = project
        self.names = Names(project)
        self.entries: Mapping[str, Any] = project.knowledge.sections.get("http", {})
        self.by_root: dict[str, set[str]] = {}
        for name, entry in self.entries.items():
            words = self.by_root.setdefault(name.partition(".")[0], set())
            words.add(name.rpartition(".")[2])
            for key in ("disables", "method_disables", "attributes", "methods"):
                words.update(entry.get(key) or ())
        self.words = set().union(*self.by_root.values())
        self.unverified = {name.rpartition(".")[2] for name, entry in self.entries.items() if entry.get("unverified")}
        self.listed: dict[str, list[object]] = {}
        for entry in self.entries.values():
            for key in ("disables", "method_disables"):
                for keyword, values in (entry.get(key) or {}).items():
                    self.listed.setdefault(keyword, []).extend(values)

    def modules(self) -> Iterator[Module]:
        """The modules that import one of the libraries."""
        for module in self.project.index.modules.values():
            if self._roots(module):
                yield module

    def _roots(self, module: Module) -> set[str]:
        return {name.partition(".")[0] for name in module.facts.imports} & self.by_root.keys()

    def functions(self) -> Iterator[Function]:
        """Their functions that may call one."""
        for module in self.modules():
            words = set().union(*(self.by_root[root] for root in self._roots(module)))
            for function in module.functions:
                if not words.isdisjoint(function.facts.words.split(" ")) and self._may_matter(function, words):
                    yield function

    def _may_matter(self, function: Function, words: Collection[str]) -> bool:
        """Whether some call or assignment in a function could be one that is looked for: most requests are made with
        nothing switched off, to an address with https, and need no trace."""
        env = self.project.program.machine.run_module(function.module)
        local = {param.name for param in function.head.params}
        calls: list[f.Call] = []
        for node in walk(function.body):
            if isinstance(node, f.Constant) and isinstance(node.value, str) and node.value.startswith("http://"):
                return True
            if isinstance(node, f.Assign):
                local.update(target.id for target in node.targets if isinstance(target, f.Name))
                if any(isinstance(target, f.Attribute) and target.attr in words for target in node.targets):
                    return True
            elif isinstance(node, f.Call) and _last_name(node.func) in words:
                calls.append(node)
        return any(self._call_may_matter(call, local, env) for call in calls)

    def _call_may_matter(self, call: f.Call, local: Collection[str], env: Env) -> bool:
        if _last_name(call.func) in self.unverified:
            return True
        for keyword in call.keywords:
            if keyword.name is None:
                return True
            listed = self.listed.get(keyword.name)
            if listed and self._may_be(keyword.value, listed, local, env):
                return True
        return any(self._is_cleartext(arg, local, env) for arg in call.args[:2])

    def _may_be(self, expr: f.Expr, listed: Sequence[object], local: Collection[str], env: Env) -> bool:
        root = expr
        while isinstance(root, f.Attribute):
            root = root.value
        if not isinstance(root, (f.Name, f.Constant)) or (isinstance(root, f.Name) and root.id in {*local, "self"}):
            return True
        value = self.project.program.machine.evaluate(expr, env)
        return _sureness(value, listed, Precision.MEDIUM) is not None or isinstance(value, Unknown)

    def _is_cleartext(self, expr: f.Expr, local: Collection[str], env: Env) -> bool:
        """Whether an argument begins with a constant address without encryption that stands elsewhere."""
        while isinstance(expr, (f.Template, f.BinOp)):
            first = expr.parts[0] if isinstance(expr, f.Template) and expr.parts else None
            expr = expr.left if isinstance(expr, f.BinOp) else first or f.Opaque(0, 0)
        if not isinstance(expr, (f.Name, f.Attribute)) or (isinstance(expr, f.Name) and expr.id in local):
            return False
        text = text_of(self.project.program.machine.evaluate(expr, env))
        return text is not None and text.startswith("http://")

    def sent(self) -> Iterator[Sent]:
        """All calls that a model knows, in functions and at module and class level."""
        for function in self.functions():
            for call in self.project.trace(function).calls:
                if call.depth == 0:
                    yield from self._known(call.callee, call.args, call.kwargs, call.node, function.module)
        for module, node, env in self._outside_functions():
            if isinstance(node, f.Call) and (self._concerns(node) or _last_name(node.func) in self.words):
                machine = self.project.program.machine
                args = [machine.evaluate(arg, env) for arg in node.args if not isinstance(arg, f.Call)]
                if len(args) != len(node.args):
                    args = []
                kwargs = {k.name: machine.evaluate(k.value, env) for k in node.keywords if k.name}
                yield from self._known(machine.evaluate(node.func, env), args, kwargs, node, module)

    def assigned(self) -> Iterator[tuple[str, Mapping[str, Any], str, Value, Span]]:
        """`(class, its entry, attribute, value, place)` of attributes set on objects of the libraries."""
        for function in self.functions():
            for each in self.project.trace(function).assigned:
                if each.depth == 0 and not each.is_item:
                    yield from self._attribute(each.base, each.name, each.value, each.span)
        machine = self.project.program.machine
        for module, node, env in self._outside_functions():
            if isinstance(node, f.Assign) and isinstance(node.targets[0], f.Attribute):
                target = node.targets[0]
                if target.attr in self.words:
                    base, value = machine.evaluate(target.value, env), machine.evaluate(node.value, env)
                    yield from self._attribute(base, target.attr, value, module.span(node.start, node.end))

    def _attribute(
        self, base: Value, name: str, value: Value, span: Span
    ) -> Iterator[tuple[str, Mapping[str, Any], str, Value, Span]]:
        owners = [base.name] if isinstance(base, External) else list(self.names.types(base))
        for owner in owners:
            entry = self.entries.get(owner)
            if entry is not None and name in (entry.get("attributes") or ()):
                yield owner, entry, name, value, span
                return
            whole = self.entries.get(f"{owner}.{name}")
            if whole is not None and whole.get("assigned"):
                yield owner, {"attributes": {name: whole["assigned"]}, **whole}, name, value, span
                return

    def _outside_functions(self) -> Iterator[tuple[Module, Any, Env]]:
        machine = self.project.program.machine
        for module in self.modules():
            env = machine.run_module(module)
            bodies = [module.body, *(cls.code.body for cls in module.classes if cls.facts.parent < 0)]
            for body in bodies:
                for node in walk(body):
                    yield module, node, env

    def _concerns(self, node: f.Call) -> bool:
        return any(keyword.name is None or keyword.name in self.words for keyword in node.keywords)

    def _known(
        self, callee: Value, args: Sequence[Value], kwargs: Mapping[str, Value], node: f.Call, module: Module
    ) -> Iterator[Sent]:
        if isinstance(callee, External) and callee.name == "functools.partial" and args:
            callee, args = args[0], args[1:]
        for name in self.names.of(callee):
            entry = self.entries.get(name)
            if entry is not None:
                disables = entry.get("disables") or {}
                keyword = entry.get("url_keyword") or ""
                yield Sent(name, entry, disables, entry.get("url"), keyword, args, kwargs, node, module)
                return
            owner, _, method = name.rpartition(".")
            entry = self.entries.get(owner)
            if entry is not None and method in (entry.get("methods") or ()):
                at = entry["methods"][method]
                disables = entry.get("method_disables") or {}
                yield Sent(name, entry, disables, at, "url", args, kwargs, node, module)
                return


def _last_name(expr: f.Expr) -> str:
    return expr.attr if isinstance(expr, f.Attribute) else expr.id if isinstance(expr, f.Name) else ""


def _is(value: Value, wanted: object) -> bool:
    """Whether a value is one that a model lists: a constant, or a qualified name with a dot."""
    if isinstance(wanted, str) and "." in wanted:
        return isinstance(value, External) and value.name == wanted
    if not isinstance(value, Known):
        return False
    if isinstance(wanted, str) and isinstance(value.value, str):
        return value.value.lower() == wanted.lower()
    return type(value.value) is type(wanted) and value.value == wanted


def _sureness(value: Value, listed: Sequence[object], setting: Precision) -> Precision | None:
    """How sure it is that a value is among the listed ones; None when it is not."""
    if isinstance(value, Setting):
        return setting if any(_is(value.default, wanted) for wanted in listed) else None
    if isinstance(value, Choice):
        found = any(_is(option, wanted) for option in value.options for wanted in listed)
        return Precision.LOW if found else None
    return Precision.VERY_HIGH if any(_is(value, wanted) for wanted in listed) else None


@check
def tls_verify_disabled(
    project: Project,
    *,
    plaintext: str = "",
    setting_precision: str = "medium",
    local_precision: str = "low",
    local_hosts: Sequence[str] = (),
) -> Iterator[Match]:
    """Calls, clients and contexts that accept any certificate."""
    clients: Clients = project.once("http clients", lambda: Clients(project))
    setting, local = Precision(setting_precision), Precision(local_precision)
    for sent in clients.sent():
        if sent.entry.get("unverified"):
            span = sent.module.span(sent.node.start, sent.node.end)
            yield _unverified(span, sent.name, f"{sent.name}()", None, None)
        for keyword, listed in sent.disables.items():
            value = sent.kwargs.get(keyword)
            sureness = None if value is None else _sureness(value, listed, setting)
            if sureness is None:
                continue
            if _is_local(sent, local_hosts):
                sureness = local
            argument = _written(sent, keyword, value)
            defined = value.span if isinstance(value, (Setting, Dict)) else None
            template = "plaintext" if keyword in _PLAINTEXT and plaintext else ""
            yield _unverified(sent.span(keyword), sent.name, argument, sureness, defined, template)
    for owner, entry, name, value, span in clients.assigned():
        sureness = _sureness(value, entry["attributes"][name], setting)
        if sureness is not None:
            yield _unverified(span, owner, f"{name} = {_shown(value)}", sureness, None)


def _unverified(
    span: Span, library: str, argument: str, precision: Precision | None, defined: Span | None, template: str = ""
) -> Match:
    trace = [Step(defined, f"the value of '{argument.partition('=')[0].strip()}' comes from here")] if defined else []
    return Match(
        span=span,
        values={"library": library, "argument": argument},
        precision=precision if precision is not Precision.VERY_HIGH else None,
        template=template,
        trace=(*trace, Step(span, f"'{argument}' switches the verification off")),
    )


def _written(sent: Sent, keyword: str, value: Value | None) -> str:
    for each in sent.node.keywords:
        if each.name == keyword:
            return f"{keyword}={unparse(each.value)}"
    return f"{keyword}={_shown(value)}"


def _shown(value: Value | None) -> str:
    if isinstance(value, Known):
        return repr(value.value)
    return value.name if isinstance(value, (External, Setting)) else "…"


def _is_local(sent: Sent, hosts: Sequence[str]) -> bool:
    found = sent.url()
    text = text_of(found[0]) if found is not None else None
    return text is not None and re.sub(r"^\w+://", "", text).partition("/")[0].partition(":")[0] in hosts


@check
def cleartext_http(
    project: Project,
    *,
    local_hosts: Sequence[str] = (),
    local_suffixes: Sequence[str] = (),
    reserved: Sequence[str] = (),
    names: str = "$^",
    credential_security_severity: float = 7.4,
) -> Iterator[Match]:
    """Constant `http://` addresses of other people's hosts that the program calls, or names to be called."""
    clients: Clients = project.once("http clients", lambda: Clients(project))
    called: set[tuple[str, str]] = set()

    def is_foreign(host: str) -> bool:
        lowered = host.lower()
        return not (
            "." not in lowered
            or lowered in local_hosts
            or lowered in reserved
            or lowered.endswith(tuple(local_suffixes))
            or any(lowered.endswith(f".{name}") for name in reserved)
            or _PRIVATE.match(lowered)
        )

    for sent in clients.sent():
        found = sent.url()
        text = _address(found[0]) if found is not None else None
        host = _HOST.match(text) if text is not None else None
        if found is None or text is None or host is None or not is_foreign(host[1]):
            continue
        called.add((found[1].file, host[1]))
        severity = credential_security_severity if _carries_credentials(sent.kwargs) else None
        yield Match(
            span=found[1],
            values={"url": text},
            security_severity=severity,
            trace=(Step(found[1], f"'{sent.name}' is called with this address"),),
        )
    pattern = re.compile(names)
    for module in project.index.modules.values():
        for name, constant in _constants(module):
            host = _HOST.match(str(constant.value))
            if host is None or not pattern.search(name) or not is_foreign(host[1]) or (module.file, host[1]) in called:
                continue
            span = module.span(constant.start, constant.end)
            step = Step(span, f"'{name}' says that this address is to be called")
            yield Match(span=span, values={"url": constant.value}, precision=Precision.MEDIUM, trace=(step,))


def _address(value: Value) -> str | None:
    """The text of an address; a setting's default is what an installation may leave as it is."""
    return text_of(value)


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
    if isinstance(headers, Dict) and any(str(key).lower() in ("authorization", "x-api-key") for key in headers.items):
        return True
    return "auth" in kwargs
