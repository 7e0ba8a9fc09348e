"""What a gateway announces becomes a home's sensors, by page, REST and command alike."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from sqlalchemy import select, update
from typer.testing import CliRunner

from api.announcing import Announcing
from api.cli import app
from config import announcement_rows, audit, consents, registry, tables
from config.announced import AnnouncedDevice, Announcement, Source
from config.homes import HomeState, Sensor
from config.kinds import Kind
from config.roles import Role
from ingest.clock import microseconds
from ingest.dead_letters import SCHEMA, record
from ingest.message import Reason, Reject
from ingest.sqlite_file import open_writer, transaction
from tests.announced import ieee
from tests.api.life import A, B
from tests.api.visits import Visit
from tests.api.world import World, account, make_world, world_on

HOME, GATEWAY = f"{A}-home-2", f"{A}-gateway-2"
REST, PAGE = f"/api/v1/homes/{HOME}/announced", f"/homes/{HOME}/announced"
MOTION = (Kind.MOTION, Kind.BATTERY)
MINUTE_US = 60_000_000


@pytest.fixture(params=["sqlite", "postgresql"])
def world(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[World]:
    for made in world_on(request, tmp_path):
        account(made.database, "Olga", (A, Role.OFFICER))
        account(made.database, "Ivy", (A, Role.INSTALLER))
        yield made


def device(number: int, name: str, *kinds: Kind) -> AnnouncedDevice:
    return AnnouncedDevice(ieee(number), name, f"M-{number}", "Larkspur Sensors", kinds)


def announce(world: World, *devices: AnnouncedDevice, home: int = 1, ago_min: float = 2) -> None:
    """Let the worker hear a list of the gateway of one of Fenbridge's homes."""
    hub = world.homes[A][home].number
    at_us = microseconds(world.now) - int(ago_min * MINUTE_US)
    with world.database.connect() as connection:
        (number,) = connection.execute(
            select(tables.gateways.c.number).where(tables.gateways.c.home == hub)
        ).scalars()
        table = registry.load(connection)
    announcing = Announcing(world.database, world.resources.places, lambda: table)
    announcing.take([Announcement(number, Source.BRIDGE, at_us, devices)])
    assert announcing.write() == 1


def sensors(world: World, home: str = HOME) -> list[Sensor]:
    with world.database.connect() as connection:
        own = {one.id: one.number for one in registry.homes(connection)}
        found = registry.sensors(connection, own[home])
    return [one for one in found if one.dialect == "zigbee2mqtt"]


def test_a_page_proposes_and_what_is_ticked_is_the_homes_at_once(world: World) -> None:
    olga = Visit(world.app, "olga")
    assert "It has announced nothing yet" in olga.get(PAGE).text
    announce(world, device(1, "hall-motion", *MOTION), device(2, "front-door", Kind.CONTACT))
    page = olga.get(PAGE).text
    for words in ("hall-motion", "Larkspur Sensors M-1", ieee(2), "Motion", "2 minutes ago"):
        assert words.lower() in page.lower(), words
    installation = olga.get(f"/homes/{HOME}/installation").text
    assert "2 devices, announced" in installation
    assert f'href="{PAGE}"' in installation
    with world.database.connect() as connection:
        before = registry.revision(connection)
    form = {"take": ieee(2), f"room-{ieee(2)}": "hall", f"use-{ieee(2)}": "exit"}
    answer = olga.post(PAGE, form)
    assert answer.headers["location"] == f"/homes/{HOME}/installation#walk-test"
    (made,) = sensors(world)
    assert (made.address, made.kind, made.room, made.is_exit) == (
        "front-door", Kind.CONTACT, "hall", True,
    )  # fmt: skip
    assert (made.model, made.home) == ("M-2", world.homes[A][1].number)
    page = olga.get(PAGE).text
    assert "is enrolled in this home already" in page
    assert f'name="room-{ieee(2)}"' not in page
    with world.database.connect() as connection:
        assert registry.revision(connection) > before
        noted = select(tables.audit.c.detail).where(tables.audit.c.what == "sensors")
        assert connection.execute(noted).scalars().all() == ['{"devices": 1, "sensors": 1}']
        assert audit.verify(connection) == []


def test_nothing_is_half_saved_and_what_was_chosen_stays(world: World) -> None:
    announce(world, device(1, "hall-motion", *MOTION), device(2, "pir", *MOTION))
    olga = Visit(world.app, "olga")
    wrong = olga.client.post(
        PAGE,
        data={"take": [ieee(1), ieee(2)], f"room-{ieee(1)}": "kitchen", f"room-{ieee(2)}": ""},
        headers={"Origin": "http://testserver"},
    )
    assert wrong.status_code == 422
    assert f'href="#room-{ieee(2)}"' in wrong.text
    assert "say where it is" in wrong.text
    assert '<option value="kitchen" selected>' in wrong.text
    nothing = olga.post(PAGE, {})
    assert nothing.status_code == 422
    assert "Nothing was chosen" in nothing.text
    assert sensors(world) == []


def test_rest_says_of_each_device_what_can_be_done(world: World) -> None:
    olga = Visit(world.app, "olga")
    announce(world, device(1, "hall-motion", *MOTION), ago_min=9)
    announce(
        world, device(2, "Mary's door", Kind.CONTACT), device(3, "lamp"),
        device(4, "<b>hall</b>", Kind.SMOKE), device(5, "kitchen/smoke", Kind.SMOKE),
    )  # fmt: skip
    (hub,) = olga.get(REST).json()
    assert hub["gateway"] == GATEWAY
    told = {one["ieee"]: (one["state"], one["name"], bool(one["why"])) for one in hub["devices"]}
    assert told == {
        ieee(1): ("gone", "hall-motion", True),
        ieee(2): ("unnamed", "", True),
        ieee(3): ("unreadable", "lamp", True),
        ieee(4): ("unnamed", "", True),
        ieee(5): ("new", "kitchen/smoke", False),
    }
    page = olga.get(PAGE).text
    assert "Mary" not in page
    assert "<b>hall" not in page
    assert "Announced no more since" in page
    assert "Came later" in page
    found = [one for one in hub["devices"] if one["state"] == "new"]
    assert (found[0]["room"], found[0]["kinds"]) == ("kitchen", ["smoke"])
    body = {"devices": [{"ieee": ieee(5).upper().replace("X", "x"), "room": "kitchen"}]}
    (made,) = olga.send(REST, body).json()
    assert (made["address"], made["kind"], made["room"]) == ("kitchen/smoke", "smoke", "kitchen")
    again = olga.send(REST, {"devices": [{"ieee": ieee(n), "room": "x"} for n in (1, 5, 9)]})
    assert again.status_code == 422
    said = {one["ieee"]: one["said"] for one in again.json()["mistakes"]}
    assert "is announced no more" in said[ieee(1)]
    assert "is enrolled in this home already" in said[ieee(5)]
    assert "is not announced by a gateway of this home" in said[ieee(9)]
    twice = {"devices": [{"ieee": ieee(1), "room": "x"}, {"ieee": ieee(1), "room": "x"}]}
    assert "was chosen twice" in olga.send(REST, twice).text
    bad: list[object] = [{}, {"devices": 4}, {"devices": [{"ieee": "x" * 99}]}, {"devices": []}]
    for odd in bad:
        assert olga.send(REST, odd).status_code == 422
    assert len(sensors(world)) == 1


def test_a_device_of_another_home_is_refused_and_the_way_is_told(world: World) -> None:
    announce(world, device(1, "hall-motion", *MOTION))
    olga = Visit(world.app, "olga")
    body = {"devices": [{"ieee": ieee(1), "room": "hall"}]}
    assert olga.send(REST, body).status_code == 200
    announce(world, device(1, "hall-motion", *MOTION), home=2)
    other = f"/api/v1/homes/{A}-home-3/announced"
    assert olga.get(other).json()[0]["devices"][0]["state"] == "elsewhere"
    refused = olga.send(other, body)
    assert refused.status_code == 422
    assert "by two people" in refused.text
    assert HOME not in refused.text
    assert "by two people" in olga.get(f"/homes/{A}-home-3/announced").text
    assert sensors(world, f"{A}-home-3") == []


def test_what_the_consent_does_not_name_is_left_out(world: World) -> None:
    plan = consents.read_plan(
        {
            "basis": "consent", "decided_by": "person", "decided_on": "2026-02-01",
            "review_on": "2026-12-01",
            "purpose": {
                one.value: "To notice a fall." for one in Kind if one is not Kind.ILLUMINANCE
            },
        },
        "here",
    )  # fmt: skip
    with world.database.begin() as connection:
        today = date(2026, 3, 3)
        consents.record(connection, HOME, plan, "account-olga", microseconds(world.now), today)
    announce(world, device(1, "hall-motion", Kind.MOTION, Kind.ILLUMINANCE))
    olga = Visit(world.app, "olga")
    assert "Left out, because the consent names no purpose for it" in olga.get(PAGE).text
    olga.send(REST, {"devices": [{"ieee": ieee(1), "room": "hall"}]})
    assert [one.kind for one in sensors(world)] == [Kind.MOTION]


@pytest.mark.parametrize("state", [HomeState.AWAITING_CONSENT, HomeState.ENDED])
def test_without_consent_nothing_is_accepted(world: World, state: HomeState) -> None:
    announce(world, device(1, "hall-motion", *MOTION))
    with world.database.begin() as connection:
        home = tables.homes.c.id == HOME
        connection.execute(update(tables.homes).where(home).values(state=state.value))
    olga = Visit(world.app, "olga")
    answer = olga.send(REST, {"devices": [{"ieee": ieee(1), "room": "hall"}]})
    assert answer.status_code == 422
    assert "record" in answer.text or "ended" in answer.text
    assert f'name="room-{ieee(1)}"' not in olga.get(PAGE).text
    assert sensors(world) == []


def test_an_installer_accepts_in_todays_home_and_nobody_else_does(world: World) -> None:
    announce(world, device(1, "hall-motion", *MOTION))
    body = {"devices": [{"ieee": ieee(1), "room": "hall"}]}
    ivy = Visit(world.app, "ivy")
    assert ivy.get(PAGE).status_code == 404
    assert ivy.send(REST, body).status_code == 404
    for role in set(Role) - {Role.OFFICER, Role.INSTALLER}:
        account(world.database, f"only-{role.value}", (A, role))
        visit = Visit(world.app, f"only-{role.value}")
        assert (visit.get(PAGE).status_code, visit.send(REST, body).status_code) == (403, 403)
    assert Visit(world.app, "charlie").send(REST, body).status_code == 404
    assert sensors(world) == []
    Visit(world.app, "olga").send(f"/api/v1/homes/{HOME}/installations", {"day": "2026-03-03"})
    assert ivy.get(PAGE).status_code == 200
    assert ivy.send(REST, body).status_code == 200
    assert [one.kind for one in sensors(world)] == list(MOTION)


def test_what_was_refused_is_told_until_a_newer_one_can_be_read(world: World) -> None:
    announce(world, device(1, "hall-motion", *MOTION), ago_min=5)
    writer = open_writer(world.folder / "journal.db", SCHEMA)
    topic = f"stillwell/v1/{A}/{GATEWAY}/zigbee2mqtt/bridge/devices"
    with transaction(writer):
        at_us = microseconds(world.now) - MINUTE_US
        record(writer, [Reject(Reason.NOT_JSON, topic, b"", "expected the list", at_us)])
    writer.close()
    olga = Visit(world.app, "olga")
    assert olga.get(REST).json()[0]["refused"] == "expected the list"
    assert "Its last announcement could not be used" in olga.get(PAGE).text
    announce(world, device(1, "hall-motion", *MOTION), ago_min=0)
    assert olga.get(REST).json()[0]["refused"] == ""


def test_a_database_that_is_away_costs_no_announcement(world: World) -> None:
    with world.database.connect() as connection:
        table = registry.load(connection)
    number = next(one for one in table.gateways.values() if one.id == GATEWAY).number
    announcing = Announcing(world.database, world.resources.places, lambda: table)
    announcing.take([Announcement(number, Source.BRIDGE, 1, (device(1, "hall", *MOTION),))])
    whole, announcing._database = announcing._database, None  # type: ignore[assignment]  # away
    with pytest.raises(AttributeError):
        announcing.write()
    announcing._database = whole
    newer = Announcement(number, Source.DISCOVERY, 2, (device(2, "door", Kind.CONTACT),))
    announcing.take([newer])
    assert announcing.write() == 1
    with world.database.connect() as connection:
        assert len(announcement_rows.read(connection, number).devices) == 2
    assert announcing.write() == 0


def test_commands_list_and_accept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = make_world(tmp_path)
    account(made.database, "Olga", (A, Role.OFFICER))
    announce(made, device(1, "hall-motion", *MOTION), device(2, "bed", Kind.CONTACT))
    monkeypatch.setenv("STILLWELL_DATA", str(tmp_path))
    run = CliRunner().invoke
    listed = run(app, ["gateway", "announced", "list", "--home", HOME])
    assert listed.exit_code == 0, listed.output
    assert "can be accepted, also as exit, bed, chair" in listed.output
    accept = ["gateway", "announced", "accept", "--home", HOME, "--by", "olga@example.org"]
    wrong = run(app, [*accept, "--device", f"{ieee(1)}=", "--device", f"{ieee(3)}=hall"])
    assert wrong.exit_code != 0
    assert "say where it is" in wrong.output
    assert "is not announced" in wrong.output
    odd = run(app, [*accept, "--device", "hall"])
    assert "expected an address and a room such as" in odd.output
    stranger = [*accept[:-1], "charlie@example.org"]
    assert run(app, [*stranger, "--device", f"{ieee(1)}=hall"]).exit_code != 0
    done = run(app, [*accept, "--device", f"{ieee(1)}=hall", "--device", f"{ieee(2)}=bedroom:bed"])
    assert done.exit_code == 0, done.output
    assert "3 sensors of 2 devices" in done.output
    kinds = {(one.address, one.kind, one.room) for one in sensors(made)}
    assert ("bed", Kind.BED, "bedroom") in kinds
    nowhere = run(app, ["gateway", "announced", "list", "--home", f"{B}-home-99"])
    assert nowhere.exit_code != 0
    made.database.dispose()
