"""A recording of real sensors: its columns, what its sensors measure, and its roster."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from config.enrol import STATUS_DIALECT
from config.homes import Enrolment, Gateway, Home, Sensor
from config.kinds import Kind
from ingest.clock_mark import SLICE_US
from sensors_sim.deliveries import Deliveries, at_once, in_order
from sensors_sim.dialects.dialect import NATIVE, Outgoing
from sensors_sim.encode import Encoder
from sensors_sim.kit import make_id
from sensors_sim.readings import Readings

BOOT: Final = "recording"


class BadRecording(ValueError):
    """A recorded file is wrong; the message says where, what it is and what was expected."""


@dataclass(frozen=True, slots=True)
class RecordedSensor:
    """One sensor of a recording and what it is taken to measure, and the home that it is in."""

    address: str
    kind: Kind
    room: str = ""
    is_exit: bool = False
    home: str = ""


@dataclass(frozen=True, slots=True)
class Recording:
    """Readings ordered by time; ``readings.sensor`` is a row of ``sensors``.

    Repeats of one (sensor, time, value) stay in, as they were recorded. ``arrived_us`` int64[n]
    says when each reached the broker, None where each did as it was made. ``notes`` tell what
    was put right or left out on reading.
    """

    sensors: tuple[RecordedSensor, ...]
    readings: Readings
    arrived_us: NDArray[np.int64] | None = None
    notes: tuple[str, ...] = ()

    @property
    def deliveries(self) -> Deliveries:
        """The readings in the order of arrival."""
        if self.arrived_us is None:
            return at_once(self.readings)
        made = self.readings
        return in_order(Deliveries(made.sensor, made.time_us, made.value, self.arrived_us))


@dataclass(frozen=True, slots=True)
class Tape:
    """Recorded MQTT messages in time order: (topic, payload, microseconds since 1970 UTC).

    ``notes`` tell what was put right on reading.
    """

    messages: tuple[tuple[str, bytes, int], ...]
    notes: tuple[str, ...] = ()


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


def roster(
    recording: Recording, place: str, *, seed: int = 1, label: str = "", gateway: str = ""
) -> Enrolment:
    """Return the homes of a recording, each with one native gateway that has its sensors.

    The rows of its sensors are those of the recording; the gateways' own status comes last.
    ``gateway`` is the id of the only gateway, or what the ids of several begin with.
    """
    names = list(dict.fromkeys(sensor.home for sensor in recording.sensors)) or [""]
    number = {name: i for i, name in enumerate(names, start=1)}
    homes = tuple(
        Home(i, make_id(seed, "home", i), place, _label(label, name)) for name, i in number.items()
    )
    gateways = tuple(
        Gateway(i, _gateway_id(seed, gateway, i, names), place, i) for i in number.values()
    )
    sensors = [
        _enrolled(sensor, row, number[sensor.home], seed)
        for row, sensor in enumerate(recording.sensors, start=1)
    ]
    own = {sensor.gateway for sensor in sensors if sensor.kind is Kind.GATEWAY_STATUS}
    for row, i in enumerate((i for i in number.values() if i not in own), len(sensors) + 1):
        status = RecordedSensor("", Kind.GATEWAY_STATUS)
        sensors.append(_enrolled(status, row, i, seed))
    return Enrolment(homes, gateways, tuple(sensors))


def _enrolled(sensor: RecordedSensor, row: int, home: int, seed: int) -> Sensor:
    is_status = sensor.kind is Kind.GATEWAY_STATUS
    return Sensor(
        row,
        make_id(seed, "sensor", row),
        home,
        home,
        STATUS_DIALECT if is_status else NATIVE,
        "" if is_status else sensor.address,
        sensor.kind,
        sensor.room,
        sensor.is_exit,
    )


def _label(label: str, name: str) -> str:
    return label or (f"Recorded home {name}" if name else "Recorded home")


def _gateway_id(seed: int, gateway: str, number: int, names: Sequence[str]) -> str:
    if not gateway:
        return make_id(seed, "gateway", number)
    return gateway if len(names) == 1 else f"{gateway[:35]}-{number:04d}"


def slices(
    enrolment: Enrolment, deliveries: Deliveries, *, slice_us: int = SLICE_US
) -> Iterator[Slice]:
    """Yield deliveries as the messages of this roster, slice by slice without a gap.

    They must be in the order of arrival; their ``sensor`` is a row of the roster's sensors.
    """
    sent_us = deliveries.sent_us
    if not len(sent_us):
        return
    encoder = Encoder(enrolment, BOOT)
    start_us = int(sent_us[0]) // slice_us * slice_us
    count = (int(sent_us[-1]) - start_us) // slice_us + 1
    ends = start_us + slice_us * np.arange(1, count + 1)
    row = 0
    for end_us, stop in zip(ends.tolist(), np.searchsorted(sent_us, ends).tolist(), strict=True):
        yield Slice(end_us, encoder.encode(deliveries.take(slice(row, stop))))
        row = stop


def replay_slices(
    recording: Recording, place: str, gateway: str, *, slice_us: int = SLICE_US
) -> Iterator[Slice]:
    """Yield a recording as native messages of this gateway, slice by slice without a gap."""
    named = roster(recording, place, gateway=gateway)
    return slices(named, recording.deliveries, slice_us=slice_us)


def replay_messages(recording: Recording, place: str, gateway: str) -> list[Outgoing]:
    """Return a recording as native messages of this gateway, in time order."""
    return [
        message for part in replay_slices(recording, place, gateway) for message in part.messages
    ]
