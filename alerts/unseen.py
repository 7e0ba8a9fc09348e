"""Homes that cannot be seen: the person's clock stands still, and the care team is told."""

import numpy as np

from alerts.action import Step
from alerts.alert import AlertKind, Unwatched, alert_id
from alerts.detect.columns import NEVER, Bools, Ints
from alerts.detect.silence import expected
from alerts.detect.watched import REASONS, Reason, reasons, since
from alerts.findings import unwatched
from alerts.lifecycle import Event
from alerts.outages import is_hushed, is_outage, last_words
from alerts.plant import Gateways
from alerts.scene import Scene


def watch_homes(scene: Scene, gateways: Gateways, is_blind: Bools) -> None:
    """Note which homes cannot be seen, stop and start their clocks, raise those past a limit."""
    state, roster = scene.state, scene.roster
    is_known = roster.home_is_active & roster.home_has_signs
    word_us = last_words(scene)
    hushed = is_hushed(scene, word_us)
    is_out = is_outage(scene)[roster.home_place]
    reason = reasons(is_blind, gateways.is_home_lost | hushed, is_out, is_known)
    if (reason != state.reason).any() or reason.any():
        before = state.reason
        state.reason = reason
        state.blind_us = since(state.blind_us, reason, _last_heard(scene, word_us, hushed))
        _stop_clocks(scene, np.flatnonzero((reason > 0) & (before == 0)))
        scene.recount()
    if reason.any():
        state.unseen_until_us[reason > 0] = scene.now_us
    _ease(scene)
    _raise(scene)


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


def _last_heard(scene: Scene, word_us: Ints, hushed: Bools) -> Ints:
    """Since when each home that cannot be seen could be; a silence before a hush stays one."""
    roster, state = scene.roster, scene.state
    last = np.where(hushed, np.maximum(word_us, state.hush_us[roster.home_place]), word_us)
    is_blind = state.reason == REASONS.index(Reason.SENSOR)
    if is_blind.any():
        device = np.full(len(last), NEVER, np.int64)
        person = roster.device_is_person & (roster.device_home >= 0)
        np.maximum.at(device, roster.device_home[person], state.heard_us[roster.device[person]])
        last = np.where(is_blind & (device != NEVER), device, last)
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
    for number in np.flatnonzero((state.unwatched_us != NEVER) & (state.reason == 0)).tolist():
        onset = int(state.unwatched_us[number])
        id_ = alert_id(scene.home(number).id, AlertKind.UNWATCHED_HOME, onset)
        scene.actions.append(Step(Event.EASE, id_, "seen again, please confirm"))
        state.unwatched_us[number] = NEVER


def _raise(scene: Scene) -> None:
    state, roster = scene.state, scene.roster
    is_due = (state.reason > 0) & (state.unwatched_us == NEVER)
    is_due &= scene.now_us - state.blind_us >= roster.unwatched_limit_us
    for number in np.flatnonzero(is_due).tolist():
        reason = REASONS[int(state.reason[number])].value
        _raise_one(scene, number, reason, int(state.blind_us[number]))


def _raise_one(scene: Scene, number: int, reason: str, since_us: int) -> None:
    home = scene.home(number)
    limit_us = int(scene.roster.unwatched_limit_us[number])
    zone = scene.zone(home.place)
    scene.actions.append(unwatched(home, zone, reason, since_us, limit_us, scene.now_us))
    scene.state.unwatched_us[number] = since_us
