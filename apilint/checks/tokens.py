"""Signed tokens that are read without a look at the signature, or at the claims that bound them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from apilint import facts as f
from apilint import flow
from apilint.check import Match, check
from apilint.checks.awaited import by_name
from apilint.checks.choices import Choices
from apilint.checks.claims import EVERY, claims_of, read_of
from apilint.checks.library_calls import LibraryCalls, Used
from apilint.checks.reached import made_of
from apilint.checks.switches import options, sureness
from apilint.finding import Precision
from apilint.flow.narrowing import last_name
from apilint.index import Function
from apilint.model import Step
from apilint.patterns import regex
from apilint.project import Project
from apilint.startup.values import Mapping, Result, Value, text_of
from apilint.unparse import unparse

FEW = 4
"""A name that more functions have, says nothing of which of them is called."""
_EXPIRY = regex(r"(?i)expir|is_valid_until|not_too_old")
_USER = regex(
    r"(?i)(current|authenticated|active|verified|logged_in)_\w*(user|account|principal)"
    r"|(require|verify)_\w*(user|auth|token)"
)
_REQUIRING = regex(r"(?i)(login|auth\w*|permission|jwt|token)_required|require_(auth|login|permission|role|token|user)")


@check
def jwt_not_verified(
    project: Project,
    *,
    any_algorithm: str,
    own_algorithm: str,
    any_algorithm_severity: float = 5.9,
    harmless: tuple[str, ...] = (),
    delivered: str = r"(?!)",
    asked_for: str = r"(?!)",
    unless: str = r"(?!)",
    verifying: str = r"(?!)",
    explained: str = r"(?!)",
) -> Iterator[Match]:
    """Calls that give the claims of a token nobody verified, where they are used for more than finding the key."""
    tokens = _Tokens(project)
    choices, direct, verifies = Choices(asked_for, unless), regex(delivered), regex(verifying)
    said = regex(explained)
    for used in tokens.calls:
        template = "" if tokens.is_unverified(used) else tokens.weakness(used)
        if template is None:
            continue
        doubt = tokens.doubt(used) if not template else None
        if not template and read_of(used) <= frozenset(harmless):
            continue
        if not template and (
            choices.asked_for(used.module, used.node.start)
            or direct.search(_token(used))
            or said.search(_docstring(used.function))
            or _is_in_handler(used)
            or _is_behind_guard(used.function)
            or _is_decided(used)
            or tokens.is_verified_too(used, verifies)
            or tokens.is_verified_elsewhere(used)
        ):
            doubt = Precision.LOW
        yield Match(
            span=used.span,
            values={"library": used.name, "argument": _switch(used)},
            trace=(Step(used.span, f"'{used.name}' gives the claims of a token that anyone may have written"),),
            precision=doubt,
            security_severity=any_algorithm_severity if template else None,
            template=template,
        )


@check
def jwt_claims_unchecked(
    project: Project,
    *,
    unbounded: str,
    unvalidated: str,
    symmetric: str = r"^HS",
    issued_severity: float = 4.3,
    subject: str = r"",
    sending: str = r"(?!)",
) -> Iterator[Match]:
    """Tokens that are accepted after they expired or for somebody else, and tokens that never expire. One that says who
    its bearer is (`subject` matches the claim) opens an API; one that is kept in a row, or sent (`sending`) to another
    program, may be something else."""
    tokens, shared = _Tokens(project), regex(symmetric)
    names, sends = regex(subject), regex(sending)
    for used in tokens.calls:
        if used.entry.get("issues") and tokens.never_expires(used):
            doubt = None if tokens.opens(used, names, sends) else Precision.LOW
            yield _claims_match(
                used, "unbounded", issued_severity, "the token is issued without 'exp'", precision=doubt
            )
        elif used.entry.get("validated_by") and tokens.is_left_unvalidated(used):
            yield _claims_match(used, "unvalidated", None, "the claims are used as they came")
        elif used.entry.get("claims") and not tokens.is_unverified(used):
            found = tokens.unchecked(used, shared)
            if found is not None:
                doubt = Precision.LOW if found == used.entry["claims"].get("exp") and _is_watched(used) else None
                yield _claims_match(used, "", None, f"'{found}' is switched off", found, doubt)


def _claims_match(
    used: Used,
    template: str,
    severity: float | None,
    step: str,
    argument: str = "",
    precision: Precision | None = None,
) -> Match:
    return Match(
        span=used.span,
        values={"library": used.name, "argument": argument},
        trace=(Step(used.span, step),),
        template=template,
        security_severity=severity,
        precision=precision,
    )


class _Tokens:
    """The calls of a project that the models' section `tokens` knows, and what they do."""

    def __init__(self, project: Project) -> None:
        self.project = project
        self.calls: list[Used] = project.once("tokens", lambda: list(LibraryCalls(project, "tokens")))

    def is_unverified(self, used: Used) -> bool:
        """Whether a call verifies nothing."""
        return bool(used.entry.get("unverified")) or self._switched_off(used) is not None

    def doubt(self, used: Used) -> Precision | None:
        """How sure that is, where a value decides it; None where the source says so outright."""
        found = self._switched_off(used)
        return None if found in (None, Precision.VERY_HIGH) else found

    def _switched_off(self, used: Used) -> Precision | None:
        for path, listed in (used.entry.get("disables") or {}).items():
            until = (used.entry.get("until") or {}).get(path)
            if until and self.project.program.versions.at_least(used.entry["library"], until) is not False:
                continue
            value = argument_at(used, path)
            for item in options(value):
                sure = sureness(item, listed, Precision.MEDIUM)
                if sure is not None:
                    return sure
        return None

    def weakness(self, used: Used) -> str | None:
        """`any_algorithm` or `own_algorithm` where the caller of the program chooses how a token is verified."""
        needed = used.entry.get("needs")
        if needed and used.argument(needed) is None and not _is_splat(used):
            return "any_algorithm"
        chosen = used.argument("algorithms")
        if chosen is not None and any(self._is_header(part) for part in flow.parts(chosen[0])):
            return "own_algorithm"
        return None

    def _is_header(self, value: Value) -> bool:
        if not isinstance(value, Result):
            return False
        entries = self.project.knowledge.sections.get("tokens", {})
        return bool(entries.get(self.project.name_of(value.callee), {}).get("header"))

    def is_verified_too(self, used: Used, verifying: re.Pattern[str]) -> bool:
        """Whether the same function verifies a token as well."""
        for other in self.calls:
            if other.function is used.function and other.node is not used.node:
                if other.entry.get("disables") and not self.is_unverified(other):
                    return True
        nodes = used.function.nodes(f.Call) if used.function is not None else ()
        return any(verifying.search(unparse(node.func)) for node in nodes if node.start != used.node.start)

    def is_verified_elsewhere(self, used: Used) -> bool:
        """Whether the project verifies tokens in another function: the same one most likely, before or after."""
        return any(
            other.function is not used.function
            and other.entry.get("disables")
            and not self.is_unverified(other)
            and self.weakness(other) is None
            for other in self.calls
        )

    # ------------------------------------------------------------------- claims

    def never_expires(self, used: Used) -> bool:
        """Whether all that is signed is known, and no end is among it."""
        name = "claims" if "claims" in (used.entry.get("positions") or {}) else "payload"
        given, algorithm = used.argument(name), used.argument("algorithm")
        if algorithm is not None and text_of(algorithm[0]) == "none":
            return False  # not signed at all
        payload = given[0] if given is not None else None
        if not isinstance(payload, Mapping) or payload.open or not payload.items or _is_dropped(used):
            return False
        return not any(key == "exp" or _EXPIRY.search(str(key)) for key in payload.items)

    def opens(self, used: Used, subject: re.Pattern[str], sending: re.Pattern[str]) -> bool:
        """Whether a token is one by which its bearer is known to the program."""
        given = used.argument("claims" if "claims" in (used.entry.get("positions") or {}) else "payload")
        claims = given[0].items if given is not None and isinstance(given[0], Mapping) else {}
        if not any(subject.search(str(key)) for key in claims):
            return False
        nodes = used.function.nodes(f.Call) if used.function is not None else ()
        return not any(sending.search(last_name(node.func)) or _is_kept(node, used) for node in nodes)

    def is_left_unvalidated(self, used: Used) -> bool:
        """Whether the function that decodes a token uses its claims, and validates none."""
        if used.function is None:
            return False
        called = {last_name(node.func) for node in used.function.nodes(f.Call)}
        return not any(used.entry["validated_by"] in name for name in called) and EVERY not in read_of(used)

    def unchecked(self, used: Used, symmetric: re.Pattern[str]) -> str | None:
        """The claim whose check is switched off: the end; where others sign with the same key, also for whom and by
        whom."""
        claims = used.entry["claims"]
        if used.function is None or _is_dropped(used):
            return None  # asks for the signature alone
        off = {name for name, path in claims.items() if self._is_off(argument_at(used, path))}
        readers = list(self._readers(used)) if off else []
        if "exp" in off and not (
            any(_mentions(each, "exp") for each in (used.function, *_callers(used.function), *readers))
            or any(_EXPIRY.search(node.attr) for each in readers for node in each.nodes(f.Attribute))
        ):
            return str(claims["exp"])
        algorithms = used.argument("algorithms")
        names = [text_of(item) for item in options(algorithms[0])] if algorithms is not None else []
        if "aud" in off and names and not any(name is None or symmetric.search(name) for name in names):
            looks = any(_mentions(each, "aud", "audience", "azp", "client_id") for each in (used.function, *readers))
            return None if looks else str(claims["aud"])
        return None

    def _readers(self, used: Used) -> Iterator[Function]:
        """The functions of the project that are handed the claims, by their names, and those that they hand them to."""
        named = by_name(self.project)
        assert used.function is not None
        pending = [(used.function, claims_of(used))]
        seen = {used.function}
        while pending:
            function, given = pending.pop()
            for node in function.nodes(f.Call):
                handed = [at for at, arg in enumerate(node.args) if isinstance(arg, f.Name) and arg.id in given]
                found = named.get(last_name(node.func), ()) if handed else ()
                for each in found if len(found) < FEW else ():
                    if each not in seen:
                        seen.add(each)
                        yield each
                        params = [param.name for param in each.head.params if param.name not in ("self", "cls")]
                        pending.append((each, {params[at] for at in handed if at < len(params)}))

    @staticmethod
    def _is_off(value: Value | None) -> bool:
        return value is not None and sureness(value, (False,), Precision.MEDIUM) is Precision.VERY_HIGH


def _is_dropped(used: Used) -> bool:
    """Whether nobody looks at what a call gives: it only shows that it can be made."""
    nodes = used.function.nodes(f.ExprStmt) if used.function is not None else ()
    return any(node.value is used.node for node in nodes)


def _is_kept(node: f.Call, used: Used) -> bool:
    """Whether a call puts the token into a row: `Invitation(token=jwt.encode(…))`."""
    is_within = any(each.value.start <= used.node.start < each.value.end for each in node.keywords)
    return is_within and last_name(node.func)[:1].isupper() and not last_name(node.func).endswith("Response")


def argument_at(used: Used, path: str) -> Value | None:
    """The argument of a call, or what stands under a key of it: `options.verify_signature`."""
    name, _, key = path.partition(".")
    given = used.argument(name)
    if given is None or not key:
        return given[0] if given is not None else None
    return given[0].items.get(key) if isinstance(given[0], Mapping) else None


def _switch(used: Used) -> str:
    """What switches the verification off, as the source has it."""
    for path in used.entry.get("disables") or {}:
        name, _, key = path.partition(".")
        if argument_at(used, path) is not None:
            return f"{name}={{'{key}': False}}" if key else f"{name}=…"
    return f"{used.name.rpartition('.')[2]}()"


def _is_splat(used: Used) -> bool:
    return any(keyword.name is None for keyword in used.node.keywords)


def _is_in_handler(used: Used) -> bool:
    """Whether a call stands where an exception is dealt with: the token was found wanting before."""
    tries: Sequence[f.Try] = used.function.nodes(f.Try) if used.function is not None else ()
    return any(handler.start <= used.node.start < handler.end for each in tries for handler in each.handlers)


def _is_decided(used: Used) -> bool:
    """Whether the function puts the switch into the options itself, somewhere else than at its top: under a test."""
    if used.function is None:
        return False
    keys = {path.rpartition(".")[2] for path in used.entry.get("disables") or {}}
    top = {statement.start for statement in used.function.body}
    return any(
        isinstance(target, f.Subscript) and isinstance(target.index, f.Constant) and target.index.value in keys
        for node in used.function.nodes(f.Assign)
        for target in node.targets
        if node.start not in top
    )


def _token(used: Used) -> str:
    """What the source calls the token, what it is fetched by, and the function around it."""
    token = used.node.args[0] if used.node.args else None
    if used.function is None or token is None:
        return unparse(token)
    made = made_of(used.function).get(token.id) if isinstance(token, f.Name) else None
    return f"{unparse(token)} {unparse(made)} {used.function.qualname}"


def _docstring(function: Function | None) -> str:
    first = function.body[0] if function is not None and function.body else None
    text = first.value if isinstance(first, f.ExprStmt) else None
    return text.value if isinstance(text, f.Constant) and isinstance(text.value, str) else ""


def _mentions(function: Function, *claims: str) -> bool:
    """Whether a function reads a claim by itself."""
    return any(node.value in claims for node in function.nodes(f.Constant)) or any(
        node.attr in claims for node in function.nodes(f.Attribute)
    )


def _callers(function: Function) -> Iterator[Function]:
    """The functions of the same module that call one."""
    for other in function.module.functions:
        if any(last_name(node.func) == function.name for node in other.nodes(f.Call)):
            yield other


def _is_watched(used: Used) -> bool:
    """Whether another function of the module is there to see whether a token has expired."""
    return any(_EXPIRY.search(function.name) for function in used.module.functions if function is not used.function)


def _is_behind_guard(function: Function | None) -> bool:
    """Whether a function is given a user whom somebody made sure of, or is decorated with what does: the token that it
    reads once more has been verified."""
    if function is None:
        return False
    given = [unparse(each) for param in function.head.params for each in (param.default, param.annotation) if each]
    return any("Depends" in each and _USER.search(each) for each in given) or any(
        _REQUIRING.search(unparse(each)) for each in function.head.decorators
    )


__all__ = ["jwt_claims_unchecked", "jwt_not_verified"]
