"""The household record by REST and commands: who may see what, nothing half saved, done once."""

import json
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from httpx2 import Response
from sqlalchemy import Engine, func, insert, select
from typer.testing import CliRunner, Result

from api import household_files
from api.cli import app as command
from config import audit, gateway_tables, household_enrol, kits, tables
from config.household_tables import households, persons
from config.households import FIELDS
from config.roles import Role
from config.vault import Vault
from tests.api.life import A, B
from tests.api.visits import URL, Visit
from tests.api.world import World, account, engines_closed, world_on
from tests.households import csv_of, rows

BOB = "bob@example.org"
HIDDEN = ("9990000018", "1941", "28/02")


@pytest.fixture(params=["sqlite", "postgresql"])
def world(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[World]:
    yield from world_on(request, tmp_path)


def fields(**changed: str) -> dict[str, str]:
    row = next(rows(1))
    return {**{k: v for k, v in row.items() if v}, **changed}


def record(**changed: str) -> dict[str, str]:
    return {k: v for k, v in fields(**changed).items() if k in FIELDS}


def enrol(
    visit: Visit, body: object, key: str | None = "a-key-of-mine-1", place: str = A
) -> Response:
    headers = {"Origin": URL} | ({} if key is None else {"Idempotency-Key": key})
    return visit.client.post(f"/api/v1/places/{place}/households", json=body, headers=headers)


def count(database: Engine, table: Any = tables.homes) -> int:  # noqa: ANN401  # a table
    with database.connect() as connection:
        return int(connection.execute(select(func.count()).select_from(table)).scalar_one())


def put(visit: Visit, world: World, body: Mapping[str, str], tag: str | None = "*") -> Response:
    path = f"/api/v1/homes/{world.homes[A][0].id}/household"
    headers = {"Origin": URL} | ({} if tag is None else {"If-Match": tag})
    return visit.client.put(path, json={"household": body}, headers=headers)


def get(visit: Visit, world: World) -> Response:
    return visit.get(f"/api/v1/homes/{world.homes[A][0].id}/household")


def test_households_are_enrolled_with_all_that_hangs_on_them(world: World) -> None:
    bob = Visit(world.app, "bob")
    undecided = dict.fromkeys(("label", "basis", "decided_by", "decided_on", "review_on"), "")
    wanted = {"households": [fields(), fields(nhs_number="999 000 0026", **undecided)]}
    first, second = enrol(bob, wanted).json()["enrolled"]
    assert second["label"] == f"Home {second['home'][:8]}"
    states = [bob.get(f"/api/v1/homes/{one['home']}").json()["state"] for one in (first, second)]
    assert states == ["active", "awaiting-consent"]
    listed = bob.get(f"/api/v1/homes/{first['home']}/contacts").json()["contacts"]
    assert [one["kind"] for one in listed] == ["person", "contact"]
    with world.database.connect() as connection:
        s = tables.sensors
        query = select(func.count()).select_from(s.join(tables.homes))
        mine = tables.homes.c.id == first["home"]
        assert connection.execute(query.where(mine)).scalar() == 1 + len(
            kits.shipped()["lean"].sensor
        )
        assert audit.verify(connection) == []


def test_a_request_that_is_sent_twice_enrols_once_and_a_key_serves_one_request(
    world: World,
) -> None:
    bob, before = Visit(world.app, "bob"), count(world.database)
    body = {"households": [fields()]}
    first, again = enrol(bob, body), enrol(bob, body)
    assert (first.status_code, again.json()) == (200, first.json())
    assert count(world.database) == before + 1
    other = enrol(bob, {"households": [fields(nhs_number="999 000 0026")]})
    assert (other.status_code, "another request" in other.json()["detail"]) == (409, True)
    assert count(world.database) == before + 1
    without = enrol(bob, body, key=None)
    assert (without.status_code, "Idempotency-Key" in without.json()["detail"]) == (400, True)


def test_a_key_of_a_request_that_was_refused_may_be_used_again(world: World) -> None:
    bob, before = Visit(world.app, "bob"), count(world.database)
    wrong = enrol(bob, {"households": [fields(), fields(born="2099-01-01", postcode="here")]})
    told = [(one["where"], one["field"]) for one in wrong.json()["errors"]]
    assert wrong.status_code == 422
    assert told == [("households.1", "born"), ("households.1", "postcode")]
    assert (count(world.database), count(world.database, households)) == (before, 0)
    assert enrol(bob, {"households": [fields()]}).status_code == 200


def test_a_dry_run_says_what_is_wrong_and_saves_nothing(world: World) -> None:
    bob, before = Visit(world.app, "bob"), count(world.database)
    body = {"households": [fields()], "is_dry_run": True}
    assert enrol(bob, body, key=None).json() == {"enrolled": []}
    assert count(world.database) == before


def test_a_field_that_is_none_is_named(world: World) -> None:
    answer = enrol(Visit(world.app, "bob"), {"households": [{**fields(), "nmae": "x"}]})
    assert (answer.status_code, "nmae" in answer.json()["detail"]) == (422, True)


def test_each_role_sees_what_it_needs(world: World) -> None:
    bob, id_ = Visit(world.app, "bob"), world.homes[A][0].id
    assert put(bob, world, record()).status_code == 200
    full = get(bob, world).json()
    assert (full["persons"][0]["nhs_number"], full["persons"][0]["born"]) == (
        "9990000018", "1941-02-28",
    )  # fmt: skip
    door = get(Visit(world.app, "alice"), world)
    told = door.json()
    assert (told["persons"][0]["age"], told["notes"]) == (85, "Ring twice.")
    assert (told["address"]["postcode"], told["has_key_safe"]) == ("ZZ1 2AB", True)
    assert not [word for word in HIDDEN if word in door.text]
    assert "1234" not in full.values()
    for role in (Role.ENGINEER, Role.COMMISSIONER, Role.GOVERNANCE, Role.HUB_OPERATOR):
        account(world.database, f"only-{role.value}", (A, role))
        assert get(Visit(world.app, f"only-{role.value}"), world).status_code == 403, role
    account(world.database, "fitter", (A, Role.INSTALLER))
    fitter = Visit(world.app, "fitter")
    assert get(fitter, world).status_code == 404  # not today
    with world.database.begin() as connection:
        number = world.homes[A][0].number
        row = {"home": number, "day": "2026-03-03", "made_by": "account-bob", "made_us": 0}
        connection.execute(insert(gateway_tables.installations).values(row))
    seen = get(fitter, world)
    assert seen.json()["persons"][0]["name"] == "Mx Invented Numberedperson1"
    assert seen.json()["address"]["lines"] == ["1 Nowhere Lane"]
    assert (seen.json()["notes"], seen.json()["has_key_safe"]) == ("", False)
    assert not [word for word in (*HIDDEN, "85", "Ring twice") if word in seen.text]
    assert ("read", "account-fitter", f"home:{id_}") in logged(world)
    assert ("read", "account-alice", f"home:{id_}") in logged(world)


def logged(world: World, place: str = A) -> list[tuple[str, str, str]]:
    with world.database.connect() as connection:
        rows_ = audit.read(connection, place, limit=500)
    return [(row.what, row.actor, row.subject) for row in rows_]


def test_the_code_of_a_key_safe_is_shown_on_an_act_that_is_noted(world: World) -> None:
    alice, id_ = Visit(world.app, "alice"), world.homes[A][0].id
    put(Visit(world.app, "bob"), world, record())
    path = f"/api/v1/homes/{id_}/key-safe"
    assert alice.send(path).json() == {"code": "1234"}
    assert logged(world)[0] == ("key-safe", "account-alice", f"home:{id_}")
    assert Visit(world.app, "charlie").send(path).status_code == 404


def test_no_change_of_somebody_else_is_lost(world: World) -> None:
    bob = Visit(world.app, "bob")
    tag = put(bob, world, record(), '"0"').headers["etag"]
    assert put(bob, world, record(notes="Ring once."), tag).status_code == 200
    assert put(bob, world, record(), tag).status_code == 412
    assert put(bob, world, record(), None).status_code == 428
    assert get(bob, world).json()["notes"] == "Ring once."
    assert put(bob, world, record(town="", born="soon")).json()["errors"] == [
        {"where": "household", "field": "born",
         "said": "is 'soon', expected a day such as 1941-02-28 or 28/02/1941, or 'unknown'"},
        {"where": "household", "field": "town", "said": "is '', expected 1 to 60 characters"},
    ]  # fmt: skip


def test_one_nhs_number_is_of_one_home(world: World) -> None:
    bob = Visit(world.app, "bob")
    home = enrol(bob, {"households": [fields()]}).json()["enrolled"][0]["home"]
    answer = put(bob, world, record())
    assert (answer.status_code, home in answer.text) == (422, True)
    again = enrol(bob, {"households": [fields()]}, "a-key-of-mine-2")
    assert (again.status_code, home in again.text) == (422, True)


def test_a_search_finds_in_own_places_only_and_is_noted_without_the_name(world: World) -> None:
    bob, id_ = Visit(world.app, "bob"), world.homes[A][0].id
    put(bob, world, record())
    path, body = f"/api/v1/places/{A}/households/search", {"name": "numbered"}
    assert bob.send(path, body).json() == {"homes": {id_: ["Mx Invented Numberedperson1"]}}
    assert logged(world)[0] == ("read", "account-bob", "list")
    charlie = Visit(world.app, "charlie")
    assert charlie.send(path, body).status_code == 404
    assert charlie.send(path.replace(A, B), body).json() == {"homes": {}}


def settings(world: World, folder: Path) -> Path:
    file = folder / "site.toml"
    url = world.database.url.render_as_string(hide_password=False)
    file.write_text(f'data = "{world.folder}"\ndatabase_url = "{url}"\n', "utf-8")
    return file


def run(world: World, *words: object) -> Result:
    option = ["--settings", str(settings(world, world.folder))]
    with engines_closed():
        return CliRunner().invoke(command, ["household", *map(str, words), *option])


def today_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(household_files, "today", lambda *_: date(2026, 3, 3))


def test_the_template_is_a_file_that_is_right(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    today_is(monkeypatch)
    told = CliRunner().invoke(command, ["household", "import", "--template"]).stdout
    file = tmp_path / "template.csv"
    file.write_text(told, "utf-8")
    done = run(world, "import", file, "--place", A, "--by", BOB, "--dry-run")
    assert "1 households of fenbridge are right; nothing was saved" in done.output
    assert count(world.database, households) == 0


def test_every_mistake_of_a_file_is_told_with_row_and_column_and_nothing_is_saved(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    today_is(monkeypatch)
    before = count(world.database)
    lines = csv_of(4).decode().splitlines()
    lines[1] = lines[1].replace("28/02/1941", "28/02/2041").replace("ZZ1 2AB", "ZZ1")
    lines[3] = lines[3].replace("3 Nowhere Lane", "=3+4")
    file = tmp_path / "wrong.csv"
    file.write_text("\n".join(lines), "utf-8")
    done = run(world, "import", file, "--place", A, "--by", BOB)
    told = [line for line in done.output.splitlines() if line.startswith("household: row")]
    wanted = ["row 2, born", "row 2, postcode", "row 4, address_1"]
    assert [w for w in wanted if not any(w in line for line in told)] == [], done.output
    assert done.exit_code != 0
    assert (count(world.database), count(world.database, households)) == (before, 0)


def test_a_file_of_windows_1252_is_told_what_it_is(world: World, tmp_path: Path) -> None:
    file = tmp_path / "excel.csv"
    file.write_bytes(csv_of(2).decode().replace("Mx Invented", "Zoë", 1).encode("cp1252"))
    done = run(world, "import", file, "--place", A, "--by", BOB)
    assert "line 2" in done.output
    assert "Windows-1252" in done.output
    assert "CSV UTF-8 (Comma delimited)" in done.output


def test_a_stopped_import_goes_on_and_none_is_lost_or_doubled(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    today_is(monkeypatch)
    monkeypatch.setattr(household_files, "AT_ONCE", 3)
    file, before = tmp_path / "many.csv", count(world.database)
    file.write_bytes(csv_of(8))
    whole, left = household_enrol.enrol, [2]

    def stops(*args: Any, **named: Any) -> Any:  # noqa: ANN401  # whatever enrol takes
        made = whole(*args, **named)
        left[0] -= 1
        if not left[0]:
            raise KeyboardInterrupt  # within the second transaction
        return made

    monkeypatch.setattr(household_enrol, "enrol", stops)
    assert run(world, "import", file, "--place", A, "--by", BOB).exit_code != 0
    assert count(world.database) == before + 3
    monkeypatch.setattr(household_enrol, "enrol", whole)
    done = run(world, "import", file, "--place", A, "--by", BOB)
    assert "3 of 8 households were enrolled before" in done.output, done.output
    assert "5 households are enrolled" in done.output
    assert (count(world.database), count(world.database, persons)) == (before + 8, 8)
    again = run(world, "import", file, "--place", A, "--by", BOB)
    assert "all 8 households" in again.output
    assert count(world.database) == before + 8


def test_only_supervisors_and_officers_import(world: World, tmp_path: Path) -> None:
    file = tmp_path / "one.csv"
    file.write_bytes(csv_of(1))
    done = run(world, "import", file, "--place", A, "--by", "alice@example.org")
    assert "is no supervisor or officer" in done.output
    done = run(world, "import", file, "--place", A, "--by", "charlie@example.org")
    assert "is no supervisor or officer" in done.output


def test_one_household_is_added_shown_changed_and_listed(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    today_is(monkeypatch)
    file = tmp_path / "one.toml"
    file.write_text("\n".join(f"{k} = {json.dumps(v)}" for k, v in fields().items()), "utf-8")
    done = run(world, "add", file, "--place", A, "--by", BOB)
    assert "is enrolled as 'Round 1'" in done.output, done.output
    home = done.output.split()[1]
    told = run(world, "show", "--home", home).output
    assert tomllib.loads(told) == {k: v for k, v in {**record(), "born": "1941-02-28"}.items()
                                   if k != "key_safe"}  # fmt: skip
    assert "1234" not in told
    assert 'key_safe = "1234"' in run(
        world, "show", "--home", home, "--key-safe", "--by", BOB
    ).output  # fmt: skip
    assert ("key-safe", "account-bob", f"home:{home}") in logged(world)
    change = tmp_path / "change.toml"
    change.write_text('notes = "Side door."\nborn = 1942-03-01\n', "utf-8")
    assert "is saved" in run(world, "edit", change, "--home", home, "--by", BOB).output
    after = tomllib.loads(run(world, "show", "--home", home).output)
    assert (after["notes"], after["born"], after["town"]) == (
        "Side door.", "1942-03-01", "Fenbridge",
    )  # fmt: skip
    listed = run(world, "list", "--place", A, "--name", "numbered").output
    assert f"{home},Round 1,active,Mx Invented Numberedperson1" in listed
    assert "households" in {subject for what, _, subject in logged(world) if what == "export"}
    change.write_text('born = "2099-01-01"\nnmae = "x"\n', "utf-8")
    assert "'nmae' is not a known field" in run(
        world, "edit", change, "--home", home, "--by", BOB
    ).output  # fmt: skip


def test_a_name_needs_the_keys_and_says_so(world: World) -> None:
    put(Visit(world.app, "bob"), world, record())
    world.resources = replace(world.resources, vault=Vault(None, "keys: gone"))
    answer = get(Visit(world.app, "bob"), world)
    assert (answer.status_code, "can be neither read" in answer.text) == (503, True)


def test_my_alerts_lead_to_the_code_of_the_key_safe_once_one_has_the_alert(world: World) -> None:
    put(Visit(world.app, "bob"), world, record())
    alice, form = Visit(world.app, "alice"), f'action="/homes/{world.homes[A][0].id}/key-safe"'
    assert form not in alice.get("/mine").text
    found = alice.get("/api/v1/alerts?state=open&priority=P2").json()["alerts"]
    mine = next(one["id"] for one in found if one["home"] == world.homes[A][0].id)
    alice.post(f"/alerts/{mine}/acknowledge")
    page = alice.get("/mine").text
    assert form in page
    assert "1234" not in page


def test_an_alerts_page_leads_to_the_code_of_the_key_safe_and_back(world: World) -> None:
    put(Visit(world.app, "bob"), world, record())
    account(world.database, "Olive", (A, Role.OFFICER))
    alice, home = Visit(world.app, "alice"), world.homes[A][0].id
    found = alice.get("/api/v1/alerts?state=open&priority=P2").json()["alerts"]
    alert = f"/alerts/{next(one['id'] for one in found if one['home'] == home)}"
    path, before = f"/homes/{home}/key-safe", logged(world)
    page = alice.get(alert).text
    assert f'action="{path}"' in page
    assert "1234" not in page
    assert path not in Visit(world.app, "olive").get(alert).text
    assert [one for one in logged(world) if one not in before and one[0] == "key-safe"] == []
    shown = alice.post(path, {"back": alert}).text
    assert "1234" in shown
    assert f'href="{alert}"' in shown
    assert logged(world)[0] == ("key-safe", "account-alice", f"home:{home}")
    assert "evil.example" not in alice.post(path, {"back": "//evil.example"}).text
