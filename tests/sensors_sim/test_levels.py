import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from config.kinds import CADENCE_S, HIGH, LOW, Kind
from sensors_sim import chance, schedule
from sensors_sim.climate import Window, sense_climate, temperatures
from sensors_sim.incidents import NEVER_US
from sensors_sim.kit import DEVICES, SLOT_KIND, SLOTS, slot
from sensors_sim.readings import Readings, concat
from sensors_sim.upkeep import sense_upkeep

HOMES = np.arange(1, 21, dtype=np.int32)
HOUR_US = 3_600_000_000
DAY_US = 24 * HOUR_US
WINTER_US, SUMMER_US = 20_470 * DAY_US, 20_650 * DAY_US
NEVER = np.full(len(HOMES), NEVER_US, np.int64)


def climate(start_us: int, days: int, fails_us: "np.typing.NDArray[np.int64]") -> Readings:
    return concat(
        [
            sense_climate(
                1, HOMES, Window(start_us + d * DAY_US, start_us + (d + 1) * DAY_US), fails_us
            )
            for d in range(days)
        ]
    )


@settings(max_examples=50)
@given(st.lists(st.integers(0, 3 * DAY_US), min_size=2, max_size=6))
def test_parts_of_a_window_hold_the_same_reports(cuts: list[int]) -> None:
    keys = chance.key(1, np.arange(5))
    edges = sorted(WINTER_US + cut for cut in cuts)
    whole = schedule.beats(keys, 3000.0, 60.0, edges[0], edges[-1])
    parts = [schedule.beats(keys, 3000.0, 60.0, a, b) for a, b in itertools.pairwise(edges)]
    pairs = [(d, t) for part in parts for d, t in zip(part.device, part.time_us, strict=True)]
    assert sorted(pairs) == sorted(zip(whole.device, whole.time_us, strict=True))


@pytest.mark.parametrize("start_us", [WINTER_US, SUMMER_US])
def test_a_heated_home_is_warm_and_one_whose_heating_failed_is_cold(start_us: int) -> None:
    fails_us = NEVER.copy()
    fails_us[3] = start_us + DAY_US
    made = climate(start_us, 4, fails_us)
    thermometer = slot("living-room/climate", Kind.TEMPERATURE)
    warm = made.value[made.sensor == thermometer]
    cold = made.sensor == 3 * SLOTS + thermometer
    before, after = made.time_us < fails_us[3], made.time_us > fails_us[3] + 30 * HOUR_US
    assert warm.min() > 16
    assert warm.max() < 29
    assert made.value[cold & before].min() > 16
    assert made.value[cold & after].min() >= 13
    assert made.value[cold & after].max() <= 16


def test_where_a_window_begins_hardly_matters_to_the_temperature() -> None:
    long_us, long_c = temperatures(1, HOMES, Window(WINTER_US, WINTER_US + 2 * DAY_US), NEVER)
    short_us, short_c = temperatures(
        1, HOMES, Window(WINTER_US + DAY_US, WINTER_US + 2 * DAY_US), NEVER
    )
    inside = short_us >= WINTER_US + DAY_US
    assert np.abs(long_c[np.isin(long_us, short_us[inside])] - short_c[inside]).max() < 0.2


def test_levels_come_as_often_as_their_kind_promises_and_are_plausible() -> None:
    made = climate(WINTER_US, 3, NEVER)
    upkeep = sense_upkeep(1, HOMES, WINTER_US, WINTER_US + 3 * DAY_US)
    for part in (made, upkeep):
        kind = SLOT_KIND[part.sensor % SLOTS]
        assert ((part.value >= LOW[kind]) & (part.value <= HIGH[kind])).all()
        for sensor in np.unique(part.sensor):
            gaps_s = np.diff(part.time_us[part.sensor == sensor]) / 1e6
            assert gaps_s.max() < CADENCE_S[SLOT_KIND[sensor % SLOTS]]


def test_light_is_dark_by_night_and_bright_by_day() -> None:
    made = climate(SUMMER_US, 2, NEVER)
    lux = made.sensor % SLOTS == slot("living-room/motion", Kind.ILLUMINANCE)
    hour = made.time_us % DAY_US / HOUR_US
    assert made.value[lux & (hour < 3.5)].max() == 0
    assert made.value[lux & (hour > 11) & (hour < 14)].min() > 100


def test_a_gateway_beats_every_ten_minutes_and_devices_tell_battery_and_signal_thrice_a_day() -> (
    None
):
    made = sense_upkeep(1, HOMES, WINTER_US, WINTER_US + DAY_US)
    kind = SLOT_KIND[made.sensor % SLOTS]
    beats = (kind == Kind.GATEWAY_STATUS.code).sum() / len(HOMES)
    batteries = (kind == Kind.BATTERY.code).sum() / len(HOMES)
    powered = sum(Kind.BATTERY in device.kinds for device in DEVICES)
    assert 143 <= beats <= 145
    assert batteries == pytest.approx(3 * powered, abs=1)
