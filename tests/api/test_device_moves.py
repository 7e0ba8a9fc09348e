"""Moving a device between homes by REST, on pages and by command: two people, and each refusal."""

import re
from datetime import date
from pathlib import Path

import pytest
from sqlalchemy import Engine, select, update
from typer.testing import CliRunner

from api.cli import app
from config import api_tokens, audit, consents, installations, registry, tables
from config.api_tokens import Scope
from config.consents import Basis, ConsentPlan, Decider
from config.homes import Sensor
from config.kinds import Kind
from config.roles import Role
from config.sensor_table import SensorTable
from ingest.clock import microseconds
from tests.api.life import A, B
from tests.api.visits import URL, Visit
from tests.api.world import World, account, make_world

OLGA = "olga@example.org"
TODAY = date(2026, 3, 3)
HOME, GOAL, FOREIGN = f"{A}-home-1", f"{A}-home-2", f"{B}-home-1"
REST = f"/api/v1/homes/{HOME}/device-moves"
NEW = f"/homes/{HOME}/moves/new"
KEY = {"Idempotency-Key": "drawn-by-me-0001"}


@pytest.fixture
def world(tmp_path: Path) -> World:
    made = make_world(tmp_path)
    account(made.database, "Olga", (A, Role.OFFICER), (A, Role.INSTALLER))
    account(made.database, "Orla", (A, Role.OFFICER))
    account(made.database, "Ivy", (A, Role.INSTALLER))
    account(made.database, "Otto", (B, Role.OFFICER))
    now_us = microseconds(made.now)
    plan = ConsentPlan(
        basis=Basis.CONSENT,
        decided_by=Decider.PERSON,
        decided_on="2026-03-01",  # type: ignore[arg-type]  # read as a date
        review_on="2026-09-01",  # type: ignore[arg-type]
        purpose=dict.fromkeys(Kind, "a test"),
    )
    with made.database.begin() as connection:
        consents.record(connection, GOAL, plan, "account-olga", now_us, TODAY)
        s, h = tables.sensors, tables.homes.c  # nothing has the addresses in the other home
        goal = select(h.number).where(h.id == GOAL).scalar_subquery()
        mine = (s.c.home == goal) & (s.c.dialect != "status")
        connection.execute(update(s).where(mine).values(address="own-" + s.c.address))
    return made


def motion(database: Engine, home: str = HOME) -> Sensor:
    with database.connect() as connection:
        number = connection.execute(
            select(tables.homes.c.number).where(tables.homes.c.id == home)
        ).scalar_one()
        found = registry.sensors(connection, number)
    return next(one for one in found if one.kind is Kind.MOTION)


def body(world: World, **more: object) -> dict[str, object]:
    devices = [{"sensor": motion(world.database).id, "room": "landing"}]
    return {"to_home": GOAL, "devices": devices, "why": "no longer needed", **more}


def table_of(world: World) -> SensorTable:
    with world.database.connect() as connection:
        return registry.load(connection)


def run(world: World, *words: str) -> str:
    """Return what a command says, in one line."""
    done = CliRunner().invoke(app, [*words], env={"STILLWELL_DATA": str(world.folder)})
    assert done.exit_code == 0, done.output
    return " ".join(done.output.split())


def refused(world: World, *words: str) -> str:
    done = CliRunner().invoke(app, [*words], env={"STILLWELL_DATA": str(world.folder)})
    assert done.exit_code != 0
    assert "Traceback" not in done.output
    return " ".join(done.output.split())


def book(world: World, *homes: str) -> None:
    """Let installers see these homes today."""
    with world.database.begin() as connection:
        for home in homes:
            query = select(tables.homes.c.number).where(tables.homes.c.id == home)
            number = connection.execute(query).scalar_one()
            now_us = microseconds(world.now)
            installations.book(
                connection, number, TODAY, "account-olga", today=TODAY, now_us=now_us
            )


def text(answer_text: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", answer_text).split())


def test_one_proposes_by_rest_and_another_accepts(world: World) -> None:
    olga, orla = Visit(world.app, "olga"), Visit(world.app, "orla")
    before = motion(world.database)
    answer = olga.send(REST, body(world))
    assert answer.status_code == 200, answer.text
    move = answer.json()
    assert (move["state"], move["proposed_by"]) == ("waiting", "account-olga")
    assert motion(world.database) == before
    assert [one["id"] for one in orla.get(f"/api/v1/places/{A}/device-moves").json()] == [
        move["id"]
    ]
    done = orla.send(f"/api/v1/device-moves/{move['id']}/accept")
    assert done.status_code == 200, done.text
    assert (done.json()["state"], done.json()["decided_by"]) == ("accepted", "account-orla")
    table = table_of(world)
    assert before.number in table.ended
    assert [s.room for s in table.sensors.values() if s.since_us] == ["landing"]
    again = orla.send(f"/api/v1/device-moves/{move['id']}/accept")
    assert (again.status_code, "it was accepted meanwhile" in again.text) == (422, True)
    assert orla.get(f"/api/v1/places/{A}/device-moves").json() == []
    listed = [orla.get(f"/api/v1/homes/{home}/device-moves").json() for home in (HOME, GOAL)]
    assert listed[0] == listed[1] == [done.json()]


def test_nobody_accepts_their_own_in_another_role_or_by_a_program(world: World) -> None:
    olga = Visit(world.app, "olga")  # officer and installer
    move = olga.send(REST, body(world)).json()["id"]
    answer = olga.send(f"/api/v1/device-moves/{move}/accept")
    assert (answer.status_code, "a second person" in answer.text) == (422, True)
    with world.database.begin() as connection:
        secret = api_tokens.issue(
            connection,
            "account-olga",
            name="a program",
            scope=Scope.ACT,
            days=7,
            now_us=microseconds(world.wall),
        )
    program = Visit(world.app).client
    headers = {"Authorization": f"Bearer {secret}"}  # the program is that person
    answer = program.post(f"/api/v1/device-moves/{move}/accept", headers=headers)
    assert (answer.status_code, "a second person" in answer.text) == (422, True), answer.text
    assert motion(world.database).room != "landing"
    assert olga.send(f"/api/v1/device-moves/{move}/refuse", {"why": "mine"}).status_code == 422
    taken = olga.send(f"/api/v1/device-moves/{move}/withdraw")
    assert taken.json()["state"] == "withdrawn"


def test_the_same_key_proposes_once(world: World) -> None:
    olga = Visit(world.app, "olga")
    sent = [
        olga.client.post(REST, json=body(world), headers={**KEY, "Origin": URL}) for _ in range(2)
    ]
    assert [answer.status_code for answer in sent] == [200, 200]
    assert sent[0].json() == sent[1].json()
    twice = olga.send(REST, body(world))
    assert (twice.status_code, "it was proposed already" in twice.text) == (422, True)


def test_a_bad_wish_is_refused_with_its_reason_and_nothing_is_kept(world: World) -> None:
    olga = Visit(world.app, "olga")
    wrong: list[dict[str, object]] = [
        {"to_home": HOME},
        {"to_home": FOREIGN},
        {"to_home": "nowhere-to-go-1"},
        {"why": " "},
        {"devices": []},
        {"devices": [{"sensor": motion(world.database, FOREIGN).id, "room": "hall"}]},
        {"devices": [{"sensor": motion(world.database).id}]},
        {"gateway": f"{A}-gateway-2"},
        {"more": 1},
    ]
    for one in wrong:
        answer = olga.send(REST, body(world, **one))
        assert answer.status_code == 422, (one, answer.text)
    told = [
        olga.send(REST, body(world, to_home=home)).text for home in (FOREIGN, "nowhere-to-go-1")
    ]
    assert told[0].replace(FOREIGN, "nowhere-to-go-1") == told[1]
    assert olga.get(REST).json() == []


def test_an_installer_proposes_where_both_homes_are_todays(world: World) -> None:
    ivy = Visit(world.app, "ivy")
    assert ivy.send(REST, body(world)).status_code == 404
    book(world, HOME)
    answer = ivy.send(REST, body(world))
    assert (answer.status_code, f"there is no home '{GOAL}'" in answer.text) == (422, True)
    book(world, GOAL)
    move = ivy.send(REST, body(world)).json()
    assert move["proposed_by"] == "account-ivy"
    assert ivy.send(f"/api/v1/device-moves/{move['id']}/accept").status_code == 403
    assert Visit(world.app, "olga").get(f"/device-moves/{move['id']}").status_code == 200
    assert ivy.get(f"/device-moves/{move['id']}").status_code == 403
    assert ivy.post(f"/device-moves/{move['id']}/withdraw").status_code == 303


def test_an_officer_of_another_place_sees_and_decides_nothing(world: World) -> None:
    move = Visit(world.app, "olga").send(REST, body(world)).json()["id"]
    otto = Visit(world.app, "otto")
    assert otto.get(f"/device-moves/{move}").status_code == 404
    for act in ("accept", "refuse", "withdraw"):
        answer = otto.send(f"/api/v1/device-moves/{move}/{act}", {"why": "not ours"})
        assert answer.status_code == 404, act
    assert move not in otto.get("/device-moves").text


def test_the_pages_propose_check_and_decide(world: World) -> None:
    olga, orla = Visit(world.app, "olga"), Visit(world.app, "orla")
    sensor = motion(world.database).id
    shown = olga.get(f"/homes/{HOME}/moves")
    assert f"/homes/{HOME}/moves/new?sensor={sensor}" in shown.text
    assert "Which home does it go to?" in olga.get(f"{NEW}?sensor={sensor}").text
    empty = olga.post(NEW, {"sensor": sensor, "gateway": ""})
    assert (empty.status_code, "Enter the home that it goes to" in empty.text) == (422, True)
    form = {
        "sensor": sensor, "gateway": "", "to_home": GOAL, f"room-{sensor}": "landing",
        "address": "", "why": "no longer needed",
    }  # fmt: skip
    for field, value, said in (
        (f"room-{sensor}", "", "has no room"),
        ("why", "", "Why has 0 characters"),
        ("to_home", HOME, "It is the same home"),
        ("to_home", FOREIGN, "There is no such home in this place"),
    ):
        answer = olga.post(NEW, {**form, field: value})
        assert answer.status_code == 422, field
        assert said in text(answer.text), (field, text(answer.text))
    checked = olga.post(NEW, form)
    assert (checked.status_code, "Check your answers" in checked.text) == (200, True)
    assert olga.get(REST).json() == []
    made = olga.post(NEW, {**form, "step": "confirm"})
    assert made.status_code == 303, made.text
    (move,) = olga.get(REST).json()
    assert "Take it back" in olga.get(f"/homes/{HOME}/moves").text
    assert "Accept the move" not in olga.get(f"/device-moves/{move['id']}").text
    assert "1 move of a device waits" in text(orla.get("/homes").text)
    page = orla.get(f"/device-moves/{move['id']}")
    assert "Accept the move" in page.text
    bad = orla.post(f"/device-moves/{move['id']}/refuse", {"why": ""})
    assert (bad.status_code, 'href="#why"' in bad.text) == (422, True)
    own = olga.post(f"/device-moves/{move['id']}/accept")
    assert (own.status_code, "a second person accepts it" in own.text) == (422, True)
    assert orla.post(f"/device-moves/{move['id']}/accept").status_code == 303
    assert "Accepted" in text(orla.get(f"/device-moves/{move['id']}").text)
    late = olga.post(f"/device-moves/{move['id']}/withdraw")
    assert (late.status_code, "It was accepted meanwhile" in late.text) == (422, True)
    with world.database.connect() as connection:
        query = select(tables.audit.c.what).where(tables.audit.c.subject == f"home:{GOAL}")
        told = list(connection.execute(query).scalars())
        assert audit.verify(connection) == []
    assert {"device-move-proposed", "device-move-accepted"} <= set(told)


def test_a_whole_gateway_is_proposed_on_the_page_with_the_rooms_that_it_had(world: World) -> None:
    olga, orla = Visit(world.app, "olga"), Visit(world.app, "orla")
    gateway = f"{A}-gateway-1"
    page = olga.get(f"{NEW}?gateway={gateway}")
    rooms = re.findall(
        r'name="(room-[^"]+)".*?<option value="([^"]*)" selected', page.text, re.DOTALL
    )
    form = {"sensor": "", "gateway": gateway, "to_home": GOAL, "why": "two hubs", **dict(rooms)}
    made = olga.post(NEW, {**form, "step": "confirm"})
    assert made.status_code == 303, text(made.text)
    (move,) = olga.get(REST).json()
    assert move["gateway"] == gateway
    assert orla.post(f"/device-moves/{move['id']}/accept").status_code == 303
    table = table_of(world)
    kinds = {s.kind for s in table.sensors.values() if s.home == motion_home(world)}
    assert kinds <= {Kind.GATEWAY_STATUS}


def motion_home(world: World) -> int:
    query = select(tables.homes.c.number).where(tables.homes.c.id == HOME)
    with world.database.connect() as connection:
        return int(connection.execute(query).scalar_one())


def test_the_commands_propose_list_and_decide(world: World) -> None:
    sensor = motion(world.database).id
    listed = run(world, "device", "move", "--home", HOME, "--to", GOAL, "--why", "x", "--by", OLGA)
    assert sensor in listed
    asked = ("device", "move", "--home", HOME, "--to", GOAL, "--sensor", f"{sensor}=landing")
    told = run(world, *asked, "--why", "no longer needed", "--by", OLGA)
    found = re.search(r"device accept (\S+) --by", told)
    assert found is not None
    move = found[1]
    assert move in run(world, "device", "moves", "--place", A)
    said = refused(world, "device", "accept", move, "--by", OLGA)
    assert "a second person accepts it" in said
    assert "is refused" in run(
        world, "device", "refuse", move, "--by", "orla@example.org", "--why", "it is needed"
    )
    assert "it was refused meanwhile" in refused(world, "device", "withdraw", move, "--by", OLGA)
    assert "nothing waits" in run(world, "device", "moves", "--place", A)
    told = run(world, *asked, "--why", "no longer needed", "--by", OLGA)
    move = re.findall(r"device accept (\S+) --by", told)[0]
    assert "walk test" in run(world, "device", "accept", move, "--by", "orla@example.org")
    assert "there is no move" in refused(world, "device", "accept", "none", "--by", OLGA)
