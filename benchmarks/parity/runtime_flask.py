"""Ask Flask: every rule of the URL map, what wraps its view, the functions before it, one anonymous call each."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from flask import Flask
from werkzeug.exceptions import HTTPException
from werkzeug.routing import RequestRedirect, Rule

from benchmarks.parity.application import Application, Row
from benchmarks.parity.patience import TookTooLong, patience
from benchmarks.parity.places import Places, wrappers
from parity.observation import Entered, read_answer
from parity.runtime_flask import call, handler, methods, url

PATIENCE = 20


def rows(application: Application, app: Flask, site_packages: Path) -> Iterator[Row]:
    """Every rule of the started application, called once for each of its methods."""
    places = Places(application, site_packages)
    entered = Entered(site_packages)
    with entered.watching():
        for rule in list(app.url_map.iter_rules()):
            for method in methods(rule):
                function = handler(app, rule, method)
                place = places.find(function)
                if place is not None:
                    entered.forget()
                    anon, status = _anonymous(places, app, rule, method, entered, function)
                    yield Row(
                        method=method,
                        path=rule.rule,
                        handler=place.handler,
                        file=place.file,
                        line=place.line,
                        own=places.is_own(place, _holder(app, rule)),
                        anon=anon,
                        anon_status=status,
                        guards=tuple(_before(places, app, rule, function)),
                    )


def _holder(app: Flask, rule: Rule) -> type | None:
    """The class whose view answers: that of a class-based view, or of the object that a bound method belongs to."""
    view = app.view_functions[rule.endpoint]
    held_by = next((link.__self__ for link in wrappers(view) if hasattr(link, "__self__")), None)
    view_class: type | None = getattr(view, "view_class", None)
    return view_class or (type(held_by) if held_by is not None else None)


def _before(places: Places, app: Flask, rule: Rule, function: Any) -> Iterator[str]:
    """Everything that runs before the handler: functions before the request, then the wrappers of the view."""
    parts = rule.endpoint.split(".")[:-1]
    scopes: list[Any] = [None, *(".".join(parts[: length + 1]) for length in range(len(parts)))]
    for scope in scopes:
        yield from (places.name(hook) for hook in app.before_request_funcs.get(scope, ()))
    yield from (places.name(link) for link in wrappers(function)[:-1])


def _anonymous(places: Places, app: Flask, rule: Rule, method: str, entered: Entered, function: Any) -> tuple[str, int]:
    target = url(places.project, rule.rule)
    if not _leads_to(app, target, method, rule):
        return "shadowed", 0
    client = app.test_client(use_cookies=False)
    try:
        with patience(PATIENCE):
            status, location = call(client, method, target)
    except TookTooLong:
        return "ambiguous", 0
    inside = entered.has(function)
    anon = read_answer(status, location, entered=inside)
    return ("public" if anon in ("ambiguous", "public_to_validation") and inside else anon), status


def _leads_to(app: Flask, target: str, method: str, rule: Rule) -> bool:
    """Whether Werkzeug picks this rule for the URL."""
    try:
        found, _ = app.url_map.bind("localhost").match(target, method, return_rule=True)
    except RequestRedirect:
        return True
    except HTTPException:
        return False
    return found is rule
