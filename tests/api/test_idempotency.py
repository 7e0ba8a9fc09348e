"""Two requests with one key that arrive at the same moment are done once, on both databases."""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from httpx2 import Response
from sqlalchemy import Connection, func, select

from api import idempotency
from api.errors import Problem
from config import audit, tables
from config.household_tables import persons, requests
from tests.api.life import A
from tests.api.visits import URL, Visit
from tests.api.world import World, world_on
from tests.households import rows

BOTH_S = 1.0
"""How long the first waits inside its transaction so that the second stands at its door."""
KEY, BOB = "a-key-of-mine-1", "account-bob"


@pytest.fixture(params=["sqlite", "postgresql"])
def world(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[World]:
    yield from world_on(request, tmp_path)


def count(world: World, table: Any) -> int:  # noqa: ANN401  # a table
    with world.database.connect() as connection:
        return int(connection.execute(select(func.count()).select_from(table)).scalar_one())


class Race:
    """Two requests: the second sets out once the first is inside its transaction."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._is_inside, self._has_set_out = threading.Event(), threading.Event()
        self.acts: list[str] = []

    def run(
        self, second: str, *, fails: bool = False
    ) -> tuple[Callable[[], dict[str, Any]], Callable[[], dict[str, Any]]]:
        """Return what waits for the answer of the first, and of the second."""
        pool = ThreadPoolExecutor(2)
        first = pool.submit(self._once, "first", "asked", self._slow(fails=fails))
        assert self._is_inside.wait(60)
        other = pool.submit(self._once, "second", second, self._quick)
        pool.shutdown(wait=False)
        return first.result, other.result

    def _once(
        self, name: str, asked: str, act: Callable[[Connection], dict[str, Any]]
    ) -> dict[str, Any]:
        if name == "second":
            self._has_set_out.set()
        return idempotency.once(self._world.database, BOB, KEY, asked, 1, act)

    def _slow(self, *, fails: bool) -> Callable[[Connection], dict[str, Any]]:
        def act(connection: Connection) -> dict[str, Any]:
            self._is_inside.set()
            assert self._has_set_out.wait(60)
            threading.Event().wait(BOTH_S)
            if fails:
                raise Problem(422, "refused")
            return self._done("first")

        return act

    def _quick(self, _connection: Connection) -> dict[str, Any]:
        return self._done("second")

    def _done(self, name: str) -> dict[str, Any]:
        self.acts.append(name)
        return {"by": name}


def test_the_second_of_two_at_once_gets_the_answer_of_the_first(world: World) -> None:
    race = Race(world)
    first, second = race.run("asked")
    assert first() == second() == {"by": "first"}
    assert (race.acts, count(world, requests)) == (["first"], 1)


def test_the_second_of_two_at_once_with_another_body_is_refused(world: World) -> None:
    race = Race(world)
    first, second = race.run("something else")
    assert first() == {"by": "first"}
    with pytest.raises(Problem) as refused:
        second()
    assert (refused.value.status, race.acts) == (409, ["first"])


def test_the_second_of_two_at_once_is_done_where_the_first_fails(world: World) -> None:
    race = Race(world)
    first, second = race.run("asked", fails=True)
    with pytest.raises(Problem):
        first()
    assert second() == {"by": "second"}
    assert (race.acts, count(world, requests)) == (["second"], 1)


def test_many_requests_at_once_enrol_one_household(world: World) -> None:
    before, visits = count(world, tables.homes), [Visit(world.app, "bob") for _ in range(4)]
    body = {"households": [{k: v for k, v in next(rows(1)).items() if v}]}
    start = threading.Barrier(len(visits))

    def send(visit: Visit) -> Response:
        start.wait(60)
        return visit.client.post(
            f"/api/v1/places/{A}/households",
            json=body,
            headers={"Origin": URL, "Idempotency-Key": KEY},
        )

    with ThreadPoolExecutor(len(visits)) as pool:
        answers = list(pool.map(send, visits))
    assert [answer.status_code for answer in answers] == [200] * len(visits), answers[-1].text
    assert len({answer.text for answer in answers}) == 1
    assert (count(world, tables.homes), count(world, persons)) == (before + 1, 1)
    with world.database.connect() as connection:
        assert audit.verify(connection) == []
