"""A rule: what its file states, the code that exemplifies it, and the parameters that it gives to its check."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Mapping
from pathlib import Path
from typing import Any

import msgspec

from apilint.config import ConfigError, is_known
from apilint.document import Document
from apilint.finding import Precision, RuleInfo, Severity
from apilint.shape import ShapeError, nearest

MARKER = "# finding"
PLACEHOLDER = re.compile(r"(?<!\{)\{(\w+)\}(?!\})")
_MARKED = re.compile(rf"[ \t]*{MARKER}[ \t]*$", re.MULTILINE)


class RuleError(ConfigError):
    """A rule or a library model cannot be used. The message names file, line, key, what was found and expected."""


class Example(msgspec.Struct, frozen=True, array_like=True):
    """Code that a rule finds fault with (`bad`) and code that it does not, as texts by file name."""

    title: str
    bad: dict[str, str]
    good: dict[str, str]

    def expected(self) -> set[tuple[str, int]]:
        """Where findings are expected: the file and the 1-based line of every marker in the bad code."""
        return {
            (file, number)
            for file, text in self.bad.items()
            for number, line in enumerate(text.splitlines(), start=1)
            if line.rstrip().endswith(MARKER)
        }


class Rule(msgspec.Struct, frozen=True, array_like=True):
    """A rule as its file states it. `check` names the function that judges; it is empty for what the engine itself
    reports. `frameworks` is empty for all."""

    code: str
    name: str
    family: str
    file: str
    title: str
    message: str
    severity: Severity
    security_severity: float
    precision: Precision
    frameworks: tuple[str, ...]
    cwe: tuple[int, ...]
    owasp: tuple[str, ...]
    check: str
    params: dict[str, Any]
    why: str
    fix: str
    references: tuple[str, ...]
    enabled: bool
    examples: tuple[Example, ...]

    def info(self) -> RuleInfo:
        """The metadata and documentation that reports show."""
        return RuleInfo(
            code=self.code,
            name=self.name,
            family=self.family,
            title=self.title,
            severity=self.severity,
            security_severity=self.security_severity,
            precision=self.precision,
            cwe=self.cwe,
            owasp=self.owasp,
            frameworks=self.frameworks,
            why=self.why,
            fix=self.fix,
            references=self.references,
            bad=tuple(_shown(example.bad) for example in self.examples if example.bad),
            good=tuple(_shown(example.good) for example in self.examples if example.good),
        )


def match_codes(selectors: Iterable[str], rules: Iterable[Rule]) -> frozenset[str]:
    """The codes of the rules that a selector names: by code, by name, or by the beginning of the code."""
    wanted = tuple(selectors)
    return frozenset(rule.code for rule in rules if any(is_known(word, (rule.code, rule.name)) for word in wanted))


def known_words(rules: Iterable[Rule]) -> Collection[str]:
    """The codes and names of rules, which selectors may use."""
    return [word for rule in rules for word in (rule.code, rule.name)]


def _shown(files: Mapping[str, str]) -> str:
    """An example as documentation shows it: without markers, each file under its name if there are several."""
    texts = {name: _MARKED.sub("", text) for name, text in files.items()}
    if list(texts) == ["main.py"]:
        return texts["main.py"]
    return "\n".join(f"# {name}\n{text}" for name, text in texts.items())


# --------------------------------------------------------------------------------------------- parameters


def bind_params(rule: Rule, function: Callable[..., object]) -> dict[str, Any]:
    """The rule's `params` as keyword arguments for its check, whose first parameter is the project. Lists become
    tuples.

    Raises RuleError for a parameter that the check does not have, and for one that it needs and the rule lacks.
    """
    import inspect  # 5 ms that a run with nothing to do can spare

    parameters = list(inspect.signature(function).parameters.values())[1:]
    known = {one.name: one for one in parameters if one.kind in (one.POSITIONAL_OR_KEYWORD, one.KEYWORD_ONLY)}
    takes_any = any(one.kind is one.VAR_KEYWORD for one in parameters)
    for key in rule.params:
        if key not in known and not takes_any:
            raise _param_error(rule, key, f"the check {rule.check!r} has no parameter {key!r}{nearest(key, known)}")
    for name, one in known.items():
        if one.default is one.empty and name not in rule.params:
            raise _param_error(rule, "", f"the check {rule.check!r} needs a parameter {name!r}")
    return {key: _frozen(value) for key, value in rule.params.items()}


def _frozen(value: Any) -> Any:
    """Lists as tuples, at any depth of mappings."""
    if isinstance(value, dict):
        return {key: _frozen(item) for key, item in value.items()}
    return tuple(_frozen(item) for item in value) if isinstance(value, (list, tuple)) else value


def _param_error(rule: Rule, key: str, message: str) -> ConfigError:
    path = Path(rule.file)
    document = Document(path, path.read_bytes(), RuleError)
    return document.error(ShapeError(("params", key) if key else ("params",), message))
