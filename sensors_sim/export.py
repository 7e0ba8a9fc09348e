"""A scenario's past as a file: readings as CSV, or MQTT messages as JSON lines."""

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final, TextIO

import numpy as np

from config.homes import Enrolment
from ingest.clock_mark import SLICE_US
from sensors_sim import truth
from sensors_sim.deliveries import Deliveries
from sensors_sim.encode import Encoder
from sensors_sim.fleet import Fleet
from sensors_sim.scenario import Scenario

SUFFIXES: Final = (".csv", ".jsonl")
GATHER_US: Final = 60_000_000
"""Native readings of one minute share a message."""

_DAY_US: Final = 86_400_000_000
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


def write(scenario: Scenario, path: Path, on_share: Callable[[float], None]) -> int:
    """Write the days before the scenario's ``end``, in the order of arrival; return the lines.

    The truth goes into a file of its own beside it, ``FILE.truth.csv``. The same scenario
    gives the same bytes.
    """
    end_us = (scenario.end - _EPOCH) // timedelta(microseconds=1)
    start_us = end_us - scenario.days * _DAY_US
    fleet = Fleet(scenario, end_us)
    encoder = Encoder(fleet.enrolment, "1")
    lines = 0
    with path.open("w", encoding="utf-8", newline="\n") as file:
        if path.suffix == ".csv":
            file.write("time,arrived,sensor,kind,value\n")
        for at_us in range(start_us, end_us, SLICE_US):
            made = fleet.deliveries(at_us, min(at_us + SLICE_US, end_us))
            if path.suffix == ".csv":
                lines += _write_rows(made, fleet.enrolment, file)
            else:
                lines += _write_messages(encoder, made, file)
            on_share((at_us + SLICE_US - start_us) / (end_us - start_us))
    ids = [home.id for home in fleet.enrolment.homes]
    truth.write(fleet.truth(), ids, path.with_name(f"{path.name}.truth.csv"))
    return lines


def _write_rows(made: Deliveries, enrolment: Enrolment, file: TextIO) -> int:
    for time, sent, row, value in zip(
        _iso(made.time_us),
        _iso(made.sent_us),
        made.sensor.tolist(),
        made.value.tolist(),
        strict=True,
    ):
        sensor = enrolment.sensors[row]
        file.write(f"{time},{sent},{sensor.id},{sensor.kind.value},{value:.10g}\n")
    return len(made)


def _write_messages(encoder: Encoder, made: Deliveries, file: TextIO) -> int:
    messages = encoder.encode(made, gather_us=GATHER_US)
    messages.sort(key=lambda message: (message.time_us, message.gateway))
    sent = _iso(np.array([message.time_us for message in messages], np.int64))
    for message, time in zip(messages, sent, strict=True):
        line = {"time": time, "topic": message.topic, "payload": message.payload.decode()}
        file.write(json.dumps(line, separators=(",", ":")) + "\n")
    return len(messages)


def _iso(time_us: "np.typing.NDArray[np.int64]") -> Iterator[str]:
    moments = np.datetime_as_string((time_us // 1000).view("datetime64[ms]"), unit="ms")
    return (f"{moment}Z" for moment in moments.tolist())
