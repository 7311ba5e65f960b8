"""A permission that nobody reads -> under the name that REST framework reads, or as Django's own guard."""

from __future__ import annotations

from collections.abc import Iterator

from apilint.fix import imports
from apilint.fix.concrete import cst
from apilint.fix.edits import Declined, TextEdit
from apilint.fix.site import Site, inserting, removing, replacing

# The view works for nobody but those it was meant for, from now on.
SAFE = False
ATTRIBUTE = "permission_classes"


def fix(site: Site) -> Iterator[TextEdit]:
    """The attribute renamed; on a view of Django's, `LoginRequiredMixin` in its place."""
    part = site.part
    assign = part.at(cst.Assign, site.start, site.end)
    target = assign.targets[0].target
    if part.code(target) != ATTRIBUTE:
        yield replacing(*part.span(target), ATTRIBUTE)
        return
    classes = assign.value.elements if isinstance(assign.value, (cst.List, cst.Tuple)) else ()
    if [part.code(each.value).rpartition(".")[2] for each in classes] != ["IsAuthenticated"]:
        raise Declined("only a login has a guard of the same meaning among Django's own")
    owner = part.around(cst.ClassDef, site.start, site.end)
    if owner is None or not owner.bases or not isinstance(owner.body, cst.IndentedBlock) or len(owner.body.body) == 1:
        raise Declined("the class is nothing but this attribute")
    mixin = imports.named(site, "django.contrib.auth.mixins", "LoginRequiredMixin")
    yield from mixin.edits
    yield inserting(part.span(owner.bases[0])[0], f"{mixin.spelling}, ")
    yield removing(site.line_start(site.start), _end(site))


def _end(site: Site) -> int:
    """Behind the attribute and the empty line below it that parted it from the rest."""
    end = site.line_end(site.end - 1)
    head = site.line_start(site.start)
    above = site.text[:head].rstrip(b" \t\r\n").endswith(b":")
    below = site.text[end : site.line_end(end)]
    return site.line_end(end) if above and below and not below.strip() else end
