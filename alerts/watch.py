"""What is known of every home, and what follows from it: no clock, no journal, no ledger.

The engine and a rehearsal hold one each, and give it the same things in the same order.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

import numpy as np

from alerts import night_door
from alerts.action import Action, Proposals, Proposed, Step
from alerts.alert import Unwatched
from alerts.detect import moved, pauses
from alerts.detect.columns import DAY_US, NEVER, Ints
from alerts.detect.groups import HOMES_A_TURN
from alerts.detect.join import Codes, codes_of, forget_replaced, join, rewatch
from alerts.detect.local_time import Offsets, build_offsets
from alerts.detect.roster import Roster, build_roster, paused_at
from alerts.detect.state import State, copied
from alerts.due import SLOW_US, Due, look_at_all
from alerts.lifecycle import Event
from alerts.modes import Modes
from alerts.person import standing_alerts
from alerts.proposals import Proposal, propose
from alerts.scene import Scene
from alerts.tick import run_ticks
from alerts.unseen import unwatched_rows, watch_link
from config.places import Place
from config.sensor_table import SensorTable
from ingest.batch import Batch, empty

OLDEST_US: Final = 3 * DAY_US
"""How far before the ticks that run a local time may be asked for."""


@dataclass(frozen=True, slots=True)
class Stop:
    """Where a step of the engine ends: ``ticks`` further on.

    ``is_caught_up`` says that its last tick is of now, so that what is still true may come back.
    """

    ticks: int
    is_caught_up: bool


@dataclass(frozen=True, slots=True)
class Memory:
    """What a watch knew after a moment: ``places`` and ``sectors`` are by code of the state.

    ``since`` says from when on each home (number) that ever moved was known.
    """

    state: State
    places: tuple[str, ...]
    folded_us: int
    sectors: tuple[tuple[str, str], ...] = ()
    since: Mapping[int, int] = field(default_factory=dict)


class Watch:
    """``state`` is None until ``begin`` or ``resume``; ``folded_us`` is the last tick decided."""

    def __init__(
        self,
        table: SensorTable,
        places: Mapping[str, Place],
        *,
        homes_a_turn: int = HOMES_A_TURN,
    ) -> None:
        self.places, self._homes_a_turn = places, homes_a_turn
        self.roster = build_roster(table, places, homes_a_turn)
        self.state: State | None = None
        self.folded_us = NEVER
        self.unwatched: tuple[Unwatched, ...] | None = None
        """Homes that cannot be seen, None until that was looked at."""

        self._is_link_told = False
        self._codes = Codes()
        self.due: Due | None = None
        """What to look at next, None where that is not known: everything."""

        self.is_torn = False
        """Whether a run failed half-way: what is known is then worth nothing."""

        self._offsets: tuple[Offsets, ...] = ()

    def anew(self, table: SensorTable, places: Mapping[str, Place] | None = None) -> "Watch":
        """Return a watch over this roster, of these or the same places, that knows nothing."""
        return Watch(table, places or self.places, homes_a_turn=self._homes_a_turn)

    @property
    def memory(self) -> Memory | None:
        """What is known now, good until the next run changes it; None where that is nothing."""
        if self.state is None or self.is_torn:
            return None
        return Memory(
            self.state,
            tuple(self._codes.places),
            self.folded_us,
            tuple(self._codes.sectors),
            moved.since(self.roster),
        )

    def remember(self) -> Memory | None:
        """Return a memory that is not changed by what comes later."""
        memory = self.memory
        return None if memory is None else replace(memory, state=copied(memory.state))

    def begin(self, folded_us: int) -> None:
        """Know nothing of what was before this moment."""
        self.folded_us, self.due = folded_us, None
        self.roster = paused_at(self.roster, folded_us)
        self.state = join(None, Codes(), self.roster, folded_us)
        self._codes = codes_of(self.roster)

    def resume(self, memory: Memory) -> None:
        """Go on from what was known."""
        self.folded_us, self.due = memory.folded_us, None
        self.roster = paused_at(self.roster, memory.folded_us)
        before = Codes(memory.places, memory.sectors)
        state = moved.forget_houses(memory.state, memory.since, self.roster)
        self.state = join(state, before, self.roster, memory.folded_us)
        self._codes = codes_of(self.roster)

    def follow(self, table: SensorTable) -> bool:
        """Take up another revision of the roster; return whether it is another."""
        if table.revision == self.roster.table.revision:
            return False
        roster = build_roster(table, self.places, self._homes_a_turn)
        roster = paused_at(roster, self.folded_us)
        if self.state is not None:
            state = moved.forget_houses(self.state, moved.since(self.roster), roster)
            self.state = join(state, self._codes, roster, self.folded_us)
            self._codes = codes_of(roster)
        self.roster, self.due = roster, None
        return True

    def run(
        self,
        ticks_us: Ints,
        readings: Batch,
        late: Batch,
        *,
        is_caught_up: bool,
        modes: Modes | None = None,
    ) -> list[Action]:
        """Run the ticks that end at ``ticks_us``, one step; return what was decided, in order."""
        stops = (Stop(len(ticks_us), is_caught_up),)
        return self.run_steps(ticks_us, readings, late, stops, modes=modes)[0]

    def run_steps(
        self,
        ticks_us: Ints,
        readings: Batch,
        late: Batch,
        stops: Sequence[Stop],
        *,
        modes: Modes | None = None,
    ) -> list[list[Action]]:
        """Run the ticks that end at ``ticks_us``; return what each step decided, in order.

        For ``readings`` and ``late`` see ``run_ticks``; what is older than a home's move teaches
        nothing. The ``stops`` share all ticks between
        them. ``modes`` are in force, None where every detector is live. After an error
        this watch ``is_torn``: go on with another one.
        """
        if self.state is None:
            raise RuntimeError("watch: it has not begun")
        before_us, last_us = self.folded_us, int(ticks_us[-1])
        due, self.due, self.is_torn = self.due, None, True
        readings, late = moved.newer(readings, self.roster), moved.newer(late, self.roster)
        stages = _stages(self.roster, before_us, ticks_us)
        steps = _Steps(before_us, ticks_us, stops)
        state, begun_us = self.state, before_us
        is_same = due is not None and not self._is_link_told and self.unwatched is not None
        for number, (roster, ticks) in enumerate(stages):
            if number or roster is not self.roster:
                rewatch(state, roster, begun_us)
                due, is_same = None, False
            if forget_replaced(state, roster, int(ticks[0])):
                due, is_same = None, False
            scene = run_ticks(
                state,
                roster,
                self.places,
                self._zones(begun_us, int(ticks[-1])),
                before_us=begun_us,
                ticks_us=ticks,
                readings=readings if len(stages) == 1 else _between(readings, begun_us, ticks),
                late=late if number == 0 else empty(),
                modes=modes,
                due=due,
                stops=steps.stops,
                end_tick=steps.end_tick,
            )
            state, begun_us = scene.state, int(ticks[-1])
            steps.end_stage(scene)
            is_same &= not scene.is_unwatched_new
        if not is_same:
            self.unwatched = unwatched_rows(scene)
        self.state, self.folded_us, self.roster = state, last_us, scene.roster
        self._is_link_told = False
        self.due, self.is_torn = scene.due, False
        return steps.decided

    def watch_link(self, lost_us: int, now_us: int) -> list[Action]:
        """Look at homes that nobody can see, since our own link was lost."""
        if self.state is None:
            return []
        self.is_torn = True
        scene = Scene(
            self.state,
            self.roster,
            self.places,
            self._zones(self.folded_us, now_us),
            self.folded_us,
            look_at_all(self.roster),
            now_us,
        )
        self.unwatched, self._is_link_told = watch_link(scene, lost_us), True
        self.is_torn = False
        return scene.actions

    def forget_due(self) -> None:
        """Look at everything in the next tick: what is known was changed from outside."""
        self.due = None

    def proposals(self) -> list[Proposal]:
        """Return the longer caps that a person should be asked about now."""
        if self.state is None:
            return []
        zones = self._zones(self.folded_us, self.folded_us)
        return propose(self.state, self.roster, zones, self.folded_us)

    def _zones(self, start_us: int, stop_us: int) -> tuple[Offsets, ...]:
        start_us -= OLDEST_US
        names = tuple(table.zone for table in self._offsets)
        is_good = names == self.roster.zones
        if not (is_good and all(table.covers(start_us, stop_us) for table in self._offsets)):
            self._offsets = tuple(
                build_offsets(zone, start_us, stop_us) for zone in self.roster.zones
            )
        return self._offsets


class _Steps:
    """What each step decides, while ticks run that may be those of many steps."""

    def __init__(self, before_us: int, ticks_us: Ints, stops: Sequence[Stop]) -> None:
        ends = np.cumsum([stop.ticks for stop in stops]) - 1
        self.stops: Mapping[int, Stop] = dict(zip(ticks_us[ends].tolist(), stops, strict=True))
        self._before_us = before_us
        self._open: list[Action] = []
        self._from = 0
        self.decided: list[list[Action]] = []

    def end_tick(self, scene: Scene) -> None:
        """Note that a tick is over."""
        now_us, before_us = scene.now_us, self._before_us
        stop = self.stops.get(now_us)
        if stop is None:
            return
        if stop.is_caught_up and now_us // SLOW_US != before_us // SLOW_US:
            scene.actions += _come_back(scene)
        if now_us // DAY_US != before_us // DAY_US:
            scene.actions.append(_proposed(scene))
        self.decided.append([*self._open, *scene.actions[self._from :]])
        self._before_us, self._open, self._from = now_us, [], len(scene.actions)

    def end_stage(self, scene: Scene) -> None:
        """Note that the next tick has another scene."""
        self._open, self._from = [*self._open, *scene.actions[self._from :]], 0


def _proposed(scene: Scene) -> Proposals:
    made = propose(scene.state, scene.roster, scene.offsets, scene.now_us)
    homes = [scene.home(one.home) for one in made]
    return Proposals(
        tuple(
            Proposed(
                *(home.id, home.place, one.from_min, one.to_min, one.cap_h, one.count),
                scene.now_us,
            )
            for home, one in zip(homes, made, strict=True)
        )
    )


def _stages(roster: Roster, before_us: int, ticks_us: Ints) -> list[tuple[Roster, Ints]]:
    """Return the ticks in stretches in which the same homes are paused, each with its roster.

    A stretch begins, too, with the tick in whose time a home moved or a sensor was replaced.
    """
    moved_us = roster.home_since_us[roster.moved_homes]
    replaced_us = roster.table.sensor_replaced_us[roster.replaced]
    others_us = np.concatenate([moved_us, replaced_us])
    cuts = pauses.cuts(roster.pauses, others_us, before_us, ticks_us)
    parts = [part for part in np.split(ticks_us, cuts) if len(part)]
    first = roster if not cuts or cuts[0] else paused_at(roster, int(ticks_us[0]))
    later = [paused_at(roster, int(part[0])) for part in parts[1:]]
    return list(zip([first, *later], parts, strict=True))


def _between(readings: Batch, before_us: int, ticks_us: Ints) -> Batch:
    time_us = readings.time.view(np.int64)
    return readings.take((time_us > before_us) & (time_us <= ticks_us[-1]))


def _come_back(scene: Scene) -> list[Step]:
    note = "resolved, and nobody has been seen since"
    standing = standing_alerts(scene) + night_door.standing(scene)
    return [Step(Event.COME_BACK, alert, note) for alert in standing]
