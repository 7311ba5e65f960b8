"""The parser's language, and its node kinds by name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeVar

import tree_sitter_python
from tree_sitter import Language

T = TypeVar("T")

LANGUAGE = Language(tree_sitter_python.language())

ERROR = 65535
"""The kind of what the parser skipped or could not place."""


def named(name: str) -> int:
    """The number of a named node kind. Unknown to older grammars: -1."""
    kind = LANGUAGE.id_for_node_kind(name, True)
    return -1 if kind is None else kind


def token(text: str) -> int:
    """The number of a keyword or punctuation mark."""
    kind = LANGUAGE.id_for_node_kind(text, False)
    return -1 if kind is None else kind


def tokens() -> dict[int, str]:
    """The text of every keyword and punctuation mark."""
    return {
        kind: LANGUAGE.node_kind_for_id(kind) or ""
        for kind in range(LANGUAGE.node_kind_count)
        if not LANGUAGE.node_kind_is_named(kind)
    }


def by_kind(handlers: Mapping[str, T], other: T, mark: T) -> dict[int, T]:
    """Handlers by number of the node kind: `other` for named kinds without one, `mark` for tokens and errors."""
    table = {kind: other if LANGUAGE.node_kind_is_named(kind) else mark for kind in range(LANGUAGE.node_kind_count)}
    table[ERROR] = mark
    table.update((named(name), handler) for name, handler in handlers.items())
    return table
