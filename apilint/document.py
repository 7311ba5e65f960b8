"""A YAML file -> its data, and on which line a key stands, so that whoever reads it can say exactly what is wrong."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from apilint import shape
from apilint.config import ConfigError
from apilint.shape import ShapeError

if TYPE_CHECKING:
    import yaml


class Document:
    """A YAML file. `failure` is what is raised where it cannot be read."""

    def __init__(self, path: object, content: bytes, failure: type[ConfigError] = ConfigError) -> None:
        import yaml

        self._path = path
        self._failure = failure
        try:
            loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)(content)
            try:
                self._root: yaml.Node | None = loader.get_single_node()
                _refuse_repetition(self._root)
                self.data: object = loader.construct_document(self._root) if self._root is not None else None
            finally:
                loader.dispose()
        except yaml.YAMLError as error:
            raise failure(_yaml_message(path, content, error)) from None
        except ShapeError as error:
            raise self.error(error) from None
        except ValueError as error:  # a date that there is not
            raise failure(f"{path}:1: broken YAML: {error}") from None

    def error(self, error: ShapeError) -> ConfigError:
        """`file:line: key: what was found and expected`."""
        shown = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in error.path).lstrip(".")
        return self._failure(f"{self._path}:{self.line(error.path)}: {shown + ': ' if shown else ''}{error.message}")

    def line(self, path: shape.Path) -> int:
        """The line on which a key, or an item of a list, stands."""
        node, line = self._root, 1
        for step in path:
            pairs = list(_pairs(node))
            found = [(where, value) for key, where, value in pairs if key == str(step)]
            if not found:
                break
            where, node = found[-1]
            line = where.start_mark.line + 1
        return line


def _pairs(node: yaml.Node | None) -> Iterator[tuple[str, yaml.Node, yaml.Node]]:
    """(key or position, the node that shows where it is, value) of a mapping or a list."""
    if node is None or isinstance(node.value, str):
        return
    for position, item in enumerate(node.value):
        if isinstance(item, tuple):
            yield str(item[0].value), item[0], item[1]
        else:
            yield str(position), item, item


def _refuse_repetition(root: yaml.Node | None) -> None:
    """Refuse a key that stands twice in a mapping, and an alias inside of what it stands for: YAML minds neither."""
    seen: set[int] = set()
    pending: list[tuple[yaml.Node | None, shape.Path, frozenset[int]]] = [(root, (), frozenset())]
    while pending:
        node, path, above = pending.pop()
        if id(node) in above:
            raise ShapeError(path, "an alias stands inside of what it stands for")
        if id(node) in seen:
            continue
        seen.add(id(node))
        keys: set[str] = set()
        for key, where, value in _pairs(node):
            inner = (*path, int(key) if where is value else key)
            if key in keys and where is not value:
                raise ShapeError(inner, f"the key {key!r} stands here twice")
            keys.add(key)
            pending.append((value, inner, above | {id(node)}))


def _yaml_message(path: object, content: bytes, error: yaml.YAMLError) -> str:
    mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
    position = getattr(error, "position", None)
    if mark is not None:
        line = mark.line + 1
    else:
        line = content[:position].count(b"\n") + 1 if isinstance(position, int) else 1
    problem = getattr(error, "problem", None) or getattr(error, "reason", None) or "it cannot be read"
    context = getattr(error, "context", None)
    return f"{path}:{line}: broken YAML: {f'{context}, ' if context else ''}{problem}"


def dump(data: object) -> str:
    """YAML text of plain data, keys in the order given."""
    import yaml

    dumper = getattr(yaml, "CSafeDumper", yaml.SafeDumper)
    text: str = yaml.dump(data, Dumper=dumper, sort_keys=False, allow_unicode=True, width=120)
    return text


__all__ = ["Document", "dump"]
