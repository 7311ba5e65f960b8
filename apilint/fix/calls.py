"""Arguments of calls: taken out with their comma, and put in the way the call is laid out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from apilint.fix.edits import Declined, TextEdit
from apilint.fix.site import Part, Site, inserting, removing, replacing

if TYPE_CHECKING:
    import libcst


def without(site: Site, part: Part, call: libcst.Call, argument: libcst.Arg) -> TextEdit:
    """A call without one of its arguments; on a line of its own the argument takes the line with it."""
    spans = [part.span(each) for each in call.args]
    index = next(i for i, each in enumerate(call.args) if each is argument)
    start, end = spans[index]
    close = part.span(call)[1] - 1
    following = spans[index + 1][0] if index + 1 < len(spans) else close
    comma = site.text.find(b",", end, following)
    if "#" in site.source(end, following).partition(chr(10))[2]:
        raise Declined("a comment below it may speak of it")
    line_end = site.line_end(end - 1)
    if site.starts_line(start) and following >= line_end and (comma >= 0 or index + 1 == len(spans)):
        return removing(site.line_start(start), line_end)
    if index + 1 < len(spans):
        return removing(start, following)
    if index == 0:
        return removing(start, end if comma < 0 else comma + 1)
    if "#" in site.source(spans[index - 1][1], start):
        raise Declined("a comment stands before it")
    return removing(spans[index - 1][1], end)


def with_keyword(site: Site, part: Part, call: libcst.Call, text: str) -> list[TextEdit]:
    """A call with one more argument at its end."""
    close = part.span(call)[1] - 1
    if not call.args:
        return [inserting(close, text)]
    start, end = part.span(call.args[-1])
    if call.args[-1].star == "**":
        return [inserting(start, f"{text}, ")]
    return appended(site, start, end, close, text)


def with_value(site: Site, part: Part, call: libcst.Call, name: str, value: str) -> list[TextEdit]:
    """A call in which an argument has this value: put in the place of another, or added."""
    given = keyword(call, name)
    if given is not None:
        return [replacing(*part.span(given.value), value)]
    return with_keyword(site, part, call, f"{name}={value}")


def with_keywords(site: Site, part: Part, call: libcst.Call, texts: Sequence[str]) -> list[TextEdit]:
    """A call with several more, each on a line of its own where the arguments stand so."""
    last = part.span(call.args[-1])[0] if call.args else site.start
    is_tall = bool(call.args) and site.starts_line(last)
    between = f",{site.newline.decode()}{site.indent(last).decode()}" if is_tall else ", "
    return with_keyword(site, part, call, between.join(texts))


def keyword(call: libcst.Call, name: str) -> libcst.Arg | None:
    """The argument that is given by this name."""
    return next((each for each in call.args if each.keyword is not None and each.keyword.value == name), None)


def appended(site: Site, start: int, end: int, close: int, text: str) -> list[TextEdit]:
    """One item more in something between brackets, behind the last one, laid out as that is: `start` and `end` are its
    own, `close` is where the closing bracket stands."""
    comma = site.text.find(b",", end, close)
    if not site.starts_line(start):
        return [inserting(end, f", {text}")] if comma < 0 else [inserting(comma + 1, f" {text},")]
    if not site.starts_line(close):
        below = f"{site.newline.decode()}{site.indent(start).decode()}{text}"
        return [inserting(end, f",{below}")] if comma < 0 else [inserting(comma + 1, f"{below},")]
    at = site.line_end((end if comma < 0 else comma + 1) - 1)
    line = f"{site.indent(start).decode()}{text}{'' if comma < 0 else ','}{site.newline.decode()}"
    return [inserting(at, line)] if comma >= 0 else [inserting(end, ","), inserting(at, line)]


__all__ = ["appended", "keyword", "with_keyword", "with_keywords", "with_value", "without"]
