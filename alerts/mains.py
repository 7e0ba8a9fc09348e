"""Gateways whose mains failed: told one by one, unless a street or a place is without power.

A hub on its battery still sees the home: what it says of the mains changes no clock of a person.
"""

import numpy as np

from alerts.action import Step
from alerts.alert import AlertKind, alert_id
from alerts.detect.columns import MINUTE_US, Rows, rows_where
from alerts.due import Gateways
from alerts.findings_plant import mains_failed
from alerts.lifecycle import Event
from alerts.outages import OUTAGE_FIRST_US, is_outage
from alerts.scene import Scene
from alerts.streets import failed_gateways, street_of


def watch_mains(scene: Scene, gateways: Gateways) -> None:
    """Raise gateways on battery that are to be told now; close those that are on mains again."""
    state, roster = scene.state, scene.roster
    if not len(roster.mains):
        return
    rows, since_us = failed_gateways(scene)
    told = rows_where(state.mains_min != 0)
    for number in told[~np.isin(told, rows)].tolist():
        gateway, onset = roster.table.gateways[number], int(state.mains_min[number]) * MINUTE_US
        id_ = alert_id(gateway.subject, AlertKind.MAINS_FAILED, onset)
        scene.actions.append(Step(Event.WORK_AGAIN, id_, "on mains again"))
        state.mains_min[number] = 0
    is_due = (state.mains_min[rows] == 0) & roster.gateway_is_used[rows]
    is_due &= scene.now_us - since_us >= OUTAGE_FIRST_US
    # One that is lost too is told as silent, with what it said of its mains.
    is_due &= ~gateways.is_lost[rows] & ~is_outage(scene)[roster.gateway_place[rows]]
    is_due &= street_of(scene, rows, since_us) < 0
    for number, since in zip(rows[is_due].tolist(), since_us[is_due].tolist(), strict=True):
        gateway = roster.table.gateways[number]
        home = None if gateway.home is None else roster.table.homes.get(gateway.home)
        zone = scene.zone(gateway.place)
        scene.actions.append(
            mains_failed(gateway, home, zone, since, scene.now_us, OUTAGE_FIRST_US)
        )
        state.mains_min[number] = since // MINUTE_US


def forget_mains(scene: Scene, back: Rows) -> None:
    """Forget what these gateways, heard again, said of their mains before they were lost."""
    state, roster = scene.state, scene.roster
    mine = roster.mains[np.isin(roster.sensor_gateway[roster.mains], back)]
    lost_us = state.gateway_lost_us[roster.sensor_gateway[mine]]
    since_us = state.opened_min[mine].astype(np.int64) * MINUTE_US
    state.opened_min[mine[since_us <= lost_us]] = 0
    scene.due.mains = None


def mains_us(scene: Scene, number: int) -> int | None:
    """Return since when the mains of this gateway are gone, None while they are not."""
    rows, since_us = failed_gateways(scene)
    found = rows_where(rows == number)
    return int(since_us[found[0]]) if len(found) else None


def home_mains_us(scene: Scene, home: int) -> int | None:
    """Return since when the mains of a gateway of this home are gone, None while they are not."""
    rows, since_us = failed_gateways(scene)
    own = scene.roster.pair_gateway[scene.roster.pair_home == home]
    found = since_us[np.isin(rows, own)]
    return int(found.min()) if len(found) else None
