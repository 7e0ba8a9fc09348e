"""What people ask for and may not have is refused with a sentence that says what to do."""

from typing import Any

import pytest

from tests.api.life import A, B
from tests.api.visits import Visit
from tests.api.world import World, make_world

ZERO_WAIT: dict[str, Any] = {
    "loops": 2,
    "rung": [{"who": ["role:operator"], "channel": ["email"], "wait_min": 0}],
    "fallback": {"who": ["role:supervisor"], "channel": ["email"], "wait_min": 10},
}
TWICE: dict[str, Any] = {
    "team": [{"key": "day", "name": "Day", "members": ["alice@example.org", "bob@example.org"]}],
    "shift": [
        {"team": "day", "days": ["mon"], "from": "08:00", "to": "20:00", "people": [who]}
        for who in ("alice@example.org", "bob@example.org")
    ],
}


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    return make_world(tmp_path_factory.mktemp("bad"))


@pytest.mark.parametrize(
    ("path", "body", "told"),
    [
        (f"places/{A}/ladders/P1", ZERO_WAIT, "loops without any wait; give one rung a wait_min"),
        (f"places/{A}/rota", TWICE, "both on call for day"),
        (f"places/{A}/webhook", {"url": "https://127.0.0.1/x"}, "use a public address"),
    ],
)
def test_a_setting_that_could_do_harm_is_refused_with_what_to_do(
    world: World, path: str, body: dict[str, Any], told: str
) -> None:
    answer = Visit(world.app, "bob").send(f"/api/v1/{path}", body)
    assert answer.status_code == 422
    assert told in answer.json()["detail"]


def test_an_unknown_outcome_names_those_that_there_are(world: World) -> None:
    alert, bob = world.alerts_of(A)[0], Visit(world.app, "bob")
    answer = bob.send(f"/api/v1/alerts/{alert}/resolve", {"outcome": "vanished"})
    assert answer.status_code == 422
    assert "needs-help" in answer.text
    page = bob.post(f"/alerts/{alert}/resolve", {"outcome": "vanished"})
    assert (page.status_code, "Select what you found" in page.text) == (422, True)


def test_a_step_that_the_table_lacks_says_who_was_first(world: World) -> None:
    alert, bob = world.alerts_of(A)[0], Visit(world.app, "bob")
    bob.send(f"/api/v1/alerts/{alert}/resolve", {"outcome": "seen-well"})
    answer = Visit(world.app, "alice").send(f"/api/v1/alerts/{alert}/acknowledge")
    assert answer.status_code == 409
    assert "resolved this alert at" in answer.json()["detail"]


def test_another_place_s_alert_is_absent(world: World) -> None:
    foreign = world.alerts_of(B)[0]
    answer = Visit(world.app, "alice").send(f"/api/v1/alerts/{foreign}/acknowledge")
    assert answer.status_code == 404
