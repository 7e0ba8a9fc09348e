from typing import Any

import numpy as np
import pytest

from config.kinds import Kind
from sensors_sim.fleet import Fleet
from sensors_sim.kit import SLOT_KIND, SLOTS, slot
from sensors_sim.readings import Readings
from sensors_sim.scenario import Incident, Mishap, Scenario

HOUR_US = 3_600_000_000
END_US = 1_795_359_400_000_000
"""A Sunday in November 2026, 15:36 UTC."""


def fleet(kind: Incident | None = None, **more: Any) -> Fleet:  # noqa: ANN401 - keys of a Mishap
    more = {"before_end_h": 48.0, **more}
    told = () if kind is None else (Mishap(kind=kind, place="fenbridge", home=2, **more),)
    return Fleet(
        Scenario(
            seed=9,
            places=("fenbridge",),
            homes_per_place=3,
            zigbee_homes_per_place=1,
            incident=told,
        ),
        END_US,
    )


def made(of: Fleet, hours: float = 96.0) -> Readings:
    return of.between(END_US - round(hours * HOUR_US), END_US)


def moved(of: Readings, room: str) -> "np.typing.NDArray[np.int64]":
    at = SLOTS + slot(f"{room}/motion", Kind.MOTION)
    return of.take((of.sensor == at) & (of.value > 0)).time_us


def span(of: Fleet) -> tuple[int, int]:
    truth = of.truth()
    assert truth.home.tolist() == [1]
    return int(truth.onset_us[0]), int(truth.end_us[0])


@pytest.mark.parametrize("kind", [k for k in Incident if k is not Incident.SENSOR_DEAD])
def test_an_incident_touches_its_own_home_alone_and_is_told(kind: Incident) -> None:
    of = fleet(kind, before_end_h=24.0 * 40 if kind is Incident.GRADUAL_DECLINE else 48.0)
    assert of.truth().kind.tolist() == [kind.value]
    one, other = made(of), made(fleet())
    for home in (0, 2):
        a, b = (x.take(x.sensor // SLOTS == home) for x in (one, other))
        assert a.time_us.tolist() == b.time_us.tolist()
    own, before = (x.take(x.sensor // SLOTS == 1) for x in (one, other))
    assert len(own) != len(before) or (own.value != before.value).any()


@pytest.mark.parametrize("room", ["hall", "kitchen", "living room", "bedroom", "bathroom"])
def test_who_collapses_in_a_room_is_last_seen_there(room: str) -> None:
    of = fleet(Incident.COLLAPSE, room=room, at_h=11.0)
    onset_us, _ = span(of)
    lived = made(of)
    is_motion = SLOT_KIND[lived.sensor % SLOTS] == Kind.MOTION.code
    seen = (lived.sensor // SLOTS == 1) & is_motion & (lived.value > 0)
    # Or seen so shortly before that the sensor was still holding.
    assert onset_us - 91_000_000 <= lived.time_us[seen][-1] < onset_us + 4_000_000
    last = lived.sensor[seen][-1]
    assert last == SLOTS + slot(f"{room.replace(' ', '-')}/motion", Kind.MOTION)


def test_who_lies_in_one_room_and_moves_is_seen_there_and_nowhere_else() -> None:
    of = fleet(Incident.STILL_MOVING, room="kitchen", at_h=11.0)
    onset_us, _ = span(of)
    lived = made(of)
    assert (moved(lived, "kitchen") > onset_us + 20 * HOUR_US).any()
    for room in ("bedroom", "bathroom", "living-room"):
        assert not (moved(lived, room) > onset_us + 60_000_000).any()


def test_who_does_not_get_up_stays_in_an_occupied_bed() -> None:
    of = fleet(Incident.NOT_UP, at_h=4.5)
    onset_us, _ = span(of)
    lived = made(of)
    own = lived.take(lived.sensor // SLOTS == 1)
    assert own.value[own.sensor % SLOTS == slot("bedroom/bed", Kind.BED)][-1] == 1
    for room in ("kitchen", "bathroom", "living-room"):
        assert not (moved(lived, room) > onset_us).any()


def test_who_goes_out_at_night_opens_the_door_and_is_not_seen_again() -> None:
    of = fleet(Incident.OUT_AT_NIGHT, at_h=3.0)
    onset_us, _ = span(of)
    lived = made(of)
    door = lived.sensor == SLOTS + slot("hall/front-door", Kind.CONTACT)
    after = lived.time_us[door & (lived.time_us >= onset_us)]
    assert len(after) == 2
    assert after[-1] < onset_us + 12_000_000
    for room in ("bedroom", "kitchen", "bathroom", "living-room", "hall"):
        assert not (moved(lived, room) > onset_us + 60_000_000).any()


def test_a_long_stay_in_the_bathroom_is_seen_there_alone_for_its_time() -> None:
    of = fleet(Incident.LONG_BATHROOM, at_h=10.0, lasts_h=4.0)
    onset_us, end_us = span(of)
    assert end_us - onset_us == 4 * HOUR_US
    lived = made(of)
    for room in ("kitchen", "living-room", "bedroom"):
        seen = moved(lived, room)
        assert not ((seen > onset_us + 60_000_000) & (seen < end_us)).any()
    inside = moved(lived, "bathroom")
    assert ((inside > onset_us) & (inside < end_us)).sum() > 5


def test_more_visits_to_the_bathroom_by_night_are_as_many_as_said() -> None:
    of = fleet(Incident.NIGHT_VISITS, by=6.0, before_end_h=72.0, lasts_h=48.0, at_h=12.0)
    onset_us, end_us = span(of)

    def visits(lived: Readings) -> int:
        seen = moved(lived, "bathroom")
        hour = seen % (24 * HOUR_US) / HOUR_US
        seen = seen[(seen > onset_us) & (seen < end_us) & (hour < 3.8)]
        return 1 + int((np.diff(seen) > 10 * 60e6).sum()) if len(seen) else 0

    more = visits(made(of, 120)) - visits(made(fleet(), 120))
    assert 9 <= more <= 13


def test_who_wanders_is_seen_in_room_after_room() -> None:
    of = fleet(Incident.WANDERING, at_h=1.0)
    onset_us, end_us = span(of)
    lived = made(of)
    rooms = ("hall", "kitchen", "living-room", "bedroom")
    seen = [((moved(lived, r) >= onset_us) & (moved(lived, r) < end_us)).sum() for r in rooms]
    assert min(seen) > 5


def test_sleep_that_shifts_begins_and_ends_later() -> None:
    def rises(of: Fleet) -> float:
        lived = made(of)
        bed = lived.sensor == SLOTS + slot("bedroom/bed", Kind.BED)
        left = lived.time_us[bed & (lived.value == 0)]
        hours = left % (24 * HOUR_US) / HOUR_US
        late = (left > END_US - 30 * HOUR_US) & (hours > 4.5) & (hours < 13)
        return float(hours[late].max())

    assert 1.2 < rises(fleet(Incident.SLEEP_SHIFT, by=2.0)) - rises(fleet()) < 2.8


def test_missed_doses_are_told_as_missed_and_none_after_the_end() -> None:
    of = fleet(Incident.MISSED_MEDICATION, before_end_h=72.0, lasts_h=48.0)
    onset_us, end_us = span(of)
    lived = made(of)
    doses = lived.take(lived.sensor == SLOTS + slot("kitchen/medication", Kind.MEDICATION))
    inside = (doses.time_us >= onset_us) & (doses.time_us < end_us)
    assert inside.sum() >= 3
    assert not doses.value[inside].any()
    assert doses.value[doses.time_us >= end_us].any()


def test_who_neglects_themselves_is_not_in_the_kitchen() -> None:
    of = fleet(Incident.SELF_NEGLECT)
    onset_us, _ = span(of)
    lived = made(of)
    late = onset_us + HOUR_US
    assert not (moved(lived, "kitchen") > late).any()
    assert (moved(lived, "living-room") > late).any()


def test_a_decline_makes_a_home_quieter_over_weeks() -> None:
    def movements(of: Fleet) -> int:
        lived = made(of, 72)
        return sum(len(moved(lived, room)) for room in ("kitchen", "hall", "bedroom"))

    weeks = fleet(Incident.GRADUAL_DECLINE, before_end_h=24.0 * 50)
    assert movements(weeks) < 0.85 * movements(fleet())


def test_an_incident_may_begin_at_a_local_hour() -> None:
    onset_us, _ = span(fleet(Incident.SMOKE, before_end_h=20.0, at_h=3.25))
    assert onset_us % (24 * HOUR_US) == 3.25 * HOUR_US
    assert 20 * HOUR_US <= END_US - onset_us < 44 * HOUR_US
