"""Fault 14: a council of 2,000 homes goes offline and comes back; some fall and are heard."""

import time
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Final

from sqlalchemy import func, select

from alerts import tables
from api.rows import Row, at_least, at_most
from config.kinds import Kind
from tests.alerts.world import HOUR, MINUTE, START, Reading, World, in_order

HOMES: Final = 2_000
HEARD: Final = 20
"""Homes whose hub has a way of its own: their people fall during the outage."""

FALL_S: Final = 1.0
FLOOD: Final = 5
"""Messages that a team may get because of an outage beside those about falls."""

_LOST_US: Final = START + 6 * HOUR
_BACK_US: Final = _LOST_US + 5 * HOUR


def whole_council(homes: int = HOMES) -> Iterator[Row]:
    """14: one alert tells of the outage, one of who cannot be seen; falls come at once."""
    world = World(homes)
    heard, everybody = range(1, HEARD + 1), range(1, homes + 1)
    world.tail.put(_lived_in(world, everybody, START, _LOST_US))
    world.run(_LOST_US)
    world.tail.put(_lived_in(world, heard, _LOST_US, _BACK_US))
    world.run(_LOST_US + 2 * HOUR)
    seconds = []
    for home in heard:
        at_us = _LOST_US + 2 * HOUR + home * MINUTE
        world.run(at_us)
        world.tail.put([(world.sensor(home, Kind.PENDANT), at_us, 1.0)])
        began = time.monotonic()
        world.engine.step()
        seconds.append(time.monotonic() - began)
    world.run(_BACK_US)
    listed = Counter(world.unwatched().values())["outage"]
    world.tail.put(_lived_in(world, everybody, _BACK_US, _BACK_US + 2 * HOUR))
    world.run(_BACK_US + 2 * HOUR)
    kinds = Counter(alert.kind for alert in world.alerts())
    back = sum(world.history(a.id).count("work-again") for a in world.alerts("outage"))
    with world.database.connect() as connection:
        messages = connection.execute(select(func.count(tables.outbox.c.id))).scalar_one()
    yield at_least("fault.14.outage_alerts", kinds["outage"], f"of {homes} homes", 1)
    yield at_most("fault.14.outage_alerts_again", kinds["outage"] - 1, "alerts", 0)
    hidden = homes - HEARD
    yield at_least("fault.14.homes_listed", listed, f"of {hidden} without a word", hidden)
    yield at_least("fault.14.falls_told", kinds["pendant"], f"of {HEARD}", HEARD)
    yield at_most("fault.14.fall_s", max(seconds), "s", FALL_S)
    yield at_most("fault.14.back_not_once", abs(back - 1), f"of {back}", 0)
    unseen = [a.evidence["homes"] for a in world.alerts("unwatched-home")]
    named = [sum(map(len, by_tier.values())) for by_tier in unseen]
    yield at_most("fault.14.unwatched_alerts", len(named), f"of {hidden} homes", 1)
    yield at_least("fault.14.unwatched_named", max(named, default=0), "homes", hidden)
    others = kinds.total() - kinds["outage"] - kinds["pendant"] - kinds["unwatched-home"]
    yield at_most("fault.14.other_alerts", others, "alerts", 0)
    yield at_most("fault.14.messages", messages - HEARD, "messages", FLOOD)
    yield at_most("fault.14.unwatched_after", len(world.unwatched()), "homes", 0)


def _lived_in(world: World, homes: Sequence[int], start_us: int, stop_us: int) -> list[Reading]:
    """Return thermometers and movement every ten minutes, each home at its own second."""
    warm = {s.home: s.number for s in world.sensors if s.kind is Kind.TEMPERATURE}
    moves = {s.home: s.number for s in world.sensors if s.kind is Kind.MOTION}
    readings: list[Reading] = []
    for home in homes:
        for at_us in range(start_us + home % 600 * 1_000_000, stop_us, 10 * MINUTE):
            readings.append((warm[home], at_us, 20.0))
            readings += [(moves[home], at_us, 1.0), (moves[home], at_us + 20_000_000, 0.0)]
    return in_order([one for one in readings if one[1] < stop_us])
