"""Booked visits: whose door and movement it is, and that nobody is hidden by them."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from config.homes import GoesOut, Home
from config.kinds import Kind
from config.visits import VisitKind
from tests.alerts.houses import KINDS, SECOND, Houses, days, moved, used, visit, warm_days
from tests.alerts.world import DAY, HOUR, MINUTE, START, Reading

DAYS = 6
TODAY = START + DAYS * DAY
SILENCES = ("no-sign-of-life", "not-back")


def never(home: Home) -> Home:
    return replace(home, goes_out=GoesOut.NEVER)


def lived(houses: Houses, until: int) -> list[Reading]:
    readings = [r for r in days(houses, 0, DAYS + 1, seed=1) if r[1] < until]
    return readings + warm_days(houses, DAYS, DAYS + 2)


def care(houses: Houses, comes: int, goes: int) -> list[Reading]:
    """A carer who comes by the door, is about in kitchen and bedroom, and leaves by it."""
    door = houses.sensor("hall", Kind.CONTACT)
    about = [r for at in range(comes + 2 * MINUTE, goes - MINUTE, 3 * MINUTE)
             for r in moved(houses.sensor("kitchen" if at % 2 else "bedroom"), at)]  # fmt: skip
    return used(door, comes) + about + used(door, goes)


def found(houses: Houses, *kinds: str) -> list[int]:
    return [finding.found_us for finding in houses.findings(*(kinds or SILENCES))]


@pytest.mark.parametrize("goes_out", list(GoesOut))
def test_a_collapse_five_minutes_after_the_carer_left_is_found_as_soon_as_the_plain_case(
    goes_out: GoesOut,
) -> None:
    fell, times = TODAY + 9 * HOUR + 5 * MINUTE, {}
    for case in ("plain", "visited"):
        houses = Houses(change=lambda home: replace(home, goes_out=goes_out))
        houses.book(visit(8.5, 9.25))
        readings = lived(houses, TODAY + 8 * HOUR + 20 * MINUTE)
        if case == "visited":
            readings += care(houses, TODAY + 8 * HOUR + 35 * MINUTE, TODAY + 9 * HOUR)
        readings += moved(houses.sensor("kitchen"), fell)
        houses.run(readings, TODAY + 23 * HOUR)
        (alert,) = houses.findings(*SILENCES)
        assert alert.kind.value == "no-sign-of-life"
        times[case] = alert.found_us - fell
    assert times["visited"] == times["plain"]


@pytest.mark.parametrize("goes_out", [GoesOut.ALONE, GoesOut.NEVER])
def test_a_visitor_who_sees_nobody_does_not_make_the_silence_begin_anew(goes_out: GoesOut) -> None:
    silent = TODAY + 8 * HOUR
    times = {}
    for booked in (True, False):
        houses = Houses(change=lambda home: replace(home, goes_out=goes_out))
        if booked:
            houses.book(visit(10, 10.5, kind=VisitKind.OTHER))
        readings = lived(houses, silent)
        readings += care(houses, TODAY + 10 * HOUR, TODAY + 10 * HOUR + 25 * MINUTE)
        houses.run(readings, TODAY + 34 * HOUR)
        (alert,) = houses.findings(*SILENCES)
        times[booked] = alert.found_us
        if booked:
            assert alert.kind.value == "no-sign-of-life", "a visitor who leaves is no exit"
            assert "In a booked visit the outside door was used at" in alert.sentence
            assert silent - HOUR < alert.onset_us < silent
    assert times[True] < times[False] - HOUR


def test_the_back_door_in_the_middle_of_a_visit_ends_it_not() -> None:
    """A carer takes out the bin: what moves after that is still the carer's."""
    silent, comes = TODAY + 8 * HOUR, TODAY + 10 * HOUR
    times = []
    for has_bin in (False, True):
        houses = Houses(change=never, kinds=(*KINDS, (Kind.CONTACT, "bathroom")))
        back = houses.sensor("bathroom", Kind.CONTACT)
        houses.sensors = [
            replace(s, is_exit=True) if s.number == back else s for s in houses.sensors
        ]
        houses.book(visit(10, 10.5, kind=VisitKind.OTHER))
        readings = [*lived(houses, silent), *care(houses, comes, comes + 25 * MINUTE)]
        readings += used(back, TODAY - 4 * DAY)
        if has_bin:
            readings += used(back, comes + 10 * MINUTE)
        houses.run(readings, TODAY + 34 * HOUR)
        (alert,) = houses.findings(*SILENCES)
        assert silent - HOUR < alert.onset_us < silent
        times.append(alert.found_us)
    assert times[0] == times[1]


def test_while_the_visitor_is_there_the_score_waits_and_the_cap_does_not() -> None:
    for hours, rule in ((6.0, "score"), (11.9, "cap")):
        houses = Houses(change=never)
        houses.book(visit(8.5, 8.5 + hours, kind=VisitKind.OTHER))
        door = houses.sensor("hall", Kind.CONTACT)
        readings = lived(houses, TODAY + 8 * HOUR)
        readings += used(door, TODAY + 8 * HOUR + 35 * MINUTE)
        houses.run(readings, TODAY + 30 * HOUR)
        (alert,) = houses.findings(*SILENCES)
        assert alert.evidence["rule"] == rule
        ends = TODAY + round((9 + hours) * HOUR)
        if rule == "score":
            assert alert.verdict.value == "person"
            assert ends <= alert.found_us < alert.onset_us + 12 * HOUR + 5 * MINUTE
        else:
            assert alert.verdict.value == "visitor"
            assert alert.found_us - alert.onset_us <= 12 * HOUR + 5 * MINUTE


def test_a_visitor_who_never_came_hides_nobody() -> None:
    times = []
    for booked in (False, True):
        houses = Houses(change=never)
        if booked:
            houses.book(visit(8.5, 12.5, kind=VisitKind.OTHER))
        houses.run(lived(houses, TODAY + 9 * HOUR), TODAY + 30 * HOUR)
        times += found(houses)
    assert times[0] == times[1]


def test_a_person_who_comes_home_in_a_booked_time_is_seen() -> None:
    houses = Houses()
    houses.book(visit(10, 11))
    door = houses.sensor("hall", Kind.CONTACT)
    readings = lived(houses, TODAY + 7 * HOUR + 55 * MINUTE) + used(door, TODAY + 8 * HOUR)
    readings += used(door, TODAY + 10 * HOUR + 10 * MINUTE)
    back = TODAY + 10 * HOUR + 12 * MINUTE
    readings += moved(houses.sensor("kitchen"), back)
    houses.run(readings, TODAY + 34 * HOUR)
    (alert,) = houses.findings(*SILENCES)
    assert (alert.kind.value, alert.onset_us) == ("no-sign-of-life", back)


def test_what_a_bed_says_in_a_visit_is_the_person() -> None:
    kinds = ((Kind.MOTION, "hall"), (Kind.MOTION, "kitchen"), (Kind.MOTION, "bathroom"),
             (Kind.MOTION, "bedroom"), (Kind.CONTACT, "hall"), (Kind.BED, "bedroom"),
             (Kind.TEMPERATURE, "living room"))  # fmt: skip
    houses = Houses(change=never, kinds=kinds)
    houses.book(visit(8.5, 9))
    bed = houses.sensor("bedroom", Kind.BED)
    readings = lived(houses, TODAY + 7 * HOUR)
    readings += [(bed, TODAY - HOUR, 0.0), (bed, TODAY, 1.0)]
    readings += care(houses, TODAY + 8 * HOUR + 30 * MINUTE, TODAY + 8 * HOUR + 55 * MINUTE)
    up = TODAY + 8 * HOUR + 40 * MINUTE
    houses.run([*readings, (bed, up, 0.0)], TODAY + 34 * HOUR)
    (alert,) = houses.findings(*SILENCES)
    assert alert.onset_us == up


def test_a_night_carer_is_neither_an_exit_nor_a_bathroom_visit() -> None:
    houses = Houses(change=lambda home: replace(home, goes_out=GoesOut.ALONE))
    houses.book(visit(2, 3))
    door, bath = houses.sensor("hall", Kind.CONTACT), houses.sensor("bathroom")
    readings = lived(houses, TODAY)
    comes = TODAY + 2 * HOUR + 5 * MINUTE
    readings += used(door, comes) + moved(bath, comes + 20 * MINUTE)
    readings += used(door, comes + 30 * MINUTE)
    before = houses.fork()
    before.book()
    for case in (houses, before):
        case.run(readings, TODAY + 5 * HOUR)
    assert houses.findings("out-at-night") == []
    assert before.findings("out-at-night") != []
    assert before.state.visits[1] == houses.state.visits[1] + 1


def expected(houses: Houses) -> list[int]:
    return found(houses, "visit-not-seen")


@pytest.mark.parametrize("change", [never, lambda home: home], ids=["never alone", "alone"])
def test_a_carer_who_did_not_come_is_told_after_the_wait(change: Callable[[Home], Home]) -> None:
    houses = Houses(change=change)
    houses.book(visit(17, 17.5))
    readings = days(houses, 0, DAYS + 1, seed=1)
    for day in range(DAYS):
        comes = START + day * DAY + 17 * HOUR
        readings += used(houses.sensor("hall", Kind.CONTACT), comes - 10 * MINUTE)
        readings += used(houses.sensor("hall", Kind.CONTACT), comes + 15 * MINUTE)
    readings += used(houses.sensor("hall", Kind.CONTACT), TODAY + 19 * HOUR)
    houses.run(readings, TODAY + 20 * HOUR)
    (alert,) = houses.findings("visit-not-seen")
    assert alert.found_us == TODAY + 18 * HOUR
    assert alert.onset_us == TODAY + 17 * HOUR
    assert "A carer was booked for 17:00" in alert.sentence
    steps = [s for s in houses.steps() if s.alert == alert.id]
    assert [s.event.value for s in steps] == ["ease"]


def test_nothing_is_told_of_visits_that_nobody_could_have_seen() -> None:
    late = replace(visit(17, 17.5), since_us=TODAY + 17 * HOUR)
    cases = {
        "another visitor": (visit(17, 17.5, kind=VisitKind.OTHER), TODAY + 20 * HOUR),
        "booked in its time": (late, TODAY + 20 * HOUR),
        "not that day": (visit(17, 17.5, weekdays=1), TODAY + 20 * HOUR),
        "not over": (visit(17, 17.5), TODAY + 18 * HOUR - MINUTE),
    }  # fmt: skip
    for name, (one, until) in cases.items():
        houses = Houses(change=never)
        houses.run(lived(houses, TODAY), TODAY)
        houses.book(one)
        readings = [r for r in days(houses, DAYS, DAYS + 1, seed=1) if r[1] >= TODAY]
        houses.run(readings, until)
        assert expected(houses) == [], name


def test_a_door_whose_sensor_is_dead_or_a_person_who_is_out_says_nothing_of_carers() -> None:
    houses = Houses(change=never, kinds=((Kind.MOTION, "hall"), (Kind.CONTACT, "hall")))
    houses.book(visit(17, 17.5))
    motion = houses.sensor("hall")
    houses.run([r for h in range(48) for r in moved(motion, START + h * HOUR)], START + 2 * DAY)
    assert expected(houses) == [], "a contact that was never heard"
    away = Houses()
    away.book(visit(17, 17.5))
    readings = lived(away, TODAY + 15 * HOUR)
    readings += used(away.sensor("hall", Kind.CONTACT), TODAY + 15 * HOUR)
    away.run(readings, TODAY + 20 * HOUR)
    assert [at for at in expected(away) if at > TODAY] == []


def test_a_door_that_is_told_late_takes_a_missed_visit_back() -> None:
    houses = Houses(change=never)
    houses.book(visit(17, 17.5))
    readings = days(houses, 0, DAYS + 1, seed=1)
    door = houses.sensor("hall", Kind.CONTACT)
    for day in range(DAYS):
        readings += used(door, START + day * DAY + 17 * HOUR)
    houses.run([r for r in readings if r[1] <= TODAY + 19 * HOUR], TODAY + 19 * HOUR)
    (alert,) = houses.findings("visit-not-seen")
    houses.run([], TODAY + 20 * HOUR, late=used(door, TODAY + 17 * HOUR + 10 * SECOND))
    steps = [s for s in houses.steps() if s.alert == alert.id]
    assert [s.event.value for s in steps] == ["contradict"]
