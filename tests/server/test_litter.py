"""What analysis leaves behind is taken away, also where nobody ever rests."""

from __future__ import annotations

import gc
import weakref
from collections.abc import Iterator

import pytest

from apilint.server.litter import PATIENCE, Litter


class Program:
    """Refers to itself, as programs do."""

    def __init__(self) -> None:
        self.own = self


@pytest.fixture(autouse=True)
def without_collector() -> Iterator[None]:
    gc.disable()
    yield
    gc.unfreeze()
    gc.enable()


def left() -> weakref.ref[Program]:
    return weakref.ref(Program())


def test_a_program_that_was_replaced_goes_at_rest() -> None:
    litter, first = Litter(), Program()
    litter.replaced()
    litter.sweep(is_quiet=True)
    gone = weakref.ref(first)
    del first
    litter.tidy(is_quiet=True)
    assert gone() is not None  # it was set aside, and nothing has taken its place yet
    litter.replaced()
    litter.sweep(is_quiet=True)
    assert gone() is None


def test_what_was_given_up_goes_between_two_edits() -> None:
    litter, gone = Litter(), left()
    litter.given_up()
    litter.tidy(is_quiet=False)
    assert gone() is not None
    litter.tidy(is_quiet=True)
    assert gone() is None


@pytest.mark.parametrize("what", ["replaced", "given_up"])
def test_who_never_rests_is_made_to_wait(what: str) -> None:
    litter, gone = Litter(), left()
    for _ in range(PATIENCE + 1):
        assert gone() is not None
        getattr(litter, what)()
        litter.tidy(is_quiet=False)
    assert gone() is None
