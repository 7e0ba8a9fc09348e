"""Folds readings and runs every detector over every home, tick by tick. Pure."""

from collections.abc import Callable, Container, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from alerts import (
    bathroom,
    bed_left,
    chatter,
    easing,
    heat,
    heating,
    idle,
    night_door,
    pads,
    pausing,
    room_stay,
    seat_stay,
    thresholds,
    trend,
    unvisited,
)
from alerts.detect import fold, heard
from alerts.detect.columns import NEVER, Floats, Ints
from alerts.detect.local_time import Offsets
from alerts.detect.roles import EVERYTHING, plays
from alerts.detect.roster import Roster
from alerts.detect.state import State
from alerts.detect.streams import Mains, Signs, Streams, rows_of
from alerts.detect.things import Use
from alerts.detector import Detector
from alerts.due import SLOW_US, Due, look_at_all
from alerts.modes import Modes
from alerts.person import decide, learn, pass_time, take_late_signs, take_signs
from alerts.plant import watch_devices, watch_gateways
from alerts.scene import Scene
from alerts.unseen import watch_homes
from alerts.unused import Unused
from alerts.warmth import watch_warmth
from config.places import Place
from ingest.batch import Batch

_DOSE, _KITCHEN = Unused(Use.DOSE), Unused(Use.KITCHEN)
_OF_ALL: Final[frozenset[Detector]] = frozenset({idle, _DOSE, _KITCHEN, unvisited, pads})
"""Told of booked visitors' signs too: devices that work, meals and doses given, doors that stand
open, and whether a carer came."""

DETECTORS: Final[tuple[Detector, ...]] = (
    idle,
    chatter,
    bathroom,
    night_door,
    room_stay,
    trend,
    heat,
    bed_left,
    seat_stay,
    _DOSE,
    _KITCHEN,
    heating,
    unvisited,
)
"""Every detector behind the port, in the order in which a tick runs them.

All but the door at night decide on regular ticks alone, and are told of signs only then.
"""


_EASES: Final[Sequence[tuple[Detector, Callable[[Scene, Signs, slice], bool]]]] = (
    (seat_stay, easing.eases_spell),
    (night_door, easing.eases_door),
    (room_stay, easing.eases_stay),
    (_DOSE, easing.eases_dose),
    (_KITCHEN, easing.eases_kitchen),
    (unvisited, easing.eases_visit),
)
"""Who may ease something, whatever the others know; seats alone need what pads said before."""


def run_ticks(
    state: State,
    roster: Roster,
    places: Mapping[str, Place],
    offsets: Sequence[Offsets],
    *,
    before_us: int,
    ticks_us: Ints,
    readings: Batch,
    late: Batch,
    modes: Modes | None = None,
    due: Due | None = None,
    stops: Container[int] = (),
    end_tick: Callable[[Scene], None] = lambda _: None,
) -> Scene:
    """Run the ticks that end at ``ticks_us``, ascending, and return the scene after the last.

    ``readings`` must be ordered, each once, with before_us < time <= the last tick; ``late`` is
    ordered and older. Both hold only sensors of the roster. ``state`` is changed in place.
    ``due`` is what the run before left, None where the roster changed since. ``stops`` are
    ticks with which a step of the engine ended: what signs ease is eased then. ``end_tick`` is
    called after each tick, and may add to what was decided.
    """
    due = due or look_at_all(roster)
    last_us = int(ticks_us[-1]) if len(ticks_us) else before_us
    scene = Scene(state, roster, places, offsets, before_us, due, last_us=last_us, modes=modes)
    scene.last_regular_us = before_us // SLOW_US * SLOW_US
    if len(late):
        made = fold.split_late(late, roster, state, offsets, scene.windows)
        streams = _watched(made, roster)[0]
        heard.fold_late(state, roster, streams)
        _fold_mains(scene, streams.mains, slice(None))
        scene.due.look_at(roster, streams.off.lead)
        scene.due.gateway_us[streams.hub_off.gateway] = NEVER
        _note_extremes(scene, streams.heat_sensor, streams.heat_c)
        take_late_signs(scene, streams.signs)
        for detector in (*DETECTORS, pads):
            detector.fold_late(scene, _heard_by(detector, streams))
        for spells in (bed_left, seat_stay):  # once pads have told what they say now
            spells.note_late(scene, streams.all_signs)
    is_one_tick = len(ticks_us) == 1
    made = fold.split(readings, roster, state, offsets, scene.windows, is_one_tick=is_one_tick)
    streams, held = _watched(made, roster)
    ears = _ears(streams, ticks_us)
    held_cuts = [0, *_stops(held.time_us, ticks_us)]
    cuts = _Cuts(streams, ticks_us)
    for number, now_us in enumerate(ticks_us.tolist()):
        scene.begin(now_us, SLOW_US)
        pass_time(scene)
        before = len(scene.actions)
        _fold(scene, streams, cuts, number)
        is_due = scene.is_regular or number == len(ticks_us) - 1
        if now_us in stops and not is_due:
            is_due = _ease(scene, ears, number)
        _fold_detectors(scene, ears, number, is_due=is_due)
        _detect(scene)
        if held_cuts[number + 1] > held_cuts[number]:
            pausing.ask(scene, held, held_cuts[number], held_cuts[number + 1])
        pausing.announce(scene)
        thresholds.count_told(scene, scene.actions[before:])
        scene.end()
        end_tick(scene)
    return scene


def _watched(streams: Streams, roster: Roster) -> tuple[Streams, Signs]:
    """Return the streams without the signs of homes that are not watched, and those signs."""
    signs, own = streams.all_signs, streams.signs
    is_active = roster.home_is_active[signs.home]
    if is_active.all():
        return streams, rows_of(signs, slice(0, 0))
    watched, held = rows_of(signs, is_active), rows_of(signs, ~is_active)
    if own is signs:
        return replace(streams, signs=watched, all_signs=watched), held
    own = rows_of(own, roster.home_is_active[own.home])
    return replace(streams, signs=own, all_signs=watched), held


def _stops(time_us: Ints, ticks_us: Ints) -> list[int]:
    """Return where the rows of each tick end; a single tick has all, whatever their order is."""
    if len(ticks_us) == 1:
        return [len(time_us)]
    stops: list[int] = np.searchsorted(time_us, ticks_us, side="right").tolist()
    return stops


class _Cuts:
    """Where each tick's slice begins in every stream; ``x[i]`` to ``x[i + 1]`` is tick i's."""

    def __init__(self, streams: Streams, ticks_us: Ints) -> None:
        def cut(time_us: Ints) -> list[int]:
            return [0, *_stops(time_us, ticks_us)]

        self.words = cut(streams.words.time_us)
        self.signs = cut(streams.signs.time_us)
        self.doors = cut(streams.doors.time_us)
        self.heat = cut(streams.heat_us)
        self.off = cut(streams.off.time_us)
        self.hub_off = cut(streams.hub_off.time_us)
        self.untaken = cut(streams.untaken.time_us)
        self.mains = cut(streams.mains.time_us)


def _fold(scene: Scene, streams: Streams, cuts: _Cuts, number: int) -> None:
    """Fold the readings of one tick."""
    state = scene.state
    start, stop = cuts.words[number], cuts.words[number + 1]
    if stop > start:
        heard.fold_words(state, streams.words, start, stop)
        if ((state.sign_us == NEVER) & scene.roster.home_has_signs).any():
            home = scene.roster.sensor_home[streams.words.sensor[start:stop]]
            heard.start_clocks(state, streams.words, home, start, stop)
    start, stop = cuts.off[number], cuts.off[number + 1]
    if stop > start:
        rows = slice(start, stop)
        state.off_us[streams.off.lead[rows]] = streams.off.time_us[rows]
        state.gateway_heard_us[streams.off.gateway[rows]] = streams.off.time_us[rows]
        scene.due.look_at(scene.roster, streams.off.lead[rows])
    start, stop = cuts.hub_off[number], cuts.hub_off[number + 1]
    if stop > start:
        rows = slice(start, stop)
        state.gateway_off_us[streams.hub_off.gateway[rows]] = streams.hub_off.time_us[rows]
        scene.due.gateway_us[streams.hub_off.gateway[rows]] = NEVER
    start, stop = cuts.untaken[number], cuts.untaken[number + 1]
    if stop > start:
        rows = slice(start, stop)
        homes = heard.untaken_home(streams, scene.roster, rows)
        state.untaken_us[homes] = streams.untaken.time_us[rows]
    start, stop = cuts.mains[number], cuts.mains[number + 1]
    if stop > start:
        _fold_mains(scene, streams.mains, slice(start, stop))
    start, stop = cuts.doors[number], cuts.doors[number + 1]
    if stop > start:
        heard.fold_doors(state, streams.doors, start, stop)
    start, stop = cuts.heat[number], cuts.heat[number + 1]
    if stop > start:
        sensor = streams.heat_sensor[start:stop]
        state.celsius[sensor] = streams.heat_c[start:stop]
        state.celsius_us[sensor] = streams.heat_us[start:stop]
        _note_extremes(scene, sensor, streams.heat_c[start:stop])
    start, stop = cuts.signs[number], cuts.signs[number + 1]
    if stop > start:
        take_signs(scene, streams.signs, start, stop)


def _fold_mains(scene: Scene, mains: Mains, rows: slice) -> None:
    if heard.fold_mains(scene.state, scene.roster, mains, rows):
        scene.due.mains = None


def _note_extremes(scene: Scene, sensor: Ints, celsius: Floats) -> None:
    """Look from now on at homes in which a thermometer tells what might be too cold or hot."""
    roster, due = scene.roster, scene.due
    cold = roster.sensor_home[sensor[celsius < roster.cold_most_c]]
    due.may_be_cold[cold[cold >= 0]] = True
    hot = roster.sensor_home[sensor[celsius > roster.hot_least_c]]
    due.may_be_hot[hot[hot >= 0]] = True


@dataclass(slots=True)
class _Ear:
    """The signs one detector hears: those of tick i end at ``stops[i]``, ``taken`` were told."""

    detector: Detector
    signs: Signs
    stops: list[int]
    taken: int = 0

    def tell(self, scene: Scene, number: int) -> None:
        """Tell it of the signs up to this tick."""
        stop = self.stops[number]
        if stop > self.taken:
            self.detector.fold(scene, self.signs, self.taken, stop)
            self.taken = stop


def _heard_by(detector: Detector, streams: Streams) -> Signs:
    """Return the signs of which a detector is told."""
    if detector is chatter:
        return streams.chatter
    return streams.all_signs if detector in _OF_ALL else streams.signs


def _ears(streams: Streams, ticks_us: Ints) -> dict[Detector, _Ear]:
    """Return an ear of each detector that hears anything, in the order in which they are told."""
    ears = {}
    for detector in (*DETECTORS, pads):
        signs = _heard_by(detector, streams)
        if detector.HEARS is not EVERYTHING:
            signs = rows_of(signs, plays(signs.roles, detector.HEARS))
        if len(signs.home):
            ears[detector] = _Ear(detector, signs, _stops(signs.time_us, ticks_us))
    return ears


def _fold_detectors(
    scene: Scene, ears: Mapping[Detector, _Ear], number: int, *, is_due: bool
) -> None:
    """Tell detectors of the signs up to this tick."""
    if is_due:
        for ear in ears.values():
            ear.tell(scene, number)
    elif night_door in ears and night_door.is_watching(scene):
        ears[night_door].tell(scene, number)


def _ease(scene: Scene, ears: Mapping[Detector, _Ear], number: int) -> bool:
    """Tell who has something to ease; return whether all must be told, as seats need of pads."""
    for detector, eases in _EASES:
        ear = ears.get(detector)
        if ear is None:
            continue
        # Of signs before this tick it was asked then, and by none of them was anything eased.
        start = max(ear.taken, ear.stops[number - 1] if number else 0)
        if start == ear.stops[number]:
            continue
        if eases(scene, ear.signs, slice(start, ear.stops[number])):
            if detector is seat_stay:
                return True
            ear.tell(scene, number)
    return False


def _detect(scene: Scene) -> None:
    gateways = watch_gateways(scene)
    if scene.is_regular:
        is_blind = watch_devices(scene, gateways)
        watch_homes(scene, gateways, is_blind)
        watch_warmth(scene)
    decide(scene, gateways.is_home_doubtful)
    for detector in DETECTORS:
        detector.decide(scene)
    if scene.is_new_quarter:
        for detector in DETECTORS:
            detector.learn(scene)
        learn(scene)
