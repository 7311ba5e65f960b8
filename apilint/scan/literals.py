"""The values of literals: text of strings and numbers -> Python values."""

from __future__ import annotations

import re
import unicodedata

MAX_TEXT = 65536
"""Longer strings are data, not code: they keep their beginning."""

_ESCAPE = re.compile(
    r"\\(?:(\r\n|[\n\r\\'\"abfnrtv])|([0-7]{1,3})|x([0-9a-fA-F]{2})"
    r"|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|N\{([^}]+)\})"
)
_BYTES_ESCAPE = re.compile(r"\\(?:(\r\n|[\n\r\\'\"abfnrtv])|([0-7]{1,3})|x([0-9a-fA-F]{2}))")
_SIMPLE = {
    "\\": "\\",
    "'": "'",
    '"': '"',
    "a": "\a",
    "b": "\b",
    "f": "\f",
    "n": "\n",
    "r": "\r",
    "t": "\t",
    "v": "\v",
    "\n": "",
    "\r": "",
    "\r\n": "",
}


def utf8(text: str) -> str:
    """Text as it was meant: the scanner reads files as Latin-1 so that positions are byte offsets."""
    return text.encode("latin-1").decode("utf-8", "replace")


def identifier(text: str) -> str:
    """An identifier with other letters than ASCII, as Python normalises it."""
    return unicodedata.normalize("NFKC", utf8(text))


def quoted(text: str) -> str:
    """What stands between the quotes."""
    size = 3 if text[:3] in ('"""', "'''") and len(text) >= 6 else 1
    return text[size:-size]


def content(body: str, raw: bool) -> str:
    """The value of a string's content."""
    if not body.isascii():
        body = utf8(body)
    if "\r" in body:
        body = body.replace("\r\n", "\n").replace("\r", "\n")
    if not raw and "\\" in body:
        body = _ESCAPE.sub(_character, body)
    return body[:MAX_TEXT]


def bytes_content(body: str, raw: bool) -> bytes:
    """The value of a bytes literal's content."""
    if "\r" in body:
        body = body.replace("\r\n", "\n").replace("\r", "\n")
    if not raw and "\\" in body:
        body = _BYTES_ESCAPE.sub(_byte, body)
    return body[:MAX_TEXT].encode("latin-1", "replace")


def number(text: str) -> int | float | None:
    """The value of a number, None if it is of an exotic kind. What does not fit in 64 bits becomes a float."""
    try:
        value = int(text, 0)
    except ValueError:
        return _real(text)
    if value < 2**64:
        return value
    try:
        return float(value)
    except OverflowError:
        return None


def _real(text: str) -> float | None:
    if text.replace("_", "").isdecimal():
        # Python 2's octal, or more digits than Python converts.
        return None
    try:
        return float(text)
    except ValueError:
        return None


def _character(match: re.Match[str]) -> str:
    simple, octal, *hexadecimal, name = match.groups()
    if simple is not None:
        return _SIMPLE[simple]
    if octal is not None:
        return chr(int(octal, 8))
    if name is not None:
        try:
            return unicodedata.lookup(name)
        except KeyError:
            return match.group()
    code = int(next(digits for digits in hexadecimal if digits is not None), 16)
    if code > 0x10FFFF:
        return match.group()
    # A lone surrogate is no text: it cannot be encoded.
    return "\ufffd" if 0xD800 <= code <= 0xDFFF else chr(code)


def _byte(match: re.Match[str]) -> str:
    simple, octal, hexadecimal = match.groups()
    if simple is not None:
        return _SIMPLE[simple]
    return chr(int(octal, 8) & 0xFF) if octal is not None else chr(int(hexadecimal, 16))
