"""Settings become objects here, and nowhere else; tests pass their own in the same places."""

import hashlib
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from ssl import SSLContext

from sqlalchemy import Engine, select

import alerts
from alerts import tables
from config.database import connect, revision
from config.places import Place, load_places
from config.problems import ConfigProblem
from config.settings import Mqtt, Settings
from config.settings_files import load_settings
from ingest.clock import Clock, Instant, SystemClock, VirtualClock, instant
from ingest.mqtt import ConnectOptions
from ingest.tls import TlsProblem, client_context

READINGS = "stillwell/v1/#"
"""What the worker subscribes to; clock marks come with it, in order with the readings."""

EPOCH = instant(0)


@dataclass(frozen=True, slots=True)
class Files:
    """What the worker keeps in the data folder."""

    journal: Path
    store: Path
    bookmark: Path
    """What a store on a server has taken."""
    checkpoint: Path
    live: Path
    """Exists once a replay has handed over to the wall clock."""


def files(settings: Settings) -> Files:
    """Return where the worker keeps its files; the folder is made when it is missing."""
    try:
        settings.data.mkdir(parents=True, exist_ok=True)
    except OSError as problem:
        raise ConfigProblem(
            f"settings: data is {settings.data}, which cannot be made: {problem.strerror}"
        ) from problem
    folder = settings.data
    return Files(
        folder / "journal.db",
        folder / "store.db",
        folder / "store-bookmark.db",
        folder / "engine.npz",
        folder / "live",
    )


def read_settings(file: Path | None) -> Settings:
    """Return the settings of this file (or of STILLWELL_SETTINGS) and the environment."""
    named = file or (Path(os.environ["STILLWELL_SETTINGS"]) if _is_named() else None)
    return load_settings([] if named is None else [named], os.environ)


def _is_named() -> bool:
    return bool(os.environ.get("STILLWELL_SETTINGS"))


def open_database(settings: Settings) -> Engine:
    """Return the migrated database; ConfigProblem says what to run when it is not."""
    files(settings)
    database = connect(settings.database)
    have, newest = revision(database)
    if have != newest:
        raise ConfigProblem(
            f"database: it is at revision {have or 'none'}, this version needs {newest}: "
            "run `stillwell migrate`"
        )
    return database


def places(settings: Settings) -> dict[str, Place]:
    """Return the place files; ConfigProblem also when the orphan place is none of them."""
    loaded = load_places(settings.places)
    orphan = settings.engine.orphan_place
    if orphan and orphan not in loaded:
        raise ConfigProblem(
            f"settings: engine.orphan_place is {orphan!r}, expected one of {', '.join(loaded)}"
        )
    return loaded


@cache
def code() -> str:
    """Return a name of the code that decides: other code may decide otherwise."""
    digest = hashlib.sha256()
    for path in sorted(Path(alerts.__file__).parent.rglob("*.py")):
        digest.update(path.read_bytes())
    return digest.hexdigest()[:12]


def orphan_place(settings: Settings, known: Sequence[str]) -> str:
    """Return the place that is told of a P1 from a gateway and place that nobody knows."""
    return settings.engine.orphan_place or min(known)


def worker_clock(settings: Settings, database: Engine) -> Clock:
    """Return the worker's clock; one that has gone live stays live after a restart.

    The last beat may be older than the last mark, and in a fast replay by days: ``build`` moves
    the clock on to the journal's newest receipt.
    """
    if settings.clock == "system":
        return SystemClock()
    now, is_live = last_beat(database)
    clock = VirtualClock(now or EPOCH)
    if is_live or files(settings).live.exists():
        clock.release()
    return clock


def last_beat(database: Engine) -> tuple[Instant | None, bool]:
    """Return the worker's ``now`` at its last beat, None before the first, and if it is live."""
    beats = tables.heartbeats
    query = select(beats.c.now_us, beats.c.is_live).where(beats.c.process == "worker")
    with database.connect() as connection:
        row = connection.execute(query).one_or_none()
    return (None, False) if row is None else (instant(row.now_us), bool(row.is_live))


def web_clock(settings: Settings, database: Engine) -> Callable[[], Instant]:
    """Return the ``now`` of pages: the worker's while it replays, else the wall's."""
    wall = SystemClock()
    if settings.clock == "system":
        return wall.now

    def now() -> Instant:
        moment, is_live = last_beat(database)
        return wall.now() if is_live or moment is None else moment

    return now


def _tls(mqtt: Mqtt) -> SSLContext:
    try:
        return client_context(mqtt.ca_file, mqtt.certificate_file, mqtt.key_file)
    except TlsProblem as problem:
        raise ConfigProblem(f"settings: mqtt: {problem}") from problem


def connect_options(settings: Settings) -> ConnectOptions:
    """Return how the worker reaches the broker."""
    mqtt = settings.mqtt
    return ConnectOptions(
        host=mqtt.host,
        port=mqtt.port,
        username=mqtt.username or None,
        password=settings.mqtt_password() or None,
        client_id=mqtt.client_id,
        topics=(READINGS,),
        keepalive_s=mqtt.keepalive_s,
        gather_s=mqtt.gather_ms / 1000,
        max_payload_bytes=mqtt.max_payload_kib * 1024,
        is_v5=mqtt.version == "5",
        tls=_tls(mqtt) if mqtt.is_tls else None,
    )
