"""The settings in use: found where the project starts, run before the rest of it, and kept as they were then."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from collections.abc import Mapping as Options
from typing import TypeGuard

from apilint import facts as f
from apilint.facts import Span
from apilint.index import Index, Module
from apilint.startup import attributes
from apilint.startup.core import Core
from apilint.startup.values import (
    Choice,
    ClassValue,
    FunctionValue,
    Instance,
    Known,
    Mapping,
    ModuleValue,
    Partial,
    Result,
    Seq,
    Setting,
    Special,
    Subscripted,
    Under,
    Unknown,
    Value,
    text_of,
    unwrap,
)
from apilint.walk import walk

SETTINGS = "django.conf.settings"
VARIABLE = "DJANGO_SETTINGS_MODULE"
CLASS_VARIABLE = "DJANGO_CONFIGURATION"
LIBRARIES = ("django", "rest_framework", "ninja", "ninja_extra")
MAX_DEPTH = 6
# Who starts a project decides its settings; a web server's word counts for more than a developer's.
_STARTERS = ("wsgi", "asgi", "manage", "celery", "celery_app", "__main__")
_SPLIT_NAMES = ("production", "prod", "live", "base", "common", "default", "defaults", "local", "dev", "development")
# `settings_example.py` is what a user starts from; others are for one place only.
_TEMPLATE_NAMES = ("settings_example", "settings_default", "settings_base", "settings_production", "settings_prod")

# What Django takes for granted (django/conf/global_settings.py), as far as it matters to routes and guards.
_DEFAULTS: dict[str, object] = {
    "DEBUG": False,
    "USE_I18N": True,
    "LANGUAGE_CODE": "en-us",
    "LOGIN_URL": "/accounts/login/",
    "LOGIN_REDIRECT_URL": "/accounts/profile/",
    "LOGOUT_REDIRECT_URL": None,
    "MEDIA_URL": "",
    "MEDIA_ROOT": "",
    "STATIC_URL": None,
    "STATIC_ROOT": None,
    "FORCE_SCRIPT_NAME": None,
    "APPEND_SLASH": True,
    "AUTH_USER_MODEL": "auth.User",
    "ROOT_URLCONF": None,
    "SESSION_COOKIE_NAME": "sessionid",
    "CSRF_COOKIE_NAME": "csrftoken",
    "SITE_ID": None,
    "USE_TZ": True,
}
_EMPTY = ("MIDDLEWARE", "INSTALLED_APPS", "ALLOWED_HOSTS", "INTERNAL_IPS", "ADMINS", "LANGUAGES", "TEMPLATES")


class Settings(Special):
    """`django.conf.settings`: what the settings module said when it was run first.

    Where no settings module was found (a library, say), every setting is one that the environment decides.
    """

    truth = True

    def __init__(self, values: dict[str, Value], module: Module | None) -> None:
        self.values = values
        self.module = module

    def attribute(self, name: str) -> Value:
        """The setting's value, or Django's default."""
        found = self.values.get(name)
        if found is not None:
            return found
        if name in _EMPTY:
            return Seq("list", [])
        if name in _DEFAULTS:
            return Known(_DEFAULTS[name])
        missing = Unknown(f"the setting '{name}' is not set", None, f"settings.{name}")
        return missing if self.module is not None else Setting(name, missing, None)

    def has(self, name: str) -> bool | None:
        """Whether the setting is set; a library does not know its user's settings."""
        if name in self.values or name in _DEFAULTS or name in _EMPTY:
            return True
        return False if self.module is not None else None

    def assign(self, name: str, value: Value) -> None:
        """`settings.X = …`, which some projects do."""
        self.values[name] = value

    def method(self, name: str, args: list[Value], kwargs: dict[str, Value]) -> Value | None:
        """`settings.configure(…)` of a project in one file."""
        if name == "configure":
            self.values.update(kwargs)
            return Known(None)
        return None

    def item(self, key: Value) -> Value:
        """Settings have no items."""
        return Unknown("an item of the settings")

    def called(self, args: list[Value], kwargs: dict[str, Value]) -> Value:
        """Settings are not called."""
        return Unknown("settings()")

    def text(self, name: str) -> str | None:
        """A setting that is a string."""
        return text_of(self.attribute(name))

    def span_of(self, name: str, index: Index) -> Span | None:
        """Where the setting is assigned last."""
        return None if self.module is None else _assigned(index, self.module, name, set())


def uses(index: Index, libraries: Iterable[str] = LIBRARIES) -> bool:
    """Whether the project imports one of these libraries."""
    wanted = frozenset(libraries)
    return any(name.partition(".")[0] in wanted for module in index.modules.values() for name in module.facts.imports)


def load(machine: Core, options: Options[str, str]) -> Settings:
    """Run the settings in use and keep their values."""
    chosen = options.get("settings", "")
    names = [chosen] if chosen else list(started_with(machine.index, VARIABLE))
    modules = [module for module in (machine.index.module(name) for name in names) if module is not None]
    first: Settings | None = None
    for module in modules or _likely(machine.index):
        found = Settings(_values(machine, module), module)
        if "ROOT_URLCONF" in found.values:
            return found
        first = first or (found if module in modules else None)
    # Started with, and without URLs: its own worker, say.
    return first or Settings(_suggested(machine), None)


_DEFAULTS_NAMES = ("defaults", "default_settings", "settings_defaults")


def _suggested(machine: Core) -> dict[str, Value]:
    """What a library without settings of its own suggests: a module of defaults, and a list of applications."""
    found: dict[str, Value] = {}
    for module in machine.index.modules.values():
        if module.is_test:
            continue
        if module.name.rpartition(".")[2] in _DEFAULTS_NAMES:
            for name, value in _values(machine, module).items():
                found.setdefault(name, Setting(name, value, None))
        elif module.is_package and "INSTALLED_APPS" in module.words:
            listed = machine.lookup_in_module(module, "INSTALLED_APPS")
            if isinstance(listed, Seq):
                found.setdefault("INSTALLED_APPS", listed)
    return found


def started_with(index: Index, variable: str) -> Iterator[str]:
    """What the project's starters put into an environment variable, the weightiest first."""
    found: list[tuple[int, int, str, str]] = []
    for module in index.modules.values():
        if not module.is_test and ("setdefault" in module.words or "os" in module.facts.imports):
            for value in _put(module, variable):
                last = module.file.rpartition("/")[2].removesuffix(".py")
                weight = _STARTERS.index(last) if last in _STARTERS else len(_STARTERS)
                found.append((weight, module.file.count("/"), module.file, value))
    yield from dict.fromkeys(value for *_, value in sorted(found))


def _put(module: Module, variable: str) -> Iterator[str]:
    needle = variable.encode()
    if needle in bytes(module.facts.body):
        yield from _assignments(module.body, variable)
    for function in module.functions:
        if "setdefault" in function.facts.words or needle in bytes(function.facts.body):
            yield from _assignments(function.body, variable)


def _assignments(statements: Iterable[f.Stmt], variable: str) -> Iterator[str]:
    """`os.environ.setdefault(variable, "x")` and `os.environ[variable] = "x"`."""
    for node in walk(statements):
        if isinstance(node, f.Call) and len(node.args) == 2 and _is(node.args[0], variable):
            yield from _text(node.args[1])
        elif isinstance(node, f.Assign) and isinstance(node.targets[0], f.Subscript):
            if _is(node.targets[0].index, variable):
                yield from _text(node.value)


def _is(expr: f.Expr, text: str) -> bool:
    return isinstance(expr, f.Constant) and expr.value == text


def _text(expr: f.Expr) -> Iterator[str]:
    if isinstance(expr, f.Constant) and isinstance(expr.value, str):
        yield expr.value


def _likely(index: Index) -> Iterator[Module]:
    """Modules that look like settings: `settings.py`, or the most final one of a package `settings`."""
    found: list[tuple[int, int, str]] = []
    for module in index.modules.values():
        if module.is_test or (b"ROOT_URLCONF" not in bytes(module.facts.body) and "settings" not in module.name):
            continue
        *folders, last = module.name.split(".")
        if last in ("settings", "conf") or last.startswith("settings_"):
            place = _TEMPLATE_NAMES.index(last) if last in _TEMPLATE_NAMES else len(_TEMPLATE_NAMES)
            found.append((0 if last == "settings" else 3, len(folders) if last == "settings" else place, module.file))
        elif "settings" in folders or "config" in folders:
            place = _SPLIT_NAMES.index(last) if last in _SPLIT_NAMES else len(_SPLIT_NAMES)
            found.append((1 if place < len(_SPLIT_NAMES) else 2, place, module.file))
    for *_, file in sorted(found):
        yield index.modules[file]


# --------------------------------------------------------------------------------------------- values


def _values(machine: Core, module: Module) -> dict[str, Value]:
    env = machine.run_module(module)
    values = {
        name: kept(machine.force(value, env, name), name) for name, value in list(env.vars.items()) if name.isupper()
    }
    if "ROOT_URLCONF" not in values:
        values.update(_of_class(machine, module))
    return values


def _of_class(machine: Core, module: Module) -> dict[str, Value]:
    """The settings of django-configurations: the attributes of a class, and what its properties and methods give
    (https://django-configurations.readthedocs.io/en/stable/patterns/)."""
    env = machine.run_module(module)
    classes = [unwrap(value) for value in env.vars.values() if isinstance(unwrap(value), ClassValue)]
    named = list(started_with(machine.index, CLASS_VARIABLE))
    rank = {name: place for place, name in enumerate(named)}
    ordered = sorted(filter(_is_class, classes), key=lambda cls: rank.get(cls.cls.name, len(rank)))
    for cls in ordered:
        if attributes.in_class(machine, cls, "ROOT_URLCONF") is not None:
            values = dict(_configured(machine, cls))
            if "ROOT_URLCONF" in values:
                return values
    return {}


def _configured(machine: Core, cls: ClassValue) -> Iterator[tuple[str, Value]]:
    """The settings of a class and, before these, of those that it inherits from."""
    made = Instance(cls, [], {}, cls.cls.span, 0)
    for base in reversed(attributes.own_classes(machine, cls)):
        scope = attributes.namespace(machine, base)
        for name, value in scope.vars.items():
            if name.isupper():
                yield name, kept(_given(machine, machine.force(value, scope, name), made), name)


def _is_class(value: Value) -> TypeGuard[ClassValue]:
    return isinstance(value, ClassValue)


def _given(machine: Core, value: Value, made: Instance) -> Value:
    """What an attribute of a class of settings stands for: a function is called."""
    target = unwrap(value)
    if not isinstance(target, FunctionValue):
        return value
    return machine.call(FunctionValue(target.function, target.env, made), [], {}, target.function.span)


_APPCONF = ("appconf.AppConf", "appconf.base.AppConf")


def add_defaults(machine: Core, settings: Settings) -> None:
    """The settings that applications give defaults for with django-appconf."""
    for module in list(machine.index.modules.values()):
        if module.is_test or "appconf" not in module.facts.imports:
            continue
        env = machine.run_module(module)
        for value in [unwrap(value) for value in env.vars.values()]:
            if isinstance(value, ClassValue) and any(b in _APPCONF for b in attributes.external_bases(machine, value)):
                prefix = _prefix(machine, value, module)
                scope = attributes.namespace(machine, value)
                for name, item in list(scope.vars.items()):
                    if name.isupper():
                        label = f"{prefix}_{name}" if prefix else name
                        settings.values.setdefault(label, kept(machine.force(item, scope, name), label))


def _prefix(machine: Core, cls: ClassValue, module: Module) -> str:
    """What stands before the names: `Meta.prefix`, else the application's label."""
    meta = unwrap(attributes.namespace(machine, cls).vars.get("Meta", Unknown("no Meta")))
    if isinstance(meta, ClassValue):
        given = text_of(attributes.namespace(machine, meta).vars.get("prefix", Unknown("no prefix")))
        if given is not None:
            return given.upper()
    return module.package.rpartition(".")[2].upper()


def kept(value: Value, name: str, depth: int = 0) -> Value:
    """A copy that later changes do not reach; what is computed from the outside is a setting that stays open."""
    if depth < MAX_DEPTH:
        if isinstance(value, Seq):
            items = [kept(item, name, depth + 1) for item in value.items]
            return Seq(value.kind, items, is_open=value.open, span=value.span)
        if isinstance(value, Mapping):
            copied = Mapping(
                {key: kept(item, name, depth + 1) for key, item in value.items.items()},
                is_open=value.open,
                span=value.span,
            )
            copied.spans = dict(value.spans)
            return copied
        if isinstance(value, Choice) and depth == 0 and any(map(_is_read, value.options)):
            return Setting(name, value, None)
        if isinstance(value, Choice):
            return Choice([kept(option, name, depth + 1) for option in value.options], value.test)
    if depth == 0 and (isinstance(value, (Unknown, Subscripted)) or _is_read(value)):
        return Setting(name, value, None)
    return value


def _is_read(value: Value) -> bool:
    """Whether a value comes from a call of a library: `env.bool("X")`, `config.getboolean("a", "b")`."""
    return isinstance(value, Result) and not isinstance(value.callee, Partial)


def items_of(value: Value) -> Iterator[tuple[Value, bool]]:
    """The elements of a list setting, each with whether it is there for sure (not under a condition only)."""
    if isinstance(value, Setting):
        yield from items_of(value.default)
    elif isinstance(value, Choice):
        lists = [list(items_of(option)) for option in value.options]
        seen: set[object] = set()
        for items in lists:
            for item, sure in items:
                name = text_of(item)
                if name not in seen:
                    seen.add(name)
                    everywhere = all(any(text_of(other) == name for other, _ in others) for others in lists)
                    yield (
                        (item if everywhere or not isinstance(item, Known) else _under(item, value)),
                        sure and everywhere,
                    )
    elif isinstance(value, Seq):
        for item in value.items:
            yield item, not isinstance(item, Under)


def _under(item: Known, value: Choice) -> Known:
    return Under(item.value, (value.test,)) if value.test is not None else item


# --------------------------------------------------------------------------------------------- places


def _assigned(index: Index, module: Module, name: str, seen: set[str]) -> Span | None:
    """The last assignment of a name at the top of a module, or of one that it takes its names from; what stands in an
    `except` is for those who have no other."""
    if module.file in seen:
        return None
    seen.add(module.file)
    found: Span | None = None
    sources: list[str] = []
    tries = (node for node in walk(module.body) if isinstance(node, f.Try))
    spare = {id(node) for each in tries for handler in each.handlers for node in walk(handler.body)}
    for node in sorted(walk(module.body), key=lambda node: id(node) not in spare):
        if isinstance(node, f.Assign):
            for target in node.targets:
                if isinstance(target, f.Name) and target.id == name:
                    found = module.span(target.start, target.end)
        elif isinstance(node, f.AnnAssign) and isinstance(node.target, f.Name) and node.target.id == name:
            found = module.span(node.target.start, node.target.end)
        elif isinstance(node, f.ImportFrom) and any(own in ("*", name) for own, _ in node.names):
            sources.append(index.absolute(module, node.level, node.module))
    for source in reversed(sources):
        below = index.module(source, module.file) if found is None else None
        found = found if below is None else _assigned(index, below, name, seen)
    return found


class Strings:
    """Where strings stand in the settings and in the modules that they take names from."""

    def __init__(self, index: Index, module: Module | None) -> None:
        self._spans: dict[str, Span] = {}
        queue, seen = [module] if module is not None else [], set()
        while queue:
            current = queue.pop(0)
            seen.add(current.file)
            for node in walk(current.body):
                if isinstance(node, f.Constant) and isinstance(node.value, str):
                    self._spans.setdefault(node.value, current.span(node.start, node.end))
                elif isinstance(node, f.ImportFrom):
                    below = index.module(index.absolute(current, node.level, node.module), current.file)
                    if below is not None and below.file not in seen:
                        queue.append(below)

    def span_of(self, text: str) -> Span | None:
        """The first place of a string."""
        return self._spans.get(text)


__all__ = ["SETTINGS", "ModuleValue", "Settings", "Strings", "items_of", "load", "uses"]
