"""The daily turn of retention: readings, alerts, what ended homes leave, and the audit log."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Protocol

from sqlalchemy import Engine

from alerts import forgetting
from api import wiring
from api.alert_retention import AlertRetention
from api.audit_retention import AuditRetention
from api.home_retention import HomeRetention, Outside
from api.retention import Retention
from config import keys
from config.places import Place
from config.sensor_table import SensorTable
from config.settings import Settings
from ingest.clock import Instant
from ingest.sink import Store


class Part(Protocol):
    """One retention: deletes some of what is due, and rests once its day is done."""

    def step(self, now: Instant) -> int:
        """Delete some; return how many."""
        ...


@dataclass(frozen=True, slots=True)
class Expiring:
    """Every retention of an installation; each does its own part of a day, and then rests."""

    readings: Retention
    alerts: AlertRetention
    homes: HomeRetention
    log: AuditRetention

    @property
    def parts(self) -> Mapping[str, Part]:
        """Each retention by the name of what it ends, in the order in which they take turns."""
        return {"readings": self.readings, "alerts": self.alerts, "homes": self.homes,
                "audit": self.log}  # fmt: skip

    def step(self, now: Instant) -> int:
        """Delete some of what is due of each; return how many readings and rows, 0 when done."""
        return sum(one.step(now) for one in self.parts.values())


def build(
    settings: Settings,
    places: Mapping[str, Place],
    store: Store,
    table: Callable[[], SensorTable],
    database: Engine,
) -> Expiring:
    """Return the retention of this store and database."""
    outside = Outside(
        store,
        partial(drop_keys, settings, database),
        partial(forgetting.wish, wiring.files(settings).checkpoint),
    )
    return Expiring(
        Retention(store, places, table, database),
        AlertRetention(places, database),
        HomeRetention(places, database, outside, settings.tick_log.keep_days),
        AuditRetention(places, database),
    )


def drop_keys(settings: Settings, database: Engine, names: Sequence[str]) -> None:
    """Drop keys of what is gone, so that it can be read in no backup; Locked without the keyring.

    It is opened for this alone: what reads strangers' messages holds no names.
    """
    keyring = keys.open_vault(settings, database).keyring
    try:
        keyring.drop(names)
    finally:
        keyring.close()
