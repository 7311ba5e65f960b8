"""What speaks for a guard, or for no need of one, beside the routes: middleware that stands before none, a browser."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from apilint import facts as f
from apilint.checks.exposed import turns_away, words_of
from apilint.index import Module
from apilint.model import Route
from apilint.patterns import regex
from apilint.project import Project
from apilint.unparse import unparse

_MIDDLEWARE = regex(r"(?i)middleware")
_ASKING = regex(r"(?i)auth(?!or([^i]|$))|api_?key|login_?required")
_COMMAND = regex(r"(^|\.)(command|group)\b")
_HOSTS = frozenset({"host", "bind", "listen", "address", "ip"})
_KIND = regex(r"^(auth\w*|api|key|login|required|check\w*|middleware|add|http|base|my|the|class|mixin)$")


def middleware_aside(project: Project) -> frozenset[str]:
    """The middleware that is named for asking who is calling, and turns callers of no route away: where it is put
    there, or what it does, could not be followed."""
    return project.once("middleware aside", lambda: frozenset(_aside(project)))


def _aside(project: Project) -> Iterator[str]:
    judged = (guard for route in project.routes for guard in (*route.guards, *route.considered))
    attached = {guard.qualname for guard in judged if turns_away(guard)}
    for module in project.index.modules.values():
        if module.is_test:
            continue
        for name in (*(cls.qualname for cls in module.classes), *(each.qualname for each in module.functions)):
            own = name.rpartition(".")[2]
            is_asking = _MIDDLEWARE.search(own) and _ASKING.search(own)
            if is_asking and not _is_among(f"{module.name}:{name}", attached):
                yield own


def is_about(middleware: Collection[str], route: Route) -> bool:
    """Whether one of these is named for routes of which this is one: `AdminAuthMiddleware`, `shop.admin.views`."""
    subjects = {word for name in middleware for word in words_of(name).split("_") if not _KIND.match(word)}
    return not subjects.isdisjoint(words_of(f"{route.path} {route.handler}").split("_"))


def is_for_own_machine(project: Project) -> bool:
    """Whether the program shows itself to whoever starts it, on the same machine: in a browser, or by a command that
    listens there unless it is told otherwise."""

    def find() -> bool:
        modules = [module for module in project.index.modules.values() if not module.is_test]
        return any("webbrowser" in module.facts.imports for module in modules) or any(map(_listens_at_home, modules))

    return project.once("is for its own machine", find)


def _listens_at_home(module: Module) -> bool:
    """Whether a command of a module has an option or a parameter for the host that is the machine itself by default."""
    for function in module.functions if module.words & {"option", "add_argument", "Option"} else ():
        for decorator in function.head.decorators:
            if isinstance(decorator, f.Call) and _is_host_option(decorator):
                return True
        is_command = any(_COMMAND.search(unparse(each)) for each in function.head.decorators)
        for param in function.head.params if is_command else ():
            if param.name in _HOSTS and _is_home(param.default):
                return True
        if any(_is_host_option(call) for call in function.nodes(f.Call)):
            return True
    return False


def _is_host_option(call: f.Call) -> bool:
    """`@click.option("--host", default="127.0.0.1")`, `parser.add_argument("--host", default="localhost")`."""
    names = [arg.value for arg in call.args if isinstance(arg, f.Constant)]
    default = next((each.value for each in call.keywords if each.name == "default"), None)
    return any(isinstance(name, str) and name.lstrip("-") in _HOSTS for name in names) and _is_home(default)


def _is_home(expr: f.Expr | None) -> bool:
    return isinstance(expr, f.Constant) and expr.value in ("localhost", "127.0.0.1", "::1")


def _is_among(name: str, attached: set[str]) -> bool:
    return any(each == name or each.startswith(f"{name}.") for each in attached)


__all__ = ["is_about", "is_for_own_machine", "middleware_aside"]
