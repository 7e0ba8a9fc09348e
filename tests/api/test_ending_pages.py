"""Ending a home by pages, by REST and by command: told first, checked, done, and taken back."""

from datetime import date
from html import unescape
from pathlib import Path

import pytest
from sqlalchemy import select
from typer.testing import CliRunner, Result

from alerts.alert import AlertKind
from api.cli import app
from config import credentials, tables
from config.roles import Role
from ingest.clock import microseconds
from tests.api.life import A, B
from tests.api.visits import Visit
from tests.api.world import World, account, make_world

HOME = f"{A}-home-1"
PAGE, REST = f"/homes/{HOME}/end", f"/api/v1/homes/{HOME}/ending"
ANSWERS = {"reason": "died", "on-d": "2", "on-m": "3", "on-y": "2026"}


@pytest.fixture
def world(tmp_path: Path) -> World:
    made = make_world(tmp_path)
    h = tables.homes.c
    with made.database.begin() as connection:
        credentials.issue(connection, f"{A}-gateway-1", "olga", microseconds(made.wall), 1.0)
        enrolled_us = microseconds(made.now) - 90 * 86_400_000_000
        connection.execute(
            tables.homes.update().where(h.id == HOME).values(enrolled_us=enrolled_us)
        )
    account(made.database, "Dora", (A, Role.SUPERVISOR))
    return made


def settled(world: World, visit: Visit) -> list[str]:
    """Settle every P1 alert of the home; return the others that stand."""
    told = visit.get(REST).json()
    for alert in told["p1"]:
        done = visit.send(f"/api/v1/alerts/{alert}/resolve", {"outcome": "seen-well"})
        assert done.status_code < 300, done.text
    assert world.database is not None
    return [one for one in told["alerts"] if one not in told["p1"]]


def state_of(world: World) -> str:
    h = tables.homes.c
    with world.database.connect() as connection:
        return str(connection.execute(select(h.state).where(h.id == HOME)).scalar_one())


def run(world: World, *words: str) -> Result:
    file = world.folder / "site.toml"
    file.write_text(f'data = "{world.folder}"\n', "utf-8")
    return CliRunner().invoke(app, ["household", *words, "--settings", str(file)])


def test_the_page_says_first_what_happens_to_each_kind_of_data(world: World) -> None:
    text = unescape(Visit(world.app, "bob").get(PAGE).text)
    for kind in ("Readings", "Household and contacts", "Devices", "Audit log", "Consent"):
        assert f">{kind}<" in "".join(line.strip() for line in text.splitlines())
    # 400 days of readings, 365 of the household, from 3 March 2026 on.
    assert "the last on 7 April 2027" in text
    assert "erased on 3 March 2027" in text
    assert "taken back until 17 March 2026" in text
    assert state_of(world) == "active"


def test_answers_are_checked_and_changed_before_anything_ends(world: World) -> None:
    bob = Visit(world.app, "bob")
    check = bob.post(PAGE, ANSWERS)
    assert check.status_code == 200
    assert "Check your answers" in check.text
    assert "2 March 2026" in check.text
    assert "The person has died" in check.text
    assert state_of(world) == "active"
    changed = bob.post(PAGE, {**ANSWERS, "step": "change"})
    assert 'value="2026"' in changed.text
    assert 'value="died" checked' in changed.text


@pytest.mark.parametrize(
    ("typed", "says"),
    [
        ({"reason": ""}, "Select why the enrolment ends"),
        ({"on-d": "31", "on-m": "2"}, "Enter the day on which it ended"),
        ({"on-y": "x"}, "Enter the day on which it ended"),
        ({"on-y": "2027"}, "The day must be today or in the past"),
        ({"on-y": "2025"}, "when the home was enrolled, or later"),
    ],
)
def test_a_wrong_answer_is_told_beside_its_field(
    world: World, typed: dict[str, str], says: str
) -> None:
    bob = Visit(world.app, "bob")
    for address in (PAGE, f"{PAGE}/confirm"):
        told = bob.post(address, {**ANSWERS, **typed})
        assert told.status_code == 422
        assert says in unescape(told.text)
    assert state_of(world) == "active"


def test_a_standing_p1_must_be_settled_or_confirmed_by_name(world: World) -> None:
    bob = Visit(world.app, "bob")
    settled(world, bob)
    home = world.homes[A][0]
    smoke = world.raise_alert(AlertKind.SMOKE, home, "Smoke was noticed.", ago_min=3)
    assert f'value="{smoke}"' in bob.post(PAGE, ANSWERS).text
    told = bob.post(f"{PAGE}/confirm", ANSWERS)
    assert told.status_code == 422
    assert "confirm that you made sure of the person" in unescape(told.text)
    assert state_of(world) == "active"
    done = bob.post(f"{PAGE}/confirm", {**ANSWERS, "p1": smoke})
    assert done.status_code == 303
    assert state_of(world) == "ended"
    shown = unescape(bob.get(f"/alerts/{smoke}").text)
    assert "The enrolment ended: resolved by Bob" in shown


def test_it_ends_and_is_taken_back_by_pages(world: World) -> None:
    bob = Visit(world.app, "bob")
    settled(world, bob)
    assert bob.post(f"{PAGE}/confirm", ANSWERS).status_code == 303
    done = unescape(bob.get(PAGE).text)
    assert "The person has died: ended on 2 March 2026, entered by Bob" in done
    assert "What happens to the data of this home" in bob.get(f"/homes/{HOME}").text
    with world.database.connect() as connection:
        assert credentials.logins(connection, microseconds(world.wall)) == []
    refused = bob.post(f"{PAGE}/take-back", {"why": ""})
    assert refused.status_code == 422
    assert "Say what was mistaken" in refused.text
    back = bob.post(f"{PAGE}/take-back", {"why": "the wrong home was named"})
    assert back.status_code == 200
    with world.database.connect() as connection:
        (login,) = credentials.logins(connection, microseconds(world.wall))
    assert login.username in back.text
    assert state_of(world) == "active"
    again = bob.post(f"{PAGE}/take-back", {"why": "the wrong home was named"})
    assert "can be taken back no longer" in again.text


def test_it_ends_and_is_taken_back_by_rest(world: World) -> None:
    dora = Visit(world.app, "dora")
    told = dora.get(REST).json()
    assert (told["has_ended"], told["gateways"]) == (False, [f"{A}-gateway-1"])
    assert told["erased_by"]["household"] == "2027-03-03"
    wish = {"reason": "withdrew", "ended_on": "2026-03-03"}
    if told["p1"]:
        refused = dora.send(REST, wish)
        assert refused.status_code == 422
        assert told["p1"][0] in refused.text
    late = dora.send(REST, {**wish, "ended_on": "2026-03-04"})
    assert late.status_code == 422
    assert "still to come" in late.text
    done = dora.send(REST, {**wish, "close_p1": told["p1"]})
    assert done.status_code == 200, done.text
    assert done.json()["has_ended"]
    assert done.json()["alerts"] == []
    assert dora.send(REST, wish).status_code == 422
    back = dora.send(f"{REST}/take-back", {"why": "the wrong home was named"})
    assert back.status_code == 200, back.text
    assert [one["gateway"] for one in back.json()["credentials"]] == [f"{A}-gateway-1"]
    assert state_of(world) == "active"


def test_it_is_not_there_for_others(world: World) -> None:
    charlie, alice = Visit(world.app, "charlie"), Visit(world.app, "alice")
    assert charlie.get(PAGE).status_code in (403, 404)
    assert charlie.send(REST, {"reason": "died", "ended_on": "2026-03-02"}).status_code in (
        403,
        404,
    )
    assert alice.get(PAGE).status_code == 403
    assert alice.post(f"{PAGE}/confirm", ANSWERS).status_code == 403
    assert state_of(world) == "active"
    bob = Visit(world.app, "bob")
    assert bob.get(f"/homes/{B}-home-1/end").status_code == 404


def test_it_ends_and_is_taken_back_by_command(world: World) -> None:
    settled(world, Visit(world.app, "bob"))
    by = ("--by", "bob@example.org")
    asked = ("end", "--home", HOME, "--reason", "moved-into-care", *by)
    day = date.fromisoformat(str(world.now)[:10])
    dry = run(world, *asked, "--on", day.isoformat(), "--dry-run")
    assert dry.exit_code == 0, dry.output
    assert "Household and contacts: " in dry.output
    assert "nothing was changed (--dry-run)" in dry.output
    assert state_of(world) == "active"
    for words, says in (
        (("end", "--home", HOME, "--reason", "bored", *by, "--on", "2026-03-01"), "one of died"),
        ((*asked, "--on", "yesterday"), "expected a day such as"),
        ((*asked, "--on", "2999-01-01"), "still to come"),
        (("take-back", "--home", HOME, "--by", "bob@example.org", "--why", "a test"), "no end"),
    ):  # fmt: skip
        refused = run(world, *words)
        assert refused.exit_code == 2, refused.output
        assert says in refused.output
    other = run(world, *asked[:-1], "charlie@example.org", "--on", day.isoformat())
    assert other.exit_code == 2
    done = run(world, *asked, "--on", day.isoformat())
    assert done.exit_code == 0, done.output
    assert state_of(world) == "ended"
    back = run(world, "take-back", "--home", HOME, "--by", "bob@example.org", "--why", "mistaken")
    assert back.exit_code == 0, back.output
    assert f"home {HOME} is active again" in back.output
    assert "password" in back.output
    assert state_of(world) == "active"
