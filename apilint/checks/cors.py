"""Browsers of strangers that may read what the API answers, with the user's cookies or without."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import msgspec

from apilint import facts as f
from apilint.check import Match, check
from apilint.checks.choices import Choices
from apilint.checks.library_calls import LibraryCalls, Used
from apilint.checks.reflected import reflected_origins
from apilint.checks.switches import sureness
from apilint.facts import Span
from apilint.finding import Precision
from apilint.frameworks.configured import Configured
from apilint.model import Step
from apilint.project import Project
from apilint.startup.values import Choice, Known, Seq, Setting, Text, Value, text_of
from apilint.startup.values import Mapping as Dict
from apilint.walk import walk

_SURE, _BY_DEFAULT = Precision.VERY_HIGH, Precision.MEDIUM
# Origins that nobody means to let in: another name, one that ends or begins like the right one.
_STRANGERS = ("https://evil.test", "http://evil.test", "https://evil.test:8443")


class Policy(msgspec.Struct, frozen=True):
    """Whose pages may read answers: `origins` says it in the words of the source, `weakness` what is wrong with it
    (`any`, `beginning`, `dot`). `sure` is how sure it is that this is so, `credentials` that cookies are sent along."""

    library: str
    origins: str
    weakness: str
    span: Span
    given: Span
    sure: Precision
    credentials: Precision | None


@check
def cors_credentials_wildcard(
    project: Project, *, beginning: str, dot: str, reflected: str, asked_for: str = r"(?!)"
) -> Iterator[Match]:
    """Cross-origin policies that let any page act for the user who looks at it, and answers that do so."""
    for span, read in reflected_origins(project):
        yield Match(
            span=span,
            template="reflected",
            trace=(
                Step(read, "the page that asks says where it is from"),
                Step(span, "and is trusted, whatever it says"),
            ),
            precision=Precision.HIGH,
        )
    for policy in _meant(project, asked_for):
        if policy.credentials is not None:
            sure = min(policy.sure, policy.credentials, key=lambda each: each.rank)
            yield _match(policy, sure, {"beginning": "beginning", "dot": "dot"}.get(policy.weakness, ""))


@check
def cors_any_origin(project: Project, *, asked_for: str = r"(?!)") -> Iterator[Match]:
    """Cross-origin policies that let any page read what needs no cookie."""
    for policy in _meant(project, asked_for):
        if policy.credentials is None and policy.weakness == "any":
            yield _match(policy, policy.sure, "")


def _match(policy: Policy, sure: Precision, template: str) -> Match:
    return Match(
        span=policy.span,
        values={"library": policy.library, "origins": policy.origins},
        trace=(Step(policy.given, f"{policy.origins} lets in pages of strangers"),),
        precision=None if sure is _SURE else sure,
        template=template,
    )


def _policies(project: Project) -> Sequence[Policy]:
    return project.once("cors", lambda: [*_in_calls(project), *_in_settings(project)])


def _meant(project: Project, asked_for: str) -> Iterator[Policy]:
    """The policies; those that are there only where somebody asked for them, while developing say, are of low
    precision."""
    choices = Choices(asked_for)
    for policy in _policies(project):
        is_asked = choices.asked_for(project.module(policy.span.file), policy.span.start)
        yield msgspec.structs.replace(policy, sure=Precision.LOW) if is_asked else policy


def _in_calls(project: Project) -> Iterator[Policy]:
    for used in LibraryCalls(project, "cors"):
        is_configured = _is_configured(project, used.entry.get("configured") or "")
        given = used.argument(used.entry.get("credentials") or "")
        credentials = _on(given)
        is_decided = given is not None and isinstance(given[0], Known) and given[0].value is False
        for options_, span in _blocks(used):
            own = _on((options_[used.entry["credentials"]], span)) if used.entry["credentials"] in options_ else None
            for policy in _of_call(used, options_, span, own or credentials):
                if is_configured and used.entry["origins"] not in options_:
                    continue
                # Who writes that no cookies go along has thought of strangers.
                yield msgspec.structs.replace(policy, sure=Precision.LOW) if is_decided else policy


def _is_configured(project: Project, name: str) -> bool:
    """Whether the program's configuration has a setting of that name, and another value than every origin."""
    given = [
        node.value
        for module in project.index.with_words({name})
        for node in module.outer_nodes(f.Assign)
        if any(isinstance(each, f.Name) and each.id == name for each in node.targets)
    ]
    return bool(given) and not any(isinstance(node, f.Constant) and node.value == "*" for node in walk(given))


def _blocks(used: Used) -> Iterator[tuple[Mapping[str, Value], Span]]:
    """The options of a call; where it gives some for each path (`resources`), those of each."""
    resources = used.argument(used.entry.get("resources") or "")
    if resources is None or not isinstance(resources[0], Dict):
        yield used.kwargs, used.span
        return
    for own in resources[0].items.values():
        if isinstance(own, Dict):
            yield {**used.kwargs, **{str(key): value for key, value in own.items.items()}}, resources[1]


def _of_call(used: Used, given: Mapping[str, Value], span: Span, credentials: Precision | None) -> Iterator[Policy]:
    entry, name = used.entry, used.name.rpartition(".")[2]
    origins = given.get(entry["origins"])
    pattern = given.get(entry.get("pattern") or "")
    splat = any(keyword.name is None for keyword in used.node.keywords)
    if origins is None and pattern is None and "otherwise" in entry and not splat:
        shown = f"'{name}' without '{entry['origins']}'"
        yield Policy(used.name, shown, "any", used.span, span, _SURE, credentials)
        return
    at = used.argument_span(entry["origins"]) if entry["origins"] in used.kwargs else span
    for text, sure in _texts(origins):
        weakness = "any" if text == "*" else ""
        if not weakness and entry.get("patterns_among_origins") and _is_pattern(text):
            weakness = _weakness(text, entry["matches"])
        if weakness:
            yield Policy(used.name, f"{entry['origins']}={text!r}", weakness, used.span, at, sure, credentials)
            return
    for text, sure in _texts(pattern):
        weakness = _weakness(text, entry["matches"])
        if weakness:
            at = used.argument_span(entry["pattern"])
            yield Policy(used.name, f"{entry['pattern']}={text!r}", weakness, used.span, at, sure, credentials)
            return


def _in_settings(project: Project) -> Iterator[Policy]:
    settings = Configured(project.program)
    for library, entry in project.knowledge.sections.get("cors_settings", {}).items():
        given = settings.get(entry["credentials"])
        credentials = sureness(given, (True,), _BY_DEFAULT) if given is not None else None
        yield from _of_settings(settings, library, entry, credentials)


def _of_settings(
    settings: Configured, library: str, entry: Mapping[str, Any], credentials: Precision | None
) -> Iterator[Policy]:
    for name in entry["every"]:
        value, span = settings.get(name), settings.span_of(name)
        sure = sureness(value, (True,), _BY_DEFAULT) if value is not None else None
        if sure is not None and span is not None:
            yield Policy(library, f"{name} = True", "any", span, span, sure, credentials)
            return
    for name in entry["patterns"]:
        span = settings.span_of(name)
        for text, sure in _texts(settings.get(name)):
            weakness = _weakness(text, entry["matches"])
            if weakness and span is not None:
                yield Policy(library, f"{name} = [{text!r}]", weakness, span, span, sure, credentials)
                return


def _on(given: tuple[Value, Span] | None) -> Precision | None:
    return sureness(given[0], (True,), _BY_DEFAULT) if given is not None else None


def _texts(value: Value | None, sure: Precision = _SURE) -> Iterator[tuple[str, Precision]]:
    """The origins or expressions of a value, each with how sure it is that it is among them."""
    if isinstance(value, Setting):
        yield from _texts(value.default, min(sure, _BY_DEFAULT, key=lambda each: each.rank))
    elif isinstance(value, Choice):
        for option in value.options:
            yield from _texts(option, Precision.LOW)
    elif isinstance(value, Seq):
        for item in value.items:
            yield from _texts(item, sure)
    elif isinstance(value, (Known, Text)):
        text = text_of(value)
        yield from ((part.strip(), sure) for part in text.split(",")) if text and "*" in text else ()
        if text and "*" not in text:
            yield text, sure


def _is_pattern(text: str) -> bool:
    """Whether flask-cors would take an origin for an expression."""
    return any(sign in text for sign in ("*", "\\", "]", "?", "$", "^", "[", "(", ")"))


def _weakness(pattern: str, matches: str) -> str:
    """What an expression lets in beside the origins that it was written for."""
    try:
        compiled = re.compile(pattern)
    except re.error:
        return ""
    test = compiled.fullmatch if matches == "whole" else compiled.match
    if any(test(origin) for origin in _STRANGERS):
        return "any"
    if matches == "beginning" and not pattern.rstrip().endswith(("$", "\\Z")):
        example = _example(pattern)
        if example and test(example) and test(f"{example}.evil.test"):
            return "beginning"
    if re.search(r"(?<!\\)(?<=\w)\.(?=[a-z]{2,}(?:[:/$)]|\\|$))", pattern):
        return "dot"
    return ""


def _example(pattern: str) -> str:
    """An origin that a simple expression is meant for: stars and classes as one letter."""
    text = re.sub(r"\[[^\]]*\][+*]?|\\[wd][+*]?|\.[+*]\??", "a", pattern.lstrip("^"))
    text = re.sub(r"\(\?:|[()]|\|.*", "", text)
    return re.sub(r"s\?", "s", text).replace("\\", "")


__all__ = ["cors_any_origin", "cors_credentials_wildcard"]
