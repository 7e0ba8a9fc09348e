"""What is kept about one home is handed over complete, and holds nobody else."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sqlalchemy import func, insert, select
from typer.testing import CliRunner

from alerts import tables as ledger
from alerts.alert import Outcome
from api import home_rows
from api.cli import app
from api.home_rows import Subject
from config import contacts, tables
from config.homes import Home
from config.roles import Role
from ingest.batch import empty
from ingest.clock import instant, microseconds
from ingest.journal import Journal
from ingest.message import Reason, Reject
from tests.api.life import DAY_US, SECRET, A, B
from tests.api.visits import Visit
from tests.api.world import World, account, engines_closed, world_on

FRIEND, NUMBER = "Perpetua Quillfeather", "01632 960 777"
NOTE = "Perpetua has the key, Alice Example went."


@pytest.fixture(params=["sqlite", "postgresql"])
def world(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[World]:
    yield from map(filled, world_on(request, tmp_path))


def filled(world: World) -> World:
    """Return the world with what there is to hand over: friends, notes, refused messages."""
    world.write_store()
    account(world.database, "Gwen", (A, Role.GOVERNANCE))
    plan = contacts.read_plan(
        {"contact": [{"name": FRIEND, "phone": NUMBER, "kind": "contact", "relation": "daughter"},
                     {"name": "Ida Lived", "phone": "01632 960 112", "kind": "person"}]}, "x",
    )  # fmt: skip
    with world.database.begin() as connection:
        contacts.save(connection, world.resources.vault, home(world).id, plan, "account-bob", 0)
    note_something(world)
    return world


def note_something(world: World) -> None:
    """Let staff write freely of the home, and its gateway send what cannot be used."""
    now = instant(microseconds(world.now) + 1)
    open_now = world.raise_alert(_kind(), home(world), "No sign of movement since 09:12.")
    world.ledger.acknowledge(open_now, "account-alice", now)
    world.ledger.resolve(open_now, "account-alice", Outcome.SEEN_WELL, NOTE, now)
    letters = [
        Reject(Reason.NOT_JSON, f"stillwell/v1/{p}/{p}-gateway-1/r", SECRET[p].encode(), "", 7)
        for p in (A, B)
    ]
    journal = Journal.open(world.folder / "journal.db")
    journal.append(empty(), [], letters)
    journal.close()


def _kind() -> Any:  # noqa: ANN401
    from alerts.alert import AlertKind

    return AlertKind.NO_SIGN_OF_LIFE


def home(world: World) -> Home:
    return world.homes[A][0]


def exported(world: World, folder: Path, *options: str) -> tuple[dict[str, Any], str]:
    site = world.folder / "site.toml"
    url = world.database.url.render_as_string(hide_password=False)
    site.write_text(f'data = "{world.folder}"\ndatabase_url = "{url}"\n', "utf-8")
    words = ["subject", "export", home(world).id, str(folder), "--by", "gwen@example.org"]
    with engines_closed():
        done = CliRunner().invoke(app, [*words, "--settings", str(site), *options])
    assert done.exit_code == 0, done.output
    page = (folder / "subject.html").read_text("utf-8")
    return json.loads((folder / "subject.json").read_text("utf-8")), page


def subject(world: World) -> Subject:
    return Subject(home(world).number, home(world).id, A)


def test_every_row_of_the_home_and_every_reading_is_handed_over(
    world: World, tmp_path: Path
) -> None:
    told, page = exported(world, tmp_path / "out")
    with world.database.connect() as connection:
        for table, mine in home_rows.rules(subject(world)):
            query = select(func.count()).select_from(table).where(mine)
            count = connection.execute(query).scalar_one()
            assert len(told["tables"][table.name]["rows"]) == count, table.name
    for name in ("homes", "sensors", "alerts", "alert_history", "contacts", "audit", "changes"):
        assert told["counts"][name], name
    held = world.store.batches[home(world).number]
    read = [t for part in told["readings"] for t in part["time_us"]]
    assert sorted(read) == sorted(held.time.view(np.int64).tolist())
    assert len(read) > 1_000
    assert told["refused_messages"][0]["first_bytes"] == SECRET[A]
    assert "Ida Lived" in page
    assert f"What is kept about home {home(world).id}" in page


def test_nothing_of_another_home_is_in_it(world: World, tmp_path: Path) -> None:
    told, page = exported(world, tmp_path / "out", "--with-notes")
    whole = json.dumps(told) + page
    others = [h.id for place in (A, B) for h in world.homes[place] if h.id != home(world).id]
    assert not [other for other in others if other in whole]
    assert SECRET[B] not in whole
    with world.database.connect() as connection:
        h, s = tables.homes.c, tables.sensors.c
        ids = connection.execute(select(s.id).where(s.home != home(world).number)).scalars()
        strange = [*ids, *connection.execute(select(h.label).where(h.place == B)).scalars()]
        a = ledger.alerts.c
        strange += connection.execute(select(a.id).where(a.home != home(world).id)).scalars()
    assert strange
    assert not [one for one in strange if f'"{one}"' in whole or f">{one}<" in whole]


def test_third_parties_are_left_out_and_notes_are_withheld(world: World, tmp_path: Path) -> None:
    told, page = exported(world, tmp_path / "out")
    whole = json.dumps(told, ensure_ascii=False) + page
    for word in (FRIEND, NUMBER, "daughter", "Alice", "account-alice", NOTE):
        assert word not in whole, word
    assert "[withheld: " in page
    assert "Member of staff 1" in page
    assert [row["name"] for row in told["tables"]["contacts"]["rows"]] == ["a contact", "Ida Lived"]


def test_notes_stand_where_they_are_asked_for_without_the_names_that_are_known(
    world: World, tmp_path: Path
) -> None:
    told, page = exported(world, tmp_path / "out", "--with-notes")
    whole = json.dumps(told, ensure_ascii=False) + page
    assert "[somebody else] has the key, [somebody else] went." in whole
    for word in ("Perpetua", "Alice", NUMBER):
        assert word not in whole


def test_files_are_for_their_owner_only_and_who_took_them_is_noted(
    world: World, tmp_path: Path
) -> None:
    exported(world, tmp_path / "out")
    modes = {path.stat().st_mode & 0o777 for path in (tmp_path / "out").iterdir()}
    assert modes == {0o600}
    with world.database.connect() as connection:
        a = tables.audit.c
        row = connection.execute(select(tables.audit).where(a.what == "export")).one()
    assert (row.actor, row.subject, row.place) == ("account-gwen", f"home:{home(world).id}", A)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["nobody00", "--by", "gwen@example.org"], "there is no home 'nobody00'"),
        (["{home}", "--by", "alice@example.org"], "is no governance of fenbridge"),
        (["{home}", "--by", "charlie@example.org"], "is no governance of fenbridge"),
    ],
)
def test_who_may_not_have_it_is_told_so_and_nothing_is_written(
    world: World, tmp_path: Path, words: list[str], said: str
) -> None:
    site = world.folder / "site.toml"
    url = world.database.url.render_as_string(hide_password=False)
    site.write_text(f'data = "{world.folder}"\ndatabase_url = "{url}"\n', "utf-8")
    asked = [word.format(home=home(world).id) for word in words]
    folder = tmp_path / "out"
    more = [str(folder), "--settings", str(site)]
    with engines_closed():
        done = CliRunner().invoke(app, ["subject", "export", *asked, *more])
    assert (done.exit_code, said in done.output) == (2, True), done.output
    assert not folder.exists()


def test_governance_has_it_by_rest_and_page_and_nobody_else(world: World) -> None:
    id_ = home(world).id
    addresses = (f"/api/v1/homes/{id_}/subject-export", f"/data-requests/{id_}/export.json",
                 f"/data-requests/{id_}/export.html")  # fmt: skip
    for address in addresses:
        answer = Visit(world.app, "gwen").get(address)
        assert answer.status_code == 200, address
        assert "attachment" in answer.headers["content-disposition"]
        assert Visit(world.app, "alice").get(address).status_code == 403
        assert Visit(world.app, "charlie").get(address).status_code == 404
    told = Visit(world.app, "gwen").get(addresses[0]).json()
    assert told["home"] == id_
    assert sum(len(part["value"]) for part in told["readings"]) > 1_000


def test_the_page_says_what_is_kept_and_that_it_was_looked_at(world: World) -> None:
    visit = Visit(world.app, "gwen")
    assert "Data requests" in visit.get("/data-requests").text
    page = visit.get(f"/data-requests?home={home(world).id}").text
    assert "On what ground the home is watched" in page or "Alerts" in page
    assert f"/data-requests/{home(world).id}/export.html" in page
    strange = visit.get(f"/data-requests?home={world.homes[B][0].id}")
    assert (strange.status_code, "has this id" in strange.text) == (404, True)
    with world.database.connect() as connection:
        a = tables.audit.c
        query = select(func.count()).where(
            a.what == "read", a.actor == "account-gwen", a.subject == f"home:{home(world).id}"
        )
        assert connection.execute(query).scalar_one() == 1


def test_what_the_engine_learned_of_the_home_is_in_it(world: World, tmp_path: Path) -> None:
    from alerts.checkpoint import Checkpoint, write_checkpoint
    from alerts.detect import state

    sizes = {c.axis: 20 for c in state._COLUMNS.values()}
    known = state.empty(sizes)
    known.sign_us[home(world).number] = 77 * DAY_US
    known.sign_us[home(world).number + 1] = 78 * DAY_US
    saved = Checkpoint(1, 0, (), known, empty())
    write_checkpoint(world.folder / "engine.npz", saved)
    told, page = exported(world, tmp_path / "out")
    assert told["learned"] == {"sign_us": [77 * DAY_US]}
    assert "sign_us" in page


def test_a_free_word_of_the_system_is_not_withheld(world: World, tmp_path: Path) -> None:
    with world.database.begin() as connection:
        a, h = ledger.alerts.c, ledger.history
        alert = connection.execute(select(a.id).where(a.home == home(world).id)).scalars().first()
        row = {"alert": alert, "at_us": 5, "event": "eased", "state_from": "open",
               "state_to": "open", "actor": "system", "note": "late data"}  # fmt: skip
        connection.execute(insert(h).values(row))
    told, _ = exported(world, tmp_path / "out")
    assert "late data" in [row["note"] for row in told["tables"]["alert_history"]["rows"]]
