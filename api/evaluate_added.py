"""What each injection added to the alerts of homes that were otherwise left alone."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from alerts.alert import PRIORITY, AlertKind, Priority
from api.evaluate_cases import CASES, Case, CaseWorld
from sensors_sim.score import DAY_US, HOUR_US, Alerts, Bools, Ints

_SAME_US: Final = 600_000_000
_TECHNICAL: Final = frozenset(kind.value for kind in AlertKind if PRIORITY[kind] is Priority.T)


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


def added(
    world: CaseWorld, alerts: Alerts, untouched: Alerts, homes: Bools
) -> tuple[list[Added], list[tuple[str, str]]]:
    """Return what each case added, and by copy (the truth, the verdict of its first alert).

    Only copies of ``homes`` count.
    """
    result, sayings = [], []
    source = np.where(alerts.home >= 0, world.draws.home[alerts.home], -1)
    is_new = ~_is_among(alerts, source, untouched) & (alerts.home >= 0)
    order = np.argsort(alerts.found_us, kind="stable")
    fresh = alerts.take(order[is_new[order]])
    for code, case in enumerate(CASES):
        copy = np.flatnonzero((world.case == code) & homes[world.draws.home])
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
