"""What Django's functions give at start-up: URL patterns, includes, applications."""

from __future__ import annotations

import re
from collections.abc import Callable

from apilint.facts import Span
from apilint.frameworks.arguments import by_name
from apilint.frameworks.django.patterns import Pattern
from apilint.frameworks.django.request import Request
from apilint.frameworks.django.settings import Settings
from apilint.guards.visit import Visit
from apilint.startup.core import Core, Extensions
from apilint.startup.values import (
    NONE,
    External,
    Known,
    Mapping,
    ModuleValue,
    Seq,
    Special,
    Unknown,
    Value,
    constant,
    text_of,
)

Args = list[Value]
Kwargs = dict[str, Value]
SERVE = "django.views.static.serve"


def teach(extensions: Extensions, settings: Settings) -> None:
    """Add Django's functions to what the machine knows."""
    functions = extensions.functions
    for module in ("django.urls", "django.urls.conf"):
        functions[f"{module}.path"] = _path
        functions[f"{module}.re_path"] = _re_path
        functions[f"{module}.include"] = _include
        functions[f"{module}.URLPattern"] = _url_pattern
        functions[f"{module}.URLResolver"] = _url_resolver
        functions[f"{module}.resolve"] = _resolve
        functions[f"{module}.get_script_prefix"] = _script_prefix
    for kind, name in (("regex", "RegexPattern"), ("path", "RoutePattern")):
        functions[f"django.urls.resolvers.{name}"] = _bare(kind)
    functions["django.urls.resolvers.URLPattern"] = _url_pattern
    functions["django.urls.resolvers.URLResolver"] = _url_resolver
    functions["django.urls.base.resolve"] = _resolve
    for name in ("django.conf.urls.url", "django.conf.urls.defaults.url"):
        functions[name] = _re_path
    functions["django.conf.urls.include"] = _include
    functions["django.conf.urls.patterns"] = _old_patterns
    functions["decorator_include.decorator_include"] = _decorator_include
    functions["rest_framework.urlpatterns.format_suffix_patterns"] = _first
    functions["django.contrib.staticfiles.urls.staticfiles_urlpatterns"] = _nothing
    functions["importlib.util.find_spec"] = _find_spec
    functions["django.utils.functional.lazy"] = _first
    functions["django.utils.decorators.sync_and_async_middleware"] = _first
    functions["django.utils.decorators.sync_only_middleware"] = _first
    functions["django.utils.decorators.async_only_middleware"] = _first

    def i18n_patterns(machine: Core, args: Args, kwargs: Kwargs, span: Span) -> Value | None:
        prefixed = constant(kwargs.get("prefix_default_language", Known(True)))
        language = settings.text("LANGUAGE_CODE") or "en-us"
        if constant(settings.attribute("USE_I18N")) is False:
            return Seq("list", list(args), span=span)
        route = Known("" if prefixed is False else f"{language}/")
        below = Seq("tuple", [Seq("list", list(args)), NONE, NONE])
        return Seq("list", [Pattern(machine, "locale", route, below, NONE, span, machine.conditions)], span=span)

    def static(machine: Core, args: Args, kwargs: Kwargs, span: Span) -> Value | None:
        prefix = text_of(args[0]) if args else text_of(kwargs["prefix"]) if "prefix" in kwargs else None
        if constant(settings.attribute("DEBUG")) is not True or not prefix or "//" in prefix:
            return Seq("list", [])
        route = Known(f"^{re.escape(prefix.lstrip('/'))}(?P<path>.*)$")
        view = kwargs.get("view") or (args[1] if len(args) > 1 else External(SERVE))
        return Seq("list", [Pattern(machine, "regex", route, view, NONE, span, machine.conditions)])

    functions["django.conf.urls.i18n.i18n_patterns"] = i18n_patterns
    functions["django.conf.urls.static.static"] = static


def _path(machine: Core, args: Args, kwargs: Kwargs, span: Span) -> Value | None:
    return _pattern(machine, "path", args, kwargs, span)


def _re_path(machine: Core, args: Args, kwargs: Kwargs, span: Span) -> Value | None:
    return _pattern(machine, "regex", args, kwargs, span)


def _pattern(machine: Core, kind: str, args: Args, kwargs: Kwargs, span: Span) -> Value | None:
    given = by_name(("route", "view", "kwargs", "name"), args, kwargs)
    route = given.get("route") or given.get("regex")
    view = given.get("view")
    if route is None or view is None:
        return None
    if isinstance(view, Known) and isinstance(view.value, str):
        view = machine.resolve_dotted(view.value, span.file, span)
    return Pattern(machine, kind, route, view, given.get("name") or NONE, span, (*machine.loops, *machine.conditions))


def _bare(kind: str) -> Callable[[Core, Args, Kwargs, Span], Value | None]:
    """`RegexPattern(route, name)`: a route that waits for its view."""

    def made(machine: Core, args: Args, kwargs: Kwargs, span: Span) -> Value | None:
        given = by_name(("route", "name"), args, kwargs)
        route = given.get("route") or given.get("regex")
        return None if route is None else Pattern(machine, kind, route, NONE, given.get("name") or NONE, span)

    return made


def _url_pattern(machine: Core, args: Args, kwargs: Kwargs, span: Span) -> Value | None:
    """`URLPattern(pattern, callback, default_args, name)`."""
    given = by_name(("pattern", "callback", "default_args", "name"), args, kwargs)
    pattern, view = given.get("pattern"), given.get("callback")
    if not isinstance(pattern, Pattern) or view is None:
        return None
    name = given.get("name") or pattern.name
    made = Pattern(machine, pattern.kind, pattern.route, view, name, span, machine.conditions)
    made.bare = pattern
    return made


def _url_resolver(machine: Core, args: Args, kwargs: Kwargs, span: Span) -> Value | None:
    """`URLResolver(pattern, urlconf, default_kwargs, app_name, namespace)`."""
    given = by_name(("pattern", "urlconf_name", "default_kwargs", "app_name", "namespace"), args, kwargs)
    pattern, urlconf = given.get("pattern"), given.get("urlconf_name")
    if not isinstance(pattern, Pattern) or urlconf is None:
        return None
    below = Seq("tuple", [urlconf, given.get("app_name") or NONE, given.get("namespace") or NONE], span=span)
    made = Pattern(machine, pattern.kind, pattern.route, below, NONE, span, machine.conditions)
    made.bare = pattern
    return made


def _include(machine: Core, args: Args, kwargs: Kwargs, span: Span) -> Value | None:
    """The tuple that Django makes of it: (URLconf, application's name, namespace)."""
    given = args[0] if args else kwargs.get("arg")
    if given is None:
        return None
    namespace = args[1] if len(args) > 1 else kwargs.get("namespace", NONE)
    urlconf: Value = given
    app_name: Value = NONE
    if isinstance(given, Seq) and given.kind == "tuple" and len(given.items) in (2, 3):
        if not isinstance(given.items[0], Special):
            urlconf, app_name = given.items[0], given.items[1]
            if len(given.items) == 3:
                namespace = given.items[2]
    if isinstance(urlconf, Known) and isinstance(urlconf.value, str):
        urlconf = machine.resolve_dotted(urlconf.value, span.file, span)
    if isinstance(urlconf, ModuleValue):
        app_name = machine.lookup_in_module(urlconf.module, "app_name") or app_name
    if constant(namespace) is None:
        namespace = app_name
    return Seq("tuple", [urlconf, app_name, namespace], span=span)


class Decorated(Special):
    """A view that a list of patterns is given with decorators around it: `decorator_include(login_required, …)`."""

    truth = True

    def __init__(self, urlconf: Value, decorators: list[Value], span: Span) -> None:
        self.urlconf = urlconf
        self.decorators = decorators
        self.span = span

    def attribute(self, name: str) -> Value:
        """Nothing hangs on it."""
        return Unknown(f"a decorated include's '{name}'", self.span)

    def item(self, key: Value) -> Value:
        """It has no items."""
        return Unknown("an item of a decorated include", self.span)

    def called(self, args: list[Value], kwargs: dict[str, Value]) -> Value:
        """It is not called."""
        return Unknown("a call of a decorated include", self.span)


def _decorator_include(machine: Core, args: Args, kwargs: Kwargs, span: Span) -> Value | None:
    given = by_name(("decorators", "arg", "namespace"), args, kwargs)
    if "arg" not in given or "decorators" not in given:
        return None
    included = _include(machine, [given["arg"]], {}, span)
    decorators = given["decorators"]
    listed = decorators.items if isinstance(decorators, Seq) else [decorators]
    if isinstance(included, Seq):
        included.items[0] = Decorated(included.items[0], listed, span)
    return included


def _old_patterns(machine: Core, args: Args, kwargs: Kwargs, span: Span) -> Value | None:
    """`patterns("", url(…), …)` of Django before 1.10."""
    return Seq("list", [arg for arg in args if isinstance(arg, Special)])


def _resolve(machine: Core, args: Args, kwargs: Kwargs, span: Span) -> Value | None:
    """The route at hand, when a request is being answered."""
    caller = machine.caller if isinstance(machine, Visit) else None
    return caller.attribute("resolver_match") if isinstance(caller, Request) else None


def _script_prefix(machine: Core, args: Args, kwargs: Kwargs, span: Span) -> Value | None:
    """The site stands at the top of its host."""
    return Known("/")


def _first(machine: Core, args: Args, kwargs: Kwargs, span: Span) -> Value | None:
    return args[0] if args else None


def _nothing(machine: Core, args: Args, kwargs: Kwargs, span: Span) -> Value | None:
    return Seq("list", [])


def _find_spec(machine: Core, args: Args, kwargs: Kwargs, span: Span) -> Value | None:
    """Whether a module is there is known of the project's own packages."""
    name = text_of(args[0]) if args else None
    if name is None or "{" in name:
        return None
    module = machine.index.module(name, span.file)
    if module is not None:
        return ModuleValue(module)
    top = name.partition(".")[0]
    return NONE if machine.index.module(top, span.file) is not None or machine.index.is_namespace(top) else None


__all__ = ["Decorated", "Mapping", "teach"]
