"""A home that is too hot: what is raised, and what must stay quiet."""

import pytest

from alerts.lifecycle import Event
from config.kinds import Kind
from tests.alerts.houses import KINDS, Houses
from tests.alerts.world import HOUR, MINUTE, START, Reading

TWO = (*KINDS, (Kind.TEMPERATURE, "bedroom"))


def at_celsius(houses: Houses, room: str, celsius: float, first: int, last: int) -> list[Reading]:
    sensor = houses.sensor(room, Kind.TEMPERATURE)
    times = range(START + first * HOUR, START + last * HOUR, 10 * MINUTE)
    return [(sensor, at, celsius) for at in times]


@pytest.mark.parametrize(
    ("celsius", "kinds"), [(26.9, []), (27.5, ["hot-home"]), (32.5, ["very-hot-home"])]
)
def test_a_home_is_told_when_its_coolest_room_stays_too_hot(
    celsius: float, kinds: list[str]
) -> None:
    houses = Houses(kinds=TWO)
    rooms = [(room, more) for room, more in (("living room", 3.0), ("bedroom", 0.0))]
    readings = [r for room, more in rooms for r in at_celsius(houses, room, celsius + more, 0, 5)]
    houses.run(readings, START + 5 * HOUR)
    assert [f.kind.value for f in houses.findings("hot-home", "very-hot-home")] == kinds
    if kinds:
        assert f"The coolest room is {celsius:.1f} °C" in houses.findings(*kinds)[0].sentence


def test_one_cool_room_is_a_refuge_and_half_a_degree_less_ends_it() -> None:
    houses = Houses(kinds=TWO)
    oven = at_celsius(houses, "living room", 35.0, 0, 8)
    cool = at_celsius(houses, "bedroom", 24.0, 0, 4)
    houses.run(oven + cool + at_celsius(houses, "bedroom", 28.0, 4, 8), START + 8 * HOUR)
    (found,) = houses.findings("hot-home", "very-hot-home")
    assert found.found_us >= START + 7 * HOUR
    assert houses.steps() == []
    houses.run(
        at_celsius(houses, "living room", 27.0, 8, 9) + at_celsius(houses, "bedroom", 26.4, 8, 9),
        START + 9 * HOUR,
    )
    assert [(step.event, step.alert) for step in houses.steps()] == [(Event.EASE, found.id)]


def test_one_reading_of_heat_says_nothing() -> None:
    houses = Houses(kinds=TWO)
    houses.run(at_celsius(houses, "bedroom", 28.0, 0, 1)[:1], START + 9 * HOUR)
    assert houses.findings("hot-home", "very-hot-home") == []
