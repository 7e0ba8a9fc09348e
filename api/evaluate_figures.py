"""What an evaluation found: the engine under each setting, the rules and peers beside it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np

from api.evaluate_added import Added, added
from api.evaluate_against import Difference
from api.evaluate_cases import SENSOR_SILENT
from api.evaluate_fleet import FailureFound, FleetFound, failure_found, fleet_found, together
from api.evaluate_judge import INACTIVITY, Judged, judge
from api.evaluate_kinds import Found, KindFigures, false_by_kind, found_by_case, is_dead_indeed
from api.evaluate_load import Budgeted, loads
from api.evaluate_stage import Raised, Stage, Swept
from api.evaluate_steps import Stepped
from api.evaluate_worlds import LONGEST_US
from api.rows import Row
from sensors_sim import score
from sensors_sim.score import Bools

ENGINE: Final = "inactivity"
CAPPED: Final = "inactivity.without_proposals"


@dataclass(frozen=True, slots=True)
class EngineFigures:
    """The engine under one setting, on some homes.

    ``silences`` are judged with every proposed cap accepted, ``capped`` with none.
    ``sound_sensors`` are the silent sensors that were not dead in the recording itself; ``load``
    are all alerts and notices on untouched days, ``verdicts`` the table of truth by
    what was said; ``failure`` is None where the file holds no failure of the whole fleet.
    """

    silences: Judged
    capped: Judged
    kinds: Sequence[KindFigures]
    sound_sensors: score.FalseRate
    found: Sequence[Found]
    load: Mapping[str, score.FalseRate]
    failure: FailureFound | None
    added: Sequence[Added]
    verdicts: Mapping[str, Mapping[str, int]]
    fleet: FleetFound


@dataclass(frozen=True, slots=True)
class StrictFigures:
    """Every detector at the strictest that an alert budget may choose: what it costs and finds."""

    kinds: Sequence[KindFigures]
    found: Sequence[Found]
    load: Mapping[str, score.FalseRate]


@dataclass(frozen=True, slots=True)
class Evaluation:
    """All that was found. ``settings`` are the limits and parameters that were judged.

    ``halves`` are the engine on each half of the homes and ``curves`` its figures along the
    threshold for silences: of all homes, and of each half. ``steps`` build the rule up one by
    one, ``only_12h`` is what any rule must raise that keeps the 12 hours. ``floors`` and
    ``peers`` are other detectors; ``night`` are the false alerts of the rules about nights.
    ``strict`` are the detectors at the strictest budget, by the prefix of their rows: of all homes
    and of each half.
    """

    homes: int
    tested: int
    weeks: float
    dirt: Sequence[str]
    settings: Mapping[str, object]
    engine: EngineFigures
    halves: Mapping[str, EngineFigures]
    curves: Mapping[str, Sequence[Judged]]
    budgets: Sequence[Budgeted]
    steps: Sequence[Stepped]
    only_12h: Judged
    floors: Sequence[Judged]
    night: Mapping[str, score.FalseRate]
    night_found: Mapping[str, float]
    peers: Sequence[Judged] = ()
    peer_notes: Sequence[str] = ()
    against_settings: Mapping[str, object] = field(default_factory=dict)
    against: EngineFigures | None = None
    differences: Sequence[Difference] = ()
    half_budgets: Mapping[str, Sequence[Budgeted]] = field(default_factory=dict)
    strict: Mapping[str, StrictFigures] = field(default_factory=dict)
    rows: Sequence[Row] = ()


def engine_figures(stage: Stage, raised: Raised, homes: Bools) -> EngineFigures:
    """Return what the engine raised and found on these homes."""
    untouched = raised.untouched
    more, sayings = added(stage.cases, raised.cases, untouched, homes)
    fleet = together(
        [
            fleet_found(alerts, at_us, trace)
            for alerts, (trace, at_us) in zip(raised.fleets, stage.fleets, strict=True)
        ]
    )
    sayings = [*sayings, *_collapse_sayings(raised.fallen, stage, homes), *fleet.sayings]
    return EngineFigures(
        _silences(ENGINE, stage, untouched, raised.fallen, homes),
        _silences(CAPPED, stage, raised.untouched_capped, raised.fallen_capped, homes),
        false_by_kind(untouched, stage.judged, homes),
        _sound_sensors(untouched, stage, homes),
        found_by_case(stage.cases, raised.cases, untouched, stage.trace, homes),
        loads(untouched, stage.judged, homes, raised.place.limits.silence_cap_h),
        None if stage.failure is None else failure_found(untouched, stage.failure, homes),
        more,
        score.confusion([truth for truth, _ in sayings], [said for _, said in sayings]),
        fleet,
    )


def strict_figures(stage: Stage, swept: Swept, homes: Bools, cap_h: float) -> StrictFigures:
    """Return what was raised and found at the strictest setting of all detectors."""
    if swept.cases is None:
        raise ValueError(f"evaluate: nothing was injected at threshold {swept.value}")
    untouched = swept.untouched
    return StrictFigures(
        false_by_kind(untouched, stage.judged, homes),
        found_by_case(stage.cases, swept.cases, untouched, stage.trace, homes),
        loads(untouched, stage.judged, homes, cap_h),
    )


def _sound_sensors(untouched: score.Alerts, stage: Stage, homes: Bools) -> score.FalseRate:
    rows = untouched.take(~is_dead_indeed(untouched, stage.trace))
    kinds = false_by_kind(rows, stage.judged, homes)
    return next(one.raw for one in kinds if one.kind == SENSOR_SILENT)


def _silences(
    name: str, stage: Stage, untouched: score.Alerts, fallen: score.Alerts, homes: Bools
) -> Judged:
    person = sorted(INACTIVITY)
    return judge(
        name,
        untouched.take(np.isin(untouched.kind, person)),
        fallen.take(np.isin(fallen.kind, person)),
        stage.trace,
        stage.judged,
        stage.draws,
        homes,
    )


def _collapse_sayings(fallen: score.Alerts, stage: Stage, homes: Bools) -> list[tuple[str, str]]:
    """Return the verdict on collapses of the waking day and after a door: person, away."""
    sayings, draws = [], stage.draws
    person = fallen.take(np.isin(fallen.kind, sorted(INACTIVITY)))
    chosen = (draws.is_day | draws.is_after_door) & homes[draws.home]
    for copy in np.flatnonzero(chosen).tolist():
        at_us = int(draws.at_us[copy])
        mine = (person.home == copy) & (person.onset_us >= draws.last_us[copy])
        mine &= person.found_us <= at_us + LONGEST_US
        truth = "away" if draws.is_after_door[copy] else "person"
        sayings.append((truth, str(person.verdict[mine][0]) if mine.any() else "none"))
    return sayings
