"""Zigbee2MQTT with ``last_seen: ISO_8601`` and ``cache_state: false``.

A message carries what its device reported at that moment and nothing repeated from before.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from config.kinds import Kind
from sensors_sim.deliveries import Deliveries
from sensors_sim.dialects.dialect import (
    ZIGBEE,
    Outgoing,
    Roster,
    Writer,
    Writers,
    by_frame,
    measured,
    spans,
    texts,
    worded,
)

FULL_LINK: Final = 255
"""Zigbee's best link quality; signal is this scale as a share of 100."""


def _action(name: str) -> Writer:
    return lambda value: [f'"action":"{name}"' if is_on else "" for is_on in (value > 0).tolist()]


def _link(value: NDArray[np.float64]) -> list[str]:
    link = np.rint(value / 100 * FULL_LINK).astype(np.int64)
    return [f'"linkquality":{quality}' for quality in link.tolist()]


_ACTIONS: Final = {Kind.PENDANT: "emergency", Kind.FALL: "fall"}
_ACTION_CODES: Final = [kind.code for kind in _ACTIONS]
WRITERS: Final[Writers] = {
    Kind.MOTION: worded("occupancy", "false", "true"),
    # Closed is true; a pressure pad closes under a weight.
    Kind.CONTACT: worded("contact", "true", "false"),
    Kind.BED: worded("contact", "false", "true"),
    Kind.CHAIR: worded("contact", "false", "true"),
    Kind.SMOKE: worded("smoke", "false", "true"),
    Kind.CARBON_MONOXIDE: worded("carbon_monoxide", "false", "true"),
    Kind.FLOOD: worded("water_leak", "false", "true"),
    **{kind: _action(name) for kind, name in _ACTIONS.items()},
    Kind.TEMPERATURE: measured("temperature"),
    Kind.HUMIDITY: measured("humidity"),
    Kind.ILLUMINANCE: measured("illuminance"),
    Kind.POWER: measured("power"),
    Kind.BATTERY: measured("battery"),
    Kind.SIGNAL: _link,
    # True is a fault of the mains.
    Kind.MAINS: worded("ac_status", "true", "false"),
}
"""Every kind that it can carry; a button says when it is pressed, and nothing when let go."""


def encode(said: Deliveries, roster: Roster, _gather_us: int, /) -> list[Outgoing]:
    """Return these readings as messages, one for each report of a device."""
    said, is_first = by_frame(said, roster)
    # A message has room for one action.
    is_first[1:] |= np.isin(roster.kind[said.sensor], _ACTION_CODES)[1:]
    text = texts(roster.kind[said.sensor], said.value, WRITERS)
    starts, stops = spans(is_first)
    seen = np.datetime_as_string(
        (said.time_us[starts] // 1000).view("datetime64[ms]"), unit="ms"
    ).tolist()
    sensor = said.sensor[starts]
    made = []
    columns = zip(
        roster.gateway[sensor].tolist(),
        roster.address[sensor].tolist(),
        starts.tolist(),
        stops.tolist(),
        said.sent_us[starts].tolist(),
        seen,
        strict=True,
    )
    for gateway, address, start, stop, at_us, last_seen in columns:
        attributes = ",".join(filter(None, text[start:stop]))
        if attributes:
            payload = f'{{{attributes},"last_seen":"{last_seen}Z"}}'.encode()
            topic = f"{roster.prefix[gateway]}/{ZIGBEE}/{address}"
            made.append(Outgoing(gateway, topic, payload, at_us))
    return made
