"""What an evaluation found, as rows and as JSON, beside the figures that were published."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from api import rows
from api.evaluate_cases import Added
from api.evaluate_floors import Rule, longest_gap, night_door, night_visits, silence
from api.evaluate_judge import Judged
from sensors_sim import score

ENGINE: Final = "inactivity"
FLOORS: Final[dict[str, tuple[Rule, float]]] = {
    "floor.silence_4h": (silence(4), 3.18),
    "floor.silence_8h": (silence(8), 0.77),
    "floor.silence_12h": (silence(12), 0.26),
    "floor.longest_gap_1_25": (longest_gap(1.25), 0.44),
    "floor.longest_gap_1_5": (longest_gap(1.5), 0.33),
    "floor.longest_gap_1_25_away": (longest_gap(1.25, cap_h=1000, is_away_quiet=True), 0.21),
}
"""Rules about silence, and the false alerts a home-week published for all 56 TIHM homes."""

PUBLISHED: Final[Mapping[str, tuple[float, float, float]]] = {
    "floor.silence_4h": (1.00, 1.00, 3.8),
    "floor.silence_8h": (1.00, 1.00, 7.8),
    "floor.silence_12h": (0.06, 1.00, 11.8),
    "floor.longest_gap_1_25": (0.60, 1.00, 6.7),
    "floor.longest_gap_1_5": (0.51, 1.00, 7.9),
    "floor.longest_gap_1_25_away": (0.47, 0.59, 7.7),
}
"""Published beside it: recall within 8 h, within 12 h, median delay in hours."""

NIGHT: Final[dict[str, tuple[Rule, float]]] = {
    "floor.night_visits_3sd": (night_visits(), 0.07),
    "floor.night_door": (night_door(), 0.60),
}
NIGHT_FOUND: Final[Mapping[str, tuple[str, float]]] = {
    "floor.night_visits_3sd.recall_plus_3": ("+3 night visits, 1 nights", 0.32),
    "floor.night_visits_3sd.recall_plus_6": ("+6 night visits, 1 nights", 0.87),
}
"""Rows of what the rule about night visits finds: (case, share published)."""

_GOALS: Final = (("raw_false_per_hw", 0.20), ("home_false_per_hw", 0.08))
_DELAY_BAR_H: Final = 4.0
_RECALL_BAR: Final = 0.99


@dataclass(frozen=True, slots=True)
class Evaluation:
    """All that was found; ``judged`` holds the engine first, then the rules about silence.

    ``night`` are the false alerts of the rules about nights, ``load`` all P2 and P3 alerts and
    notices of the engine, ``verdicts`` the table of truth by what was said, ``fleet`` how many
    homes got which kind of alert while nothing was heard of any.
    """

    homes: int
    tested: int
    weeks: float
    dirt: Sequence[str]
    judged: Sequence[Judged]
    night: Mapping[str, score.FalseRate]
    load: Mapping[str, score.FalseRate]
    cases: Sequence[Added]
    verdicts: Mapping[str, Mapping[str, int]]
    fleet: Mapping[str, int]
    rows: Sequence[rows.Row]


def beside_rows(result: Evaluation) -> dict[str, object]:
    """Return what ``evaluation.json`` holds beside its rows."""
    return {
        "homes": result.homes,
        "homes_tested": result.tested,
        "home_weeks": round(result.weeks, 2),
        "dirt": list(result.dirt),
        "detectors": [_detector(judged) for judged in result.judged],
        "night_false_per_hw": {k: _figure(v.mean) for k, v in result.night.items()},
        "load_per_100_homes_week": {k: v.per_100_homes for k, v in result.load.items()},
        "cases": [
            {
                "name": case.case,
                "copies": case.count,
                "share_by_kind": case.share,
                "median_delay_h": case.delay_h,
                "copies_with_person_alert": case.about_person,
            }
            for case in result.cases
        ],
        "verdicts": result.verdicts,
        "fleet_silent_alerts": result.fleet,
    }


def _detector(judged: Judged) -> dict[str, object]:
    return {
        "name": judged.name,
        "raw_false_per_hw": _figure(judged.raw.mean),
        "raw_false_per_hw_p90_home": _figure(judged.raw.p90),
        "home_false_per_hw": _figure(judged.home.mean),
        "home_false_per_hw_p90_home": _figure(judged.home.p90),
        "raw_false_by_day": _figure(judged.by_day.mean),
        "raw_false_by_night": _figure(judged.by_night.mean),
        "found": {
            kind: {
                "draws": delays.count,
                "recall_within_h": {str(h): _figure(f) for h, f in delays.within.items()},
                "median_h": _figure(delays.median_h),
                "p90_h": _figure(delays.p90_h),
            }
            for kind, delays in judged.found.items()
        },
    }


def _figure(figure: score.Figure) -> dict[str, float]:
    return {"value": figure.value, "low": figure.low, "high": figure.high}


def make_rows(
    found: Sequence[Judged],
    night: Mapping[str, score.FalseRate],
    night_found: Mapping[str, float],
) -> list[rows.Row]:
    """Return the figures of the engine, which comes first, and of the rules beside published."""
    engine, floors = found[0], found[1:]
    figures = {"raw_false_per_hw": engine.raw, "home_false_per_hw": engine.home}
    day, all_ = engine.found["waking-day"], engine.found["all"]
    made = [
        rows.at_most(f"{ENGINE}.{name}", figures[name].mean.value, "per hw", bar)
        for name, bar in _GOALS
    ]
    made += [
        rows.at_most(f"{ENGINE}.delay_day_median_h", day.median_h.value, "h", _DELAY_BAR_H),
        _plain(f"{ENGINE}.delay_night_median_h", engine.found["night"].median_h.value, "h"),
        rows.at_least(f"{ENGINE}.recall_12h", all_.within[12].value, "share", _RECALL_BAR),
    ]
    for floor in floors:
        delays, (recall_8h, recall_12h, median_h) = floor.found["all"], PUBLISHED[floor.name]
        made += [
            _published(f"{floor.name}.raw_false_per_hw", floor.raw.mean, FLOORS[floor.name][1]),
            _plain(f"{floor.name}.home_false_per_hw", floor.home.mean.value, "per hw"),
            rows.beside(f"{floor.name}.recall_8h", delays.within[8].value, "share", recall_8h),
            rows.beside(f"{floor.name}.recall_12h", delays.within[12].value, "share", recall_12h),
            rows.beside(f"{floor.name}.delay_median_h", delays.median_h.value, "h", median_h),
            _plain(
                f"{floor.name}.delay_day_median_h",
                floor.found["waking-day"].median_h.value,
                "h",
            ),
        ]
    made += [
        _published(f"{name}.raw_false_per_hw", rate.mean, NIGHT[name][1])
        for name, rate in night.items()
    ]
    made += [
        rows.beside(name, share, "share", NIGHT_FOUND[name][1])
        for name, share in night_found.items()
    ]
    return made


def _plain(name: str, value: float, unit: str) -> rows.Row:
    return rows.Row(name, round(value, 3), unit)


def _published(name: str, figure: score.Figure, reference: float) -> rows.Row:
    """Return a row that holds when the published figure lies within our interval."""
    holds = figure.low <= reference <= figure.high
    bar = f"{figure.low:.2f}-{figure.high:.2f}"
    ratio = round(figure.value / reference, 3)
    return rows.Row(name, round(figure.value, 3), "per hw", reference, ratio, bar, holds)
