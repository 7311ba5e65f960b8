"""Identities of findings: apilint's own, which survives edits elsewhere, and GitHub's hash of a line."""

from __future__ import annotations

import hashlib
import re
from array import array
from collections import Counter, defaultdict
from collections.abc import Sequence
from itertools import accumulate

from apilint.finding import Finding

_CODE = re.compile(r"""(?:[^#'"\\]|\\.|"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')*""")
_BLANK = re.compile(r"\s+")

_WINDOW = 100
_FACTOR = 37
_WORD = (1 << 64) - 1
_OLDEST = pow(_FACTOR, _WINDOW, 1 << 64)
_END_OF_FILE = 65535
_LINE_FEED = 10


def fingerprints(findings: Sequence[Finding], enclosing: Sequence[str]) -> list[str]:
    """One fingerprint for each finding, `enclosing` naming the function or class that each stands in ("" for none).

    Made of rule, file, route or enclosing name, and the text of the line; equals are numbered in the order of
    the file. So it changes with what the finding says of the program, and not with line numbers, messages,
    precision, formatting or comments.
    """
    keys = [_key(finding, name) for finding, name in zip(findings, enclosing, strict=True)]
    equals: defaultdict[tuple[str, ...], list[int]] = defaultdict(list)
    for index, key in enumerate(keys):
        equals[key].append(index)
    result = [""] * len(keys)
    for key, indexes in equals.items():
        indexes.sort(key=lambda index: (findings[index].place.line, findings[index].place.column))
        for ordinal, index in enumerate(indexes):
            result[index] = _digest(*key, str(ordinal))
    return result


def line_hashes(text: str) -> list[str]:
    """GitHub's `primaryLocationLineHash` of every line of a file.

    A polynomial hash, modulo 2**64, of the 100 UTF-16 code units that follow the line's start, spaces and tabs
    left out and line breaks read as line feeds; an end mark and zeros follow the file's end. Equal hashes are
    numbered. GitHub's upload action (`src/fingerprints.ts` of github/codeql-action) computes the same and warns
    of every value that differs.
    """
    units = _code_units(text)
    starts = [0, *(index + 1 for index, unit in enumerate(units) if unit == _LINE_FEED)]
    units.append(_END_OF_FILE)
    units.extend([0] * _WINDOW)
    prefixes = list(accumulate(units, lambda value, unit: (value * _FACTOR + unit) & _WORD, initial=0))
    seen: Counter[int] = Counter()
    result = []
    for start in starts:
        value = (prefixes[start + _WINDOW] - prefixes[start] * _OLDEST) & _WORD
        seen[value] += 1
        result.append(f"{value:x}:{seen[value]}")
    return result


def _key(finding: Finding, enclosing: str) -> tuple[str, ...]:
    return finding.code, finding.place.file, finding.route or enclosing, normalised(finding.place.text)


def normalised(line: str) -> str:
    """A line without its comment, its white space and the choice of quotes."""
    code = _CODE.match(line)
    end = code.end() if code is not None else 0
    if line[end : end + 1] == "#":
        line = line[:end]
    return _BLANK.sub("", line).replace('"', "'")


def _digest(*parts: str) -> str:
    return hashlib.sha256("\0".join(parts).encode("utf-8", "surrogatepass")).hexdigest()[:32]


def _code_units(text: str) -> array[int]:
    text = text.replace("\r\n", "\n").replace("\r", "\n").replace(" ", "").replace("\t", "")
    units = array("H")
    units.frombytes(text.encode("utf-16-le", "surrogatepass"))
    return units
