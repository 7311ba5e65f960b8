"""Views that describe an API, which a function of a library makes: `get_schema_view(public=True).with_ui("swagger")`.

They ask for the permissions that the function is handed, else for those of the settings
(https://www.django-rest-framework.org/api-guide/schemas/, https://drf-yasg.readthedocs.io/en/stable/readme.html)."""

from __future__ import annotations

from apilint.startup.values import Attr, External, Result, Value

# The class of the view, and the places of the authentication and of the permission classes among the arguments.
_MAKERS = {
    "drf_yasg.views.get_schema_view": ("drf_yasg.views.SchemaView", 7, 8),
    "drf_yasg2.views.get_schema_view": ("drf_yasg.views.SchemaView", 7, 8),
    "rest_framework.schemas.get_schema_view": ("rest_framework.schemas.views.SchemaView", 8, 9),
}
_OF_CLASS = frozenset({"with_ui", "without_ui", "as_cached_view", "as_view"})
_POLICIES = ("authentication_classes", "permission_classes")


def description(made: Result) -> tuple[Value, dict[str, Value]] | None:
    """The class of such a view and the options that it is made with; None for any other call."""
    callee = made.callee
    maker = callee.base if isinstance(callee, Attr) and callee.name in _OF_CLASS else made
    if not isinstance(maker, Result) or not isinstance(maker.callee, External) or maker.callee.name not in _MAKERS:
        return None
    cls, *places = _MAKERS[maker.callee.name]
    given = {
        name: maker.args[place] if place < len(maker.args) else maker.kwargs.get(name)
        for name, place in zip(_POLICIES, places, strict=True)
    }
    return External(cls), {name: value for name, value in given.items() if value is not None}


__all__ = ["description"]
