"""Rows of the roster in groups: sensors by device, homes by turn, pairs by place or sector."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from alerts.detect.columns import Bools, Ints, Rows, rows_where
from config.sensor_table import NONE, SensorTable

TURNS: Final = 12
"""Turns of an hour that homes take, by number, in what is done for each home once an hour."""

HOMES_A_TURN: Final = 1024
"""Homes of neighbouring numbers that share a turn: what is known of them lies side by side."""


def devices(device_of_sensor: NDArray[np.int32]) -> tuple[Ints, Rows]:
    """Return (first sensor of each sensor's device, those first sensors)."""
    lead = np.arange(len(device_of_sensor), dtype=np.int64)
    used = rows_where(device_of_sensor != NONE)
    _, first, inverse = np.unique(device_of_sensor[used], return_index=True, return_inverse=True)
    lead[used] = used[first][inverse]
    return lead, np.sort(used[first])


def turns(is_person: Bools, home: Ints, homes_a_turn: int) -> tuple[Rows, ...]:
    """Return the rows that are a person's and of a home (number; -1 for none), by its turn."""
    rows = rows_where(is_person & (home >= 0))
    return by_turn(rows, home[rows], homes_a_turn)


def by_turn(rows: Rows, home: Ints, homes_a_turn: int) -> tuple[Rows, ...]:
    """Return these rows by the turn of their homes, which are of the same length."""
    turn = home // homes_a_turn % TURNS
    order = np.argsort(turn, kind="stable")
    cuts = np.searchsorted(turn[order], np.arange(1, TURNS))
    return tuple(np.split(rows[order], cuts))


def place_in_turn(home: Ints, homes_a_turn: int) -> Ints:
    """Return the homes of one turn numbered densely, in their order."""
    block = home // homes_a_turn
    return home - (block - block // TURNS) * homes_a_turn


def sectors(table: SensorTable, pairs: Ints) -> Ints:
    """Return the one sector of each gateway's homes, NONE without one; pairs (home, gateway)."""
    low = np.full(len(table.gateway_place), len(table.sectors), np.int64)
    high = np.full(len(table.gateway_place), NONE, np.int64)
    sector = table.home_sector[pairs[0]].astype(np.int64)
    np.minimum.at(low, pairs[1], sector)
    np.maximum.at(high, pairs[1], sector)
    return np.where(low == high, high, NONE)


def by_code(rows: Rows, code: Ints, size: int) -> tuple[Rows, Ints]:
    """Return (rows by code, where those of each of ``size`` codes begin, and the end)."""
    order = np.argsort(code, kind="stable")
    return rows[order], np.searchsorted(code[order], np.arange(size + 1)).astype(np.int64)


def any_by(code: Ints, flag: Bools, size: int) -> Bools:
    """Return bool[size]: whether any row of each code has the flag."""
    result = np.zeros(size, np.bool_)
    result[code[flag]] = True
    return result
