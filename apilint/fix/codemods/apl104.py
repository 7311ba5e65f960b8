"""A policy decorator that `@api_view` cannot read -> right below `@api_view`."""

from __future__ import annotations

from collections.abc import Iterator

from apilint.fix.decorators import Decorators
from apilint.fix.edits import Declined, TextEdit
from apilint.fix.site import Site

SAFE = True


def fix(site: Site) -> Iterator[TextEdit]:
    """The lines of the policy decorator, moved."""
    decorators = Decorators(site)
    for place in site.places():
        index = decorators.index_at(site.offsets(place)[0])
        if index is not None and index != decorators.index:
            return decorators.to_below(index)
    raise Declined("the view is made elsewhere")
