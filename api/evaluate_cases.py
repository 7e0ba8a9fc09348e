"""Everything but the plain collapse that is injected into real days, and what each brings about."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from alerts.alert import PRIORITY, AlertKind, Priority
from api.evaluate_engine import Status
from api.evaluate_floors import BATHROOM, FRONT_DOOR
from api.evaluate_worlds import LONGEST_US, Draws, Edit, copies, describe, window
from sensors_sim import inject, tihm
from sensors_sim.score import DAY_US, HOUR_US, Alerts, Bools, Ints

WEEK_US: Final = 7 * DAY_US
_SAME_US: Final = 600_000_000
_TECHNICAL: Final = frozenset(kind.value for kind in AlertKind if PRIORITY[kind] is Priority.T)
_HALL: Final = tihm.PLACES.index("hallway")
_KITCHEN: Final = tihm.PLACES.index("kitchen")


@dataclass(frozen=True, slots=True)
class Case:
    """One injection: what it is, what a verdict on it should be, and when it may be found.

    ``truth`` is empty for a change of habits, which is no silence and has no verdict.
    ``at_hour`` is the local hour at which it begins, None for any moment of the waking day.
    ``needs_us`` is how much of the recording must follow it.
    """

    name: str
    truth: str
    edit: Edit
    needs_us: int
    at_hour: int | None = None


@dataclass(frozen=True, slots=True)
class Added:
    """What one case added to the alerts of ``count`` copies of homes that were left alone.

    ``share`` of the copies by kind of alert, with its median delay; ``about_person`` is how many
    got any alert that is not technical.
    """

    case: str
    count: int
    share: Mapping[str, float]
    delay_h: Mapping[str, float]
    about_person: int


def _nights(count: int, nights: int) -> Edit:
    def edit(stream: inject.Stream, at_us: int, rng: np.random.Generator) -> inject.Stream:
        starts = at_us + DAY_US * np.arange(nights)
        return inject.more_night_visits(stream, starts, BATHROOM, count, rng)

    return edit


CASES: Final[Sequence[Case]] = (
    Case(
        "collapse, one sensor still fires",
        "person",
        lambda s, at, rng: inject.collapse_in_room(s, at, BATHROOM, rng),
        DAY_US,
    ),
    *(
        Case(f"+{count} night visits, {nights} nights", "", _nights(count, nights),
             nights * DAY_US, 23)
        for count in (3, 6)
        for nights in (1, 2, 3)
    ),
    Case(
        "door at 03:00, no return",
        "away",
        lambda s, at, _: inject.leave_at_night(s, at, FRONT_DOOR),
        6 * HOUR_US,
        3,
    ),
    Case(
        "door at 03:00, back in 5 min (control)",
        "none",
        lambda s, at, _: inject.look_out_at_night(s, at, FRONT_DOOR, _HALL),
        6 * HOUR_US,
        3,
    ),
    Case("thinning, 1 % a day", "", inject.thin, 42 * DAY_US, 12),
    Case(
        "sleep 2 h later, 14 nights",
        "",
        lambda s, at, _: inject.shift_sleep(s, at, at + 14 * DAY_US),
        14 * DAY_US,
        12,
    ),
    Case("sensor dead", "sensor", lambda s, at, _: inject.dead_sensor(s, _KITCHEN, at), WEEK_US),
    Case(
        "sensor stuck",
        "sensor",
        lambda s, at, _: inject.stuck_sensor(s, _KITCHEN, at, at + WEEK_US),
        WEEK_US,
    ),
    Case(
        "sensor says everything twice",
        "sensor",
        lambda s, at, _: inject.doubled_sensor(s, _KITCHEN, at, at + WEEK_US),
        WEEK_US,
    ),
    Case(
        "sensor's clock an hour off",
        "sensor",
        lambda s, at, _: inject.wrong_clock(s, _KITCHEN, at, at + WEEK_US),
        WEEK_US,
    ),
    Case("gateway silent", "gateway", lambda s, at, _: inject.collapse(s, at), DAY_US),
)  # fmt: skip
GATEWAY_SILENT: Final = CASES[-1].name


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
    joined = _joined(parts)
    return CaseWorld(joined, _last_wills(draws, case_code), draws, case_code)


def added(
    world: CaseWorld, alerts: Alerts, untouched: Alerts
) -> tuple[list[Added], list[tuple[str, str]]]:
    """Return what each case added, and by copy (the truth, the verdict of its first alert)."""
    result, sayings = [], []
    source = np.where(alerts.home >= 0, world.draws.home[alerts.home], -1)
    is_new = ~_is_among(alerts, source, untouched) & (alerts.home >= 0)
    order = np.argsort(alerts.found_us, kind="stable")
    fresh = alerts.take(order[is_new[order]])
    for code, case in enumerate(CASES):
        copy = np.flatnonzero(world.case == code)
        first = _first(fresh, copy, world.draws.at_us, _until(case))
        kinds = sorted({kind for by_kind in first for kind in by_kind})
        delays = {k: [by_kind[k][0] for by_kind in first if k in by_kind] for k in kinds}
        result.append(
            Added(
                case.name,
                len(copy),
                {kind: len(found) / max(len(copy), 1) for kind, found in delays.items()},
                {kind: float(np.median(found)) for kind, found in delays.items()},
                sum(any(is_about_person(kind) for kind in by_kind) for by_kind in first),
            )
        )
        if case.truth:
            sayings += [(case.truth, _said(by_kind)) for by_kind in first]
    return result, sayings


def is_about_person(kind: str) -> bool:
    """Return whether alerts of this kind go to those who care for the person: all but faults."""
    return kind not in _TECHNICAL


def fleet_silent(trace: tihm.Activations, rng: np.random.Generator) -> tuple[tihm.Activations, int]:
    """Return the homes with nothing heard of any for a day, and when that day begins.

    The moment lies where most homes are recorded and well before what is left out.
    """
    judged = window(trace)
    first, last = np.quantile(judged.start_us, 0.5), np.quantile(judged.stop_us, 0.5)
    out = judged.left_out_us
    day_us = np.arange(int(first), int(last) - 2 * LONGEST_US, HOUR_US)
    clear = (day_us + 4 * LONGEST_US < out[0]) | (day_us > out[1] + 2 * LONGEST_US)
    at_us = int(rng.choice(day_us[clear] if clear.any() else np.array([int(first)])))
    quiet = (trace.time_us >= at_us) & (trace.time_us < at_us + LONGEST_US)
    kept = ~quiet
    kept[np.searchsorted(trace.home, np.arange(len(trace.homes)))] = True
    return (
        tihm.Activations(
            trace.homes, trace.home[kept], trace.time_us[kept], trace.place[kept], trace.dirt
        ),
        at_us,
    )


def _moments(
    trace: tihm.Activations, case: Case, rng: np.random.Generator
) -> tuple[NDArray[np.int32], Ints]:
    judged = window(trace)
    first, last = judged.left_out_us
    homes, moments = [], []
    for home in range(len(trace.homes)):
        start, stop = int(judged.start_us[home]), int(judged.stop_us[home]) - case.needs_us
        if stop - start <= DAY_US:
            continue
        if case.needs_us > WEEK_US:
            # What lasts for weeks begins with the test: no other moment leaves enough of it.
            candidates = np.array([start])
        else:
            candidates = _at_hour(rng.integers(start, stop - DAY_US + 1, 40), case, rng)
            clear = (candidates + case.needs_us <= first) | (candidates >= last)
            candidates = candidates[clear]
        if len(candidates):
            homes.append(home)
            moments.append(int(candidates[0]))
    return np.array(homes, np.int32), np.array(moments, np.int64)


def _at_hour(time_us: Ints, case: Case, rng: np.random.Generator) -> Ints:
    """Return the moments moved forward to the case's hour, or to one of the waking day."""
    local, offset = tihm.to_local(time_us)
    hour = rng.integers(8, 21, len(time_us)) if case.at_hour is None else case.at_hour
    at = local // DAY_US * DAY_US + hour * HOUR_US
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


def _joined(parts: Sequence[tihm.Activations]) -> tihm.Activations:
    before = np.cumsum([0] + [len(part.homes) for part in parts])
    return tihm.Activations(
        tuple(f"{name}-{code}" for code, part in enumerate(parts) for name in part.homes),
        np.concatenate([p.home + n for p, n in zip(parts, before.tolist(), strict=False)]).astype(
            np.int32
        ),
        np.concatenate([part.time_us for part in parts]),
        np.concatenate([part.place for part in parts]),
    )


def _is_among(alerts: Alerts, source: NDArray[np.integer], untouched: Alerts) -> Bools:
    """Return which alerts the source homes got too when left alone, ten minutes more or less."""
    known: dict[tuple[int, str], list[int]] = {}
    for home, kind, found_us in zip(*_keys(untouched), strict=True):
        known.setdefault((home, kind), []).append(found_us)
    keys = zip(source.tolist(), alerts.kind.tolist(), alerts.found_us.tolist(), strict=True)
    return np.array(
        [
            any(abs(found_us - other) <= _SAME_US for other in known.get((home, kind), ()))
            for home, kind, found_us in keys
        ],
        np.bool_,
    )


def _keys(alerts: Alerts) -> tuple[list[int], list[str], list[int]]:
    return alerts.home.tolist(), alerts.kind.tolist(), alerts.found_us.tolist()


def _until(case: Case) -> int:
    return max(case.needs_us, DAY_US) + (2 * DAY_US if case.truth in {"sensor", "gateway"} else 0)


_First = dict[str, tuple[float, str]]


def _first(alerts: Alerts, copy: NDArray[np.intp], at_us: Ints, until_us: int) -> list[_First]:
    """Return, by copy, the first new alert of each kind: (delay in hours, verdict)."""
    result = []
    for number in copy.tolist():
        mine = alerts.take(
            (alerts.home == number)
            & (alerts.found_us >= at_us[number])
            & (alerts.found_us < at_us[number] + until_us)
        )
        found: _First = {}
        for kind, verdict, found_us in zip(
            mine.kind.tolist(), mine.verdict.tolist(), mine.found_us.tolist(), strict=True
        ):
            found.setdefault(kind, ((found_us - int(at_us[number])) / HOUR_US, verdict))
        result.append(found)
    return result


def _said(found: _First) -> str:
    return min(found.values())[1] if found else "none"
