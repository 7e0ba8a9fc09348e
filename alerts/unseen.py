"""Homes that cannot be seen: the person's clock stands still, and the care team is told."""

import numpy as np

from alerts.action import Step
from alerts.alert import AlertKind, Unwatched, alert_id
from alerts.detect.columns import NEVER, Bools, Bytes, Ints, Rows, rows_where
from alerts.detect.hush import HEARD_US
from alerts.detect.silence import expected
from alerts.detect.watched import REASONS, Reason, reasons, since
from alerts.due import Gateways, spread
from alerts.findings import unwatched
from alerts.lifecycle import Event
from alerts.mains import home_mains_us
from alerts.outages import homes_on_their_way, hushed_homes, last_words, last_words_of
from alerts.scene import Scene
from alerts.unseen_together import Covers, covers_of, end_together, tell_together, tell_unlinked

_OUTAGE = REASONS.index(Reason.OUTAGE)


def watch_homes(scene: Scene, gateways: Gateways, is_blind: Bools) -> None:
    """Note which homes cannot be seen, stop and start their clocks, raise those past a limit."""
    state, roster = scene.state, scene.roster
    is_bare = roster.home_is_bare & roster.home_is_active
    is_blind = is_blind | is_bare
    is_lost, may = gateways.is_home_lost, is_blind | gateways.is_home_lost | (state.reason > 0)
    may |= roster.home_is_unsettled
    if (state.hush_us != NEVER).any():
        hushed = hushed_homes(scene, last_words(scene))
        is_lost, may = is_lost | hushed, may | hushed
    homes = rows_where(may)
    covers = covers_of(scene, gateways, homes)
    if len(homes):
        is_unsettled = roster.home_is_unsettled[homes]
        is_known = roster.home_is_active[homes] | is_unsettled
        is_known &= (roster.home_has_signs | is_bare)[homes]
        is_outage = covers.outage_us != NEVER
        reason = reasons(is_blind[homes], is_lost[homes], is_outage, is_unsettled, is_known)
        _follow(scene, homes, reason)
        state.unseen_until_us[homes[reason > 0]] = scene.now_us
    end_together(scene)
    _ease(scene, homes, covers)
    _raise(scene, homes, covers)


def unwatched_rows(scene: Scene) -> tuple[Unwatched, ...]:
    """Return the homes that cannot be seen now, by number."""
    state = scene.state
    rows = []
    for number in rows_where(state.reason > 0).tolist():
        home, reason = scene.home(number), REASONS[int(state.reason[number])]
        rows.append(Unwatched(home.id, home.place, int(state.blind_us[number]), reason.value))
    return tuple(rows)


def watch_link(scene: Scene, lost_us: int) -> tuple[Unwatched, ...]:
    """Return every watched home as unseen since we lost our own link; raise those past a limit."""
    state, roster = scene.state, scene.roster
    is_known = roster.home_is_active & roster.home_has_signs
    rows = list(unwatched_rows(scene))
    fresh = rows_where(is_known & (state.reason == 0))
    for number in fresh.tolist():
        home = scene.home(number)
        rows.append(Unwatched(home.id, home.place, lost_us, Reason.LINK.value))
    is_due = scene.now_us - lost_us >= roster.unwatched_limit_us[fresh]
    tell_unlinked(scene, fresh[is_due], lost_us)
    return tuple(rows)


def _follow(scene: Scene, homes: Rows, reason: Bytes) -> None:
    """Note why these homes cannot be seen, and since when; their clocks stop and go on."""
    state = scene.state
    before, began = state.reason[homes], state.blind_us[homes]
    state.reason[homes] = reason
    state.blind_us[homes] = since(began, reason, _last_heard(scene, homes))
    _stop_clocks(scene, homes[(reason > 0) & (before == 0)])
    changed = reason != before
    if changed.any():
        scene.recount_homes(homes[changed])
        scene.is_unwatched_new = True


def _last_heard(scene: Scene, homes: Rows) -> Ints:
    """Since when each of these homes could be seen; a silence before a hush stays one."""
    roster, state = scene.roster, scene.state
    last = last_words_of(scene, homes)
    begun = state.hush_us[roster.home_place[homes]]
    is_hushed = (begun != NEVER) & (last <= scene.now_us - HEARD_US)
    last = np.where(is_hushed, np.maximum(last, begun), last)
    blind = rows_where(state.reason[homes] == REASONS.index(Reason.SENSOR))
    if len(blind):
        start = roster.home_device_start
        rows = roster.devices_by_home[spread(start, homes[blind])]
        of = np.repeat(np.arange(len(blind)), start[homes[blind] + 1] - start[homes[blind]])
        heard = np.full(len(blind), NEVER, np.int64)
        np.maximum.at(heard, of, state.heard_us[roster.device[rows]])
        last[blind] = np.where(heard != NEVER, heard, last[blind])
    moved = state.reason[homes] == REASONS.index(Reason.MOVED)
    last[moved] = roster.home_since_us[homes[moved]]
    is_bare = roster.home_is_bare[homes] & ~moved
    return np.where(is_bare, roster.home_bare_us[homes], last)


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


def _ease(scene: Scene, homes: Rows, covers: Covers) -> None:
    """Lower what was told of homes that are seen again.

    A home that was told with others is told by itself once their outage no longer hides it.
    """
    state = scene.state
    told = rows_where(state.unwatched_us != NEVER)
    for number in told[(state.reason[told] == 0) & (state.unwatched_us[told] > 0)].tolist():
        onset = int(state.unwatched_us[number])
        id_ = alert_id(scene.home(number).id, AlertKind.UNWATCHED_HOME, onset)
        scene.actions.append(Step(Event.EASE, id_, "seen again, please confirm"))
    state.unwatched_us[told[state.reason[told] == 0]] = NEVER
    with_others = state.unwatched_us[homes]
    is_bare = (with_others < 0) & (with_others != NEVER)
    is_bare &= (state.reason[homes] != _OUTAGE) | (-with_others != covers.outage_us)
    state.unwatched_us[homes[is_bare]] = NEVER


def _raise(scene: Scene, homes: Rows, covers: Covers) -> None:
    state, roster = scene.state, scene.roster
    is_due = (state.reason[homes] > 0) & (state.unwatched_us[homes] == NEVER)
    is_due &= scene.now_us - state.blind_us[homes] >= roster.unwatched_limit_us[homes]
    is_due &= roster.home_is_active[homes]  # not before it was where it is
    if not is_due.any():
        return
    is_hid = state.reason[homes] == _OUTAGE
    tell_together(scene, homes, covers, is_due & is_hid)
    alone = homes[is_due & ~is_hid]
    for number in alone[~homes_on_their_way(scene)[alone]].tolist():
        _raise_one(scene, number)


def _raise_one(scene: Scene, number: int) -> None:
    state, home = scene.state, scene.home(number)
    limit_us, since_us = int(scene.roster.unwatched_limit_us[number]), int(state.blind_us[number])
    reason, zone = REASONS[int(state.reason[number])].value, scene.zone(home.place)
    mains_us = home_mains_us(scene, number)
    scene.actions.append(unwatched(home, zone, reason, since_us, limit_us, scene.now_us, mains_us))
    state.unwatched_us[number] = since_us
