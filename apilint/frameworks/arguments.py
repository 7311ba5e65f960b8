"""The arguments of a recorded call by the names of its parameters."""

from __future__ import annotations

from collections.abc import Sequence

from apilint.startup.values import Value


def by_name(names: Sequence[str], args: Sequence[Value], kwargs: dict[str, Value]) -> dict[str, Value]:
    """Positional arguments under the names of their parameters, and the keyword arguments."""
    return {**dict(zip(names, args, strict=False)), **kwargs}
