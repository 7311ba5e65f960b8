"""Keys that everybody knows who has the source."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator

import msgspec

from apilint import facts as f
from apilint.check import Match, check
from apilint.checks.choices import Choices
from apilint.checks.exposed import words_of
from apilint.checks.library_calls import LibraryCalls, outside
from apilint.checks.literals import SHORTEST, Literal, literals
from apilint.checks.objects import set_on
from apilint.checks.overridden import is_overridden
from apilint.facts import Span
from apilint.finding import Precision
from apilint.flow.narrowing import last_name
from apilint.index import Module
from apilint.model import Step
from apilint.patterns import regex
from apilint.project import Project
from apilint.startup.values import Choice, Result, Value
from apilint.unparse import unparse
from apilint.walk import walk

LONG = 10
"""A text of so many letters in a test can only mean the key that holds it."""
_TELLING = frozenset({"warn", "warning", "error", "critical", "exit", "abort"})
_ENUM = regex(r"(^|\.)(\w*Enum|Flag|IntFlag|Choices|TextChoices)$")
_RANDOM = regex(r"^(secrets\.|os\.urandom$|uuid\.uuid|random\.)|(^|\.)get_random_\w+$")
_MAY_HOLD = regex(r"(?i)(?<!~)secret|jwt|signing|cookie|encryption|fernet|csrf")


class Key(msgspec.Struct, frozen=True):
    """A key with its value: what the source calls it, where it is given, and whether its name alone says so."""

    name: str
    value: Value
    span: Span
    named: bool = False


@check
def hardcoded_secret(
    project: Project,
    *,
    fallback: str,
    development: str = r"(?!)",
    asked_for: str = r"(?!)",
    stand_in: str = r"(?!)",
    inherited: str = r"(?!)",
) -> Iterator[Match]:
    """Signing and encryption keys that stand in the source, outright or as what is used when nothing is configured."""
    choices, elsewhere, refused, bases = Choices(asked_for), regex(development), regex(stand_in), regex(inherited)
    seen: set[str] = set()
    demanded = frozenset(_demanded(project))
    for key in _keys(project):
        found = next(literals(key.value), None)
        if found is None or found.text in seen or _is_name(found, key.name):
            continue
        module = project.module(key.span.file)
        if key.named and _is_member(module, key.span):
            continue
        seen.add(found.text)
        is_doubtful = (
            bool(elsewhere.search(key.span.file))
            or bool(elsewhere.search(_class_around(module, key.span)))
            or bool(bases.search(_class_around(module, key.span)))
            or (key.named and (_is_refused(module, key, found) or _is_compared(project, key)))
            or _is_makeshift(module, key.span)
            or not _names_at(module, key).isdisjoint(demanded)
            or choices.asked_for(module, key.span.start)
            or (key.named and is_overridden(project, key.span, key.name))
            or (key.named and bool(refused.search(_written(module, key.span))))
            or _is_made(project, key.value)
            or (not key.named and _is_missed(module, _names_at(module, key)))
        )
        yield Match(
            span=key.span,
            values={"name": key.name},
            trace=(Step(key.span, f"the value of '{key.name}' stands in the source"),),
            template="fallback" if found.is_fallback else "",
            precision=Precision.LOW if is_doubtful else None,
        )


def _is_name(found: Literal, name: str) -> bool:
    """Whether a text only says under which name the key is to be found."""
    return found.text.isupper() and ("_" in found.text or found.text.lower() in name.lower())


def _keys(project: Project) -> Iterator[Key]:
    """What is called like a key, then what is given where a library takes one."""
    names = project.knowledge.sections.get("key_names", {})
    pattern = regex("|".join(entry["matches"] for entry in names.values()) or r"(?!)")
    for module in project.index.modules.values():
        if not module.is_test and _MAY_HOLD.search(module.facts.words):
            yield from named_values(project, module, pattern)
    for name, value, span in set_on(project, "keys"):
        yield Key(name, value, span)
    for used in LibraryCalls(project, "keys"):
        given = used.argument(used.entry.get("key") or "")
        if given is not None:
            yield Key(f"{used.entry['key']} of {used.name.rpartition('.')[2]}", given[0], given[1])


def named_values(project: Project, module: Module, pattern: re.Pattern[str]) -> Iterator[Key]:
    """What a module and its classes assign to names of a pattern."""
    machine = project.program.machine
    for node, env in outside(machine, module, f.Assign, f.AnnAssign):
        if isinstance(node, f.Assign):
            targets, value = node.targets, node.value
        elif isinstance(node, f.AnnAssign) and node.value is not None:
            targets, value = (node.target,), node.value
        else:
            continue
        for target in targets:
            if not isinstance(target, f.Name) or not pattern.search(target.id):
                continue
            # `SECRET_KEY = base.SECRET_KEY` is told where it is written.
            if not isinstance(value, f.Attribute) or value.attr != target.id:
                span = module.span(target.start, value.end)
                yield Key(target.id, machine.evaluate(value, env), span, named=True)


def _class_around(module: Module, span: Span) -> str:
    """The name of the class that a value is set in, in words: `testing_config`."""
    around = (cls for cls in module.classes if cls.facts.start <= span.start < cls.facts.end)
    return max(((cls.facts.start, words_of(cls.name)) for cls in around), default=(0, ""))[1]


def _is_refused(module: Module, key: Key, found: Literal) -> bool:
    """Whether the module itself, further down, does not go on with that very key: `if SECRET_KEY == "dev": raise …`."""
    text = found.text.lower()
    for statement in itertools.chain(module.nodes(f.If), *(each.nodes(f.If) for each in module.functions)):
        if statement.start > key.span.start and _raises(statement):
            nodes = list(walk((statement.test,)))
            named = [node.value for node in nodes if isinstance(node, f.Constant) and isinstance(node.value, str)]
            is_asked = any(isinstance(node, f.Name) and node.id == key.name for node in nodes)
            if any(len(each) >= (SHORTEST if is_asked else LONG) and each.lower() in text for each in named):
                return True
    return False


def _is_member(module: Module, span: Span) -> bool:
    """Whether a text is a member of an enumeration, and so one of the words for something."""
    return any(
        _ENUM.search(unparse(base))
        for cls in module.classes
        if cls.facts.start <= span.start < cls.facts.end
        for base in cls.code.bases
    )


def _is_made(project: Project, value: Value) -> bool:
    """Whether the program makes a key itself in other cases: it knows where the one in the source is good enough."""
    found = value.options if isinstance(value, Choice) else ()
    return any(isinstance(each, Result) and _RANDOM.search(project.name_of(each.callee)) for each in found)


def _is_missed(module: Module, names: frozenset[str]) -> bool:
    """Whether the program may refuse to start without a key: `if not self.secret: if accounts: raise`."""
    return any(
        isinstance(node.test, f.UnaryOp) and last_name(node.test.operand) in names and _raises(node)
        for function in module.functions
        for node in function.nodes(f.If)
    )


def _raises(statement: f.If) -> bool:
    return any(isinstance(node, f.Raise) for node in walk(statement.body))


def _is_compared(project: Project, key: Key) -> bool:
    """Whether the program looks whether it runs with that very key, and says so: `if config["SECRET_KEY"] ==
    defaults.SECRET_KEY: warn(…)`."""
    module = project.module(key.span.file).name.rpartition(".")[2]
    tests = project.once("tests that tell", lambda: list(_telling_tests(project)))
    return any(test.count(key.name) > 1 and f"{module}.{key.name}" in test for test in tests)


def _telling_tests(project: Project) -> Iterator[str]:
    """The tests after which the program says that something is wrong, or raises."""
    for function in project.index.functions_with(_TELLING):
        for statement in function.nodes(f.If):
            if _raises(statement) or _tells(statement):
                yield unparse(statement.test)


def _demanded(project: Project) -> Iterator[str]:
    """The settings without which a program does not start: `for name in ("JWT_SECRET",): assert getattr(own, name)`."""
    for module in project.index.with_words({"getattr"}):
        for node in walk(module.body):
            if isinstance(node, f.For) and isinstance(node.iterable, f.Sequence):
                if any(isinstance(each, (f.Assert, f.Raise)) for each in walk(node.body)):
                    yield from (str(each.value) for each in node.iterable.items if isinstance(each, f.Constant))


def _names_at(module: Module, key: Key) -> frozenset[str]:
    """What a key is called: by its own name, or by that of the setting that is handed over."""
    if key.named:
        return frozenset({key.name})
    around = module.around(key.span.start)
    nodes = [node for function in around[:1] for node in function.nodes(f.Attribute)]
    return frozenset(node.attr for node in nodes if key.span.start <= node.start < key.span.end)


def _tells(statement: f.If) -> bool:
    return any(isinstance(node, f.Call) and last_name(node.func) in _TELLING for node in walk(statement.body))


def _is_makeshift(module: Module, span: Span) -> bool:
    """Whether a key is set where the settings could not be read: in a clause that catches that."""
    return any(
        handler.start <= span.start < handler.end
        for node in walk(module.body)
        if isinstance(node, f.Try)
        for handler in node.handlers
    )


def _written(module: Module, span: Span) -> str:
    """The names that stand in a statement at a place, beside the one that it assigns."""
    for body in (module.body, *(cls.code.body for cls in module.classes)):
        for statement in walk(body):
            if isinstance(statement, (f.Assign, f.AnnAssign)) and statement.start <= span.start < statement.end:
                return " ".join(
                    node.id for node in walk([statement.value] if statement.value else []) if isinstance(node, f.Name)
                )
    return ""


__all__ = ["Key", "hardcoded_secret", "named_values"]
