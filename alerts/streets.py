"""Outages of streets: several gateways of one postcode sector that went dark together.

A gateway is dark that is silent, or that says on its battery that the mains failed; it went dark
when that happened, however long its battery then lasted. An outage that stands while its whole
place has one stays its own; none begins then.
"""

from typing import Final

import numpy as np

from alerts.action import Step
from alerts.alert import AlertKind, alert_id
from alerts.detect import street, technical
from alerts.detect.columns import MINUTE_US, NEVER, Bools, Ints, Rows, rows_where
from alerts.due import Gateways
from alerts.lifecycle import Event
from alerts.outages import OUTAGE_FIRST_US, failed_sensors, is_outage, let_wait
from alerts.place_findings import street_outage
from alerts.scene import Scene

_NO_TIME: Final = 1 << 62


def watch_streets(scene: Scene, gateways: Gateways) -> None:
    """Raise outages of streets whose first gateway is due to be told; close those that are over."""
    state, roster = scene.state, scene.roster
    if not len(state.street_us):
        return
    runs = state.street_us != NEVER
    rows, dark_us, has_failed = _dark(scene, gateways)
    if not len(rows) and not runs.any():
        return
    sector = roster.gateway_sector[rows]
    left = street.members(dark_us, sector, state.street_from_us)
    for code in rows_where(runs & (left < street.LEAST)).tolist():
        _end(scene, gateways, code)
    total = _heard(scene)
    needed = street.least(total)
    from_us = street.bursts(dark_us, sector, needed)
    from_us[(state.street_us != NEVER) | _is_place_out(scene)] = NEVER
    due_us = np.where(has_failed, dark_us, state.gateway_lost_us[rows]) + OUTAGE_FIRST_US
    is_due = (dark_us >= from_us[sector]) & (from_us[sector] != NEVER) & (due_us <= scene.now_us)
    for code in np.unique(sector[is_due]).tolist():
        state.street_us[code], state.street_from_us[code] = scene.now_us, from_us[code]
        mine = (sector == code) & (dark_us >= from_us[code])
        place, name = roster.table.sectors[code]
        least, since_us = int(needed[code]), int(from_us[code])
        burst = np.sort(dark_us[mine])
        finding = street_outage(
            place,
            name,
            scene.zone(place),
            lost=int((mine & gateways.is_lost[rows]).sum()),
            failed=int((mine & has_failed).sum()),
            dark=len(burst),
            total=int(total[code]),
            least=least,
            apart_us=int(burst[least - 1]) - since_us,
            since_us=since_us,
            found_us=scene.now_us,
        )
        scene.actions.append(finding)


def in_street(scene: Scene, gateways: Gateways, rows: Rows) -> Ints:
    """Return, for each of these gateways, the sector whose outage hides it, or -1."""
    if not (scene.state.street_us != NEVER).any():
        return np.full(len(rows), -1, np.int64)
    dark_us, _ = _dark_us(scene, gateways, rows)
    return np.where(gateways.is_lost[rows], street_of(scene, rows, dark_us), -1)


def street_of(scene: Scene, rows: Rows, dark_us: Ints) -> Ints:
    """Return the sector of whose outage these gateways, dark since then, are a part, or -1."""
    sector = scene.roster.gateway_sector[rows]
    if not len(scene.state.street_us):
        return np.full(len(rows), -1, np.int64)
    began = np.where(sector >= 0, scene.state.street_from_us[np.maximum(sector, 0)], NEVER)
    return np.where((began != NEVER) & (dark_us >= began), sector, -1)


def failed_gateways(scene: Scene) -> tuple[Rows, Ints]:
    """Return the gateways that say that their mains failed, each once, and since when."""
    sensors = failed_sensors(scene)
    own = scene.roster.sensor_gateway[sensors]
    rows, code = np.unique(own, return_inverse=True)
    since_us = np.full(len(rows), _NO_TIME, np.int64)
    moments = scene.state.opened_min[sensors].astype(np.int64) * MINUTE_US
    np.minimum.at(since_us, code, moments)
    return rows, since_us


def _dark(scene: Scene, gateways: Gateways) -> tuple[Rows, Ints, Bools]:
    """Return the gateways of a sector that are dark, since when, and whose mains failed.

    One that is on its way back after an outage is not looked at before its own limit is over.
    """
    state, roster = scene.state, scene.roster
    is_dark = gateways.is_lost & (state.gateway_lost_us <= scene.now_us)
    is_dark[failed_gateways(scene)[0]] = True
    rows = rows_where(is_dark)
    is_counted = roster.gateway_is_used[rows] & (roster.gateway_sector[rows] >= 0)
    is_counted &= state.gateway_heard_us[rows] != NEVER
    rows = rows[is_counted]
    return rows, *_dark_us(scene, gateways, rows)


def _dark_us(scene: Scene, gateways: Gateways, rows: Rows) -> tuple[Ints, Bools]:
    """Return since when these gateways are dark, and whether it is their mains that failed."""
    state = scene.state
    heard, off_us = state.gateway_heard_us[rows], state.gateway_off_us[rows]
    dark_us = np.where(gateways.is_off[rows], np.maximum(heard, off_us), heard)
    failed, since_us = failed_gateways(scene)
    if not len(failed):
        return dark_us, np.zeros(len(rows), np.bool_)
    at = np.minimum(np.searchsorted(failed, rows), len(failed) - 1)
    has_failed: Bools = failed[at] == rows
    return np.where(has_failed, since_us[at], dark_us), has_failed


def _heard(scene: Scene) -> Ints:
    """Return, by sector, of how many gateways anything was ever heard."""
    state, roster = scene.state, scene.roster
    is_counted = roster.gateway_is_used & (state.gateway_heard_us != NEVER)
    is_counted &= roster.gateway_sector >= 0
    return technical.count_by(roster.gateway_sector, is_counted, len(state.street_us))


def _is_place_out(scene: Scene) -> Bools:
    roster = scene.roster
    places = {place: code for code, place in enumerate(roster.table.places)}
    own = np.array([places[place] for place, _ in roster.table.sectors], np.int64)
    return is_outage(scene)[own]


def _end(scene: Scene, gateways: Gateways, code: int) -> None:
    state, roster = scene.state, scene.roster
    place, name = roster.table.sectors[code]
    id_ = alert_id(f"{place}/{name}", AlertKind.OUTAGE, int(state.street_us[code]))
    note = f"fewer than {street.LEAST} of what was lost are still out"
    scene.actions.append(Step(Event.WORK_AGAIN, id_, note))
    lost = rows_where(gateways.is_lost & (roster.gateway_sector == code))
    let_wait(scene, lost[in_street(scene, gateways, lost) >= 0])
    state.street_us[code] = state.street_from_us[code] = NEVER
