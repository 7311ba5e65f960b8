"""The module's logger: the one that is there, or a new one below the imports."""

from __future__ import annotations

from apilint import facts as f
from apilint.fix import imports
from apilint.fix.edits import Declined, TextEdit
from apilint.fix.site import Site, inserting

_MAKERS = ("getLogger", "get_logger")
_NAMES = ("logger", "log", "LOGGER", "LOG")


def logger(site: Site) -> tuple[str, list[TextEdit]]:
    """How the module's logger is called, and what makes it if there is none."""
    bound: set[str] = set()
    for statement in site.module.body:
        if isinstance(statement, f.Assign) and len(statement.targets) == 1:
            target, value = statement.targets[0], statement.value
            if isinstance(target, f.Name):
                if _is_maker(value):
                    return target.id, []
                bound.add(target.id)
        elif isinstance(statement, f.ImportFrom):
            names = [alias or name for name, alias in statement.names]
            known = next((name for name in names if name in _NAMES), "")
            if known:
                return known, []
            bound.update(names)
    if "logger" in bound | site.definitions() or any(param.name == "logger" for param in _params(site)):
        raise Declined("'logger' means something else in this file")
    module = imports.whole(site, "logging")
    newline = site.newline.decode()
    at = imports.after_imports(site)
    made = f"{newline}logger = {module.spelling}.getLogger(__name__){newline}"
    return "logger", [*module.edits, inserting(at, made)]


def _is_maker(value: f.Expr) -> bool:
    if not isinstance(value, f.Call):
        return False
    callee = value.func
    return (
        callee.attr if isinstance(callee, f.Attribute) else callee.id if isinstance(callee, f.Name) else ""
    ) in _MAKERS


def _params(site: Site) -> tuple[f.Param, ...]:
    function = site.function()
    return function.head.params if function is not None else ()


__all__ = ["logger"]
