from pathlib import Path

import pytest
from sqlalchemy import insert, select

from alerts import tables
from alerts.alert import AlertKind, Priority
from api import queries
from api.queries import Scope
from api.web import alerts
from tests.api.life import MINUTE_US, A
from tests.api.visits import Visit
from tests.api.world import World, make_world


@pytest.fixture
def world(tmp_path: Path) -> World:
    return make_world(tmp_path)


def copy_alert(world: World, alert: str, count: int) -> None:
    """Let the alert stand ``count`` times more, each a minute later."""
    with world.database.begin() as connection:
        row = connection.execute(select(tables.alerts).where(tables.alerts.c.id == alert)).one()
        copies = [
            {
                **row._mapping,
                "id": f"{n:032x}",
                "onset_us": row.onset_us + n * MINUTE_US,
                "raised_us": row.raised_us + n * MINUTE_US,
            }
            for n in range(1, count + 1)
        ]
        connection.execute(insert(tables.alerts), copies)


def priorities(world: World, limit: int) -> list[Priority]:
    with world.database.connect() as connection:
        return [a.priority for a in queries.queue(connection, Scope((A,)), limit=limit)]


def test_no_standing_p1_is_hidden_however_many_there_are_and_whatever_the_limit(
    world: World,
) -> None:
    fall = world.raise_alert(AlertKind.FALL, world.homes[A][0], "Fall detected.", ago_min=600)
    copy_alert(world, fall, 300)
    for limit in (0, 2, 200):
        found = priorities(world, limit)
        assert found.count(Priority.P1) == 302
        assert len(found) == 302 + min(limit, 3)
        assert found == sorted(found)


def test_the_limit_cuts_the_least_urgent(world: World) -> None:
    assert priorities(world, 2) == [Priority.P1, Priority.P2, Priority.P3]


def test_the_queue_shows_every_p1_and_says_how_many_others_it_leaves_out(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(alerts, "SHOWN", 2)
    fall = world.raise_alert(AlertKind.FALL, world.homes[A][0], "Fall detected.", ago_min=600)
    copy_alert(world, fall, 300)
    page = Visit(world.app, "alice").get("/alerts").text
    assert page.count("P1 Life safety") == 302
    assert "1 more alert stands" in page
