"""The application registry: the configurations behind INSTALLED_APPS."""

from __future__ import annotations

from apilint.facts import Span
from apilint.frameworks.django.settings import Settings, items_of
from apilint.startup import attributes
from apilint.startup.core import Core, OutOfBudget
from apilint.startup.values import (
    FALSE,
    TRUE,
    ClassValue,
    FunctionValue,
    Instance,
    Known,
    ModuleValue,
    Seq,
    Special,
    Unknown,
    Value,
    constant,
    text_of,
    unwrap,
)

REGISTRY = "django.apps.apps"
CONFIG = "django.apps.AppConfig"
CONFIG_CLASSES = (CONFIG, "django.apps.config.AppConfig")
_OFFERED = frozenset(
    "name label verbose_name path module models models_module default default_auto_field apps ready get_model "
    "get_models import_models create".split()
)


class LibraryApp(Special):
    """The configuration of an application without one of its own in the project."""

    truth = True

    def __init__(self, name: str) -> None:
        self.name = name

    def attribute(self, name: str) -> Value:
        """Its name and label."""
        if name in ("name", "label", "verbose_name"):
            return Known(self.name if name == "name" else self.name.rpartition(".")[2])
        return Unknown(f"the application's '{name}'", None, name)

    def has(self, name: str) -> bool | None:
        """What every configuration has; of a library's more is not known, and not assumed."""
        return name in _OFFERED

    def item(self, key: Value) -> Value:
        """It has no items."""
        return Unknown("an item of an application")

    def called(self, args: list[Value], kwargs: dict[str, Value]) -> Value:
        """It is not called."""
        return Unknown("a call of an application")


class Registry(Special):
    """`django.apps.apps`: filled when somebody first asks, as the settings say."""

    truth = True

    def __init__(self, machine: Core, settings: Settings) -> None:
        self.machine = machine
        self.settings = settings
        self._configs: list[Value] | None = None

    def configs(self) -> list[Value]:
        """The configurations in the order of INSTALLED_APPS."""
        if self._configs is None:
            self._configs = []
            for item, _ in items_of(self.settings.attribute("INSTALLED_APPS")):
                entry = text_of(item)
                if entry:
                    self._configs.append(self._config(entry))
        return self._configs

    def urls(self) -> list[Value]:
        """The patterns that applications bring with a `get_urls` of their own."""
        found: list[Value] = []
        for config in self.configs():
            if isinstance(config, Instance):
                own = attributes.in_class(self.machine, config.cls, "get_urls")
                if own is not None and isinstance(own[1], ClassValue):
                    value = self.machine.attribute(config, "urls", config.span)
                    if isinstance(value, Seq) and value.items:
                        found.append(value.items[0])
        return found

    def ready(self) -> None:
        """Run what every application runs when all are loaded."""
        for config in self.configs():
            if isinstance(config, Instance):
                method = attributes.get(self.machine, config, "ready", config.span)
                if isinstance(unwrap(method), FunctionValue):
                    try:
                        self.machine.call(method, [], {}, config.span)
                    except OutOfBudget:
                        return

    def _config(self, entry: str) -> Value:
        module = self.machine.index.module(entry)
        cls = self._class_in(f"{entry}.apps") if module is not None else self._named(entry)
        if cls is None:
            return LibraryApp(entry)
        made = Instance(cls, [], {}, cls.cls.span, self.machine.next_order())
        given = attributes.in_class(self.machine, cls, "name")
        name = constant(given[0]) if given is not None and isinstance(given[1], ClassValue) else None
        text = name if isinstance(name, str) else entry if module is not None else entry.rpartition(".")[0]
        made.attrs["name"] = Known(text)
        label = attributes.in_class(self.machine, cls, "label")
        if label is None or not isinstance(label[1], ClassValue):
            made.attrs["label"] = Known(text.rpartition(".")[2])
        own = self.machine.index.module(text)
        if own is not None:
            made.attrs["module"] = ModuleValue(own)
        return made

    def _named(self, entry: str) -> ClassValue | None:
        found = unwrap(self.machine.resolve_dotted(entry))
        return found if isinstance(found, ClassValue) else None

    def _class_in(self, name: str) -> ClassValue | None:
        """The one configuration in an application's `apps` module, or the one that says it is the default."""
        module = self.machine.index.module(name)
        if module is None:
            return None
        env = self.machine.run_module(module)
        found: list[ClassValue] = []
        for key in list(env.vars):
            value = unwrap(self.machine.force(env.vars[key], env, key))
            if isinstance(value, ClassValue) and value.cls.module is module and self._is_config(value):
                found.append(value)
        chosen = [cls for cls in found if self._default(cls) is not False]
        if len(chosen) > 1:
            chosen = [cls for cls in chosen if self._default(cls) is True] or chosen[:0]
        return chosen[0] if chosen else None

    def _is_config(self, cls: ClassValue) -> bool:
        return any(
            base.rpartition(".")[2] == "AppConfig" for base in attributes.external_bases(self.machine, cls)
        ) or any(
            isinstance(base, ClassValue) and base.cls.name.endswith("Config")
            for base in attributes.bases(self.machine, cls)
        )

    def _default(self, cls: ClassValue) -> object:
        found = attributes.in_class(self.machine, cls, "default")
        return constant(found[0]) if found is not None else None

    # ---------------------------------------------------------------------- as a value

    def attribute(self, name: str) -> Value:
        """Its methods are modelled as calls."""
        if name in ("ready", "apps_ready", "models_ready"):
            return FALSE  # not yet, while modules are imported
        if name == "app_configs":
            return Unknown("the registry's dict of applications")
        return Unknown(f"the application registry's '{name}'", None, f"apps.{name}")

    def method(self, name: str, args: list[Value], kwargs: dict[str, Value]) -> Value | None:
        """`apps.get_app_configs()`, `apps.get_app_config(label)`, `apps.is_installed(name)`."""
        if name == "get_app_configs":
            return Seq("list", list(self.configs()))
        wanted = text_of(args[0]) if args else None
        if name == "get_app_config" and wanted is not None:
            return self._by_label(wanted)
        if name == "is_installed" and wanted is not None:
            names = [constant(self.machine.attribute(config, "name", _NOWHERE)) for config in self.configs()]
            return TRUE if wanted in names else FALSE
        return None

    def _by_label(self, label: str) -> Value:
        for config in self.configs():
            if text_of(self.machine.attribute(config, "label", _NOWHERE)) == label:
                return config
        return Unknown(f"the application '{label}' is not in INSTALLED_APPS", None, label)

    def item(self, key: Value) -> Value:
        """It has no items."""
        return Unknown("an item of the application registry")

    def called(self, args: list[Value], kwargs: dict[str, Value]) -> Value:
        """It is not called."""
        return Unknown("a call of the application registry")


_NOWHERE = Span("", 0, 0)


def teach(machine: Core, settings: Settings) -> Registry:
    """Put the registry into the machine."""
    registry = Registry(machine, settings)
    machine.substitutes[REGISTRY] = registry
    machine.substitutes["django.apps.registry.apps"] = registry
    for name in CONFIG_CLASSES:
        machine.extensions.attributes[name] = _OFFERED
    return registry
