"""Django's model classes at start-up: the application that each belongs to, and what `Model._meta` says of it.

`app_label` is the one that the class's own `Meta` names, else the label of the application whose package holds the
module (https://docs.djangoproject.com/en/stable/ref/models/options/#app-label)."""

from __future__ import annotations

from apilint.facts import Span
from apilint.frameworks.django.apps import REGISTRY, Registry
from apilint.startup import attributes
from apilint.startup.core import Core, Extensions
from apilint.startup.values import ClassValue, Instance, Known, Record, Value, text_of, unwrap

_MODELS = (
    "django.db.models.Model",
    "django.db.models.base.Model",
    "django.contrib.auth.models.AbstractUser",
    "django.contrib.auth.models.AbstractBaseUser",
    "django.contrib.auth.base_user.AbstractBaseUser",
    "mptt.models.MPTTModel",
    "polymorphic.models.PolymorphicModel",
    "treebeard.mp_tree.MP_Node",
)
_OPTIONS = ("app_label", "model_name", "object_name", "label", "label_lower")


def teach(extensions: Extensions) -> None:
    """What start-up code asks of a model: `Model._meta.app_label`."""
    for name in _MODELS:
        extensions.properties[f"{name}._meta"] = _meta


def _meta(machine: Core, base: Value, span: Span) -> Value | None:
    model = base.cls if isinstance(base, Instance) else base
    if not isinstance(model, ClassValue):
        return None
    app, name = app_label(machine, model), model.cls.name
    options = (app, name.lower(), name, f"{app}.{name}", f"{app}.{name.lower()}")
    return Record("tuple", [Known(option) for option in options], _OPTIONS)


def app_label(machine: Core, model: ClassValue) -> str:
    """The application of a model: as its `Meta` says, or the one whose package holds it."""
    meta = unwrap(attributes.namespace(machine, model).vars.get("Meta", Known(None)))
    if isinstance(meta, ClassValue):
        given = attributes.in_class(machine, meta, "app_label")
        text = text_of(given[0]) if given is not None else None
        if text:
            return text
    module = model.cls.module.name
    registry = machine.substitutes.get(REGISTRY)
    configs = registry.configs() if isinstance(registry, Registry) else []
    named = [(text_of(_part(machine, c, "name")) or "", text_of(_part(machine, c, "label")) or "") for c in configs]
    holding = [entry for entry in named if entry[0] and f"{module}.".startswith(f"{entry[0]}.")]
    if holding:
        return max(holding, key=lambda entry: len(entry[0]))[1]
    return module.partition(".models")[0].rpartition(".")[2]


def _part(machine: Core, config: Value, name: str) -> Value:
    return machine.attribute(config, name, Span("", 0, 0))


__all__ = ["app_label", "teach"]
