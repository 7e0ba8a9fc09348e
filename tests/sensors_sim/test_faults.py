import numpy as np
import pytest

from config.kinds import Kind
from sensors_sim.deliveries import Deliveries, at_once
from sensors_sim.faults import (
    BACKFILL_US,
    LAST_WILL_US,
    Fault,
    FaultKind,
    longest_delay_us,
    suffer,
    truth,
)
from sensors_sim.fleet import Fleet
from sensors_sim.kit import DEVICES, SLOT_DEVICE, SLOTS, slot
from sensors_sim.readings import Readings
from sensors_sim.scenario import BadScenario, Incident, Malfunction, Mishap, Scenario, parse

HOUR_US = 3_600_000_000
END_US = 1_795_359_400_000_000
START_US = END_US - 72 * HOUR_US
KITCHEN = [device.name for device in DEVICES].index("kitchen/motion")
CLIMATE = [device.name for device in DEVICES].index("living-room/climate")
ALL = (START_US, END_US)


def homes(*rows: int) -> "np.typing.NDArray[np.int32]":
    return np.array(rows, np.int32)


def scenario(
    *faults: Malfunction, incident: tuple[Mishap, ...] = (), homes_per_sector: int = 0
) -> Scenario:
    return Scenario(
        seed=9,
        places=("fenbridge",),
        homes_per_place=3,
        zigbee_homes_per_place=1,
        clock_offset_s=0.0,
        homes_per_sector=homes_per_sector,
        fault=faults,
        incident=incident,
    )


def calm() -> Deliveries:
    return at_once(Fleet(scenario(), END_US).between(*ALL))


def fault(kind: FaultKind, *, device: int = -1, by_s: float = 5.0, share: float = 1.0) -> Fault:
    return Fault(kind, homes(1), END_US - 40 * HOUR_US, END_US - 30 * HOUR_US, device, by_s, share)


def struck(fault: Fault) -> tuple[Deliveries, Deliveries]:
    """Return what home 1 sends in the fault, and everything else."""
    made = suffer(calm(), [fault], 9, *ALL)
    hit = made.sensor // SLOTS == 1
    if fault.device >= 0:
        hit &= SLOT_DEVICE[made.sensor % SLOTS] == fault.device
    hit &= (made.time_us >= fault.start_us) & (made.time_us < fault.end_us)
    return made.take(hit), made.take(~hit)


def test_without_faults_everything_arrives_as_it_is_made() -> None:
    made = calm()
    assert suffer(made, [], 9, *ALL) is made
    assert made.sent_us.tolist() == made.time_us.tolist()


@pytest.mark.parametrize("kind", list(FaultKind))
def test_a_fault_changes_nothing_outside_its_home_device_and_time(kind: FaultKind) -> None:
    device = KITCHEN if kind in (FaultKind.STUCK, FaultKind.CHATTERING, FaultKind.DEAD) else -1
    if kind is FaultKind.FLAT_BATTERY:
        device = CLIMATE
    one = fault(kind, device=device)
    made, before = suffer(calm(), [one], 9, *ALL), calm()

    def outside(of: Deliveries) -> list[tuple[int, int, float, int]]:
        rows = (of.sensor // SLOTS != 1) | (of.sent_us < one.start_us)
        kept = of.take(rows)
        columns = (kept.sensor, kept.time_us, kept.value, kept.sent_us)
        return sorted(zip(*(column.tolist() for column in columns), strict=True))

    assert outside(made) == outside(before)
    assert (np.diff(made.sent_us) >= 0).all()


def test_a_dead_device_is_silent_for_its_time() -> None:
    inside, outside = struck(fault(FaultKind.DEAD, device=KITCHEN))
    assert not len(inside)
    assert (outside.sensor == SLOTS + slot("kitchen/motion", Kind.MOTION)).any()


def test_a_stuck_device_repeats_what_each_of_its_sensors_said_last() -> None:
    one = fault(FaultKind.STUCK, device=CLIMATE)
    inside, _ = struck(one)
    before = calm()
    for kind in (Kind.TEMPERATURE, Kind.HUMIDITY, Kind.BATTERY, Kind.SIGNAL):
        sensor = SLOTS + slot("living-room/climate", kind)
        own = (before.sensor == sensor) & (before.time_us < one.start_us)
        assert set(inside.value[inside.sensor == sensor].tolist()) == {before.value[own][-1]}


@pytest.mark.parametrize("device", ["kitchen/motion", "living-room/climate", "hall/smoke"])
def test_a_sensor_stays_stuck_at_the_same_value_from_day_to_day(device: str) -> None:
    stuck = Malfunction(
        kind=FaultKind.STUCK, place="fenbridge", device=device, before_end_h=60.0, lasts_h=50.0
    )
    smoke = Mishap(kind=Incident.SMOKE, place="fenbridge", home=2, before_end_h=30.0)
    onset_us = END_US - 60 * HOUR_US
    made = Fleet(scenario(stuck, incident=(smoke,)), END_US).deliveries(*ALL)
    before = Fleet(scenario(), END_US).deliveries(START_US - 48 * HOUR_US, onset_us)
    inside = (made.time_us >= onset_us) & (made.time_us < END_US - 10 * HOUR_US)
    row = [d.name for d in DEVICES].index(device)
    of_device = SLOT_DEVICE[made.sensor % SLOTS] == row
    for sensor in np.unique(made.sensor[of_device]):
        said = before.value[before.sensor == sensor]
        # What has never said a thing is at rest.
        last = said[-1] if len(said) else 0.0
        assert set(made.value[inside & (made.sensor == sensor)].tolist()) <= {last}
    assert of_device.any()


def test_a_chattering_sensor_goes_on_and_off_at_its_pause() -> None:
    one = fault(FaultKind.CHATTERING, device=KITCHEN, by_s=4.0)
    inside, _ = struck(one)
    at = slot("kitchen/motion", Kind.MOTION)
    added = len(inside) - int(
        (
            (calm().sensor // SLOTS == 1)
            & (SLOT_DEVICE[calm().sensor % SLOTS] == KITCHEN)
            & (calm().time_us >= one.start_us)
            & (calm().time_us < one.end_us)
        ).sum()
    )
    assert added == 10 * 3600 // 4
    assert (inside.sensor == SLOTS + at).sum() >= added


def test_a_flat_battery_falls_to_nothing_and_the_device_ends() -> None:
    one = Fault(FaultKind.FLAT_BATTERY, homes(1), START_US, END_US - 9 * HOUR_US, CLIMATE)
    made = suffer(calm(), [one], 9, *ALL)
    own = made.take((made.sensor // SLOTS == 1) & (SLOT_DEVICE[made.sensor % SLOTS] == CLIMATE))
    assert own.time_us.max() < one.end_us
    charge = own.value[own.sensor % SLOTS == slot("living-room/climate", Kind.BATTERY)]
    assert charge[-1] < charge[0]
    later = suffer(calm(), [one], 9, one.end_us + HOUR_US, END_US)
    assert not (
        (later.sensor // SLOTS == 1)
        & (SLOT_DEVICE[later.sensor % SLOTS] == CLIMATE)
        & (later.time_us > one.end_us)
    ).any()


@pytest.mark.parametrize("kind", [FaultKind.GATEWAY_OUTAGE, FaultKind.BROKER_OUTAGE])
def test_after_an_outage_what_was_held_back_comes_in_order_and_is_complete(
    kind: FaultKind,
) -> None:
    one = fault(kind)
    inside, _ = struck(one)
    status = inside.sensor % SLOTS == slot("gateway", Kind.GATEWAY_STATUS)
    held = inside.take(~status)
    assert (held.sent_us >= one.end_us).all()
    assert (held.sent_us <= one.end_us + BACKFILL_US).all()
    assert (np.diff(held.time_us) >= 0).all()
    rows = (calm().sensor // SLOTS == 1) & (calm().time_us >= one.start_us)
    rows &= (calm().time_us < one.end_us) & (calm().sensor % SLOTS != 0)
    assert len(held) == rows.sum()
    told = inside.value[status].tolist()
    assert told == ([0.0] if kind is FaultKind.GATEWAY_OUTAGE else [])


def test_a_clock_that_jumps_or_drifts_moves_times_and_not_arrivals() -> None:
    for kind, most_s in ((FaultKind.CLOCK_JUMP, 7200.0), (FaultKind.CLOCK_SKEW, 3000.0)):
        made = suffer(calm(), [fault(kind, by_s=7200.0)], 9, *ALL)
        assert made.sent_us.tolist() == calm().sent_us.tolist()
        ahead_s = (made.time_us - calm().time_us) / 1e6
        assert ahead_s.min() == 0
        assert most_s * 0.95 <= ahead_s.max() <= most_s


def test_late_and_reordered_readings_arrive_later_in_another_order() -> None:
    for kind in (FaultKind.LATE, FaultKind.REORDERED):
        inside, _ = struck(fault(kind, by_s=60.0))
        assert ((inside.sent_us - inside.time_us) > 0).mean() > 0.9
        assert (np.diff(inside.time_us) < 0).any()
        delay_us = longest_delay_us([fault(kind, by_s=60.0)])
        assert (inside.sent_us - inside.time_us).max() <= delay_us


def test_a_share_of_readings_comes_twice() -> None:
    share = 0.25
    one = fault(FaultKind.DUPLICATED, share=share)
    inside, _ = struck(one)
    rows = list(zip(inside.sensor.tolist(), inside.time_us.tolist(), strict=True))
    again = len(rows) - len(set(rows))
    spread = 4 * (share * (1 - share) / len(set(rows))) ** 0.5
    assert abs(again / len(set(rows)) - share) < spread


def test_parts_of_a_past_with_faults_are_the_whole() -> None:
    of = Malfunction(
        kind=FaultKind.GATEWAY_OUTAGE, place="fenbridge", before_end_h=60, lasts_h=30.0
    )
    late = Malfunction(
        kind=FaultKind.LATE, place="fenbridge", home=2, before_end_h=70, lasts_h=60.0, by_s=900.0
    )
    whole = Fleet(scenario(of, late), END_US).deliveries(*ALL)
    fleet = Fleet(scenario(of, late), END_US)
    edges = range(START_US, END_US + 1, 3 * HOUR_US)
    parts = [fleet.deliveries(edge, edge + 3 * HOUR_US) for edge in edges[:-1]]
    for column in ("sensor", "time_us", "value", "sent_us"):
        joined = np.concatenate([getattr(part, column) for part in parts])
        assert joined.tolist() == getattr(whole, column).tolist()
    assert len(whole) == pytest.approx(len(calm()), abs=800)


STREET = Malfunction(
    kind=FaultKind.STREET, place="fenbridge", sector=1, before_end_h=30.0, lasts_h=4.0
)


def test_a_street_loses_its_power_at_one_moment_and_what_is_sensed_meanwhile() -> None:
    fleet = Fleet(scenario(STREET, homes_per_sector=2), END_US)
    assert [home.sector for home in fleet.enrolment.homes] == ["ZZ1 0", "ZZ1 0", "ZZ1 1"]
    made, start_us = fleet.deliveries(*ALL), END_US - 30 * HOUR_US
    dark = (made.time_us >= start_us) & (made.time_us < start_us + 4 * HOUR_US)
    home, status = made.sensor // SLOTS, made.sensor % SLOTS == slot("gateway", Kind.GATEWAY_STATUS)
    assert not (dark & (home < 2) & ~status).any()
    wills = dark & status & (made.value == 0)
    assert sorted(home[wills].tolist()) == [0, 1]
    assert (made.time_us[wills] - start_us).max() <= LAST_WILL_US
    again = status & (made.value == 1) & (made.time_us >= start_us + 4 * HOUR_US)
    assert set(home[again].tolist()) >= {0, 1}
    third = home == 2
    calm_third = calm().take(calm().sensor // SLOTS == 2)
    assert made.time_us[third].tolist() == calm_third.time_us.tolist()


def test_a_hub_with_a_battery_goes_on_and_says_that_the_mains_failed() -> None:
    of = Malfunction(
        kind=FaultKind.STREET,
        place="fenbridge",
        sector=1,
        before_end_h=60.0,
        lasts_h=30.0,
        share=0.0,
    )
    made = Fleet(scenario(of, homes_per_sector=2), END_US).deliveries(*ALL)
    start_us = (END_US - 60 * HOUR_US) // 1000 * 1000
    mains = made.sensor % SLOTS == slot("hub", Kind.MAINS)
    inside = (made.time_us >= start_us) & (made.time_us < start_us + 30 * HOUR_US)
    failed = mains & (made.value == 0)
    assert set((made.sensor[failed] // SLOTS).tolist()) == {0, 1}
    assert not (mains & inside & (made.value == 1) & (made.sensor // SLOTS < 2)).any()
    assert (made.value[mains & (made.time_us >= start_us + 30 * HOUR_US)] == 1).all()
    assert (made.time_us[~mains]).tolist() == [
        at
        for at, sensor in zip(calm().time_us.tolist(), calm().sensor.tolist(), strict=True)
        if sensor % SLOTS != slot("hub", Kind.MAINS)
    ]


def test_parts_of_a_past_with_a_dark_street_are_the_whole() -> None:
    whole = Fleet(scenario(STREET, homes_per_sector=2), END_US).deliveries(*ALL)
    fleet = Fleet(scenario(STREET, homes_per_sector=2), END_US)
    edges = range(START_US, END_US + 1, 3 * HOUR_US)
    parts = [fleet.deliveries(edge, edge + 3 * HOUR_US) for edge in edges[:-1]]
    for column in ("sensor", "time_us", "value", "sent_us"):
        joined = np.concatenate([getattr(part, column) for part in parts])
        assert joined.tolist() == getattr(whole, column).tolist()


def test_what_went_dark_is_told_for_each_home_of_the_street() -> None:
    said = Fleet(scenario(STREET, homes_per_sector=2), END_US).truth()
    start_us = (END_US - 30 * HOUR_US) // 1000 * 1000
    assert said.home.tolist() == [0, 1]
    assert said.kind.tolist() == ["street"] * 2
    assert (said.onset_us == start_us).all()
    assert (said.end_us == start_us + 4 * HOUR_US).all()


def test_what_failed_is_told_for_each_home() -> None:
    one = fault(FaultKind.BROKER_OUTAGE)
    [told] = truth([one])
    assert told == (1, "broker-outage", one.start_us, one.end_us)
    of = Malfunction(kind=FaultKind.LATE, place="fenbridge", before_end_h=9, lasts_h=3)
    said = Fleet(scenario(of), END_US).truth()
    assert said.home.tolist() == [0, 1, 2]
    assert said.kind.tolist() == ["late"] * 3


GOOD = 'seed = 1\nplaces = ["fenbridge"]\nhomes_per_place = 4\nzigbee_homes_per_place = 1\n'
FAULT = '[[fault]]\nkind = "late"\nplace = "fenbridge"\nbefore_end_h = 5\nlasts_h = 1\n'


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (FAULT.replace("late", "tired"), "fault.0.kind: Invalid enum value 'tired'"),
        (FAULT + "home = 9\n", "fault.0.home is 9, expected 1..4"),
        (FAULT + 'device = "pendant"\n', "fault.0.device is 'pendant'"),
        (FAULT.replace("late", "dead"), "fault.0.device is ''"),
        (FAULT + "by_s = 0\n", "fault.0.by_s is 0, expected more than 0"),
        (FAULT.replace("fenbridge", "elsewhere"), "fault.0.place is 'elsewhere'"),
        (FAULT + "why = 1\n", "fault.0.why is not a known key"),
        (FAULT + "sector = 1\n", "fault.0.sector is 1, expected none here"),
        (FAULT.replace("late", "street"), "expected homes_per_sector"),
        ("homes_per_sector = 3\n" + FAULT.replace("late", "street"), "expected 1..2"),
        ("homes_per_sector = 3\n" + FAULT.replace("late", "street") + "sector = 3\n", "1..2"),
        ("homes_per_sector = 3\n" + FAULT.replace("late", "street") + "home = 1\n", "its sector"),
    ],
)
def test_a_wrong_fault_is_refused_with_its_file_and_key(text: str, told: str) -> None:
    with pytest.raises(BadScenario) as caught:
        parse(GOOD + text, file="s.toml")
    assert told in str(caught.value)


def test_a_reading_sent_twice_is_two_messages() -> None:
    from sensors_sim.encode import Encoder

    fleet = Fleet(scenario(), END_US)
    at = 2 * SLOTS + slot("hall/motion", Kind.MOTION)
    twice = Readings(np.full(2, at, np.int32), np.full(2, 1_000_000), np.ones(2))
    assert len(Encoder(fleet.enrolment, "1").encode(twice)) == 2
