"""Gateways, outages of places and devices: what is broken, told to engineers once each."""

from dataclasses import dataclass
from typing import Final

import numpy as np

from alerts.action import Step
from alerts.alert import AlertKind, alert_id
from alerts.detect import technical
from alerts.detect.columns import MINUTE_US, NEVER, UNHEARD, Bools, Ints, Rows
from alerts.findings import gateway_silent, sensor_silent
from alerts.idle import dead_devices, dead_from
from alerts.lifecycle import Event
from alerts.outages import is_outage, watch_outages
from alerts.scene import Scene

_OUTAGE_FIRST_US: Final = 10 * MINUTE_US
"""How long a lost gateway waits for its neighbours, so that an outage is told once."""

_FAR_US: Final = 1 << 62


@dataclass(frozen=True, slots=True)
class Gateways:
    """How the gateways stand at one tick, and of homes: all of theirs lost, or in doubt."""

    is_lost: Bools
    is_off: Bools
    is_home_lost: Bools
    is_home_doubtful: Bools
    until_us: int
    """Last moment at which this still holds, unless one of ``troubled`` was heard."""

    troubled: Rows
    troubled_heard_us: Ints

    def holds(self, scene: Scene) -> bool:
        """Return whether this holds at the present tick, were none said to be offline since."""
        if scene.now_us > self.until_us or not len(self.troubled):
            return scene.now_us <= self.until_us
        heard = scene.state.gateway_heard_us[self.troubled]
        return not (heard != self.troubled_heard_us).any()


def watch_gateways(scene: Scene, before: Gateways | None = None) -> Gateways:
    """Find gateways that were lost or came back, and outages; raise what is due.

    ``before`` is what the last tick found, None where a gateway was said to be offline since.
    """
    if before is not None and before.holds(scene):
        gateways, has_changed = before, False
    else:
        gateways, has_changed = _look_at_gateways(scene)
    lost = gateways.is_lost
    watch_outages(scene, lost, has_changed=has_changed)
    if len(gateways.troubled) and lost.any():
        _raise_gateways(scene, lost, gateways.is_off)
    return gateways


def _look_at_gateways(scene: Scene) -> tuple[Gateways, bool]:
    """Return how they stand, and whether others are lost than before; those heard are closed."""
    state, roster, now_us = scene.state, scene.roster, scene.now_us
    heard, off_us = state.gateway_heard_us, state.gateway_off_us
    off = technical.is_off(off_us, heard)
    since = np.maximum(heard, state.gateway_known_us)
    limit = roster.gateway_limit_us
    lost = technical.is_gateway_lost(off, off_us, since, limit, now_us) & (since != NEVER)
    doubtful = technical.is_gateway_doubtful(off, since, limit, now_us) & roster.gateway_is_proof
    was_lost = state.gateway_lost_us != NEVER
    has_changed = bool((lost != was_lost).any())
    if has_changed:
        state.gateway_back_us[was_lost & ~lost] = now_us
        state.gateway_lost_us[lost & ~was_lost] = now_us
        state.gateway_lost_us[~lost] = NEVER
        _close_gateways(scene, lost)
    troubled = np.flatnonzero(lost | off | doubtful)
    found = Gateways(
        lost,
        off,
        _homes_of(scene, lost),
        _homes_of(scene, lost | doubtful),
        _until_us(scene, lost, doubtful, since),
        troubled,
        heard[troubled],
    )
    return found, has_changed


def _until_us(scene: Scene, lost: Bools, doubtful: Bools, since: Ints) -> int:
    """Return the last moment before silence alone makes a gateway lost, or one to doubt."""
    state, roster = scene.state, scene.roster
    limit, can = roster.gateway_limit_us, since != NEVER
    doubts = since + limit // 2
    lasts = since + limit
    willed = state.gateway_off_us + technical.OFFLINE_DWELL_US - 1
    is_willed = can & ~lost & (state.gateway_off_us != NEVER) & (willed >= scene.now_us)
    return min(
        int(doubts[can & ~doubtful & roster.gateway_is_proof].min(initial=_FAR_US)),
        int(lasts[can & ~lost].min(initial=_FAR_US)),
        int(willed[is_willed].min(initial=_FAR_US)),
    )


def watch_devices(scene: Scene, gateways: Gateways) -> Bools:
    """Raise devices that went silent; return bool[homes], those with no working sensor left.

    Only devices that are due are looked at: all others work, and see.
    """
    state, roster, now_us = scene.state, scene.roster, scene.now_us
    rows = np.flatnonzero(scene.due.device_us <= now_us)
    if not len(rows):
        return np.zeros(len(state.sign_us), np.bool_)
    device, gateway = roster.device[rows], roster.device_gateway[rows]
    home, limit_us = roster.device_home[rows], roster.device_limit_us[rows]
    is_paced = roster.device_is_paced[rows]
    heard, off_us = state.heard_us[device], state.off_us[device]
    since = technical.latest(heard, state.sensor_known_us[device], state.gateway_back_us[gateway])
    silent = dead_devices(scene, rows) | (is_paced & (now_us - since > limit_us))
    off = technical.is_off(off_us, heard)
    is_blind = silent | off
    is_behind = gateways.is_lost[gateway] | gateways.is_off[gateway]
    raised = state.sensor_silent_us[device]
    is_home = roster.home_is_active[home] | (home < 0) if len(state.sign_us) else home < 0
    new = is_blind & ~is_behind & is_home & (raised == NEVER)
    back = (raised != NEVER) & ~is_blind & (heard > raised)
    for at in np.flatnonzero(back).tolist():
        _close_device(scene, int(rows[at]), int(raised[at]))
    for at in np.flatnonzero(new).tolist():
        onset = int(off_us[at]) if off[at] else max(int(heard[at]), UNHEARD)
        _raise_device(scene, int(rows[at]), onset, is_unavailable=bool(off[at]))
    # A device without a pace still sees as long as it was heard within its limit.
    sees = ~is_blind & (is_paced | (now_us - heard <= limit_us))
    lasts = np.where(is_paced, since, heard) + limit_us + 1
    works = sees & (raised == NEVER)
    scene.due.device_us[rows] = np.where(works, np.minimum(lasts, dead_from(scene, rows)), NEVER)
    return _blind_homes(scene, rows, is_blind, sees)


def _blind_homes(scene: Scene, rows: Rows, is_blind: Bools, sees: Bools) -> Bools:
    """Homes with a blind device, and none that sees; every other device than these does."""
    roster, size = scene.roster, len(scene.state.sign_us)
    home = roster.device_home[rows]
    person = roster.device_is_person[rows] & (home >= 0)
    if not (person & is_blind).any():
        return np.zeros(size, np.bool_)
    blind = technical.count_by(home, person & is_blind, size)
    unseeing = technical.count_by(home, person & ~sees, size)
    has_none: Bools = (blind > 0) & (unseeing == roster.home_devices)
    return has_none


def _homes_of(scene: Scene, is_gone: Bools) -> Bools:
    """Homes all of whose gateways are gone."""
    roster = scene.roster
    if not is_gone.any():
        return np.zeros(len(roster.home_gateways), np.bool_)
    gone = technical.count_by(
        roster.pair_home, is_gone[roster.pair_gateway], len(roster.home_gateways)
    )
    has_none: Bools = (gone > 0) & (gone == roster.home_gateways)
    return has_none


def _raise_gateways(scene: Scene, lost: Bools, off: Bools) -> None:
    state, roster = scene.state, scene.roster
    due = lost & (state.gateway_silent_us == NEVER) & roster.gateway_is_used
    due &= scene.now_us - state.gateway_lost_us >= _OUTAGE_FIRST_US
    due &= ~is_outage(scene)[roster.gateway_place]
    for number in np.flatnonzero(due).tolist():
        gateway = roster.table.gateways[number]
        home = None if gateway.home is None else roster.table.homes.get(gateway.home)
        heard = int(state.gateway_heard_us[number])
        onset = int(state.gateway_off_us[number]) if off[number] else max(heard, UNHEARD)
        state.gateway_silent_us[number] = onset
        scene.actions.append(
            gateway_silent(
                gateway,
                home,
                scene.zone(gateway.place),
                onset_us=onset,
                found_us=scene.now_us,
                limit_us=int(roster.gateway_limit_us[number]),
                is_off=bool(off[number]),
            )
        )


def _close_gateways(scene: Scene, lost: Bools) -> None:
    state = scene.state
    for number in np.flatnonzero(~lost & (state.gateway_silent_us != NEVER)).tolist():
        gateway, onset = scene.roster.table.gateways[number], int(state.gateway_silent_us[number])
        id_ = alert_id(gateway.id, AlertKind.GATEWAY_SILENT, onset)
        scene.actions.append(Step(Event.WORK_AGAIN, id_, "heard again"))
        state.gateway_silent_us[number] = NEVER


def _raise_device(scene: Scene, row: int, onset_us: int, *, is_unavailable: bool) -> None:
    roster, lead = scene.roster, int(scene.roster.device[row])
    sensor = roster.table.sensors[lead]
    gateway = roster.table.gateways[sensor.gateway]
    home = None if sensor.home is None else roster.table.homes[sensor.home]
    scene.state.sensor_silent_us[lead] = onset_us
    scene.actions.append(
        sensor_silent(
            sensor,
            home,
            gateway,
            scene.zone(gateway.place),
            onset_us=onset_us,
            found_us=scene.now_us,
            limit_us=int(roster.device_limit_us[row]),
            missed=float(scene.state.missed[lead]),
            is_paced=bool(roster.device_is_paced[row]),
            is_unavailable=is_unavailable,
        )
    )


def _close_device(scene: Scene, row: int, onset_us: int) -> None:
    lead = int(scene.roster.device[row])
    sensor = scene.roster.table.sensors[lead]
    id_ = alert_id(sensor.id, AlertKind.SENSOR_SILENT, onset_us)
    scene.actions.append(Step(Event.WORK_AGAIN, id_, "heard again"))
    scene.state.sensor_silent_us[lead] = NEVER
