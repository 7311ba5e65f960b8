"""A linked program, as rules query it."""

from __future__ import annotations

import functools
from collections.abc import Callable, Collection, Hashable, Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, TypeVar, cast

import msgspec

from apilint import flow
from apilint.config import is_public
from apilint.facts import Directive, FileFacts, Span
from apilint.finding import Diagnostic
from apilint.index import Function, Index, Module
from apilint.model import Endpoint, Listed, Route, Told, move
from apilint.startup.values import External, FunctionValue, Value

if TYPE_CHECKING:
    from apilint.frameworks.program import Program

T = TypeVar("T")
E = TypeVar("E", bound=Endpoint)


MAX_BODIES = 20_000
"""Of so many functions the bodies and what is made of them take some 700 MB."""


class Project:
    """Routes, names, calls and declarations of one program; `documents` are the texts beside the source that speak of
    its routes, by file. Nothing in it changes once it is linked; what is
    expensive is worked out when first asked for. Only `revise` changes it."""

    def __init__(
        self,
        program: Program,
        routes: Callable[[Program], Sequence[Route]],
        diagnostics: Callable[[], Sequence[Diagnostic]],
        public: Sequence[str] = (),
        documents: Mapping[str, bytes] | None = None,
    ) -> None:
        self.program = program
        self._find_routes = routes
        self._find_diagnostics = diagnostics
        self.documents: Mapping[str, bytes] = documents or {}
        self.index: Index = program.index
        self.knowledge = program.knowledge
        self._public = tuple(public)
        self._traces = flow.Traces(program.machine)
        self._shared: dict[Hashable, object] = {}
        self._handlers: dict[Function, list[Route]] | None = None
        self._told: Callable[[], Told] | None = None

    # -------------------------------------------------------------------- places

    def module(self, file: str) -> Module:
        """The module in a file."""
        module = self.index.file(file)
        assert module is not None
        return module

    def line(self, span: Span) -> int:
        """The line on which a span starts."""
        module = self.index.file(span.file)
        return module.line(span.start) if module is not None else 1

    def is_test(self, file: str) -> bool:
        """Whether a file is test code."""
        module = self.index.file(file)
        return module is not None and module.is_test

    def directives(self) -> dict[str, tuple[Directive, ...]]:
        """The comments that speak to apilint, by file."""
        return {file: module.facts.directives for file, module in self.index.modules.items() if module.facts.directives}

    @functools.cached_property
    def diagnostics(self) -> tuple[Diagnostic, ...]:
        """What stood in the way of linking, for the start-up and for the routes."""
        _ = self.routes
        return tuple(self._find_diagnostics())

    def revise(self, newer: Mapping[str, FileFacts], moved: Callable[[Span], Span]) -> bool:
        """Take newer facts of files, if the same functions and classes are in them, and judge these files only. What
        was followed in them is followed anew; what the start-up has built and how the guards were judged stays, and is
        moved to where it stands now. This may make less of the program than linking it anew would."""
        if not all(self.module(file).revise(facts) for file, facts in newer.items()):
            return False
        self.index.judge(newer)
        self._traces.forget(newer.keys())
        self._shared.clear()
        self.routes = tuple(move(route, moved) for route in self.routes)
        self._handlers = None
        return True

    # -------------------------------------------------------------------- routes

    @functools.cached_property
    def routes(self) -> tuple[Route, ...]:
        """All routes with their effective guards; judging the guards is about half of the work of linking."""
        if self._told is None:
            return tuple(_unique(self._found))
        told = self._told()
        self.program.loose, self.program.published = list(told.loose), list(told.published)
        functions = _functions(self._found)
        return tuple(
            Route(**msgspec.structs.asdict(listed), function=functions[_key(listed)][number])
            for listed, number in told.routes
        )

    @functools.cached_property
    def _found(self) -> Sequence[Route]:
        """What the frameworks find; without verdicts, where another process tells them."""
        return self._find_routes(self.program if self._told is None else self.program.unjudged())

    @functools.cached_property
    def endpoints(self) -> Sequence[Endpoint]:
        """All routes, for whoever asks for no verdicts: another process may still be working these out."""
        return self.routes if self._told is None else _unique(self._found)

    def routes_of(self, function: Function) -> Sequence[Route]:
        """The routes that a function handles."""
        if self._handlers is None:
            self._handlers = _by_function(self.routes)
        return self._handlers.get(function, ())

    def endpoints_of(self, function: Function) -> Sequence[Endpoint]:
        """The same for whoever asks for no verdicts."""
        if self._told is None:
            return self.routes_of(function)
        return self.once(Endpoint, lambda: _by_function(self.endpoints)).get(function, ())

    def tell(self) -> Told:
        """What another process needs to know in order not to judge the guards of the same routes itself."""
        functions = _functions(self._found)
        listed = (Listed(**{name: getattr(route, name) for name in Listed.__struct_fields__}) for route in self.routes)
        numbers = (_number(functions[_key(route)], route.function) for route in self.routes)
        return Told(tuple(zip(listed, numbers, strict=True)), tuple(self.program.loose), tuple(self.program.published))

    def rely(self, told: Callable[[], Told]) -> None:
        """Leave the judging of guards to another process, which tells of the routes when somebody asks for them. Where
        it knows of a route that this one does not find, asking raises `LookupError`."""
        self._told = told

    def function(self, qualname: str) -> Function | None:
        """The project's function of a name like `package.module:Class.method`, or None."""
        name, _, inner = qualname.rpartition(":")
        module = self.index.module(name) if name else None
        if module is None:
            return None
        named = self.once(("functions", module), lambda: {each.qualname: each for each in module.functions})
        return named.get(inner)

    def is_public(self, route: Route) -> str | None:
        """Why the user calls a route public: the reason in a comment beside it, or the pattern in the configuration;
        an empty string for a comment without a reason, None for a route that nobody calls public."""
        for span in (route.span, route.registered):
            module = self.index.file(span.file)
            if module is None or not module.facts.directives:
                continue
            line = module.line(span.start)
            for directive in module.facts.directives:
                if directive.kind == "public" and directive.first <= line <= directive.last:
                    return directive.reason
        for pattern in self._public:
            if any(is_public(method, route.path, (pattern,)) for method in route.methods or ("ANY",)):
                return f"'{pattern}' in the configuration"
        return None

    # --------------------------------------------------------------------- calls

    def trace(self, function: Function, *, deep: bool = False) -> flow.Trace:
        """What a function calls, with what its arguments derive from (see `flow`); `deep` follows the calls of the
        project's own functions for what they return, which costs several times as much."""
        return self._traces.of(function, deep=deep)

    def let_go(self) -> None:
        """Forget what can be worked out again, if more bodies of functions are at hand than a machine has room for.
        What was found so far refers to none of it."""
        if self.index.bodies > MAX_BODIES:
            self.index.let_go()
            self._traces.let_go()
            self._shared.clear()

    def cut_short(self) -> list[Span]:
        """The functions that were too long to follow to their end, of those that were followed."""
        return sorted(self._traces.cut_short())

    def calls(self, words: Collection[str]) -> Iterator[flow.Call]:
        """The calls in all functions whose text mentions one of the words, each call once, in its own function."""
        for function in self.index.functions_with(words):
            for call in self.trace(function).calls:
                if call.depth == 0:
                    yield call

    def once(self, key: Hashable, make: Callable[[], T]) -> T:
        """What several checks need, worked out when the first of them asks."""
        if key not in self._shared:
            self._shared[key] = make()
        return cast(T, self._shared[key])

    def name_of(self, value: Value) -> str:
        """The qualified name of a library's callable, method or class (`requests.Session.get`), or the empty string."""
        return self.knowledge.name_of(value)

    def names_of(self, value: Value) -> list[str]:
        """All qualified names that a value answers to, library base classes of project classes included."""
        return list(self.knowledge.names(self.program.machine, value))

    def is_external(self, value: Value, *names: str) -> bool:
        """Whether a value is one of these library names."""
        return isinstance(value, External) and value.name in names


def _by_function(routes: Iterable[E]) -> dict[Function, list[E]]:
    found: dict[Function, list[E]] = {}
    for route in routes:
        if route.function is not None:
            found.setdefault(route.function.function, []).append(route)
    return found


def _unique(routes: Iterable[Route]) -> list[Route]:
    """Each route once, though a factory may have run for several entry points, sorted by path and method."""
    found: dict[tuple[object, ...], Route] = {}
    for route in routes:
        key = (route.framework, route.methods, route.path, route.handler, route.span)
        known = found.get(key)
        if known is None or _doubt(route) < _doubt(known):
            found[key] = route
    return sorted(found.values(), key=lambda r: (r.path, r.methods, r.span, r.handler))


def _doubt(route: Route) -> int:
    return ("required", "conditional", "optional", "none", "unknown").index(route.auth)


def _functions(routes: Iterable[Route]) -> dict[tuple[object, ...], list[FunctionValue | None]]:
    """The functions behind each handler: as many as a factory has made of it."""
    found: dict[tuple[object, ...], list[FunctionValue | None]] = {}
    for route in routes:
        known = found.setdefault(_key(route), [])
        if _number(known, route.function) == len(known):
            known.append(route.function)
    return found


def _key(route: Listed) -> tuple[object, ...]:
    return route.framework, route.path, route.handler, route.span, route.registered


def _number(functions: Sequence[FunctionValue | None], wanted: FunctionValue | None) -> int:
    """Where a function stands among others; their number if it does not."""
    for number, each in enumerate(functions):
        if each is wanted or (each is not None and wanted is not None and _is_same(each, wanted)):
            return number
    return len(functions)


def _is_same(one: FunctionValue, other: FunctionValue) -> bool:
    return one.function is other.function and one.env is other.env
