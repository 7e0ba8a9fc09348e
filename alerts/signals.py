"""Life-safety signals as findings: from readings of enrolled sensors, and from strays.

Nothing about a signal keeps it from being raised: not its age, its clock, the state of its home,
nor that nobody knows its sensor (safety rule 1).
"""

import hashlib
from collections.abc import Mapping
from typing import Final

import numpy as np

from alerts.alert import PRIORITY, AlertKind, Finding, Priority, Verdict, alert_id
from alerts.detect.columns import MINUTE_US, Rows, rows_where
from alerts.detect.roster import Roster
from alerts.words import SIGNAL, clock, day, span
from alerts.zones import zone_of
from config.homes import HomeState
from config.places import Place
from ingest.batch import Batch
from ingest.message import Reason, Stray
from ingest.sink import Entry

LATE_US: Final = 10 * MINUTE_US
"""A signal received this long after its event says that it is late."""

_WHY: Final = {
    Reason.UNKNOWN_SENSOR.value: "from a sensor that is not enrolled",
    Reason.UNKNOWN_GATEWAY.value: "from a gateway that is not enrolled",
    Reason.WRONG_PLACE.value: "from a gateway that publishes under another place's name",
    Reason.NO_CONSENT.value: "from a home that is not being watched",
    Reason.BEFORE_MOVE.value: "from a device that was moved here, of a time before that",
    Reason.RETAINED.value: "from a message that the broker had kept, so it may be old",
}


def find(
    entry: Entry, roster: Roster, places: Mapping[str, Place], orphan_place: str
) -> list[Finding]:
    """Return a finding for every signal of a journal entry, whatever is wrong with it."""
    found = []
    for row in find_rows(entry.batch, roster).tolist():
        try:
            found.append(from_row(entry.batch, row, roster, places))
        except (LookupError, ValueError, ArithmeticError):
            found.append(_bare(f"{entry.seq}.{row}", entry.batch, row, orphan_place))
    return found + [from_stray(stray, roster, places, orphan_place) for stray in entry.strays]


def find_rows(batch: Batch, roster: Roster) -> Rows:
    """Return the rows of the batch that are life-safety signals."""
    is_known = batch.sensor < len(roster.sensor_is_life_safety)
    sensor = np.where(is_known, batch.sensor, 0)
    if not len(roster.sensor_is_life_safety):
        return np.zeros(0, np.intp)
    return rows_where(is_known & roster.sensor_is_life_safety[sensor] & (batch.value > 0))


def from_row(batch: Batch, row: int, roster: Roster, places: Mapping[str, Place]) -> Finding:
    """Return the finding of one signal of an enrolled sensor."""
    sensor = roster.table.sensor(int(batch.sensor[row]))
    gateway = roster.table.gateways[sensor.gateway]
    number = sensor.home if sensor.home is not None else gateway.home
    home = None if number is None else roster.table.homes[number]
    place = gateway.place if home is None else home.place
    onset_us = int(batch.time[row].astype(np.int64))
    received_us = int(batch.received[row].astype(np.int64))
    kind = AlertKind(sensor.kind.value)
    zone = zone_of(places, place)
    where = f" in the {sensor.room}" if sensor.room else ""
    sentence = f"{SIGNAL[kind]}{where} at {clock(onset_us, zone)}."
    is_late = received_us - onset_us > LATE_US
    if is_late:
        sentence += f" Received {span(received_us - onset_us)} later."
    is_canary = home is not None and home.state is HomeState.TEST
    tester = "" if home is None else roster.table.tester(home.number, onset_us, received_us)
    if is_canary:
        sentence = f"Test alarm at {clock(onset_us, zone)}: the way that alerts take is proven."
    elif tester:
        sentence = f"TEST: {sentence} A walk test is under way."
    elif home is not None and home.state is not HomeState.ACTIVE:
        sentence += f" The home is {home.state.value.replace('-', ' ')}."
    elif home is not None and roster.table.is_paused(home.number, received_us):
        sentence += " The home is paused."
    subject = gateway.subject if home is None else home.id
    return Finding(
        id=alert_id(subject, kind, onset_us, sensor.id),
        kind=kind,
        priority=_priority(kind, places.get(place)),
        verdict=Verdict.PERSON,
        place=place,
        home="" if home is None else home.id,
        gateway=gateway.id,
        sensor=sensor.id,
        onset_us=onset_us,
        found_us=received_us,
        sentence=sentence,
        evidence=_evidence(onset_us, sensor.id, str(onset_us), received_us),
        is_late=is_late,
        is_test=is_canary or bool(tester),
        tester=tester,
    )


def from_stray(
    stray: Stray, roster: Roster, places: Mapping[str, Place], orphan_place: str
) -> Finding:
    """Return the finding of a signal that has no place in the columns.

    It goes to the home of its sensor or gateway where that is known, else to the place of the
    gateway or topic, else to ``orphan_place``.
    """
    table = roster.table
    gateway = table.gateways.get(table.gateway_number.get(stray.gateway, -1))
    sensor = table.sensors.get(stray.sensor)
    number = stray.home if stray.home >= 0 or gateway is None else gateway.home
    home = None if number is None else table.homes.get(number)
    owner = home.place if home is not None else gateway.place if gateway is not None else ""
    place = owner or (stray.place if stray.place in places else orphan_place)
    kind = _kind(stray.kind)
    zone = zone_of(places, place)
    source = sensor.id if sensor is not None else _source(stray)
    where = f" in the {sensor.room}" if sensor is not None and sensor.room else ""
    why = f", {_WHY[stray.reason]}" if stray.reason in _WHY else ""
    sentence = f"{SIGNAL[kind]}{where}{why}"
    sentence += f", received at {clock(stray.received_us, zone)}."
    is_late = False
    if stray.claimed_us is not None:
        gap_us = stray.received_us - stray.claimed_us
        is_late = gap_us > LATE_US
        if abs(gap_us) > LATE_US:
            sentence += f" The device's clock said {day(stray.claimed_us, zone)}."
    evidence = {
        **_evidence(stray.received_us, source, str(stray.received_us), stray.received_us),
        "reason": stray.reason,
        "claimed_us": stray.claimed_us,
    }
    return Finding(
        id=alert_id(stray.gateway or place, kind, stray.key, source),
        kind=kind,
        priority=_priority(kind, places.get(place)),
        verdict=Verdict.UNKNOWN if sensor is None else Verdict.PERSON,
        place=place,
        home="" if home is None else home.id,
        gateway=stray.gateway if gateway is not None else "",
        sensor="" if sensor is None else sensor.id,
        onset_us=stray.received_us,
        found_us=stray.received_us,
        sentence=sentence,
        evidence=evidence,
        is_late=is_late,
        is_test=home is not None and home.state is HomeState.TEST,
    )


def _bare(key: str, batch: Batch, row: int, place: str) -> Finding:
    """The least that can be said: a roster that contradicts itself silences no signal."""
    received_us = int(batch.received[row].astype(np.int64))
    kind, source = AlertKind.PENDANT, f"sensor-{int(batch.sensor[row])}"
    return Finding(
        id=alert_id(place, kind, key, source),
        kind=kind,
        priority=Priority.P1,
        verdict=Verdict.UNKNOWN,
        place=place,
        home="",
        gateway="",
        sensor="",
        onset_us=received_us,
        found_us=received_us,
        sentence="A life-safety signal from a sensor whose home cannot be looked up.",
        evidence=_evidence(received_us, source, key, received_us),
    )


def _kind(name: str) -> AlertKind:
    """An unheard-of signal is still somebody calling for help."""
    return AlertKind(name) if name in {kind.value for kind in SIGNAL} else AlertKind.PENDANT


def _priority(kind: AlertKind, place: Place | None) -> Priority:
    if kind is AlertKind.FLOOD and place is not None:
        return Priority(place.limits.flood_priority)
    return PRIORITY[kind]


def _source(stray: Stray) -> str:
    """A stand-in for an address, which a hub may have given a person's name."""
    return hashlib.sha256(f"{stray.gateway}\x1f{stray.address}".encode()).hexdigest()[:12]


def _evidence(onset_us: int, source: str, event: str, received_us: int) -> dict[str, object]:
    return {
        "event": event,
        "source": source,
        "first_us": onset_us,
        "last_us": onset_us,
        "received_us": received_us,
        "signals": 1,
        "signals_needed": 1,
    }
