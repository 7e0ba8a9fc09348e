"""The roster as the detectors need it: limits and memberships as columns."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from alerts.detect import pauses
from alerts.detect.booked import Bookings, build_bookings
from alerts.detect.caps import Allowances, columns
from alerts.detect.columns import (
    HOUR_US,
    MINUTE_US,
    SECOND_US,
    Bools,
    Floats,
    Ints,
    Rows,
    rows_where,
)
from alerts.detect.groups import (
    HOMES_A_TURN,
    any_by,
    by_code,
    by_turn,
    devices,
    sectors,
    turns,
)
from alerts.detect.pauses import Pauses
from alerts.detect.roles import Roles, build_roles
from alerts.detect.rooms import Rooms, build_rooms
from alerts.detect.technical import UNPACED_US
from alerts.detect.things import Things, build_things
from alerts.detect.tuning import Tuning, build_tuning
from config.homes import GoesOut, HomeState
from config.kinds import CADENCE_S, CODE, IS_LIFE_SAFETY, IS_PERSON_SIGN, Kind
from config.places import Limits, Place
from config.sensor_table import NONE, STATE_CODE, SensorTable
from ingest.batch import Batch

DEFAULT_ZONE: Final = "Europe/London"
_PACE_GATEWAY: Final = 1.5
_PACE_DEVICE: Final = 3.0
_PROOF_US: Final = int(2.5 * HOUR_US)


@dataclass(frozen=True, slots=True)
class Roster:
    """Columns by home, sensor, gateway, device and (home, gateway) pair.

    ``outage_*`` are by place. ``gateway_sector`` is the postcode sector of all its homes, NONE
    where they have none or several. ``sensor_lead`` is the first sensor of the same device, under
    whose number the device's state is kept.
    ``gateway_is_proof`` says that its silence is noticed before a person's would be raised.
    """

    table: SensorTable
    zones: tuple[str, ...]
    home_zone: Ints
    home_place: Ints
    homes_by_place: Rows
    place_start: Rows
    """Where the homes of each place begin in ``homes_by_place``, and after the last of all."""

    home_is_enrolled: Bools
    """Whether it is to be watched while nobody pauses it."""

    home_is_active: Bools
    """... and is not paused at the moment that ``paused_at`` was given, nor yet elsewhere."""

    home_since_us: Ints
    """Since when it is where it is, 0 where it never moved."""

    moved_homes: Rows
    moved_us: int
    """Those that ever moved, and when the last of them did."""

    home_is_untested: Bools
    """Whether no walk test has been passed since it moved."""

    home_is_unsettled: Bools
    """... or it had not moved at the moment of ``paused_at``; not where it is paused."""

    home_has_signs: Bools
    home_is_bare: Bools
    """Whether what told of the person has left it since ``home_bare_us``: it cannot be seen."""

    home_bare_us: Ints
    home_is_alone: Bools
    floor_us: Ints
    cap_us: Ints
    not_back_us: Ints
    least_silence_us: int
    """Nothing shorter is raised in any home: what is shorter need not be looked at."""

    silence_z: Floats
    place_zone: Ints
    place_budget: Floats
    """Alerts per 100 homes a week by place, NaN where the place chose its threshold itself."""

    allowances: Allowances
    pauses: Pauses
    outage_share: Floats
    outage_expected: Floats
    unwatched_limit_us: Ints
    cold_c: Floats
    """float64[2, homes]: below review, below danger."""

    cold_most_c: float
    """No home is cold from here on."""

    hot_least_c: float
    """No home is hot up to here."""

    sensor_home: Ints
    sensor_gateway: Ints
    sensor_kind: Ints
    sensor_lead: Ints
    sensor_is_exit: Bools
    sensor_is_life_safety: Bools
    sensor_roles: Roles
    device: Rows
    device_limit_us: Ints
    device_is_paced: Bools
    device_is_person: Bools
    device_home: Ints
    device_gateway: Ints
    home_devices: Ints
    """int64[homes]: how many devices see a person there."""

    devices_by_home: Rows
    home_device_start: Ints
    """Rows of the devices that see a person, by home: where those of each home begin in it."""

    device_turns: tuple[Rows, ...]
    """Rows of the devices that see a person, by the turn of the hour in which they are judged."""

    homes_a_turn: int
    """Homes of neighbouring numbers that share a turn."""

    thermometer: Rows
    """Sensors that tell the temperature of a home."""

    thermometers_by_home: Rows
    home_thermometer_start: Ints
    """The same by home, and where those of each home begin."""

    thermometer_homes: tuple[Rows, ...]
    """Homes with one, by turn; each once, by number."""

    thermometer_turns: tuple[Rows, ...]
    is_contact: Bools
    contact_turns: tuple[Rows, ...]
    """Thermometers and contacts of a home by its turn, as ``device_turns``."""

    replaced: Rows
    """Sensors for which another device speaks than in the beginning."""

    mains: Rows
    """Sensors that tell whether the mains failed, of any gateway."""

    gateway_place: Ints
    gateway_sector: Ints
    gateway_limit_us: Ints
    gateway_is_proof: Bools
    gateway_is_used: Bools
    pair_home: Ints
    pair_gateway: Ints
    pairs_by_gateway: Rows
    gateway_pair_start: Ints
    """Rows of pairs by gateway, and where those of each gateway begin."""

    home_gateways: Ints
    rooms: Rooms
    things: Things
    bookings: Bookings
    tuning: Tuning
    """Settings by place, and of homes that have some for themselves."""

    @property
    def sizes(self) -> dict[str, int]:
        """Rows of each axis of the state."""
        return {
            "home": len(self.home_zone),
            "sensor": len(self.sensor_home),
            "gateway": len(self.gateway_place),
            "place": len(self.table.places),
            "sector": len(self.table.sectors),
        }

    def threshold_z(self, place_z: Floats) -> Floats:
        """Return each home's threshold: its place's budget's, unless one of them chose its own."""
        if not len(place_z):
            return self.silence_z
        z = place_z[np.maximum(self.home_place, 0)]
        return np.where(np.isnan(z) | self.tuning.is_own("silence_z"), self.silence_z, z)

    def tuned(self, name: str, homes: Rows) -> Floats:
        """Return a parameter's value, float64[k], for these k homes."""
        return self.tuning.of(name, homes)


def build_roster(
    table: SensorTable, places: Mapping[str, Place], homes_a_turn: int = HOMES_A_TURN
) -> Roster:
    """Return the columns of this roster; a place without a file gets the default limits."""
    limits = [places[key].limits if key in places else Limits() for key in table.places]
    tuning = build_tuning(table, places)
    zone_names = [
        places[key].time_zone if key in places else DEFAULT_ZONE for key in table.places
    ] or [DEFAULT_ZONE]
    zones = tuple(sorted(set(zone_names)))
    zone_of_place = np.array([zones.index(name) for name in zone_names], np.int64)
    home_place = table.home_place.astype(np.int64)
    place_row = np.maximum(home_place, 0)
    by_place = np.argsort(home_place, kind="stable")[int((home_place == NONE).sum()) :]
    sensor_home = table.sensor_home.astype(np.int64)
    sensor_gateway = table.sensor_gateway.astype(np.int64)
    sensor_kind = table.sensor_kind.astype(np.int64)
    is_active = table.home_state == STATE_CODE[HomeState.ACTIVE]
    is_alone = np.zeros(len(home_place), np.bool_)
    since_us, is_untested = np.zeros(len(home_place), np.int64), np.zeros(len(home_place), np.bool_)
    elsewhere = sorted(h.number for h in table.homes.values() if h.since_us)
    since_us[elsewhere] = [table.homes[number].since_us for number in elsewhere]
    is_untested[[n for n in elsewhere if table.homes[n].is_untested]] = True
    is_alone[[h.number for h in table.homes.values() if h.goes_out is GoesOut.ALONE]] = True
    is_used = sensor_kind != NONE
    is_person = is_used & IS_PERSON_SIGN[sensor_kind] & (sensor_home != NONE)
    has_signs = np.zeros(len(home_place), np.bool_)
    has_signs[sensor_home[is_person]] = True
    bare_us = np.zeros(len(home_place), np.int64)
    for home in table.homes.values():
        bare_us[home.number] = home.bare_us
    is_life_safety = is_used & IS_LIFE_SAFETY[sensor_kind]
    # A call for help may be on its way while its sensor leaves the home.
    is_life_safety[[s.number for s in table.ended.values() if IS_LIFE_SAFETY[s.kind.code]]] = True

    lead, device = devices(table.sensor_device)
    pace_s = np.where(is_used, CADENCE_S[sensor_kind], np.inf)
    device_pace = np.full(len(lead), np.inf)
    np.minimum.at(device_pace, lead, pace_s)
    gateway_pace = np.full(len(table.gateway_place), np.inf)
    np.minimum.at(gateway_pace, sensor_gateway[is_used], pace_s[is_used])
    is_device_person = any_by(lead, is_person, len(lead))[device]

    pairs = np.unique(np.stack([sensor_home[is_person], sensor_gateway[is_person]]), axis=1)
    used_gateway = np.zeros(len(table.gateway_place), np.bool_)
    used_gateway[pairs[1][is_active[pairs[0]]]] = True
    gateway_limit = _gateway_limit(gateway_pace, table, tuning)
    rooms = build_rooms(table)
    things = build_things(table, rooms)
    thermometer = rows_where((sensor_kind == CODE[Kind.TEMPERATURE]) & (sensor_home != NONE))
    thermometer_turns = by_turn(thermometer, sensor_home[thermometer], homes_a_turn)
    is_contact = (sensor_kind == CODE[Kind.CONTACT]) & (sensor_home != NONE)
    contact = rows_where(is_contact)
    is_exit = table.sensor_is_exit & is_contact
    is_exit[is_exit] = is_alone[sensor_home[is_exit]]
    bookings = build_bookings(table, tuning)
    device_home = sensor_home[device]
    seeing = rows_where(is_device_person & (device_home >= 0))
    devices_by_home, home_device_start = by_code(seeing, device_home[seeing], len(home_place))
    by_home, home_start = by_code(thermometer, sensor_home[thermometer], len(home_place))
    pair_order, pair_start = by_code(np.arange(pairs.shape[1]), pairs[1], len(table.gateway_place))
    return Roster(
        table=table,
        zones=zones,
        home_zone=zone_of_place[place_row],
        home_place=home_place,
        homes_by_place=by_place,
        place_start=np.searchsorted(home_place[by_place], np.arange(len(table.places) + 1)),
        home_is_enrolled=is_active,
        home_is_active=is_active,
        home_since_us=since_us,
        moved_homes=np.array(elsewhere, np.intp),
        moved_us=int(since_us.max(initial=0)),
        home_is_untested=is_untested,
        home_is_unsettled=is_active & is_untested,
        home_has_signs=has_signs,
        home_is_bare=(bare_us > 0) & ~has_signs,
        home_bare_us=bare_us,
        home_is_alone=is_alone,
        floor_us=_hours(tuning, "silence_floor_h"),
        cap_us=_hours(tuning, "silence_cap_h"),
        not_back_us=_hours(tuning, "not_back_h"),
        least_silence_us=int(
            min(map(tuning.least, ("silence_floor_h", "silence_cap_h", "not_back_h"))) * HOUR_US
        ),
        silence_z=tuning.of("silence_z"),
        place_zone=zone_of_place,
        place_budget=np.array([_budget(places.get(key)) for key in table.places], np.float64),
        allowances=columns(table.allowances),
        pauses=pauses.columns(table.pauses),
        outage_share=tuning.by_place["outage_share"],
        outage_expected=tuning.by_place["outage_expected"],
        unwatched_limit_us=_unwatched_limit(table, limits),
        cold_c=np.stack([tuning.of("cold_review_c"), tuning.of("cold_danger_c")]),
        cold_most_c=max(map(tuning.most, ("cold_review_c", "cold_danger_c"))),
        hot_least_c=min(map(tuning.least, ("hot_review_c", "hot_danger_c"))),
        sensor_home=sensor_home,
        sensor_gateway=sensor_gateway,
        sensor_kind=sensor_kind,
        sensor_lead=lead,
        sensor_is_exit=is_exit,
        sensor_roles=build_roles(rooms, things, is_contact, bookings.is_way_out, is_exit),
        sensor_is_life_safety=is_life_safety,
        device=device,
        device_limit_us=_limit_us(_PACE_DEVICE * device_pace[device]),
        device_is_paced=np.isfinite(device_pace[device]),
        device_is_person=is_device_person,
        device_home=device_home,
        device_gateway=sensor_gateway[device],
        home_devices=np.bincount(
            sensor_home[device][is_device_person & (sensor_home[device] >= 0)],
            minlength=len(home_place),
        ).astype(np.int64),
        devices_by_home=devices_by_home,
        home_device_start=home_device_start,
        device_turns=turns(is_device_person, sensor_home[device], homes_a_turn),
        homes_a_turn=homes_a_turn,
        thermometer=thermometer,
        thermometers_by_home=by_home,
        home_thermometer_start=home_start,
        thermometer_homes=tuple(np.unique(sensor_home[rows]) for rows in thermometer_turns),
        thermometer_turns=thermometer_turns,
        is_contact=is_contact,
        contact_turns=by_turn(contact, sensor_home[contact], homes_a_turn),
        replaced=rows_where(table.sensor_replaced_us > 0),
        mains=rows_where(sensor_kind == CODE[Kind.MAINS]),
        gateway_place=table.gateway_place.astype(np.int64),
        gateway_sector=sectors(table, pairs),
        gateway_limit_us=gateway_limit,
        gateway_is_proof=gateway_limit <= _PROOF_US,
        gateway_is_used=used_gateway,
        pair_home=pairs[0],
        pair_gateway=pairs[1],
        pairs_by_gateway=pair_order,
        gateway_pair_start=pair_start,
        home_gateways=np.bincount(pairs[0], minlength=len(home_place)).astype(np.int64),
        rooms=rooms,
        things=things,
        bookings=bookings,
        tuning=tuning,
    )


def paused_at(roster: Roster, at_us: int) -> Roster:
    """Return the roster with the homes that are paused at this moment not active.

    Nor are those that had not moved yet to where they are now: nothing is known of them then.
    """
    if not len(roster.pauses.home) and not len(roster.moved_homes):
        return roster
    is_paused = pauses.is_paused(roster.pauses, len(roster.home_is_enrolled), at_us)
    is_ahead = roster.home_since_us > at_us
    is_awake = roster.home_is_enrolled & ~is_paused
    is_active = is_awake & ~is_ahead
    is_used = np.zeros(len(roster.gateway_place), np.bool_)
    is_used[roster.pair_gateway[is_active[roster.pair_home]]] = True
    return replace(
        roster,
        home_is_active=is_active,
        home_is_unsettled=is_awake & (is_ahead | roster.home_is_untested),
        gateway_is_used=is_used,
    )


def known(batch: Batch, roster: Roster) -> Batch:
    """Return the readings of the batch whose sensors the roster has."""
    size = len(roster.sensor_kind)
    is_known = (batch.sensor >= 0) & (batch.sensor < size)
    is_known[is_known] = roster.sensor_kind[batch.sensor[is_known]] != NONE
    return batch if is_known.all() else batch.take(is_known)


def _limit_us(seconds: Floats) -> Ints:
    finite = np.where(np.isfinite(seconds), seconds, 0) * SECOND_US
    return np.where(np.isfinite(seconds), finite, UNPACED_US).astype(np.int64)


def _gateway_limit(pace_s: Floats, table: SensorTable, tuning: Tuning) -> Ints:
    own = _limit_us(_PACE_GATEWAY * pace_s)
    place = (tuning.by_place["gateway_silent_min"] * MINUTE_US).astype(np.int64)
    return np.maximum(own, place[np.maximum(table.gateway_place, 0)])


def _budget(place: Place | None) -> float:
    return np.nan if place is None or "silence_z" in place.detectors else place.alert_budget


def _hours(tuning: Tuning, name: str) -> Ints:
    return (tuning.of(name) * HOUR_US).astype(np.int64)


def _unwatched_limit(table: SensorTable, limits: list[Limits]) -> Ints:
    """The strictest limit of the place serves a tier that the place does not name."""
    result = np.zeros(len(table.home_place), np.int64)
    for home in table.homes.values():
        hours = limits[table.places.index(home.place)].unwatched_h
        value = hours.get(str(home.risk_tier), min(hours.values(), default=2.0))
        result[home.number] = int(value * HOUR_US)
    return result
