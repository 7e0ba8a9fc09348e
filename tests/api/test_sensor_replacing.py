"""Replacing a sensor by REST, on pages and by command: what is offered, done, and refused."""

import re
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import select, update
from typer.testing import CliRunner

from api import home_rows
from api.cli import app
from config import announcement_rows, audit, registry, tables
from config.announced import AnnouncedDevice, Announcement, Source
from config.homes import HomeState, Sensor
from config.kinds import Kind
from config.roles import Role
from ingest.batch import build, concat
from ingest.clock import microseconds
from tests.api.life import A, B
from tests.api.test_gateway_commands import OLGA
from tests.api.visits import Visit
from tests.api.world import World, account, make_world

HOME, HALL, WARM = f"{A}-home-1", f"{A}-1-sensor-0", f"{A}-1-sensor-6"
REST = f"/api/v1/homes/{HOME}"
PAGE = f"/homes/{HOME}/devices"
REPLACE = f"/homes/{HOME}/sensors/{HALL}/replace"
TODAY = "2026-03-03"
NEW = "hall-motion-2"
ANSWERS = {"address": NEW, "why": "its battery leaks"}
FORM = {**ANSWERS, "device": "other"}


@pytest.fixture
def world(tmp_path: Path) -> World:
    made = make_world(tmp_path)
    account(made.database, "Olga", (A, Role.OFFICER))
    account(made.database, "Ivy", (A, Role.INSTALLER))
    return made


def sensor_of(world: World, id_: str = HALL) -> Sensor:
    with world.database.connect() as connection:
        return next(one for one in registry.sensors(connection) if one.id == id_)


def text(answer_text: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", answer_text).split())


def run(world: World, *words: str) -> tuple[int, str]:
    done = CliRunner().invoke(app, ["sensor", *words], env={"STILLWELL_DATA": str(world.folder)})
    return done.exit_code, " ".join(done.output.split())


def announce(world: World) -> None:
    """Let the gateway announce a device that fits, one that tells less, and one without a name."""
    devices = (
        AnnouncedDevice("0x00158d00000000a1", "hall-motion-9", "M-9", "Invented", (Kind.MOTION,)),
        AnnouncedDevice("0x00158d00000000a2", "bath-heat", "T-1", "Invented", (Kind.TEMPERATURE,)),
        AnnouncedDevice("0x00158d00000000a3", "", "M-9", "Invented", (Kind.MOTION,)),
    )
    with world.database.begin() as connection:
        number = connection.execute(
            select(tables.gateways.c.number).where(tables.gateways.c.id == f"{A}-gateway-1")
        ).scalar_one()
        at_us = microseconds(world.now)
        announcement_rows.keep(connection, Announcement(number, Source.BRIDGE, at_us, devices))


def test_a_sensor_is_replaced_by_rest_and_keeps_its_number(world: World) -> None:
    olga, before = Visit(world.app, "olga"), sensor_of(world)
    answer = olga.send(f"{REST}/sensors/{HALL}/replacement", ANSWERS)
    assert answer.status_code == 200, answer.text
    assert answer.json()["sensors"] == [{"id": HALL, "kind": "motion", "room": "hall"}]
    after = sensor_of(world)
    assert (after.number, after.address) == (before.number, NEW)
    assert after.replaced_us == microseconds(world.now)
    found = olga.get(f"{REST}/devices").json()["devices"]
    mine = next(one for one in found if HALL in {s["id"] for s in one["sensors"]})
    (old,) = mine["replaced"]
    assert (old["address"], old["why"], old["replaced_by"]) == (
        "hall-motion",
        "its battery leaks",
        "account-olga",
    )
    assert (mine["address"], mine["dialect"]) == (NEW, "native")
    again = olga.send(f"{REST}/sensors/{HALL}/replacement", ANSWERS)
    assert again.status_code == 422
    assert "is the address that it has" in again.text


def test_all_that_one_device_measures_goes_together(world: World) -> None:
    olga = Visit(world.app, "olga")
    answer = olga.send(f"{REST}/sensors/{WARM}/replacement", {"address": "warm-2", "why": "old"})
    assert {one["kind"] for one in answer.json()["sensors"]} == {"temperature", "humidity"}
    assert {sensor_of(world, f"{A}-1-sensor-{i}").address for i in (6, 7)} == {"warm-2"}


def test_a_bad_wish_is_refused_and_nothing_is_changed(world: World) -> None:
    olga, before = Visit(world.app, "olga"), sensor_of(world)
    wrong: list[dict[str, object]] = [
        {},
        {"why": "x"},
        {"address": NEW},
        {"address": NEW, "why": " "},
        {"address": "front-door", "why": "x"},
        {"address": "a/#", "why": "x"},
        {"address": NEW, "why": "x", "gateway": f"{B}-gateway-1"},
        {"address": NEW, "why": "x", "dialect": "morse"},
        {"address": NEW, "why": "x", "more": 1},
    ]
    for body in wrong:
        answer = olga.send(f"{REST}/sensors/{HALL}/replacement", body)
        assert answer.status_code == 422, (body, answer.text)
    for state in (HomeState.AWAITING_CONSENT, HomeState.ENDED):
        with world.database.begin() as connection:
            h = tables.homes
            connection.execute(update(h).where(h.c.id == HOME).values(state=state.value))
        answer = olga.send(f"{REST}/sensors/{HALL}/replacement", ANSWERS)
        assert answer.status_code == 422
        assert "consent" in answer.text or "has ended" in answer.text
    assert sensor_of(world) == before


def test_a_foreign_sensor_is_absent(world: World) -> None:
    olga = Visit(world.app, "olga")
    for sensor in (f"{A}-2-sensor-0", f"{B}-1-sensor-0", "nobody-knows-it"):
        wish = f"{REST}/sensors/{sensor}/replacement"
        assert olga.send(wish, ANSWERS).status_code == 404
        assert olga.get(f"/homes/{HOME}/sensors/{sensor}/replace").status_code == 404
        for step in ("check", "change", "confirm"):
            form = {**ANSWERS, "step": step}
            assert olga.post(f"/homes/{HOME}/sensors/{sensor}/replace", form).status_code == 404


def test_an_installer_may_on_the_day_of_the_work_only(world: World) -> None:
    ivy, olga = Visit(world.app, "ivy"), Visit(world.app, "olga")
    wish = f"{REST}/sensors/{HALL}/replacement"
    assert ivy.get(REPLACE).status_code == 404
    assert ivy.send(wish, ANSWERS).status_code == 404
    assert olga.send(f"{REST}/installations", {"day": TODAY}).status_code == 204
    assert ivy.get(REPLACE).status_code == 200
    assert ivy.send(wish, ANSWERS).status_code == 200


def test_the_page_asks_shows_the_answers_and_then_replaces(world: World) -> None:
    olga = Visit(world.app, "olga")
    assert f'href="{REPLACE}"' in olga.get(PAGE).text
    asked = olga.get(REPLACE)
    assert "hall-motion" in asked.text
    assert "Which is the new device?" in asked.text
    unlike_any = olga.get(f"/homes/{HOME}/sensors/{A}-1-sensor-3/replace").text
    assert "Which is the new device?" not in unlike_any
    assert "Address of the new device" in unlike_any
    check = olga.post(REPLACE, FORM)
    assert check.status_code == 200
    assert "Check your answers" in check.text
    assert "its battery leaks" in check.text
    assert sensor_of(world).address == "hall-motion"
    again = olga.post(REPLACE, {**FORM, "step": "change"})
    assert f'value="{NEW}"' in again.text
    done = olga.post(REPLACE, {**FORM, "step": "confirm"})
    assert done.status_code == 303
    assert sensor_of(world).address == NEW
    told = text(olga.get(done.headers["location"].partition("#")[0]).text)
    assert "is replaced. From now on only the new one is heard." in told
    assert "It replaced hall-motion on" in told
    assert "is replaced. From now on" not in text(olga.get(PAGE).text)
    assert "is replaced. From" not in text(olga.get(f"{PAGE}?replaced={A}-1-sensor-1").text)


def test_what_the_gateway_announces_and_fits_can_be_chosen(world: World) -> None:
    announce(world)
    with world.database.begin() as connection:
        s = tables.sensors
        connection.execute(update(s).where(s.c.id == HALL).values(dialect="zigbee2mqtt"))
    olga = Visit(world.app, "olga")
    asked = text(olga.get(REPLACE).text)
    assert "Which is the new device?" in asked
    assert "hall-motion-9" in asked
    assert "bath-heat" not in asked
    key = f"{A}-gateway-1:0x00158d00000000a1"
    form = {"device": key, "why": "broken", "step": "confirm"}
    assert olga.post(REPLACE, form).status_code == 303
    after = sensor_of(world)
    assert (after.address, after.model, after.dialect) == ("hall-motion-9", "M-9", "zigbee2mqtt")


def test_a_wrong_answer_is_told_beside_its_question(world: World) -> None:
    olga = Visit(world.app, "olga")
    for answers, said in (
        ({"address": NEW, "why": " "}, "Say in a few words why it is replaced"),
        ({"address": " ", "why": "x"}, "Type the address of the new device"),
        ({"address": NEW, "why": "x" * 201}, "expected 1..200"),
        ({"address": "front-door", "why": "x"}, "of this home has that address"),
        ({"address": NEW, "why": "x", "model": "m" * 81}, "the model has 81 characters"),
        ({"address": "bath/+", "why": "x"}, "without + and #"),
    ):
        for step in ("check", "confirm"):
            answer = olga.post(REPLACE, {"device": "other", **answers, "step": step})
            assert answer.status_code == 422, answers
            assert said.lower() in text(answer.text).lower()
    announce(world)
    answer = olga.post(REPLACE, {"why": "x", "device": "made-up"})
    assert "Select the new device" in answer.text
    assert sensor_of(world).address == "hall-motion"


def test_a_walk_test_shows_the_new_one_only_once_it_speaks(world: World) -> None:
    olga = Visit(world.app, "olga")
    assert olga.send(f"{REST}/sensors/{HALL}/replacement", ANSWERS).status_code == 200
    with world.database.connect() as connection:
        table = registry.load(connection)
    world.resources = replace(world.resources, table=lambda: table)  # as the web process follows it
    olga = Visit(world.app, "olga")
    assert olga.post(f"/homes/{HOME}/walk-test").status_code == 303

    def heard() -> dict[str, object]:
        told = olga.get(f"{REST}/walk-test").json()["sensors"]
        return next(one for one in told if one["sensor"] == HALL)

    assert heard()["heard"] is None
    number, at_us = sensor_of(world).number, microseconds(world.now) + 1_000_000
    batch = build([number], [at_us], [1.0], [at_us])
    home = sensor_of(world).home or 0
    world.store.batches[home] = concat([world.store.batches[home], batch])
    assert heard()["heard"] is not None


def test_a_command_lists_the_sensors_and_replaces_one(world: World) -> None:
    code, told = run(world, "list", "--home", HOME)
    assert code == 0, told
    assert f"{HALL} hall motion hall-motion" in told
    code, told = run(world, "replace", HALL, "--address", NEW, "--why", "broken", *OLGA)
    assert code == 0, told
    assert f"{HALL} (motion): {NEW} speaks for it from now on" in told
    assert "it was hall-motion: broken" in run(world, "list", "--home", HOME)[1]
    with world.database.connect() as connection:
        assert audit.verify(connection) == []


def test_what_a_command_cannot_do_is_told_in_a_sentence(world: World) -> None:
    wish = ("--address", NEW, "--why", "broken")
    for words, said in (
        (("replace", "nobody-knows-it", *wish, *OLGA), "no home has a sensor"),
        (("replace", HALL, "--address", "front-door", "--why", "x", *OLGA), "has that address"),
        (("replace", f"{B}-1-sensor-0", *wish, *OLGA), "olga"),
        (("replace", HALL, *wish, "--by", "ivy@example.org"), "ivy"),
        (("list", "--home", "nowhere-home"), "there is no home"),
    ):
        code, told = run(world, *words)
        assert code != 0
        assert said in told.lower()
        assert "Traceback" not in told
    assert sensor_of(world).address == "hall-motion"


def test_what_was_replaced_goes_with_its_home(world: World) -> None:
    olga = Visit(world.app, "olga")
    assert olga.send(f"{REST}/sensors/{HALL}/replacement", ANSWERS).status_code == 200
    with world.database.connect() as connection:
        home = home_rows.find(connection, HOME)
        assert home is not None
        (count,) = (
            len(connection.execute(select(table).where(mine)).all())
            for table, mine in home_rows.rules(home)
            if table.name == "replaced_sensors"
        )
    assert count == 1
