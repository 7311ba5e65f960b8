"""Functions -> where they answer that the page which asks is trusted, whichever it is."""

from __future__ import annotations

from collections.abc import Iterator

from apilint import facts as f
from apilint.checks.assigned import Assignments
from apilint.facts import Span
from apilint.flow.narrowing import last_name
from apilint.index import Function
from apilint.patterns import regex
from apilint.project import Project
from apilint.unparse import unparse
from apilint.walk import walk

ALLOWED, WITH_COOKIES = "access-control-allow-origin", "access-control-allow-credentials"
_SETTING = frozenset({"set", "add", "setdefault", "append", "add_header", "set_header", "__setitem__"})
_CONFIGURED = regex(r"(?i)\b(settings|conf(ig)?|options|(?<!request\.)environ(?!\[))\b[.\[(]")
_BY_TOKEN = regex(r"(?i)^(?!not )[\w.]*(token|bearer|api_?key)")
_ASKED = frozenset({"origin", "http_origin"})


def reflected_origins(project: Project) -> Iterator[tuple[Span, Span]]:
    """`(where the header is set, where the origin is read)` of functions that also let cookies in and that compare the
    origin with nothing."""
    for function in project.index.functions_with(("~cors",), judged=True):
        if function.module.is_test or not any(_says(node, WITH_COOKIES) for node in function.nodes(f.Constant)):
            continue
        assigned, span = Assignments(function), function.module.span
        nodes: list[f.Assign | f.Call] = [*function.nodes(f.Assign), *function.nodes(f.Call)]
        for node in nodes:
            value = _allowed(node)
            read = _read(value, assigned) if value is not None else None
            if value is None or read is None or _is_for_tokens(function, node):
                continue
            if not _is_compared(function, value, read):
                yield span(node.start, node.end), span(read.start, read.end)


def _is_for_tokens(function: Function, node: f.Expr | f.Stmt) -> bool:
    """Whether only those come here who brought a token of their own accord, which no page of a stranger has."""
    return any(
        block.start <= node.start < block.end and _BY_TOKEN.search(unparse(block.test))
        for block in function.nodes(f.If)
        if any(each.start <= node.start < each.end for each in block.body)
    )


def _allowed(node: f.Assign | f.Call) -> f.Expr | None:
    """What `response.headers["Access-Control-Allow-Origin"]` is set to."""
    if isinstance(node, f.Assign):
        target = node.targets[0]
        return node.value if isinstance(target, f.Subscript) and _says(target.index, ALLOWED) else None
    if last_name(node.func) in _SETTING and len(node.args) == 2:
        return node.args[1] if _says(node.args[0], ALLOWED) else None
    return None


def _says(node: f.Expr, name: str) -> bool:
    return isinstance(node, f.Constant) and str(node.value).lower() == name


def _read(value: f.Expr, assigned: Assignments) -> f.Expr | None:
    """`request.headers.get("Origin")`, at once, by a name in between, or with something else where there is none."""
    if isinstance(value, f.Name):
        given = assigned.of(value)
        return _read(given[-1], assigned) if len(given) == 1 else None
    if isinstance(value, f.BoolOp) and value.op == "or":
        return _read(value.left, assigned)
    key: f.Expr | None = None
    if isinstance(value, f.Call) and last_name(value.func) == "get" and value.args:
        key = value.args[0]
    elif isinstance(value, f.Subscript):
        key = value.index
    if _CONFIGURED.search(unparse(value)):
        return None
    is_origin = isinstance(key, f.Constant) and str(key.value).lower() in _ASKED
    return value if is_origin else None


def _is_compared(function: Function, value: f.Expr, read: f.Expr) -> bool:
    """Whether anything looks which origin it is: a comparison, or a function that is given it."""
    names = {value.id} if isinstance(value, f.Name) else set()

    def mentions(exprs: tuple[f.Expr, ...]) -> bool:
        return any(
            (isinstance(node, f.Name) and node.id in names)
            or (isinstance(node, f.Constant) and str(node.value).lower() in _ASKED)
            for node in walk(exprs)
        )

    compared = (node for node in function.nodes(f.Compare) if not any(map(_is_none, node.rights)))
    if any(mentions((node.left, *node.rights)) for node in compared):
        return True
    return any(
        node is not read and last_name(node.func) not in (*_SETTING, "get") and mentions(node.args)
        for node in function.nodes(f.Call)
    )


def _is_none(expr: f.Expr) -> bool:
    return isinstance(expr, f.Constant) and expr.value is None


__all__ = ["reflected_origins"]
