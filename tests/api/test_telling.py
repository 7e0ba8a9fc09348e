"""Ladders, rotas and recipients over REST and from the command line."""

from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from api.cli import app as command
from tests.alerts.test_escalate import LADDER
from tests.api.life import A
from tests.api.visits import Visit
from tests.api.world import World, make_world

PEOPLE = ["alice@example.org", "bob@example.org"]
ROTA: dict[str, Any] = {
    "team": [{"key": "day", "name": "Day", "members": PEOPLE}],
    "shift": [
        {"team": "day", "days": ["mon", "tue", "wed", "thu", "fri"], "from": "08:00",
         "to": "08:00", "people": PEOPLE},
    ],
}  # fmt: skip


@pytest.fixture
def world(tmp_path: Path) -> World:
    return make_world(tmp_path)


def test_a_rota_is_saved_and_tells_who_is_on_call_and_the_gaps(world: World) -> None:
    bob = Visit(world.app, "bob")
    duty = bob.send(f"/api/v1/places/{A}/rota", ROTA).json()
    assert duty["teams"][0]["now"]["person"] in PEOPLE
    assert len(duty["gaps"]) == 4
    assert duty["gaps"][0]["start"] == "2026-03-07T08:00:00Z"
    late = {**ROTA["shift"][0], "from": "07:00", "days": ["tue"]}
    twice = {**ROTA, "shift": [*ROTA["shift"], late]}
    refused = bob.send(f"/api/v1/places/{A}/rota", twice)
    assert (refused.status_code, "both on call" in refused.json()["detail"]) == (422, True)


def test_a_ladder_needs_a_fallback_and_its_teams(world: World) -> None:
    bob, path = Visit(world.app, "bob"), f"/api/v1/places/{A}/ladders/P2"
    assert "no team 'day'" in bob.send(path, LADDER).json()["detail"]
    bob.send(f"/api/v1/places/{A}/rota", ROTA)
    saved = bob.send(path, LADDER).json()["ladders"]
    assert (saved["P1"], saved["P2"]["loops"]) == (None, 2)
    without = {key: value for key, value in LADDER.items() if key != "fallback"}
    assert "has no fallback" in bob.send(path, without).json()["detail"]
    lost = {"team": [{"key": "night", "name": "Night", "members": PEOPLE}]}
    refused = bob.send(f"/api/v1/places/{A}/rota", lost).json()["detail"]
    assert "no team 'day', which the ladder of P2 tells" in refused
    assert Visit(world.app, "alice").send(path, LADDER).status_code == 403
    assert Visit(world.app, "charlie").send(path, LADDER).status_code == 404


def test_everybody_says_how_to_be_told_and_nobody_smuggles_a_header(world: World) -> None:
    alice = Visit(world.app, "alice")
    plan = {"email": "a@x.org", "language": "cy", "quiet_from": "22:00", "quiet_to": "07:00"}
    alice.send("/api/v1/me/recipient", plan)
    assert alice.get("/api/v1/me/recipient").json()["language"] == "cy"
    for bad in ({"email": "a@x.org\r\nBcc: b@x.org"}, {"phone": "ring me"}, {"quiet_to": "07:00"}):
        assert alice.send("/api/v1/me/recipient", bad).status_code == 422, bad


def test_the_commands_save_and_show_the_same(world: World, tmp_path: Path) -> None:
    environment = {"STILLWELL_DATA": str(tmp_path)}
    rota, ladder = tmp_path / "rota.toml", tmp_path / "ladder.toml"
    rota.write_text(
        '[[team]]\nkey = "day"\nname = "Day"\nmembers = ["alice@example.org"]\n'
        '[[shift]]\nteam = "day"\ndays = ["tue"]\nfrom = "08:00"\nto = "20:00"\n'
        'people = ["alice@example.org"]\n'
    )
    ladder.write_text('[[rung]]\nwho = ["on-call:day"]\nchannel = ["sms"]\nwait_min = 5\n')
    run = CliRunner()
    who = ["--place", A, "--by", "bob@example.org"]
    saved = run.invoke(command, ["rota", "set", str(rota), *who], env=environment)
    assert (saved.exit_code, "GAP day: nobody" in saved.output) == (0, True), saved.output
    wanted = ["ladder", "set", str(ladder), *who, "--priority", "P1"]
    assert run.invoke(command, wanted, env=environment).exit_code == 2
    with ladder.open("a") as file:
        file.write('[fallback]\nwho = ["team:day"]\nchannel = ["email"]\nwait_min = 10\n')
    assert run.invoke(command, wanted, env=environment).exit_code == 0
    shown = run.invoke(command, ["ladder", "show", "--place", A], env=environment).output
    assert "1. on-call:day by sms, then wait 5 min" in shown
    assert "P2: no ladder" in shown


def test_the_page_shows_who_is_on_call_the_gaps_and_who_is_told(world: World) -> None:
    bob = Visit(world.app, "bob")
    shown = bob.get(f"/rota?place={A}").text
    assert "No rota is saved" in shown
    assert "these alerts are on the page, and nobody is told" in shown
    bob.send(f"/api/v1/places/{A}/rota", ROTA)
    shown = bob.get("/rota").text
    assert "Nobody is on call" in shown
    assert "Now alice@example.org until" in shown or "Now bob@example.org until" in shown
    assert Visit(world.app, "alice").get("/rota").status_code == 403
