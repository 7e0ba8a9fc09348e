"""Two settings on the same homes, days and draws: by how much one differs from the other."""

from dataclasses import dataclass

import numpy as np

from alerts.alert import AlertKind
from api.evaluate_cases import CASES
from api.evaluate_judge import INACTIVITY, NOTICE, collapse_delay_h, in_empty_day
from api.evaluate_kinds import case_delay_h
from api.evaluate_stage import Raised, Stage
from sensors_sim.paired import found_difference, median_difference, rate_difference
from sensors_sim.score import HOUR_US, WITHIN_H, Alerts, Bools, Figure


@dataclass(frozen=True, slots=True)
class Difference:
    """One figure of the first setting minus that of the second, with its 95 % interval."""

    name: str
    unit: str
    figure: Figure


def differences(stage: Stage, first: Raised, second: Raised, homes: Bools) -> list[Difference]:
    """Return all differences, paired by home: false alerts, found within hours, medians."""
    pairs = [(one.untouched, one.fallen, one.cases) for one in (first, second)]
    return [
        *_false_differences(stage, pairs[0][0], pairs[1][0], homes),
        *_silence_differences(stage, pairs[0][1], pairs[1][1], homes),
        *_case_differences(stage, pairs[0][2], pairs[1][2], homes),
    ]


def _false_differences(
    stage: Stage, first: Alerts, second: Alerts, homes: Bools
) -> list[Difference]:
    weeks = np.where(homes, stage.judged.weeks, 0.0)
    false = [_judged(alerts, stage, homes) for alerts in (first, second)]
    silences = [alerts.take(np.isin(alerts.kind, sorted(INACTIVITY))) for alerts in false]
    at_home = [
        alerts.take((alerts.kind != NOTICE) & ~in_empty_day(alerts, stage.trace))
        for alerts in silences
    ]
    named = {"inactivity.raw": silences, "inactivity.home": at_home}
    for kind in [kind.value for kind in AlertKind]:
        both = [alerts.take(alerts.kind == kind) for alerts in false]
        if any(len(alerts) for alerts in both):
            named[kind] = both
    return [
        Difference(f"{name} false", "per hw", rate_difference(a.home, b.home, weeks))
        for name, (a, b) in named.items()
    ]


def _judged(alerts: Alerts, stage: Stage, homes: Bools) -> Alerts:
    mine = alerts.take((alerts.home >= 0) & homes[alerts.home])
    return mine.take(stage.judged.holds(mine.home, mine.found_us))


def _silence_differences(
    stage: Stage, first: Alerts, second: Alerts, homes: Bools
) -> list[Difference]:
    draws, person = stage.draws, sorted(INACTIVITY)
    a, b = (
        collapse_delay_h(alerts.take(np.isin(alerts.kind, person)), draws)
        for alerts in (first, second)
    )
    mine = homes[draws.home]
    made = [
        Difference(
            f"inactivity found in {hours} h",
            "share",
            found_difference(a[mine], b[mine], draws.home[mine], hours),
        )
        for hours in WITHIN_H
    ]
    for name, rows in (("waking-day", mine & draws.is_day), ("night", mine & draws.is_night)):
        figure = median_difference(a[rows], b[rows], draws.home[rows])
        made.append(Difference(f"inactivity median delay, {name}", "h", figure))
    return made


def _case_differences(
    stage: Stage, first: Alerts, second: Alerts, homes: Bools
) -> list[Difference]:
    made, world = [], stage.cases
    for code, case in enumerate(CASES):
        copy = np.flatnonzero((world.case == code) & homes[world.draws.home]).astype(np.int32)
        if not case.kinds or not len(copy):
            continue
        a, b = (case_delay_h(world, alerts, case, copy, stage.trace) for alerts in (first, second))
        hours = case.needs_us // HOUR_US
        figure = found_difference(a, b, world.draws.home[copy], hours)
        made.append(Difference(f"{case.name}: found in {hours} h", "share", figure))
    return made
