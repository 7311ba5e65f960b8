"""Ask Django itself: `python -m parity.runtime_django FOLDER` prints the route table of the project in FOLDER.

`parity.toml` names the `settings` module, and may give `bodies` for requests ("POST /path" = {…}) and a `seed`
function that fills the database, so that a guard on objects has objects to guard. Conventions of the table:

- a path is what Django's resolver shows, end to end, without the `^` that opens an expression;
- a function view answers to `ANY` method unless `require_http_methods` or `api_view` says which;
- a class view has a row for each method that it implements. The handler is that method where the MRO finds it, or
  the project's class when the method is the library's, or the library's class, at the line of the URLconf;
- `admin.site.urls` is one row, beside those of the pages in it that the project wrote. What else libraries list, format
  suffixes and Ninja's own pages are left out.
"""

from __future__ import annotations

import ast
import inspect
import itertools
import json
import logging
import os
import sys
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import django
from django.apps import apps
from django.conf import settings
from django.core.management import call_command
from django.db import transaction
from django.shortcuts import resolve_url
from django.test import Client
from django.urls import Resolver404, URLPattern, URLResolver, get_resolver, resolve
from django.urls.resolvers import RoutePattern
from django.utils import regex_helper

from .observation import LOGIN, Entered, Place, Project, Row, prepare_interpreter, read_answer, seed, write

LEFT_OUT = ("HEAD", "OPTIONS")
PARAMETER_VALUES = ("1", "2024", "x", "abc123", "6f1c2a52-5d0c-4e0b-9f57-0d9a6e3f7a11")
# What makes patterns on behalf of those who call it.
MAKERS = (
    "django.urls",
    "django.conf.urls",
    "rest_framework.routers",
    "rest_framework.urlpatterns",
    "rest_framework_nested",
)
MAKERS += ("ninja", "functools", "importlib")
ADMIN = "django.contrib.admin.sites:AdminSite.urls"


class Endpoint(NamedTuple):
    """A leaf of the resolver: the patterns that lead to it, its callback, the project's line that made it, and whether
    a library made it, or the list that holds it."""

    patterns: tuple[Any, ...]
    callback: Callable[..., Any]
    registered: tuple[str, int]
    is_library: bool = False


class Handler(NamedTuple):
    """What answers, the function to watch for, and the class that it was taken from."""

    place: Place
    function: Callable[..., Any] | None
    view_class: type | None = None


def admin_pages() -> None:
    """Stand for all that `admin.site.urls` brings."""


# ------------------------------------------------------------------------------------------ starting the project


def start(folder: Path, config: dict[str, Any]) -> None:
    """Configure Django with the project's own settings, except for what a trial run must change."""
    prepare_interpreter(folder, config)
    os.environ["DJANGO_SETTINGS_MODULE"] = config["settings"]
    settings.ALLOWED_HOSTS = ["*"]
    for database in settings.DATABASES.values():
        database.update(ENGINE="django.db.backends.sqlite3", NAME=":memory:")
    django.setup()
    logging.disable(logging.CRITICAL)
    settings.MIGRATION_MODULES = dict.fromkeys(app.label for app in apps.get_app_configs())
    call_command("migrate", run_syncdb=True, verbosity=0)
    seed(config)


def remember_registrations(project: Project) -> None:
    """Let every URL pattern remember where it was made: for a library's view there is no other place to name."""

    def project_line() -> tuple[str, int, bool]:
        frame: Any = sys._getframe(2)
        by_library = False
        while frame is not None:
            path = Path(frame.f_code.co_filename)
            if project.holds(path):
                return path.relative_to(project.folder).as_posix(), frame.f_lineno, by_library
            by_library = by_library or not f"{frame.f_globals['__name__']}.".startswith(tuple(f"{m}." for m in MAKERS))
            frame = frame.f_back
        return "", 0, by_library

    def remembering(init: Callable[..., None]) -> Callable[..., None]:
        def make(self: Any, *args: Any, **kwargs: Any) -> None:
            init(self, *args, **kwargs)
            *self.registered, self.made_by_library = project_line()

        return make

    for kind in (URLPattern, URLResolver):
        kind.__init__ = remembering(kind.__init__)


# ------------------------------------------------------------------------------------------ walking the resolver


def endpoints(
    resolver: URLResolver, project: Project, above: tuple[Any, ...] = (), *, is_library: bool = False
) -> Iterator[Endpoint]:
    """Every leaf, in the resolver's order; of an admin site first the whole, then its pages as a library's."""
    for entry in resolver.url_patterns:
        patterns = (*above, entry.pattern)
        if isinstance(entry, URLPattern):
            yield Endpoint(patterns, entry.callback, entry.registered, is_library or entry.made_by_library)
            continue
        is_admin = entry.app_name == "admin"
        if is_admin:
            yield Endpoint(patterns, admin_pages, entry.registered, is_library)
        below = is_library or is_admin or is_library_urlconf(entry, project)
        yield from endpoints(entry, project, patterns, is_library=below)


def is_library_urlconf(entry: URLResolver, project: Project) -> bool:
    """Whether `include` was given a module that is not the project's."""
    file = getattr(entry.urlconf_module, "__file__", None)
    return file is not None and not project.holds(Path(file))


def shown_path(patterns: tuple[Any, ...]) -> str:
    """The path as Django writes it."""
    parts = (str(p) if isinstance(p, RoutePattern) else str(p).removeprefix("^") for p in patterns)
    return "/" + "".join(parts)


def is_left_out(path: str, callback: Callable[..., Any]) -> bool:
    """Format suffixes repeat a route; the OpenAPI and root pages stand in every Ninja API."""
    return "<drf_format_suffix" in path or "(?P<format>" in path or is_ninja_page(callback)


def is_own(project: Project, endpoint: Endpoint, handler: Handler) -> bool:
    """Whether a route is the project's: it stands in one of its lists, or its handler does in one of its files."""
    if is_ninja_page(endpoint.callback):
        return False
    if not endpoint.is_library:
        return True
    if handler.view_class is not None and project.holds(Path(inspect.getfile(handler.view_class))):
        return True
    return handler.function is not None and project.place(handler.function) is not None


def is_ninja_page(callback: Callable[..., Any]) -> bool:
    """Whether it is documentation that comes with every API."""
    view = callback.func if isinstance(callback, partial) else callback
    return view.__module__.startswith("ninja.openapi")


# ------------------------------------------------------------------------------------------ methods and handlers


def handlers(endpoint: Endpoint, project: Project) -> Iterator[tuple[str, Handler]]:
    """The methods that the endpoint serves, with what serves them."""
    callback = endpoint.callback
    ninja_view: Any = closure(callback).get("self")
    if callback is admin_pages:
        yield "ANY", Handler(Place(ADMIN, *endpoint.registered), None)
    elif type(ninja_view).__name__ == "PathView":
        for operation in ninja_view.operations:
            for method in operation.methods:
                yield method, function_handler(operation.view_func, endpoint, project)
    elif (view := class_based(callback)) is not None:
        yield from class_handlers(endpoint, view, project)
    else:
        *wrappers, view = wrapped_chain(callback)
        for method in allowed_methods(wrappers) or ("ANY",):
            yield method, function_handler(view, endpoint, project)


def class_based(callback: Any) -> Any:
    """What `as_view` made, below decorators that may have hidden it; None for views that are functions."""
    return next((link for link in wrapped_chain(callback) if hasattr(link, "view_class") or hasattr(link, "cls")), None)


def class_handlers(endpoint: Endpoint, view: Any, project: Project) -> Iterator[tuple[str, Handler]]:
    """A row for each method that the view class implements and does not refuse."""
    view_class = getattr(view, "cls", None) or view.view_class
    options = getattr(view, "view_initkwargs", None) or getattr(view, "initkwargs", {})
    names = options.get("http_method_names", view_class.http_method_names)
    served = [name.lower() for name in names if name.upper() not in LEFT_OUT]
    actions = getattr(view, "actions", None) or {name: name for name in served if hasattr(view_class, name)}
    restricted = allowed_methods(list(wrapped_chain(endpoint.callback)))
    if not actions:
        yield "ANY", dispatch_handler(view_class, endpoint, project)
        return
    for method, action in list(actions.items()):  # a request adds HEAD to them
        if method in served and (not restricted or method.upper() in restricted):
            yield method.upper(), method_handler(view_class, action, endpoint, project)


def dispatch_handler(view_class: type, endpoint: Endpoint, project: Project) -> Handler:
    """Of a class that implements no method, the project's `dispatch`: mixins of libraries may stand before it."""
    for base in view_class.__mro__:
        if "dispatch" in vars(base) and project.place(vars(base)["dispatch"]) is not None:
            return method_handler(base, "dispatch", endpoint, project)
    return method_handler(view_class, "dispatch", endpoint, project)


def method_handler(view_class: type, name: str, endpoint: Endpoint, project: Project) -> Handler:
    """The method where the MRO finds it; the view class itself when that method is the library's."""
    method = inspect.unwrap(getattr(view_class, name))
    if method.__qualname__ == "api_view.<locals>.decorator.<locals>.handler":
        return function_handler(closure(method)["func"], endpoint, project)
    place = project.place(method) or class_place(view_class, endpoint, project)
    return Handler(place, method, view_class)


def function_handler(view: Callable[..., Any], endpoint: Endpoint, project: Project) -> Handler:
    """The developer's function, or a library's at the line of the URLconf; of an instance that is called, its class."""
    *_, function = wrapped_chain(view)
    function = getattr(function, "__func__", function)
    place = project.place(function)
    if place is not None:
        return Handler(place, function)
    if not inspect.isfunction(function):
        return Handler(class_place(type(function), endpoint, project), None)
    return Handler(Place(f"{function.__module__}:{function.__qualname__}", *endpoint.registered), function)


def class_place(view_class: type, endpoint: Endpoint, project: Project) -> Place:
    """Where the view class stands, or for a library's class where the URLconf names it."""
    qualname = f"{view_class.__module__}:{view_class.__qualname__}"
    file = Path(inspect.getfile(view_class))
    if not project.holds(file):
        return Place(qualname, *endpoint.registered)
    return Place(qualname, file.relative_to(project.folder).as_posix(), line_of_class(file, view_class))


def wrapped_chain(callback: Any) -> Iterator[Any]:
    """The callback and what it wraps, also through decorators that forgot `functools.wraps`."""
    while True:
        yield callback
        if isinstance(callback, partial):
            callback = callback.func
        elif hasattr(callback, "__wrapped__"):
            callback = callback.__wrapped__
        else:
            inner = [value for value in closure(callback).values() if inspect.isfunction(value)]
            if len(inner) != 1:
                return
            callback = inner[0]


def allowed_methods(chain: list[Any]) -> list[str]:
    """What `require_http_methods` in a chain of wrappers lets through; empty when there is none."""
    lists = [closure(link)["request_method_list"] for link in chain if "request_method_list" in closure(link)]
    return [method for method in lists[0] if all(method in other for other in lists)] if lists else []


def closure(function: Any) -> dict[str, Any]:
    """What a function remembers from where it was defined, by name."""
    if not inspect.isfunction(function) or not function.__closure__:
        return {}
    contents = (cell.cell_contents for cell in function.__closure__)
    return dict(zip(function.__code__.co_freevars, contents, strict=True))


def line_of_class(file: Path, view_class: type) -> int:
    """The line of the word `class`; of several definitions the last one counts."""
    found = [
        node.lineno
        for node in ast.walk(ast.parse(file.read_bytes()))
        if isinstance(node, ast.ClassDef) and node.name == view_class.__name__
    ]
    return found[-1]


# ------------------------------------------------------------------------------------------ calling as a stranger


def call(method: str, url: str, body: str, handler: Handler, entered: Entered) -> tuple[str, int]:
    """What a stranger meets; where any method is served, GET and POST must agree."""
    verbs = ("GET", "POST") if method == "ANY" else (method,)
    answers = [ask(verb, url, body, handler, entered) for verb in verbs]
    anon, status = next((answer for answer in answers if answer[1] != 405), answers[0])
    agreed = all(other == anon or met == 405 for other, met in answers)
    return (anon if agreed else "ambiguous"), status


def ask(method: str, url: str, body: str, handler: Handler, entered: Entered) -> tuple[str, int]:
    """One call by a new client, without cookies; what it changes is taken back."""
    status, location = send(method, url, body, entered)
    if status == 400:
        return "public_to_validation", status
    # Whether a library's instance was called cannot be seen, but the URL is known to lead to it.
    away = status >= 400 or LOGIN.search(location) is not None
    inside = entered.has(handler.function) if handler.function else not away
    anon = read_answer(status, location, entered=inside)
    return ("ambiguous" if anon == "shadowed" else anon), status  # something on the way answered in its place


def send(method: str, url: str, body: str, entered: Entered, client: Client | None = None) -> tuple[int, str]:
    """Status of one call and where it redirects to: "login" for the page that the settings name."""
    client = client or Client(raise_request_exception=False)
    content = {} if method == "GET" else {"data": body, "content_type": "application/json"}
    entered.forget()
    with transaction.atomic(), entered.watching():
        response = client.generic(method, url, secure=True, **content)
        transaction.set_rollback(True)
    location = response.headers.get("Location", "")
    is_login = location.partition("?")[0] == resolve_url(settings.LOGIN_URL)
    return response.status_code, "login" if is_login else location


def example_url(endpoint: Endpoint, values: dict[str, str]) -> tuple[str, str]:
    """A URL that the resolver really leads to this endpoint, found by trying likely values; or else "" and why."""
    form, names = "/", list[str]()
    for pattern in endpoint.patterns:
        part, part_names = regex_helper.normalize(pattern.regex.pattern)[0]
        form, names = form + part, names + part_names
    choices = [[values[name]] if name in values else PARAMETER_VALUES for name in names]
    obstacle = "unreached"
    for chosen in itertools.product(*choices):
        url = form % dict(zip(names, chosen, strict=True))
        view = admin_pages if endpoint.callback is admin_pages else resolved(url)
        if view is endpoint.callback:
            return url, ""
        obstacle = obstacle if view is None else "shadowed"
    return "", obstacle


def resolved(url: str) -> Callable[..., Any] | None:
    """The callback that the resolver picks for the URL."""
    try:
        callback: Callable[..., Any] = resolve(url).func
    except Resolver404:
        return None
    return callback


# ------------------------------------------------------------------------------------------ the whole


def rows(project: Project, config: dict[str, Any]) -> Iterator[Row]:
    """Every route of the project, called once."""
    entered = Entered(Path("/"))
    bodies = config.get("bodies", {})
    for endpoint in endpoints(get_resolver(), project):
        path = shown_path(endpoint.patterns)
        if is_left_out(path, endpoint.callback):
            continue
        served = [found for found in handlers(endpoint, project) if is_own(project, endpoint, found[1])]
        url, obstacle = example_url(endpoint, project.values) if served else ("", "")
        for method, handler in served:
            if method not in LEFT_OUT:
                body = json.dumps(bodies.get(f"{method} {path}", {}))
                anon, status = (obstacle, 0) if obstacle else call(method, url, body, handler, entered)
                place = handler.place
                yield Row(method, path, place.handler, place.file, place.line, anon, status)


def main(folder: Path) -> None:
    """Start the project in `folder` and print its routes."""
    import tomli

    config = tomli.loads((folder / "parity.toml").read_text(encoding="utf-8"))
    project = Project(folder, folder, config["settings"], config.get("values", {}), (), config)
    remember_registrations(project)
    start(folder, config)
    # Ninja makes a pattern of each operation, and the first one for a path serves them all.
    answering: dict[tuple[str, str], Row] = {}
    for row in rows(project, config):
        answering.setdefault((row.method, row.path), row)
    write(list(answering.values()))


if __name__ == "__main__":
    main(Path(sys.argv[1]).resolve())
