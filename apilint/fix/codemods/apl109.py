"""A guard mixin behind the view -> before it; a function's decorator on a method -> inside `method_decorator`."""

from __future__ import annotations

from collections.abc import Iterator

from apilint.checks.mixins import Ancestry
from apilint.fix import imports
from apilint.fix.concrete import cst
from apilint.fix.edits import Declined, TextEdit
from apilint.fix.site import Site, inserting, replacing
from apilint.startup import attributes
from apilint.startup.values import ClassValue

SAFE = True


def fix(site: Site) -> Iterator[TextEdit]:
    """The bases in another order, or the decorator wrapped."""
    cls = next((each for each in site.module.classes if each.facts.start == site.start), None)
    if cls is not None:
        yield from _reordered(site)
        return
    wrapper = imports.named(site, "django.utils.decorators", "method_decorator")
    yield from wrapper.edits
    yield inserting(site.start, f"{wrapper.spelling}(")
    yield inserting(site.end, ")")


def _reordered(site: Site) -> Iterator[TextEdit]:
    part = site.part
    node = next(
        each for each, start, end in part.nodes(cst.ClassDef) if start <= site.start < end and _is_at(site, start)
    )
    bases = [base.value for base in node.bases]
    if any(base.star or base.keyword is not None for base in node.bases):
        raise Declined("its bases are not written out")
    order = _order(site, len(bases))
    texts = [_with_comment(site, *part.span(base)) for base in node.bases]
    if any(comment for _, _, _, comment in texts) and len({text[3] is None for text in texts}) > 1:
        pass
    for slot, source in enumerate(order):
        if slot == source:
            continue
        yield replacing(*part.span(bases[slot]), part.code(bases[source]))
        (here_start, here_end, _, here), (_, _, there_text, there) = texts[slot], texts[source]
        if here != there:
            if here_start == here_end and there:
                yield inserting(here_start, f"  {there_text}")
            else:
                yield replacing(here_start, here_end, there_text)


def _is_at(site: Site, start: int) -> bool:
    """A class's own span starts at its first decorator or at `class`."""
    return site.text[start : site.start].strip() == b"" or site.text[start : start + 1] == b"@"


def _with_comment(site: Site, start: int, end: int) -> tuple[int, int, str, str]:
    """The comment behind a base that ends its line: start, end, text, text."""
    line_end = site.line_end(end - 1)
    rest = site.text[end:line_end].decode()
    head, mark, comment = rest.partition("#")
    if not mark or head.strip(" \t") not in ("", ","):
        at = end + len(head.rstrip("\r\n").rstrip().encode())
        return at, at, "", ""
    begin = end + len(head.encode())
    text = (mark + comment).rstrip()
    return begin, begin + len(text.encode()), text, text


def _order(site: Site, count: int) -> list[int]:
    """The positions of the bases as they should stand: the guards before the first view."""
    project = site.project
    cls = next(
        value
        for (file, _), value in project.program.machine.classes.items()
        if file == site.module.file and value.cls.facts.start == site.start
    )
    ancestry = Ancestry(project, site.params["views"])
    values = attributes.bases(project.program.machine, cls)
    if len(values) != count or not isinstance(cls, ClassValue):
        raise Declined("its bases could not all be resolved")
    first = next(i for i, base in enumerate(values) if ancestry.has_view(base))
    guards = [i for i in range(first + 1, count) if ancestry.guard_in(values[i]) is not None]
    rest = [i for i in range(first, count) if i not in guards]
    return [*range(first), *guards, *rest]
