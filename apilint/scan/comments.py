"""Comments that speak to apilint -> directives."""

from __future__ import annotations

from array import array

from tree_sitter import Node

from apilint.facts import Directive


def directives(root: Node, text: bytes, lines: array[int]) -> tuple[Directive, ...]:
    """The directives of a file."""
    return ()
