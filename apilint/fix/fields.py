"""Serializers whose Meta does not say which fields -> those of the model that are no secrets, by name."""

from __future__ import annotations

from collections.abc import Iterator

from apilint.checks.sensitive import Sensitive
from apilint.fix.concrete import cst
from apilint.fix.edits import Declined, TextEdit
from apilint.fix.site import Site, replacing
from apilint.frameworks.serializers import Serializer, serializers

LIMIT = 120


def listed(site: Site) -> Iterator[TextEdit]:
    """The assignment at the finding, as `fields = [...]`."""
    part = site.part
    node = part.at(cst.Assign, site.start, site.end)
    names = _fields(site, _serializer(site))
    opening, closing = "()" if isinstance(node.value, cst.Tuple) else "[]"
    quoted = [f'"{name}"' for name in names]
    text = f"fields = {opening}{', '.join(quoted)}{',' if opening == '(' and len(quoted) == 1 else ''}{closing}"
    indent, newline = site.indent(site.start).decode(), site.newline.decode()
    if len(indent) + len(text) > LIMIT:
        inner = "".join(f"{newline}{indent}    {name}," for name in quoted)
        text = f"fields = {opening}{inner}{newline}{indent}{closing}"
    yield replacing(site.start, site.end, text)


def _serializer(site: Site) -> Serializer:
    found = site.project.once("serializers", lambda: serializers(site.project.program))
    for each in found:
        if (each.at.file, each.at.start, each.at.end) == (site.module.file, site.start, site.end):
            return each
    raise Declined("its serializer could not be found")


def _fields(site: Site, serializer: Serializer) -> list[str]:
    model = serializer.model
    if model is None or model.span is None:
        raise Declined("the fields of its model are not in the source")
    if any(field.span is None for field in model.fields):
        raise Declined("some fields of its model come from a library")
    sensitive = Sensitive(site.project)
    declared = [each.name for each in serializer.declared]
    hidden = {field.name for field in model.fields if sensitive.is_field(field.name, field.type)}
    names = [field.name for field in model.fields if field.name not in hidden and field.name not in serializer.excluded]
    key = [] if "id" in names or any("primary_key" in field.type for field in model.fields) else ["id"]
    found = list(dict.fromkeys([*key, *names, *declared]))
    if not names:
        raise Declined("nothing is left to show")
    return found


__all__ = ["listed"]
