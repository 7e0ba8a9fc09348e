"""A contact from whom a person must be kept safe is gone at once, and stays gone."""

from pathlib import Path

import pytest
from sqlalchemy import select
from typer.testing import CliRunner, Result

from alerts import tables as ledger
from api.cli import app as command
from config import audit, contacts, safeguarding, tables
from config.roles import Role
from tests.api.life import A
from tests.api.visits import Visit
from tests.api.world import World, account, make_world

CONTACT = f"contact-{A}-1"
HOME = f"{A}-home-1"
WHY = "They were seen to take money."
AGAIN = {"contact": [{"kind": "contact", "name": "Mx Other", "phone": "01632960001"}]}


@pytest.fixture
def world(tmp_path: Path) -> World:
    world = make_world(tmp_path)
    account(world.database, "officer", (A, Role.OFFICER))
    return world


def remove(visit: Visit, why: str = WHY) -> int:
    return visit.send(f"/api/v1/contacts/{CONTACT}/safeguard", {"why": why}).status_code


def test_by_rest_a_contact_is_gone_at_once_and_the_number_is_barred(world: World) -> None:
    bob = Visit(world.app, "bob")
    assert remove(Visit(world.app, "alice")) == 403
    assert remove(Visit(world.app, "charlie")) == 404
    assert remove(bob, " ") == 422
    assert bob.get(f"/api/v1/homes/{HOME}/contacts").json()["contacts"] != []
    assert remove(bob) == 200
    assert bob.get(f"/api/v1/homes/{HOME}/contacts").json()["contacts"] == []
    refused = bob.send(f"/api/v1/homes/{HOME}/contacts", AGAIN)
    assert (refused.status_code, "safeguarding" in refused.json()["detail"]) == (422, True)
    (told,) = bob.get(f"/api/v1/homes/{HOME}/safeguards").json()["barred"]
    assert (told["number"], told["by"], told["why"]) == (1, "account-bob", WHY)
    assert "1632" not in str(told)


def test_pages_lose_the_contact_at_once_and_are_told_to_look_again(world: World) -> None:
    officer, alice = Visit(world.app, "officer"), Visit(world.app, "alice")
    before = alice.get(f"/homes/{HOME}").text
    with world.database.connect() as connection:
        contact = contacts.read(connection, world.resources.vault, HOME)[0]
    assert contact.name in before
    asked = officer.get(f"/contacts/{CONTACT}/safeguard")
    assert (asked.status_code, contact.name in asked.text) == (200, True)
    missing = officer.post(f"/contacts/{CONTACT}/safeguard", {"why": "x"})
    assert (missing.status_code, 'href="#why"' in missing.text) == (422, True)
    done = officer.post(f"/contacts/{CONTACT}/safeguard", {"why": WHY})
    assert (done.status_code, done.headers["location"]) == (
        303,
        f"/homes/{HOME}/household#contacts",
    )
    for path in (f"/homes/{HOME}", f"/homes/{HOME}?fragment=1"):
        assert contact.name not in alice.get(path).text
    c = ledger.changes.c
    with world.database.connect() as connection:
        told = connection.execute(select(c.home, c.place).where(c.what == "contacts")).all()
        assert [tuple(row) for row in told] == [(HOME, A)]
        assert audit.verify(connection) == []
    assert officer.get(f"/contacts/{CONTACT}/safeguard").status_code == 404


def test_only_a_supervisor_takes_it_back_with_a_reason_and_the_number_is_forgotten(
    world: World,
) -> None:
    officer, bob = Visit(world.app, "officer"), Visit(world.app, "bob")
    assert remove(officer) == 200
    path = f"/homes/{HOME}/safeguards/1/lift"
    assert officer.get(path).status_code == 403
    assert officer.send(f"/api/v1{path}", {"why": WHY}).status_code == 403
    assert WHY in bob.get(path).text
    assert bob.post(path, {"why": ""}).status_code == 422
    assert bob.send(f"/api/v1/homes/{HOME}/contacts", AGAIN).status_code == 422
    assert bob.post(path, {"why": "A case conference said so."}).status_code == 303
    assert bob.send(f"/api/v1/homes/{HOME}/contacts", AGAIN).status_code == 200
    assert (bob.get(path).status_code, bob.post(path, {"why": WHY}).status_code) == (404, 404)
    shown = officer.get(f"/homes/{HOME}/household").text
    assert WHY in shown
    assert "A case conference said so." in shown
    with world.database.connect() as connection:
        h = tables.homes.c
        number = connection.execute(select(h.number).where(h.id == HOME)).scalar_one()
        (kept,) = safeguarding.bars(connection, world.resources.vault, number)
        what = connection.execute(select(tables.audit.c.what, tables.audit.c.detail)).all()
    assert (kept.digits, kept.lifted_by) == ("", "account-bob")
    assert [row.what for row in what if row.what.startswith("safeguarding")] == [
        "safeguarding",
        "safeguarding-lifted",
    ]
    assert WHY not in str(what)


def run(world: World, *words: str) -> Result:
    file = world.folder / "site.toml"
    url = world.database.url.render_as_string(hide_password=False)
    file.write_text(f'data = "{world.folder}"\ndatabase_url = "{url}"\n', "utf-8")
    return CliRunner().invoke(command, ["contacts", *words, "--settings", str(file)])


def test_the_same_by_command(world: World) -> None:
    bob = ("--by", "bob@example.org")
    told = run(world, "safeguards", "--home", HOME)
    assert "no contact was ever taken out" in told.output
    refused = run(world, "safeguard", CONTACT, "--why", WHY, "--by", "alice@example.org")
    assert (refused.exit_code, "no supervisor or officer" in refused.output) == (2, True)
    assert run(world, "safeguard", CONTACT, "--why", WHY, *bob).exit_code == 0
    assert "there is no contact" in run(world, "safeguard", CONTACT, "--why", WHY, *bob).output
    assert (
        f"by Bob Example: {WHY}; the number is barred"
        in run(world, "safeguards", "--home", HOME).output
    )
    lift = ("lift", "1", "--home", HOME, "--why", "Said to be safe.", *bob)
    assert run(world, *lift).exit_code == 0
    again = run(world, *lift)
    assert (again.exit_code, "nothing is barred" in again.output) == (2, True)
