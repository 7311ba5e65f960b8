"""Function -> whether a request surely runs it: calls that can be told lead to it from a handler.

Names lead further than calls do, and mostly to what nobody waits for: what a name may mean is no proof. It is asked
backwards, from the function to its callers, since hardly anything is asked about in a program of which nearly
everything is run by some request.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence

from apilint import facts as f
from apilint.checks.callers import Callers
from apilint.checks.names import Names
from apilint.checks.proofs import Proofs, Way
from apilint.checks.rejections import class_of
from apilint.index import Class, Function
from apilint.patterns import regex
from apilint.project import Project
from apilint.startup import attributes
from apilint.startup.values import ClassValue
from apilint.unparse import unparse

# The names by which a job is told how long it may take, where it is declared.
_LIMITS = frozenset({"timeout", "time_limit", "soft_time_limit", "job_timeout"})
_COMMANDS = regex(r"(?:^|\.)(?:command|group|option|argument|callback|cli)$")


class Awaited:
    """Follows calls back to handlers, to guards and to the methods of the classes that handle routes; also those that a
    worker makes `later`, by a method of the function itself: `send_mail.delay(…)`."""

    def __init__(
        self, project: Project, later: Collection[str] = (), ending: Mapping[str, Sequence[str]] | None = None
    ) -> None:
        """`ending` are the libraries whose workers end what takes too long, each with the settings that make it do so,
        one of which the program has to name; none where it does so by itself."""
        self._project = project
        self._ends = any(map(self._is_ending, ending or (), (ending or {}).values()))
        self._later = frozenset(later)
        self._put_off: dict[str, list[Function]] | None = None
        names = project.once(Names, lambda: Names(project))
        self._callers = project.once(Callers, lambda: Callers(project, names))
        self._handlers: set[Function] = set()
        self._views: set[Class] = set()
        for route in project.routes:
            view = class_of(project, route.handler) if route.function is None else route.function.function.owner
            if view is not None:
                self._views.add(view)
            if route.function is not None:
                self._handlers.add(route.function.function)
            guards = (project.function(guard.qualname) for guard in (*route.guards, *route.considered))
            self._handlers.update(guard for guard in guards if guard is not None)
        self._families: dict[str, bool] = {}
        self._proofs: Proofs[Function] = Proofs(self._ways)

    def covers(self, function: Function) -> bool:
        """Whether a request surely runs a function."""
        return self._proofs.holds(function)

    def _ways(self, function: Function) -> Iterator[Way[Function]]:
        if function in self._handlers or function.owner in self._views:
            yield ()
        if _is_command(function):
            return
        if function.parent is not None:
            yield (function.parent,)
        yield from ((caller,) for caller, _ in self._callers.of(function))
        yield from ((caller,) for caller in self._of_family(function))
        if function.owner is None and function.facts.decorated and not self._ends and not _is_limited(function):
            yield from ((caller,) for caller in self._putting_off(function))

    def _of_family(self, function: Function) -> Iterator[Function]:
        """What calls a method by a name that is only found in one family of classes, on something unknown: which of
        them it is, a table or a setting says. Also the method that it takes the place of."""
        if function.owner is None:
            return
        root = self._root(function.owner, function.name)
        if root is None:
            return
        if root is not function:
            yield root
        if function.name not in self._families:
            named = [each for each in self._named().get(function.name, ()) if each.owner is not None]
            everywhere = len(named) == len(self._named().get(function.name, ()))
            roots = {self._root(each.owner, each.name) for each in named if each.owner is not None}
            self._families[function.name] = everywhere and len(roots) == 1 and len(named) > 1
        if self._families[function.name]:
            yield from (caller for caller, _ in self._callers.maybe.get(function, ()))

    def _root(self, owner: Class, name: str) -> Function | None:
        """The method of that name in the outermost base class of the project that has one."""
        machine = self._project.program.machine
        made = machine.class_value(owner)
        found = None
        for base in attributes.mro(machine, made) if made is not None else ():
            if isinstance(base, ClassValue):
                found = base.cls.method(name) or found
        return found

    def _named(self) -> dict[str, list[Function]]:
        return by_name(self._project)

    def _is_ending(self, library: str, settings: Sequence[str]) -> bool:
        modules = [each for each in self._project.index.modules.values() if not each.is_test]
        return any(name.partition(".")[0] == library for module in modules for name in module.facts.imports) and (
            not settings or any(not module.words.isdisjoint(settings) for module in modules)
        )

    def _putting_off(self, function: Function) -> Iterator[Function]:
        """The functions that hand a function to a worker."""
        is_unique = self._callers.is_unique(function.name)
        for caller in self._putting_off_by_name().get(function.name, ()):
            if is_unique or caller.module is function.module:
                yield caller

    def _putting_off_by_name(self) -> dict[str, list[Function]]:
        if self._put_off is None:
            self._put_off = {}
            for caller in self._project.index.functions_with(self._later):
                for node in caller.nodes(f.Attribute) if not caller.module.is_test else ():
                    if node.attr in self._later and isinstance(node.value, f.Name):
                        self._put_off.setdefault(node.value.id, []).append(caller)
        return self._put_off


def by_name(project: Project) -> dict[str, list[Function]]:
    """The functions of a project, those of its tests aside, by their names."""

    def find() -> dict[str, list[Function]]:
        found: dict[str, list[Function]] = {}
        for module in project.index.modules.values():
            for function in module.functions if not module.is_test else ():
                found.setdefault(function.name, []).append(function)
        return found

    return project.once("functions by name", find)


def _is_limited(function: Function) -> bool:
    """Whether a job is declared with the time that it may take: `@job("mails", timeout=30)`."""
    calls = (each for each in function.head.decorators if isinstance(each, f.Call))
    given = (keyword for call in calls for keyword in call.keywords if keyword.name in _LIMITS)
    return any(not isinstance(each.value, f.Constant) or each.value.value is not None for each in given)


def _is_command(function: Function) -> bool:
    """Whether a function is for those who type a command."""
    names = (unparse(each.func if isinstance(each, f.Call) else each) for each in function.head.decorators)
    return any(_COMMANDS.search(name) for name in names)


__all__ = ["Awaited"]
