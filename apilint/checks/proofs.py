"""Goals -> whether they hold: the least fixed point of what says when each does, worked out only as far as is asked.

What a program does as a whole is thousands of facts, of which a rule wants to know three. A goal is proved from what
would bring it about, and from that in turn; a goal is dropped when nothing is left that could.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Hashable, Iterator
from typing import Generic, TypeVar

G = TypeVar("G", bound=Hashable)

Way = tuple[G, ...]
"""Goals that together bring another one about; none, if it holds anyhow."""


class Proofs(Generic[G]):
    """What is known of the goals so far."""

    def __init__(self, ways: Callable[[G], Iterator[Way[G]]]) -> None:
        """`ways` gives what would bring a goal about; the cheaper to look for, the earlier."""
        self._ways = ways
        self._settled: dict[G, bool] = {}

    def holds(self, goal: G) -> bool:
        """Whether a goal is brought about."""
        if goal not in self._settled:
            search = _Search(self._ways, self._settled)
            search.prove(goal)
        return self._settled[goal]


class _Search(Generic[G]):
    """One search: takes each open goal a way further in turn, so that a short proof is found before a long one."""

    def __init__(self, ways: Callable[[G], Iterator[Way[G]]], settled: dict[G, bool]) -> None:
        self._ways = ways
        self._settled = settled
        self._open: deque[tuple[G, Iterator[Way[G]]]] = deque()
        self._begun: set[G] = set()
        self._waiting: dict[G, list[tuple[G, Way[G]]]] = {}

    def prove(self, goal: G) -> None:
        """Settle a goal, and what has been settled on the way."""
        settled = self._settled
        self._begin(goal)
        while self._open and goal not in settled:
            each, ways = self._open.popleft()
            way = next(ways, None) if each not in settled else None
            if way is not None:
                self._open.append((each, ways))
                self._follow(each, way)
        if goal not in settled:
            settled.update(dict.fromkeys(self._begun - settled.keys(), False))

    def _begin(self, goal: G) -> None:
        if goal not in self._begun:
            self._begun.add(goal)
            self._open.append((goal, self._ways(goal)))

    def _follow(self, goal: G, way: Way[G]) -> None:
        """Take note of a way: what it waits for first, or that it is open, and what this opens in turn."""
        reached = [(goal, way)]
        while reached:
            each, needed = reached.pop()
            if each in self._settled:
                continue
            missing = next((other for other in needed if other not in self._settled), None)
            if missing is not None:
                self._waiting.setdefault(missing, []).append((each, needed))
                self._begin(missing)
            elif all(self._settled[other] for other in needed):
                self._settled[each] = True
                reached += self._waiting.pop(each, ())


__all__ = ["Proofs", "Way"]
