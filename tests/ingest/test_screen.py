from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.homes import Gateway, HomeState, Sensor
from config.kinds import KINDS, Kind, KindRow, Shape
from config.sensor_table import SensorTable, build_sensor_table
from ingest.batch import Batch, build
from ingest.clock import instant
from ingest.message import Reason
from ingest.screen import Screened, screen
from tests.make import home

NOW_US = 1_600_000_000_000_000
MINUTE_US = 60_000_000


def table(state: HomeState = HomeState.ACTIVE, *, place: str = "fenbridge") -> SensorTable:
    """Return one home in this state that has a sensor of every kind, numbered by its code."""
    sensors = [
        Sensor(kind.code, f"sens-{kind.code:06d}", 1, 1, "native", kind.value, kind)
        for kind in Kind
    ]
    hub = Gateway(1, "gate-000001", place, 1)
    return build_sensor_table([home(1, state=state, place=place)], [hub], sensors)


def one(kind: Kind, value: float, time_us: int = NOW_US) -> Batch:
    return build([kind.code], [time_us], [value], [NOW_US])


def look(batch: Batch, known: SensorTable | None = None, now_us: int = NOW_US) -> Screened:
    return screen(batch, known or table(), now=instant(now_us))


def reasons(screened: Screened) -> list[Reason]:
    return [reject.reason for reject in screened.rejects]


@pytest.mark.parametrize("row", KINDS, ids=lambda row: row.kind.value)
def test_the_ends_of_the_plausible_range_are_plausible(row: KindRow) -> None:
    for value in (row.low, row.high):
        assert len(look(one(row.kind, value)).batch) == 1
    for value in (row.low - 0.001, row.high + 0.001, np.nan, np.inf, -np.inf):
        screened = look(one(row.kind, value))
        assert reasons(screened) == [Reason.IMPLAUSIBLE]
        assert len(screened.strays) == row.is_life_safety


@pytest.mark.parametrize("celsius", [85.0, -127.0, 68.0, 451.0])
def test_broken_thermometers_and_fahrenheit_are_refused(celsius: float) -> None:
    (reject,) = look(one(Kind.TEMPERATURE, celsius)).rejects
    assert reject.reason is Reason.IMPLAUSIBLE
    assert f"{celsius:g} °C, expected -30..60" in reject.detail
    assert reject.topic == "stillwell/v1/fenbridge/gate-000001/native"


def test_half_an_event_is_none() -> None:
    assert reasons(look(one(Kind.MOTION, 0.5))) == [Reason.IMPLAUSIBLE]


@pytest.mark.parametrize(
    ("offset_us", "expected"),
    [
        (0, []),
        (-48 * 60 * MINUTE_US, []),
        (-365 * 24 * 60 * MINUTE_US, []),
        (10 * MINUTE_US, []),
        (10 * MINUTE_US + 1, [Reason.FUTURE]),
        (80 * 365 * 24 * 60 * MINUTE_US, [Reason.FUTURE]),
        (-NOW_US, [Reason.STALE]),
        (-NOW_US - 1_000_000, [Reason.STALE]),
    ],
)
def test_a_clock_is_judged_against_the_time_of_receipt(
    offset_us: int, expected: list[Reason]
) -> None:
    assert reasons(look(one(Kind.MOTION, 1, NOW_US + offset_us))) == expected


def test_a_replay_may_run_ahead_of_its_mark_as_far_as_now() -> None:
    batch = one(Kind.MOTION, 1, NOW_US + 60 * MINUTE_US)
    assert reasons(look(batch)) == [Reason.FUTURE]
    assert reasons(look(batch, now_us=NOW_US + 55 * MINUTE_US)) == []


@pytest.mark.parametrize("time_us", [0, -1_000_000, 4_070_908_800_000_000])
def test_an_alarm_with_a_clock_of_1970_or_2099_is_raised(time_us: int) -> None:
    screened = look(one(Kind.SMOKE, 1, time_us))
    assert len(screened.batch) == 0
    (stray,) = screened.strays
    assert (stray.place, stray.gateway, stray.home) == ("fenbridge", "gate-000001", 1)
    assert (stray.sensor, stray.kind) == (Kind.SMOKE.code, "smoke")
    assert (stray.claimed_us, stray.received_us) == (time_us, NOW_US)


def test_a_clock_that_stands_still_does_not_hide_the_next_press() -> None:
    def key(received_us: int) -> str:
        batch = build([Kind.PENDANT.code], [0], [1], [received_us])
        return look(batch, now_us=received_us).strays[0].key

    assert key(NOW_US) == key(NOW_US + 1_000_000)
    assert key(NOW_US) != key(NOW_US + 24 * 60 * MINUTE_US)


def test_an_alarm_late_by_days_is_an_ordinary_reading() -> None:
    screened = look(one(Kind.FALL, 1, NOW_US - 5 * 24 * 60 * MINUTE_US))
    assert len(screened.batch) == 1
    assert not screened.strays


def test_all_clear_is_never_raised() -> None:
    assert not look(one(Kind.SMOKE, 0, 0)).strays
    assert reasons(look(one(Kind.SMOKE, 0, 0))) == [Reason.STALE]


def test_what_a_device_says_of_the_time_before_it_was_moved_here_is_of_another_household() -> None:
    known = table()
    sensors = [replace(s, since_us=NOW_US - 9) for s in known.sensors.values()]
    moved = build_sensor_table(known.homes.values(), known.gateways.values(), sensors)
    motion, smoke = Kind.MOTION.code, Kind.SMOKE.code
    times = [NOW_US - 10, NOW_US - 9, NOW_US - 10, NOW_US - 10]
    screened = look(build([motion, motion, smoke, smoke], times, [1, 1, 0, 1], [NOW_US] * 4), moved)
    assert screened.batch.time.astype(int).tolist() == [NOW_US - 9]
    assert reasons(screened) == [Reason.BEFORE_MOVE] * 3
    assert all(reject.first_bytes == b"" for reject in screened.rejects)
    (stray,) = screened.strays  # a call for help is raised all the same (safety rule 1)
    assert (stray.home, stray.kind, stray.reason) == (1, "smoke", "before-move")


@pytest.mark.parametrize("state", [HomeState.AWAITING_CONSENT, HomeState.ENDED])
def test_without_consent_nothing_is_kept_but_an_alarm_is_raised(state: HomeState) -> None:
    known = table(state)
    codes = [Kind.MOTION.code, Kind.TEMPERATURE.code, Kind.PENDANT.code]
    screened = look(build(codes, [NOW_US] * 3, [1, 21.5, 1], [NOW_US] * 3), known)
    assert len(screened.batch) == 0
    assert reasons(screened) == [Reason.NO_CONSENT] * 3
    assert all(reject.first_bytes == b"" for reject in screened.rejects)
    assert not any("21.5" in reject.detail for reject in screened.rejects)
    (stray,) = screened.strays
    assert (stray.kind, stray.reason) == ("pendant", "no-consent")


def test_a_paused_home_is_stored() -> None:
    assert len(look(one(Kind.SMOKE, 1), table(HomeState.PAUSED)).batch) == 1


def test_an_alarm_that_belongs_to_no_home_is_raised_and_a_gateway_needs_none() -> None:
    hub = Gateway(1, "gate-000001", "fenbridge", None)
    sensors = [
        Sensor(0, "sens-000000", None, 1, "status", "", Kind.GATEWAY_STATUS),
        Sensor(1, "sens-000001", None, 1, "native", "x", Kind.SMOKE),
    ]
    known = build_sensor_table([], [hub], sensors)
    screened = look(build([0, 1], [NOW_US] * 2, [1, 1], [NOW_US] * 2), known)
    assert screened.batch.sensor.tolist() == [0]
    assert [(stray.home, stray.reason) for stray in screened.strays] == [(-1, "unknown-sensor")]


def test_nothing_gives_nothing() -> None:
    screened = look(build([], [], [], []))
    assert len(screened.batch) == 0
    assert not screened.rejects


@given(
    st.lists(
        st.tuples(
            st.sampled_from(list(Kind)),
            st.floats(allow_nan=True) | st.sampled_from([0.0, 1.0, 21.5]),
            st.integers(-(10**17), 10**17) | st.integers(NOW_US - 10**12, NOW_US + 10**9),
        ),
        max_size=30,
    )
)
def test_every_reading_stays_or_is_refused_and_no_alarm_is_lost(
    rows: list[tuple[Kind, float, int]],
) -> None:
    batch = build(
        [kind.code for kind, _, _ in rows],
        [time_us for _, _, time_us in rows],
        [value for _, value, _ in rows],
        [NOW_US] * len(rows),
    )
    screened = look(batch)
    assert len(screened.batch) + len(screened.rejects) == len(rows)
    naive = [row for row in rows if _is_fine(*row)]
    assert screened.batch.value.tolist() == [value for _, value, _ in naive]
    signals = [r for r in rows if KINDS[r[0].code].is_life_safety and r[1] != 0]
    stored = [r for r in naive if KINDS[r[0].code].is_life_safety and r[1] != 0]
    assert len(stored) + len(screened.strays) == len(signals)


def _is_fine(kind: Kind, value: float, time_us: int) -> bool:
    row = KINDS[kind.code]
    is_event = row.shape is Shape.EVENT
    is_plausible = row.low <= value <= row.high and (not is_event or value in (0, 1))
    ten_years_us = 3653 * 24 * 60 * MINUTE_US
    return is_plausible and NOW_US - ten_years_us <= time_us <= NOW_US + 10 * MINUTE_US
