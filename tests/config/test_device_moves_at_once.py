"""Several people decide about one move of a device at once: one decision stands."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from sqlalchemy import Engine

from config import people
from config.device_moves import Move, MoveState
from config.problems import ConfigProblem
from config.roles import Role
from tests.config.test_consents_at_once import LONG_S, database
from tests.config.test_device_moves import (
    CARL,
    HOME,
    ORLA,
    PLACE,
    accept,
    fill,
    noted,
    propose,
    refuse,
    table_of,
    withdraw,
)

__all__ = ["database"]  # the fixture: several connections share it, as several processes would


def test_of_two_who_decide_at_once_one_wins_and_the_other_is_told(database: Engine) -> None:
    fill(database)
    propose(database)
    with database.begin() as connection:
        people.grant(connection, CARL, PLACE, Role.OFFICER)

    def told(act: Callable[[], Move]) -> str:
        try:
            return act().state.value
        except ConfigProblem as problem:
            return str(problem)

    acts: list[Callable[[], Move]] = [
        lambda: accept(database, ORLA),
        lambda: accept(database, CARL),
        lambda: withdraw(database),
        lambda: refuse(database, CARL),
    ]
    gate = threading.Barrier(len(acts))

    def run(act: Callable[[], Move]) -> str:
        gate.wait(LONG_S)
        return told(act)

    with ThreadPoolExecutor(len(acts)) as pool:
        found = list(pool.map(run, acts))
    won = [one for one in found if one in set(MoveState)]
    assert len(won) == 1
    lost = [one for one in found if one not in won]
    assert all(f"it was {won[0]} meanwhile" in one for one in lost)
    assert len(noted(database, HOME)) == 2
    moved = [s for s in table_of(database).sensors.values() if s.since_us]
    assert len(moved) == (won == ["accepted"])
