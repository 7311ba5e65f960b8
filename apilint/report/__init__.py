"""Report -> text: one module a format, each with `render(report, options) -> str`, found by walking this package."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from apilint.finding import Report
    from apilint.report.options import RenderOptions

_SHARED = frozenset(
    {
        "catalogue",
        "drift",
        "links",
        "markup",
        "options",
        "routes",
        "rows",
        "skeleton",
        "specification",
        "summary",
        "terminal",
    }
)

FORMATS: tuple[str, ...] = tuple(
    sorted(module.name.replace("_", "-") for module in pkgutil.iter_modules(__path__) if module.name not in _SHARED)
)


def render(report: Report, name: str, *, options: RenderOptions) -> str:
    """Render a report in the format called `name`; ends with a line break. Raises ValueError for an unknown name."""
    if name not in FORMATS:
        raise ValueError(f"unknown format {name!r}: expected one of {', '.join(FORMATS)}")
    module = importlib.import_module(f"{__name__}.{name.replace('-', '_')}")
    function: Callable[[Report, RenderOptions], str] = module.render
    return function(report, options)
