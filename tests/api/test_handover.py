"""Hand-over by REST, on the page and by command."""

import pytest

from config.roles import Role
from tests.api.life import A, B
from tests.api.visits import Visit
from tests.api.world import World, account, make_world


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    made = make_world(tmp_path_factory.mktemp("handover"))
    account(made.database, "Dora", (A, Role.OPERATOR))
    return made


def test_rest_hands_over_and_accepts_by_name(world: World) -> None:
    alice, dora = Visit(world.app, "alice"), Visit(world.app, "dora")
    path = f"/api/v1/places/{A}/handover"
    begun = alice.send(path).json()["alerts"]
    assert begun
    one = begun[0]["alert"]
    assert alice.send(f"/api/v1/alerts/{one}/accept").status_code == 422
    assert dora.send(f"/api/v1/alerts/{one}/accept").status_code == 204
    found = {i["alert"]: i for i in dora.get(path).json()["alerts"]}
    assert found[one]["accepted_by"] is not None
    assert alice.send(path).status_code in (200, 422)
    assert alice.send(f"/api/v1/places/{B}/handover").status_code == 404
    foreign = world.alerts_of(B)[0]
    assert dora.send(f"/api/v1/alerts/{foreign}/accept").status_code == 404


def test_the_page_shows_what_waits_and_takes_over(world: World) -> None:
    dora = Visit(world.app, "dora")
    Visit(world.app, "alice").post(f"/handover/{A}")
    shown = dora.get("/handover").text
    assert "the supervisors are told if nobody accepts it within 10 minutes" in shown
    alert = shown.split('action="/alerts/')[1].split("/accept")[0]
    assert dora.post(f"/alerts/{alert}/accept").status_code == 303
    assert "accepted by Dora" in dora.get("/handover").text
    wrong = dora.post(f"/alerts/{alert}/accept")
    assert wrong.status_code == 422
    assert "take it on instead" in wrong.text
