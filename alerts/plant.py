"""Gateways, outages of places and devices: what is broken, told to engineers once each."""

import numpy as np

from alerts.action import Step
from alerts.alert import AlertKind, alert_id
from alerts.chatter import chatters, least_us, uncover
from alerts.detect import technical
from alerts.detect.columns import (
    HOUR_US,
    MINUTE_US,
    NEVER,
    SECOND_US,
    UNHEARD,
    Bools,
    Rows,
    rows_where,
)
from alerts.due import FAR_US, Gateways, looks, seconds, spread
from alerts.findings_plant import DeviceSilence, GatewaySilence, gateway_silent, sensor_silent
from alerts.idle import dead_devices, dead_from, limits
from alerts.lifecycle import Event
from alerts.mains import forget_mains, mains_us, watch_mains
from alerts.outages import OUTAGE_FIRST_US, homes_of, is_outage, watch_outages
from alerts.scene import Scene
from alerts.streets import in_street, watch_streets


def watch_gateways(scene: Scene) -> Gateways:
    """Find gateways that were lost or came back, and outages; raise what is due.

    Only gateways that are due are looked at; one that is lost, off or in doubt always is.
    """
    gateways = scene.due.gateways
    rows = rows_where(scene.due.gateway_us <= scene.now_us)
    has_changed = _look_at_gateways(scene, rows) if len(rows) else False
    watch_outages(scene, gateways.is_lost, has_changed=has_changed)
    due = _due_to_tell(scene, rows)
    if has_changed or scene.is_regular or len(due):
        watch_streets(scene, gateways)
        due = _due_to_tell(scene, due)  # a street that ended gave those of it more time
    if len(due):
        _raise_gateways(scene, due)
    if scene.is_regular:
        watch_mains(scene, gateways)
    return gateways


def _look_at_gateways(scene: Scene, rows: Rows) -> bool:
    """Follow how these stand; return whether others are lost than before. Close those heard."""
    state, roster, now_us, gateways = scene.state, scene.roster, scene.now_us, scene.due.gateways
    heard, off_us = state.gateway_heard_us[rows], state.gateway_off_us[rows]
    off = technical.is_off(off_us, heard)
    since = np.maximum(heard, state.gateway_known_us[rows])
    limit, is_proof = roster.gateway_limit_us[rows], roster.gateway_is_proof[rows]
    lost = technical.is_gateway_lost(off, off_us, since, limit, now_us) & (since != NEVER)
    doubtful = technical.is_gateway_doubtful(off, since, limit, now_us) & is_proof
    was_lost = state.gateway_lost_us[rows] != NEVER
    has_changed = bool((lost != was_lost).any())
    if has_changed:
        state.gateway_back_us[rows[was_lost & ~lost]] = now_us
        forget_mains(scene, rows[was_lost & ~lost])
        state.gateway_lost_us[rows[lost & ~was_lost]] = now_us
        state.gateway_lost_us[rows[~lost]] = NEVER
        _close_gateways(scene, rows[~lost])
    is_other = (gateways.is_lost[rows] != lost).any()
    is_other |= (gateways.is_doubtful[rows] != doubtful).any()
    gateways.is_lost[rows], gateways.is_off[rows] = lost, off
    gateways.is_doubtful[rows] = doubtful
    if is_other:
        gateways.is_home_lost = homes_of(scene, rows_where(gateways.is_lost))
        unsure = rows_where(gateways.is_lost | gateways.is_doubtful)
        gateways.is_home_doubtful = homes_of(scene, unsure)
    # Silence alone makes one lost, or in doubt; "offline" marks it as due (tick.py).
    lasts = since + np.where(is_proof, limit // 2, limit) + 1
    scene.due.gateway_us[rows] = np.where(lost | off | doubtful, NEVER, looks(lasts, now_us))
    return has_changed


def watch_devices(scene: Scene, gateways: Gateways) -> Bools:
    """Raise devices that went silent or chatter; return bool[homes], those none of which works.

    Only devices that are due are looked at: all others work.
    """
    state, roster, now_us = scene.state, scene.roster, scene.now_us
    rows = rows_where(scene.due.device_s <= now_us // SECOND_US)
    if not len(rows):
        return np.zeros(len(state.sign_us), np.bool_)
    device, gateway = roster.device[rows], roster.device_gateway[rows]
    home, limit_us = roster.device_home[rows], roster.device_limit_us[rows]
    is_paced = roster.device_is_paced[rows]
    heard, off_us = state.heard_us[device], state.off_us[device]
    known_us = state.sensor_known_min[device].astype(np.int64) * MINUTE_US
    since = technical.latest(heard, known_us, state.gateway_back_us[gateway])
    silent = dead_devices(scene, rows) | (is_paced & (now_us - since > limit_us))
    off = technical.is_off(off_us, heard)
    is_mad = chatters(scene, rows)
    raised = state.sensor_silent_us[device]
    # One that was put in the place of a dead one sees nobody before it has spoken.
    is_unheard = (raised != NEVER) & (heard == NEVER)
    is_blind = silent | off | is_mad | is_unheard
    back = (raised != NEVER) & ~is_blind & (heard > raised)
    for at in rows_where(back).tolist():
        _close_device(scene, int(rows[at]), int(raised[at]))
    if is_blind.any():
        is_behind = gateways.is_lost[gateway] | gateways.is_off[gateway]
        is_home = roster.home_is_active[home] | (home < 0) if len(state.sign_us) else home < 0
        new = is_blind & ~is_behind & is_home & (raised == NEVER)
        if (new & is_mad).any():
            uncover(scene, rows[new & is_mad])
        for at in rows_where(new).tolist():
            gone_us = int(off_us[at]) if off[at] else None
            _raise_device(scene, int(rows[at]), int(since[at]), gone_us)
    works = ~is_blind & (raised == NEVER)
    lasts = np.where(is_paced, since + limit_us + 1, FAR_US)
    next_us = np.where(works, np.minimum(lasts, dead_from(scene, rows)), NEVER)
    scene.due.device_s[rows] = seconds(next_us)
    return _blind_homes(scene, rows[is_blind])


def _blind_homes(scene: Scene, blind: Rows) -> Bools:
    """Homes with one of these blind devices, and none that sees."""
    roster, state, size = scene.roster, scene.state, len(scene.state.sign_us)
    result = np.zeros(size, np.bool_)
    mine = blind[roster.device_is_person[blind] & (roster.device_home[blind] >= 0)]
    if not len(mine):
        return result
    homes = np.unique(roster.device_home[mine])
    rows = roster.devices_by_home[spread(roster.home_device_start, homes)]
    # A device without a pace still sees as long as it was heard within its limit.
    heard = state.heard_us[roster.device[rows]]
    sees = roster.device_is_paced[rows] | (scene.now_us - heard <= roster.device_limit_us[rows])
    sees &= ~np.isin(rows, mine)
    result[homes] = True
    result[roster.device_home[rows[sees]]] = False
    return result


def _due_to_tell(scene: Scene, rows: Rows) -> Rows:
    """Return those of these gateways that are to be told now, unless a street is."""
    state, roster, is_lost = scene.state, scene.roster, scene.due.gateways.is_lost
    rows = rows[is_lost[rows]]
    due = (state.gateway_silent_us[rows] == NEVER) & roster.gateway_is_used[rows]
    due &= scene.now_us - state.gateway_lost_us[rows] >= OUTAGE_FIRST_US
    due &= ~is_outage(scene)[roster.gateway_place[rows]]
    told: Rows = rows[due]
    return told


def _raise_gateways(scene: Scene, rows: Rows) -> None:
    state, roster, gateways = scene.state, scene.roster, scene.due.gateways
    span_us = scene.now_us - scene.before_us  # a tick before it was found lost nobody knew
    for number in rows[in_street(scene, gateways, rows) < 0].tolist():
        gateway, is_off = roster.table.gateways[number], bool(gateways.is_off[number])
        home = None if gateway.home is None else roster.table.homes.get(gateway.home)
        heard, lost_us = int(state.gateway_heard_us[number]), int(state.gateway_lost_us[number])
        onset = int(state.gateway_off_us[number]) if is_off else max(heard, UNHEARD)
        state.gateway_silent_us[number] = onset
        silence = GatewaySilence(
            heard_us=heard,
            since_us=max(heard, int(state.gateway_known_us[number])),
            limit_us=int(roster.gateway_limit_us[number]),
            off_us=onset if is_off else None,
            dwell_us=technical.OFFLINE_DWELL_US,
            lost_us=lost_us,
            wait_us=OUTAGE_FIRST_US,
            mains_us=mains_us(scene, number),
            is_late=is_off and lost_us - span_us - onset >= technical.OFFLINE_DWELL_US,
        )
        zone = scene.zone(gateway.place)
        scene.actions.append(gateway_silent(gateway, home, zone, scene.now_us, silence))


def _close_gateways(scene: Scene, heard: Rows) -> None:
    state = scene.state
    for number in heard[state.gateway_silent_us[heard] != NEVER].tolist():
        gateway, onset = scene.roster.table.gateways[number], int(state.gateway_silent_us[number])
        id_ = alert_id(gateway.subject, AlertKind.GATEWAY_SILENT, onset)
        scene.actions.append(Step(Event.WORK_AGAIN, id_, "heard again"))
        state.gateway_silent_us[number] = NEVER


def _raise_device(scene: Scene, row: int, since_us: int, off_us: int | None) -> None:
    state, roster, lead = scene.state, scene.roster, int(scene.roster.device[row])
    sensor = roster.table.sensors[lead]
    gateway = roster.table.gateways[sensor.gateway]
    home = None if sensor.home is None else roster.table.homes[sensor.home]
    heard_us, (words, hours) = int(state.heard_us[lead]), limits(scene, np.array([row]))
    silence = DeviceSilence(
        heard_us=heard_us,
        seen_us=int(state.fired_us[lead]),
        chatter_us=int(state.chatter_min[lead]) * MINUTE_US,
        chatter_least_us=least_us(scene, max(int(roster.device_home[row]), 0)),
        since_us=since_us,
        replaced_us=sensor.replaced_us if sensor.replaced_us <= scene.now_us else 0,
        limit_us=int(roster.device_limit_us[row]),
        is_paced=bool(roster.device_is_paced[row]),
        missed=float(state.missed[lead]),
        missed_limit=float(words[0]),
        least_us=int(hours[0] * HOUR_US),
        off_us=off_us,
    )
    state.sensor_silent_us[lead] = silence.onset_us(scene.now_us)
    zone = scene.zone(gateway.place)
    scene.actions.append(sensor_silent(sensor, home, gateway, zone, scene.now_us, silence))


def _close_device(scene: Scene, row: int, onset_us: int) -> None:
    lead = int(scene.roster.device[row])
    sensor = scene.roster.table.sensors[lead]
    id_ = alert_id(sensor.id, AlertKind.SENSOR_SILENT, onset_us)
    scene.actions.append(Step(Event.WORK_AGAIN, id_, "heard again"))
    scene.state.sensor_silent_us[lead] = NEVER
