"""rules/**/*.yaml -> Rules, and rules/models/*.yaml -> what libraries do.

A rule's file is `<family>/<CODE>-<name>.yaml`: code, name and family stand in its path and nowhere else. What was
read is kept in the cache folder, by the content of all files, since reading a hundred of them takes half a second.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar, Union

import msgspec

from apilint import cache, query, shape
from apilint import document as documents
from apilint.config import Config, ConfigError, find_line, is_known
from apilint.document import Document
from apilint.finding import Precision, RuleInfo, Severity
from apilint.query import Query
from apilint.shape import ShapeError, nearest

if TYPE_CHECKING:
    pass

MODELS = "models"
MARKER = "# finding"
PLACEHOLDER = re.compile(r"(?<!\{)\{(\w+)\}(?!\})")


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


def rules_folder() -> Path:
    """The rules that come with apilint: inside the package when installed, beside it in a checkout."""
    package = Path(__file__).parent
    for folder in (package / "_rules", package.parent / "rules"):
        if folder.is_dir():
            return folder
    raise RuleError(f"the rules are missing from this installation: expected them in {package / '_rules'}")


def rule_folders(config: Config) -> list[Path]:
    """Where rules and library models are: those of apilint, then the user's."""
    return [rules_folder(), *map(Path, config.rules)]


def rules_digest(config: Config) -> bytes:
    """Names the content of all rules and library models, and of the code that reads them."""
    return cache.content_digest(_key([file for folder in rule_folders(config) for file in _read_folder(folder)]))


def file_schema() -> str:
    """The JSON schema of a rule's file, as text."""
    import json

    schema = msgspec.json.schema(_RuleFile)
    schema["$schema"] = "https://json-schema.org/draft/2020-12/schema"
    schema["title"] = "A rule of apilint"
    return json.dumps(schema, indent=2, ensure_ascii=False) + "\n"


def match_codes(selectors: Iterable[str], rules: Iterable[Rule]) -> frozenset[str]:
    """The codes of the rules that a selector names: by code, by name, or by the beginning of the code."""
    wanted = tuple(selectors)
    return frozenset(rule.code for rule in rules if any(is_known(word, (rule.code, rule.name)) for word in wanted))


# ------------------------------------------------------------------------------------------ rule files


def load_rules(config: Config, cached: bool = True) -> tuple[Rule, ...]:
    """All rules, by code. Raises RuleError for the first file that is not as it must be."""
    rules: list[Rule] = []
    for folder in rule_folders(config):
        files = [file for file in _read_folder(folder) if not _is_model(folder, file)]
        rules += _remembered("rules", files, _parse_rules, tuple[Rule, ...], cached)
    rules.sort(key=lambda rule: (rule.code, rule.file))
    _refuse_namesakes(rules)
    return tuple(rules)


class _File(NamedTuple):
    path: Path
    content: bytes


T = TypeVar("T")


def _remembered(
    kind: str, files: Sequence[_File], parse: Callable[[Sequence[_File]], T], type_: type[T], cached: bool
) -> T:
    """What `parse` makes of the files, or made of the same files earlier."""
    if not cached:
        return parse(files)
    key = _key(files)
    data = cache.recall(kind, key)
    if data is not None:
        try:
            return msgspec.msgpack.decode(data, type=type_)
        except msgspec.DecodeError:
            pass  # as good as not there
    result = parse(files)
    cache.remember(kind, key, msgspec.msgpack.encode(result))
    return result


def _key(files: Sequence[_File]) -> bytes:
    here = [_File(Path(path), Path(path).read_bytes()) for path in (__file__, documents.__file__, shape.__file__)]
    return b"\0".join(os.fsencode(path) + b"\0%d\0" % len(content) + content for path, content in [*here, *files])


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


def _shown(files: Mapping[str, str]) -> str:
    """An example as documentation shows it: without markers, each file under its name if there are several."""
    texts = {name: "".join(map(_unmarked, text.splitlines(keepends=True))) for name, text in files.items()}
    if list(texts) == ["main.py"]:
        return texts["main.py"]
    return "\n".join(f"# {name}\n{text}" for name, text in texts.items())


def _unmarked(line: str) -> str:
    text = line.rstrip()
    return text.removesuffix(MARKER).rstrip() + "\n" if text.endswith(MARKER) else line


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
    document = Document(path, _content(path), RuleError)
    return document.error(ShapeError(("params", key) if key else ("params",), message))


# ------------------------------------------------------------------------------------------ library models


def load_models(config: Config, cached: bool = True) -> dict[str, dict[str, Any]]:
    """What libraries do, by section and qualified name: `models/*.yaml` in the folders of rules, and above them the
    settings' own `models`.

    The sections are those of the models that come with apilint; another section is refused elsewhere.
    """
    files = [[file for file in _read_folder(folder) if _is_model(folder, file)] for folder in rule_folders(config)]
    own, others = files[0], [file for found in files[1:] for file in found]

    def parse(_: Sequence[_File]) -> dict[str, dict[str, Any]]:
        sections = _merged(own, None)
        for section, entries in _merged(others, sections).items():
            sections[section].update(entries)
        return sections

    sections = _remembered("models", [*own, *others], parse, dict[str, dict[str, Any]], cached)
    for section, entries in config.models.items():
        if section not in sections:
            raise RuleError(_user_message(config.file, section, sections))
        sections[section].update(entries)
    return sections


def _merged(files: Sequence[_File], allowed: Collection[str] | None) -> dict[str, dict[str, Any]]:
    """The entries of the files, which must not contradict each other."""
    sections: dict[str, dict[str, Any]] = {}
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


def known_words(rules: Iterable[Rule]) -> Collection[str]:
    """The codes and names of rules, which selectors may use."""
    return [word for rule in rules for word in (rule.code, rule.name)]
