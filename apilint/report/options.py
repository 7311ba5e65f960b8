"""How a report is to be rendered: everything that a format may want to know and that is no finding."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Literal

import msgspec

from apilint.report.rows import RouteRow

EPOCH = "1970-01-01T00:00:00"


def no_sources(_file: str) -> str | None:
    """A `sources` that knows no file."""
    return None


def no_moment() -> str:
    """A `moment` where no commit is known."""
    return EPOCH


class RenderOptions(msgspec.Struct, frozen=True, kw_only=True):
    """What formats may vary by. Every format ignores what it has no use for.

    `width` is the terminal's, 0 where there is none (nothing is cut then). `path_prefix` is the project root
    relative to the repository's root (`""`, or `services/shop`): SARIF and GitHub speak of files of the
    repository. `sources` returns a file's text exactly as it is on disk, decoded as UTF-8 with undecodable
    bytes replaced, byte order mark and line endings kept (GitHub's line hashes are computed over that), or
    None. `execution_successful` and `exit_code` describe the run in SARIF. `project` is what people call the program,
    `routes` are for formats that show them, and `moment` says when the commit was made, in UTC, for formats that must
    name a time.
    """

    version: str = "0"
    project: str = ""
    color: bool = False
    width: int = 0
    verbose: bool = False
    statistics: bool = False
    path_prefix: str = ""
    sources: Callable[[str], str | None] = no_sources
    repository_uri: str | None = None
    revision: str | None = None
    branch: str | None = None
    information_uri: str = "https://pypi.org/project/apilint/"
    sarif_category: str = "apilint/"
    sarif_suppressed: Literal["omit", "include"] = "omit"
    execution_successful: bool = True
    exit_code: int | None = None
    routes: Sequence[RouteRow] = ()
    moment: Callable[[], str] = no_moment
