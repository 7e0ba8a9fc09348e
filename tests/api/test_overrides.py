"""Settings of single homes: by command, by REST and on the page, set by supervisors alone."""

from pathlib import Path

import pytest
from sqlalchemy import Engine, select
from typer.testing import CliRunner, Result

from api.cli import app
from api.exits import Exit
from config import override_rows, tables
from config.roles import Role
from ingest.clock import microseconds
from tests.api.life import A, B
from tests.api.test_detector_commands import SAM, database, flat
from tests.api.visits import Visit
from tests.api.world import World, account, make_world

__all__ = ["database"]
RUN = CliRunner()
GOOD = {"--home": "home-000003", "--name": "room_z", "--value": "4.5", "--by": SAM, "--why": "slow"}


def detectors(*words: str) -> Result:
    return RUN.invoke(app, ["detectors", *words])


def override(**options: str) -> Result:
    wish = GOOD | {f"--{key}": value for key, value in options.items()}
    return detectors("override", *(word for pair in wish.items() for word in pair))


@pytest.fixture
def world(tmp_path: Path) -> World:
    return make_world(tmp_path)


@pytest.fixture
def sam(world: World) -> Visit:
    account(world.database, "Sam", (A, Role.SUPERVISOR))
    return Visit(world.app, "sam")


def test_a_setting_is_given_to_a_home_printed_changed_and_taken_back(database: Engine) -> None:
    made = override()
    assert made.exit_code == Exit.OK, made.output
    assert "home-000003: room_z 4.5 standard deviations, set by Sam Example on" in flat(made.output)
    shown = detectors("--place", "fenbridge").output
    assert "here: fenbridge 3\n    home home-000003: 4.5" in shown
    assert "home-000003" not in detectors("--place", "northmoor").output
    assert override(value="5").exit_code == Exit.OK
    gone = detectors("take-back", "--home", "home-000003", "--name", "room_z", "--by", SAM)
    assert gone.exit_code == Exit.OK, gone.output
    assert "ended by Sam Example on" in flat(gone.output)
    assert "home-000003" not in detectors("--place", "fenbridge").output
    with database.connect() as connection:
        first, second = override_rows.read(connection)
        assert override_rows.in_force(connection) == []
        a = tables.audit.c
        noted = connection.execute(
            select(a.subject, a.detail).where(a.what == "setting").order_by(a.seq)
        ).all()
    assert (first.value, second.value) == (4.5, 5.0)
    assert (first.ended_us, second.ended_by) == (second.set_us, second.account)
    assert [row.subject for row in noted] == ["override:1", "override:2", "override:2"]
    assert all('"setting"' in str(row.detail) or "room_z" in str(row.detail) for row in noted)


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"by": "ann@council.example"}, "is not a supervisor of any place"),
        ({"by": "nobody@council.example"}, "has no account"),
        ({"home": "home-999999"}, "there is no home 'home-999999'"),
        ({"value": "9"}, "room_z is 9, expected 1 to 6 standard deviations"),
        ({"value": "nan"}, "room_z is nan, expected 1 to 6"),
        ({"name": "outage_share"}, "is a setting of places, not of homes"),
        ({"name": "rum_z"}, "rum_z is not a known setting"),
        ({"why": " "}, "why is empty, expected the reason"),
        ({"why": "x" * 501}, "500 characters or fewer"),
    ],
)
def test_what_is_wrong_with_a_wish_is_said_and_nothing_is_kept(
    database: Engine, options: dict[str, str], told: str
) -> None:
    answer = override(**options)
    assert answer.exit_code == Exit.WRONG_INPUT
    assert told in flat(answer.output)
    with database.connect() as connection:
        assert override_rows.read(connection) == []


def test_what_a_home_does_not_have_is_not_taken_back(database: Engine) -> None:
    gone = detectors("take-back", "--home", "home-000003", "--name", "room_z", "--by", SAM)
    assert gone.exit_code == Exit.WRONG_INPUT
    assert "has no room_z of its own" in flat(gone.output)


def test_rest_tells_sets_and_takes_back(world: World, sam: Visit) -> None:
    home = world.homes[A][1].id
    path = f"/api/v1/homes/{home}/settings"
    first = sam.get(path).json()
    room_z = next(one for one in first["settings"] if one["name"] == "room_z")
    assert (room_z["at_place"], room_z["own"], first["overrides"]) == (3.0, None, [])
    told = sam.send(f"{path}/room_z", {"value": 4.5, "why": "slow on the stairs"}, "PUT").json()
    assert next(o for o in told["settings"] if o["name"] == "room_z")["own"] == 4.5
    (one,) = told["overrides"]
    assert (one["value"], one["why"], one["ended"]) == (4.5, "slow on the stairs", None)
    over = sam.send(f"{path}/room_z/take-back", {}).json()
    assert next(o for o in over["settings"] if o["name"] == "room_z")["own"] is None
    assert over["overrides"][0]["ended_by"] == one["set_by"]
    assert sam.send(f"{path}/room_z/take-back", {}).status_code == 404
    wish = {"value": 4.5, "why": "slow"}
    for name, body, status in (
        ("room_z", wish | {"value": 9}, 422),
        ("room_z", wish | {"why": ""}, 422),
        ("room_z", {"why": "slow"}, 422),
        ("rum_z", wish, 422),
    ):
        assert sam.send(f"{path}/{name}", body, "PUT").status_code == status
    other = f"/api/v1/homes/{world.homes[B][0].id}/settings"
    assert sam.get(other).status_code == 404
    assert sam.send(f"{other}/room_z", wish, "PUT").status_code == 404
    assert Visit(world.app, "alice").send(f"{path}/room_z", wish, "PUT").status_code == 403


def test_the_page_says_what_is_wrong_keeps_what_was_typed_and_shows_what_holds(
    world: World, sam: Visit
) -> None:
    home = world.homes[A][1].id
    path = f"/homes/{home}/settings"
    assert "None: the settings of the place hold." in sam.get(path).text
    for value, told in (
        ("9", "Enter a number from 1 to 6"),
        ("many", "Enter a number from 1 to 6"),
        ("3", "That is what holds now"),
    ):
        wrong = sam.post(f"{path}/room_z", {"value": value, "why": "slow on the stairs"})
        assert wrong.status_code == 422
        assert told in wrong.text
        assert 'value="slow on the stairs"' in wrong.text
    wrong = sam.post(f"{path}/cold_danger_c", {"value": "18", "why": " "})
    assert "Say why, for those who ask later" in wrong.text
    sam.post(f"{path}/cold_review_c", {"value": "17", "why": "likes it cool"})
    wrong = sam.post(f"{path}/cold_danger_c", {"value": "18", "why": "an illness"})
    assert "cold_danger_c must not be above cold_review_c, which is 17 here" in wrong.text
    sam.post(f"{path}/room_z", {"value": "4.5", "why": "slow on the stairs"})
    shown = sam.get(path).text
    assert "4.5 standard deviations" in shown
    assert "set by Sam" in shown
    assert "2 of its own" in sam.get(f"/homes/{home}").text
    sam.post(f"{path}/room_z/take-back", {})
    assert "ended by Sam" in sam.get(path).text
    assert sam.get(f"{path}/rum_z").status_code == 404
    assert sam.post(f"{path}/room_z/take-back", {}).status_code == 404


def test_who_is_no_supervisor_sees_and_sets_nothing(world: World, sam: Visit) -> None:
    home = world.homes[A][1].id
    sam.post(f"/homes/{home}/settings/room_z", {"value": "4.5", "why": "slow on the stairs"})
    alice = Visit(world.app, "alice")
    shown = alice.get(f"/homes/{home}/settings").text
    assert "4.5 standard deviations" in shown
    assert "Take back" not in shown
    assert "Set for this home" not in shown
    assert alice.get(f"/homes/{home}/settings/room_z").status_code == 403
    assert alice.post(f"/homes/{home}/settings/room_z/take-back", {}).status_code == 403


def test_a_setting_ends_the_one_before_in_the_same_moment(world: World, sam: Visit) -> None:
    home = world.homes[A][1]
    for value in ("4.5", "5", "2"):
        sam.post(f"/homes/{home.id}/settings/room_z", {"value": value, "why": "slow"})
    with world.database.connect() as connection:
        held = override_rows.read(connection, [home.number])
    assert [one.value for one in held if one.ended_us is None] == [2.0]
    assert all(one.set_us <= microseconds(world.now) for one in held)
