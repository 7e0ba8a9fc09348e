"""ChirpStack v4 with codecs that name their fields as Milesight's do.

The values of a frame are in ``object``, its reception in ``rxInfo``. A charge that comes
alone is the answer to the network server's own question and makes a ``status`` event.
A reception is told only where a signal is simulated; a real server tells it every time.
"""

import hashlib
import uuid
from typing import Final

import numpy as np
from numpy.typing import NDArray

from config.kinds import Kind
from sensors_sim.deliveries import Deliveries
from sensors_sim.dialects.dialect import (
    CHIRPSTACK,
    Outgoing,
    Roster,
    Writers,
    by_frame,
    dbm,
    measured,
    spans,
    texts,
    worded,
)


def _reception(value: NDArray[np.float64]) -> list[str]:
    return [f',"rxInfo":[{{"rssi":{rssi}}}]' for rssi in dbm(value)]


WRITERS: Final[Writers] = {
    Kind.MOTION: worded("pir", '"normal"', '"trigger"'),
    Kind.CONTACT: worded("magnet_status", '"close"', '"open"'),
    # No frame knows what a seat is; the roster says what the device was put on.
    Kind.BED: worded("occupancy", '"vacant"', '"occupied"'),
    Kind.CHAIR: worded("occupancy", '"vacant"', '"occupied"'),
    Kind.SMOKE: worded("smoke_status", '"normal"', '"alarm"'),
    Kind.CARBON_MONOXIDE: worded("co_status", '"normal"', '"alarm"'),
    Kind.FLOOD: worded("leakage_status", '"normal"', '"leak"'),
    Kind.PENDANT: worded("sos", "false", "true"),
    Kind.FALL: worded("fall", "false", "true"),
    Kind.TEMPERATURE: measured("temperature"),
    Kind.HUMIDITY: measured("humidity"),
    Kind.ILLUMINANCE: measured("illumination"),
    Kind.POWER: measured("active_power"),
    Kind.BATTERY: measured("battery"),
    Kind.SIGNAL: _reception,
}
"""Every kind that it can carry."""

_F_PORT: Final = 85
_STATUS: Final = (
    '"margin":10,"externalPowerSource":false,"batteryLevelUnavailable":false,"batteryLevel":'
)


def encode(said: Deliveries, roster: Roster, _gather_us: int, /) -> list[Outgoing]:
    """Return these readings as events, one for each frame of a device."""
    said, is_first = by_frame(said, roster)
    kind = roster.kind[said.sensor]
    text = texts(kind, said.value, WRITERS)
    is_field: list[bool] = (kind != Kind.SIGNAL.code).tolist()
    starts, stops = spans(is_first)
    is_charge = (stops - starts == 1) & (kind[starts] == Kind.BATTERY.code)
    time = np.datetime_as_string((said.time_us[starts] // 1000).view("datetime64[ms]"), unit="ms")
    sensor = said.sensor[starts]
    gateway = roster.gateway[sensor]
    application = {row: _application(roster.prefix[row]) for row in np.unique(gateway).tolist()}
    made = []
    columns = (
        gateway, roster.address[sensor], starts, stops, said.sent_us[starts], time, is_charge,
    )  # fmt: skip
    for row, eui, start, stop, at_us, heard, alone in zip(
        *(column.tolist() for column in columns), strict=True
    ):
        if alone:
            event, body = "status", f"{_STATUS}{text[start].rpartition(':')[2]}"
        else:
            event = "up"
            fields = [text[i] for i in range(start, stop) if is_field[i]]
            receptions = [text[i] for i in range(start, stop) if not is_field[i]]
            body = f'"fPort":{_F_PORT},"object":{{{",".join(fields)}}}{"".join(receptions)}'
        device = f"application/{application[row]}/device/{eui}"
        said_by = f'"deviceInfo":{{"devEui":"{eui}"}},"time":"{heard}+00:00"'
        topic = f"{roster.prefix[row]}/{CHIRPSTACK}/{device}/event/{event}"
        made.append(Outgoing(row, topic, f"{{{said_by},{body}}}".encode(), at_us))
    return made


def _application(prefix: str) -> str:
    """Return the id that the network server of a gateway gave its application."""
    digest = hashlib.blake2b(prefix.encode(), digest_size=16).digest()
    return str(uuid.UUID(bytes=digest, version=4))
