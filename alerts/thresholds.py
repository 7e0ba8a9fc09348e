"""The alert budget of each place at work: its threshold for silences, calibrated every day.

What a day would have raised at any threshold is counted when the local day ends. From two weeks
of 50 homes on, the threshold that kept the budget over the last eight weeks is in force from the
next day. It moves between ``LOW_Z`` and ``HIGH_Z``; the floor, the cap and life safety are not its.
"""

from collections.abc import Sequence
from typing import Final

import numpy as np

from alerts.action import Action, Calibrated
from alerts.alert import AlertKind, Finding, Priority
from alerts.budget import Calibration, calibrate
from alerts.detect import peaks
from alerts.detect.columns import Bools, Ints, Rows, Singles, rows_where
from alerts.detect.profile import centre
from alerts.modes import DETECTORS, Mode, detector_of
from alerts.scene import Scene

FEWEST_HOMES: Final = 50
"""Below this a budget is told about and not applied: chance alone would move the threshold."""

FEWEST_DAYS: Final = 14
_ROWS: Final = {detector.key: row for row, detector in enumerate(DETECTORS)}
_ALWAYS: Final = peaks.DETECTORS - 1
_TUNED: Final = _ROWS["inactivity"]


def note_peaks(scene: Scene, home: Ints, time_us: Ints, cap_us: Ints) -> None:
    """Keep how far the silences at home that these signs end stood out; one a home at most.

    Only what lasted beyond the floor could have been told; what passed the cap always is.
    """
    state, roster = scene.state, scene.roster
    elapsed = time_us - state.sign_us[home] - state.unseen_us[home]
    is_told = ~state.is_out[home] & (elapsed >= roster.floor_us[home])
    if not is_told.any():
        return
    rows = rows_where(is_told)[::-1]  # of several signs only the first can end a silence
    homes = home[rows]
    score = state.score[homes] - scene.pace[homes] * (scene.now_us - time_us[rows])
    mean, spread = centre(
        state.peak_count[homes], state.peak_total[homes], state.peak_squares[homes]
    )
    peak = peaks.standardised(score, mean, spread).astype(np.float32)
    peak = np.where(elapsed[rows] >= cap_us[homes], peaks.PAST_CAP, peak)
    state.day_peak[homes] = np.maximum(state.day_peak[homes], peak)


def count_told(scene: Scene, actions: Sequence[Action]) -> None:
    """Count what else was told of a place in this tick, by detector."""
    for action in actions:
        if not isinstance(action, Finding) or action.kind is AlertKind.NO_SIGN_OF_LIFE:
            continue
        if action.priority not in (Priority.P2, Priority.P3):
            continue
        if action.place in scene.roster.table.places:
            place = list(scene.roster.table.places).index(action.place)
            day = int(scene.zone_day[scene.roster.place_zone[place]])
            key = detector_of(action.kind)
            row = _ALWAYS if key is None else _ROWS.get(key, _ALWAYS)
            scene.state.told_counts[day % peaks.DAYS, row, place] += 1


def end_day(scene: Scene, ended: Bools) -> None:
    """Count the peaks of the local day that has ended, and calibrate; ``ended`` is by zone.

    Called before the limits of the next day are laid.
    """
    state, roster = scene.state, scene.roster
    size = len(roster.table.places)
    if not size:
        return
    is_judged = roster.home_is_active & roster.home_has_signs & (state.reason == 0)
    is_judged &= ended[roster.home_zone] & (roster.home_place >= 0)
    homes = rows_where(is_judged)
    counted = peaks.counted(_day_peak(scene, homes), roster.home_place[homes], size)
    for place in rows_where(ended[roster.place_zone[:size]]).tolist():
        day = int(scene.zone_day[roster.place_zone[place]])
        state.peak_counts[day % peaks.DAYS, :, place] = counted[:, place]
        _calibrate(scene, place, day)
        state.told_counts[(day + 1) % peaks.DAYS, :, place] = 0


def _day_peak(scene: Scene, homes: Rows) -> Singles:
    """Where a home chose its own margin no threshold of the place tells more or less of it."""
    peak = scene.state.day_peak[homes]
    is_own = scene.roster.tuning.is_own("silence_z", homes)
    if not is_own.any():
        return peak
    is_told = peak > scene.roster.silence_z[homes]
    return np.where(is_own, np.where(is_told, peaks.PAST_CAP, np.float32(0)), peak)


def _calibrate(scene: Scene, place: int, day: int) -> None:
    state, roster = scene.state, scene.roster
    key, budget = roster.table.places[place], float(roster.place_budget[place])
    has_own = np.isnan(budget)
    wanted = scene.places[key].alert_budget if has_own and key in scene.places else budget
    if np.isnan(wanted):
        return
    order = np.arange(day + 1, day + 1 + peaks.DAYS) % peaks.DAYS  # the oldest first
    counts, told = state.peak_counts[order, :, place].astype(np.int64), told_by_live(scene, place)
    found = calibrate(counts, told, wanted)
    if found is None:
        state.place_z[place] = np.nan
        return
    is_applied = not has_own and found.homes >= FEWEST_HOMES and found.days >= FEWEST_DAYS
    state.place_z[place] = found.z if is_applied else np.nan
    shown = found if is_applied else _as_it_is(scene, place, counts, told, wanted, found)
    scene.actions.append(Calibrated(key, scene.now_us, wanted, shown, is_applied))


def _as_it_is(
    scene: Scene, place: int, counts: Ints, told: int, budget: float, otherwise: Calibration
) -> Calibration:
    """What to expect at the threshold that holds without a budget."""
    z = float(scene.roster.tuning.by_place["silence_z"][place])
    return calibrate(counts, told, budget, low_z=z, high_z=z) or otherwise


def told_by_live(scene: Scene, place: int) -> int:
    """Return how much was told by detectors that are live now, silences themselves apart."""
    by_row = scene.state.told_counts[:, :, place].sum(axis=0)
    key = scene.roster.table.places[place]
    total = int(by_row[_ALWAYS] + by_row[_TUNED])
    for detector, row in _ROWS.items():
        is_live = scene.modes is None or scene.modes.of(key, detector) is Mode.LIVE
        total += int(by_row[row]) if is_live and row != _TUNED else 0
    return total
