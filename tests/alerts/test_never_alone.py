"""A carer's door in a never-alone home: a collapse after it is found as soon as any other."""

from dataclasses import replace

import pytest

from config.homes import GoesOut
from config.kinds import Kind
from tests.alerts.houses import Houses, days, moved, used, warm_days
from tests.alerts.world import DAY, HOUR, MINUTE, START

DAYS = 6
LEFT = START + DAYS * DAY + 9 * HOUR


@pytest.mark.parametrize("goes_out", [GoesOut.NEVER, GoesOut.ACCOMPANIED])
def test_a_collapse_after_the_carer_left_is_found_as_soon_as_the_plain_case(
    goes_out: GoesOut,
) -> None:
    found = {}
    for case in ("plain", "carer", "nothing after the door"):
        houses = Houses(change=lambda home: replace(home, goes_out=goes_out))
        lived = days(houses, 0, DAYS + 1, seed=1)
        readings = [r for r in lived if r[1] < LEFT - MINUTE]
        if case != "plain":
            readings += used(houses.sensor("hall", Kind.CONTACT), LEFT)
        last = LEFT + 5 * MINUTE if case != "nothing after the door" else LEFT - MINUTE
        readings += moved(houses.sensor("kitchen"), last)
        houses.run(readings + warm_days(houses, DAYS, DAYS + 2), LEFT + 14 * HOUR)
        (alert,) = houses.findings("no-sign-of-life", "not-back")
        assert alert.kind.value == "no-sign-of-life"
        found[case] = alert.found_us
    assert found["carer"] == found["plain"]
    assert abs(found["nothing after the door"] - found["plain"]) <= 10 * MINUTE
