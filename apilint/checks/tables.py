"""Function -> the table of which it returns every row, as far as its text says so."""

from __future__ import annotations

import msgspec

from apilint import facts as f
from apilint.checks.assigned import Assignments, last_name
from apilint.checks.reached import Reached, made_of
from apilint.facts import Span
from apilint.flow import env_of
from apilint.frameworks.schemas import Schemas
from apilint.index import Function
from apilint.model import Step
from apilint.project import Project
from apilint.startup.values import ClassValue, External, unwrap
from apilint.unparse import unparse

MAX_DEPTH = 8
MAX_CALLS = 2
# What leaves all rows in a query, or gives them.
_KEEPING = frozenset(
    {
        "all", "distinct", "execution_options", "fetchall", "mappings", "objects", "options", "order_by", "outerjoin",
        "partitions", "prefetch_related", "query", "scalars", "select_related", "sort", "to_list", "unique", "values",
        "find_all", "using", "defer", "only", "annotate", "populate_existing", "tuples", "data", "serialize", "dump",
    }
)  # fmt: skip
# What takes the query, or the rows, as its first argument.
_TAKING = frozenset({"exec", "execute", "query", "scalars", "select", "stream_scalars"})
_COPYING = frozenset({"list", "tuple", "sorted", "jsonable_encoder", "jsonify"})
# Where nothing of these was called on a query, it is only a query: `M.query` is one, `M.query.all()` is its rows.
_GIVING = frozenset({"all", "scalars", "fetchall", "to_list", "find_all"})


class Whole(msgspec.Struct, frozen=True):
    """Where all rows of `model` are read; `steps` lead there from the handler."""

    span: Span
    model: str
    steps: tuple[Step, ...] = ()


class Tables:
    """Looks at what functions return; each function is read once."""

    def __init__(self, project: Project) -> None:
        self._machine = project.program.machine
        self._schemas = Schemas(project.program)
        self._reached = project.once("reached", lambda: Reached(project))
        answers = project.knowledge.sections.get("responses", {})
        self.copying = _COPYING | {name.rpartition(".")[2] for name in answers}
        self._found: dict[Function, Whole | None] = {}

    def returned(self, function: Function, calls: int = MAX_CALLS) -> Whole | None:
        """The table of which a function returns all rows; None where it returns something else, or nobody can say."""
        if function not in self._found:
            self._found[function] = None  # for one that calls itself
            reader = _Reader(self, function, calls)
            values = [node.value for node in function.nodes(f.Return) if node.value is not None]
            found = (reader.whole(value, MAX_DEPTH) for value in values)
            self._found[function] = next((each for each in found if each is not None), None)
        return self._found[function]

    def called(self, function: Function, call: f.Call, calls: int) -> Whole | None:
        """The same for what a function of the project returns that is called."""
        env = env_of(self._machine, function)
        for target in self._reached.called(function, call.func, env, made_of(function)) if calls else ():
            found = self.returned(target, calls - 1)
            if found is not None:
                step = Step(function.module.span(call.start, call.end), f"'{unparse(call.func, 3)}' is asked")
                return msgspec.structs.replace(found, steps=(step, *found.steps))
        return None

    def model(self, name: f.Name, function: Function) -> str:
        """The name of the table that a name in a function stands for."""
        value = unwrap(self._machine.lookup(name.id, env_of(self._machine, function)))
        if not isinstance(value, (ClassValue, External)):
            return ""
        schema = self._schemas.of(value)
        return schema.name if schema is not None and schema.stored else ""


class _Reader:
    """Follows one returned expression back to the table."""

    def __init__(self, tables: Tables, function: Function, calls: int) -> None:
        self.tables = tables
        self.function = function
        self.calls = calls
        self.assigned = Assignments(function)

    def whole(self, expr: f.Expr, depth: int) -> Whole | None:
        """The table whose rows a value is made of, one by one."""
        if depth == 0:
            return None
        if isinstance(expr, f.Name):
            given = self.assigned.of(expr)
            return self.whole(given[-1], depth - 1) if given else None
        if isinstance(expr, f.Comprehension):
            _, iterable, tests = expr.clauses[0]
            return self._iterated(iterable, depth - 1) if not tests else None
        if isinstance(expr, f.Call):
            return self._of_call(expr, depth - 1)
        if isinstance(expr, f.Attribute):  # `Serializer(rows, many=True).data`
            return self.whole(expr.value, depth - 1) if expr.attr in ("data", "json") else None
        inside: tuple[f.Expr, ...] = ()
        if isinstance(expr, (f.Await, f.Starred)):
            inside = (expr.value,)
        elif isinstance(expr, f.Dict):
            inside = tuple(value for _, value in expr.items)
        elif isinstance(expr, f.Sequence):
            inside = expr.items[:1] if expr.kind == "tuple" else ()
        found = (self.whole(each, depth - 1) for each in inside)
        return next((each for each in found if each is not None), None)

    def _iterated(self, expr: f.Expr, depth: int) -> Whole | None:
        """A query that is gone through gives its rows."""
        return self.whole(expr, depth) or self._query(expr, expr, depth)

    def _of_call(self, call: f.Call, depth: int) -> Whole | None:
        name = last_name(call.func)
        if isinstance(call.func, f.Attribute) and name in _GIVING:
            found = self._query(call, call, depth)
            if found is not None:
                return found
        if name in self.tables.copying or _is_many(call):
            given = (*call.args[:1], *(each.value for each in call.keywords if each.name in ("instance", "content")))
            found_in = (self._iterated(each, depth) for each in given)
            return next((each for each in found_in if each is not None), None)
        if isinstance(call.func, f.Attribute) and name in ("dump", "serialize", "dict", "json"):
            return next((self._iterated(each, depth) for each in call.args[:1]), None)
        return self.tables.called(self.function, call, self.calls)

    def _query(self, expr: f.Expr, whole: f.Expr, depth: int) -> Whole | None:
        """The table of a query that nothing narrows."""
        if depth == 0:
            return None
        if isinstance(expr, f.Await):
            return self._query(expr.value, whole, depth)
        if isinstance(expr, f.Name):
            given = self.assigned.of(expr)
            if given:
                at = given[-1] if whole is expr else whole
                return self._query(given[-1], at, depth - 1) if len(given) == 1 else None
            model = self.tables.model(expr, self.function)
            return Whole(self.function.module.span(whole.start, whole.end), model) if model else None
        if isinstance(expr, f.Attribute):
            return self._query(expr.value, whole, depth - 1) if expr.attr in ("objects", "query") else None
        if not isinstance(expr, f.Call):
            return None
        name = last_name(expr.func)
        if name in _TAKING and len(expr.args) == 1 and not isinstance(expr.args[0], f.Starred):
            return self._query(expr.args[0], whole, depth - 1)
        if isinstance(expr.func, f.Attribute) and name in _KEEPING and not (name == "find_all" and expr.args):
            return self._query(expr.func.value, whole, depth - 1)
        return None


def _is_many(call: f.Call) -> bool:
    """`Serializer(rows, many=True)`."""
    given = (each.value for each in call.keywords if each.name == "many")
    return any(isinstance(each, f.Constant) and each.value is True for each in given)


__all__ = ["Tables", "Whole"]
