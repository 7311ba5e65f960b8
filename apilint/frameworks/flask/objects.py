"""What Flask's own objects hold while a program starts up: the names of blueprints, the configuration."""

from __future__ import annotations

from apilint.facts import Span
from apilint.frameworks.flask.rules import APPS, BLUEPRINTS
from apilint.startup.core import Core
from apilint.startup.values import (
    NONE,
    Attr,
    ClassValue,
    Instance,
    Mapping,
    ModuleValue,
    Result,
    Setting,
    Special,
    Unknown,
    Value,
    text_of,
)

_LOADERS = frozenset("from_object from_mapping update from_pyfile from_envvar from_file from_prefixed_env".split())


class Config(Special):
    """`app.config`: what the source puts into it, as settings that a deployment may override."""

    __slots__ = ("machine", "sources", "values")

    truth = True

    def __init__(self, machine: Core) -> None:
        self.machine = machine
        self.sources: list[Value] = []
        self.values: dict[str, Value] = {}

    def attribute(self, name: str) -> Value:
        """A method; configuration has no attributes of interest."""
        return Unknown(f"config.{name}", None, f"config.{name}")

    def method(self, name: str, args: list[Value], kwargs: dict[str, Value]) -> Value | None:
        """Loading remembers where values come from, `get` asks there."""
        if name in ("get", "setdefault", "pop") and args:
            key = text_of(args[0])
            default = args[1] if len(args) > 1 else kwargs.get("default") or NONE
            found = self._found(key) if key is not None else None
            return Setting(key or "?", found if found is not None else default, None)
        if name == "from_object" and args:
            self.sources.append(self._loaded(args[0]))
        if name in ("from_mapping", "update"):
            for arg in args:
                if isinstance(arg, Mapping):
                    self.values.update({key: item for key, item in arg.items.items() if isinstance(key, str)})
            self.values.update(kwargs)
        return NONE if name in _LOADERS else Unknown(f"config.{name}()", None, f"config.{name}()")

    def _loaded(self, value: Value) -> Value:
        dotted = text_of(value)
        return self.machine.resolve_dotted(dotted) if dotted and "{" not in dotted else value

    def item(self, key: Value) -> Value:
        """A value from where the configuration was loaded."""
        name = text_of(key)
        found = self._found(name) if name is not None else None
        return Setting(name or "?", found or Unknown(f"the setting {name}", None, name or "?"), None)

    def put(self, key: Value, value: Value) -> None:
        """`app.config[key] = value`."""
        name = text_of(key)
        if name is not None:
            self.values[name] = value

    def given(self, name: str) -> Value | None:
        """What the source puts under a key; None for nothing."""
        return self._found(name)

    def _found(self, name: str) -> Value | None:
        if name in self.values:
            return self.values[name]
        for source in reversed(self.sources):
            if isinstance(source, ModuleValue) and name not in self.machine.run_module(source.module).vars:
                continue  # what a star import may bring is not known
            if isinstance(source, (ModuleValue, ClassValue, Instance)):
                found = self.machine.attribute(source, name, Span("", 0, 0))
                if not isinstance(found, (Unknown, Attr)):
                    return found
        return None

    def called(self, args: list[Value], kwargs: dict[str, Value]) -> Value:
        """A configuration is not called."""
        return Unknown("config()")

    def __repr__(self) -> str:
        return f"Config({sorted(self.values)})"


# What Flask's classes of views offer: nothing else answers `hasattr` before a project's class says so.
_VIEW = frozenset(
    {"as_view", "decorators", "dispatch_request", "init_every_request", "methods", "provide_automatic_options"}
)
_RESOURCE = _VIEW | {"method_decorators", "representations", "validate_payload"}
_OFFERED = {
    "flask.views.View": _VIEW,
    "flask.views.MethodView": _VIEW,
    "flask_restful.Resource": _RESOURCE,
    "flask_restx.Resource": _RESOURCE,
}

# What is given an application or blueprint and gives it back: `app = cors(app, allow_origin="*")`.
_HANDS_BACK = ("quart_cors.cors",)


def teach(machine: Core, options: dict[str, str]) -> None:
    """Tell the start-up what Flask's objects answer."""
    properties = machine.extensions.properties
    machine.extensions.attributes.update(_OFFERED)
    for app in APPS:
        properties[f"{app}.config"] = _config
    for blueprint in BLUEPRINTS:
        properties[f"{blueprint}.name"] = _blueprint_name
        properties[f"{blueprint}.url_prefix"] = _blueprint_prefix
    for name in _HANDS_BACK:
        machine.extensions.functions[name] = _application
    machine.extensions.seal()


def _application(machine: Core, args: list[Value], kwargs: dict[str, Value], span: Span) -> Value | None:
    return args[0] if args else kwargs.get("app_or_blueprint")


def _config(machine: Core, base: Value, span: Span) -> Value | None:
    config = Config(machine)
    if isinstance(base, (Result, Instance)):
        base.attrs["config"] = config
    return config


def _blueprint_name(machine: Core, base: Value, span: Span) -> Value | None:
    return _constructed(base, 0, "name")


def _blueprint_prefix(machine: Core, base: Value, span: Span) -> Value | None:
    return _constructed(base, 5, "url_prefix")


def _constructed(base: Value, position: int, name: str) -> Value | None:
    """An argument of the library's constructor, through the project's `super().__init__` or not."""
    if not isinstance(base, (Result, Instance)):
        return None
    made: Result | Instance = base
    for event in base.events:
        if isinstance(event.callee, Attr) and event.callee.name == "super.__init__":
            made = event
    return made.kwargs.get(name) or (made.args[position] if position < len(made.args) else None)
