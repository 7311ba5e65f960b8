"""Routes that are written down and that no application serves."""

from __future__ import annotations

import re
from collections.abc import Iterator

from apilint import facts as f
from apilint.check import Match, check
from apilint.checks.unserved import unserved_views
from apilint.finding import Precision
from apilint.index import Module
from apilint.model import Loose, Step
from apilint.patterns import regex
from apilint.project import Project
from apilint.unparse import unparse
from apilint.walk import walk


@check
def unserved_routes(
    project: Project, *, late: str, unregistered: str, views: tuple[str, ...] = (), never: str = r"(?!)"
) -> Iterator[Match]:
    """Routers that nobody includes, routes that are added after theirs was, views that no address leads to."""
    if not project.routes:
        return
    yield from unserved_views(project, views, regex(never))
    for loose in project.program.loose:
        module = project.index.file(loose.span.file)
        if module is None or project.is_test(loose.span.file):
            continue
        name = _name(module, loose)
        at = loose.span if loose.taken is None else loose.routes[0].span
        is_doubtful = bool(loose.doubt) or (
            _is_beside_none(project, loose) or _is_used_elsewhere(project, module, name)
            if loose.taken is None
            else at.file not in (loose.taken.file, loose.span.file)
        )
        yield Match(
            span=at,
            values={
                "kind": loose.kind,
                "name": name or loose.kind,
                "routes": "1 route" if len(loose.routes) == 1 else f"{len(loose.routes)} routes",
                "route": re.sub(r"^'|' is registered here$", "", loose.routes[0].message),
            },
            trace=(
                Step(loose.span, f"the {loose.kind} is made here"),
                *((Step(loose.taken, "it is included here"),) if loose.taken is not None else ()),
                *loose.routes[:3],
            ),
            related=loose.routes[3:20],
            precision=Precision.LOW if is_doubtful else None,
            template="" if loose.taken is None else "late",
        )


def _is_beside_none(project: Project, loose: Loose) -> bool:
    """Whether no route is served that stands in the same file: then another program may include the whole of it."""
    return not any(route.span.file == loose.span.file for route in project.routes)


def _name(module: Module, loose: Loose) -> str:
    """What the module calls the router."""
    for node in module.body:
        if isinstance(node, (f.Assign, f.AnnAssign)) and node.start <= loose.span.start < node.end:
            targets = node.targets if isinstance(node, f.Assign) else (node.target,)
            return next((target.id for target in targets if isinstance(target, f.Name)), "")
    return ""


def _is_used_elsewhere(project: Project, module: Module, name: str) -> bool:
    """Whether another module takes the router by its name, to do with it what was not followed; always for one that
    has no name."""
    last = module.name.rpartition(".")[2]
    return not name or any(
        name in _taken(other, last)
        for other in project.index.modules.values()
        if other is not module and not other.is_test and _imports(other, last)
    )


def _imports(module: Module, last: str) -> bool:
    return any(imported.rpartition(".")[2] == last for imported in module.facts.imports)


def _taken(module: Module, last: str) -> set[str]:
    """The names that a module imports from one of such a name, or reads from it as attributes."""
    bodies = [module.body, *(function.body for function in module.functions)]
    nodes = [node for body in bodies for node in walk(body)]
    imported = {name for node in nodes if isinstance(node, f.ImportFrom) for name, _ in node.names}
    read = {node.attr for node in nodes if isinstance(node, f.Attribute) and unparse(node.value).endswith(last)}
    return imported | read


__all__ = ["unserved_routes"]
