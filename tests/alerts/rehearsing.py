"""A world whose past can be rehearsed: its journal in a real store, deliveries with faults."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from sqlalchemy import select

from alerts import past, tables
from alerts.past_readings import of_homes
from alerts.rehearse import Change, Rehearsal, as_it_was, rehearse
from ingest.batch import Batch, concat
from ingest.clock import instant
from ingest.store.embedded import open_store
from tests.alerts.world import PLACE, World

FAR = 1 << 61
Told = list[tuple[object, ...]]


def past_of(world: World, folder: Path, place: str = PLACE) -> past.Past:
    """Return the world's past, as the store gives it back that has followed the journal."""
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


def deliver(world: World, batch: Batch, until_us: int, stride_us: Sequence[int]) -> None:
    """Put readings into the journal when they are received, with a step after each stride."""
    batch = batch.take(np.argsort(batch.received, kind="stable"))
    received = batch.received.view(np.int64)
    at, number = int(world.clock.now().astype(np.int64)), 0
    row = int(np.searchsorted(received, at, side="right"))
    while at < until_us:
        at = min(at + stride_us[number % len(stride_us)], until_us)
        number += 1
        stop = int(np.searchsorted(received, at, side="right"))
        if stop > row:
            world.tail.put_batch(batch.slice(row, stop))
            row = stop
        world.clock.advance(instant(at))
        while world.engine.step().is_behind:
            pass


def faulty(batch: Batch, rng: np.random.Generator) -> Batch:
    """Return the readings as a bad line delivers them: reordered, late, and some again."""
    time_us = batch.time.view(np.int64)
    delay = rng.integers(0, 110_000_000, len(batch))
    late = rng.random(len(batch)) < 0.03
    delay[late] = rng.integers(130_000_000, 6 * 3_600_000_000, int(late.sum()))
    once = Batch(batch.sensor, batch.time, batch.value, (time_us + delay).view("datetime64[us]"))
    again = once.take(rng.random(len(once)) < 0.1)
    later = again.received.view(np.int64) + rng.integers(0, 4 * 3_600_000_000, len(again))
    twice = Batch(again.sensor, again.time, again.value, later.view("datetime64[us]"))
    return concat([once, twice])
