"""An erased home is in no alert that told of many homes together."""

import json

from sqlalchemy import select

from alerts import tables
from alerts.alert import Outcome
from alerts.blinding import ERASED, blind
from tests.alerts.test_streets import FAILS, STREET, lived, town
from tests.alerts.world import HOUR


def test_an_erased_home_is_in_no_alert_that_told_of_many_together() -> None:
    world = town()
    lived(world, dict.fromkeys(STREET, FAILS), FAILS + 8 * HOUR)
    world.run(FAILS + 3 * HOUR)
    (first,) = world.alerts("unwatched-home")
    world.ledger.resolve(first.id, "alice", Outcome.REFERRED, "", world.clock.now())
    world.run(FAILS + 6 * HOUR)
    before = {a.id: a.evidence for a in world.alerts("unwatched-home")}
    assert len(before) == 2, "one was ended, the next tells of the same homes and more"
    with world.database.begin() as connection:
        assert blind(connection, "home-000001") == 2
        assert blind(connection, "home-000001") == 0, "nothing is left to do"
    with world.database.connect() as connection:
        rows = connection.execute(select(tables.alerts).where(tables.alerts.c.home.is_(None)))
        assert "home-000001" not in json.dumps([row.evidence for row in rows])
    after = {a.id: a.evidence for a in world.alerts("unwatched-home")}
    assert after[first.id]["homes"] == {"1": [ERASED, "home-000002"]}
    for id_, evidence in before.items():
        assert {**evidence, "homes": {}} == {**after[id_], "homes": {}}, "all else stays"
        assert {t: len(ids) for t, ids in evidence["homes"].items()} == {
            t: len(ids) for t, ids in after[id_]["homes"].items()
        }


def test_a_home_whose_id_begins_like_the_erased_ones_stays() -> None:
    world = town()
    lived(world, dict.fromkeys(STREET, FAILS), FAILS + 4 * HOUR)
    world.run(FAILS + 3 * HOUR)
    with world.database.begin() as connection:
        assert blind(connection, "home-00000") == 0
