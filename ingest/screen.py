"""Takes out of a batch what cannot be true, column by column; every P1 it hits is raised instead.

Times are judged against the time of receipt, never against the wall, so that a replay on a
virtual clock is screened as the live stream was.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from config.homes import HomeState
from config.kinds import HIGH, IS_LIFE_SAFETY, KINDS, LOW, Shape
from config.sensor_table import NONE, STATE_CODE, SensorTable
from ingest.batch import Batch
from ingest.message import Reason, Reject, Stray
from ingest.strays import stray_of_sensor

AHEAD: Final = np.timedelta64(10, "m")
"""How far a device's clock may run ahead of ours."""

OLDEST: Final = np.timedelta64(3653, "D")
"""No back-fill is older than ten years; a clock that has lost its battery says 1970 or 2000."""

REASONS: Final = (
    Reason.NO_CONSENT,
    Reason.UNKNOWN_SENSOR,
    Reason.FUTURE,
    Reason.STALE,
    Reason.BEFORE_MOVE,
    Reason.IMPLAUSIBLE,
)
"""By code, the first that applies counts; consent comes first, for then no value is shown."""

_IS_EVENT: Final = np.array([row.shape is Shape.EVENT for row in KINDS], np.bool_)
_FINE: Final = -1


@dataclass(frozen=True, slots=True)
class Screened:
    """The readings that stay, in their order, and what became of the others."""

    batch: Batch
    rejects: Sequence[Reject]
    strays: Sequence[Stray]


def screen(batch: Batch, table: SensorTable, *, now: np.datetime64) -> Screened:
    """Return what stays of the batch.

    Refused: homes awaiting consent or ended, a P1 sensor that belongs to no home, what a device
    says of the time before it was moved to its home (it is of another household), times more
    than 10 minutes after receipt (or after ``now``, when that is later: a replay stamps a
    whole chunk with the mark before it) or ten years before it, values outside the kind's
    plausible range (which takes NaN, the DS18B20's 85 and -127 and most Fahrenheit), events
    that are neither 0 nor 1.
    """
    verdict = judge(batch, table, now=now)
    is_fine = verdict == _FINE
    if is_fine.all():
        return Screened(batch, (), ())
    bad, codes = batch.take(~is_fine), verdict[~is_fine]
    kind = table.sensor_kind[bad.sensor]
    is_signal = IS_LIFE_SAFETY[kind] & (bad.value != 0)
    rows = range(len(bad))
    times = bad.time.astype(np.int64).tolist()
    received = bad.received.astype(np.int64).tolist()
    return Screened(
        batch.take(is_fine),
        tuple(_reject(bad, row, REASONS[codes[row]], table) for row in rows),
        tuple(
            stray_of_sensor(
                int(bad.sensor[row]), times[row], received[row], REASONS[codes[row]], table
            )
            for row in rows
            if is_signal[row]
        ),
    )


def judge(batch: Batch, table: SensorTable, *, now: np.datetime64) -> NDArray[np.int8]:
    """Return for each reading the code of the reason against it (int8[n]), -1 for none."""
    kind = table.sensor_kind[batch.sensor]
    home = table.sensor_home[batch.sensor]
    latest: NDArray[np.datetime64] = np.maximum(batch.received, now.astype("datetime64[us]"))
    is_event = _IS_EVENT[kind]
    is_plausible = (batch.value >= LOW[kind]) & (batch.value <= HIGH[kind])
    is_plausible &= ~is_event | (batch.value == 0) | (batch.value == 1)
    conditions = (
        _is_without_consent(home, table),
        (home == NONE) & IS_LIFE_SAFETY[kind],
        batch.time > latest + AHEAD,
        batch.time < batch.received - OLDEST,
        batch.time.view(np.int64) < table.sensor_since[batch.sensor],
        ~is_plausible,
    )
    return np.select(conditions, range(len(REASONS)), default=_FINE).astype(np.int8)


def _is_without_consent(home: NDArray[np.int32], table: SensorTable) -> NDArray[np.bool_]:
    # The row at the end is what a home of -1 finds: nobody's consent is missing.
    state = np.append(table.home_state, np.int8(NONE))[home]
    awaiting, ended = STATE_CODE[HomeState.AWAITING_CONSENT], STATE_CODE[HomeState.ENDED]
    is_without: NDArray[np.bool_] = (state == awaiting) | (state == ended)
    return is_without


def _reject(bad: Batch, row: int, reason: Reason, table: SensorTable) -> Reject:
    sensor = table.sensor(int(bad.sensor[row]))
    gateway = table.gateways[sensor.gateway]
    kind = KINDS[sensor.kind.code]
    detail = f"{sensor.id}: {_expected(reason)}"
    if reason is Reason.IMPLAUSIBLE:
        said = f"{float(bad.value[row]):.6g} {kind.unit}".strip()
        detail = f"{sensor.id}: {said}, expected {kind.low:g}..{kind.high:g}"
    elif reason in (Reason.FUTURE, Reason.STALE):
        detail = f"{detail}, found {bad.time[row]}"
    topic = f"stillwell/v1/{gateway.place}/{gateway.id}/{sensor.dialect}"
    return Reject(reason, topic, b"", detail, int(bad.received[row].astype(np.int64)))


def _expected(reason: Reason) -> str:
    return {
        Reason.NO_CONSENT: "no consent is recorded for this home",
        Reason.UNKNOWN_SENSOR: "expected a sensor that belongs to a home",
        Reason.BEFORE_MOVE: "expected a time since it was moved to this home",
        Reason.FUTURE: "expected a time not after its receipt",
        Reason.STALE: "expected a time within ten years before receipt",
    }.get(reason, "")
