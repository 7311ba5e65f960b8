"""Ask Django: every leaf of the resolver, what runs before its handler, one anonymous call each.

The table has the conventions of `tests/parity/runtime_django.py`: the handler is the project's function or method, the
project's class where the method is a library's, and a library's view at the line that names it. An admin site is
one row, beside those of its pages that the project wrote. What a library's URLconf brings is not the project's own.
"""

from __future__ import annotations

import inspect
import json
import logging
import os
import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

from benchmarks.parity.application import Application, Row
from benchmarks.parity.patience import TookTooLong, patience
from parity import runtime_django as django_side
from parity.observation import Entered, Project, read_answer
from parity.runtime_django import Endpoint, Handler

PATIENCE = 60
INCONCLUSIVE = {"ambiguous", "unreached", "shadowed"}
FORMAT_SUFFIX = re.compile(r"<drf_format_suffix\w*:format>$|\\\.\(\?P<format>(?:\[a-z0-9\]\+|\([\w|]+\))\)/\?\$$")


@dataclass(frozen=True)
class Installed(Project):
    """An installed application: its own files are those of its packages, all others are libraries'."""

    packages: tuple[str, ...] = ()

    def holds(self, file: Path) -> bool:
        """Whether a file lies in one of the packages."""
        return any(file.is_relative_to(self.folder / package) for package in self.packages)


# ------------------------------------------------------------------------------------------ starting


def begin(application: Application, settings_module: str, scratch: Path, **changes: object) -> None:
    """Configure Django with the application's settings, on an empty database in a file, and create its tables.

    Changed is only what needs other machines or a build: databases, caches, mail, static files, and `changes`.
    """
    from django.conf import settings

    django_side.remember_registrations(installed(application))
    os.environ["DJANGO_SETTINGS_MODULE"] = settings_module
    settings.ALLOWED_HOSTS = ["*"]
    for name, database in settings.DATABASES.items():
        database.update(ENGINE="django.db.backends.sqlite3", NAME=str(scratch / f"{name}.sqlite3"), OPTIONS={})
    settings.CACHES = {name: {"BACKEND": LOCAL_MEMORY, "LOCATION": name} for name in settings.CACHES}
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    settings.STORAGES = {**getattr(settings, "STORAGES", {}), "staticfiles": {"BACKEND": STATIC_FILES}}
    for name, value in changes.items():
        setattr(settings, name, value)
    start()


LOCAL_MEMORY = "django.core.cache.backends.locmem.LocMemCache"
STATIC_FILES = "django.contrib.staticfiles.storage.StaticFilesStorage"


def start() -> None:
    """Set Django up, and make tables of the models as they are: migrations may be for one kind of database only."""
    import django
    from django.apps import apps
    from django.conf import settings
    from django.core.management import call_command

    django.setup()
    logging.disable(logging.CRITICAL)
    settings.MIGRATION_MODULES = dict.fromkeys(app.label for app in apps.get_app_configs())
    call_command("migrate", run_syncdb=True, verbosity=0)


def installed(application: Application) -> Installed:
    """The application where it is installed: in the environment that this runs in."""
    import sysconfig

    site_packages = Path(sysconfig.get_path("purelib")).resolve()
    return Installed(site_packages, site_packages, "", dict(application.values), packages=application.packages)


# ------------------------------------------------------------------------------------------ the table


def rows(application: Application, started: object, site_packages: Path) -> Iterator[Row]:
    """Every leaf of the started site, called once for each of its methods."""
    from django.urls import get_resolver

    project = installed(application)
    let_through_throttles()
    answer_errors_briefly()
    entered = Entered(Path("/"))
    found: dict[str, list[Row]] = {}
    answered: set[tuple[str, str]] = set()
    for endpoint in django_side.endpoints(get_resolver(), project):
        path = django_side.shown_path(endpoint.patterns)
        suffix = ".json" if "<drf_format_suffix" in path else "json"
        url, obstacle = django_side.example_url(endpoint, {"format": suffix, **project.values})
        for method, handler in django_side.handlers(endpoint, project):
            if method in django_side.LEFT_OUT or (method, path) in answered:
                continue
            answered.add((method, path))
            anon, status = (obstacle, 0) if obstacle else call(method, url, handler, entered)
            row = described(project, endpoint, method, path, handler)
            found.setdefault(path, []).append(replace(row, anon=anon, anon_status=status))
    for path, listed in found.items():
        yield from (row for row in listed if not repeats(row, path, found))


def described(project: Installed, endpoint: Endpoint, method: str, path: str, handler: Handler) -> Row:
    """The row before the call."""
    return Row(
        method=method,
        path=path,
        handler=handler.place.handler,
        file=handler.place.file,
        line=handler.place.line,
        own=django_side.is_own(project, endpoint, handler),
        guards=tuple(dict.fromkeys(before(endpoint, method, handler))),
    )


def repeats(row: Row, path: str, found: dict[str, list[Row]]) -> bool:
    """Whether a route is another one with a format suffix: same method, same handler, no other answer to a stranger
    (of a format that it does not have, a view says so before it asks who is calling)."""
    stem = FORMAT_SUFFIX.sub("", path)
    if stem == path:
        return False
    twins = (twin for other in (stem, f"{stem}/", f"{stem}$", f"{stem}/$") for twin in found.get(other, ()))
    like = (twin for twin in twins if (twin.method, twin.handler) == (row.method, row.handler))
    return any(twin.anon == row.anon or INCONCLUSIVE & {twin.anon, row.anon} for twin in like)


# ------------------------------------------------------------------------------------------ what runs before


def before(endpoint: Endpoint, method: str, handler: Handler) -> Iterator[str]:
    """Wrappers of the view from the outside, the classes whose `dispatch` runs, and what DRF or Ninja ask."""
    ninja_view = django_side.closure(endpoint.callback).get("self")
    for operation in getattr(ninja_view, "operations", ()):
        if method in operation.methods:
            yield from (name_of(callback) for callback in operation.auth_callbacks)
    *wrappers, _ = django_side.wrapped_chain(endpoint.callback)
    yield from (name_of(link) for link in wrappers if not hasattr(link, "view_class") and not hasattr(link, "cls"))
    if handler.view_class is None:
        return
    for base in handler.view_class.__mro__:
        if "dispatch" in vars(base) and not base.__module__.startswith(("django.views", "rest_framework")):
            yield f"{base.__module__}:{base.__qualname__}.dispatch"
    if hasattr(handler.view_class, "get_permissions"):
        yield from asked(django_side.class_based(endpoint.callback), method, handler.view_class)


def asked(made: Any, method: str, view_class: Any) -> Iterator[str]:
    """The permission, authentication and throttle classes of an API view, as it would use them for this action."""
    view = view_class(**getattr(made, "initkwargs", {}))
    view.action = (getattr(made, "actions", None) or {}).get(method.lower())
    view.request, view.args, view.kwargs, view.format_kwarg = None, (), {}, None
    for get in (view.get_authenticators, view.get_permissions, view.get_throttles):
        try:
            yield from (name_of(one) for one in get())
        except Exception as error:  # noqa: BLE001 it may want a request, and fail in any way without one
            yield f"{get.__name__}: {type(error).__name__}"


def name_of(thing: Any) -> str:
    """`module:qualname` of a function or of an object's class."""
    named = thing if hasattr(thing, "__qualname__") else type(thing)
    return f"{named.__module__}:{named.__qualname__}"


# ------------------------------------------------------------------------------------------ calling as a stranger


def call(method: str, url: str, handler: Handler, entered: Entered) -> tuple[str, int]:
    """What a stranger meets; where any method is served, GET and POST must agree."""
    verbs = ("GET", "POST") if method == "ANY" else (method,)
    answers = [ask(verb, url, handler, entered) for verb in verbs]
    anon, status = next((answer for answer in answers if answer[1] != 405), answers[0])
    agreed = all(other == anon or met == 405 for other, met in answers)
    return (anon if agreed else "ambiguous"), status


def ask(method: str, url: str, handler: Handler, entered: Entered) -> tuple[str, int]:
    """One call by a new client, without cookies; what it changes is taken back."""
    try:
        with patience(PATIENCE), taken_back():
            status, location = django_side.send(method, url, json.dumps({}), entered)
    except TookTooLong:
        return "ambiguous", 0
    except Exception:  # noqa: BLE001 the page that tells of an exception raised another one
        status, location = 500, ""
    inside = handler.function is None or entered.has(handler.function)
    anon = read_answer(status, location, entered=inside)
    if status == 400 and inside and is_rest_framework(handler.function):
        return "public_to_validation", status  # a serializer refused the body, after the permissions let it through
    if anon == "shadowed":
        return "ambiguous", status  # something on the way answered in its place
    if anon == "denied_in_handler" and everybody_is_turned_away(method, url, entered, (status, location)):
        return "ambiguous", status  # not for want of credentials: a log-out that leads to the log-in page, say
    return ("public" if anon == "ambiguous" and inside and handler.function is not None else anon), status


def everybody_is_turned_away(method: str, url: str, entered: Entered, met: tuple[int, str]) -> bool:
    """Whether a superuser meets the same answer."""
    client = logged_in()
    if client is None:
        return False
    try:
        with patience(PATIENCE), taken_back():
            status, location = django_side.send(method, url, json.dumps({}), entered, client)
    except (Exception, TookTooLong):  # noqa: BLE001 whatever it is, it is another answer
        return False
    return (status, location.partition("?")[0]) == (met[0], met[1].partition("?")[0])


@cache
def superuser() -> Any:
    """Somebody who may do everything; None where the application's users cannot be made that simply."""
    from django.contrib.auth import get_user_model
    from django.db import DatabaseError

    model = get_user_model()
    known = {field.name for field in model._meta.get_fields()}
    qualities = {name: True for name in ("is_active", "is_staff", "is_superuser") if name in known}
    user = model(**{model.USERNAME_FIELD: "root@example.org"}, **qualities)
    try:
        user.save()
    except DatabaseError:
        return None
    return user


def logged_in() -> Any:
    """A client with the session of the superuser."""
    from django.test import Client

    user = superuser()
    if user is None:
        return None
    client = Client(raise_request_exception=False)
    try:
        client.force_login(user)
    except ValueError:  # no backend of the application knows its users
        return None
    return client


def is_rest_framework(function: Callable[..., Any] | None) -> bool:
    """Whether a handler is Django REST Framework's own."""
    return inspect.unwrap(function).__module__.startswith("rest_framework.") if function is not None else False


@contextmanager
def taken_back() -> Iterator[None]:
    """What a call changes in the databases is undone."""
    from django.db import connections, transaction

    with ExitStack() as open_:
        for alias in connections:
            open_.enter_context(transaction.atomic(using=alias))
        yield
        for alias in connections:
            transaction.set_rollback(True, using=alias)


def answer_errors_briefly() -> None:
    """Django's pages for developers show every frame of an exception, which takes longer than all the rest."""
    from django.http import HttpResponse
    from django.views import debug

    def brief(request: object, *args: object, status_code: int = 500, **kwargs: object) -> HttpResponse:
        return HttpResponse(status=status_code)

    debug.technical_500_response = brief
    debug.technical_404_response = lambda request, exception: HttpResponse(status=404)


def let_through_throttles() -> None:
    """A thousand calls in a row are no sign of abuse here."""
    try:
        from rest_framework.views import APIView
    except ImportError:
        return
    APIView.check_throttles = lambda self, request: None
