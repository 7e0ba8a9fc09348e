"""Nothing of a home under a legal hold is erased or expires, by whatever path."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from sqlalchemy import Engine, select
from typer.testing import CliRunner

from api import stores, wiring
from api.cli import app
from api.exits import Exit
from api.retention import Retention
from config import holds, registry, tables
from config.database import connect, migrate
from config.roles import Role
from config.settings import Settings
from ingest.batch import build, empty
from ingest.clock import SystemClock, microseconds
from ingest.dead_letters import DeadLetters
from ingest.journal import Journal
from ingest.message import Reason, Reject
from ingest.sink import Entry, Store
from tests.api.life import A, B
from tests.api.test_households import record
from tests.api.visits import URL, Visit
from tests.api.world import World, account, make_world
from tests.make import enrolment

DAY_US = 86_400_000_000
NOW = SystemClock().now()
NOW_US = microseconds(NOW)
HOME = "home-000001"


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(data=tmp_path)


@pytest.fixture
def database(settings: Settings) -> Iterator[Engine]:
    migrate(settings.database)
    made = connect(settings.database)
    with made.begin() as connection:
        registry.enrol(connection, enrolment(2), now_us=NOW_US)
    account(made, "Gwen", (A, Role.GOVERNANCE))
    yield made
    made.dispose()


@pytest.fixture
def store(settings: Settings, database: Engine) -> Iterator[Store]:
    opened = stores.open_to_write(settings, lambda _: None)
    with database.connect() as connection:
        table = registry.load(connection)
    sensors = sorted(table.sensors)
    old = [NOW_US - 500 * DAY_US + sensor for sensor in sensors]
    opened.append([Entry(1, build(sensors, old, [1.0] * len(old), old), ())], table.sensor_home)
    yield opened
    opened.close()


def run(tmp_path: Path, *words: str) -> tuple[int, str]:
    file = tmp_path / "site.toml"
    file.write_text(f'data = "{tmp_path}"\n', "utf-8")
    done = CliRunner().invoke(app, [*words, "--settings", str(file)])
    return done.exit_code, done.output


def held_readings(store: Store, home: int) -> int:
    return len(store.read(home, NOW - np.timedelta64(900, "D"), NOW))


def retention(settings: Settings, store: Store, database: Engine) -> Retention:
    with database.connect() as connection:
        table = registry.load(connection)
    return Retention(store, wiring.places(settings), lambda: table, database)


def test_a_home_that_is_held_keeps_everything_until_it_is_lifted(
    settings: Settings, store: Store, database: Engine, tmp_path: Path
) -> None:
    by = ("--by", "gwen@example.org")
    code, told = run(tmp_path, "subject", "hold", HOME, *by, "--reason", "Inquiry 2026/17")
    assert (code, "hold 1 stands" in told) == (Exit.OK, True), told
    before = [held_readings(store, home) for home in (1, 2)]
    assert min(before) > 0
    work = retention(settings, store, database)
    while work.step(NOW):
        pass
    assert [held_readings(store, home) for home in (1, 2)] == [before[0], 0]
    for words in (("store", "erase", HOME), ("subject", "erase", HOME, *by, "--sure")):
        code, told = run(tmp_path, *words)
        assert (code, "a legal hold stands" in told) == (Exit.WRONG_INPUT, True), told
    assert held_readings(store, 1) == before[0]
    code, told = run(tmp_path, "subject", "holds", "--place", A)
    assert "1. fenbridge, home home-000001: Inquiry 2026/17 (Gwen Example" in told
    assert "1 holds stand" in told
    code, told = run(tmp_path, "subject", "lift", "1", *by, "--why", "it is over")
    assert code == Exit.OK, told
    work = retention(settings, store, database)
    while work.step(NOW):
        pass
    assert held_readings(store, 1) == 0
    assert "it is over" in run(tmp_path, "subject", "holds")[1]


def test_only_governance_of_the_place_sets_and_lifts(database: Engine, tmp_path: Path) -> None:
    account(database, "Hugh", (B, Role.GOVERNANCE))
    account(database, "Olga", (A, Role.OFFICER))
    hold = ("subject", "hold", HOME, "--reason", "Inquiry 2026/17")
    for name in ("hugh", "olga", "nobody"):
        code, told = run(tmp_path, *hold, "--by", f"{name}@example.org")
        assert (code, "is no governance of" in told) == (Exit.WRONG_INPUT, True), told
    assert run(tmp_path, *hold, "--by", "gwen@example.org")[0] == Exit.OK
    lift = ("subject", "lift", "1", "--why", "it is over")
    assert "there is no hold 1" in run(tmp_path, *lift, "--by", "hugh@example.org")[1]
    assert "no governance of any place" in run(tmp_path, *lift, "--by", "olga@example.org")[1]
    with database.connect() as connection:
        assert holds.held(connection) == {1}


def test_dead_letters_of_a_home_that_is_held_do_not_expire(tmp_path: Path) -> None:
    journal = Journal.open(tmp_path / "journal.db")
    letters = [Reject(Reason.NOT_JSON, f"stillwell/v1/{A}/gate-00000{n}/r", b"x", "", 7)
               for n in (1, 2)]  # fmt: skip
    journal.append(empty(), [], letters)
    assert journal.expire_dead_letters(100, ["gate-000001"]) == 1
    kept = DeadLetters.open(tmp_path / "journal.db")
    assert [one.topic.split("/")[3] for one in kept.list().letters] == ["gate-000001"]
    kept.close()
    assert journal.expire_dead_letters(100) == 1
    journal.close()


def test_a_dry_run_tells_by_place_and_what_went_is_audited(
    settings: Settings, store: Store, database: Engine, tmp_path: Path
) -> None:
    before = sum(held_readings(store, home) for home in (1, 2))
    work = retention(settings, store, database)
    assert work.would_go(NOW)[A] == before
    assert sum(held_readings(store, home) for home in (1, 2)) == before
    code, told = run(tmp_path, "store", "retention", "--dry-run")
    assert (code, f"{A}: {before} readings older than 400 days would go" in told) == (0, True), told
    while work.step(NOW):
        pass
    a = tables.audit.c
    with database.connect() as connection:
        row = connection.execute(select(tables.audit).where(a.what == "retention")).one()
    assert (row.place, row.subject, row.detail) == (A, "place", f'{{"readings": {before}}}')


@pytest.fixture
def world(tmp_path: Path) -> World:
    made = make_world(tmp_path)
    account(made.database, "Gwen", (A, Role.GOVERNANCE))
    return made


def test_a_hold_is_set_and_lifted_by_rest_and_shown_to_governance_only(world: World) -> None:
    visit, home = Visit(world.app, "gwen"), world.homes[A][0].id
    made = visit.send(f"/api/v1/homes/{home}/holds", {"reason": "Inquiry 2026/17"})
    assert made.status_code == 200, made.text
    assert visit.send(f"/api/v1/homes/{home}/holds", {"reason": ""}).status_code == 422
    listed = visit.get(f"/api/v1/places/{A}/holds").json()
    assert [(one["home"], one["reason"], one["lifted"]) for one in listed] == [
        (home, "Inquiry 2026/17", None)
    ]
    for name, status in (("alice", 403), ("charlie", 404)):
        stranger = Visit(world.app, name)
        assert stranger.get(f"/api/v1/places/{A}/holds").status_code == status
        answer = stranger.send(f"/api/v1/homes/{home}/holds", {"reason": "mine now"})
        assert answer.status_code == status
        lift = f"/api/v1/homes/{home}/holds/{made.json()['number']}/lift"
        assert stranger.send(lift, {"why": "it is over"}).status_code == status
    lifted = visit.send(lift, {"why": "it is over"})
    assert (lifted.status_code, lifted.json()["lifted_by"]) == (200, "account-gwen")
    assert visit.send(lift, {"why": "again"}).status_code == 422
    other = f"/api/v1/homes/{world.homes[A][1].id}/holds/{made.json()['number']}/lift"
    assert visit.send(other, {"why": "it is over"}).status_code == 404


def test_the_page_sets_lists_and_lifts_and_says_what_is_missing(world: World) -> None:
    visit, home = Visit(world.app, "gwen"), world.homes[A][0].id
    wrong = visit.post(f"/data-requests/{home}/holds", {"reason": " "})
    assert (wrong.status_code, "Say which case it is" in wrong.text) == (422, True)
    visit.post(f"/data-requests/{home}/holds", {"reason": "Inquiry <2026/17>"})
    page = visit.get("/data-requests").text
    assert "Inquiry &lt;2026/17&gt;" in page
    assert "Gwen Example" in page
    wrong = visit.post(f"/data-requests/{home}/holds/1/lift", {"why": ""})
    assert (wrong.status_code, "Say why it is over" in wrong.text) == (422, True)
    visit.post(f"/data-requests/{home}/holds/1/lift", {"why": "it is over"})
    page = visit.get("/data-requests").text
    assert "Lifted by Gwen Example" in page
    assert "Lift this hold" not in page
    assert Visit(world.app, "charlie").get("/data-requests").text.count("Inquiry") == 0


def test_the_id_that_a_data_request_names_stands_on_the_homes_page_for_who_may_tell_it(
    tmp_path: Path,
) -> None:
    world = make_world(tmp_path)
    home, told = f"{A}-home-1", "Id of the home:"
    assert told in Visit(world.app, "bob").get(f"/homes/{home}").text
    assert told not in Visit(world.app, "alice").get(f"/homes/{home}").text
    page = Visit(world.app, "bob").get("/data-requests").text
    assert "page shows it to supervisors and officers" in page


def test_governance_finds_a_home_by_name_or_address_and_the_words_stay_out_of_every_record(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    world = make_world(tmp_path)
    account(world.database, "Gwen", (A, Role.GOVERNANCE))
    home, other = world.homes[A][0].id, world.homes[B][0].id
    kept = record(
        name="Mx Wilhelmina Teasel", address_1="4 Larch Row", town="Fenbridge", postcode="PE1 2AB"
    )
    for one, who in ((home, "bob"), (other, "charlie")):
        answer = Visit(world.app, who).client.put(
            f"/api/v1/homes/{one}/household",
            json={"household": kept},
            headers={"Origin": URL, "If-Match": "*"},
        )
        assert answer.status_code == 200, answer.text
    capsys.readouterr()
    visit = Visit(world.app, "gwen")
    for words in ("wilhel", "teasel larch", "pe12ab", "PE1 2AB"):
        page = visit.post("/data-requests/search", {"wanted": words})
        assert f"/data-requests?home={home}" in page.text, words
        assert other not in page.text
        assert words not in str(page.url)
    assert (
        "No home of your places"
        in visit.post("/data-requests/search", {"wanted": "larch nobody"}).text
    )
    short = visit.post("/data-requests/search", {"wanted": "w"})
    assert short.status_code == 422
    assert "at least two letters" in short.text
    with world.database.connect() as connection:
        a = tables.audit.c
        rows = connection.execute(select(tables.audit).where(a.actor == "account-gwen")).all()
    assert sum(row.subject == f"home:{home}" for row in rows) == 4
    told = f"{rows} {capsys.readouterr().out}".casefold()
    assert not [word for word in ("wilhel", "teasel", "larch", "pe12ab") if word in told]
    assert (
        Visit(world.app, "alice").post("/data-requests/search", {"wanted": "xx"}).status_code == 403
    )
