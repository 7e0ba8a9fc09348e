import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from config.kinds import CADENCE_S, HIGH, LOW, Kind
from sensors_sim import chance, schedule
from sensors_sim.climate import (
    BANDS,
    EVERY_S,
    JITTER_S,
    LIGHT_SHARE,
    LOOKS,
    Window,
    sense_climate,
    temperatures,
)
from sensors_sim.incidents import NEVER_US
from sensors_sim.kit import DEVICES, SLOT_KIND, SLOTS, slot
from sensors_sim.readings import Readings, concat, ordered
from sensors_sim.upkeep import SIGNAL_BAND, sense_upkeep

HOMES = np.arange(1, 21, dtype=np.int32)
HOUR_US = 3_600_000_000
DAY_US = 24 * HOUR_US
WINTER_US, SUMMER_US = 20_470 * DAY_US, 20_650 * DAY_US
NEVER = np.full(len(HOMES), NEVER_US, np.int64)


def climate(start_us: int, days: int, fails_us: "np.typing.NDArray[np.int64]") -> Readings:
    return ordered(
        concat(
            [
                sense_climate(
                    1, HOMES, Window(start_us + d * DAY_US, start_us + (d + 1) * DAY_US), fails_us
                )
                for d in range(days)
            ]
        )
    )


def of_sensor(made: Readings, home: int, device: str, kind: Kind) -> Readings:
    return made.take(made.sensor == home * SLOTS + slot(device, kind))


@settings(max_examples=50)
@given(st.lists(st.integers(0, 3 * DAY_US), min_size=2, max_size=6))
def test_parts_of_a_window_hold_the_same_reports(cuts: list[int]) -> None:
    keys = chance.key(1, np.arange(5))
    edges = sorted(WINTER_US + cut for cut in cuts)
    whole = schedule.beats(keys, 3000.0, 60.0, edges[0], edges[-1])
    parts = [schedule.beats(keys, 3000.0, 60.0, a, b) for a, b in itertools.pairwise(edges)]
    pairs = [(d, t) for part in parts for d, t in zip(part.device, part.time_us, strict=True)]
    assert sorted(pairs) == sorted(zip(whole.device, whole.time_us, strict=True))


@settings(max_examples=50)
@given(st.lists(st.integers(0, 3 * DAY_US), min_size=2, max_size=6))
def test_parts_of_a_window_hold_the_same_looks(cuts: list[int]) -> None:
    keys = chance.key(1, np.arange(5))
    edges = sorted(WINTER_US + cut for cut in cuts)

    def within(start_us: int, end_us: int) -> list[tuple[int, int, int]]:
        at = schedule.looks(keys, 3000.0, 5, 60.0, start_us, end_us)
        device = np.broadcast_to(at.device, at.time_us.shape)
        inside = (at.time_us >= start_us) & (at.time_us < end_us)
        columns = (device[inside], at.time_us[inside], at.key[inside])
        return sorted(zip(*(column.tolist() for column in columns), strict=True))

    parts = [look for a, b in itertools.pairwise(edges) for look in within(a, b)]
    assert sorted(parts) == within(edges[0], edges[-1])


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


LEVELS = [
    ("living-room/climate", Kind.TEMPERATURE),
    ("living-room/climate", Kind.HUMIDITY),
    ("living-room/motion", Kind.ILLUMINANCE),
]


@pytest.mark.parametrize(("device", "kind"), LEVELS)
def test_a_level_is_told_when_it_has_changed_and_within_its_interval_and_no_oftener(
    device: str, kind: Kind
) -> None:
    made = ordered(sense_climate(1, HOMES, Window(WINTER_US, WINTER_US + 3 * DAY_US), NEVER))
    least_s, early = EVERY_S / LOOKS - JITTER_S, 0
    for home in range(len(HOMES)):
        told = of_sensor(made, home, device, kind)
        gaps_s = np.diff(told.time_us) / 1e6
        assert gaps_s.max() <= EVERY_S + JITTER_S
        assert gaps_s.min() >= least_s
        far = np.maximum(BANDS[kind], (kind is Kind.ILLUMINANCE) * LIGHT_SHARE * told.value[:-1])
        # Of two that come early, one after another, only one can be by the clock.
        before = gaps_s < EVERY_S - EVERY_S / LOOKS - JITTER_S
        by_clock = np.abs(np.diff(told.value)) < far - 1e-6
        assert not (before[:-1] & by_clock[:-1] & before[1:] & by_clock[1:]).any()
        early += int((before & ~by_clock).sum())
    assert early > 3 * len(HOMES)


def test_levels_come_as_often_as_their_kind_promises_and_are_plausible() -> None:
    made = climate(WINTER_US, 3, NEVER)
    upkeep = ordered(sense_upkeep(1, HOMES, WINTER_US, WINTER_US + 3 * DAY_US))
    for part in (made, upkeep):
        kind = SLOT_KIND[part.sensor % SLOTS]
        assert ((part.value >= LOW[kind]) & (part.value <= HIGH[kind])).all()
        for sensor in np.unique(part.sensor):
            gaps_s = np.diff(part.time_us[part.sensor == sensor]) / 1e6
            assert gaps_s.max() < CADENCE_S[SLOT_KIND[sensor % SLOTS]]


def test_a_home_that_cools_is_told_oftener_than_one_that_keeps_warm() -> None:
    fails_us = NEVER.copy()
    fails_us[:10] = WINTER_US + DAY_US
    made = climate(WINTER_US, 2, fails_us)
    cooling = (made.time_us > fails_us[0]) & (made.time_us < fails_us[0] + 5 * HOUR_US)
    told = made.take(cooling & (made.sensor % SLOTS == slot(*LEVELS[0])))
    each = np.bincount(told.sensor // SLOTS, minlength=len(HOMES))
    assert each[:10].min() > each[10:].max()
    falls = of_sensor(told, 0, *LEVELS[0]).value
    assert np.abs(np.diff(falls)).max() < 3 * BANDS[Kind.TEMPERATURE]


def test_light_is_dark_by_night_and_bright_by_day() -> None:
    made = climate(SUMMER_US, 2, NEVER)
    lux = made.sensor % SLOTS == slot("living-room/motion", Kind.ILLUMINANCE)
    hour = made.time_us % DAY_US / HOUR_US
    assert made.value[lux & (hour < 3.5)].max() == 0
    assert made.value[lux & (hour > 11) & (hour < 14)].min() > 100


def test_a_gateway_beats_every_ten_minutes_and_a_device_tells_its_charge_thrice_a_day() -> None:
    made = sense_upkeep(1, HOMES, WINTER_US, WINTER_US + DAY_US)
    kind = SLOT_KIND[made.sensor % SLOTS]
    beats = (kind == Kind.GATEWAY_STATUS.code).sum() / len(HOMES)
    batteries = (kind == Kind.BATTERY.code).sum() / len(HOMES)
    powered = sum(Kind.BATTERY in device.kinds for device in DEVICES)
    assert 143 <= beats <= 145
    # A battery loses a tenth of a percent a day, so hardly any has changed.
    assert 3 * powered - 1 <= batteries <= 3.15 * powered


def test_a_signal_that_has_changed_is_told_before_its_time() -> None:
    days = 10
    made = ordered(sense_upkeep(1, HOMES, WINTER_US, WINTER_US + days * DAY_US))
    early = 0
    for home in range(len(HOMES)):
        told = of_sensor(made, home, "hall/motion", Kind.SIGNAL)
        is_early = np.diff(told.time_us) < 5 * HOUR_US
        changed = np.abs(np.diff(told.value)) >= SIGNAL_BAND
        # Two short gaps are one look in between: the first is for a change.
        assert (changed | ~is_early | np.append(False, is_early[:-1])).all()
        early += int((is_early & changed).sum())
    assert 0 < early < 0.5 * 3 * days * len(HOMES)


def test_signal_is_whole_dbm_where_the_hub_says_dbm() -> None:
    in_dbm = np.arange(len(HOMES)) % 2 == 0
    made = sense_upkeep(1, HOMES, WINTER_US, WINTER_US + DAY_US, in_dbm)
    signal = made.take(SLOT_KIND[made.sensor % SLOTS] == Kind.SIGNAL.code)
    whole = in_dbm[signal.sensor // SLOTS]
    assert (signal.value[whole] % 2 == 0).all()
    link = signal.value[~whole] / 100 * 255
    assert np.abs(link - np.rint(link)).max() < 1e-9
