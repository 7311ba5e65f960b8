"""Findings and `# apilint: ignore` comments -> findings with their suppression, and the comments that did nothing."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence

import msgspec

from apilint.facts import Directive
from apilint.finding import Finding, Suppression

UNUSED_IGNORE = "APL906"


class Unused(msgspec.Struct, frozen=True):
    """A directive that does nothing, or one word of it. `problem` is `unused`, `unknown` (no such rule) or
    `malformed`; `word` is the code as written, empty for a bare `ignore`."""

    file: str
    directive: Directive
    problem: str
    word: str
    message: str


class Suppressed(msgspec.Struct, frozen=True):
    """All findings in their order, and what there is to say of the directives, in the order of the files."""

    findings: tuple[Finding, ...]
    unused: tuple[Unused, ...]


def suppress(
    findings: Iterable[Finding],
    directives: Mapping[str, Sequence[Directive]],
    *,
    names: Mapping[str, str],
    enabled: Collection[str],
    narrowed: bool = False,
) -> Suppressed:
    """Suppress the findings that a directive on their statement names.

    `names` are those of all rules there are, by code, and `enabled` the codes of those that ran: an ignore for a
    rule that did not run is not unused. `narrowed` says that rules were left out which normally run; a bare
    `ignore` is not reported then, for it may be meant for those. Give all findings, also those below the precision
    shown.
    """
    lines = {file: _by_line(each) for file, each in directives.items()}
    used: set[tuple[str, int, str]] = set()
    result = []
    for finding in findings:
        on_line = lines.get(finding.place.file, {}).get(finding.place.line, ())
        hits = [(directive, word) for directive in on_line for word in _words(directive) if _names(word, finding)]
        used.update((finding.place.file, directive.start, word) for directive, word in hits)
        if hits and finding.suppression is None:
            finding = msgspec.structs.replace(finding, suppression=Suppression("inSource", hits[0][0].reason))
        result.append(finding)
    vocabulary = _Vocabulary(names, enabled, narrowed)
    unused = [
        found
        for file in sorted(directives)
        for directive in directives[file]
        for found in _unused(file, directive, used, vocabulary)
    ]
    return Suppressed(tuple(result), tuple(unused))


class _Vocabulary:
    """What the words of a directive can mean."""

    def __init__(self, names: Mapping[str, str], enabled: Collection[str], narrowed: bool) -> None:
        self.names = names
        self.enabled = frozenset(enabled)
        self.narrowed = narrowed

    def meant(self, word: str) -> list[str]:
        """The codes of the rules that a word names."""
        return [code for code, name in self.names.items() if _matches(word, code, name)]

    def nearest(self, word: str) -> str:
        """The code or name that a misspelt word is nearest to, or ""."""
        import difflib

        known = {spelling.casefold(): spelling for rule in self.names.items() for spelling in rule}
        near = difflib.get_close_matches(word.casefold(), sorted(known), n=1, cutoff=0.7)
        return known[near[0]] if near else ""


def _by_line(directives: Iterable[Directive]) -> Mapping[int, Sequence[Directive]]:
    lines: defaultdict[int, list[Directive]] = defaultdict(list)
    for directive in directives:
        if directive.kind == "ignore":
            for line in range(directive.first, directive.last + 1):
                lines[line].append(directive)
    return lines


def _words(directive: Directive) -> tuple[str, ...]:
    return directive.codes or ("",)


def _names(word: str, finding: Finding) -> bool:
    return not word or _matches(word, finding.code, finding.name)


def _matches(word: str, code: str, name: str) -> bool:
    """A word is a rule's code, its name, or a prefix of codes: letters, or letters and first digits."""
    word = word.casefold()
    return word == name.casefold() or (word[:3].isalpha() and code.casefold().startswith(word) and len(word) > 2)


def _unused(
    file: str, directive: Directive, used: Collection[tuple[str, int, str]], vocabulary: _Vocabulary
) -> Iterable[Unused]:
    if directive.kind == "unknown":
        message = "This comment speaks to apilint and says neither 'ignore[CODE]' nor 'public'."
        yield Unused(file, directive, "malformed", "", message)
    if directive.kind != "ignore":
        return
    for word in dict.fromkeys(_words(directive)):
        if (file, directive.start, word) not in used:
            problem, message = _problem(word, directive, vocabulary)
            if problem:
                yield Unused(file, directive, problem, word, message)


def _problem(word: str, directive: Directive, vocabulary: _Vocabulary) -> tuple[str, str]:
    """What is wrong with a word that ignored nothing: problem and message, or two empty strings."""
    where = (
        f"line {directive.first}" if directive.first == directive.last else f"lines {directive.first}-{directive.last}"
    )
    if not word:
        return ("", "") if vocabulary.narrowed else ("unused", f"This 'ignore' ignores nothing: no finding on {where}.")
    meant = vocabulary.meant(word)
    if not meant:
        nearest = vocabulary.nearest(word)
        hint = f"; did you mean '{nearest}'?" if nearest else "."
        return "unknown", f"No rule is called '{word}', so this 'ignore[{word}]' ignores nothing{hint}"
    if meant == [UNUSED_IGNORE] or not vocabulary.enabled.intersection(meant):
        return "", ""
    return "unused", f"This 'ignore[{word}]' ignores nothing: no finding of '{word}' on {where}."
