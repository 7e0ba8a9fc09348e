"""The engine: reads the journal, raises signals at once, decides everything else tick by tick."""

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Final

import numpy as np
import structlog

from alerts import signals
from alerts.action import Action, Step
from alerts.alert import Unwatched
from alerts.checkpoint import Checkpoint, CheckpointDamaged, read_checkpoint, write_checkpoint
from alerts.deliver import deliver
from alerts.detect.columns import DAY_US, NEVER, SECOND_US
from alerts.detect.join import join
from alerts.detect.local_time import Offsets, build_offsets
from alerts.detect.roster import build_roster, known
from alerts.detect.state import State, copied
from alerts.ledger import Ledger
from alerts.lifecycle import Event
from alerts.person import standing_alerts
from alerts.progress import Progress, Wait
from alerts.scene import Scene
from alerts.tick import SLOW_US, run_ticks
from alerts.unseen import unwatched_rows, watch_link
from alerts.uplink import Uplink
from alerts.waiting import Waiting
from config.places import Place
from config.sensor_table import SensorTable
from ingest.clock import Clock, Instant, microseconds
from ingest.sink import Entry, Tail

_log = structlog.get_logger()

_READ: Final = 200_000
_HELD: Final = 4_000_000
_TICKS: Final = 240
_OLDEST_US: Final = 3 * DAY_US


class Engine:
    """Watches every home; one thread calls ``step``, any thread may look at ``progress``.

    ``table`` returns the newest roster. ``is_linked`` says whether our own subscriber is
    connected. A signal whose place nobody knows goes to ``orphan_place``.
    """

    def __init__(
        self,
        tail: Tail,
        table: Callable[[], SensorTable],
        places: Mapping[str, Place],
        ledger: Ledger,
        clock: Clock,
        *,
        is_linked: Callable[[], bool] = lambda: True,
        orphan_place: str = "",
        tick_s: int = 60,
        reorder_s: int = 120,
        settle_s: int = 120,
    ) -> None:
        self._tail, self._table, self._places = tail, table, places
        self._ledger, self._clock, self._is_linked = ledger, clock, is_linked
        self._orphan_place = orphan_place or min(places, default="")
        self._tick_us = tick_s * SECOND_US
        self._reorder_us = reorder_s * SECOND_US
        self._uplink = Uplink(settle_s * SECOND_US)
        self._settle_us = settle_s * SECOND_US
        self._roster = build_roster(table(), places)
        self._offsets: tuple[Offsets, ...] = ()
        self._state: State | None = None
        self._state_places: Sequence[str] = ()
        self._waiting = Waiting()
        self._position = 0
        self._folded_us = NEVER
        self._actions: list[Action] = []
        self._unwatched: tuple[Unwatched, ...] | None = None
        self._told: tuple[Unwatched, ...] | None = None
        self._raised = 0
        self.progress = Progress()
        self.problem = ""
        """The error that the last step failed with, by name; empty when it did not."""

        self.saved_position = 0
        """Journal entry up to which a checkpoint holds all; later entries must be kept."""

    def step(self) -> Progress:
        """Read what is new, raise signals at once, run the ticks that are due."""
        now = self._clock.now()
        now_us = microseconds(now)
        self._follow_roster()
        readings, received_us = self._read(now)
        is_settled = self._uplink.follow(now_us, is_linked=self._is_linked())
        ticks, is_behind = 0, received_us is not None
        if is_settled:
            until_us = now_us if received_us is None else min(now_us, received_us)
            ticks, is_short = self._run(until_us)
            is_behind |= is_short
        elif (lost_us := self._uplink.lost_us(now_us)) is not None:
            self._watch_link(lost_us, now_us)
        self._deliver(now)
        self.progress = Progress(
            self._position,
            now_us,
            self._folded_us,
            ticks,
            readings,
            self._raised,
            is_settled,
            is_behind,
        )
        return self.progress

    def run(
        self,
        stop: threading.Event,
        wait: Wait,
        *,
        checkpoint: Path | None = None,
        checkpoint_s: float = 60.0,
        idle_s: float = 0.25,
    ) -> None:
        """Step until told to stop; a failure is logged and tried again, never the end."""
        saved = time.monotonic()
        while not stop.is_set():
            try:
                progress = self.step()
                self.problem = ""
                if checkpoint is not None and time.monotonic() - saved >= checkpoint_s:
                    self.checkpoint(checkpoint)
                    saved = time.monotonic()
                if not progress.is_behind:
                    wait(progress.position, idle_s)
            except Exception as failure:  # noqa: BLE001  # signals must go on being read
                self.problem = type(failure).__name__
                _log.exception("engine_step_failed", position=self._position)
                stop.wait(1.0)
        if checkpoint is not None:
            self.checkpoint(checkpoint)

    def checkpoint(self, path: Path) -> bool:
        """Save all that is known; return whether it did (not while the ledger is behind)."""
        if self._state is None or self._actions:
            return False
        waiting = self._waiting.all()
        places = tuple(self._state_places)
        write_checkpoint(
            path, Checkpoint(self._position, self._folded_us, places, self._state, waiting)
        )
        self.saved_position = self._position
        return True

    def restore(self, path: Path) -> bool:
        """Go on from a checkpoint; return False, and start at the journal's start, without one."""
        try:
            saved = read_checkpoint(path)
        except CheckpointDamaged as problem:
            _log.warning("checkpoint_refused", why=str(problem))
            return False
        if saved is None or saved.position > self._tail.last_seq():
            return False
        self._position, self._folded_us = saved.position, saved.folded_us
        self.saved_position = saved.position
        self._uplink = Uplink(self._settle_us, saved.folded_us + self._reorder_us)
        self._state_places = saved.places
        self._state = join(saved.state, saved.places, self._roster, saved.folded_us)
        self._state_places = self._roster.table.places
        self._waiting = Waiting()
        self._waiting.add(saved.waiting, self._folded_us)
        return True

    def _follow_roster(self) -> None:
        table = self._table()
        if table.revision == self._roster.table.revision:
            return
        roster = build_roster(table, self._places)
        if self._state is not None:
            self._state = join(self._state, self._state_places, roster, self._folded_us)
            self._state_places = table.places
        self._roster = roster

    def _read(self, now: Instant) -> tuple[int, int | None]:
        """Read to the end; return (readings, receipt time of the last if more is left)."""
        count, last_us = 0, None
        while entries := self._tail.read(self._position, _READ):
            self._follow_roster()  # as new as the one that these were decoded with
            count += self._take(entries, now)
            if len(self._waiting) >= _HELD:
                last_us = int(entries[-1].batch.received.view(np.int64).max(initial=0))
                break
        return count, last_us

    def _take(self, entries: Sequence[Entry], now: Instant) -> int:
        """Raise signals first; only then do these entries count as read."""
        if any(len(known(entry.batch, self._roster)) < len(entry.batch) for entry in entries):
            # Enrolled since this step began: the pipeline had the roster before the commit.
            self._follow_roster()
        roster, places = self._roster, self._places
        found = [
            finding
            for entry in entries
            for finding in signals.find(entry, roster, places, self._orphan_place)
        ]
        if found:
            self._raised += len(self._ledger.raise_findings(found, now))
        for entry in entries:
            batch = known(entry.batch, roster)
            if len(batch) < len(entry.batch):
                rows = len(entry.batch) - len(batch)
                _log.warning("engine_unknown_sensor", seq=entry.seq, rows=rows)
            self._waiting.add(batch, self._folded_us)
        self._position = entries[-1].seq
        return sum(len(entry.batch) for entry in entries)

    def _start_us(self, until_us: int) -> int:
        """Return the grid moment before the oldest reading, or the last one when there is none."""
        first_us = self._waiting.first_us()
        oldest = until_us if first_us is None else max(first_us, self._oldest_us())
        return (min(oldest, until_us) - 1) // self._tick_us * self._tick_us

    def _oldest_us(self) -> int:
        received = self._waiting.all().received.view(np.int64)
        return int(received.min()) - _OLDEST_US

    def _run(self, now_us: int) -> tuple[int, bool]:
        """Run the ticks due at ``now_us``, some at a time; return (how many, whether more are)."""
        until_us = now_us // self._tick_us * self._tick_us - self._reorder_us
        if self._state is None:
            self._folded_us = self._start_us(until_us)
            self._state = join(None, (), self._roster, self._folded_us)
            self._state_places = self._roster.table.places
            kept = Waiting()
            kept.add(self._waiting.all(), self._folded_us)
            self._waiting = kept
        due = range(self._folded_us + self._tick_us, until_us + 1, self._tick_us)
        if not due:
            return 0, False
        ticks_us = np.array(due[:_TICKS], np.int64)
        last_us = int(ticks_us[-1])
        readings, late, rest = self._waiting.take(last_us)
        scene = run_ticks(
            copied(self._state),
            self._roster,
            self._places,
            self._zones(self._folded_us, last_us),
            before_us=self._folded_us,
            ticks_us=ticks_us,
            readings=readings,
            late=late,
        )
        is_regular = last_us // SLOW_US != self._folded_us // SLOW_US
        self._state, self._waiting, self._folded_us = scene.state, rest, last_us
        self._actions += scene.actions
        self._unwatched = unwatched_rows(scene)
        if is_regular and len(due) <= _TICKS:
            self._come_back(scene)
        return len(ticks_us), len(due) > _TICKS

    def _come_back(self, scene: Scene) -> None:
        alerts = standing_alerts(scene)
        if alerts:
            note = "resolved, and nobody has been seen since"
            self._actions += [Step(Event.COME_BACK, alert, note) for alert in alerts]

    def _watch_link(self, lost_us: int, now_us: int) -> None:
        if self._state is None:
            return
        scene = Scene(
            copied(self._state),
            self._roster,
            self._places,
            self._zones(self._folded_us, now_us),
            self._folded_us,
            now_us,
        )
        self._unwatched = watch_link(scene, lost_us)
        self._state = scene.state
        self._actions += scene.actions

    def _zones(self, start_us: int, stop_us: int) -> tuple[Offsets, ...]:
        start_us -= _OLDEST_US
        names = tuple(table.zone for table in self._offsets)
        is_good = names == self._roster.zones
        if not (is_good and all(table.covers(start_us, stop_us) for table in self._offsets)):
            self._offsets = tuple(
                build_offsets(zone, start_us, stop_us) for zone in self._roster.zones
            )
        return self._offsets

    def _deliver(self, now: Instant) -> None:
        self._raised += deliver(self._ledger, self._actions, now)
        if self._unwatched is not None and self._told != self._unwatched:
            self._ledger.set_unwatched(self._unwatched, now)
            self._told = self._unwatched
