"""Files of a project -> whether a file is a copy of other people's code: a finding in it is right, and whoever keeps
the copy does not mend it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable

_NAMED = re.compile(r"(^|/)(_?vendor(ed)?|third_?party)/")
# Packages that nobody writes anew: a folder with several of them holds libraries, whatever it is called.
_LIBRARIES = frozenset(
    """
    attr attrs babelfish bottle boto boto3 botocore bs4 certifi chardet charset_normalizer cherrypy click
    colorama dateutil dogpile enzyme feedparser future guessit html5lib httplib2 idna importlib_metadata jinja2
    jsonrpclib mako markupsafe msgpack oauthlib packaging past pkg_resources pyparsing pytz rebulk requests
    requests_oauthlib setuptools simplejson six soupsieve stevedore subliminal tomli tornado typing_extensions
    tzlocal urllib3 webencodings werkzeug wrapt yaml
    """.split()
)
_ENOUGH = 3


def vendored(files: Iterable[str]) -> Callable[[str], bool]:
    """What tells of a file, relative to the root, whether it is a copy; `files` are all modules of the project."""
    held: dict[str, set[str]] = {}
    for file in files:
        *folders, last = file.split("/")
        for depth, name in enumerate((*folders, last.removesuffix(".py"))):
            if depth and name in _LIBRARIES:
                held.setdefault("/".join(folders[:depth]), set()).add(name)
    copies = tuple(sorted(f"{folder}/" for folder, names in held.items() if len(names) >= _ENOUGH))

    def is_copy(file: str) -> bool:
        return _NAMED.search(file) is not None or (bool(copies) and file.startswith(copies))

    return is_copy


__all__ = ["vendored"]
