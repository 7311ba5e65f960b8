"""rules/**/*.yaml -> Rules, and rules/models/*.yaml -> what libraries do.

A rule's file is `<family>/<CODE>-<name>.yaml`: code, name and family stand in its path and nowhere else. What was
read is kept in the cache folder, since reading a hundred files of YAML takes half a second: what comes with apilint by
the identity of this installation, a user's by the content of the files.
"""

from __future__ import annotations

import functools
import os
import re
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from pathlib import Path, PurePosixPath
from typing import Any, NamedTuple, TypeVar, Union

import msgspec

from apilint import cache, query, shape
from apilint.config import Config, find_line
from apilint.document import Document
from apilint.finding import Precision, Severity
from apilint.installation import identity, rules_folder
from apilint.query import Query
from apilint.rule import PLACEHOLDER, Example, Rule, RuleError
from apilint.shape import ShapeError, nearest

MODELS = "models"

_Sections = dict[str, dict[str, Any]]


def rules_digest(config: Config) -> bytes:
    """Names the content of the user's own rules and library models."""
    return cache.content_digest(_key([file for folder in config.rules for file in _read_folder(Path(folder))]))


def file_schema() -> str:
    """The JSON schema of a rule's file, as text."""
    import json

    schema = msgspec.json.schema(_RuleFile)
    schema["$schema"] = "https://json-schema.org/draft/2020-12/schema"
    schema["title"] = "A rule of apilint"
    return json.dumps(schema, indent=2, ensure_ascii=False) + "\n"


# ------------------------------------------------------------------------------------------ rule files


def load_rules(config: Config, cached: bool = True) -> tuple[Rule, ...]:
    """All rules, by code. Raises RuleError for the first file that is not as it must be."""
    rules = list(_own_rules() if cached else _parse_rules(_rule_files(rules_folder())))
    for folder in map(Path, config.rules):
        files = _rule_files(folder)
        parse = functools.partial(_parse_rules, files)
        rules += _remembered("rules", _key(files), tuple[Rule, ...], parse, cached)
    rules.sort(key=lambda rule: (rule.code, rule.file))
    _refuse_namesakes(rules)
    return tuple(rules)


@functools.cache
def _own_rules() -> tuple[Rule, ...]:
    """The rules that come with apilint."""
    return _remembered("rules", _own_key(), tuple[Rule, ...], lambda: _parse_rules(_rule_files(rules_folder())))


class _File(NamedTuple):
    path: Path
    content: bytes


T = TypeVar("T")


def _remembered(kind: str, key: bytes, type_: type[T], parse: Callable[[], T], cached: bool = True) -> T:
    """What `parse` gives, or gave earlier under this key."""
    if not cached:
        return parse()
    known = cache.decoded(cache.recall(kind, key), type_)
    if known is not None:
        return known
    result = parse()
    cache.remember(kind, key, msgspec.msgpack.encode(result))
    return result


def _own_key() -> bytes:
    """What the files that come with apilint are remembered by: where they are and what they hold."""
    return os.fsencode(f"{identity().code}\0{rules_folder()}")


def _key(files: Sequence[_File]) -> bytes:
    return b"\0".join(
        [_own_key(), *(os.fsencode(path) + b"\0%d\0" % len(content) + content for path, content in files)]
    )


def _rule_files(folder: Path) -> list[_File]:
    return [file for file in _read_folder(folder) if not _is_model(folder, file)]


def _model_files(folder: Path) -> list[_File]:
    return [file for file in _read_folder(folder) if _is_model(folder, file)]


def _read_folder(folder: Path) -> list[_File]:
    if not folder.is_dir():
        raise RuleError(f"{folder}: no such folder of rules")
    paths = sorted(path for path in folder.rglob("*") if path.suffix in (".yaml", ".yml") and path.is_file())
    return [_File(path, _content(path)) for path in paths]


def _content(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise RuleError(f"{path}: cannot be read: {error.strerror}") from error


def _is_model(folder: Path, file: _File) -> bool:
    return file.path.relative_to(folder).parts[0] == MODELS


def _parse_rules(files: Sequence[_File]) -> tuple[Rule, ...]:
    return tuple(_parse_rule(file) for file in files)


def _refuse_namesakes(rules: Iterable[Rule]) -> None:
    seen: dict[str, str] = {}
    for rule in rules:
        for word in (rule.code, rule.name):
            if word in seen:
                raise RuleError(f"{rule.file}: {word} is taken by {seen[word]}")
            seen[word] = rule.file


class _ExampleFile(msgspec.Struct, frozen=True):
    title: str = ""
    bad: Union[str, dict[str, str]] = {}
    good: Union[str, dict[str, str]] = {}


class _RuleFile(msgspec.Struct, frozen=True, rename="kebab"):
    """The keys of a rule's file."""

    title: str
    message: str
    severity: Severity
    security_severity: float
    precision: Precision
    why: str
    fix: str
    check: str = ""
    params: dict[str, Any] = {}
    query: Query = Query()
    frameworks: tuple[str, ...] = ()
    cwe: tuple[int, ...] = ()
    owasp: tuple[str, ...] = ()
    references: tuple[str, ...] = ()
    enabled: bool = True
    examples: tuple[_ExampleFile, ...] = ()


_STEM = re.compile(r"([A-Z]{2,}[0-9]{3,})-([a-z][a-z0-9]*(?:-[a-z0-9]+)*)")
_OWASP = re.compile(r"API(?:[1-9]|10)")


def _parse_rule(file: _File) -> Rule:
    stem = _STEM.fullmatch(file.path.stem)
    if stem is None:
        raise RuleError(f"{file.path}: expected a file name as in APL101-route-without-auth.yaml")
    document = Document(file.path, file.content, RuleError)
    try:
        content = shape.read(document.data, _RuleFile)
        _check_values(content)
        examples = tuple(_example(example, number) for number, example in enumerate(content.examples))
        asked = _asked(content)
    except ShapeError as error:
        raise document.error(error) from None
    fields = {name: getattr(content, name) for name in content.__struct_fields__}
    fields["examples"] = examples
    if asked is not None:
        fields["check"], fields["params"] = asked
    del fields["query"]
    return Rule(code=stem[1], name=stem[2], family=file.path.parent.name, file=str(file.path), **fields)


def _asked(content: _RuleFile) -> tuple[str, dict[str, Any]] | None:
    """The check that answers a rule's query, with the query as its parameters."""
    if content.query == Query():
        return None
    if content.check or content.params:
        raise ShapeError(("query",), "expected either 'query' or 'check' with 'params', found both")
    chosen = query.chosen(content.query)
    if chosen is None:
        raise ShapeError(("query",), f"expected exactly one of {', '.join(query.CHECKS)}")
    kind, asked = chosen
    for name in PLACEHOLDER.findall(content.message):
        if name not in query.PLACEHOLDERS[kind]:
            raise ShapeError(("message",), f"unknown placeholder {name!r}{nearest(name, query.PLACEHOLDERS[kind])}")
    return query.CHECKS[kind], msgspec.to_builtins(asked)


def _check_values(content: _RuleFile) -> None:
    for key in ("title", "message", "why", "fix"):
        if not getattr(content, key).strip():
            raise ShapeError((key,), "expected a text, found an empty one")
    if not 0.1 <= content.security_severity <= 10:
        found = content.security_severity
        raise ShapeError(("security-severity",), f"expected a number from 0.1 to 10.0, found {found}")
    for number, item in enumerate(content.owasp):
        if not _OWASP.fullmatch(item):
            raise ShapeError(("owasp", number), f"expected API1 to API10, found {item!r}")
    for number, weakness in enumerate(content.cwe):
        if weakness < 1:
            raise ShapeError(("cwe", number), f"expected the number of a weakness, found {weakness}")


def _example(example: _ExampleFile, number: int) -> Example:
    if not example.bad and not example.good:
        raise ShapeError(("examples", number), "expected a key 'bad' or 'good', found neither")
    files = {
        key: _by_name(code, ("examples", number, key)) for key, code in (("bad", example.bad), ("good", example.good))
    }
    return Example(example.title, files["bad"], files["good"])


def _by_name(code: str | dict[str, str], path: shape.Path) -> dict[str, str]:
    if isinstance(code, str):
        return {"main.py": code}
    for name in code:
        parts = PurePosixPath(name).parts
        if not parts or name.startswith("/") or ".." in parts or "\\" in name:
            raise ShapeError((*path, name), f"expected a relative path, found {name!r}")
    return code


# ------------------------------------------------------------------------------------------ library models


def load_models(config: Config, cached: bool = True) -> _Sections:
    """What libraries do, by section and qualified name: `models/*.yaml` in the folders of rules, and above them the
    settings' own `models`.

    The sections are those of the models that come with apilint; another section is refused elsewhere.
    """
    own = _own_models() if cached else _merged(_model_files(rules_folder()), None)
    sections = {section: dict(entries) for section, entries in own.items()}
    for section, entries in _users_models(config, own, cached).items():
        sections[section].update(entries)
    for section, entries in config.models.items():
        if section not in sections:
            raise RuleError(_user_message(config.file, section, sections))
        sections[section].update(entries)
    return sections


@functools.cache
def _own_models() -> _Sections:
    """The library models that come with apilint."""
    return _remembered("models", _own_key(), _Sections, lambda: _merged(_model_files(rules_folder()), None))


def _users_models(config: Config, own: _Sections, cached: bool) -> _Sections:
    files = [file for folder in config.rules for file in _model_files(Path(folder))]
    if not files:
        return {}
    return _remembered("models", _key(files), _Sections, lambda: _merged(files, own), cached)


def _merged(files: Sequence[_File], allowed: Collection[str] | None) -> _Sections:
    """The entries of the files, which must not contradict each other."""
    sections: _Sections = {}
    for file in files:
        document = Document(file.path, file.content, RuleError)
        try:
            for section, name, entry in _entries(document.data, allowed):
                known = sections.setdefault(section, {})
                if known.setdefault(name, entry) != entry:
                    raise ShapeError((section, name), f"{name!r} is said to be something else in another file")
        except ShapeError as error:
            raise document.error(error) from None
    return sections


def _entries(data: object, allowed: Collection[str] | None) -> Iterator[tuple[str, str, Any]]:
    """(section, qualified name, entry) of one file."""
    if not isinstance(data, dict):
        raise ShapeError((), f"expected sections with entries, found {shape.found(data)}")
    for section, entries in data.items():
        if allowed is not None and section not in allowed:
            raise ShapeError((section,), f"unknown section {section!r}{nearest(str(section), allowed)}")
        if not isinstance(entries, dict):
            raise ShapeError((section,), f"expected entries by qualified name, found {shape.found(entries)}")
        for name, entry in entries.items():
            if not isinstance(name, str):
                raise ShapeError((section, name), f"expected a qualified name, found {shape.found(name)}")
            yield section, name, {} if entry is None else entry


def _user_message(file: str, section: str, known: Collection[str]) -> str:
    problem = f"models.{section}: unknown section {section!r}{nearest(section, known)}"
    if not file:
        return problem
    keys = ("models", section) if not file.endswith("pyproject.toml") else ("tool", "apilint", "models", section)
    return f"{file}:{find_line(_content(Path(file)).decode(), keys)}: {problem}"
