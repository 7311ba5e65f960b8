"""Names -> whether they hold what no client and no log should see."""

from __future__ import annotations

from collections.abc import Iterable

from apilint.checks.exposed import words_of
from apilint.patterns import regex
from apilint.project import Project

# What is stored in these is a fact about a secret, or refers to it.
_FACTS = regex(
    r"(?i)(bool|int(eger)?|float|decimal|date|time|duration|foreign|onetoone|manytomany|file|image|url|uri|relationship|"
    r"related|enum|choice|method|readonly)"
)
# What may follow the secret's own word in the name of the secret itself; `token_issuer` is an issuer.
_STILL = regex(
    r"^(_?(hash(ed)?|digest|value|str|string|text|raw|plain|plaintext|hex|bytes|b64|base64|encrypted|confirm\w*|\d+))*$"
)
_SECRET_TYPE = regex(r"\bSecret(Str|Bytes)\b")


class Sensitive:
    """The names of secrets, from the library models."""

    def __init__(self, project: Project) -> None:
        names = project.knowledge.sections.get("names", {})
        sensitive = names.get("sensitive", {})
        self._matches = regex(sensitive.get("matches", r"(?!)"))
        self._known: dict[str, bool] = {}
        self._never = regex(sensitive.get("never", r"(?!)"))

    def is_name(self, name: str) -> bool:
        """Whether a field or variable of that name holds a secret."""
        if name not in self._known:
            self._known[name] = self._is_secret(words_of(name))
        return self._known[name]

    def _is_secret(self, words: str) -> bool:
        if self._never.search(words):
            return False
        return any(_STILL.match(words[found.end() :]) for found in self._matches.finditer(words))

    def is_field(self, name: str, type_: str = "") -> bool:
        """Whether a field holds a secret, by its name and by what may be stored in it."""
        if not self.is_name(name) or _SECRET_TYPE.search(type_):
            return False
        return name in ("is_superuser", "is_staff") or not _FACTS.search(type_)


def quoted(names: Iterable[str], limit: int = 3) -> str:
    """`password, token and 2 more`, to stand between single quotes."""
    listed = sorted(set(names))
    shown = ", ".join(listed[:limit])
    return shown if len(listed) <= limit else f"{shown} and {len(listed) - limit} more"


__all__ = ["Sensitive", "quoted"]
