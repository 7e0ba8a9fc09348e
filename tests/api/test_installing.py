"""Installing a home by REST and on pages: today's homes, credentials told once, walk tests."""

import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from sqlalchemy import func, select, update

from api import roster
from config import audit, gateway_tables, people, tables
from config.credential_hashes import hashes_of
from config.homes import HomeState
from config.roles import Role
from config.vault import Vault
from ingest.batch import build, concat
from ingest.clock import microseconds
from tests.api.life import A, B
from tests.api.test_households import record
from tests.api.visits import URL, Visit
from tests.api.world import World, account, make_world

HOME, GATEWAY = f"{A}-home-1", f"{A}-gateway-1"
REST = f"/api/v1/homes/{HOME}"
PAGE = f"/homes/{HOME}/installation"
TODAY = "2026-03-03"


@pytest.fixture
def world(tmp_path: Path) -> World:
    made = make_world(tmp_path)
    account(made.database, "Olga", (A, Role.OFFICER))
    account(made.database, "Ivy", (A, Role.INSTALLER))
    return made


def book(world: World, day: str = TODAY) -> None:
    assert Visit(world.app, "olga").send(f"{REST}/installations", {"day": day}).status_code == 204


def count(world: World, table: str) -> int:
    with world.database.connect() as connection:
        query = select(func.count()).select_from(tables.metadata.tables[table])
        return int(connection.execute(query).scalar_one())


def test_an_installer_sees_todays_homes_and_no_others(world: World) -> None:
    ivy = Visit(world.app, "ivy")
    assert ivy.get("/api/v1/installations").json() == []
    assert "No home is to be installed today" in ivy.get("/installations").text
    for address in (PAGE, f"{REST}/credentials", f"{REST}/walk-test"):
        assert ivy.get(address).status_code == 404
    book(world, "2026-03-04")
    assert ivy.get(PAGE).status_code == 404
    book(world)
    assert [h["home"] for h in ivy.get("/api/v1/installations").json()] == [HOME]
    assert f'href="{PAGE}"' in ivy.get("/installations").text
    assert ivy.get(PAGE).status_code == 200
    assert ivy.get(f"/homes/{A}-home-2/installation").status_code == 404
    assert ivy.get(f"/homes/{HOME}").status_code == 403
    with world.database.connect() as connection:
        read = select(tables.audit.c.subject).where(
            tables.audit.c.actor == "account-ivy", tables.audit.c.what == "read"
        )
        assert f"home:{HOME}" in set(connection.execute(read).scalars())


def test_the_list_of_the_day_says_which_home_is_done(world: World) -> None:
    book(world)
    ivy = Visit(world.app, "ivy")
    assert "0 of 1 home tested" in ivy.get("/installations").text
    assert "Not tested yet" in ivy.get("/installations").text
    ivy.post(f"/homes/{HOME}/walk-test")
    assert "sensors heard" in (during := ivy.get("/installations").text)
    assert "Test until" in during
    ivy.post(f"/homes/{HOME}/walk-test/end")
    assert "Tested until" in ivy.get("/installations").text
    assert "To do" in ivy.get("/installations").text
    book(world, "2026-03-04")
    world.now += np.timedelta64(1, "D")
    assert "Not tested yet" in Visit(world.app, "ivy").get("/installations").text


def lives_there(world: World) -> None:
    """Enter who lives in the home, as an officer does."""
    olga, body = Visit(world.app, "olga"), {"household": record()}
    headers = {"Origin": URL, "If-Match": "*"}
    assert olga.client.put(f"{REST}/household", json=body, headers=headers).status_code == 200


def test_an_installer_sees_whom_to_ask_for_at_which_door_and_nothing_else_of_them(
    world: World,
) -> None:
    lives_there(world)
    book(world)
    ivy = Visit(world.app, "ivy")
    for page in (PAGE, "/installations", f"{PAGE}?fragment=1"):
        text = ivy.get(page).text
        assert "Mx Invented Numberedperson1" in text, page
        assert "1 Nowhere Lane, Fenbridge, ZZ1 2AB" in text, page
        told = ("9990000018", "999 000 0018", "1941", "85 years", "Ring twice", "A Relative")
        assert not [word for word in (*told, "1234", "key safe", "960 002") if word in text], page
    book(world, "2026-03-04")
    world.now += np.timedelta64(2, "D")
    for page in (PAGE, "/installations"):
        assert "Numberedperson1" not in Visit(world.app, "ivy").get(page).text


def test_a_home_is_installed_without_its_names_where_the_keys_are_missing(world: World) -> None:
    lives_there(world)
    book(world)
    world.resources = replace(world.resources, vault=Vault(None, "keys: gone"))
    ivy = Visit(world.app, "ivy")
    for page in (PAGE, "/installations"):
        answer = ivy.get(page)
        assert (answer.status_code, "Numberedperson1" in answer.text) == (200, False)


def test_only_an_officer_books_and_takes_back(world: World) -> None:
    ivy, olga, day = Visit(world.app, "ivy"), Visit(world.app, "olga"), {"day": TODAY}
    assert ivy.send(f"{REST}/installations", day).status_code == 403
    assert olga.post(f"/homes/{HOME}/installations", day).status_code == 303
    assert "3 March 2026 (today)" in olga.get(PAGE).text
    gone = olga.post(f"/homes/{HOME}/installations", {**day, "action": "cancel"})
    assert gone.status_code == 303
    assert ivy.get(PAGE).status_code == 404
    for wrong in ("2026-03-02", "2027-03-02"):
        assert olga.send(f"{REST}/installations", {"day": wrong}).status_code == 422
    answer = olga.post(f"/homes/{HOME}/installations", {"day": "soon"})
    assert answer.status_code == 422
    assert "Enter the day of the work" in answer.text


def test_nobody_else_may_issue_revoke_or_test(world: World) -> None:
    for role in set(Role) - {Role.OFFICER, Role.INSTALLER}:
        account(world.database, f"only-{role.value}", (A, role))
        visit = Visit(world.app, f"only-{role.value}")
        for path in ("walk-test", "walk-test/end", f"gateways/{GATEWAY}/credentials"):
            assert visit.send(f"{REST}/{path}").status_code == 403, role
            assert visit.post(f"/homes/{HOME}/{path}").status_code == 403, role
        assert visit.get(PAGE).status_code == 403
    foreign = Visit(world.app, "charlie")
    assert foreign.send(f"{REST}/walk-test").status_code == 404
    assert foreign.send(f"{REST}/gateways/{GATEWAY}/credentials").status_code == 404
    assert (count(world, "gateway_credentials"), count(world, "walk_tests")) == (0, 0)


def test_rest_tells_a_secret_once_rotates_and_revokes(world: World) -> None:
    book(world)
    ivy = Visit(world.app, "ivy")
    first = ivy.send(f"{REST}/gateways/{GATEWAY}/credentials").json()
    assert len(bytes.fromhex(first["secret"])) == 16
    assert first["topic"] == f"stillwell/v1/{A}/{GATEWAY}/"
    assert first["receipt"] == f"stillwell-receipt/v1/{GATEWAY}"
    assert first["qr"].startswith("<svg")
    second = ivy.send(f"{REST}/gateways/{GATEWAY}/credentials").json()
    listed = ivy.get(f"{REST}/credentials")
    assert [one["username"] for one in listed.json()] == [second["username"], first["username"]]
    assert all(one["is_valid"] for one in listed.json())
    assert first["secret"] not in listed.text
    stored = (world.folder / "stillwell.db").read_bytes()
    assert first["secret"].encode() not in stored
    path = f"{REST}/gateways/{GATEWAY}/revoke"
    assert ivy.send(path, {"why": ""}).status_code == 422
    assert ivy.send(path, {"why": "lost", "username": first["username"]}).status_code == 204
    assert [one["is_valid"] for one in ivy.get(f"{REST}/credentials").json()] == [True, False]
    assert ivy.send(path, {"why": "lost"}).status_code == 204
    assert ivy.send(path, {"why": "lost"}).status_code == 422
    with world.database.connect() as connection:
        assert audit.verify(connection) == []


def test_a_gateway_of_another_home_is_not_there(world: World) -> None:
    book(world)
    ivy = Visit(world.app, "ivy")
    for other in (f"{A}-gateway-2", f"{B}-gateway-1", "nowhere-gateway"):
        assert ivy.send(f"{REST}/gateways/{other}/credentials").status_code == 404
        assert ivy.send(f"{REST}/gateways/{other}/revoke", {"why": "lost"}).status_code == 404
    assert count(world, "gateway_credentials") == 0


def test_consent_comes_before_credentials_and_tests(world: World) -> None:
    with world.database.begin() as connection:
        values = {"state": HomeState.AWAITING_CONSENT.value}
        connection.execute(update(tables.homes).values(values))
    olga = Visit(world.app, "olga")
    refused = olga.send(f"{REST}/gateways/{GATEWAY}/credentials")
    assert refused.status_code == 422
    assert "record it first" in refused.text
    assert olga.send(f"{REST}/walk-test").status_code == 422
    page = olga.get(PAGE).text
    assert "Not recorded yet." in page
    assert "Begin a walk test" not in page
    assert "Issue a credential" not in page


def test_the_page_shows_a_secret_as_text_and_qr_once(world: World) -> None:
    book(world)
    ivy = Visit(world.app, "ivy")
    shown = ivy.post(f"/homes/{HOME}/gateways/{GATEWAY}/credentials")
    assert shown.status_code == 200
    assert "no-store" in shown.headers["cache-control"]
    (secret,) = re.findall(r">([0-9a-f]{32})<", shown.text)
    assert "<svg" in shown.text
    assert "the password is not shown again" in shown.text
    again = ivy.get(PAGE).text
    assert secret not in again
    assert "issued" in again
    with world.database.connect() as connection:
        kept = connection.execute(select(gateway_tables.credentials)).one()
    assert kept.mosquitto != hashes_of(secret).mosquitto
    wrong = ivy.post(f"/homes/{HOME}/gateways/{GATEWAY}/revoke", {"why": ""})
    assert wrong.status_code == 422
    assert "Why has 0 characters" in wrong.text
    done = ivy.post(f"/homes/{HOME}/gateways/{GATEWAY}/revoke", {"why": "lost"})
    assert done.status_code == 303
    assert "It has none: the broker refuses it" in ivy.get(PAGE).text


def test_a_walk_test_is_said_plainly_and_ends_by_itself(world: World) -> None:
    book(world)
    ivy = Visit(world.app, "ivy")
    assert ivy.post(f"/homes/{HOME}/walk-test").status_code == 303
    page = ivy.get(PAGE).text
    assert "Test mode until" in page
    assert "for 60 more minutes" in page
    assert "are marked TEST and nobody is sent" in page
    assert "If something real happens, call 999 yourself" in page
    assert "not yet" in page
    begun = ivy.get(f"{REST}/walk-test").json()
    assert begun["is_on"]
    assert begun["sensors"]
    assert ivy.send(f"{REST}/walk-test").status_code == 422
    world.now += 59 * 60 * 1_000_000
    assert ivy.get(f"{REST}/walk-test").json()["is_on"]
    world.now += 60 * 1_000_000
    assert not ivy.get(f"{REST}/walk-test").json()["is_on"]
    assert "Test mode until" not in ivy.get(PAGE).text
    assert ivy.send(f"{REST}/walk-test/end").status_code == 422
    assert ivy.send(f"{REST}/walk-test").status_code == 200
    assert not ivy.send(f"{REST}/walk-test/end").json()["is_on"]


def test_a_sensor_is_shown_as_heard_when_it_speaks_in_the_test_and_no_value_is(
    world: World,
) -> None:
    book(world)
    ivy = Visit(world.app, "ivy")
    before = ivy.get(f"{REST}/walk-test").json()
    assert not any(one["is_in_test"] for one in before["sensors"])
    ivy.send(f"{REST}/walk-test")
    olga = Visit(world.app, "olga")
    assert "A walk test is under way until" in olga.get(f"/homes/{HOME}").text
    assert f'href="{PAGE}"' in olga.get(f"/homes/{HOME}").text
    assert "A walk test" not in olga.get(f"/homes/{A}-home-2").text
    number = world.homes[A][0].number
    spoke = next(s for s in roster.sensors_of(world.resources.table(), number) if s.room == "hall")
    world.now += np.timedelta64(7, "s")
    said = build([spoke.number], [microseconds(world.now)], [1.0], [microseconds(world.now)])
    world.store.batches[number] = concat([world.store.batches[number], said])
    heard = {s["sensor"] for s in ivy.get(f"{REST}/walk-test").json()["sensors"] if s["is_in_test"]}
    assert heard == {spoke.id}
    assert "<strong>heard</strong>" in ivy.get(f"{PAGE}?fragment=1").text
    assert set(ivy.get(f"{REST}/walk-test").json()["sensors"][0]) == {
        "sensor", "kind", "room", "heard", "is_in_test",
    }  # fmt: skip


def test_a_role_that_is_taken_away_ends_the_sight_of_the_home(world: World) -> None:
    book(world)
    ivy = Visit(world.app, "ivy")
    assert ivy.get(PAGE).status_code == 200
    with world.database.begin() as connection:
        people.revoke(connection, "account-ivy", A, Role.INSTALLER)
    assert ivy.get(PAGE).status_code in (303, 403, 404)
