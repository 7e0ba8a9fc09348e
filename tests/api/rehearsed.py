"""Rehearsals of a place in every state that a page can show, without the work behind them."""

from sqlalchemy import insert, select

from alerts import past_tables, rehearsals
from alerts import rehearsal_tables as tables
from alerts.rehearsals import Candidate, Kept, RehearsalState
from ingest.clock import microseconds
from tests.api.life import DAY_US, A
from tests.api.world import World

TRIED = Candidate({"cold_review_c": 20.0}, {"silence_z": 3.0}, 6.0, {"cold": "off"})
FIGURES = {
    "homes": 3,
    "days": 14.0,
    "identical": True,
    "happened": 2,
    "learned_from_us": 1_770_000_000_000_000,
    "other_code": 0,
    "gaps": [{"at_us": 1_770_000_000_000_000, "why": "a test"}],
    "settings": {"cold_review_c": [18.0, 20.0], "modes.cold": ["live", "off"]},
    "left_out": 0,
}
ROW = {"before": 1, "after": 2, "added": 2, "removed": 1, "earlier": 0, "later": 0, "same": 0}
BILL = {"hours": 1.5, "messages": 3, "sums": ["P2: 3 x 30 min = 90 min"]}


def rehearsals_of(world: World, account: str, place: str = A) -> dict[RehearsalState, int]:
    """Return the number of one that is asked for, runs and is done; made when first asked for."""
    with world.database.begin() as connection:
        kept = rehearsals.of_places(connection, [place])
        r = tables.rehearsals.c
        asked = select(r.number).where(r.state == RehearsalState.ASKED.value, r.place == place)
        first = connection.execute(asked).scalars().first()
    if first is not None:
        return {RehearsalState.ASKED: first, **{one.state: one.number for one in kept}}
    keep_past(world)
    return {
        RehearsalState.DONE: done(world, account, place),
        RehearsalState.RUNNING: running(world, account, place),
        RehearsalState.ASKED: ask(world, account, place).number,
    }


def keep_past(world: World) -> None:
    """Write a step of the engine, so that a past is kept that reaches back 28 days."""
    now_us = microseconds(world.now)
    values = {
        column.name: 0 for column in past_tables.ticks.c if column.name != "id"
    } | {
        "what": "ticks", "now_us": now_us, "before_us": now_us - 28 * DAY_US, "folded_us": now_us,
        "settings": "none", "is_caught_up": True, "readings": None, "strays": None,
    }  # fmt: skip
    with world.database.begin() as connection:
        connection.execute(insert(past_tables.ticks).values(values))


def ask(world: World, account: str, place: str = A) -> Kept:
    now_us = microseconds(world.now)
    with world.database.begin() as connection:
        number = rehearsals.ask(
            connection, place, account, (now_us - 14 * DAY_US, now_us), TRIED, (),
            microseconds(world.wall),
        )  # fmt: skip
        kept = rehearsals.find(connection, [place], number)
    assert kept is not None
    return kept


def running(world: World, account: str, place: str = A) -> int:
    """Return one that runs, and whose next beat is awaited for days."""
    kept = ask(world, account, place)
    later_us = microseconds(world.wall) + 30 * DAY_US
    with world.database.begin() as connection:
        assert rehearsals.begin(connection, kept, account, later_us)
        rehearsals.beat(connection, kept.number, 0.42, later_us)
    return kept.number


def done(world: World, account: str, place: str = A) -> int:
    """Return one that added an alert of a home, moved none, and removed one of a gateway."""
    kept = ask(world, account, place)
    now_us = microseconds(world.wall)
    home = world.homes[place][0].id
    week = [kept.start_us, kept.start_us + 7 * DAY_US, 1, 2]
    told = {
        **FIGURES, "total": ROW, "budgeted": ROW, "kinds": {"cold-home": ROW}, "weeks": [week],
        "bills": [BILL, BILL],
    }  # fmt: skip
    row = {
        "alert": "alert-rehearsed", "kind": "cold-home", "priority": "P3", "gateway": None,
        "sentence": f"The warmest room of {place} is 17 °C.",
    }  # fmt: skip
    rows = [
        {**row, "change": "added", "home": home, "before_us": None, "after_us": kept.start_us},
        {**row, "change": "removed", "home": None, "before_us": kept.start_us, "after_us": None,
         "gateway": f"{place}-gateway-1"},
    ]  # fmt: skip
    with world.database.begin() as connection:
        assert rehearsals.begin(connection, kept, account, now_us)
        rehearsals.end(
            connection, kept.number, RehearsalState.DONE, now_us, figures=told, rows=rows
        )
    return kept.number
