"""A scenario's past as a file: readings as CSV or Parquet, or MQTT messages as JSON lines."""

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Final, TextIO

import numpy as np

from config.homes import Enrolment
from ingest.clock_mark import SLICE_US
from sensors_sim import truth
from sensors_sim.deliveries import Deliveries
from sensors_sim.encode import Encoder
from sensors_sim.fleet import Fleet
from sensors_sim.parquet import ParquetWriter
from sensors_sim.scenario import Scenario

SUFFIXES: Final = (".csv", ".parquet", ".jsonl")
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
    lines = 0
    with ExitStack() as stack:
        put = _writer(path, fleet.enrolment, stack)
        for at_us in range(start_us, end_us, SLICE_US):
            made = fleet.deliveries(at_us, min(at_us + SLICE_US, end_us))
            lines += put(made)
            on_share((at_us + SLICE_US - start_us) / (end_us - start_us))
    ids = [home.id for home in fleet.enrolment.homes]
    truth.write(fleet.truth(), ids, path.with_name(f"{path.name}.truth.csv"))
    return lines


def _writer(path: Path, enrolment: Enrolment, stack: ExitStack) -> Callable[[Deliveries], int]:
    """Return what writes a stretch and says how many lines it took."""
    if path.suffix == ".parquet":
        return stack.enter_context(ParquetWriter(path, enrolment)).write
    file = stack.enter_context(path.open("w", encoding="utf-8", newline="\n"))
    if path.suffix == ".csv":
        file.write("time,arrived,home,sensor,kind,room,exit,value\n")
        return partial(_write_rows, sensors=_texts(enrolment), file=file)
    return partial(_write_messages, Encoder(enrolment, "1"), file=file)


def _texts(enrolment: Enrolment) -> list[str]:
    """Return what a row says of each sensor."""
    home = {home.number: home.id for home in enrolment.homes}
    return [
        f"{home.get(s.home or 0, '')},{s.id},{s.kind.value},{s.room},{'1' if s.is_exit else ''}"
        for s in enrolment.sensors
    ]


def _write_rows(made: Deliveries, sensors: Sequence[str], file: TextIO) -> int:
    columns = (_iso(made.time_us), _iso(made.sent_us), made.sensor.tolist(), made.value.tolist())
    file.writelines(
        f"{time},{sent},{sensors[row]},{value:.10g}\n"
        for time, sent, row, value in zip(*columns, strict=True)
    )
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
