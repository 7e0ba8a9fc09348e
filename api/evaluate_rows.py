"""The figures of an evaluation as rows: those with a goal, and those that were published."""

from collections.abc import Sequence
from typing import Final

from api import rows
from api.evaluate_against import Difference
from api.evaluate_cases import (
    BATHROOM_AT_NIGHT,
    IN_ONE_ROOM,
    LESS_MOVEMENT,
    LONG_IN_ROOM,
    NO_SIGN,
    OUT_AND_BACK,
    OUT_AT_NIGHT,
    OUT_NO_RETURN,
    SENSOR_DEAD,
    SENSOR_SILENT,
    SLEEP_LATER,
    SLEEP_SHIFT,
    THINNING,
    VISITS_3X3,
)
from api.evaluate_figures import ENGINE, EngineFigures, Evaluation, StrictFigures
from api.evaluate_judge import Judged
from api.evaluate_kinds import ALWAYS, found
from api.evaluate_load import EVERYTHING, FIXED, Budgeted
from api.evaluate_published import FLOORS, NIGHT, NIGHT_FOUND, PUBLISHED
from sensors_sim.score import Figure

_RAW, _HOME = 0.25, 0.10
_DAY_H, _NIGHT_H = 4.0, 7.5
_RECALL_12H: Final = 0.99
_DEAD_H: Final = 72
_FINDS: Final = (
    ("bathroom.recall_3x3", VISITS_3X3, 0.90),
    ("nightexit.recall", OUT_NO_RETURN, 0.95),
    ("sleepshift.recall_14n", SLEEP_LATER, 0.90),
)
"""Rows of what is found: name, case, goal."""

_COSTS: Final = (
    ("bathroom.false_per_hw", BATHROOM_AT_NIGHT, 0.08),
    ("nightexit.false_per_hw", OUT_AT_NIGHT, 0.06),
    ("deadsensor.false_per_hw", SENSOR_SILENT, 0.02),
)
"""Rows of what it costs: name, kind of alert, goal."""


_STRICT_COSTS: Final = (
    ("inactivity.at_home_false_per_hw", NO_SIGN),
    ("bathroom.false_per_hw", BATHROOM_AT_NIGHT),
    ("nightexit.false_per_hw", OUT_AT_NIGHT),
    ("longinroom.false_per_hw", LONG_IN_ROOM),
    ("sleepshift.false_per_hw", SLEEP_SHIFT),
    ("lessmovement.false_per_hw", LESS_MOVEMENT),
)
_STRICT_FINDS: Final = (
    ("bathroom.recall_3x3", VISITS_3X3),
    ("nightexit.recall", OUT_NO_RETURN),
    ("longinroom.recall", IN_ONE_ROOM),
    ("sleepshift.recall_14n", SLEEP_LATER),
    ("lessmovement.recall_42d", THINNING),
)


def make_rows(result: Evaluation) -> list[rows.Row]:
    """Return every row: the engine, each half of the homes, the other setting, rules and peers."""
    made = engine_rows(result.engine)
    for budgeted in result.budgets:
        made += _budget_rows(budgeted)
    for half, figures in result.halves.items():
        made += engine_rows(figures, f"half_{half}.")
    for half, budgets in result.half_budgets.items():
        for budgeted in budgets:
            made += _budget_rows(budgeted, f"half_{half}.")
    for prefix, strict in result.strict.items():
        made += strict_rows(strict, prefix)
    if result.against is not None:
        made += engine_rows(result.against, "against.")
        made += [_difference_row(one) for one in result.differences]
    for stepped in result.steps:
        name = f"step.{stepped.step.name}.delay_day_median_h"
        made.append(rows.beside(name, stepped.delay_h, "h", stepped.step.published_h))
    made += [
        plain("step.only_12h.raw_false_per_hw", result.only_12h.raw.mean.value, "per hw"),
        plain("step.only_12h.home_false_per_hw", result.only_12h.home.mean.value, "per hw"),
    ]
    for floor in result.floors:
        made += _floor_rows(floor)
    made += [
        _published(f"{name}.raw_false_per_hw", rate.mean, NIGHT[name][1])
        for name, rate in result.night.items()
    ]
    made += [
        rows.beside(name, share, "share", NIGHT_FOUND[name][1])
        for name, share in result.night_found.items()
    ]
    for peer in result.peers:
        made += _peer_rows(peer)
    return made


def engine_rows(figures: EngineFigures, prefix: str = "") -> list[rows.Row]:
    """Return the rows of the engine with their goals; a kind that nothing raises finds 0."""
    silences = figures.silences
    day, night = silences.found["waking-day"].median_h, silences.found["night"].median_h
    at_12h = silences.found["all"].within[12].value
    name = f"{prefix}{ENGINE}"
    made = [
        rows.at_most(f"{name}.raw_false_per_hw", silences.raw.mean.value, "per hw", _RAW),
        rows.at_most(f"{name}.home_false_per_hw", silences.home.mean.value, "per hw", _HOME),
        rows.at_most(f"{name}.delay_day_median_h", day.value, "h", _DAY_H),
        rows.at_most(f"{name}.delay_night_median_h", night.value, "h", _NIGHT_H),
        rows.at_least(f"{name}.recall_12h", at_12h, "share", _RECALL_12H),
    ]
    made += _capped_rows(figures.capped, prefix)
    if figures.failure is not None:
        late, person = figures.failure.delay_min, figures.failure.person_alerts
        made += [
            rows.at_most(f"{prefix}outage.delay_min", late, "min", 75),
            rows.at_most(f"{prefix}outage.person_alerts", person, "alerts", 5),
        ]
    return made + [
        row if not prefix else _renamed(row, prefix)
        for row in (*_case_rows(figures), *_verdict_rows(figures), *_load_rows(figures))
    ]


def _capped_rows(capped: Judged, prefix: str) -> list[rows.Row]:
    """Return the same figures where nobody accepts the longer caps that are proposed."""
    name = f"{prefix}{capped.name}"
    day = capped.found["waking-day"].median_h.value
    return [
        plain(f"{name}.raw_false_per_hw", capped.raw.mean.value, "per hw"),
        plain(f"{name}.home_false_per_hw", capped.home.mean.value, "per hw"),
        plain(f"{name}.delay_day_median_h", day, "h"),
        plain(f"{name}.recall_12h", capped.found["all"].within[12].value, "share"),
    ]


def _case_rows(figures: EngineFigures) -> list[rows.Row]:
    costs = {one.kind: one.raw.mean.value for one in figures.kinds}
    made = [rows.at_least(name, _share(figures, case), "share", bar) for name, case, bar in _FINDS]
    dead = found(figures.found, SENSOR_DEAD).by_time[ALWAYS].within[_DEAD_H].value
    made.append(rows.at_least("deadsensor.recall_3d", dead, "share", 0.80))
    made += [rows.at_most(name, costs.get(kind, 0.0), "per hw", bar) for name, kind, bar in _COSTS]
    return [
        *made,
        plain("deadsensor.sound_false_per_hw", figures.sound_sensors.mean.value, "per hw"),
        plain("nightexit.control_told", _share(figures, OUT_AND_BACK), "share"),
        plain("sleepshift.false_per_hw", costs.get(SLEEP_SHIFT, 0.0), "per hw"),
        plain("lessmovement.recall_42d", _share(figures, THINNING), "share"),
        plain("lessmovement.false_per_hw", costs.get(LESS_MOVEMENT, 0.0), "per hw"),
    ]


def _share(figures: EngineFigures | StrictFigures, case: str) -> float:
    """Return the share of a case that was found while it lasted."""
    one = found(figures.found, case)
    return one.by_time[ALWAYS].within[one.window_h].value


def _verdict_rows(figures: EngineFigures) -> list[rows.Row]:
    made = []
    for truth, said in figures.verdicts.items():
        right, all_ = said.get(truth, 0), max(sum(said.values()), 1)
        made.append(plain(f"verdict.{truth}", right / all_, "share"))
    return made


def _load_rows(figures: EngineFigures) -> list[rows.Row]:
    total = figures.load[EVERYTHING].per_100_homes
    by_kind = [
        plain(f"workload.kind.{kind}", rate.per_100_homes, "per 100 hw")
        for kind, rate in figures.load.items()
        if kind not in (EVERYTHING, FIXED)
    ]
    return [
        plain("workload.per_100hw", total, "per 100 hw"),
        plain("workload.fixed_per_100hw", figures.load[FIXED].per_100_homes, "per 100 hw"),
        *by_kind,
    ]


def strict_rows(strict: StrictFigures, prefix: str) -> list[rows.Row]:
    """Return what detectors cost and find at the strictest that an alert budget may choose."""
    costs = {one.kind: one.raw.mean.value for one in strict.kinds}
    name = f"{prefix}strict"
    load, fixed = (strict.load[key].per_100_homes for key in (EVERYTHING, FIXED))
    return [
        plain(f"{name}.workload.per_100hw", load, "per 100 hw"),
        plain(f"{name}.workload.fixed_per_100hw", fixed, "per 100 hw"),
        *(plain(f"{name}.{row}", costs[kind], "per hw") for row, kind in _STRICT_COSTS),
        *(plain(f"{name}.{row}", _share(strict, case), "share") for row, case in _STRICT_FINDS),
    ]


def _budget_rows(budgeted: Budgeted, prefix: str = "") -> list[rows.Row]:
    name, load = f"{prefix}workload.at{budgeted.budget}", budgeted.load.per_100_homes
    fixed = budgeted.fixed.per_100_homes
    return [
        rows.at_most(f"{name}.per_100hw", load, "per 100 hw", budgeted.budget),
        plain(f"{name}.fixed_per_100hw", fixed, "per 100 hw"),
        plain(f"{name}.moved_per_100hw", load - fixed, "per 100 hw"),
        plain(f"{name}.share_found_12h", budgeted.found["all"].within[12].value, "share"),
        plain(f"{name}.delay_day_median_h", budgeted.found["waking-day"].median_h.value, "h"),
        plain(f"{name}.delay_night_median_h", budgeted.found["night"].median_h.value, "h"),
    ]


def _difference_row(one: Difference) -> rows.Row:
    name = "difference." + one.name.replace(", ", ".").replace(" ", "_")
    interval = f"{one.figure.low:.2f}..{one.figure.high:.2f}"
    return rows.Row(name, round(one.figure.value, 3), one.unit, bar=interval)


def _floor_rows(floor: Judged) -> list[rows.Row]:
    delays, (recall_8h, recall_12h, median_h) = floor.found["all"], PUBLISHED[floor.name]
    day = floor.found["waking-day"].median_h.value
    return [
        _published(f"{floor.name}.raw_false_per_hw", floor.raw.mean, FLOORS[floor.name][1]),
        plain(f"{floor.name}.home_false_per_hw", floor.home.mean.value, "per hw"),
        rows.beside(f"{floor.name}.recall_8h", delays.within[8].value, "share", recall_8h),
        rows.beside(f"{floor.name}.recall_12h", delays.within[12].value, "share", recall_12h),
        rows.beside(f"{floor.name}.delay_median_h", delays.median_h.value, "h", median_h),
        plain(f"{floor.name}.delay_day_median_h", day, "h"),
    ]


def _peer_rows(peer: Judged) -> list[rows.Row]:
    delays = peer.found["all"]
    return [
        plain(f"{peer.name}.raw_false_per_hw", peer.raw.mean.value, "per hw"),
        plain(f"{peer.name}.home_false_per_hw", peer.home.mean.value, "per hw"),
        plain(f"{peer.name}.recall_8h", delays.within[8].value, "share"),
        plain(f"{peer.name}.recall_12h", delays.within[12].value, "share"),
        plain(f"{peer.name}.delay_median_h", delays.median_h.value, "h"),
        plain(f"{peer.name}.delay_day_median_h", peer.found["waking-day"].median_h.value, "h"),
        plain(f"{peer.name}.delay_night_median_h", peer.found["night"].median_h.value, "h"),
    ]


def plain(name: str, value: float, unit: str) -> rows.Row:
    """Return a row without a bar."""
    return rows.Row(name, round(value, 3), unit)


def _renamed(row: rows.Row, prefix: str) -> rows.Row:
    return rows.Row(
        prefix + row.name, row.value, row.unit, row.reference, row.ratio, row.bar, row.holds
    )


def _published(name: str, figure: Figure, reference: float) -> rows.Row:
    """Return a row that holds when the published figure lies within our interval."""
    holds = figure.low <= reference <= figure.high
    bar = f"{figure.low:.2f}-{figure.high:.2f}"
    ratio = round(figure.value / reference, 3)
    return rows.Row(name, round(figure.value, 3), "per hw", reference, ratio, bar, holds)


def headline(made: Sequence[rows.Row]) -> list[rows.Row]:
    """Return the rows of the whole, without those of halves and differences."""
    return [row for row in made if not row.name.startswith(("half_", "difference."))]
