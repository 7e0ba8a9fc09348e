from functools import cache

import numpy as np

from config.kinds import HIGH, IS_PERSON_SIGN, LOW, Kind
from sensors_sim.devices import sense_day
from sensors_sim.kit import DEVICES, SLOT_DEVICE, SLOT_KIND, SLOTS, slot
from sensors_sim.readings import Readings, concat, ordered
from sensors_sim.resident import spend_day

HOMES = np.arange(1, 61, dtype=np.int32)
DAYS = range(20_000, 20_014)
DAY_US = 86_400_000_000


@cache
def fortnight() -> Readings:
    days = [sense_day(5, HOMES, spend_day(5, HOMES, day), day * DAY_US) for day in DAYS]
    return ordered(concat(days))


def test_a_home_day_has_a_believable_number_of_activations() -> None:
    made = fortnight()
    active = IS_PERSON_SIGN[SLOT_KIND[made.sensor % SLOTS]] & (made.value > 0)
    each = np.bincount(made.sensor[active] // SLOTS, minlength=len(HOMES)) / len(DAYS)
    assert 300 < each.mean() < 450
    assert each.min() > 150
    assert each.max() < 700


def test_on_and_off_take_turns() -> None:
    made = fortnight()
    for device, kind in (
        ("hall/motion", Kind.MOTION),
        ("living-room/motion", Kind.MOTION),
        ("hall/front-door", Kind.CONTACT),
        ("kitchen/fridge", Kind.CONTACT),
        ("bedroom/bed", Kind.BED),
        ("living-room/chair", Kind.CHAIR),
        ("kitchen/kettle", Kind.POWER),
    ):
        for home in range(len(HOMES)):
            is_on = made.value[made.sensor == home * SLOTS + slot(device, kind)] > 0
            assert (is_on[1:] != is_on[:-1]).all(), (device, home)


def test_movement_is_held_for_a_minute_or_more() -> None:
    made = fortnight()
    rows = made.sensor == slot("kitchen/motion", Kind.MOTION)
    held_s = np.diff(made.time_us[rows])[made.value[rows][:-1] > 0] / 1e6
    assert held_s.min() >= 60
    assert held_s.max() <= 91


def test_times_are_ordered_whole_milliseconds_and_values_are_plausible() -> None:
    made = fortnight()
    kind = SLOT_KIND[made.sensor % SLOTS]
    assert (np.diff(made.time_us) >= 0).all()
    assert (made.time_us % 1000 == 0).all()
    assert (made.value == np.rint(made.value)).all()
    assert ((made.value >= LOW[kind]) & (made.value <= HIGH[kind])).all()


def test_every_device_that_a_person_moves_is_moved() -> None:
    moved = {DEVICES[i].name for i in SLOT_DEVICE[np.unique(fortnight().sensor % SLOTS)]}
    assert moved == {
        *(f"{room}/motion" for room in ("hall", "kitchen", "living-room", "bedroom", "bathroom")),
        "hall/front-door",
        "kitchen/back-door",
        "kitchen/fridge",
        "kitchen/kettle",
        "kitchen/medication",
        "bedroom/bed",
        "living-room/chair",
    }


def test_a_day_stays_within_its_own_day() -> None:
    made = sense_day(5, HOMES, spend_day(5, HOMES, 20_000), 0)
    assert made.time_us.min() >= 4 * 3600 * 1_000_000
    assert made.time_us.max() < 28 * 3600 * 1_000_000
