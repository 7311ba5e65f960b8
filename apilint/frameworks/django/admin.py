"""A project's own pages in an admin site: patterns of its `get_urls`, and the library's pages written anew."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from apilint.facts import Span
from apilint.frameworks.django.models import app_label
from apilint.frameworks.django.patterns import Pattern
from apilint.frameworks.django.settings import Settings
from apilint.frameworks.django.urlconf import ADMIN_CLASSES, ADMIN_SITES, AdminSite, Leaf, Scope, Tree
from apilint.startup import attributes
from apilint.startup.core import Core, Extensions, OutOfBudget
from apilint.startup.values import (
    Attr,
    ClassValue,
    External,
    FunctionValue,
    Instance,
    Known,
    Result,
    Seq,
    Value,
    Wrapped,
    unwrap,
)

MODEL_ADMINS = (
    "django.contrib.admin.ModelAdmin",
    "django.contrib.admin.options.ModelAdmin",
    "django.contrib.auth.admin.UserAdmin",
    "django.contrib.auth.admin.GroupAdmin",
)
REGISTER = frozenset({"django.contrib.admin.register", "django.contrib.admin.decorators.register"})
ADMIN_VIEW = "django.contrib.admin.sites.AdminSite.admin_view"
# As in `ModelAdmin.get_urls` and `AdminSite.get_urls`.
MODEL_PAGES = {
    "changelist_view": "",
    "add_view": "add/",
    "history_view": "<path:object_id>/history/",
    "delete_view": "<path:object_id>/delete/",
    "change_view": "<path:object_id>/change/",
}
SITE_PAGES = {
    "index": "",
    "login": "login/",
    "logout": "logout/",
    "password_change": "password_change/",
    "password_change_done": "password_change/done/",
    "autocomplete_view": "autocomplete/",
    "i18n_javascript": "jsi18n/",
}
FOR_STRANGERS = "login"


class Registered(msgspec.Struct):
    """A model in an admin site, with the class that shows it; `site` is None for the site that Django makes."""

    model: Value
    cls: ClassValue
    site: Value | None


def teach(extensions: Extensions) -> None:
    """What the library's methods give to a project that extends them: nothing of the library's own is listed."""
    for name in (*MODEL_ADMINS, *ADMIN_CLASSES):
        extensions.methods[f"{name}.get_urls"] = _no_urls
    for name in ADMIN_CLASSES:
        extensions.methods[f"{name}.admin_view"] = _admin_view


def _no_urls(machine: Core, base: Value, args: list[Value], kwargs: dict[str, Value], span: Span) -> Value | None:
    return Seq("list", [], span=span)


def _admin_view(machine: Core, base: Value, args: list[Value], kwargs: dict[str, Value], span: Span) -> Value | None:
    view = args[0] if args else kwargs.get("view")
    return None if view is None else _for_staff(view, span)


def _for_staff(view: Value, span: Span) -> Wrapped:
    return Wrapped(view, External(ADMIN_VIEW), span, None)


def pages(machine: Core, settings: Settings, leaf: Leaf) -> Iterator[Leaf]:
    """The project's own pages of one admin site: first the site's, then those of each model."""
    if not isinstance(leaf.view, AdminSite):
        return
    tree = Tree(machine)
    site = leaf.view.value
    if isinstance(site, Instance):
        for pattern in _own(machine, site, SITE_PAGES, ""):
            yield from _below(tree, leaf, pattern, "")
    for entry in _registered(machine, site):
        made = Instance(entry.cls, [], {}, entry.cls.cls.span, machine.next_order())
        made.attrs.update(model=entry.model, admin_site=_as_object(site, leaf.span))
        where = _place(machine, settings, entry.model)
        if where:
            for pattern in _own(machine, made, MODEL_PAGES, where.replace("/", "_")):
                yield from _below(tree, leaf, pattern, where)


def _below(tree: Tree, leaf: Leaf, pattern: Value, where: str) -> Iterator[Leaf]:
    scope = Scope(leaf.path + where, leaf.namespaces, leaf.conditions, leaf.wrappers)
    yield from tree.leaves(pattern, scope)


def _own(machine: Core, made: Instance, library_pages: dict[str, str], prefix: str) -> Iterator[Value]:
    """The patterns of an object's own `get_urls`, and one for each of the library's pages that its class replaces;
    `prefix` begins their names."""
    if (own := _method(machine, made, "get_urls")) is not None:
        try:
            yield machine.call(own, [], {}, made.span)
        except OutOfBudget:
            return
    for name, route in library_pages.items():
        method = _method(machine, made, name)
        if method is not None:
            span = made.cls.cls.span
            view = method if name == FOR_STRANGERS else _for_staff(method, span)
            label = Known(prefix + name.removesuffix("_view"))
            yield Pattern(machine, "path", Known(route), view, label, span, machine.conditions)


def _method(machine: Core, made: Instance, name: str) -> Value | None:
    """A method that the project wrote, bound to the object."""
    found = attributes.own(machine, made.cls, name)
    if found is None:
        return None
    bound = attributes.get(machine, made, name, made.span)
    return bound if isinstance(unwrap(bound), FunctionValue) else None


def _as_object(site: Value, span: Span) -> Value:
    """The site as models' pages have it; the one that Django makes is an object like any other."""
    return site if isinstance(site, (Instance, Result)) else Result(External(min(ADMIN_CLASSES)), [], {}, span, 0, ())


# ----------------------------------------------------------------------------------------- registrations


def _registered(machine: Core, site: Value) -> Iterator[Registered]:
    for result in machine.results:
        for entry in _entries(result):
            if (entry.site is None and isinstance(site, External)) or entry.site is site:
                yield entry


def _entries(result: Result) -> Iterator[Registered]:
    """What `@admin.register(Model, …)` and `site.register(Model, ModelAdmin)` put into a site."""
    callee = result.callee
    if isinstance(callee, External) and callee.name in REGISTER:
        classes = [unwrap(use.args[0]) for use in result.events if use.callee is result and use.args]
        models, site = result.args, result.kwargs.get("site")
    elif (found := _registering(callee)) is not None:
        given = result.args[1] if len(result.args) > 1 else result.kwargs.get("admin_class")
        classes = [unwrap(given)] if given is not None else []
        models, site = result.args[:1], found
    else:
        return
    default = site is None or (isinstance(site, External) and site.name in ADMIN_SITES)
    for model in [item for value in models for item in (value.items if isinstance(value, Seq) else [value])]:
        for cls in classes:
            if isinstance(cls, ClassValue):
                yield Registered(model, cls, None if default else site)


def _registering(callee: Value) -> Value | None:
    """The site whose `register` is called."""
    if isinstance(callee, External) and callee.name.removesuffix(".register") in ADMIN_SITES:
        return External(callee.name.removesuffix(".register"))
    return callee.base if isinstance(callee, Attr) and callee.name == "register" else None


# ----------------------------------------------------------------------------------------- paths


def _place(machine: Core, settings: Settings, model: Value) -> str:
    """`app_label/model_name/`; empty when the model is not known."""
    model = unwrap(model)
    if isinstance(model, ClassValue):
        return f"{app_label(machine, model)}/{model.cls.name.lower()}/"
    if isinstance(model, External) and ".models." in model.name:
        app, _, name = model.name.partition(".models.")
        return f"{app.rpartition('.')[2]}/{name.rpartition('.')[2].lower()}/"
    if isinstance(model, Result) and isinstance(model.callee, External):
        user = settings.text("AUTH_USER_MODEL") if model.callee.name.endswith(".get_user_model") else None
        return f"{user.replace('.', '/').lower()}/" if user else ""
    return ""


__all__ = ["ADMIN_VIEW", "pages", "teach"]
