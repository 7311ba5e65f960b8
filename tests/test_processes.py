"""Sharing tasks over processes: the same results, whatever happens to the others."""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import partial

import pytest

from apilint.processes import begin, can_fork, share


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


@pytest.mark.parametrize("jobs", [1, 2])
def test_what_is_begun_elsewhere_comes_back(jobs: int) -> None:
    waiting = begin(partial(square, 7), int, jobs)
    assert waiting() == 49


@pytest.mark.skipif(not can_fork(), reason="forking is not safe here")
def test_what_is_begun_elsewhere_and_dies_is_done_here() -> None:
    here = os.getpid()
    waiting = begin(lambda: 5 if os.getpid() == here else os._exit(1), int, 2)
    assert waiting() == 5
