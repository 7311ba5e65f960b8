"""TYPES: the ways in which a run for an anonymous caller ends, and what several of them have in common."""

from __future__ import annotations

from collections.abc import Iterator

from apilint.facts import Span
from apilint.guards.caller import NOTHING, Anonymous, Body, Container, Nothing, Sure
from apilint.guards.settings import is_setting
from apilint.startup.values import Choice, Condition, Known, Mapping, Operation, Value

# A test that one of these decides is decided by the caller having no credentials.
CREDENTIALS = (Sure, Nothing, Anonymous, Container, Body)


def _remembering(value: Value) -> Value:
    if isinstance(value, Known) and value.value is None:
        return NOTHING
    return Sure(value.value) if isinstance(value, Known) and isinstance(value.value, bool) else value


def asks_caller(value: Value | None, depth: int = 4) -> bool:
    """Whether a test that is not decided asks for credentials among other things: `ENABLED and not session["user"]`."""
    if isinstance(value, Operation) and depth:
        return asks_caller(value.left, depth - 1) or asks_caller(value.right, depth - 1)
    if isinstance(value, Choice) and depth:
        by = [value.test.value] if value.test is not None else []
        return any(asks_caller(each, depth - 1) for each in (*value.options, *by))
    return isinstance(value, CREDENTIALS)


class Exit:
    """One way in which a run ends. `kind` is `return`, `raise` or `pass` (the guarded code is reached).

    `status` is the HTTP status of a raise where it is known; `name` that of the exception. `credential` tells
    that the run came this way because the caller has no credentials; `open` holds the conditions that are not
    decided. `idle` tells that nothing was called before."""

    __slots__ = ("conditions", "idle", "kind", "name", "span", "status", "value")

    def __init__(
        self, kind: str, value: Value, conditions: tuple[Condition, ...], span: Span, status: int = 0, name: str = ""
    ) -> None:
        self.kind = kind
        self.value = value
        self.conditions = conditions
        self.span = span
        self.status = status
        self.name = name
        self.idle = False

    def under(self, conditions: tuple[Condition, ...]) -> Exit:
        """The same end for one who came there under further conditions."""
        if not conditions:
            return self
        return Exit(self.kind, self.value, (*conditions, *self.conditions), self.span, self.status, self.name)

    def answering(self, value: Value, *conditions: Condition) -> Exit:
        """The same end with another answer, under further conditions."""
        return Exit(self.kind, value, (*self.conditions, *conditions), self.span, self.status, self.name)

    @property
    def open(self) -> list[Condition]:
        """The conditions that the source leaves open."""
        return [condition for condition in self.conditions if not condition.decided]

    @property
    def credential(self) -> bool:
        """Whether the absence of credentials led here."""
        for condition in self.conditions:  # noqa: SIM110 - asked so often that a generator would cost twice as much
            if condition.decided and isinstance(condition.value, CREDENTIALS):
                return True
        return False

    @property
    def diverted(self) -> bool:
        """Whether the absence of credentials led here and leads others elsewhere."""
        return any(
            condition.decided and not condition.joined and isinstance(condition.value, CREDENTIALS)
            for condition in self.conditions
        )

    @property
    def follows(self) -> bool:
        """Whether the absence of credentials is what led here last, not some test of other things after it."""
        last = next((c for c in reversed(self.conditions) if not c.decided or isinstance(c.value, CREDENTIALS)), None)
        return last is not None and last.decided

    @property
    def given(self) -> Value:
        """The returned value; `None` or a truth that is returned for want of credentials, be it on some ways only,
        remembers that it was."""
        if not isinstance(self.value, (Known, Mapping)):
            return self.value
        if not self.credential and not any(asks_caller(condition.value) for condition in self.open):
            return self.value
        if isinstance(self.value, Mapping):
            items = {name: _remembering(item) for name, item in self.value.items.items()}
            return Mapping(items, is_open=self.value.open, span=self.value.span)
        return _remembering(self.value)

    def __repr__(self) -> str:
        return f"Exit({self.kind} {self.status or ''} {self.name} {self.value!r} if {self.conditions})"


def under_test(exit_: Exit, test: Condition | None, is_first: bool) -> Exit:
    """An exit of one of several functions, under the test that chooses among them."""
    return exit_ if test is None else exit_.answering(exit_.value, test.branch(first=is_first))


def shared(returns: list[Exit]) -> Iterator[Condition]:
    """What held on every way on which a call returned: it holds for whatever comes after it."""
    first, *others = returns
    for condition in first.open:
        if all(any(condition is each for each in other.conditions) for other in others):
            yield condition


def decisive(returns: list[Exit]) -> Condition | None:
    """The test that tells what a call gives: of the configuration if there is one, else the first that its ways do not
    share."""
    if len(returns) < 2:
        return None
    common = {id(condition) for condition in shared(returns)}
    apart = [condition for exit_ in returns for condition in exit_.open if id(condition) not in common]
    chosen = [exit_.value.test for exit_ in returns if isinstance(exit_.value, Choice) and exit_.value.test is not None]
    first = apart[0] if len(returns) == 2 and apart else None
    return next(filter(is_setting, (*apart, *chosen)), first)


def distinct(exits: list[Exit]) -> Iterator[Exit]:
    """Of exits at the same place that mean the same to whoever called, the last."""
    last = {(exit_.kind, exit_.span, exit_.status, exit_.name, exit_.credential): exit_ for exit_ in exits}
    return (
        exit_ for exit_ in exits if last[exit_.kind, exit_.span, exit_.status, exit_.name, exit_.credential] is exit_
    )
