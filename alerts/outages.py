"""Outages of places: most gateways lost at once, or a hush over homes that should be heard."""

from typing import Final

import numpy as np

from alerts.action import Step
from alerts.alert import AlertKind, Finding, alert_id
from alerts.detect import hush, technical
from alerts.detect.columns import HOUR_US, MINUTE_US, NEVER, Bools, Floats, Ints, Rows, rows_where
from alerts.due import spread
from alerts.lifecycle import Event
from alerts.place_findings import hushed, outage
from alerts.scene import Scene

OUTAGE_FIRST_US: Final = 10 * MINUTE_US
"""How long a lost gateway waits for its neighbours, so that an outage is told once."""


def watch_outages(scene: Scene, lost: Bools, *, has_changed: bool) -> None:
    """Raise outages that began at this tick, close those that are over; one a place.

    ``lost`` is by gateway; ``has_changed`` says that it differs from the last tick's.
    """
    state = scene.state
    if not (has_changed or scene.is_regular):
        return
    if has_changed:
        _count_gateways(scene, lost)
    counts = _listen(scene) if scene.is_regular else None
    is_out = is_outage(scene)
    for code in rows_where(is_out & (state.outage_us == NEVER)).tolist():
        state.outage_us[code] = scene.now_us
        if counts is not None and state.hush_us[code] != NEVER:
            scene.actions.append(_by_hush(scene, code, *counts))
        else:
            scene.actions.append(_by_gateways(scene, lost, code))
    for code in rows_where(~is_out & (state.outage_us != NEVER)).tolist():
        onset = int(state.outage_us[code])
        id_ = alert_id(scene.roster.table.places[code], AlertKind.OUTAGE, onset)
        scene.actions.append(Step(Event.WORK_AGAIN, id_, "half of what was lost is back"))
        state.outage_us[code] = NEVER
        _await_the_rest(scene, lost, code)


def _await_the_rest(scene: Scene, lost: Bools, code: int) -> None:
    """Half of a council being back ends its outage; the other half is on its way."""
    let_wait(scene, rows_where(lost & (scene.roster.gateway_place == code)))


def let_wait(scene: Scene, rows: Rows) -> None:
    """Give gateways that are not back yet their own limit from now, before each is told."""
    scene.state.gateway_lost_us[rows] = scene.now_us + _wait_us(scene, rows)


def homes_on_their_way(scene: Scene) -> Bools:
    """Return the homes with a gateway that may yet come back by itself after an outage.

    For an hour at most, whatever its own limit is: nobody has seen these people for long.
    """
    state, roster = scene.state, scene.roster
    rows = rows_where(state.gateway_lost_us > scene.now_us)
    ended_us = state.gateway_lost_us[rows] - _wait_us(scene, rows)
    rows = rows[scene.now_us - ended_us < HOUR_US]
    result = np.zeros(len(roster.home_gateways), np.bool_)
    if len(rows):
        result[
            roster.pair_home[roster.pairs_by_gateway[spread(roster.gateway_pair_start, rows)]]
        ] = True
    return result


def _wait_us(scene: Scene, rows: Rows) -> Ints:
    return np.maximum(scene.roster.gateway_limit_us[rows] - OUTAGE_FIRST_US, 0)


def is_outage(scene: Scene) -> Bools:
    """Return, by place, whether it has an outage now."""
    state = scene.state
    has_one: Bools = (state.outage_peak > 0) | (state.hush_us != NEVER)
    return has_one


def last_words(scene: Scene) -> Ints:
    """Return, by home, when a gateway of it was last heard, or since when the home is known."""
    last = scene.state.home_known_us.copy()
    heard = scene.state.gateway_heard_us[scene.roster.pair_gateway]
    np.maximum.at(last, scene.roster.pair_home, heard)
    return last


def last_words_of(scene: Scene, homes: Rows) -> Ints:
    """Return ``last_words`` of these homes alone, which are few."""
    state, roster = scene.state, scene.roster
    first = np.searchsorted(roster.pair_home, homes)  # pairs are by home
    count = np.searchsorted(roster.pair_home, homes, side="right") - first
    at = np.repeat(np.arange(len(homes)), count)
    pairs = np.arange(len(at)) + np.repeat(first - (np.cumsum(count) - count), count)
    last = state.home_known_us[homes]
    np.maximum.at(last, at, state.gateway_heard_us[roster.pair_gateway[pairs]])
    return last


def homes_of(scene: Scene, gone: Rows) -> Bools:
    """Return the homes all of whose gateways are among these."""
    roster = scene.roster
    result = np.zeros(len(roster.home_gateways), np.bool_)
    if len(gone):
        pairs = roster.pairs_by_gateway[spread(roster.gateway_pair_start, gone)]
        homes, count = np.unique(roster.pair_home[pairs], return_counts=True)
        result[homes[count == roster.home_gateways[homes]]] = True
    return result


def hushed_homes(scene: Scene, word_us: Ints) -> Bools:
    """Return the homes that a hush over their place hides: not heard for an hour."""
    begun = scene.state.hush_us[scene.roster.home_place]
    is_silent: Bools = (begun != NEVER) & (word_us <= scene.now_us - hush.HEARD_US)
    return is_silent


def _silent_homes(scene: Scene) -> Rows:
    """Return the watched homes of which nothing was heard for an hour, by number."""
    state, roster = scene.state, scene.roster
    hour_ago = scene.now_us - hush.HEARD_US
    homes = rows_where(homes_of(scene, rows_where(state.gateway_heard_us <= hour_ago)))
    homes = homes[roster.home_is_active[homes] & roster.home_has_signs[homes]]
    return homes[state.home_known_us[homes] <= hour_ago]


def _may_begin(scene: Scene, silent: Rows) -> bool:
    """Return whether so many homes are silent that a hush might begin in any place.

    One begins where fewer are heard than a share of those expected, of whom there are at least
    so many; no more can be expected than are counted, and so many must then be silent.
    """
    roster = scene.roster
    count = np.bincount(roster.home_place[silent], minlength=len(roster.outage_share))
    least = (1 - roster.outage_share) * roster.outage_expected
    return bool((count > least).any())


def _count_gateways(scene: Scene, lost: Bools) -> None:
    state = scene.state
    total, gone = _gateways(scene, lost)
    state.outage_peak = technical.outages(total, gone, state.outage_peak)


def _gateways(scene: Scene, lost: Bools) -> tuple[Ints, Ints]:
    state, roster = scene.state, scene.roster
    is_counted = roster.gateway_is_used & (state.gateway_heard_us != NEVER)
    size = len(state.outage_peak)
    total = technical.count_by(roster.gateway_place, is_counted, size)
    return total, technical.count_by(roster.gateway_place, is_counted & lost, size)


def _listen(scene: Scene) -> tuple[Floats, Floats] | None:
    """Begin and end hushes; return, by place, how many homes were heard and how many expected.

    None where no hush runs and too many were heard for one to begin.
    """
    state, roster = scene.state, scene.roster
    place, size = roster.home_place, len(state.hush_us)
    silent = _silent_homes(scene)
    if not ((state.hush_us != NEVER).any() or _may_begin(scene, silent)):
        return None
    is_known = roster.home_is_active & roster.home_has_signs
    is_heard = np.ones(len(is_known), np.bool_)
    is_heard[silent] = False
    awake = is_known & hush.was_heard_earlier(state.recent)
    homes = (roster.homes_by_place, roster.place_start)
    if not (
        (state.hush_us != NEVER).any()
        or hush.may_begin(is_heard, awake, *homes, roster.outage_share).any()
    ):
        return None
    missed = hush.expected_in_hour(state.rate, roster.home_zone, scene.offsets, scene.now_us)
    heard, expected = hush.heard_and_expected(is_heard, missed, awake, *homes)
    begins = hush.begins(heard, expected, roster.outage_share, roster.outage_expected)
    begins &= state.hush_us == NEVER
    if begins.any():
        last = hush.last_heard(last_words(scene), is_known, place, size, scene.now_us)
        state.hush_us[begins] = last[begins]
    runs = (state.hush_us != NEVER) & ~begins
    if runs.any():
        all_ = hush.heard_and_expected(is_heard, missed, is_known, *homes)
        state.hush_us[runs & hush.is_over(*all_)] = NEVER
    return heard, expected


def _by_gateways(scene: Scene, lost: Bools, code: int) -> Finding:
    total, gone = _gateways(scene, lost)
    return outage(
        scene.roster.table.places[code],
        lost=int(gone[code]),
        total=int(total[code]),
        failed=_failed(scene, lost, code),
        found_us=scene.now_us,
    )


def failed_sensors(scene: Scene) -> Rows:
    """Return the sensors that say now that the mains failed."""
    if scene.due.mains is None:
        mains = scene.roster.mains
        scene.due.mains = mains[scene.state.opened_min[mains] != 0]
    return scene.due.mains


def _failed(scene: Scene, lost: Bools, code: int) -> int:
    rows = np.unique(scene.roster.sensor_gateway[failed_sensors(scene)])
    return int((lost[rows] & (scene.roster.gateway_place[rows] == code)).sum())


def _by_hush(scene: Scene, code: int, heard: Floats, expected: Floats) -> Finding:
    place = scene.roster.table.places[code]
    return hushed(
        place,
        scene.zone(place),
        heard=int(heard[code]),
        expected=float(expected[code]),
        share=float(scene.roster.outage_share[code]),
        least=float(scene.roster.outage_expected[code]),
        since_us=int(scene.state.hush_us[code]),
        found_us=scene.now_us,
    )
