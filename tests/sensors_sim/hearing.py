"""A place with a home for every hub, and what ingest makes of the messages of its gateways."""

from collections import Counter
from collections.abc import Sequence

import numpy as np

from config.homes import Enrolment
from config.sensor_table import build_sensor_table
from ingest.decode import Decoded, decode
from ingest.message import Message
from sensors_sim.deliveries import Deliveries, in_order
from sensors_sim.dialects.dialect import CHIRPSTACK, NATIVE, SENML, ZIGBEE, Outgoing
from sensors_sim.kit import roster
from sensors_sim.readings import Readings
from sensors_sim.scenario import Incident, Mishap, Scenario

HUBS = (NATIVE, SENML, CHIRPSTACK, ZIGBEE)
"""By the row of the home."""

SCENARIO = Scenario(
    seed=1,
    places=("fenbridge",),
    homes_per_place=4,
    zigbee_homes_per_place=1,
    chirpstack_homes_per_place=1,
    senml_homes_per_place=1,
    incident=tuple(
        Mishap(kind=kind, place="fenbridge", home=home, before_end_h=2.0)
        for kind in (Incident.SMOKE, Incident.PENDANT, Incident.FALL)
        for home in (1, 2, 3, 4)
    ),
)
ENROLMENT = roster(SCENARIO)
NOW_US = 1_795_359_400_000_000

Row = tuple[int, int, float]


def heard(messages: Sequence[Outgoing], enrolment: Enrolment = ENROLMENT) -> Decoded:
    """Return what ingest decodes, received at ``NOW_US``."""
    table = build_sensor_table(enrolment.homes, enrolment.gateways, enrolment.sensors)
    return decode([Message(m.topic.encode(), m.payload, NOW_US) for m in messages], table)


def rows_heard(back: Decoded) -> "Counter[Row]":
    """Return (row of the sensor, time, value) with how often each came; nothing was refused."""
    assert not back.rejects
    assert not back.strays
    batch = back.batch
    return _rows(batch.sensor - 1, batch.time.astype(np.int64), batch.value)


def rows(of: Readings | Deliveries) -> "Counter[Row]":
    """Return (sensor, time, value) with how often each is there."""
    return _rows(of.sensor, of.time_us, of.value)


def _rows(*columns: "np.typing.ArrayLike") -> "Counter[Row]":
    return Counter(zip(*(np.asarray(column).tolist() for column in columns), strict=True))


def readings(*made: Row) -> Readings:
    """Return readings of (sensor, microseconds, value)."""
    sensor, time_us, value = zip(*made, strict=True)
    return Readings(np.array(sensor, np.int32), np.array(time_us, np.int64), np.array(value, float))


def deliveries(*made: tuple[int, int, float, int]) -> Deliveries:
    """Return deliveries of (sensor, microseconds, value, sent), in the order of sending."""
    sensor, time_us, value, sent_us = zip(*made, strict=True)
    return in_order(
        Deliveries(
            np.array(sensor, np.int32),
            np.array(time_us, np.int64),
            np.array(value, float),
            np.array(sent_us, np.int64),
        )
    )
