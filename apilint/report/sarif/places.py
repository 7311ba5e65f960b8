"""Places -> SARIF locations: files relative to the repository, percent-encoded, columns in code points."""

from __future__ import annotations

import posixpath
from functools import lru_cache
from urllib.parse import quote

import sarif_om as sarif

from apilint.finding import Place

ROOT = "%SRCROOT%"


@lru_cache(maxsize=4096)
def uri(file: str, prefix: str) -> str:
    """A file of the project as a relative reference from the repository's root."""
    path = posixpath.normpath(posixpath.join(prefix, file))
    return quote(path.encode("utf-8", "surrogateescape"), safe="/")


def location(
    place: Place, prefix: str, *, number: int = -1, message: str = "", snippet: bool = False
) -> sarif.Location:
    """A location; `number` is what links in messages refer to it by."""
    return sarif.Location(
        id=number,
        message=sarif.Message(text=message) if message else None,
        physical_location=sarif.PhysicalLocation(
            artifact_location=artifact(place.file, prefix), region=_region(place, snippet)
        ),
    )


def line_location(file: str, line: int, prefix: str) -> sarif.Location:
    """A file, or a line of it."""
    region = sarif.Region(start_line=line) if line > 0 else None
    physical = sarif.PhysicalLocation(artifact_location=artifact(file, prefix), region=region)
    return sarif.Location(physical_location=physical)


def artifact(file: str, prefix: str) -> sarif.ArtifactLocation:
    """A file."""
    return sarif.ArtifactLocation(uri=uri(file, prefix), uri_base_id=ROOT)


def _region(place: Place, snippet: bool) -> sarif.Region:
    first, column = max(place.line, 1), max(place.column, 1)
    last = max(place.end_line, first)
    end = max(place.end_column, column + 1 if last == first else 1)
    text = place.text[column - 1 : end - 1] if last == first else ""
    return sarif.Region(
        start_line=first,
        start_column=column,
        end_line=last,
        end_column=end,
        snippet=sarif.ArtifactContent(text=text) if snippet and text else None,
    )
