"""Places -> where they are: paths in the repository, the pages of its host; and the pages that a rule refers to."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable, Iterator
from urllib.parse import quote

from apilint.report.options import RenderOptions

_SCP_LIKE = re.compile(r"(?:[^@/:]+@)?(?P<host>[^@/:]+):(?P<path>[^/].*)\Z")
_USER = re.compile(r"(?<=://)[^/@]*@")
# What stands between a repository and a revision, by a word in the host's name.
_PAGES = (("github", "blob"), ("gitlab", "-/blob"))
_ADDRESS = re.compile(r"https?://[^\s>)]+")


def in_repository(file: str, options: RenderOptions) -> str:
    """A file of the project as a path from the root of the repository."""
    return posixpath.normpath(posixpath.join(options.path_prefix, file))


def web_address(remote: str) -> str:
    """A git remote as an address that can be shown: `git@host:path` becomes `https://host/path`, credentials go."""
    match = _SCP_LIKE.match(remote)
    return f"https://{match['host']}/{match['path']}" if match and "://" not in remote else _USER.sub("", remote)


def page(file: str, line: int, options: RenderOptions) -> str:
    """The address under which the repository's host shows a line; empty where host or revision are not known."""
    base = web_address(options.repository_uri or "").removesuffix(".git").rstrip("/")
    host = base.partition("://")[2].partition("/")[0]
    between = next((pages for word, pages in _PAGES if word in host), "")
    if not between or not options.revision or not base.startswith("https://"):
        return ""
    path = quote(in_repository(file, options).encode("utf-8", "surrogateescape"), safe="/")
    return f"{base}/{between}/{options.revision}/{path}" + (f"#L{line}" if line > 0 else "")


def addresses(references: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Title and address of what a rule refers to.

    A reference without an address is text: where the rule was found in published code.
    """
    for reference in references:
        found = _ADDRESS.search(reference)
        if found is not None:
            yield reference[: found.start()].strip(" :<(-") or found[0], found[0]
