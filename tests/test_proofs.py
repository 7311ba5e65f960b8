"""Goals that are proved backwards: cycles prove nothing, all of a way has to hold, and no more is asked than needed."""

from __future__ import annotations

from collections.abc import Iterator

from apilint.checks.proofs import Proofs, Way


def proofs(ways: dict[str, list[Way[str]]], asked: list[str] | None = None) -> Proofs[str]:
    """Proofs over a table of ways; the goals that were begun are noted in `asked`."""

    def of(goal: str) -> Iterator[Way[str]]:
        if asked is not None:
            asked.append(goal)
        yield from ways.get(goal, [])

    return Proofs(of)


def test_a_cycle_proves_nothing_until_something_from_outside_reaches_it() -> None:
    ring: dict[str, list[Way[str]]] = {"a": [("b",)], "b": [("c",)], "c": [("a",)]}
    assert not proofs(ring).holds("a")
    assert proofs(ring | {"c": [("a",), ()]}).holds("a")


def test_all_of_a_way_has_to_hold() -> None:
    ways: dict[str, list[Way[str]]] = {"method": [("class", "name")], "class": [()], "name": [("caller",)]}
    assert not proofs(ways).holds("method")
    assert proofs(ways | {"caller": [()]}).holds("method")


def test_what_was_dropped_in_one_search_stays_dropped_and_what_was_proved_is_of_use_to_the_next() -> None:
    asked: list[str] = []
    known = proofs({"a": [("b",)], "b": [()], "c": [("b",), ("d",)], "e": [("d",), ("b",)]}, asked)
    assert [known.holds(goal) for goal in "acde"] == [True, True, False, True]
    assert asked.count("b") == 1


def test_a_short_proof_is_found_beside_an_endless_search() -> None:
    def ways(goal: int) -> Iterator[Way[int]]:
        if goal == 7:
            yield ()
        yield (goal + 1,)
        yield (-goal * 2,)

    assert Proofs(ways).holds(5)
