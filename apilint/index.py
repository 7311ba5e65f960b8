"""Names across files: modules by dotted name, functions and classes with their code decoded on demand."""

from __future__ import annotations

import functools
import itertools
import re
from array import array
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, TypeVar

from apilint.facts import (
    NOT_LOWERED,
    ClassCode,
    ClassFacts,
    FileFacts,
    FunctionFacts,
    FunctionHead,
    Span,
    Stmt,
    decode_body,
    decode_class,
    decode_head,
)
from apilint.import_path import ImportPath
from apilint.walk import by_kind

T = TypeVar("T")

_NOT_LOWERED = bytes(NOT_LOWERED)
_WORD_BYTES = frozenset(bytes([each]) for each in range(256) if each > 127 or chr(each).isalnum() or chr(each) == "_")

Opened = Callable[[str], "tuple[str, FileFacts] | None"]
Lower = Callable[[str, FunctionFacts, FileFacts], "tuple[Stmt, ...]"]
Text = Callable[[str], bytes]


class Function:
    """One `def` of the project. Its head and body are decoded when first asked for."""

    __slots__ = ("_body", "_head", "_nodes", "_words", "facts", "index", "module", "name", "qualname")

    def __init__(self, module: Module, index: int) -> None:
        self.module = module
        self.index = index
        self.facts: FunctionFacts = module.facts.functions[index]
        self.name = self.facts.name
        self.qualname = self.facts.qualname
        self._head: FunctionHead | None = None
        self._body: tuple[Stmt, ...] | None = None
        self._nodes: dict[type, list[Any]] | None = None
        self._words: frozenset[str] | None = None

    @property
    def head(self) -> FunctionHead:
        """Decorators, parameters and return annotation."""
        if self._head is None:
            self._head = decode_head(self.facts.head)
        return self._head

    @property
    def body(self) -> tuple[Stmt, ...]:
        """The statements, lowered now if the scanner left them."""
        if self._body is None:
            raw = self.facts.body
            self.module.index.bodies += 1
            self._body = self.module.index.lower(self) if bytes(raw) == _NOT_LOWERED else decode_body(raw)
        return self._body

    def nodes(self, kind: type[T]) -> Sequence[T]:
        """The nodes of one kind in the body, in source order, without those of nested functions and classes. Many
        checks ask for them, so the body is walked only once."""
        if self._nodes is None:
            self._nodes = by_kind(self.body)
        return self._nodes.get(kind, ())

    @property
    def owner(self) -> Class | None:
        """The class whose body holds it directly."""
        return self.module.classes[self.facts.owner] if self.facts.owner >= 0 else None

    @property
    def parent(self) -> Function | None:
        """The innermost enclosing function."""
        return self.module.functions[self.facts.parent] if self.facts.parent >= 0 else None

    def is_within(self, outer: Function) -> bool:
        """Whether another function encloses it, at any depth."""
        parent = self.parent
        while parent is not None and parent is not outer:
            parent = parent.parent
        return parent is outer

    @property
    def span(self) -> Span:
        """From `def` to the end of the head."""
        return Span(self.module.file, self.facts.start, self.facts.head_end)

    @property
    def id(self) -> str:
        """`package.module:qualname`."""
        return f"{self.module.name}:{self.qualname}"

    @property
    def dotted(self) -> str:
        """`package.module.qualname`, as a rule or a model names it."""
        return f"{self.module.name}.{self.qualname}"

    @property
    def line(self) -> int:
        """The line of `def`, 1-based."""
        return self.module.line(self.facts.start)

    @property
    def words(self) -> frozenset[str]:
        """What its text calls, passes as keyword or assigns."""
        if self._words is None:
            self._words = frozenset(self.facts.words.split(" "))
        return self._words

    def revise(self) -> None:
        """Take the facts that the module holds now, and forget what was decoded of earlier ones."""
        self.facts = self.module.facts.functions[self.index]
        self._head = self._body = self._nodes = self._words = None

    def let_go(self) -> None:
        """Forget the body; it is decoded again for whoever asks."""
        self._body = self._nodes = None

    def __repr__(self) -> str:
        return f"<Function {self.id}>"


class Class:
    """One `class` of the project."""

    __slots__ = ("_code", "_nodes", "facts", "index", "module", "name", "qualname")

    def __init__(self, module: Module, index: int) -> None:
        self.module = module
        self.index = index
        self.facts: ClassFacts = module.facts.classes[index]
        self.name = self.facts.name
        self.qualname = self.facts.qualname
        self._code: ClassCode | None = None
        self._nodes: dict[type, list[Any]] | None = None

    @property
    def code(self) -> ClassCode:
        """Bases, decorators and body."""
        if self._code is None:
            self._code = decode_class(self.facts.code)
        return self._code

    def nodes(self, kind: type[T]) -> Sequence[T]:
        """The nodes of one kind in its own body, as those of a function."""
        if self._nodes is None:
            self._nodes = by_kind(self.code.body)
        return self._nodes.get(kind, ())

    def method(self, name: str) -> Function | None:
        """The method defined directly in its body."""
        index = self.facts.methods.get(name)
        return None if index is None else self.module.functions[index]

    @property
    def methods(self) -> dict[str, Function]:
        """The methods defined directly in its body."""
        return {name: self.module.functions[i] for name, i in self.facts.methods.items()}

    @property
    def span(self) -> Span:
        """From `class` to the end of the head."""
        return Span(self.module.file, self.facts.start, self.facts.head_end)

    @property
    def id(self) -> str:
        """`package.module:qualname`."""
        return f"{self.module.name}:{self.qualname}"

    @property
    def dotted(self) -> str:
        """`package.module.qualname`, as a rule or a model names it."""
        return f"{self.module.name}.{self.qualname}"

    @property
    def line(self) -> int:
        """The line of `class`, 1-based."""
        return self.module.line(self.facts.start)

    def revise(self) -> None:
        """Take the facts that the module holds now, and forget what was decoded of earlier ones."""
        self.facts = self.module.facts.classes[self.index]
        self._code = self._nodes = None

    def let_go(self) -> None:
        """Forget what was made of the body; it is made again for whoever asks."""
        self._nodes = None

    def __repr__(self) -> str:
        return f"<Class {self.id}>"


class Module:
    """One file of the project under its dotted name."""

    __slots__ = (
        "_body", "_classes", "_functions", "_lines", "_nodes", "_words",
        "facts", "file", "index", "is_package", "is_test", "name",
    )  # fmt: skip

    def __init__(self, index: Index, file: str, name: str, facts: FileFacts, *, is_test: bool) -> None:
        self.index = index
        self.file = file
        self.name = name
        self.facts = facts
        self.is_test = is_test
        self.is_package = file.endswith("__init__.py")
        self._functions: list[Function] | None = None
        self._classes: list[Class] | None = None
        self._body: tuple[Stmt, ...] | None = None
        self._lines: array[int] | None = None
        self._nodes: dict[type, list[Any]] | None = None
        self._words: frozenset[str] | None = None

    @property
    def functions(self) -> list[Function]:
        """All functions of the file, at any depth, in source order."""
        if self._functions is None:
            self._functions = [Function(self, i) for i in range(len(self.facts.functions))]
        return self._functions

    @property
    def classes(self) -> list[Class]:
        """All classes of the file, at any depth, in source order."""
        if self._classes is None:
            self._classes = [Class(self, i) for i in range(len(self.facts.classes))]
        return self._classes

    @property
    def body(self) -> tuple[Stmt, ...]:
        """The module's own statements."""
        if self._body is None:
            self._body = decode_body(self.facts.body)
        return self._body

    def nodes(self, kind: type[T]) -> Sequence[T]:
        """The nodes of one kind in its own statements, as those of a function."""
        if self._nodes is None:
            self._nodes = by_kind(self.body)
        return self._nodes.get(kind, ())

    def outer_nodes(self, kind: type[T]) -> Iterator[T]:
        """Those of its own statements, then of those of its classes."""
        yield from self.nodes(kind)
        for cls in self.classes:
            yield from cls.nodes(kind)

    def around(self, offset: int) -> list[Function]:
        """The functions within which an offset of the file lies, from the outermost on."""
        return [each for each in self.functions if each.facts.start <= offset < each.facts.end]

    @property
    def words(self) -> frozenset[str]:
        """What the whole file calls, passes as keyword or assigns."""
        if self._words is None:
            self._words = frozenset(self.facts.words.split(" "))
        return self._words

    def revise(self, facts: FileFacts) -> bool:
        """Take newer facts of the file, if the same functions and classes are in it: then all that refers to these is
        about their newer text."""
        if _names(facts) != _names(self.facts):
            return False
        self.facts = facts
        self._body = self._lines = self._nodes = self._words = None
        for function in self._functions or ():
            function.revise()
        for cls in self._classes or ():
            cls.revise()
        return True

    def let_go(self) -> None:
        """Forget the bodies of the functions, and what was made of those of classes."""
        self._nodes = None
        for function in self._functions or ():
            function.let_go()
        for cls in self._classes or ():
            cls.let_go()

    def line(self, offset: int) -> int:
        """The 1-based line of a byte offset."""
        return max(1, bisect_right(self._line_starts(), offset))

    def start_of(self, line: int) -> int:
        """The byte offset at which a 1-based line starts; of the last one for a line that there is not."""
        starts = self._line_starts()
        return starts[min(line, len(starts)) - 1] if starts else 0

    def _line_starts(self) -> array[int]:
        if self._lines is None:
            self._lines = array("I")
            self._lines.frombytes(self.facts.lines)
        return self._lines

    def span(self, start: int, end: int) -> Span:
        """A place in this file."""
        return Span(self.file, start, end)

    @property
    def package(self) -> str:
        """The dotted name that relative imports of level 1 start from."""
        return self.name if self.is_package else self.name.rpartition(".")[0]

    def __repr__(self) -> str:
        return f"<Module {self.name} {self.file}>"


class Index:
    """All files of the project by path and by dotted name."""

    def __init__(
        self,
        facts: Mapping[str, FileFacts],
        names: Mapping[str, str],
        *,
        tests: Iterable[str] = (),
        root_name: str = "",
        lower: Lower | None = None,
        text: Text | None = None,
        library: Opened | None = None,
    ) -> None:
        """Take facts by file (relative path), dotted module names by file, the test files, the name of the root
        folder (a project that is itself a package imports itself by that name), how to lower a body, how to get the
        text of a file, and what gives the file and facts of an installed module that somebody names."""
        test_files = set(tests)
        self.root_name = root_name
        self._lower = lower
        self._text = text
        self._library = library
        self._opened: dict[str, Module | None] = {}
        self._libraries: dict[str, Module] = {}
        self.modules: dict[str, Module] = {}
        self.bodies = 0
        """How many bodies of functions were decoded and are at hand."""
        self._by_name: dict[str, list[Module]] = {}
        self._namespaces: set[str] = set()
        self._judged: list[Module] | None = None
        for file in sorted(facts):
            module = Module(self, file, names[file], facts[file], is_test=file in test_files)
            self.modules[file] = module
            self._by_name.setdefault(module.name, []).append(module)
            parts = module.name.split(".")
            self._namespaces.update(".".join(parts[:i]) for i in range(1, len(parts)))

    def lower(self, function: Function) -> tuple[Stmt, ...]:
        """Lower a body that the scanner left."""
        if self._lower is None:
            return ()
        return self._lower(function.module.file, function.facts, function.module.facts)

    def may_mention(self, function: Function, name: str) -> bool:
        """Whether a name may stand in a function: its text has the word. Nothing is decoded."""
        if self._text is None:
            return True
        return _has_word(self._text(function.module.file), name.encode(), function.facts.start, function.facts.end)

    def comment(self, file: str, at: int) -> str:
        """What comments say beside an offset: at the end of its line and of the one before, and in the lines of comment
        above it."""
        text = self._text(file) if self._text is not None else b""
        *above, line = text[:at].split(b"\n")
        said = [_comment_in(line + text[at:].partition(b"\n")[0])]
        if above and not above[-1].lstrip().startswith(b"#"):
            said.insert(0, _comment_in(above[-1]))
        for each in itertools.takewhile(lambda one: one.lstrip().startswith(b"#"), reversed(above)):
            said.insert(0, _comment_in(each))
        return " ".join(filter(None, said))

    def may_assign(self, function: Function, name: str) -> bool:
        """Whether an attribute of that name may be assigned in a function: an equals sign follows the word. Nothing is
        decoded."""
        if self._text is None:
            return True
        start, end = function.facts.start, function.facts.end
        return _assigned(name).search(self._text(function.module.file), start, end) is not None

    def let_go(self) -> None:
        """Forget the bodies of all functions, which take most of the memory of a large program."""
        for module in self.modules.values():
            module.let_go()
        self.bodies = 0

    def imports(self, library: str) -> bool:
        """Whether any file names a library in an import."""
        return library in self._imported

    @functools.cached_property
    def _imported(self) -> frozenset[str]:
        return frozenset(name.partition(".")[0] for m in self.modules.values() for name in m.facts.imports)

    @functools.cached_property
    def tells_bases(self) -> bool:
        """Whether any class wants to know of the classes that derive from it."""
        return any("__init_subclass__" in cls.methods for m in self.modules.values() for cls in m.facts.classes)

    def module(self, name: str, near: str = "") -> Module | None:
        """The module of that dotted name; among several, the one whose path shares most with `near`."""
        found = self._by_name.get(name)
        if found is None:
            head, _, rest = name.partition(".")
            if head == self.root_name and head and rest:
                found = self._by_name.get(rest)
            elif head == self.root_name and head:
                found = self._by_name.get("__init__")
            if found is None:
                return self._import_path.find(name, near) or self._installed(name)
        if len(found) == 1:
            return found[0]
        return max(found, key=lambda module: _shared(module.file, near))

    def file(self, path: str) -> Module | None:
        """The module in a file, of the project or of a library that was opened."""
        return self.modules.get(path) or self._libraries.get(path)

    def _installed(self, name: str) -> Module | None:
        """A library's module, where the environment is at hand and the program names it."""
        if self._library is None:
            return None
        if name not in self._opened:
            self._opened[name] = None
            top = name.partition(".")[0]
            is_own = top in self._by_name or top in self._namespaces
            found = None if is_own else self._library(name)
            if found is not None:
                file, facts = found
                module = self._opened[name] = self._libraries[file] = Module(self, file, name, facts, is_test=False)
                return module
        return self._opened[name]

    @functools.cached_property
    def _import_path(self) -> ImportPath[Module]:
        return ImportPath(self.modules, self._namespaces | self._by_name.keys())

    def is_namespace(self, name: str) -> bool:
        """Whether some module lies below that dotted name."""
        return name in self._namespaces

    def absolute(self, module: Module, level: int, name: str) -> str:
        """The absolute dotted name of `from <level dots><name> import …` in `module`."""
        if level == 0:
            return name
        package = module.package.split(".") if module.package else []
        base = package[: len(package) - (level - 1)] if level > 1 else package
        return ".".join([*base, name] if name else base)

    def judge(self, files: Iterable[str]) -> None:
        """From now on, only these files are judged; the others are what they refer to."""
        self._judged = [self.modules[file] for file in sorted(files)]

    def with_words(self, words: Iterable[str], *, judged: bool = False) -> list[Module]:
        """The modules whose text mentions one of the words, in path order; only those that are `judged` for whoever
        finds something in what they say, and not by it in others."""
        wanted = frozenset(words)
        modules = self._judged if judged and self._judged is not None else self.modules.values()
        return [module for module in modules if not wanted.isdisjoint(module.words)]

    def functions_with(self, words: Iterable[str], *, judged: bool = False) -> Iterable[Function]:
        """The functions whose text mentions one of the words, in source order; see `with_words`."""
        wanted = frozenset(words)
        for module in self.with_words(wanted, judged=judged):
            for function in module.functions:
                if not wanted.isdisjoint(function.words):
                    yield function


def _names(facts: FileFacts) -> list[tuple[str, int, int]]:
    """What is defined in a file, and in what."""
    functions = [(each.qualname, each.parent, each.owner) for each in facts.functions]
    return functions + [(each.qualname, each.parent, each.owner) for each in facts.classes]


def _comment_in(line: bytes) -> str:
    """The comment at the end of a line; a sign within quotes begins none."""
    found = re.match(rb"[^'\"#]*(?:(?:'[^']*'|\"[^\"]*\")[^'\"#]*)*#\s*(.*)", line)
    return found[1].decode("utf-8", "replace").strip() if found is not None else ""


@functools.cache
def _assigned(name: str) -> re.Pattern[bytes]:
    return re.compile(rb"\.\s*" + re.escape(name.encode()) + rb"[\s)\\]*=(?!=)")


def _has_word(text: bytes, word: bytes, start: int, end: int) -> bool:
    """Whether a word stands in a stretch of a text, and not as a part of a longer one."""
    at = text.find(word, start, end)
    while at >= 0:
        after = at + len(word)
        if text[at - 1 : at] not in _WORD_BYTES and text[after : after + 1] not in _WORD_BYTES:
            return True
        at = text.find(word, after, end)
    return False


def _shared(path: str, near: str) -> int:
    """How many leading folders two paths share."""
    count = 0
    for a, b in zip(path.split("/"), near.split("/"), strict=False):
        if a != b:
            break
        count += 1
    return count
