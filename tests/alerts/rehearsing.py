"""A world whose past can be rehearsed: its journal in a real store, deliveries with faults."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from sqlalchemy import select

from alerts import past, tables
from alerts.detect.state import as_arrays
from alerts.past_readings import of_homes
from alerts.rehearse import Change, Rehearsal, as_it_was, rehearse
from ingest.batch import Batch, concat
from ingest.clock import instant
from ingest.store.embedded import open_store
from tests.alerts.world import HOUR, PLACE, World

FAR = 1 << 61
Told = list[tuple[object, ...]]


def past_of(world: World, folder: Path, place: str = PLACE) -> past.Past:
    """Return the world's past, as the store gives it back that has followed the journal."""
    world.engine._steps.flush(world.clock.now())  # as its next checkpoint does
    store = open_store(folder / "store.db")
    for entry in world.tail.entries[store.position() :]:
        store.append([entry], world.table.sensor_home)
    store.finish_days(instant(FAR), limit=10_000)
    with world.database.connect() as connection:
        return past.read_past(connection, place, FAR, lambda homes: of_homes(store, homes))


def rehearsed(world: World, folder: Path, *changes: Change) -> list[Rehearsal]:
    return rehearse(past_of(world, folder), changes or [as_it_was])


def told(database: World | Rehearsal, place: str = PLACE) -> Told:
    """Return every alert of the place with its whole history: what, by whom and when."""
    a, h = tables.alerts.c, tables.history.c
    query = (
        select(
            *(a.id, a.kind, a.priority, a.onset_us, a.raised_us, a.sentence, a.is_late, a.state),
            *(a.step, a.repeats, a.is_eased, h.event, h.actor, h.at_us, h.note),
        )
        .join_from(tables.alerts, tables.history)
        .where(a.place == place)
        .order_by(a.raised_us, a.id, h.id)
    )
    with database.database.connect() as connection:
        return [tuple(row) for row in connection.execute(query)]


def differing(world: World, again: Rehearsal) -> list[str]:
    """Return what the engine knew at the end and the rehearsal did not, by column; and alerts."""
    mine, its = world.engine._watch, again._watch
    assert mine.state is not None
    assert its is not None
    assert its.state is not None
    left, right = as_arrays(mine.state), as_arrays(its.state)
    wrong = [
        name
        for name, column in left.items()
        if not np.array_equal(column, right[name], equal_nan=column.dtype.kind == "f")
    ]
    wrong += ["folded_us"] if mine.folded_us != its.folded_us else []
    return wrong + (["alerts"] if told(again) != told(world) else [])


def deliver(
    world: World, batch: Batch, until_us: int, stride_us: Sequence[int], *, back_us: int = FAR
) -> None:
    """Put readings into the journal when they are received, with a step after each stride.

    The clock that stamps them as received goes back by five hours at ``back_us``.
    """
    batch = batch.take(np.argsort(batch.received, kind="stable"))
    received = batch.received.view(np.int64)
    at, number = int(world.clock.now().astype(np.int64)), 0
    row = int(np.searchsorted(received, at, side="right"))
    while at < until_us:
        at = min(at + stride_us[number % len(stride_us)], until_us)
        number += 1
        stop = int(np.searchsorted(received, at, side="right"))
        if stop > row:
            part = batch.slice(row, stop)
            stamps = received[row:stop] - np.where(received[row:stop] >= back_us, 5 * HOUR, 0)
            world.tail.put_batch(replace(part, received=stamps.view("datetime64[us]")))
            row = stop
        world.clock.advance(instant(at))
        while world.engine.step().is_behind:
            pass


def faulty(batch: Batch, rng: np.random.Generator, *, again: float = 0.1) -> Batch:
    """Return the readings as a bad line delivers them: reordered, late, and some again."""
    time_us = batch.time.view(np.int64)
    delay = rng.integers(0, 110_000_000, len(batch))
    late = rng.random(len(batch)) < 0.03
    delay[late] = rng.integers(130_000_000, 6 * 3_600_000_000, int(late.sum()))
    once = Batch(batch.sensor, batch.time, batch.value, (time_us + delay).view("datetime64[us]"))
    copy = once.take(rng.random(len(once)) < again)
    later = copy.received.view(np.int64) + rng.integers(0, 4 * 3_600_000_000, len(copy))
    twice = replace(copy, received=later.view("datetime64[us]"))
    return concat([once, twice])
