"""A recording of real sensors: its columns, what its sensors measure, and its roster."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from config.enrol import STATUS_DIALECT
from config.homes import Enrolment, Gateway, Home, Sensor
from config.kinds import Kind
from ingest.clock_mark import SLICE_US
from sensors_sim.dialects.dialect import NATIVE, Outgoing
from sensors_sim.encode import Encoder
from sensors_sim.kit import make_id
from sensors_sim.readings import Readings

BOOT: Final = "recording"


class BadRecording(ValueError):
    """A recorded file is wrong; the message says where, what it is and what was expected."""


@dataclass(frozen=True, slots=True)
class RecordedSensor:
    """One sensor of a recording and what it is taken to measure."""

    address: str
    kind: Kind
    room: str = ""
    is_exit: bool = False


@dataclass(frozen=True, slots=True)
class Recording:
    """Readings ordered by time; ``readings.sensor`` is a row of ``sensors``.

    Repeats of one (sensor, time, value) stay in, as they were recorded.
    """

    sensors: tuple[RecordedSensor, ...]
    readings: Readings


@dataclass(frozen=True, slots=True)
class Tape:
    """Recorded MQTT messages in time order: (topic, payload, microseconds since 1970 UTC)."""

    messages: tuple[tuple[str, bytes, int], ...]


@dataclass(frozen=True, slots=True)
class Slice:
    """What happened up to ``end_us`` since the slice before."""

    end_us: int
    messages: Sequence[Outgoing]


def suggest(words: str) -> tuple[Kind, str, bool] | None:
    """Return kind, room and is_exit that these words of a sensor suggest, None if none do."""
    said = words.lower()
    kind = next((kind for word, kind in _KINDS if word in said), None)
    if kind is None:
        return None
    room = next((room for word, room in _ROOMS if word in said), "")
    return kind, room, kind is Kind.CONTACT and any(word in said for word in _EXITS)


_EXITS: Final = ("front door", "frontdoor", "front-door", "maindoor", "main door", "back door")
_KINDS: Final = (
    ("pir", Kind.MOTION),
    ("motion", Kind.MOTION),
    ("occupancy", Kind.MOTION),
    ("press bed", Kind.BED),
    ("mat bed", Kind.BED),
    ("bed mat", Kind.BED),
    ("bed pressure", Kind.BED),
    ("bed-pressure", Kind.BED),
    ("couch", Kind.CHAIR),
    ("seat", Kind.CHAIR),
    ("chair", Kind.CHAIR),
    ("temperature", Kind.TEMPERATURE),
    ("humidity", Kind.HUMIDITY),
    ("illuminance", Kind.ILLUMINANCE),
    ("power", Kind.POWER),
    ("kettle", Kind.POWER),
    ("smoke", Kind.SMOKE),
    ("monoxide", Kind.CARBON_MONOXIDE),
    ("flood", Kind.FLOOD),
    ("leak", Kind.FLOOD),
    ("pendant", Kind.PENDANT),
    ("fall", Kind.FALL),
    ("medication", Kind.MEDICATION),
    ("battery", Kind.BATTERY),
    ("signal", Kind.SIGNAL),
    *(
        (word, Kind.CONTACT)
        for word in (
            "contact", "door", "magnetic", "flush", "float", "fridge", "refrigerator", "freezer",
            "cupboard", "cabinet", "drawer", "drove", "dresser", "microwave", "magnetron",
            "toaster", "dishwasher", "washing", "electric", "stove", "reed", "mercury", "keys",
            "lift", "bed",
        )
    ),
)  # fmt: skip
"""What a word suggests; the first that is found counts. A switch of an appliance that only
says on and off is a contact: it measures no power."""

_ROOMS: Final = (
    ("bathroom", "bathroom"),
    ("badkamer", "bathroom"),
    ("toilet", "bathroom"),
    ("bath", "bathroom"),
    ("shower", "bathroom"),
    ("basin", "bathroom"),
    ("sink", "bathroom"),
    ("gootsteen", "kitchen"),
    ("bed", "bedroom"),
    ("slaapkamer", "bedroom"),
    ("dresser", "bedroom"),
    ("living", "living room"),
    ("couch", "living room"),
    ("seat", "living room"),
    ("chair", "living room"),
    ("front", "hall"),
    ("maindoor", "hall"),
    ("entrance", "hall"),
    ("hall", "hall"),
    *(
        (word, "kitchen")
        for word in (
            "kitchen", "keuken", "fridge", "refrigerator", "freezer", "cupboard", "cabinet",
            "drawer", "microwave", "magnetron", "toaster", "dishwasher", "stove", "pans", "cups",
            "plates", "cooktop", "scraps", "kettle",
        )
    ),
)  # fmt: skip


def roster(recording: Recording, place: str, *, seed: int = 1, label: str = "") -> Enrolment:
    """Return one home with one native gateway that has the sensors of a recording.

    The rows of its sensors are those of the recording; the gateway's own status comes last.
    """
    home = Home(1, make_id(seed, "home", 1), place, label or "Recorded home")
    gateway = Gateway(1, make_id(seed, "gateway", 1), place, 1)
    sensors = [
        Sensor(
            row + 1,
            make_id(seed, "sensor", row + 1),
            1,
            1,
            NATIVE,
            sensor.address,
            sensor.kind,
            sensor.room,
            sensor.is_exit,
        )
        for row, sensor in enumerate(recording.sensors)
    ]
    number = len(sensors) + 1
    sensors.append(
        Sensor(
            number, make_id(seed, "sensor", number), 1, 1, STATUS_DIALECT, "", Kind.GATEWAY_STATUS
        )
    )
    return Enrolment((home,), (gateway,), tuple(sensors))


def replay_slices(
    recording: Recording, place: str, gateway: str, *, slice_us: int = SLICE_US
) -> Iterator[Slice]:
    """Yield a recording as native messages of this gateway, slice by slice without a gap."""
    enrolment = roster(recording, place)
    named = Gateway(1, gateway, place, 1)
    encoder = Encoder(Enrolment(enrolment.homes, (named,), enrolment.sensors), BOOT)
    time_us = recording.readings.time_us
    if not len(time_us):
        return
    start_us = int(time_us[0]) // slice_us * slice_us
    count = (int(time_us[-1]) - start_us) // slice_us + 1
    ends = start_us + slice_us * np.arange(1, count + 1)
    row = 0
    for end_us, stop in zip(ends.tolist(), np.searchsorted(time_us, ends).tolist(), strict=True):
        yield Slice(end_us, encoder.encode(recording.readings.take(slice(row, stop))))
        row = stop


def replay_messages(recording: Recording, place: str, gateway: str) -> list[Outgoing]:
    """Return a recording as native messages of this gateway, in time order."""
    return [
        message for part in replay_slices(recording, place, gateway) for message in part.messages
    ]
