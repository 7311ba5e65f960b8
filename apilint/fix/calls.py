"""Arguments of calls: taken out with their comma, and put in the way the call is laid out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from apilint.fix.edits import Declined, TextEdit
from apilint.fix.site import Part, Site, inserting, removing

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


def with_keyword(site: Site, part: Part, call: libcst.Call, text: str) -> TextEdit:
    """A call with one more argument at its end."""
    close = part.span(call)[1] - 1
    if not call.args:
        return inserting(close, text)
    start, end = part.span(call.args[-1])
    comma = site.text.find(b",", end, close)
    if site.starts_line(start) and site.starts_line(close):
        lead = (site.newline + site.indent(start)).decode()
        return (
            inserting(end if comma < 0 else comma, f",{lead}{text}")
            if comma < 0
            else inserting(comma + 1, f"{lead}{text},")
        )
    if call.args[-1].star == "**":
        return inserting(start, f"{text}, ")
    return inserting(end, f", {text}")


__all__ = ["with_keyword", "without"]
