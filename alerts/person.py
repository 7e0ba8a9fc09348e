"""The person of each home: how long without a sign, where they are, and what is usual."""

from typing import Final

import numpy as np

from alerts import thresholds
from alerts.action import Step
from alerts.alert import AlertKind, Verdict, alert_id
from alerts.detect import caps, hush
from alerts.detect.columns import (
    HOUR_US,
    MINUTE_US,
    NEVER,
    QUARTER_US,
    Bools,
    Floats,
    Ints,
    Rows,
    rows_where,
)
from alerts.detect.local_time import days, minutes, to_local
from alerts.detect.profile import (
    MOST_RATE,
    learn_day,
    learn_peak,
    limits,
    rates,
    unpacked,
    usual_peak,
)
from alerts.detect.silence import expected, is_silent
from alerts.detect.streams import Signs
from alerts.detect.usual import EIGHT_IN_TEN
from alerts.detect.watched import REASONS
from alerts.due import FAR_US, looks
from alerts.findings import Silence, no_sign, not_back
from alerts.lifecycle import Event
from alerts.scene import Scene
from alerts.turns import blocks
from alerts.verdict import VERDICTS, verdicts

_LONG_US: Final = 20 * MINUTE_US
_ABSENCE_US: Final = 12 * HOUR_US
_CLEARING_US: Final = 10 * MINUTE_US
_LONGEST_US: Final = 20 * HOUR_US
_MOST_PACE: Final = MOST_RATE / QUARTER_US
_RAISED: Final = (Verdict.PERSON, Verdict.VISITOR, Verdict.UNKNOWN)


def pass_time(scene: Scene) -> None:
    """Let one tick pass: expected events are missed where the home can be seen."""
    state, span_us = scene.state, scene.now_us - scene.before_us
    state.score += scene.pace * span_us
    if len(here := scene.visited(scene.before_us)):
        state.score[here] -= scene.pace[here] * span_us  # nothing is expected to be the person's
    if scene.now_us // hush.SLOT_US != scene.before_us // hush.SLOT_US:
        state.recent = hush.aged(state.recent)
    is_blind = state.reason > 0
    if is_blind.any():
        state.unseen_us[is_blind] += span_us


def take_signs(scene: Scene, signs: Signs, start: int, stop: int) -> None:
    """Fold the signs of one tick: ease what stood, learn how long it was quiet, start again."""
    state = scene.state
    home, time_us = signs.home[start:stop], signs.time_us[start:stop]
    quiet_since = state.sign_us[home]
    _ease(scene, home, quiet_since)
    _learn_quiet(scene, home, time_us, time_us - quiet_since)
    state.has_sign[signs.bin[start:stop], home] = True
    state.recent[home] |= 1
    state.sign_us[home] = time_us
    state.is_seen[home] = True
    state.score[home] = scene.pace[home] * (scene.now_us - time_us)
    state.unseen_us[home] = 0
    state.is_out[home] = signs.is_out[start:stop]
    state.is_overdue[home] = False


def take_late_signs(scene: Scene, signs: Signs) -> None:
    """Fold signs whose moment was decided already, where they are news.

    An alert whose silence turns out to have been broken before it was raised is contradicted;
    one broken afterwards is eased. Older signs than those known change nothing.
    """
    state, now_us = scene.state, scene.before_us
    newest = np.full(len(state.sign_us), NEVER, np.int64)
    newest[signs.home] = signs.time_us
    is_out = np.zeros(len(newest), np.bool_)
    is_out[signs.home] = signs.is_out
    news = rows_where(signs.time_us > state.sign_us[signs.home])[::-1]
    first = newest.copy()
    first[signs.home[news]] = signs.time_us[news]
    homes = rows_where(newest > state.sign_us)
    for kind, onset, found in _standing(scene):
        stands = homes[(onset[homes] != NEVER) & (onset[homes] == state.sign_us[homes])]
        wrong = first[stands] <= found[stands]
        _step(scene, kind, onset, stands[wrong], Event.CONTRADICT, "late data shows a sign since")
        _step(scene, kind, onset, stands[~wrong], Event.EASE, "moving again, please confirm")
    begin_anew(scene, homes, newest[homes], is_out[homes], now_us)


def begin_anew(scene: Scene, homes: Rows, sign_us: Ints, is_out: Bools, now_us: int) -> None:
    """Let the silences of these homes begin at other signs than was thought, long past."""
    state = scene.state
    blind_us = np.maximum(state.blind_us[homes], sign_us)
    unseen = np.where(state.reason[homes] > 0, now_us - blind_us, 0)
    state.sign_us[homes], state.is_out[homes] = sign_us, is_out
    state.is_seen[homes], state.unseen_us[homes] = True, np.maximum(unseen, 0)
    scene.due.home_us[homes] = NEVER
    seen_until = now_us - state.unseen_us[homes]
    state.score[homes] = expected(
        state.rate, homes, sign_us, seen_until, scene.roster.home_zone[homes], scene.offsets
    )
    lasted = now_us - sign_us - state.unseen_us[homes]
    silent, away = _too_long(scene, homes, lasted, now_us)
    state.is_overdue[homes] = silent | away


def decide(scene: Scene, is_doubtful: Bools) -> None:
    """Raise what is too long: a silence at home, or an absence.

    ``is_doubtful`` marks homes whose gateway has not spoken lately: they wait until it has, or
    until it counts as lost.
    """
    state, roster, now_us = scene.state, scene.roster, scene.now_us
    due = rows_where(scene.due.home_us <= now_us)
    if not len(due):
        return
    lasted = now_us - state.sign_us[due] - state.unseen_us[due]
    is_long = (lasted >= roster.least_silence_us) & scene.counted[due]
    is_long &= (state.sign_us[due] != NEVER) & ~is_doubtful[due]
    long, lasted = due[is_long], lasted[is_long]
    if len(long):
        _decide_long(scene, long, lasted)
    scene.due.home_us[due] = _look_again_us(scene, due)


def _decide_long(scene: Scene, long: Rows, lasted: Ints) -> None:
    """Raise those of these silences, which lasted so long, that are too long."""
    state, sign_us = scene.state, scene.state.sign_us[long]
    is_silence, is_absence = _too_long(scene, long, lasted, scene.now_us)
    silent = long[is_silence & (state.silence_us[long] != sign_us)]
    away = long[is_absence & (state.absence_us[long] != sign_us)]
    if len(silent):
        _raise_silences(scene, silent, _caps(scene, scene.now_us)[0])
    if len(away):
        _raise_absences(scene, away, _caps(scene, scene.now_us)[1])


def _too_long(scene: Scene, homes: Rows, lasted: Ints, now_us: int) -> tuple[Bools, Bools]:
    """Return of which homes a silence, and an absence, that lasted so long is to be told."""
    state, is_out = scene.state, scene.state.is_out[homes]
    cap_us, not_back_us = (column[homes] for column in _caps(scene, now_us))
    too_long = is_silent(
        state.score[homes], state.limit[homes], lasted, scene.roster.floor_us[homes], cap_us
    )
    # Somebody is with the person: what the score says can wait until they left, the cap cannot.
    too_long &= (state.visitor_until_us[homes] <= now_us) | (lasted >= cap_us)
    return ~is_out & too_long, is_out & (lasted >= not_back_us)


def _look_again_us(scene: Scene, homes: Rows) -> Ints:
    """Return the moment before which none of these homes can be told, unless due at once.

    A new sign can be told of no sooner than the shortest silence from now, and a score grows no
    faster than by the most that is ever expected. A home that waits to be seen stays due.
    """
    state, roster, now_us = scene.state, scene.roster, scene.now_us
    start = state.sign_us[homes] + state.unseen_us[homes]
    short = (state.limit[homes] - state.score[homes]) / _MOST_PACE
    by_score = now_us + np.nan_to_num(np.clip(short, 0, _ABSENCE_US)).astype(np.int64)
    silent = np.maximum(start + roster.floor_us[homes], by_score)
    silent = np.minimum(silent, start + roster.cap_us[homes])
    is_told = state.silence_us[homes] == state.sign_us[homes]
    silent = np.where(is_told, FAR_US, silent)
    is_told = state.absence_us[homes] == state.sign_us[homes]
    away = np.where(is_told, FAR_US, start + roster.not_back_us[homes])
    first = np.minimum(
        np.where(state.is_out[homes], away, silent), now_us + roster.least_silence_us
    )
    waits = ~scene.counted[homes] & roster.home_is_active[homes]
    waits |= (state.sign_us[homes] == NEVER) & roster.home_is_active[homes]
    first = np.where(waits, NEVER, first)
    is_watched = roster.home_is_active[homes] & roster.home_has_signs[homes]
    return np.where(is_watched, looks(first, now_us), FAR_US)


def standing_alerts(scene: Scene) -> list[str]:
    """Return the ids of silences that are still true now, in order of home number."""
    ids = []
    for kind, onset, _ in _standing(scene):
        homes = rows_where(onset != NEVER)
        stands = (onset[homes] == scene.state.sign_us[homes]) & scene.counted[homes]
        ids += [_id(scene, kind, onset, home) for home in homes[stands].tolist()]
    return ids


def learn(scene: Scene) -> None:
    """Learn from the local day that has just ended, in every zone where one has."""
    local = np.array(
        [int(to_local(zone, np.array([scene.now_us]))[0]) for zone in scene.offsets], np.int64
    )
    ended = days(local) > scene.zone_day
    if not ended.any():
        return
    homes = rows_where(ended[scene.roster.home_zone])
    thresholds.end_day(scene, ended)
    scene.due.home_us[homes] = NEVER
    z = scene.roster.threshold_z(scene.state.place_z)
    for block in blocks(homes, len(scene.state.sign_us)):
        _learn_day(scene, block, z[block])


def _learn_day(scene: Scene, homes: Rows | slice, z: Floats) -> None:
    state = scene.state
    sign = state.has_sign[:, homes]
    watched = unpacked(state.watched[:, homes]) & scene.roster.home_is_active[homes]
    is_day = sign.any(axis=0)
    active, seen = learn_day(
        state.active_days[:, homes], state.watched_days[:, homes], sign, watched
    )
    state.active_days[:, homes], state.watched_days[:, homes] = active, seen
    state.rate[:, homes] = rates(active, seen)
    sums = learn_peak(
        state.peak_count[homes],
        state.peak_total[homes],
        state.peak_squares[homes],
        np.where(is_day, state.peak[homes], 0.0),
    )
    state.peak_count[homes], state.peak_total[homes], state.peak_squares[homes] = sums
    state.limit[homes] = limits(*sums, z)
    state.peak[homes] = state.day_peak[homes] = 0
    state.has_sign[:, homes] = False
    state.watched[:, homes] = 0


def _caps(scene: Scene, now_us: int) -> tuple[Ints, Ints]:
    """Return, by home, after how long a silence and an absence are raised whatever was learned."""
    roster, allowed = scene.roster, scene.roster.allowances
    if not len(allowed.home):
        return roster.cap_us, roster.not_back_us
    zone = roster.home_zone[allowed.home]
    began = minutes(scene.offsets, zone, scene.state.sign_us[allowed.home])
    return (
        caps.lifted(roster.cap_us, allowed, began, now_us, is_out=False),
        caps.lifted(roster.not_back_us, allowed, began, now_us, is_out=True),
    )


def _standing(scene: Scene) -> tuple[tuple[AlertKind, Ints, Ints], ...]:
    state = scene.state
    return (
        (AlertKind.NO_SIGN_OF_LIFE, state.silence_us, state.silence_found_us),
        (AlertKind.NOT_BACK, state.absence_us, state.absence_found_us),
    )


def _id(scene: Scene, kind: AlertKind, onset: Ints, home: int) -> str:
    return alert_id(scene.home(home).id, kind, int(onset[home]))


def _step(scene: Scene, kind: AlertKind, onset: Ints, homes: Rows, event: Event, note: str) -> None:
    scene.actions += [Step(event, _id(scene, kind, onset, home), note) for home in homes.tolist()]


def _ease(scene: Scene, home: Ints, sign_us: Ints) -> None:
    for kind, onset, _ in _standing(scene):
        stands = onset[home] == sign_us
        if stands.any():
            homes = np.unique(home[stands & (sign_us != NEVER)])
            _step(scene, kind, onset, homes, Event.EASE, "moving again, please confirm")


def _learn_quiet(scene: Scene, home: Ints, time_us: Ints, gap: Ints) -> None:
    """Keep the largest score of a silence that ended at home, of more than 20 minutes.

    Only the first sign of a home in a tick can end one, and assignment in reverse leaves it.
    """
    state = scene.state
    rows = rows_where(gap > _LONG_US)
    if not len(rows):
        return
    home, time_us, gap = home[rows], time_us[rows], gap[rows]
    thresholds.note_peaks(scene, home, time_us, _caps(scene, scene.now_us)[0])
    is_at_home = ~state.is_out[home] & state.is_seen[home] & (state.unseen_us[home] == 0)
    is_near_cap = is_at_home & (gap > caps.LONG_US)
    if is_near_cap.any():
        ended = home[is_near_cap]
        caps.remember(state.long_min, ended, state.sign_us[ended])
    is_long = is_at_home & (gap < _LONGEST_US)
    if not is_long.any():
        return
    rows = rows_where(is_long)[::-1]
    at_end = state.score[home[rows]] - scene.pace[home[rows]] * (scene.now_us - time_us[rows])
    state.peak[home[rows]] = np.maximum(state.peak[home[rows]], at_end)


def _raise_silences(scene: Scene, homes: Rows, cap_us: Ints) -> None:
    state, now_us = scene.state, scene.now_us
    is_visited = state.visitor_until_us[homes] > now_us
    is_proven = _is_proven(scene)[homes]
    codes = verdicts(state.reason[homes], REASONS, state.is_out[homes], is_proven, is_visited)
    for home, code in zip(homes.tolist(), codes.tolist(), strict=True):
        verdict = VERDICTS[code]
        if verdict not in _RAISED:
            continue
        value = scene.home(home)
        numbers = _numbers(scene, home, cap_us)
        scene.actions.append(no_sign(value, scene.zone(value.place), numbers, verdict, now_us))
        state.silence_us[home], state.silence_found_us[home] = state.sign_us[home], now_us


def _raise_absences(scene: Scene, homes: Rows, cap_us: Ints) -> None:
    state, now_us = scene.state, scene.now_us
    for home in homes.tolist():
        value, numbers = scene.home(home), _numbers(scene, home, cap_us)
        scene.actions.append(not_back(value, scene.zone(value.place), numbers, now_us))
        state.absence_us[home], state.absence_found_us[home] = state.sign_us[home], now_us


def _numbers(scene: Scene, home: int, cap_us: Ints) -> Silence:
    state, roster = scene.state, scene.roster
    elapsed_us = scene.now_us - state.sign_us[home] - state.unseen_us[home]
    one = slice(home, home + 1)
    sums = state.peak_count[one], state.peak_total[one], state.peak_squares[one]
    low, high = (float(limits(*sums, np.array([z]))[0]) for z in (-EIGHT_IN_TEN, EIGHT_IN_TEN))
    return Silence(
        sign_us=int(state.sign_us[home]),
        is_seen=bool(state.is_seen[home]),
        elapsed_us=int(elapsed_us),
        unseen_us=int(state.unseen_us[home]),
        score=float(state.score[home]),
        limit=float(state.limit[home]),
        usual=float(usual_peak(state.peak_count[home], state.peak_total[home])),
        usual_low=low,
        usual_high=high,
        days=int(state.peak_count[home]),
        floor_us=int(roster.floor_us[home]),
        cap_us=int(cap_us[home]),
        is_late=bool(state.is_overdue[home]),
        visit_us=int(state.entry_us[home]) if state.entry_us[home] > state.sign_us[home] else None,
    )


def _is_proven(scene: Scene) -> Bools:
    """Whether a gateway of the home is known to work: it must speak often, or spoke since.

    A sensor that clears after the last sign says nothing yet, hence the ten minutes.
    """
    roster, state = scene.roster, scene.state
    sign_us = state.sign_us[roster.pair_home]
    heard = state.gateway_heard_us[roster.pair_gateway] > sign_us + _CLEARING_US
    proven = np.zeros(len(state.sign_us), np.bool_)
    proven[roster.pair_home[heard | roster.gateway_is_proof[roster.pair_gateway]]] = True
    return proven
