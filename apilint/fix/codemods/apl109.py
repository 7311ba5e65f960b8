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
    """Each base takes the comment behind it along; commas and line breaks stay where they are."""
    part = site.part
    node = part.around(cst.ClassDef, site.start, site.end)
    if node is None or any(base.star or base.keyword is not None for base in node.bases):
        raise Declined("its bases are not written out")
    spans = [part.span(base) for base in node.bases]
    comments = [_comment(site, *span) for span in spans]
    for slot, source in enumerate(_order(site, len(spans))):
        if slot == source:
            continue
        yield replacing(*part.span(node.bases[slot].value), part.code(node.bases[source].value))
        (start, end, here), (_, _, there) = comments[slot], comments[source]
        if here != there:
            yield replacing(start, end, there)


def _comment(site: Site, start: int, end: int) -> tuple[int, int, str]:
    """The comment behind a base that ends its line, with the white space before it, or where it would be: start, end,
    text."""
    rest = site.source(end, site.line_end(end - 1)).rstrip()
    head, mark, _ = rest.partition("#")
    if head.strip(" \t") not in ("", ","):
        return end, end, ""
    text = rest[len(head.rstrip()) :] if mark else ""
    begin = end + len(head.rstrip().encode())
    return begin, begin + len(text.encode()), text


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
