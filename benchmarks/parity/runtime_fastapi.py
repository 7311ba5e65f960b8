"""Ask FastAPI and Starlette: every route after start-up, its flattened dependency tree, one anonymous call each."""

from __future__ import annotations

import asyncio
import contextvars
import json
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

from benchmarks.parity import asgi
from benchmarks.parity.application import Application, Row
from benchmarks.parity.places import Places
from parity.observation import Entered, read_answer, read_close
from parity.runtime_fastapi import Served, served, url

LEFT_OUT = ("HEAD", "OPTIONS")
UNAUTHORIZED = (401, 403, 3000, 3003, 4001, 4003, 4401, 4403)


class Dependencies:
    """How far `solve_dependencies` came in a call."""

    def __init__(self) -> None:
        self.solved: list[bool] = []
        self._below_failed = False
        try:
            import fastapi.routing
            from fastapi.dependencies import utils
        except ImportError:  # an application of Starlette alone has none
            return
        self._depth: contextvars.ContextVar[int] = contextvars.ContextVar("depth", default=0)
        solve = utils.solve_dependencies

        async def watched(**arguments: Any) -> Any:
            depth = self._depth.get()
            token = self._depth.set(depth + 1)
            try:
                result = await solve(**arguments)
            finally:
                self._depth.reset(token)
            if depth == 0:
                errors = result[1] if isinstance(result, tuple) else result.errors
                self.solved.append(not errors)
            else:
                self._below(result)
            return result

        utils.solve_dependencies = watched
        fastapi.routing.solve_dependencies = watched  # type: ignore[attr-defined]

    def _below(self, result: Any) -> None:
        errors = result[1] if isinstance(result, tuple) else result.errors
        self._below_failed = self._below_failed or bool(errors)

    def forget(self) -> None:
        """Begin a new call."""
        self.solved.clear()
        self._below_failed = False

    @property
    def only_validation_failed(self) -> bool:
        """Whether every dependency was called and let the caller through, and the request's own shape was wrong."""
        return bool(self.solved) and not self.solved[-1] and not self._below_failed


def rows(application: Application, app: Any, site_packages: Path) -> Iterator[Row]:
    """Every route of the started application, called once."""
    yield from asyncio.run(_all_rows(application, app, site_packages))


async def _all_rows(application: Application, app: Any, site_packages: Path) -> list[Row]:
    places = Places(application, site_packages)
    entered, dependencies = Entered(site_packages), Dependencies()
    with entered.watching():
        async with asgi.lifespan(app) as served_app:
            return [row async for row in _rows(places, app, served_app, entered, dependencies)]


async def _rows(
    places: Places, app: Any, served_app: asgi.App, entered: Entered, dependencies: Dependencies
) -> AsyncIterator[Row]:
    for route in list(served(app.routes)):
        place = places.find(route.endpoint)
        if place is None or route.method in LEFT_OUT:
            continue
        entered.forget()
        dependencies.forget()
        anon, status = await _call(places, served_app, route, entered, dependencies)
        yield Row(
            method=route.method,
            path=route.path,
            handler=place.handler,
            file=place.file,
            line=place.line,
            own=places.is_own(place),
            anon=anon,
            anon_status=status,
            guards=tuple(_tree(places, route.dependant)),
        )


async def _call(
    places: Places, app: Any, route: Served, entered: Entered, dependencies: Dependencies
) -> tuple[str, int]:
    target = url(places.project, route.path)
    if route.method == "WEBSOCKET":
        answer = await asgi.websocket(app, target)
        if dependencies.only_validation_failed:
            return "public_to_validation", answer.status
        anon = read_close(answer.status, entered=entered.has(route.endpoint))
        # Of most closures by the handler nobody can tell whether they were for the caller or for what was asked.
        is_clear = anon != "denied_in_handler" or abs(answer.status) in UNAUTHORIZED
        return (anon if is_clear else "ambiguous"), answer.status
    body = b"" if route.method in ("GET", "HEAD") else json.dumps({}).encode()
    answer = await asgi.http(app, route.method, target, body)
    inside = entered.has(route.endpoint)
    anon = read_answer(answer.status, answer.location, entered=inside)
    if not inside and answer.status in (400, 422):
        anon = "public_to_validation" if dependencies.only_validation_failed else "ambiguous"
    elif inside and anon == "ambiguous":
        anon = "public"
    return anon, answer.status


def _tree(places: Places, dependant: Any) -> Iterator[str]:
    """Every dependency below a route, in the order in which they are solved."""
    for below in getattr(dependant, "dependencies", ()):
        yield from _tree(places, below)
        if below.call is not None:
            yield places.name(below.call)
