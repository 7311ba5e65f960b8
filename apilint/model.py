"""What the program is: routes with the guards that effectively protect them, as the framework would see them."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol

import msgspec

from apilint.facts import Span

if TYPE_CHECKING:
    from apilint.startup.values import FunctionValue

VERDICTS = ("required", "optional", "conditional", "none", "unknown")


class Step(msgspec.Struct, frozen=True):
    """One link of a chain of reasoning: a place and what is seen there."""

    span: Span
    message: str


class Demand(msgspec.Struct, frozen=True):
    """What a caller must have beyond being known: `kind` is `scope`, `role`, `permission`, `group`, `quality` (a flag
    of the user: `is_staff`) or `object` (a relation to what is asked for), `name` which one, in the words of the
    source. What is stated and surely never looked at is not `enforced`."""

    kind: str
    name: str
    enforced: bool = True


class Guard(msgspec.Struct, frozen=True):
    """Something that runs before a route's handler and was considered as its guard.

    `name` is what the source calls it; `qualname` the absolute name, `package.module:qualname` for the
    project's own and dotted for a library's. `kind` says what it is (`dependency`, `security scheme`,
    `decorator`, `before_request`, `middleware`, `permission`, `mixin`, `setting`, `in the handler`, …), `via`
    how it reaches the route in words (`include_router in main.py`). `effect` is one of

    - `required`: turns away callers without valid credentials;
    - `optional`: reads credentials and tolerates their absence;
    - `conditional`: required under `condition` only;
    - `hollow`: looks like a guard and never rejects;
    - `none`: does something else (it is not a guard at all);
    - `unknown`: could not be judged; `reason` says what stood in the way.

    `span` is the place where it is attached, `chain` leads from the route to the line that rejects. `demands` is what
    it asks of callers beyond being known, `lapses` are the ways in which it lets through whom it should turn away (a
    secret that is not set, debug mode, an exception in the check): each a place and what happens there.
    """

    name: str
    qualname: str
    kind: str
    via: str
    effect: str
    span: Span
    chain: tuple[Step, ...] = ()
    condition: str = ""
    reason: str = ""
    demands: tuple[Demand, ...] = ()
    lapses: tuple[Step, ...] = ()


class Listed(msgspec.Struct, frozen=True):
    """A route as another process is told of it: all but its function.

    `path` is in the framework's template syntax; `handler` is `package.module:qualname`; `span` covers the
    handler's `def` head (or the class head, or the registration where there is no source for the handler);
    `registered` is where the route is registered (the decorator, the `path(...)` call). `router` names the
    object it is registered on, `prefix` the part of the path that its mounts contributed. `guards` holds what
    guards it (`required`, `conditional`, `optional` effects); `considered` everything else that was judged.
    `unknown` says what could not be resolved on the way, for verdict `unknown`; `only_if` under which conditions, in
    the words of the source, the route exists at all, and `app` where the application was made that serves it. `hidden`
    routes are left out of the program's own specification, `deprecated` ones are marked as such in it.
    """

    framework: str
    methods: tuple[str, ...]
    path: str
    handler: str
    span: Span
    registered: Span
    auth: str
    guards: tuple[Guard, ...] = ()
    considered: tuple[Guard, ...] = ()
    router: str = ""
    prefix: str = ""
    kind: str = "http"
    unknown: str = ""
    condition: str = ""
    only_if: str = ""
    app: str = ""
    hidden: bool = False
    deprecated: bool = False


class Route(Listed, frozen=True):
    """One callable thing: methods on a path."""

    function: FunctionValue | None = None


class Endpoint(Protocol):
    """What is known of a route before its guards are judged. Which methods it answers may depend on that: those that
    are guarded alike are one route."""

    @property
    def framework(self) -> str: ...
    @property
    def path(self) -> str: ...
    @property
    def handler(self) -> str: ...
    @property
    def span(self) -> Span: ...
    @property
    def function(self) -> FunctionValue | None: ...


def move(route: Route, moved: Callable[[Span], Span]) -> Route:
    """The same route where its places have moved."""

    def steps(found: tuple[Step, ...]) -> tuple[Step, ...]:
        return tuple(Step(moved(step.span), step.message) for step in found)

    def guards(found: tuple[Guard, ...]) -> tuple[Guard, ...]:
        replace = msgspec.structs.replace
        return tuple(
            replace(each, span=moved(each.span), chain=steps(each.chain), lapses=steps(each.lapses)) for each in found
        )

    return msgspec.structs.replace(
        route,
        span=moved(route.span),
        registered=moved(route.registered),
        guards=guards(route.guards),
        considered=guards(route.considered),
    )


class Loose(msgspec.Struct, frozen=True):
    """Routes that were registered and that no application serves. `kind` is what they stand on (`router`, `blueprint`),
    made at `span`; `routes` are their places. They are `late` when they were added after what they stand on was handed
    over at `taken`; otherwise nobody ever took it. `doubt` says why an application may take it all the same."""

    kind: str
    span: Span
    routes: tuple[Step, ...]
    taken: Span | None = None
    doubt: str = ""


class Published(msgspec.Struct, frozen=True):
    """Documentation of an application that a framework serves by itself: at which paths, of which application (made at
    `span`, called `app` as in `Route`), and whether anything turns away callers without credentials."""

    span: Span
    paths: tuple[str, ...]
    app: str
    is_open: bool


class Told(msgspec.Struct, frozen=True, array_like=True):
    """What one process tells others of the routes, and what else it found out on the way. For each route stands beside
    it which one of the functions of its handler it has, in the order in which the frameworks come to them."""

    routes: tuple[tuple[Listed, int], ...]
    loose: tuple[Loose, ...]
    published: tuple[Published, ...]
