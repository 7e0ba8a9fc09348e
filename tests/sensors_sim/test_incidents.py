from typing import Any

import numpy as np
import pytest

from config.kinds import Kind
from sensors_sim import plights
from sensors_sim.agenda import Purpose
from sensors_sim.company import keep_company
from sensors_sim.fleet import Fleet
from sensors_sim.habits import Habits, habits
from sensors_sim.incidents import Onset, befall
from sensors_sim.kit import DEVICES, SLOT_DEVICE, SLOT_KIND, SLOTS, slot
from sensors_sim.readings import Readings
from sensors_sim.resident import spend_day
from sensors_sim.residents import load
from sensors_sim.scenario import Incident, Mishap, Scenario, Tenancy
from sensors_sim.stays import Who

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
            clock_offset_s=0.0,
            incident=told,
        ),
        END_US,
    )


def made(of: Fleet, hours: float = 96.0) -> Readings:
    return of.between(END_US - round(hours * HOUR_US), END_US)


def moved(of: Readings, room: str) -> "np.typing.NDArray[np.int64]":
    at = SLOTS + slot(f"{room}/motion", Kind.MOTION)
    return of.take((of.sensor == at) & (of.value > 0)).time_us


def triples(of: Readings) -> list[tuple[int, int, float]]:
    columns = (of.sensor.tolist(), of.time_us.tolist(), of.value.tolist())
    return list(zip(*columns, strict=True))


def allot_all(resident: str, homes: "np.typing.NDArray[np.int32]") -> Habits:
    return habits(9, homes, [load(resident)], np.zeros(len(homes), np.intp))


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
    assert lived.time_us[seen][-1] < onset_us + 4_000_000
    # Nowhere else; and not even there, where the sensor holds or is nearly blind.
    fallen = set(lived.sensor[seen & (lived.time_us >= onset_us)].tolist())
    assert fallen <= {SLOTS + slot(f"{room.replace(' ', '-')}/motion", Kind.MOTION)}


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


def test_exactly_the_doses_of_the_window_are_missed_and_told_an_hour_later() -> None:
    of = fleet(Incident.MISSED_MEDICATION, before_end_h=72.0, lasts_h=48.0)
    onset_us, end_us = span(of)
    at = SLOTS + slot("kitchen/medication", Kind.MEDICATION)
    expected = [
        (sensor, time_us + HOUR_US, 0.0)
        if sensor == at and value == 1 and onset_us <= time_us < end_us
        else (sensor, time_us, value)
        for sensor, time_us, value in triples(made(fleet()))
    ]
    assert sorted(triples(made(of))) == sorted(expected)
    taken = [time for sensor, time, value in triples(made(fleet())) if sensor == at and value]
    assert sum(onset_us <= time < end_us for time in taken) >= 3
    assert any(time > end_us for time in taken)


def test_a_dose_before_or_after_the_window_is_not_missed() -> None:
    at = SLOTS + slot("kitchen/medication", Kind.MEDICATION)
    taken = [time for sensor, time, value in triples(made(fleet())) if sensor == at and value]
    dose_us = taken[len(taken) // 2]
    one = fleet(
        Incident.MISSED_MEDICATION, before_end_h=(END_US - dose_us) / HOUR_US + 0.1, lasts_h=0.2
    )
    missed = set(taken) - {t for sensor, t, value in triples(made(one)) if sensor == at and value}
    assert missed == {dose_us}


def of_couples(kind: Incident | None = Incident.COLLAPSE) -> Fleet:
    told = (
        ()
        if kind is None
        else (Mishap(kind=kind, place="fenbridge", home=2, before_end_h=48.0, at_h=11.0),)
    )
    shared = (Tenancy(name="couple", share=1.0),)
    return Fleet(
        Scenario(
            seed=9, places=("fenbridge",), homes_per_place=3, zigbee_homes_per_place=1,
            residents=shared, incident=told,
        ),
        END_US,
    )  # fmt: skip


def test_a_collapse_silences_the_person_and_not_their_partner_and_is_a_collapse_all_the_same() -> (
    None
):
    of = of_couples()
    assert of.truth().kind.tolist() == ["collapse"]
    onset_us, _ = span(of)
    lived, usual = made(of), made(of_couples(None))

    def after(of: Readings, *kinds: Kind) -> int:
        own = of.take((of.sensor // SLOTS == 1) & (of.time_us > onset_us + 60_000_000))
        codes = [kind.code for kind in kinds]
        return int((np.isin(SLOT_KIND[own.sensor % SLOTS], codes) & (own.value > 0)).sum())

    assert 0.2 < after(lived, Kind.MOTION) / after(usual, Kind.MOTION) < 0.9
    own = (Kind.BED, Kind.CHAIR, Kind.MEDICATION)
    assert after(usual, *own) > 5
    assert after(lived, *own) == 0
    assert all((moved(lived, room) > onset_us + HOUR_US).any() for room in ("hall", "bedroom"))


def test_a_partner_lives_on_as_if_nothing_had_happened() -> None:
    day, midnight_us = 20_400, 20_400 * 24 * HOUR_US
    homes = np.arange(1, 4, dtype=np.int32)
    couple = allot_all("couple", homes)
    collapse = Onset(Incident.COLLAPSE, 1, midnight_us + 11 * HOUR_US, "")
    lived = spend_day(9, homes, day, who=couple)
    struck = plights.endure(9, lived, [collapse], day, midnight_us)
    both, before = (keep_company(9, homes, day, couple, stays) for stays in (struck, lived))
    for column in ("home", "room", "purpose", "start_s", "end_s"):
        of_partner = [getattr(s.take(s.person == Who.PARTNER), column) for s in (both, before)]
        assert of_partner[0].tolist() == of_partner[1].tolist()
    late = struck.take((struck.home == 1) & (struck.end_s > 11 * 3600))
    assert late.purpose.tolist() == [Purpose.FLOOR]


def test_any_number_of_incidents_in_one_home_are_as_if_each_were_cut_by_itself() -> None:
    reported = made(fleet())
    spans_h = [(90, 80), (60, 20), (50, 45), (10, 0)]
    dead = [
        Onset(Incident.SENSOR_DEAD, 1, END_US - a * HOUR_US, device, end_us=END_US - b * HOUR_US)
        for (a, b), device in zip(spans_h, ["kitchen/motion", "hall/motion"] * 2, strict=True)
    ]
    lost = Onset(Incident.GATEWAY_OFFLINE, 0, END_US - 30 * HOUR_US, "", end_us=END_US - HOUR_US)
    silent = naive_silenced(reported, [*dead, lost])
    told = befall(reported, [*dead, lost], END_US - 96 * HOUR_US, END_US)
    will = (slot("gateway", Kind.GATEWAY_STATUS), lost.at_us, 0.0)
    kept = [row for row, hidden in zip(triples(reported), silent, strict=True) if not hidden]
    assert triples(told) == sorted([*kept, will], key=lambda row: (row[1], row[0]))


def naive_silenced(reported: Readings, happening: list[Onset]) -> list[bool]:
    """Return which readings are silenced, by looking at each with each incident in turn."""
    silenced = []
    for sensor, time_us, _ in triples(reported):
        home, at = divmod(sensor, SLOTS)
        silenced.append(
            any(
                home == onset.home
                and onset.at_us <= time_us < onset.end_us
                and onset.device in ("", DEVICES[SLOT_DEVICE[at]].name)
                for onset in happening
            )
        )
    return silenced


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
