"""Regular expressions that are compiled when they are first used: the rules have three hundred, and to compile them all
takes as long as to lint a file, which needs a tenth of them."""

from __future__ import annotations

import re
from typing import Any, cast


def regex(pattern: str, flags: int = 0) -> re.Pattern[str]:
    """As `re.compile`; a mistake in the pattern shows when it is first used."""
    return cast("re.Pattern[str]", _Uncompiled(pattern, flags))


class _Uncompiled:
    """Stands for a compiled pattern, whose methods become its own when one is first asked for."""

    def __init__(self, pattern: str, flags: int) -> None:
        self.pattern = pattern
        self._flags = flags

    def __getattr__(self, name: str) -> Any:
        compiled = re.compile(self.pattern, self._flags)
        vars(self).update(
            search=compiled.search,
            match=compiled.match,
            fullmatch=compiled.fullmatch,
            finditer=compiled.finditer,
            findall=compiled.findall,
            sub=compiled.sub,
        )
        return getattr(compiled, name)


__all__ = ["regex"]
