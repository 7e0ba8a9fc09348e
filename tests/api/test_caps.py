"""Longer limits of single homes: by command, by REST and on the page, for supervisors alone."""

from pathlib import Path

import pytest
from sqlalchemy import Engine
from typer.testing import CliRunner, Result

from alerts import calibrations
from alerts.action import Proposals, Proposed
from api.caps import DAY_US
from api.cli import app
from api.exits import Exit
from config import registry
from config.roles import Role
from ingest.clock import SystemClock, microseconds
from tests.api.life import A, B
from tests.api.test_detector_commands import SAM, database, flat
from tests.api.visits import Visit
from tests.api.world import World, account, make_world

__all__ = ["database"]
RUN = CliRunner()


def propose(engine: Engine, home: str, place: str) -> None:
    one = Proposed(home, place, 1260, 180, 24.0, 4, 0)
    with engine.begin() as connection:
        calibrations.write(connection, Proposals((one,)))


def caps(*words: str) -> Result:
    return RUN.invoke(app, ["caps", *words])


@pytest.fixture
def world(tmp_path: Path) -> World:
    return make_world(tmp_path)


@pytest.fixture
def sam(world: World) -> Visit:
    account(world.database, "Sam", (A, Role.SUPERVISOR))
    return Visit(world.app, "sam")


def test_a_proposal_is_shown_accepted_announced_and_taken_back(database: Engine) -> None:
    assert "nothing is proposed, and nothing was accepted" in caps("--place", "fenbridge").output
    propose(database, "home-000003", "fenbridge")
    shown = flat(caps().output)
    assert "proposed home-000003: 4 silences of more than 11 hours at home in 28 days" in shown
    assert "began between 21:00 and 03:00. Proposed: up to 24 hours" in shown
    made = caps(
        *("accept", "--home", "home-000003", "--days", "5", "--by", SAM, "--why", "rises late")
    )
    assert made.exit_code == Exit.OK, made.output
    with database.connect() as connection:
        (allowance,) = registry.allowances(connection)
    assert (allowance.from_min, allowance.to_min, allowance.cap_h) == (1260, 180, 24.0)
    assert allowance.until_us - allowance.accepted_us == 5 * DAY_US
    shown = flat(caps("--place", "fenbridge").output)
    assert "proposed" not in shown
    assert "accepted by Sam Example on" in shown
    assert "(rises late); it ends on" in shown
    assert "in 5 days: then the place's own limit of 12 hours holds" in shown
    gone = caps("withdraw", str(allowance.number), "--by", SAM)
    assert gone.exit_code == Exit.OK, gone.output
    assert "taken back by Sam Example on" in flat(caps().output)
    with database.connect() as connection:
        (allowance,) = registry.allowances(connection)
    assert allowance.until_us <= microseconds(SystemClock().now())
    assert caps("withdraw", str(allowance.number), "--by", SAM).exit_code == Exit.WRONG_INPUT


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("--by", "ann@council.example"), "is not a supervisor of any place"),
        (("--by", "nobody@council.example"), "has no account"),
        (("--home", "home-999999"), "there is no home 'home-999999'"),
        (("--days", "93"), "it would hold for 93 days, expected up to 92"),
        (("--hours", "25"), "cap_h is 25, expected at most 24"),
        (("--why", " "), "why is empty, expected the reason"),
        (("--from", "25:00"), "'25:00' is not a time of day"),
        (("--from", "", "--to", ""), "nothing is proposed for the home"),
    ],
)
def test_what_is_wrong_with_a_wish_is_said_and_nothing_is_kept(
    database: Engine, words: tuple[str, ...], told: str
) -> None:
    good = {"--home": "home-000003", "--days": "5", "--by": SAM, "--why": "rises late"}
    good |= {"--from": "21:00", "--to": "03:00"} | dict(zip(words[::2], words[1::2], strict=True))
    answer = caps("accept", *(word for pair in good.items() for word in pair))
    assert answer.exit_code == Exit.WRONG_INPUT
    assert told in flat(answer.output)
    with database.connect() as connection:
        assert registry.allowances(connection) == []


def test_rest_lists_accepts_and_takes_back(world: World, sam: Visit) -> None:
    home, path = world.homes[A][1].id, f"/api/v1/places/{A}/caps"
    propose(world.database, home, A)
    assert [one["home"] for one in sam.get(path).json()["proposed"]] == [home]
    wish = {"home": home, "from_min": 1260, "to_min": 180, "days": 28, "why": "rises late"}
    made = sam.send(path, wish).json()
    assert made["proposed"] == []
    (cap,) = made["caps"]
    assert (cap["home"], cap["cap_h"], cap["is_in_force"]) == (home, 24.0, True)
    assert cap["ended_by"] is None
    over = sam.send(f"{path}/{cap['number']}/withdraw", {}).json()
    (cap,) = over["caps"]
    assert not cap["is_in_force"]
    assert cap["ended_by"] == cap["accepted_by"]
    assert sam.send(f"{path}/{cap['number']}/withdraw", {}).status_code == 404
    assert sam.send(path, wish | {"home": world.homes[B][0].id}).status_code == 404
    assert sam.send(path, wish | {"why": ""}).status_code == 422
    assert Visit(world.app, "alice").get(path).status_code == 403


def test_the_page_says_what_is_missing_and_keeps_what_was_typed(world: World, sam: Visit) -> None:
    home = world.homes[A][1].id
    propose(world.database, home, A)
    assert "Accept for" in sam.get("/caps").text
    wrong = sam.post(f"/caps/{A}/accept/{home}", {"days": "93", "why": "rises late"})
    assert wrong.status_code == 422
    assert "It can hold for 92 days at most" in wrong.text
    assert 'value="rises late"' in wrong.text
    sam.post(f"/caps/{A}/accept/{home}", {"days": "28", "why": "rises late"})
    page = sam.get(f"/caps?place={A}").text
    assert "accepted by Sam" in page
    assert "Take back for" in page
    with world.database.connect() as connection:
        (allowance,) = registry.allowances(connection)
    sam.post(f"/caps/{A}/withdraw/{allowance.number}", {})
    assert "taken back by Sam" in sam.get("/caps").text
