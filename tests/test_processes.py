"""Sharing tasks over processes: the same results, whatever happens to the others."""

from __future__ import annotations

import functools
import os
from collections.abc import Callable
from functools import partial

import pytest

from apilint.processes import Lead, can_fork, share


def square(number: int) -> int:
    return number * number


SQUARES: list[Callable[[], int]] = [partial(square, number) for number in range(40)]


@pytest.mark.parametrize("jobs", [1, 2, 3, 100])
def test_results_keep_the_order_of_the_tasks(jobs: int) -> None:
    assert share(SQUARES, int, jobs) == [number * number for number in range(40)]


def test_no_tasks() -> None:
    assert share([], int, 2) == []


@pytest.mark.skipif(not can_fork(), reason="forking is not safe here")
def test_a_process_that_dies_loses_nothing() -> None:
    here = os.getpid()

    def deadly(number: int) -> int:
        if os.getpid() != here:
            os._exit(3)
        return number

    assert share([partial(deadly, number) for number in range(20)], int, 3) == list(range(20))


@pytest.mark.skipif(not can_fork(), reason="forking is not safe here")
def test_an_answer_of_the_wrong_type_is_worked_out_again() -> None:
    here = os.getpid()
    tasks: list[Callable[[], int]] = [lambda: 1 if os.getpid() == here else "one"] * 20  # type: ignore[list-item, return-value]
    assert share(tasks, int, 2) == [1] * 20


@pytest.mark.parametrize("jobs", [1, 3])
def test_an_exception_in_a_task_is_raised_here(jobs: int) -> None:
    def broken() -> int:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        share([*SQUARES, broken], int, jobs)


def test_large_results_travel() -> None:
    texts = [partial(str.ljust, "x", 300_000) for _ in range(6)]
    assert [len(text) for text in share(texts, str, 2)] == [300_000] * 6


def asked(jobs: int, find: Callable[[], str]) -> list[str]:
    """What many tasks are told, in whichever process they run."""
    ask: list[Callable[[], str]] = [find]

    def task() -> str:
        return ask[0]()

    return share([task] * 20, str, jobs, Lead(find, str, lambda heard: ask.__setitem__(0, functools.cache(heard))))


@pytest.mark.parametrize("jobs", [1, 2, 4])
def test_what_one_process_finds_out_the_others_are_told(jobs: int) -> None:
    text = "x" * 300_000  # more than fits into a pipe
    assert asked(jobs, lambda: text) == [text] * 20


@pytest.mark.skipif(not can_fork(), reason="forking is not safe here")
def test_others_do_not_find_out_themselves() -> None:
    here = os.getpid()
    assert set(asked(3, lambda: str(os.getpid()))) == {str(here)}


def test_an_exception_on_the_way_to_the_news_is_raised_here() -> None:
    def broken() -> str:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        asked(2, broken)
