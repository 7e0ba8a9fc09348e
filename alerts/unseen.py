"""Homes that cannot be seen: the person's clock stands still, and the care team is told."""

import numpy as np

from alerts.action import Step
from alerts.alert import AlertKind, Unwatched, alert_id
from alerts.detect.columns import NEVER, Bools, Bytes, Ints, Rows
from alerts.detect.hush import HEARD_US
from alerts.detect.silence import expected
from alerts.detect.watched import REASONS, Reason, reasons, since
from alerts.due import Gateways, spread
from alerts.findings import unwatched
from alerts.lifecycle import Event
from alerts.outages import hushed_homes, is_outage, last_words
from alerts.scene import Scene


def watch_homes(scene: Scene, gateways: Gateways, is_blind: Bools) -> None:
    """Note which homes cannot be seen, stop and start their clocks, raise those past a limit."""
    state, roster = scene.state, scene.roster
    is_lost, may = gateways.is_home_lost, is_blind | gateways.is_home_lost | (state.reason > 0)
    word_us = None
    if (state.hush_us != NEVER).any():
        word_us = last_words(scene)
        hushed = hushed_homes(scene, word_us)
        is_lost, may = is_lost | hushed, may | hushed
    homes = np.flatnonzero(may)
    if len(homes):
        word_us = last_words(scene) if word_us is None else word_us
        is_known = roster.home_is_active[homes] & roster.home_has_signs[homes]
        is_out = is_outage(scene)[roster.home_place[homes]]
        reason = reasons(is_blind[homes], is_lost[homes], is_out, is_known)
        _follow(scene, homes, reason, word_us)
        state.unseen_until_us[homes[reason > 0]] = scene.now_us
    _ease(scene)
    _raise(scene, homes)


def unwatched_rows(scene: Scene) -> tuple[Unwatched, ...]:
    """Return the homes that cannot be seen now, by number."""
    state = scene.state
    rows = []
    for number in np.flatnonzero(state.reason > 0).tolist():
        home, reason = scene.home(number), REASONS[int(state.reason[number])]
        rows.append(Unwatched(home.id, home.place, int(state.blind_us[number]), reason.value))
    return tuple(rows)


def watch_link(scene: Scene, lost_us: int) -> tuple[Unwatched, ...]:
    """Return every watched home as unseen since we lost our own link; raise those past a limit."""
    state, roster = scene.state, scene.roster
    is_known = roster.home_is_active & roster.home_has_signs
    rows = list(unwatched_rows(scene))
    fresh = np.flatnonzero(is_known & (state.reason == 0))
    for number in fresh.tolist():
        home = scene.home(number)
        rows.append(Unwatched(home.id, home.place, lost_us, Reason.LINK.value))
    is_due = scene.now_us - lost_us >= roster.unwatched_limit_us[fresh]
    is_due &= state.unwatched_us[fresh] == NEVER
    for number in fresh[is_due].tolist():
        _raise_one(scene, number, Reason.LINK.value, lost_us)
    return tuple(rows)


def _follow(scene: Scene, homes: Rows, reason: Bytes, word_us: Ints) -> None:
    """Note why these homes cannot be seen, and since when; their clocks stop and go on."""
    state = scene.state
    before, began = state.reason[homes], state.blind_us[homes]
    state.reason[homes] = reason
    state.blind_us[homes] = since(began, reason, _last_heard(scene, homes, word_us))
    _stop_clocks(scene, homes[(reason > 0) & (before == 0)])
    changed = reason != before
    if changed.any():
        scene.recount_homes(homes[changed])
        scene.is_unwatched_new = True


def _last_heard(scene: Scene, homes: Rows, word_us: Ints) -> Ints:
    """Since when each of these homes could be seen; a silence before a hush stays one."""
    roster, state = scene.roster, scene.state
    last = word_us[homes]
    begun = state.hush_us[roster.home_place[homes]]
    is_hushed = (begun != NEVER) & (last <= scene.now_us - HEARD_US)
    last = np.where(is_hushed, np.maximum(last, begun), last)
    blind = np.flatnonzero(state.reason[homes] == REASONS.index(Reason.SENSOR))
    if len(blind):
        rows = roster.devices_by_home[spread(roster.home_device_start, homes[blind])]
        device = np.full(len(state.sign_us), NEVER, np.int64)
        np.maximum.at(device, roster.device_home[rows], state.heard_us[roster.device[rows]])
        heard = device[homes[blind]]
        last[blind] = np.where(heard != NEVER, heard, last[blind])
    return last


def _stop_clocks(scene: Scene, homes: Ints) -> None:
    """Take back what was counted since these homes were last heard."""
    state = scene.state
    begin = np.maximum(state.blind_us[homes], state.sign_us[homes])
    begin = np.where(state.sign_us[homes] == NEVER, scene.now_us, begin)
    now = np.full(len(homes), scene.now_us)
    zone = scene.roster.home_zone[homes]
    counted = expected(state.rate, homes, begin, now, zone, scene.offsets)
    state.score[homes] = np.maximum(state.score[homes] - counted, 0)
    state.unseen_us[homes] += np.maximum(now - begin, 0)


def _ease(scene: Scene) -> None:
    state = scene.state
    told = np.flatnonzero(state.unwatched_us != NEVER)
    for number in told[state.reason[told] == 0].tolist():
        onset = int(state.unwatched_us[number])
        id_ = alert_id(scene.home(number).id, AlertKind.UNWATCHED_HOME, onset)
        scene.actions.append(Step(Event.EASE, id_, "seen again, please confirm"))
        state.unwatched_us[number] = NEVER


def _raise(scene: Scene, homes: Rows) -> None:
    state, roster = scene.state, scene.roster
    is_due = (state.reason[homes] > 0) & (state.unwatched_us[homes] == NEVER)
    is_due &= scene.now_us - state.blind_us[homes] >= roster.unwatched_limit_us[homes]
    for number in homes[is_due].tolist():
        reason = REASONS[int(state.reason[number])].value
        _raise_one(scene, number, reason, int(state.blind_us[number]))


def _raise_one(scene: Scene, number: int, reason: str, since_us: int) -> None:
    home = scene.home(number)
    limit_us = int(scene.roster.unwatched_limit_us[number])
    zone = scene.zone(home.place)
    scene.actions.append(unwatched(home, zone, reason, since_us, limit_us, scene.now_us))
    scene.state.unwatched_us[number] = since_us
