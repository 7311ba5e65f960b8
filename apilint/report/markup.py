"""Text that others wrote -> markdown and HTML that say it and do nothing else."""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Iterable, Iterator

from apilint.report.terminal import one_line, printable

_MEANT = re.compile(r"[\\`*_|<>\[\]~$]")
# A host turns these into mails to people and into links from other issues, unless something stands in between.
_CALLING = re.compile(r"(?<=[@#!])(?=\w)")
_BETWEEN = "\N{ZERO WIDTH SPACE}"
_QUOTED = re.compile(r"(?<!\w)'([^'\n]+)'(?!\w)|`([^`\n]+)`")
# GitHub takes 65,536 characters of a comment; there is more to say than the blocks.
_ROOM = 60_000
_TICKS = re.compile(r"`+")


def escaped(text: str) -> str:
    """Markdown that shows the text."""
    shown = _MEANT.sub(r"\\\g<0>", one_line(text).replace("&", "&amp;"))
    return _CALLING.sub(_BETWEEN, shown)


def code(text: str) -> str:
    """Markdown that shows the text as code."""
    text = one_line(text).strip()
    if not text:
        return ""
    fence = "`" * _longest(text, 1)
    room = " " if text[0] == "`" or text[-1] == "`" else ""
    return f"{fence}{room}{text}{room}{fence}"


def cell(text: str) -> str:
    """The same in a cell of a table, where a bar ends the cell."""
    return code(text).replace("|", "\\|")


def fenced(source: str, language: str = "") -> str:
    """Markdown that shows lines of code."""
    fence = "`" * _longest(source, 3)
    return f"{fence}{language}\n{source}\n{fence}"


def fitting(blocks: Iterable[str]) -> list[str]:
    """The first blocks, as many as there is room for in a comment."""
    room, kept = _ROOM, []
    for block in blocks:
        room -= len(block) + 2
        if room < 0:
            break
        kept.append(block)
    return kept


def sentence(message: str) -> str:
    """Markdown of a message: what it quotes as code."""
    return "".join(_pieces(message, code, escaped))


def html_text(text: str) -> str:
    """HTML that shows the text."""
    return _CALLING.sub(_BETWEEN, html.escape(one_line(text)))


def html_code(text: str) -> str:
    """HTML that shows the text as code."""
    return f"<code>{html.escape(one_line(text))}</code>"


def html_sentence(message: str) -> str:
    """HTML of a message: what it quotes as code."""
    return "".join(_pieces(message, html_code, html_text))


def xml_text(text: str) -> str:
    """XML that shows lines of text, in an element or in an attribute."""
    return "\n".join(html.escape(printable(line)) for line in text.split("\n"))


def _pieces(message: str, coded: Callable[[str], str], plain: Callable[[str], str]) -> Iterator[str]:
    message, end = one_line(message), 0
    for match in _QUOTED.finditer(message):
        yield plain(message[end : match.start()])
        yield coded(match[1] or match[2])
        end = match.end()
    yield plain(message[end:])


def _longest(text: str, least: int) -> int:
    """How many backticks make a fence that the text does not end."""
    return max((len(run) + 1 for run in _TICKS.findall(text)), default=least) if "`" in text else least
