"""Keeps what gateways announce of themselves: from the pipeline into the registry, at its pace.

It waits in memory until the database takes it, for a reading must not wait for it. What a kill of
the worker costs is said again: the broker retains it, and hands it to whoever subscribes anew.
"""

import threading
from collections.abc import Callable, Mapping, Sequence
from typing import Final

import structlog
from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from config import announcement_rows
from config.announced import ZIGBEE, Announcement, Source, named
from config.places import Place
from config.sensor_table import SensorTable

IDLE_S: Final = 0.5
"""Longest that an announcement waits while nothing is wrong."""

MOST_WAITING: Final = 20_000
"""Messages of discovery that wait; beyond it the oldest are dropped, and logged."""

_log = structlog.get_logger(__name__)


class Announcing:
    """Takes announcements in one thread (``take``) and writes them in another (``run``)."""

    def __init__(
        self,
        database: Engine,
        places: Mapping[str, Place],
        table: Callable[[], SensorTable],
    ) -> None:
        self._database, self._places, self._table = database, places, table
        self._lock = threading.Lock()
        self._bridges: dict[int, Announcement] = {}
        self._discovered: list[Announcement] = []

    def take(self, announced: Sequence[Announcement]) -> None:
        """Note these; of a bridge only its newest list counts."""
        with self._lock:
            for one in announced:
                if one.source is Source.BRIDGE:
                    self._bridges[one.gateway] = one
                else:
                    self._discovered.append(one)
            over = len(self._discovered) - MOST_WAITING
            if over > 0:
                del self._discovered[:over]
                _log.warning("announcements_dropped", messages=over)

    def write(self) -> int:
        """Write what waits, one gateway a transaction; return of how many gateways.

        A database error leaves what was not written waiting.
        """
        with self._lock:
            bridges, self._bridges = self._bridges, {}
            discovered, self._discovered = self._discovered, []
        waiting: dict[int, list[Announcement]] = {}
        for one in (*bridges.values(), *discovered):
            waiting.setdefault(one.gateway, []).append(one)
        count = len(waiting)
        try:
            for gateway in list(waiting):
                self._write_one(gateway, waiting[gateway])
                del waiting[gateway]
        finally:
            self._put_back([one for left in waiting.values() for one in left])
        return count

    def run(self, stop: threading.Event, *, idle_s: float = IDLE_S) -> None:
        """Write until told to stop, and once more then; a failure is logged and tried again."""
        is_over = False
        while not is_over:
            is_over = stop.wait(idle_s)
            try:
                self.write()
            except SQLAlchemyError as problem:
                _log.warning("announcements_not_written", error=type(problem).__name__)
            except Exception:  # noqa: BLE001  # the worker must not end for want of an announcement
                _log.exception("announcements_failed")

    def _write_one(self, gateway: int, said: Sequence[Announcement]) -> None:
        known = self._known_names(gateway)
        with self._database.begin() as connection:
            for one in said:
                announcement_rows.keep(connection, named(one, known))

    def _known_names(self, gateway: int) -> frozenset[str]:
        """Return names that tell nothing new: enrolled at this gateway, or of its place's kits."""
        table = self._table()
        hub = table.gateways.get(gateway)
        place = None if hub is None else self._places.get(hub.place)
        kits = () if place is None else place.kits.values()
        enrolled = {
            address
            for number, dialect, address in table.devices
            if number == gateway and dialect == ZIGBEE
        }
        return frozenset(enrolled | {one.address for kit in kits for one in kit.sensor})

    def _put_back(self, left: Sequence[Announcement]) -> None:
        with self._lock:
            older = {one.gateway: one for one in left if one.source is Source.BRIDGE}
            self._bridges = older | self._bridges
            old = [one for one in left if one.source is Source.DISCOVERY]
            self._discovered = [*old, *self._discovered]
