"""What decides how a home is watched, by REST and CSV: roles, places, no lost change, the log."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
from httpx2 import Response
from sqlalchemy import select
from typer.testing import CliRunner

from alerts.detect.roster import build_roster
from api import household_facts, wiring
from api.cli import app as command
from api.current_roster import CurrentRoster
from config import fact_rows, tables
from config.facts import Facts
from config.homes import GoesOut
from config.problems import ConfigProblem
from config.settings import Settings
from tests.api.life import A, B
from tests.api.visits import URL, Visit
from tests.api.world import World, make_world

BOB = "bob@example.org"


@pytest.fixture
def world(tmp_path: Path) -> World:
    return make_world(tmp_path)


def path_of(world: World, place: str = A) -> str:
    return f"/api/v1/homes/{world.homes[place][0].id}/facts"


def put(visit: Visit, path: str, body: object, tag: str | None) -> Response:
    headers = {"Origin": URL} if tag is None else {"Origin": URL, "If-Match": tag}
    return visit.client.put(path, json=body, headers=headers)


def known(world: World, place: str = A) -> Facts:
    with world.database.connect() as connection:
        return fact_rows.read(connection, place)[world.homes[place][0].id]


def logged(world: World) -> list[tuple[str, str, object]]:
    a = tables.audit.c
    query = select(a.actor, a.subject, a.detail).where(a.what == "facts").order_by(a.seq)
    with world.database.connect() as connection:
        return [(r.actor, r.subject, json.loads(r.detail)) for r in connection.execute(query)]


def test_what_an_officer_changes_the_care_team_reads_and_a_running_worker_has(
    world: World,
) -> None:
    path, bob = path_of(world), Visit(world.app, "bob")
    running = CurrentRoster(world.database)
    home = world.homes[A][0]
    read = bob.get(path)
    wanted = {"residents": 2, "has_pets": True, "goes_out": "never", "risk_tier": 1}
    wanted["sector"] = "ZZ1 2"
    saved = put(bob, path, {**wanted, "sector": "zz12"}, read.headers["ETag"])
    assert (saved.status_code, saved.json()) == (200, wanted)
    assert saved.headers["ETag"] != read.headers["ETag"]
    again = Visit(world.app, "alice").get(path)
    assert (again.json(), again.headers["ETag"]) == (wanted, saved.headers["ETag"])
    assert running.refresh()
    table = running.table()
    changed = replace(home, residents=2, has_pets=True, goes_out=GoesOut.NEVER, risk_tier=1)
    changed = replace(changed, sector="ZZ1 2")
    assert table.homes[home.number] == changed
    roster = build_roster(table, {})
    assert not roster.home_is_alone[home.number]
    assert roster.rooms.home_is_shared[home.number]
    page = Visit(world.app, "alice").get(f"/homes/{home.id}").text
    assert "2 people, stays in, has pets, risk tier 1" in page


def test_a_whole_postcode_is_refused_and_without_a_sector_it_stays_what_it_was(
    world: World,
) -> None:
    path, bob = path_of(world), Visit(world.app, "bob")
    facts = {"residents": 1, "has_pets": False, "goes_out": "alone", "risk_tier": 2}
    saved = put(bob, path, {**facts, "sector": "ZZ1 2"}, bob.get(path).headers["ETag"])
    refused = put(bob, path, {**facts, "sector": "ZZ1 2AB"}, saved.headers["ETag"])
    assert refused.status_code == 422
    assert "leave out the last two letters" in refused.text
    kept = put(bob, path, {**facts, "risk_tier": 3}, saved.headers["ETag"])
    assert kept.json()["sector"] == "ZZ1 2"


def test_each_change_is_in_the_audit_log_with_who_and_what_it_was(world: World) -> None:
    path, bob, home = path_of(world), Visit(world.app, "bob"), world.homes[A][0]
    before = bob.get(path)
    same = put(bob, path, before.json(), before.headers["ETag"])
    assert same.status_code == 200
    put(bob, path, {**before.json(), "risk_tier": 1}, before.headers["ETag"])
    (row,) = logged(world)
    assert row[0].startswith("account-")
    assert row[1:] == (f"home:{home.id}", {"risk_tier": [home.risk_tier, 1]})


def test_no_change_is_lost_between_two_who_edit_at_once(world: World) -> None:
    path, bob = path_of(world), Visit(world.app, "bob")
    read = bob.get(path)
    first = put(bob, path, {**read.json(), "goes_out": "never"}, read.headers["ETag"])
    assert first.status_code == 200
    second = put(bob, path, {**read.json(), "has_pets": True}, read.headers["ETag"])
    assert second.status_code == 412
    assert "read them again" in second.json()["detail"]
    assert known(world).goes_out is GoesOut.NEVER
    assert put(bob, path, read.json(), None).status_code == 428
    assert put(bob, path, read.json(), '"another", *').status_code == 200


@pytest.mark.parametrize(
    "wrong",
    [
        {"residents": 0},
        {"residents": 13},
        {"residents": 1.0},
        {"residents": True},
        {"has_pets": "no"},
        {"goes_out": "sometimes"},
        {"risk_tier": 4},
        {"name": "Somebody"},
    ],
)
def test_wrong_facts_are_refused_by_name_and_nothing_is_saved(
    world: World, wrong: dict[str, object]
) -> None:
    path, bob = path_of(world), Visit(world.app, "bob")
    read, before = bob.get(path), known(world)
    answer = put(bob, path, {**read.json(), **wrong}, read.headers["ETag"])
    assert answer.status_code == 422
    assert next(iter(wrong)) in answer.json()["detail"]
    assert known(world) == before


def test_only_supervisors_and_officers_change_facts_and_only_at_their_place(world: World) -> None:
    body = {"residents": 1, "has_pets": False, "goes_out": "never", "risk_tier": 1}
    assert put(Visit(world.app, "alice"), path_of(world), body, "*").status_code == 403
    assert put(Visit(world.app, "bob"), path_of(world, B), body, "*").status_code == 404
    assert Visit(world.app, "charlie").get(path_of(world)).status_code == 404
    assert logged(world) == []


@pytest.fixture
def settings(world: World, monkeypatch: pytest.MonkeyPatch) -> Settings:
    monkeypatch.setattr(wiring, "open_database", lambda _: world.database)
    return Settings(data=world.folder)


def write(folder: Path, *lines: str) -> Path:
    file = folder / "facts.csv"
    file.write_text("".join(f"{line}\n" for line in lines), "utf-8")
    return file


def test_a_file_changes_the_homes_it_names_and_a_dry_run_says_what_it_would(
    world: World, settings: Settings
) -> None:
    told, home = list[str](), world.homes[A][0].id
    household_facts.show(settings, A, home, tell=told.append)
    assert told[0] == "home,residents,pets,goes_out,risk_tier,sector"
    file = write(world.folder, "home,goes_out,risk_tier", f"{home},never,")
    before, told[:] = known(world), []
    household_facts.read_file(settings, file, A, BOB, is_dry_run=True, tell=told.append)
    assert told == [
        f"{home}: goes_out {before.goes_out} -> never",
        f"1 homes of {A}, 1 of them changed, are right; nothing was saved (--dry-run)",
    ]
    assert known(world) == before
    household_facts.read_file(settings, file, A, BOB, is_dry_run=False, tell=told.append)
    assert known(world) == replace(before, goes_out=GoesOut.NEVER)
    assert [row[1:] for row in logged(world)] == [
        (f"home:{home}", {"goes_out": [before.goes_out.value, "never"]})
    ]


def test_what_is_printed_can_be_read_again_and_changes_nothing(
    world: World, settings: Settings
) -> None:
    told = list[str]()
    household_facts.show(settings, A, "", tell=told.append)
    assert len(told) == 1 + len(world.homes[A])
    file = write(world.folder, *told)
    revision = world.resources.table().revision
    household_facts.read_file(settings, file, A, BOB, is_dry_run=False, tell=told.append)
    assert told[-1].startswith(f"{len(world.homes[A])} homes of {A}, 0 of them changed")
    assert logged(world) == []
    assert CurrentRoster(world.database).table().revision == revision


@pytest.mark.parametrize("by", ["alice@example.org", "charlie@example.org", "nobody@example.org"])
def test_whoever_may_not_change_facts_imports_nothing(
    world: World, settings: Settings, by: str
) -> None:
    file = write(world.folder, "home,goes_out", f"{world.homes[A][0].id},never")
    with pytest.raises(ConfigProblem, match="is no supervisor or officer"):
        household_facts.read_file(settings, file, A, by, is_dry_run=False, tell=lambda _: None)


def test_one_mistake_saves_nothing_and_a_home_of_another_place_is_unknown(
    world: World, settings: Settings
) -> None:
    own, foreign = world.homes[A][0].id, world.homes[B][0].id
    file = write(world.folder, "home,goes_out", f"{own},never", f"{foreign},never")
    with pytest.raises(ConfigProblem, match=rf"row 3, home is '{foreign}', expected the id"):
        household_facts.read_file(settings, file, A, BOB, is_dry_run=False, tell=lambda _: None)
    assert logged(world) == []


def test_the_template_is_a_file_that_is_read() -> None:
    from config.facts import read_csv, read_rows

    printed = CliRunner().invoke(command, ["facts", "template"])
    assert printed.exit_code == 0
    rows = read_csv(printed.stdout.encode(), "facts.csv")
    assert read_rows(rows, {household_facts.EXAMPLE[0]: Facts()}, A) == {
        household_facts.EXAMPLE[0]: Facts(1, False, GoesOut.ACCOMPANIED, 2, "ZZ1 2")
    }
