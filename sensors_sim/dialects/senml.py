"""SenML (RFC 8428), JSON: a pack for each device, its name and first time as base values."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from config.kinds import KINDS, Kind, Shape
from sensors_sim.deliveries import Deliveries
from sensors_sim.dialects.dialect import (
    SENML,
    Outgoing,
    Roster,
    Writer,
    Writers,
    by_pack,
    dbm,
    spans,
    texts,
)


def _event(kind: Kind) -> Writer:
    said = tuple(f'"n":"{kind.value}","vb":{word}' for word in ("false", "true"))
    return lambda value: [said[is_on] for is_on in (value > 0).tolist()]


def _level(kind: Kind, unit: str) -> Writer:
    head = f'"n":"{kind.value}","u":"{unit}","v":'
    return lambda value: [f"{head}{quantity:.10g}" for quantity in value.tolist()]


def _reception(value: NDArray[np.float64]) -> list[str]:
    return [f'"n":"{Kind.SIGNAL.value}","u":"dBm","v":{rssi}' for rssi in dbm(value)]


_NOT_MEASURED: Final = (Kind.GATEWAY_STATUS, Kind.AVAILABILITY)
_UNITS: Final = {
    Kind.TEMPERATURE: "Cel",
    Kind.HUMIDITY: "%RH",
    Kind.ILLUMINANCE: "lx",
    Kind.POWER: "W",
    Kind.BATTERY: "%EL",
}
WRITERS: Final[Writers] = {
    **{
        row.kind: _event(row.kind)
        for row in KINDS
        if row.shape is Shape.EVENT and row.kind not in _NOT_MEASURED
    },
    **{kind: _level(kind, unit) for kind, unit in _UNITS.items()},
    Kind.SIGNAL: _reception,
}
"""Every kind that it can carry."""


def encode(said: Deliveries, roster: Roster, gather_us: int, /) -> list[Outgoing]:
    """Return these readings as packs, one for each device."""
    said, is_first, _ = by_pack(said, roster.device[said.sensor], gather_us)
    starts, stops = spans(is_first)
    time_ms = said.time_us // 1000
    base_ms = time_ms[starts]
    late_s = ((time_ms - np.repeat(base_ms, stops - starts)) / 1000).tolist()
    text = texts(roster.kind[said.sensor], said.value, WRITERS)
    records = [
        f'{record},"t":{late:.13g}' if late else record
        for record, late in zip(text, late_s, strict=True)
    ]
    sensor = said.sensor[starts]
    made = []
    columns = (
        roster.gateway[sensor], roster.address[sensor], starts, stops,
        base_ms, said.sent_us[stops - 1],
    )  # fmt: skip
    for gateway, address, start, stop, base, at_us in zip(
        *(column.tolist() for column in columns), strict=True
    ):
        # Digits, not a float: a pack's time is exact to the millisecond.
        head = f'"bn":"{address}/","bt":{base // 1000}.{base % 1000:03d},'
        payload = f"[{{{head}{'},{'.join(records[start:stop])}}}]".encode()
        topic = f"{roster.prefix[gateway]}/{SENML}/{address.rpartition(':')[2]}"
        made.append(Outgoing(gateway, topic, payload, at_us))
    return made
