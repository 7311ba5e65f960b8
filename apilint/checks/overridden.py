"""Settings that no program runs with: each that takes over the module sets them anew."""

from __future__ import annotations

from apilint import facts as f
from apilint.facts import Span
from apilint.index import Module
from apilint.project import Project


def is_overridden(project: Project, span: Span, name: str) -> bool:
    """Whether other modules take over everything of the one at a place by a star, and all of them set `name` anew."""
    base = project.module(span.file)
    heirs = [module for module in project.index.modules.values() if not module.is_test and _takes_over(module, base)]
    return bool(heirs) and all(_sets(heir, name) for heir in heirs)


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
        for node in module.body
        for target in (node.targets if isinstance(node, f.Assign) else (getattr(node, "target", None),))
    )


__all__ = ["is_overridden"]
