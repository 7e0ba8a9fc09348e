"""What every store promises. A test file per store makes a subclass with a ``make_store``."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ingest.batch import Batch, build, empty
from ingest.clock import instant
from ingest.sink import CannotDo, Entry, HomeColumn, Store
from tests.naive.store import NaiveStore

DAY_US = 86_400_000_000
MIDNIGHT_US = 1_793_664_000_000_000
"""2026-11-03 00:00 UTC."""

HOMES: HomeColumn = np.array([-1, 1, 1, 2, 2, -1], np.int32)
"""Sensors 1 and 2 are in home 1, 3 and 4 in home 2, the others in none."""

MakeStore = Callable[[], Store]

_TIMES = st.one_of(
    st.integers(MIDNIGHT_US - DAY_US, MIDNIGHT_US + 2 * DAY_US - 1),
    # Few moments, so that repeats and both sides of midnight are common.
    st.sampled_from([MIDNIGHT_US - 1, MIDNIGHT_US, MIDNIGHT_US + 1, MIDNIGHT_US + DAY_US]),
)
_READINGS = st.tuples(
    st.integers(1, 4),
    _TIMES,
    st.sampled_from([0.0, 1.0, 20.5, -3.25]),
    st.integers(MIDNIGHT_US, MIDNIGHT_US + 3),
)
Row = tuple[int, int, float, int]
"""Sensor, time, value, received."""

_SPLITS = st.lists(st.lists(st.lists(_READINGS, max_size=6), max_size=4), max_size=12)
"""Appends, each of entries, each of readings."""


Split = Sequence[Sequence[Sequence[Row]]]


def entries_of(split: Split) -> Sequence[Sequence[Entry]]:
    seq = 0
    appends = []
    for entries in split:
        made = []
        for rows in entries:
            seq += 1
            made.append(Entry(seq, build(*zip(*rows, strict=True)) if rows else empty(), []))
        appends.append(made)
    return appends


def readings(batch: Batch) -> Sequence[tuple[Any, ...]]:
    return list(
        zip(
            batch.time.view(np.int64).tolist(),
            batch.sensor.tolist(),
            batch.value.tolist(),
            batch.received.view(np.int64).tolist(),
            strict=True,
        )
    )


def one(seq: int, *rows: Row) -> Entry:
    return Entry(seq, build(*zip(*rows, strict=True)), [])


def everything(store: Store, home: int) -> Sequence[tuple[Any, ...]]:
    start, stop = MIDNIGHT_US - 400 * DAY_US, MIDNIGHT_US + 400 * DAY_US
    return readings(store.read(home, instant(start), instant(stop)))


class StoreContract:
    @settings(
        max_examples=60,
        deadline=None,
        suppress_health_check=[
            HealthCheck.function_scoped_fixture,  # every example makes its own store
            HealthCheck.differing_executors,  # one suite, several stores
        ],
    )
    @given(split=_SPLITS, cut=st.tuples(_TIMES, _TIMES))
    def test_any_split_and_order_reads_back_as_from_a_plain_list(
        self, make_store: MakeStore, split: Split, cut: tuple[int, int]
    ) -> None:
        store, naive = make_store(), NaiveStore()
        for entries in entries_of(split):
            store.append(entries, HOMES)
            naive.append(entries, HOMES)
        assert store.position() == naive.position()
        for home in (1, 2, 3):
            assert everything(store, home) == everything(naive, home)
            start, stop = (instant(us) for us in cut)
            assert readings(store.read(home, start, stop)) == readings(
                naive.read(home, start, stop)
            )
        start, stop = (instant(us) for us in cut)
        together = readings(store.read_many((1, 3, 2), start, stop))
        apart = [readings(naive.read(home, start, stop)) for home in (1, 2, 3)]
        assert [row[0] for row in together] == sorted(row[0] for row in together)
        assert sorted(together) == sorted(row for rows in apart for row in rows)
        assert list(store.latest([4, 1, 2, 3, 9, 1])) == list(naive.latest([1, 2, 3, 4, 9]))
        store.close()

    def test_an_empty_store_is_at_zero_and_has_nothing(self, make_store: MakeStore) -> None:
        store = make_store()
        store.append([], HOMES)
        assert store.position() == 0
        assert everything(store, 1) == []
        assert list(store.latest([1, 2])) == []
        assert list(store.latest([])) == []

    def test_an_entry_without_readings_still_moves_the_position(
        self, make_store: MakeStore
    ) -> None:
        store = make_store()
        store.append([Entry(7, empty(), [])], HOMES)
        assert store.position() == 7

    def test_entries_given_twice_are_stored_once(self, make_store: MakeStore) -> None:
        store = make_store()
        entries = [one(1, (1, MIDNIGHT_US, 1.0, MIDNIGHT_US), (1, MIDNIGHT_US, 1.0, MIDNIGHT_US))]
        store.append(entries, HOMES)
        store.append(entries, HOMES)
        assert everything(store, 1) == [(MIDNIGHT_US, 1, 1.0, MIDNIGHT_US)]
        assert store.position() == 1

    def test_the_first_receipt_of_a_repeated_reading_stays(self, make_store: MakeStore) -> None:
        store = make_store()
        store.append([one(1, (1, MIDNIGHT_US, 1.0, MIDNIGHT_US + 9))], HOMES)
        store.append([one(2, (1, MIDNIGHT_US, 1.0, MIDNIGHT_US + 5))], HOMES)
        assert everything(store, 1) == [(MIDNIGHT_US, 1, 1.0, MIDNIGHT_US + 5)]

    def test_a_range_includes_its_start_and_not_its_stop(self, make_store: MakeStore) -> None:
        store = make_store()
        times = [MIDNIGHT_US + us for us in (-1, 0, 1, 2)]
        store.append([one(1, *[(1, us, 1.0, us) for us in times])], HOMES)
        found = store.read(1, instant(MIDNIGHT_US), instant(MIDNIGHT_US + 2))
        assert found.time.view(np.int64).tolist() == times[1:3]
        assert len(store.read(1, instant(MIDNIGHT_US), instant(MIDNIGHT_US))) == 0
        assert len(store.read(1, instant(MIDNIGHT_US + 2), instant(MIDNIGHT_US))) == 0

    def test_late_data_joins_history_and_leaves_the_latest_value_alone(
        self, make_store: MakeStore
    ) -> None:
        store = make_store()
        store.append([one(1, (1, MIDNIGHT_US, 21.0, MIDNIGHT_US))], HOMES)
        late_us = MIDNIGHT_US - 2 * DAY_US
        store.append([one(2, (1, late_us, 19.0, MIDNIGHT_US + 9))], HOMES)
        assert [row[0] for row in everything(store, 1)] == [late_us, MIDNIGHT_US]
        (latest,) = store.latest([1])
        assert (latest.time_us, latest.value) == (MIDNIGHT_US, 21.0)

    def test_one_home_never_reads_as_another(self, make_store: MakeStore) -> None:
        store = make_store()
        store.append(
            [one(1, *[(sensor, MIDNIGHT_US, 1.0, MIDNIGHT_US) for sensor in (1, 3)])], HOMES
        )
        assert [row[1] for row in everything(store, 1)] == [1]
        assert [row[1] for row in everything(store, 2)] == [3]

    def test_a_reading_stays_with_the_home_it_was_stored_for(self, make_store: MakeStore) -> None:
        store = make_store()
        store.append([one(1, (1, MIDNIGHT_US, 1.0, MIDNIGHT_US))], HOMES)
        moved = HOMES.copy()
        moved[1] = 2
        store.append([one(2, (1, MIDNIGHT_US + 1, 1.0, MIDNIGHT_US))], moved)
        assert [row[0] for row in everything(store, 1)] == [MIDNIGHT_US]
        assert [row[0] for row in everything(store, 2)] == [MIDNIGHT_US + 1]

    def test_an_erased_home_is_gone_and_no_other(self, make_store: MakeStore) -> None:
        store = make_store()
        rows = [(sensor, MIDNIGHT_US + sensor, 1.0, MIDNIGHT_US) for sensor in (1, 2, 3)]
        store.append([one(1, *rows)], HOMES)
        store.erase(9)
        assert len(everything(store, 1)) == 2
        store.erase(1)
        assert everything(store, 1) == []
        assert len(everything(store, 2)) == 1
        assert [latest.sensor for latest in store.latest([1, 2, 3])] == [3]
        assert store.position() == 1

    def test_an_erased_home_may_come_back(self, make_store: MakeStore) -> None:
        store = make_store()
        store.append([one(1, (1, MIDNIGHT_US, 1.0, MIDNIGHT_US))], HOMES)
        store.erase(1)
        store.append([one(2, (1, MIDNIGHT_US + 9, 2.0, MIDNIGHT_US))], HOMES)
        assert [row[0] for row in everything(store, 1)] == [MIDNIGHT_US + 9]

    def test_days_past_their_retention_go_or_the_store_says_who_can(
        self, make_store: MakeStore
    ) -> None:
        store = make_store()
        rows = [(s, MIDNIGHT_US + d * DAY_US, 1.0, MIDNIGHT_US) for s in (1, 3) for d in (-2, 0)]
        store.append([one(1, *rows)], HOMES)
        try:
            while store.expire([1], instant(MIDNIGHT_US + 5)):
                continue
        except CannotDo:
            is_told = any("retention" in sentence for sentence in store.limits())
            assert is_told
            return
        assert [row[0] for row in everything(store, 1)] == [MIDNIGHT_US]
        assert len(everything(store, 2)) == 2
