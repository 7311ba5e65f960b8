"""What a function does with a credential that it was given: verify it, hand it on, or nothing."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from apilint import facts as f
from apilint.index import Function
from apilint.patterns import regex
from apilint.unparse import unparse
from apilint.walk import walk

IGNORED, RETURNED, USED = "ignored", "returned", "used"
_HANDING_ON = (f.AugAssign, f.Yield, f.For, f.With, f.Comprehension, f.Lambda, f.Starred, f.Match)
# Calls that show a value and decide nothing.
_SHOWS = regex(
    r"^(print|str|repr|len|bool|dict|list|type|HTTPException|jsonable_encoder|\w*Response)$"
    r"|(^|\.)(log\w*|_?logger)\.\w+$|\.(debug|info|warning|warn|error|exception|critical)$"
)


def use_of(function: Function, names: Iterable[str]) -> str:
    """`ignored` where the value of these names is only asked for its presence or shown, `returned` where it is also
    what the function gives back, `used` where anything else is done with it, which may verify it."""
    tracked = set(names)
    nodes = list(walk(function.body))
    if _is_used_inside(function, tracked):
        return USED
    while True:  # other names for the same value
        aliases = {alias for node in nodes for alias in _aliases(node, tracked)} - tracked
        if not aliases:
            break
        tracked |= aliases
    if any(_is_use(node, tracked) for node in nodes):
        return USED
    if any(isinstance(node, f.Return) and _holds(node.value, tracked) for node in nodes):
        return RETURNED
    return IGNORED


def _is_used_inside(function: Function, tracked: set[str]) -> bool:
    """Whether a function within the function may look at the value."""
    inner = (each for each in function.module.functions if each.parent is function)
    return any(_mentions(node, tracked) for each in inner for node in walk(each.body))


def _aliases(node: object, tracked: set[str]) -> Iterator[str]:
    yield from (name for name, value in assigned(node) if _holds(value, tracked))


def assigned(node: object) -> Iterator[tuple[str, f.Expr]]:
    """The names that a statement gives to a value."""
    if isinstance(node, f.Assign):
        yield from ((target.id, node.value) for target in node.targets if isinstance(target, f.Name))
    elif isinstance(node, f.AnnAssign) and isinstance(node.target, f.Name) and node.value is not None:
        yield node.target.id, node.value
    elif isinstance(node, f.NamedExpr):
        yield node.target, node.value


def _holds(value: f.Expr | None, tracked: set[str]) -> bool:
    """Whether an expression is the value, or a part of it."""
    return value is not None and any(_mentions(node, tracked) for node in walk([value]))


def _is_use(node: object, tracked: set[str]) -> bool:
    if isinstance(node, f.Call):
        name = unparse(node.func)
        given = [*node.args, *(keyword.value for keyword in node.keywords)]
        if isinstance(node.func, f.Attribute) and _holds(node.func.value, tracked):
            return True
        return not _SHOWS.search(name) and any(_holds(each, tracked) for each in given)
    if isinstance(node, f.Compare):
        return not _asks_for_presence(node) and any(_is_secret(each, tracked) for each in (node.left, *node.rights))
    if isinstance(node, f.Subscript):
        return _holds(node.index, tracked)
    if isinstance(node, (f.Assign, f.AnnAssign)):
        targets = node.targets if isinstance(node, f.Assign) else (node.target,)
        return _holds(node.value, tracked) and not all(isinstance(target, f.Name) for target in targets)
    if isinstance(node, _HANDING_ON):
        parts = walk([node.element]) if isinstance(node, f.Comprehension) else walk(_heads(node))
        return any(_mentions(each, tracked) for each in parts)
    return False


def _heads(node: object) -> list[f.Expr]:
    """The expressions of a statement that are not in its body."""
    if isinstance(node, f.For):
        return [node.iterable]
    if isinstance(node, f.With):
        return [item for item, _ in node.items]
    if isinstance(node, f.Match):
        return [node.subject]
    if isinstance(node, f.Lambda):
        return [node.body]
    value = getattr(node, "value", None)
    return [value] if value is not None else []


def _asks_for_presence(node: f.Compare) -> bool:
    return all(isinstance(right, f.Constant) and right.value in (None, "") for right in node.rights)


def _is_secret(side: f.Expr, tracked: set[str]) -> bool:
    """The name of the scheme, `credentials.scheme`, is no secret."""
    return (
        not (isinstance(side, f.Attribute) and side.attr == "scheme")
        and "scheme" not in unparse(side)
        and _holds(side, tracked)
    )


def _mentions(node: object, tracked: set[str]) -> bool:
    return isinstance(node, f.Name) and node.id in tracked


__all__ = ["IGNORED", "RETURNED", "USED", "assigned", "use_of"]
