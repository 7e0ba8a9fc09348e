"""Everything but the collapse for a day that is injected into real days."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from api.evaluate_engine import Status
from api.evaluate_floors import BATHROOM, FRONT_DOOR
from api.evaluate_worlds import LONGEST_US, Draws, Edit, copies, describe, join, window
from sensors_sim import inject, tihm
from sensors_sim.score import DAY_US, HOUR_US, Ints

WEEK_US: Final = 7 * DAY_US
_HALL: Final = tihm.PLACES.index("hallway")
_KITCHEN: Final = tihm.PLACES.index("kitchen")


@dataclass(frozen=True, slots=True)
class Case:
    """One injection: what it is, what should be said of it, and until when it may be found.

    ``truth`` is the verdict that it should get, empty for a change of habits, which is no silence
    and has no verdict. ``kinds`` are those of alerts that count as finding it, none where the
    case only shows what else is raised. ``needs_us`` is how much of the recording must follow it,
    and how long it may take to be found. ``at_hour`` is the local hour at which it begins, None
    for any moment. ``draws`` are made in each home; ``place`` names one whose sensor a home must
    have, or there is nothing to inject and nothing to find.
    """

    name: str
    truth: str
    kinds: tuple[str, ...]
    edit: Edit
    needs_us: int
    at_hour: int | None = None
    draws: int = 1
    place: int | None = None


NO_SIGN: Final = "no-sign-of-life"
SILENCE: Final = (NO_SIGN, "not-back")
BATHROOM_AT_NIGHT: Final = "bathroom-at-night"
OUT_AT_NIGHT: Final = "out-at-night"
SLEEP_SHIFT: Final = "sleep-shift"
LESS_MOVEMENT: Final = "less-movement"
LONG_IN_ROOM: Final = "long-in-room"
SENSOR_SILENT: Final = "sensor-silent"
"""Kinds of alert by name: a kind that no detector raises yet is simply never found."""

IN_ONE_ROOM: Final = "collapse, one sensor still fires"
COLLAPSE_6H: Final = "collapse for 6 h"
COLLAPSE_12H: Final = "collapse for 12 h"
VISITS_3X1: Final = "+3 night visits, 1 night"
VISITS_3X3: Final = "+3 night visits, 3 nights"
VISITS_6X1: Final = "+6 night visits, 1 night"
OUT_NO_RETURN: Final = "door at 03:00, no return"
OUT_AND_BACK: Final = "door at 03:00, back in 5 min (control)"
THINNING: Final = "thinning, 1 % a day"
SLEEP_LATER: Final = "sleep 2 h later, 14 nights"
SENSOR_DEAD: Final = "sensor dead"
GATEWAY_SILENT: Final = "gateway silent"


def _nights(count: int, nights: int) -> Case:
    def edit(stream: inject.Stream, at_us: int, rng: np.random.Generator) -> inject.Stream:
        starts = at_us + DAY_US * np.arange(nights)
        return inject.more_night_visits(stream, starts, BATHROOM, count, rng)

    name = f"+{count} night visits, {nights} night{'s' if nights > 1 else ''}"
    return Case(name, "", (BATHROOM_AT_NIGHT,), edit, nights * DAY_US, 23, 3, BATHROOM)


def _collapse(name: str, hours: int) -> Case:
    def edit(stream: inject.Stream, at_us: int, _: np.random.Generator) -> inject.Stream:
        return inject.collapse(stream, at_us, hours=hours)

    return Case(name, "", SILENCE, edit, hours * HOUR_US, None, 3)


def _dead(stream: inject.Stream, at_us: int, _: np.random.Generator) -> inject.Stream:
    return inject.dead_sensor(stream, sensor_at(stream, at_us), at_us)


def sensor_at(stream: inject.Stream, at_us: int) -> int:
    """Return which sensor dies: any one that fired on at least seven of the 14 days before.

    The kitchen's in a home that has none. The moment chooses, so that the judge can ask again.
    """
    is_past = (stream.time_us < at_us) & (stream.time_us >= at_us - 14 * DAY_US)
    day = (at_us - stream.time_us[is_past]) // DAY_US
    fired = np.unique(stream.place[is_past].astype(np.int64) * 14 + day)
    places, days = np.unique(fired // 14, return_counts=True)
    busy = places[days >= 7]
    return int(busy[at_us // 1_000_000 % len(busy)]) if len(busy) else _KITCHEN


CASES: Final[Sequence[Case]] = (
    Case(
        IN_ONE_ROOM,
        "person",
        (*SILENCE, LONG_IN_ROOM),
        lambda s, at, rng: inject.collapse_in_room(s, at, BATHROOM, rng),
        DAY_US,
        draws=3,
    ),
    _collapse(COLLAPSE_6H, 6),
    _collapse(COLLAPSE_12H, 12),
    *(_nights(count, nights) for count in (3, 6) for nights in (1, 2, 3)),
    Case(
        OUT_NO_RETURN,
        "away",
        (OUT_AT_NIGHT,),
        lambda s, at, _: inject.leave_at_night(s, at, FRONT_DOOR),
        6 * HOUR_US,
        3,
        3,
    ),
    Case(
        OUT_AND_BACK,
        "none",
        (OUT_AT_NIGHT,),
        lambda s, at, _: inject.look_out_at_night(s, at, FRONT_DOOR, _HALL),
        6 * HOUR_US,
        3,
        3,
    ),
    Case(THINNING, "", (LESS_MOVEMENT,), inject.thin, 42 * DAY_US, 12),
    Case(
        SLEEP_LATER,
        "",
        (SLEEP_SHIFT,),
        lambda s, at, _: inject.shift_sleep(s, at, at + 14 * DAY_US),
        14 * DAY_US,
        12,
    ),
    Case(SENSOR_DEAD, "sensor", (SENSOR_SILENT,), _dead, WEEK_US, None, 3),
    Case(
        "sensor stuck",
        "sensor",
        (),
        lambda s, at, _: inject.stuck_sensor(s, _KITCHEN, at, at + WEEK_US),
        WEEK_US,
    ),
    Case(
        "sensor says everything twice",
        "sensor",
        (),
        lambda s, at, _: inject.doubled_sensor(s, _KITCHEN, at, at + WEEK_US),
        WEEK_US,
    ),
    Case(
        "sensor's clock an hour off",
        "sensor",
        (),
        lambda s, at, _: inject.wrong_clock(s, _KITCHEN, at, at + WEEK_US),
        WEEK_US,
    ),
    Case(
        GATEWAY_SILENT,
        "gateway",
        ("gateway-silent",),
        lambda s, at, _: inject.collapse(s, at),
        DAY_US,
    ),
)


@dataclass(frozen=True, slots=True)
class CaseWorld:
    """All cases as copies in one world; ``case`` int64[copies] indexes ``CASES``."""

    trace: tihm.Activations
    status: Status
    draws: Draws
    case: Ints


def build_cases(trace: tihm.Activations, rng: np.random.Generator) -> CaseWorld:
    """Return a copy of every home for each case for which its recording is long enough."""
    parts: list[tihm.Activations] = []
    homes: list[NDArray[np.int32]] = []
    moments: list[Ints] = []
    codes: list[Ints] = []
    for code, case in enumerate(CASES):
        home, at_us = _moments(trace, case, rng)
        parts.append(copies(trace, describe(trace, home, at_us), case.edit, rng))
        homes.append(home)
        moments.append(at_us)
        codes.append(np.full(len(home), code))
    draws = describe(trace, np.concatenate(homes), np.concatenate(moments))
    case_code = np.concatenate(codes)
    return CaseWorld(join(parts), _last_wills(draws, case_code), draws, case_code)


def _moments(
    trace: tihm.Activations, case: Case, rng: np.random.Generator
) -> tuple[NDArray[np.int32], Ints]:
    judged = window(trace)
    first, last = judged.left_out_us
    homes, moments = [], []
    for home in range(len(trace.homes)):
        start, stop = int(judged.start_us[home]), int(judged.stop_us[home]) - case.needs_us
        if stop - start <= DAY_US or not _has_place(trace, home, case.place):
            continue
        if case.needs_us > WEEK_US:
            # What lasts for weeks begins with the test: no other moment leaves enough of it.
            chosen = np.array([start])
        else:
            chosen = _at_hour(rng.integers(start, stop - DAY_US + 1, 40), case)
            chosen = chosen[(chosen + case.needs_us <= first) | (chosen >= last)][: case.draws]
        homes += [home] * len(chosen)
        moments += chosen.tolist()
    return np.array(homes, np.int32), np.array(moments, np.int64)


def _has_place(trace: tihm.Activations, home: int, place: int | None) -> bool:
    return place is None or bool(((trace.home == home) & (trace.place == place)).any())


def _at_hour(time_us: Ints, case: Case) -> Ints:
    """Return the moments moved forward to the case's hour, where it has one."""
    if case.at_hour is None:
        return time_us
    local, offset = tihm.to_local(time_us)
    at = local // DAY_US * DAY_US + case.at_hour * HOUR_US
    moved: Ints = np.where(at < local, at + DAY_US, at) - offset
    return moved


def _last_wills(draws: Draws, case: Ints) -> Status:
    """Silent gateways say so by their last will, and are online a day later."""
    gone = np.flatnonzero([CASES[code].name == GATEWAY_SILENT for code in case.tolist()])
    at_us = draws.at_us[gone]
    return Status(
        np.concatenate([gone, gone]).astype(np.int32),
        np.concatenate([at_us, at_us + LONGEST_US]),
        np.concatenate([np.zeros(len(gone)), np.ones(len(gone))]),
    )
