"""Whose turn of the hour it is: by neighbouring numbers, evenly, and for good."""

import numpy as np
import pytest

from alerts.detect.groups import HOMES_A_TURN, TURNS, by_turn, place_in_turn


@pytest.mark.parametrize("homes_a_turn", [1, 5, HOMES_A_TURN, 1 << 30])
@pytest.mark.parametrize("homes", [0, 1, 700, 30_000])
def test_each_home_has_one_turn_and_one_place_in_it(homes: int, homes_a_turn: int) -> None:
    number = np.arange(homes)
    turns = by_turn(number, number, homes_a_turn)
    assert len(turns) == TURNS
    assert sorted(np.concatenate(turns).tolist()) == number.tolist()
    for rows in turns:
        assert place_in_turn(rows, homes_a_turn).tolist() == list(range(len(rows)))


def test_a_home_keeps_its_turn_when_others_join() -> None:
    before, after = (np.arange(size) for size in (5_000, 5_001))
    old, new = by_turn(before, before, HOMES_A_TURN), by_turn(after, after, HOMES_A_TURN)
    for rows, more in zip(old, new, strict=True):
        assert set(rows.tolist()) <= set(more.tolist())


def test_no_turn_carries_much_more_of_a_large_fleet_than_another() -> None:
    number = np.arange(300_000)
    sizes = [len(rows) for rows in by_turn(number, number, HOMES_A_TURN)]
    assert max(sizes) - min(sizes) <= HOMES_A_TURN
    assert max(sizes) <= len(number) / TURNS + HOMES_A_TURN
