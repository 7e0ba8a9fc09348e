"""A time range of another installation's embedded store, as something to replay."""

import hashlib
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from sqlite3 import DatabaseError

import numpy as np
from sqlalchemy import Engine, create_engine
from sqlalchemy.exc import SQLAlchemyError

from api import wiring
from api.stored_order import Order
from config import registry
from config.database import revision
from config.homes import Enrolment, Home, Sensor
from config.problems import ConfigProblem
from config.sensor_table import SensorTable
from ingest.batch import Batch, concat
from ingest.clock import Instant
from ingest.store.embedded import open_store_readonly
from ingest.store.pieces import StoreDamaged
from sensors_sim.deliveries import Deliveries, in_order
from sensors_sim.dialects.dialect import NATIVE
from sensors_sim.recording import slices
from sensors_sim.replay import Reel


@dataclass(frozen=True, slots=True)
class Stretch:
    """What of a store is wanted; ``store`` is a data folder or a settings file, or None.

    ``start`` and ``end`` are days or moments as they were typed. ``target`` is the data folder
    that is replayed into, which must be another one.
    """

    store: Path | None
    start: str = ""
    end: str = ""
    order: Order = Order.RECEIVED
    target: Path = Path()


def reel(stretch: Stretch, place: str, home: str, places: tuple[str, ...]) -> Reel:
    """Return the homes of a store from ``start`` to ``end`` (not included), read only.

    Homes, gateways and sensors keep their ids, so that alerts do too, but not their labels;
    every reading is told in our own dialect. Only event times within the range count.
    ConfigProblem says what is wrong.
    """
    start, end = _moment(stretch.start, "--from"), _moment(stretch.end, "--to")
    if not start < end:
        raise ConfigProblem(
            f"replay: --from {stretch.start} is not before --to {stretch.end}, expected an "
            "earlier one"
        )
    folder = _folder(stretch)
    table = _roster(folder)
    homes = _wanted(table, home, folder)
    batch = _read(folder, homes, start, end)
    if not len(batch):
        raise ConfigProblem(
            f"replay: {folder / 'store.db'} holds no reading from {stretch.start} to {stretch.end}"
            + (f" of home {home}" if home else "")
        )
    enrolment = _enrolment(table, homes, place, places)
    made, left_out = _deliveries(batch, enrolment, stretch.order)
    digest = hashlib.sha256(f"{stretch.order.value} ".encode() + batch.pack()).hexdigest()
    notes = [f"{left_out:,} readings of sensors that are not enrolled any more: left out"]
    return Reel(
        f"{folder.name} {stretch.start}..{stretch.end}",
        digest,
        int(made.sent_us[0]),
        int(made.sent_us[-1]),
        [gateway.id for gateway in enrolment.gateways],
        enrolment,
        lambda slice_us: slices(enrolment, made, slice_us=slice_us),
        notes if left_out else (),
        place,
    )


def _moment(said: str, option: str) -> Instant:
    try:
        moment = datetime.fromisoformat(said)
    except ValueError:
        moment = None
    if moment is not None and moment.tzinfo is None and len(said) > len("2026-11-22"):
        moment = None
    if moment is None:
        raise ConfigProblem(
            f"replay: {option} is {said or 'not given'}, expected a day (2026-11-22, from midnight "
            "UTC) or a moment with its offset (2026-11-22T07:30:00Z)"
        )
    seconds = np.datetime64(moment.replace(tzinfo=None), "us")
    return seconds - np.timedelta64(moment.utcoffset() or 0, "us")


def _folder(stretch: Stretch) -> Path:
    named = stretch.store or Path()
    folder = wiring.read_settings(named).data if named.is_file() else named
    for file in ("store.db", "stillwell.db"):
        if not (folder / file).is_file():
            raise ConfigProblem(
                f"replay: {folder} has no {file}, expected the data folder of an installation "
                "with the embedded store, or its settings file"
            )
    if folder.resolve() == stretch.target.resolve():
        raise ConfigProblem(
            f"replay: {folder} is the data folder that is replayed into; give --settings of "
            "another installation"
        )
    return folder


def _roster(folder: Path) -> SensorTable:
    database = _read_only(folder / "stillwell.db")
    try:
        have, newest = revision(database)
        if have != newest:
            raise ConfigProblem(
                f"replay: {folder / 'stillwell.db'} is of revision {have or 'none'}, this version "
                f"reads {newest}: use the version that wrote it, or `stillwell migrate` a copy"
            )
        with database.connect() as connection:
            return registry.load(connection)
    except SQLAlchemyError as problem:
        raise ConfigProblem(
            f"replay: {folder / 'stillwell.db'} cannot be read: {problem.__cause__ or problem}"
        ) from problem
    finally:
        database.dispose()


def _read_only(file: Path) -> Engine:
    return create_engine(f"sqlite:///{file.resolve().as_uri()}?mode=ro&uri=true")


def _wanted(table: SensorTable, home: str, folder: Path) -> Sequence[Home]:
    homes = [each for each in table.homes.values() if home in ("", each.id)]
    if not homes:
        known = ", ".join(sorted(each.id for each in table.homes.values())[:5]) or "none"
        raise ConfigProblem(f"replay: {folder} has no home {home!r}, expected one of {known}")
    return homes


def _read(folder: Path, homes: Sequence[Home], start: Instant, end: Instant) -> Batch:
    store = open_store_readonly(folder / "store.db")
    try:
        return concat([store.read(home.number, start, end) for home in homes])
    except (StoreDamaged, DatabaseError) as problem:
        raise ConfigProblem(f"replay: {folder / 'store.db'}: {problem}") from problem
    finally:
        store.close()


def _enrolment(
    table: SensorTable, homes: Sequence[Home], place: str, places: tuple[str, ...]
) -> Enrolment:
    """Return these homes with their gateways and sensors, which all speak our own dialect."""
    numbers = {home.number for home in homes}
    sensors = [sensor for sensor in table.sensors.values() if sensor.home in numbers]
    hubs = {sensor.gateway for sensor in sensors}
    gateways = [g for g in table.gateways.values() if g.home in numbers or g.number in hubs]
    unknown = {home.place for home in homes} - set(places)
    if unknown and not place:
        raise ConfigProblem(
            f"replay: there is no place {min(unknown)!r} here; say where its homes go with --place"
        )
    return Enrolment(
        tuple(
            replace(home, place=place or home.place, label=f"Replayed home {home.number}")
            for home in homes
        ),
        tuple(replace(g, place=place or g.place) for g in gateways),
        tuple(_retold(sensors)),
    )


def _retold(sensors: Sequence[Sensor]) -> Iterator[Sensor]:
    """Yield sensors in our own dialect; what shared an address shares one still."""
    for sensor in sensors:
        if sensor.dialect in ("status", NATIVE):
            yield sensor
        else:
            crc = zlib.crc32(sensor.address.encode())
            yield replace(sensor, dialect=NATIVE, address=f"{sensor.dialect}-{crc:08x}", model="")


def _deliveries(batch: Batch, enrolment: Enrolment, order: Order) -> tuple[Deliveries, int]:
    """Return stored readings as deliveries of this roster, and how many have no sensor in it."""
    row = np.full(int(batch.sensor.max()) + 1, -1, np.int32)
    for i, sensor in enumerate(enrolment.sensors):
        if sensor.number < len(row):
            row[sensor.number] = i
    is_known = row[batch.sensor] >= 0
    kept = batch.take(is_known)
    time_us = kept.time.astype(np.int64)
    sent_us = time_us if order is Order.TIME else kept.received.astype(np.int64)
    made = Deliveries(row[kept.sensor], time_us, kept.value, sent_us)
    return in_order(made), int((~is_known).sum())
