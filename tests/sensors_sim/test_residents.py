from pathlib import Path

import numpy as np
import pytest

from config.homes import GoesOut
from config.kinds import Kind
from sensors_sim.agenda import Purpose, Room
from sensors_sim.company import keep_company
from sensors_sim.devices import sense_day
from sensors_sim.habits import Habits, allot, habits, weekday
from sensors_sim.kit import SLOT_KIND, SLOTS, roster, slot
from sensors_sim.readings import ordered
from sensors_sim.resident import spend_day
from sensors_sim.residents import BadResident, Resident, load, names, parse
from sensors_sim.scenario import Scenario, Tenancy
from sensors_sim.stays import DAY_ENDS_S, DAY_STARTS_S, HOUR, Stays, Who

HOMES = np.arange(1, 61, dtype=np.int32)
DAYS = range(20_000, 20_014)
SEED = 4


def people(name: str) -> Habits:
    return habits(SEED, HOMES, [load(name)], since_day=DAYS[0])


def lived(who: Habits, day: int) -> Stays:
    return keep_company(SEED, HOMES, day, who, spend_day(SEED, HOMES, day, who=who))


def both(name: str, day: int = DAYS[2]) -> Stays:
    return lived(people(name), day)


def median_rise_h(who: Habits) -> float:
    woken = []
    for day in DAYS:
        stays = lived(who, day)
        own = stays.take(stays.person == Who.RESIDENT)
        up = (own.purpose == Purpose.WASH) & (own.start_s < 13 * HOUR)
        woken.append(own.start_s[up])
    return float(np.median(np.concatenate(woken))) / HOUR


def test_we_ship_the_residents_that_a_scenario_may_name_and_each_says_who_it_is() -> None:
    assert {
        "after-hospital",
        "bed-bound",
        "carers-four-times",
        "couple",
        "day-centre",
        "dog",
        "early-riser",
        "gradual-decline",
        "late-sleeper",
        "restless-nights",
        "usual",
    } <= set(names())
    assert all(load(name).summary.endswith(".") for name in names())


def test_the_usual_resident_is_the_default() -> None:
    assert parse("", file="x.toml") == Resident()
    wake_h = habits(SEED, HOMES, [load("usual")]).wake_h
    assert wake_h.tolist() == habits(SEED, HOMES).wake_h.tolist()


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("colour = 1", "unknown field `colour`"),
        ('wake_h = "x"', "wake_h: Expected `float`"),
        ("wake_h = 3", "wake_h: Expected `float` >= 5"),
        ("thirst = [0.9, 0.1]", "thirst is [0.9, 0.1], expected the lower first"),
        ("bed_h = 19\nwake_h = 11", "bed_h is 19, expected 10 h or more"),
        ('[[visit]]\nat_h = 9\nminutes = 30\ndays = ["day"]', "Invalid enum value 'day'"),
        ("[[visit]]\nat_h = 9\nminutes = 30\nwho = 1", "unknown field `who`"),
        ("[[outing]]\nat_h = 9\nminutes = 30\n" * 5, "outing has 5 entries, at most 4"),
        ("=", "is not TOML"),
    ],
)
def test_a_wrong_resident_is_refused_with_its_file_and_key(text: str, told: str) -> None:
    with pytest.raises(BadResident) as caught:
        parse(text, file="r.toml")
    assert told in str(caught.value)
    assert "r.toml" in str(caught.value)


def test_an_unknown_resident_names_those_there_are(tmp_path: Path) -> None:
    with pytest.raises(BadResident, match="'nobody' is unknown, expected one of after-hospital"):
        load("nobody")
    with pytest.raises(BadResident):
        load("usual", tmp_path)


@pytest.mark.parametrize("name", names())
def test_a_home_lives_the_same_day_whatever_others_are_asked_for(name: str) -> None:
    who, rows = people(name), np.array([7, 30])
    together = lived(who, DAYS[0])
    few = who.take(rows)
    alone = keep_company(
        SEED, HOMES[rows], DAYS[0], few, spend_day(SEED, HOMES[rows], DAYS[0], who=few)
    )
    for i, row in enumerate(rows):
        one, other = alone.take(alone.home == i), together.take(together.home == row)
        assert one.start_s.tolist() == other.start_s.tolist()
        assert one.key.tolist() == other.key.tolist()


@pytest.mark.parametrize("name", names())
def test_every_resident_keeps_within_the_day_and_devices_take_turns(name: str) -> None:
    stays = both(name)
    assert (stays.start_s >= DAY_STARTS_S).all()
    assert (stays.end_s <= DAY_ENDS_S).all()
    assert (stays.end_s >= stays.start_s).all()
    made = ordered(sense_day(SEED, HOMES, stays, 0))
    for device, kind in (
        ("hall/front-door", Kind.CONTACT),
        ("kitchen/fridge", Kind.CONTACT),
        ("bedroom/bed", Kind.BED),
        ("hall/motion", Kind.MOTION),
        ("kitchen/kettle", Kind.POWER),
    ):
        for home in range(len(HOMES)):
            is_on = made.value[made.sensor == home * SLOTS + slot(device, kind)] > 0
            assert (is_on[1:] != is_on[:-1]).all(), (device, home)


def test_early_risers_rise_early_and_late_sleepers_late() -> None:
    assert median_rise_h(people("early-riser")) < 6.2
    assert 6.7 < median_rise_h(people("usual")) < 7.8
    assert median_rise_h(people("late-sleeper")) > 9.2


def test_a_restless_person_is_up_at_night() -> None:
    def up_at_night(name: str) -> int:
        stays = both(name)
        late = (stays.start_s > 24.5 * HOUR) | (stays.start_s < 5 * HOUR)
        return int((late & (stays.purpose != Purpose.SLEEP)).sum())

    assert up_at_night("restless-nights") > 1.8 * up_at_night("usual")


def test_two_people_make_more_movement_than_one_and_a_dog_moves_without_its_person() -> None:
    def motions(name: str) -> int:
        made = ordered(sense_day(SEED, HOMES, both(name), 0))
        return int(((SLOT_KIND[made.sensor % SLOTS] == Kind.MOTION.code) & (made.value > 0)).sum())

    assert motions("couple") > 1.2 * motions("usual")
    stays = both("dog")
    out = stays.take((stays.room == Room.OUT) & (stays.person == Who.RESIDENT))
    pets = stays.take(stays.person == Who.PET)
    stirred = [
        ((pets.home == home) & (pets.start_s >= start) & (pets.end_s <= end)).any()
        for home, start, end in zip(out.home, out.start_s, out.end_s, strict=True)
    ]
    assert any(stirred)


def test_the_day_centre_is_on_three_days_a_week() -> None:
    for day in DAYS[:7]:
        stays = both("day-centre", day)
        hours = (stays.end_s - stays.start_s)[stays.room == Room.OUT] / HOUR
        away = int((hours > 4).sum())
        assert (away > 45) if weekday(day) in (0, 2, 4) else (away == 0)


def test_carers_come_four_times_a_day_and_the_bed_bound_stay_in_bed() -> None:
    stays = both("carers-four-times")
    doorsteps = (stays.person == Who.VISITOR) & (stays.purpose == Purpose.DOORSTEP)
    assert 3.5 < doorsteps.sum() / 2 / len(HOMES) <= 4
    stays = both("bed-bound")
    own = stays.take(stays.person == Who.RESIDENT)
    assert set(own.room.tolist()) == {Room.BEDROOM}
    assert (stays.person == Who.VISITOR).any()


def test_who_recovers_does_more_each_week_and_who_declines_less() -> None:
    def errands(name: str, day: int) -> int:
        stays = spend_day(SEED, HOMES, day, who=people(name))
        return int((stays.purpose == Purpose.CHORE).sum())

    assert errands("after-hospital", DAYS[0] + 35) > 1.5 * errands("after-hospital", DAYS[0])
    assert errands("gradual-decline", DAYS[0] + 60) < 0.8 * errands("gradual-decline", DAYS[0])


def test_people_rise_later_in_winter_than_in_summer() -> None:
    who = people("usual")
    rises = [
        np.mean(
            [
                (s := spend_day(SEED, HOMES, day, who=who)).start_s[s.purpose == Purpose.WASH].min()
                for day in range(start, start + 28)
            ]
        )
        for start in (20_470, 20_652)
    ]
    assert rises[0] > rises[1]


def test_kinds_live_in_their_share_of_the_homes() -> None:
    which = allot(SEED, np.arange(1, 1001, dtype=np.int32), [0.25, 0.1])
    assert np.bincount(which).tolist() == [650, 250, 100]


def test_a_roster_says_who_lives_there() -> None:
    made = roster(
        Scenario(
            seed=1,
            places=("fenbridge",),
            residents=tuple(
                Tenancy(name=name, share=0.25)
                for name in ("couple", "dog", "day-centre", "bed-bound")
            ),
        )
    )
    assert sum(home.residents == 2 for home in made.homes) == 5
    assert sum(home.has_pets for home in made.homes) == 5
    assert sum(home.goes_out is GoesOut.ACCOMPANIED for home in made.homes) == 5
    assert sum(home.goes_out is GoesOut.NEVER for home in made.homes) == 5
