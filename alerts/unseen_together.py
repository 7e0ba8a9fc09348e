"""Homes that one outage hides: past the limits of their tiers they are told together, once.

Rule 4 holds: somebody is told of each, by an alert that is escalated like any other; each is on
the list of unwatched homes. Two thousand alerts of one cause would hide the one that matters.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from alerts.action import Step
from alerts.detect.columns import NEVER, Bools, Ints, Rows, rows_where
from alerts.detect.watched import Reason
from alerts.due import Gateways
from alerts.lifecycle import Event
from alerts.outages import is_outage
from alerts.place_findings import together_id, unwatched_together
from alerts.scene import Scene
from alerts.streets import in_street

_OVER = "the outage is over, please confirm that each person was seen"


@dataclass(frozen=True, slots=True)
class Covers:
    """By home of a list: the street (sector) that hides it, or -1, and its outage, or NEVER.

    Without a street the outage is that of the place. An outage is named by when it was found.
    """

    sector: Ints
    outage_us: Ints


def covers_of(scene: Scene, gateways: Gateways, homes: Rows) -> Covers:
    """Return which outage would hide each of these homes; a street's before its place's."""
    state, roster = scene.state, scene.roster
    place = roster.home_place[homes]
    outage_us = np.where(is_outage(scene)[place], state.outage_us[place], NEVER)
    sector = np.full(len(homes), -1, np.int64)
    if (state.street_us != NEVER).any():
        sector = _streets(scene, gateways)[homes]
        outage_us = np.where(sector >= 0, state.street_us[np.maximum(sector, 0)], outage_us)
    return Covers(sector, outage_us)


def tell_together(scene: Scene, homes: Rows, covers: Covers, is_due: Bools) -> None:
    """Tell these homes, each with those that were told of the same outage before."""
    state, roster = scene.state, scene.roster
    place = roster.home_place[homes]
    key = np.where(covers.sector >= 0, len(state.told_us) + covers.sector, place)
    for one in np.unique(key[is_due]).tolist():
        mine = key == one
        outage_us = int(covers.outage_us[mine & is_due][0])
        told = homes[mine & (is_due | (state.unwatched_us[homes] == -outage_us))]
        code = int(covers.sector[mine][0])
        sector = roster.table.sectors[code][1] if code >= 0 else ""
        since = {number: int(state.blind_us[number]) for number in told.tolist()}
        _tell(scene, since, Reason.OUTAGE, outage_us, sector)
        if code >= 0:
            state.street_told_us[code] = scene.now_us
        else:
            state.told_us[one] = scene.now_us
        state.unwatched_us[told] = -outage_us


def tell_unlinked(scene: Scene, homes: Rows, lost_us: int) -> None:
    """Tell these homes, which nobody sees since our own link was lost; one alert a place."""
    state, roster = scene.state, scene.roster
    place = roster.home_place[homes]
    is_told = state.unwatched_us[homes] == -lost_us
    for code in np.unique(place[state.unwatched_us[homes] == NEVER]).tolist():
        told = homes[(place == code) & ((state.unwatched_us[homes] == NEVER) | is_told)]
        _tell(scene, dict.fromkeys(told.tolist(), lost_us), Reason.LINK, lost_us)
        state.link_told_us[code] = scene.now_us
        state.unwatched_us[told] = -lost_us


def end_together(scene: Scene) -> None:
    """Lower what was told of outages that are over; our own link stands while ticks run."""
    state, roster = scene.state, scene.roster
    over = (state.told_us != NEVER) & ~is_outage(scene)
    for code in rows_where(over).tolist():
        _end(scene, roster.table.places[code], "", Reason.OUTAGE, int(state.told_us[code]))
    state.told_us[over] = NEVER
    over = (state.street_told_us != NEVER) & (state.street_us == NEVER)
    for code in rows_where(over).tolist():
        place, sector = roster.table.sectors[code]
        _end(scene, place, sector, Reason.OUTAGE, int(state.street_told_us[code]))
    state.street_told_us[over] = NEVER
    linked = state.link_told_us != NEVER
    for code in rows_where(linked).tolist():
        _end(scene, roster.table.places[code], "", Reason.LINK, int(state.link_told_us[code]))
    state.link_told_us[linked] = NEVER


def _streets(scene: Scene, gateways: Gateways) -> Ints:
    """Return, by home, the sector of a street's outage that all of its gateways are in, or -1."""
    roster = scene.roster
    sector = in_street(scene, gateways, roster.pair_gateway)
    is_in = sector >= 0
    count = np.bincount(roster.pair_home[is_in], minlength=len(roster.home_gateways))
    result = np.full(len(roster.home_gateways), -1, np.int64)
    result[roster.pair_home[is_in]] = sector[is_in]
    result[count != roster.home_gateways] = -1
    return result


def _tell(
    scene: Scene, since: Mapping[int, int], reason: Reason, outage_us: int, sector: str = ""
) -> None:
    """Tell of these homes (number -> since when nobody saw them), which are of one place."""
    limit_us = scene.roster.unwatched_limit_us
    homes = [(scene.home(number), at_us, int(limit_us[number])) for number, at_us in since.items()]
    place = homes[0][0].place
    finding = unwatched_together(
        place,
        scene.zone(place),
        homes,
        reason=reason.value,
        outage_us=outage_us,
        found_us=scene.now_us,
        sector=sector,
    )
    scene.actions.append(finding)


def _end(scene: Scene, place: str, sector: str, reason: Reason, told_us: int) -> None:
    id_ = together_id(place, sector, reason.value, told_us)
    scene.actions.append(Step(Event.EASE, id_, _OVER))
