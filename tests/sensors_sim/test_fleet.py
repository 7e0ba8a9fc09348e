import itertools
from functools import cache

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from config.kinds import IS_PERSON_SIGN, Kind
from sensors_sim.fleet import MOST_OFF, Fleet, clock_offsets_us
from sensors_sim.incidents import SMOKE_LASTS_S
from sensors_sim.kit import DEVICES, SLOT_DEVICE, SLOT_KIND, SLOTS, slot
from sensors_sim.readings import Readings, concat
from sensors_sim.scenario import Incident, Mishap, Scenario

HOUR_US = 3_600_000_000
END_US = 1_795_359_400_000_000
"""A Sunday in November 2026, 15:36 UTC."""


def scenario(*mishaps: Mishap, seed: int = 9) -> Scenario:
    return Scenario(
        seed=seed,
        places=("fenbridge",),
        homes_per_place=4,
        zigbee_homes_per_place=2,
        clock_offset_s=0.0,
        incident=mishaps,
    )


def mishap(kind: Incident, hours: float = 30.0, *, home: int = 2, device: str = "") -> Mishap:
    return Mishap(kind=kind, place="fenbridge", home=home, before_end_h=hours, device=device)


def last_days(*mishaps: Mishap, days: int = 3) -> Readings:
    return Fleet(scenario(*mishaps), END_US).between(END_US - days * 24 * HOUR_US, END_US)


def same(one: Readings, other: Readings) -> bool:
    return all(
        np.array_equal(a, b)
        for a, b in (
            (one.sensor, other.sensor),
            (one.time_us, other.time_us),
            (one.value, other.value),
        )
    )


@cache
def calm() -> Readings:
    return last_days()


def test_the_same_seed_gives_the_same_days_and_another_others() -> None:
    assert same(calm(), last_days())
    other = Fleet(scenario(seed=10), END_US).between(END_US - 72 * HOUR_US, END_US)
    assert not same(calm(), other)


@settings(max_examples=15, deadline=None)
@given(st.lists(st.integers(0, 72 * 3600), min_size=1, max_size=5))
def test_slices_together_are_the_whole(cuts_s: list[int]) -> None:
    edges = [END_US - 72 * HOUR_US, *(END_US - s * 1_000_000 for s in sorted(cuts_s)[::-1]), END_US]
    fleet = Fleet(scenario(), END_US)
    parts = [fleet.between(a, b) for a, b in itertools.pairwise(edges)]
    assert same(concat(parts), calm())


@pytest.mark.parametrize(
    ("night_us", "hours"), [(1_774_746_000_000_000, 23), (1_792_890_000_000_000, 25)]
)
def test_the_nights_when_clocks_change_have_an_hour_less_and_more(
    night_us: int, hours: int
) -> None:
    fleet = Fleet(scenario(), END_US)
    made = fleet.between(night_us - 30 * HOUR_US, night_us + 30 * HOUR_US)
    beats = made.time_us[made.sensor == slot("gateway", Kind.GATEWAY_STATUS)]
    assert np.diff(beats).max() < 11 * 60 * 1_000_000
    assert (np.diff(made.time_us) >= 0).all()
    day = fleet._day_of(night_us - 4 * HOUR_US)
    assert fleet._starts_us(day + 1) - fleet._starts_us(day) == hours * HOUR_US


def test_people_keep_local_time_in_summer_and_winter() -> None:
    def rising_h(noon_us: int) -> float:
        morning = Fleet(scenario(), END_US).between(noon_us - 8 * HOUR_US, noon_us)
        left = (morning.sensor % SLOTS == slot("bedroom/bed", Kind.BED)) & (morning.value == 0)
        last_us = np.zeros(4, np.int64)
        np.maximum.at(last_us, morning.sensor[left] // SLOTS, morning.time_us[left])
        return float((last_us % (24 * HOUR_US)).mean()) / HOUR_US

    winter, summer = (
        np.mean([rising_h(noon_us + 24 * HOUR_US * day) for day in range(10)])
        for noon_us in (1_768_219_200_000_000, 1_783_857_600_000_000)
    )
    assert 0.5 < winter - summer < 1.5


def test_after_a_collapse_no_sign_of_the_person_remains_and_all_else_goes_on() -> None:
    made = last_days(mishap(Incident.COLLAPSE))
    onset_us = END_US - 30 * HOUR_US
    # Who falls is seen to, and a door that swings shuts.
    after = (made.sensor // SLOTS == 1) & (made.time_us >= onset_us + 60_000_000)
    signs = IS_PERSON_SIGN[SLOT_KIND[made.sensor % SLOTS]] & (made.value > 0)
    assert not (after & signs).any()
    assert (after & ~signs).any()
    assert (signs & (made.sensor // SLOTS == 1) & (made.time_us < onset_us)).any()


def test_who_collapses_is_at_home() -> None:
    for hours in range(1, 40, 3):
        made = last_days(mishap(Incident.COLLAPSE, hours, home=1), days=3)
        of_home = made.sensor // SLOTS == 0
        door = made.time_us[
            of_home & (made.sensor % SLOTS == slot("hall/front-door", Kind.CONTACT))
        ]
        # A hall need not see who comes in: whoever is seen in any room is at home.
        moves = SLOT_KIND[made.sensor % SLOTS] == Kind.MOTION.code
        seen = made.time_us[of_home & moves & (made.value > 0)]
        assert not len(door) or door[-1] < seen[-1]


def test_an_alarm_rings_once_and_changes_nothing_else() -> None:
    for kind, device, sensor_kind, values in (
        (Incident.SMOKE, "hall/smoke", Kind.SMOKE, [1.0, 0.0]),
        (Incident.PENDANT, "pendant", Kind.PENDANT, [1.0]),
        (Incident.FALL, "pendant", Kind.FALL, [1.0]),
    ):
        made = last_days(mishap(kind))
        rows = made.sensor == SLOTS + slot(device, sensor_kind)
        assert made.value[rows].tolist() == values
        assert made.time_us[rows][0] == END_US - 30 * HOUR_US
    assert np.diff(
        last_days(mishap(Incident.SMOKE)).time_us[
            last_days(mishap(Incident.SMOKE)).sensor == SLOTS + slot("hall/smoke", Kind.SMOKE)
        ]
    ) == [SMOKE_LASTS_S * 1e6]
    assert not np.isin(SLOT_KIND[calm().sensor % SLOTS], [Kind.SMOKE.code, Kind.FALL.code]).any()


def test_a_cold_home_falls_below_sixteen_degrees() -> None:
    made = last_days(mishap(Incident.COLD_HOME))
    rows = made.sensor == SLOTS + slot("living-room/climate", Kind.TEMPERATURE)
    assert made.value[rows][0] > 16
    assert 13 <= made.value[rows][-1] <= 16


def test_a_lost_gateway_says_so_last() -> None:
    made = last_days(mishap(Incident.GATEWAY_OFFLINE))
    own = made.sensor // SLOTS == 1
    assert made.time_us[own][-1] == END_US - 30 * HOUR_US
    assert made.sensor[own][-1] == SLOTS + slot("gateway", Kind.GATEWAY_STATUS)
    assert made.value[own][-1] == 0
    assert same(made.take(~own), calm().take(calm().sensor // SLOTS != 1))


def test_a_dead_device_is_silent_and_its_neighbours_are_not() -> None:
    made = last_days(mishap(Incident.SENSOR_DEAD, device="kitchen/motion"))
    row = [device.name for device in DEVICES].index("kitchen/motion")
    is_device = (made.sensor // SLOTS == 1) & (SLOT_DEVICE[made.sensor % SLOTS] == row)
    assert made.time_us[is_device].max() < END_US - 30 * HOUR_US
    whole = calm()
    other = (whole.sensor // SLOTS != 1) | (SLOT_DEVICE[whole.sensor % SLOTS] != row)
    assert same(made.take(~is_device), whole.take(other))


def test_what_follows_going_live_waits_for_it() -> None:
    press = Mishap(kind=Incident.PENDANT, place="fenbridge", home=2, after_live_s=45.0)
    fleet = Fleet(scenario(press), END_US)
    pendant = SLOTS + slot("pendant", Kind.PENDANT)
    assert pendant not in fleet.between(END_US - HOUR_US, END_US + HOUR_US).sensor
    live_us = END_US + 37_000_000
    fleet.go_live(live_us)
    made = fleet.between(live_us, live_us + HOUR_US)
    assert made.time_us[made.sensor == pendant].tolist() == [live_us + 45_000_000]


def test_a_gateway_that_stamps_its_own_times_is_off_by_the_same_all_along() -> None:
    exact = scenario()
    several = msgspec.structs.replace(
        exact, zigbee_homes_per_place=1, chirpstack_homes_per_place=1, senml_homes_per_place=1
    )
    off = msgspec.structs.replace(several, clock_offset_s=1.5)
    start_us = END_US - 30 * HOUR_US
    true, told = (Fleet(s, END_US).deliveries(start_us, END_US) for s in (several, off))
    assert told.sensor.tolist() == true.sensor.tolist()
    assert told.sent_us.tolist() == true.sent_us.tolist()
    ahead_us = told.time_us - true.time_us
    status = true.sensor % SLOTS == slot("gateway", Kind.GATEWAY_STATUS)
    assert not ahead_us[status].any()
    each = [set(ahead_us[~status & (true.sensor // SLOTS == home)].tolist()) for home in range(4)]
    assert all(len(offsets) == 1 for offsets in each)
    native, senml, chirpstack, zigbee = (offsets.pop() for offsets in each)
    assert chirpstack == 0
    assert len({native, senml, zigbee, 0}) == 4
    assert max(map(abs, (native, senml, zigbee))) <= 1.5e6 * MOST_OFF


def test_clocks_are_off_by_as_much_as_the_scenario_says() -> None:
    off_us = clock_offsets_us(3, np.arange(1, 2001, dtype=np.int32), 2.0)
    assert off_us.std() == pytest.approx(2e6, rel=0.1)
    assert not clock_offsets_us(3, np.arange(1, 10, dtype=np.int32), 0.0).any()
