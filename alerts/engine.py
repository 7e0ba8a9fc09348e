"""The engine: reads the journal, raises signals at once, decides everything else tick by tick."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import numpy as np
import structlog

from alerts import forgetting, odd, signals
from alerts.action import Action
from alerts.alert import Finding, Unwatched
from alerts.checkpoint import Checkpoint, learned_beside, write_checkpoint
from alerts.deliver import deliver
from alerts.detect.columns import SECOND_US
from alerts.detect.groups import HOMES_A_TURN
from alerts.detect.roster import known
from alerts.ledger import Ledger
from alerts.progress import Progress
from alerts.proposals import Proposal
from alerts.remember import remember
from alerts.settings_version import Version
from alerts.shadow import Shadow
from alerts.step_log import StepLog
from alerts.tick_log import TickRow, What
from alerts.uplink import Uplink
from alerts.waiting import Waiting
from alerts.watch import OLDEST_US, Memory, Watch
from config.places import Place
from config.sensor_table import SensorTable
from ingest.batch import Batch
from ingest.clock import Clock, Instant, instant, microseconds
from ingest.sink import Entry, Tail

_log = structlog.get_logger()

_READ: Final = 200_000
_HELD: Final = 4_000_000
_TICKS: Final = 240
_FAR_US: Final = 1 << 62


class Engine:
    """Watches every home; one thread calls ``step``, any thread may look at ``progress``.

    ``table`` returns the newest roster. ``is_linked`` says whether our own subscriber is
    connected. A signal whose place nobody knows goes to ``orphan_place``. ``code`` names the
    code that decides, for the tick log; without one no log is kept. Without ``shadow`` every
    detector is live. ``places_now`` returns the places as they are to be from now on, and is
    asked after each checkpoint; without it they stay as they were.
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
        code: str | None = None,
        shadow: Shadow | None = None,
        homes_a_turn: int = HOMES_A_TURN,
        places_now: Callable[[], Mapping[str, Place]] | None = None,
    ) -> None:
        self._places_now = places_now
        self._tail, self._table, self._places = tail, table, places
        self._ledger, self._clock, self._is_linked = ledger, clock, is_linked
        self._shadow = shadow
        self._orphan_place = orphan_place or min(places, default="")
        self._tick_us = tick_s * SECOND_US
        self._reorder_us = reorder_s * SECOND_US
        self._uplink = Uplink(settle_s * SECOND_US)
        self._settle_us = settle_s * SECOND_US
        self._watch = Watch(table(), places, homes_a_turn=homes_a_turn)
        self._waiting = Waiting()
        self._position = self._received_us = self._origin = self._link_us = 0
        version = Version(tick_s, reorder_s, self._orphan_place, places, code or "")
        self._version = None if code is None else version
        self._steps = StepLog(ledger, self._version, shadow)
        self._checkpoint: Path | None = None
        self._is_started = self._has_relearned = False
        self._actions: list[Action] = []
        self._told: tuple[Unwatched, ...] | None = None
        self._raised = 0
        self.progress = Progress()
        self.problem = ""
        """The error that the last step failed with, by name; empty when it did not."""

        self.beat_s = time.monotonic()
        """When the last step ended or took another piece, by the monotonic clock."""

        self.odd: Mapping[str, int] = {}
        """What teaches nothing, by reason, as of the last checkpoint."""

        self.saved_position = 0
        """Journal entry up to which a checkpoint holds all; later entries must be kept."""

    def step(self) -> Progress:
        """Read what is new, raise signals at once, run the ticks that are due."""
        now = self._clock.now()
        now_us = microseconds(now)
        if self._watch.is_torn:
            self._start_again()
        self._start(now_us)
        if self._shadow is not None:
            self._shadow.take_up()
        self._follow_roster(now_us)
        readings, received_us = self._read(now)
        is_settled = self._uplink.follow(now_us, is_linked=self._is_linked())
        ticks, is_behind = 0, received_us is not None
        if is_settled:
            until_us = now_us if received_us is None else min(now_us, received_us)
            ticks, is_short = self._run(until_us, now_us)
            is_behind |= is_short
        elif (lost_us := self._uplink.lost_us(now_us)) is not None:
            self._look_at_link(lost_us, now_us)
        self._deliver(now)
        if self._shadow is not None and is_settled and not is_behind:
            self._settle(self._shadow, now)
        self.progress = Progress(
            self._position,
            now_us,
            self._watch.folded_us,
            ticks,
            readings,
            self._raised,
            is_settled,
            is_behind,
        )
        return self.progress

    @property
    def knows(self) -> bool:
        """Whether there is anything that a checkpoint could hold."""
        return self._watch.memory is not None

    def proposals(self) -> list[Proposal]:
        """Return the longer caps that a person should be asked about now."""
        return self._watch.proposals()

    def checkpoint(self, path: Path) -> bool:
        """Save all that is known; return whether it did (not while the ledger is behind)."""
        self._checkpoint = path
        memory = self._watch.memory
        if memory is None or self._actions:
            return False
        self.odd = odd.count(memory.state, self._watch.roster)
        row = self._steps.flush(instant(self.progress.now_us))
        write_checkpoint(
            path,
            Checkpoint(
                self._position,
                memory.folded_us,
                memory.places,
                memory.state,
                self._waiting.all(),
                row,
                sectors=memory.sectors,
                since=memory.since,
            ),
        )
        self.saved_position = self._position
        if self._has_relearned:
            learned_beside(path).unlink(missing_ok=True)
            self._has_relearned = False
        return True

    def restore(self, path: Path) -> bool:
        """Go on from a checkpoint; return False, and start at the journal's start, without one."""
        self._checkpoint = path
        found = remember(path, self._tail.last_seq(), self._watch.roster.table.sensor_home)
        if found is None:
            return False
        saved = found.saved
        self._position = self.saved_position = saved.position
        self._has_relearned |= found.has_relearned
        is_as_logged = not (found.has_forgotten or found.has_relearned)
        self._origin = saved.row if is_as_logged else -1  # no rehearsal can know this memory
        self._uplink = Uplink(self._settle_us, saved.folded_us + self._reorder_us)
        self._watch.resume(
            Memory(saved.state, saved.places, saved.folded_us, saved.sectors, saved.since)
        )
        self._waiting = Waiting()
        self._waiting.add(saved.waiting, saved.folded_us)
        self._received_us = _newest_us(saved.waiting)
        return True

    def take_up_learned(self) -> bool:
        """Go on, as after a restart, with what was learned again beside the checkpoint just saved.

        Return whether there was such a file. Nothing that is known of the present changes.
        """
        path = self._checkpoint
        if path is None or self._has_relearned or not learned_beside(path).exists():
            return False
        return self._go_on_from(path)

    def forget_erased(self) -> bool:
        """Forget the homes that were erased, here and in the checkpoint just saved.

        Return whether there were any. Of the others nothing that is known changes.
        """
        path = self._checkpoint
        if path is None or not forgetting.is_wished(path):
            return False
        if self._watch.memory is not None:
            return self._go_on_from(path)
        sensors = forgetting.wished(path).sensor  # nothing is known yet, and their readings wait
        self._waiting = self._waiting.without(sensors, self._watch.folded_us)
        forgetting.forget(path)
        return True

    def take_up_places(self) -> bool:
        """Go on, as after a restart, with the places as somebody has decided meanwhile.

        Return whether they are others. It follows a checkpoint, from which all is remembered.
        """
        path = self._checkpoint
        places = self._places if self._places_now is None else self._places_now()
        if path is None or places == self._places:
            return False
        before = self._places, self._watch, self._version, self._steps
        self._places = places
        self._watch = self._watch.anew(self._table(), places)
        if self._version is not None:
            self._version = replace(self._version, places=places)
        self._steps = StepLog(self._ledger, self._version, self._shadow)
        goes_on = False
        try:
            goes_on = self._go_on_from(path)
        finally:
            if not goes_on:
                self._places, self._watch, self._version, self._steps = before
        return goes_on

    def _go_on_from(self, path: Path) -> bool:
        uplink = self._uplink
        is_restored = self.restore(path)
        self._uplink, self._is_started = uplink, not is_restored
        return is_restored

    def _start_again(self) -> None:
        """Go on as after a crash: a tick that failed half-way leaves nothing to go on from.

        What was decided and not delivered is decided again; ids keep it from being told twice.
        """
        _log.warning("engine_starts_again", position=self._position)
        self._watch, self._waiting = self._watch.anew(self._table()), Waiting()
        self._position = self._received_us = self._origin = self._link_us = 0
        self._steps = StepLog(self._ledger, self._version, self._shadow)
        self._is_started, self._actions = False, []
        if self._checkpoint is not None:
            self.restore(self._checkpoint)

    def _start(self, now_us: int) -> None:
        """Tell the log that this engine begins, and with what memory."""
        if self._is_started:
            return
        self._is_started = True
        self._note(What.START, now_us, self._watch.roster.table, origin=self._origin)

    def _follow_roster(self, now_us: int) -> None:
        table = self._table()
        if self._watch.follow(table):
            self._note(What.ROSTER, now_us, table)

    def _read(self, now: Instant) -> tuple[int, int | None]:
        """Read to the end; return (readings, receipt time of the last if more is left)."""
        count, last_us = 0, None
        while entries := self._tail.read(self._position, _READ):
            self._follow_roster(microseconds(now))  # as new as the one that these were decoded with
            count += self._take(entries, now)
            if len(self._waiting) >= _HELD:
                last_us = int(entries[-1].batch.received.view(np.int64).max(initial=0))
                break
        return count, last_us

    def _take(self, entries: Sequence[Entry], now: Instant) -> int:
        """Raise signals first; only then do these entries count as read."""
        if any(len(known(e.batch, self._watch.roster)) < len(e.batch) for e in entries):
            # Enrolled since this step began: the pipeline had the roster before the commit.
            self._follow_roster(microseconds(now))
        roster, places, orphan = self._watch.roster, self._places, self._orphan_place
        found = [(entry, signals.find(entry, roster, places, orphan)) for entry in entries]
        self._raise_signals([one for one in found if one[1]], now)
        for entry in entries:
            batch = known(entry.batch, roster)
            if len(batch) < len(entry.batch):
                rows = len(entry.batch) - len(batch)
                _log.warning("engine_unknown_sensor", seq=entry.seq, rows=rows)
            self._waiting.add(batch, self._watch.folded_us)
            self._received_us = max(self._received_us, _newest_us(entry.batch))
        self._position = entries[-1].seq
        self.beat_s = time.monotonic()
        return sum(len(entry.batch) for entry in entries)

    def _raise_signals(self, found: list[tuple[Entry, list[Finding]]], now: Instant) -> None:
        if not found:
            return
        rows = []
        for entry, _ in found:
            of = entry.batch.take(signals.find_rows(entry.batch, self._watch.roster))
            row = self._row(What.SIGNALS, microseconds(now))
            strays = tuple(entry.strays)
            rows.append(replace(row, position=entry.seq, readings=of, strays=strays))
        findings = [finding for _, of in found for finding in of]
        with self._steps.writing(now, *rows) as ledger:
            raised = len(ledger.raise_findings(findings, now))
        self._raised += raised

    def _start_us(self, until_us: int) -> int:
        """Return the grid moment before the oldest reading, or the last one when there is none."""
        first_us = self._waiting.first_us()
        oldest = until_us
        if first_us is not None:
            oldest = max(first_us, self._received_first_us(_FAR_US) - OLDEST_US)
        return (min(oldest, until_us) - 1) // self._tick_us * self._tick_us

    def _received_first_us(self, otherwise_us: int) -> int:
        return int(self._waiting.all().received.view(np.int64).min(initial=otherwise_us))

    def _begin(self, until_us: int, now_us: int) -> None:
        start_us = self._start_us(until_us)
        self._watch.begin(start_us)
        self._note(What.BEGIN, now_us, since_us=self._received_first_us(now_us))
        self._waiting = self._waiting.without((), start_us)

    def _run(self, until_us: int, now_us: int) -> tuple[int, bool]:
        """Run the ticks due by ``until_us``, some at a time; return (how many, if more are)."""
        until_us = until_us // self._tick_us * self._tick_us - self._reorder_us
        if self._watch.state is None:
            self._begin(until_us, now_us)
        before_us = self._watch.folded_us
        due = range(before_us + self._tick_us, until_us + 1, self._tick_us)
        if not due:
            return 0, False
        ticks_us, is_short = np.array(due[:_TICKS], np.int64), len(due) > _TICKS
        readings, late, rest = self._waiting.take(int(ticks_us[-1]))
        modes = None if self._shadow is None else self._shadow.modes
        self._actions += self._watch.run(
            ticks_us, readings, late, is_caught_up=not is_short, modes=modes
        )
        self._waiting = rest
        self._note(
            What.TICKS, now_us, before_us=before_us, readings=late, is_caught_up=not is_short
        )
        return len(ticks_us), is_short

    def _look_at_link(self, lost_us: int, now_us: int) -> None:
        """Raise what is due; the log hears of it once a tick, so that others may be stricter."""
        actions = self._watch.watch_link(lost_us, now_us)
        self._actions += actions
        if actions or now_us - self._link_us >= self._tick_us:
            self._link_us = now_us
            self._note(What.LINK, now_us, since_us=lost_us)

    def _deliver(self, now: Instant) -> None:
        if self._actions or self._steps.is_full:
            with self._steps.writing(now) as ledger:
                raised = deliver(ledger, self._actions, now, self._shadow)
            self._raised += raised
            self._actions = []
        unwatched = self._watch.unwatched
        if unwatched is not None and self._told != unwatched:
            self._ledger.set_unwatched(unwatched, now)
            self._told = unwatched

    def _settle(self, shadow: Shadow, now: Instant) -> None:
        if shadow.is_unsettled:
            with self._steps.writing(now, self._row(What.SETTLE, microseconds(now))) as ledger:
                raised = shadow.settle(ledger, now)
            shadow.confirm()  # not sooner: a person who stands in shadow must not be lost
            self._raised += raised

    def _note(
        self,
        what: What,
        now_us: int,
        table: SensorTable | None = None,
        **values: Any,  # noqa: ANN401  # as replace()
    ) -> None:
        self._steps.note(replace(self._row(what, now_us), **values), table)

    def _row(self, what: What, now_us: int) -> TickRow:
        return TickRow(
            what,
            now_us,
            position=self._position,
            received_us=self._received_us,
            revision=self._watch.roster.table.revision,
            before_us=self._watch.folded_us,
            folded_us=self._watch.folded_us,
        )


def _newest_us(batch: Batch) -> int:
    return int(batch.received.view(np.int64).max(initial=0))
