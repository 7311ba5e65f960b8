"""libcst, loaded when a codemod first asks for something in it: to say what could be mended takes no parser."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import libcst as cst
else:

    class _Lazy:
        """Stands for the module until one of its names is wanted."""

        def __getattr__(self, name: str) -> Any:
            return getattr(importlib.import_module("libcst"), name)

    cst = _Lazy()

__all__ = ["cst"]
