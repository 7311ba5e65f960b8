"""Settings that no program runs with: each that takes over the module sets them anew, or a file that every installation
has of its own is read after them."""

from __future__ import annotations

from apilint import facts as f
from apilint.facts import Span
from apilint.flow.narrowing import last_name
from apilint.index import Module
from apilint.patterns import regex
from apilint.project import Project
from apilint.unparse import unparse
from apilint.walk import walk

# What every installation has a file of settings of its own called.
_OWN = regex(r"(?i)(^|[._])(local|override|custom|site|private|instance|secret|prod)\w*$|local_?settings$")
_DEVELOPMENT = regex(r"(?i)(^|[/_.])(dev\w*|local\w*|tests?|testing|ci|example|sample|demo)([/_.]|$)")


def is_overridden(project: Project, span: Span, name: str) -> bool:
    """Whether other modules take over everything of the one at a place by a star, and all of them set `name` anew,
    those of developers aside; or what every installation has of its own comes after it."""
    base = project.module(span.file)
    if _runs_own(base, span.start) or _is_layered(project, base):
        return True
    heirs = [module for module in project.index.modules.values() if not module.is_test and _takes_over(module, base)]
    heirs = [heir for heir in heirs if not _DEVELOPMENT.search(heir.file)] or heirs
    return bool(heirs) and all(_sets(heir, name) for heir in heirs)


def _runs_own(module: Module, start: int) -> bool:
    """Whether a file of settings is run over those at an offset: `exec(text, globals())`, or taken over by a star where
    it is there: `from local_settings import *`."""
    for node in walk([each for each in module.body if each.start > start]):
        if isinstance(node, f.Call) and last_name(node.func) == "exec":
            if len(node.args) == 1 or any(unparse(arg) == "globals()" for arg in node.args[1:]):
                return True
        if isinstance(node, f.ImportFrom) and any(taken == "*" for taken, _ in node.names):
            name = module.index.absolute(module, node.level, node.module)
            if _OWN.search(name) and not _is_at_hand(module, name):
                return True
    return False


def _is_at_hand(module: Module, name: str) -> bool:
    """Whether what a module imports stands in the project: what has no package lies beside it, or above."""
    found = module.index.module(name, module.file)
    return found is not None and ("." in name or module.file.startswith(found.file.rpartition("/")[0]))


def _is_layered(project: Project, base: Module) -> bool:
    """Whether a library lays files and the environment over the settings: one that is called in them, or that is given
    the name of their file elsewhere."""
    names = {name.rpartition(".")[2] for name in project.knowledge.sections.get("layered", {})}
    for module in project.index.with_words(names):
        for node in walk(module.body):
            if isinstance(node, f.Call) and last_name(node.func) in names:
                given = " ".join(unparse(each) for each in (*node.args, *(each.value for each in node.keywords)))
                if module is base or base.file.rpartition("/")[2] in given:
                    return True
    return False


def _takes_over(module: Module, base: Module) -> bool:
    index = module.index
    return module is not base and any(
        index.module(index.absolute(module, node.level, node.module), module.file) is base
        for node in module.body
        if isinstance(node, f.ImportFrom) and any(taken == "*" for taken, _ in node.names)
    )


def _sets(module: Module, name: str) -> bool:
    return any(
        isinstance(target, f.Name) and target.id == name
        for node in walk(module.body)
        if isinstance(node, (f.Assign, f.AnnAssign))
        for target in (node.targets if isinstance(node, f.Assign) else (node.target,))
    )


__all__ = ["is_overridden"]
