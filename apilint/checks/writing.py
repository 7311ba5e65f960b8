"""Functions -> whether what they call may change anything, by its name."""

from __future__ import annotations

from apilint import facts as f
from apilint.checks.exposed import words_of
from apilint.checks.reached import Reached
from apilint.index import Function
from apilint.model import Route
from apilint.project import Project

MAX_DEPTH = 2
# Beside the verbs of the models: what files, tables, queues and servers are told.
_MORE = frozenset(
    """
    write put post patch commit flush execute executemany eval exec apply async delay enqueue dispatch login logout
    append extend pop insert do perform process handle make generate mark toggle activate deactivate reply notify mail
    email sync refresh log record fetch register popen system call request submit invoke
    """.split()
)

# What surely leaves something behind: in a table, a file, a queue, with another server. `set_headers` and
# `make_response` do not.
_LASTING = frozenset(
    """
    write put commit execute executemany eval exec delay enqueue apply insert toggle activate deactivate notify mail
    email sync popen system submit unlink rmtree mkdir bulk flush dispatch deploy register silence expire archive
    """.split()
)
_PASSING = frozenset({"set"})
# Methods of view classes that answer the method of HTTP they are called after: their names say nothing more.
_OF_VIEWS = frozenset({"create", "update", "partial_update"})

# `has_import_perm`
_ASKING = frozenset({"has", "is", "can", "may", "should", "get"})


class Writing:
    """Reads functions, each once at each depth of calls. `lasting` asks for what surely leaves something behind, not
    for what may."""

    def __init__(self, project: Project, *, lasting: bool = False) -> None:
        changing = project.knowledge.sections.get("names", {}).get("changing", {})
        self._named = frozenset(changing.get("words", ()))
        self._verbs = (self._named - _PASSING) | _LASTING if lasting else self._named | _MORE
        self._reached = project.once("reached", lambda: Reached(project))
        self._found: dict[tuple[Function, int], bool] = {}

    def only_reads(self, route: Route) -> bool:
        """Whether a handler of all methods reads what is posted, and neither is nor calls something that is named for a
        change."""
        function = route.function.function if route.function is not None else None
        if (
            function is None
            or "ANY" not in route.methods
            or not self._named.isdisjoint(words_of(function.name).split("_"))
        ):
            return False
        return not self.may_write(function)

    def acts(self, route: Route) -> bool:
        """Whether a handler is named for a change, or calls what is. What a view class inherits changes what its method
        says, and so does a handler that calls nothing, be it a draft."""
        function = route.function.function if route.function is not None else None
        if function is None:
            return bool(route.methods) and "ANY" not in route.methods  # else nobody knows what it answers
        if "DELETE" in route.methods or self.may_write(function) or not any(function.nodes(f.Call)):
            return True
        name = words_of(function.name)
        is_method = function.owner is not None and name in _OF_VIEWS
        return not is_method and not (self._named - _PASSING).isdisjoint(name.split("_"))

    def may_write(self, function: Function, depth: int = MAX_DEPTH) -> bool:
        """Whether a function, or one that it calls, calls something that is named for a change."""
        key = (function, depth)  # what was cut short at some depth holds for that depth only
        if key not in self._found:
            called = self._reached.by(function) if depth > 0 else ()
            self._found[key] = any(map(self._is_verb, function.words)) or any(
                self.may_write(each, depth - 1) for each in called
            )
        return self._found[key]

    def _is_verb(self, word: str) -> bool:
        parts = words_of(word).split("_")
        return parts[0] not in _ASKING and not self._verbs.isdisjoint(parts)


__all__ = ["Writing"]
