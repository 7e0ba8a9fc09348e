"""A person moves house: by pages, REST and command, and nobody is sent to the old door."""

import json
from collections.abc import Iterator
from datetime import date
from html import unescape
from pathlib import Path

import numpy as np
import pytest
from sqlalchemy import select
from typer.testing import CliRunner, Result

from alerts.alert import AlertKind
from api import roster
from api.cli import app
from config import audit, registry, tables, walk_test_rows
from config.allowances import Allowance
from config.homes import Home
from config.household_tables import former_addresses, households
from config.roles import Role
from ingest.batch import build, concat
from ingest.clock import microseconds
from tests.api.life import A, B
from tests.api.test_contacts import LIST
from tests.api.test_households import record
from tests.api.visits import URL, Visit
from tests.api.world import World, account, make_world
from tests.postgres import Postgres

HOME = f"{A}-home-1"
PAGE, REST = f"/homes/{HOME}/move", f"/api/v1/homes/{HOME}/moves"
OLD, NEW = "1 Oldgate Yard", "7 Newmill Rise"
CODE = "4711#"
DAY_US = 86_400_000_000
TYPED = {
    "same_place": "yes", "moved_on-d": "3", "moved_on-m": "3", "moved_on-y": "2026",
    "address_1": NEW, "address_2": "", "town": "Exampleton", "postcode": "zz98ab", "uprn": "",
    "notes": "The bell is on the left.", "key_safe": "", "label": "",
    "why": "a flat without stairs",
}  # fmt: skip
BODY = {
    "moved_on": "2026-03-03", "address_1": NEW, "town": "Exampleton", "postcode": "ZZ9 8AB",
    "why": "a flat without stairs",
}  # fmt: skip


@pytest.fixture(params=["sqlite", "postgresql"])
def world(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[World]:
    """A place whose first home has a household with a key safe, and a contact with a key."""
    server: Postgres | None = None
    name = url = ""
    if request.param == "postgresql":
        server = request.getfixturevalue("postgres")
        assert server is not None
        name = server.create(template="template0")
        url = server.url(name)
    made = make_world(tmp_path, url=url)
    account(made.database, "Dora", (A, Role.SUPERVISOR))
    account(made.database, "Fay", (A, Role.CARE_WORKER))
    bob = Visit(made.app, "bob")
    said = record(address_1=OLD, town="Exampleton", postcode="ZZ1 2AB", key_safe=CODE,
                  notes="Side door.")  # fmt: skip
    kept = bob.client.put(
        f"/api/v1/homes/{HOME}/household", json={"household": said},
        headers={"Origin": URL, "If-Match": "*"},
    )  # fmt: skip
    assert kept.status_code == 200, kept.text
    assert bob.send(f"/api/v1/homes/{HOME}/contacts", {"contact": LIST}).status_code < 300
    yield made
    made.database.dispose()
    if server is not None:
        server.drop([name])


def home_of(world: World) -> Home:
    with world.database.connect() as connection:
        return next(one for one in registry.homes(connection) if one.id == HOME)


def have_key(world: World) -> int:
    told = Visit(world.app, "bob").get(f"/api/v1/homes/{HOME}/contacts").json()
    return sum(one["has_key"] for one in told["contacts"])


def address_of(world: World) -> str:
    told = Visit(world.app, "bob").get(f"/api/v1/homes/{HOME}/household").json()
    return str(told["address"]["lines"][0])


def code_of(world: World) -> str:
    return str(Visit(world.app, "bob").send(f"/api/v1/homes/{HOME}/key-safe").json()["code"])


def audited(world: World, what: str) -> list[dict[str, object]]:
    a = tables.audit.c
    with world.database.connect() as connection:
        assert audit.verify(connection) == []
        query = select(a.detail).where(a.what == what, a.subject == f"home:{HOME}")
        return [json.loads(detail) for detail in connection.execute(query).scalars()]


def run(world: World, *words: str, file: str = "") -> Result:
    site = world.folder / "site.toml"
    url = world.database.url.render_as_string(hide_password=False)
    told = "" if url.startswith("sqlite") else f'database_url = "{url}"\n'
    site.write_text(f'data = "{world.folder}"\n{told}', "utf-8")
    if file:
        (world.folder / "move.toml").write_text(file, "utf-8")
    return CliRunner().invoke(app, ["household", *words, "--settings", str(site)])


def test_the_page_says_what_a_move_does_and_checks_the_answers_first(world: World) -> None:
    bob = Visit(world.app, "bob")
    page = unescape(bob.get(PAGE).text)
    assert OLD in page
    assert "The code of the old key safe is dropped for good." in page
    assert "Side door." in page
    check = bob.post(PAGE, {**TYPED, "key_safe": "9999"})
    assert check.status_code == 200
    shown = unescape(check.text)
    assert "Check your answers" in shown
    assert NEW in shown
    assert "Kept, not shown here" in shown
    changed = unescape(bob.post(PAGE, {**TYPED, "step": "change"}).text)
    assert f'value="{NEW}"' in changed
    assert (address_of(world), home_of(world).since_us) == (OLD, 0)


def test_the_person_is_elsewhere_in_one_act_and_nothing_of_the_old_door_is_left(
    world: World,
) -> None:
    now_us, bob = microseconds(world.now), Visit(world.app, "bob")
    with world.database.begin() as connection:
        number = home_of(world).number
        cap = Allowance(0, number, False, 0, 600, 24.0, "account-bob", now_us, now_us + DAY_US, "x")
        registry.allow(connection, cap)
        walk_test_rows.begin(connection, number, "account-bob", now_us - 60_000_000)
    keys = have_key(world)
    assert keys > 0
    assert bob.post(f"{PAGE}/confirm", TYPED).status_code == 303
    home = home_of(world)
    assert (home.since_us, home.is_untested, home.sector) == (now_us, True, "ZZ9 8")
    assert (address_of(world), code_of(world), have_key(world)) == (NEW, "", 0)
    told = bob.get(f"/api/v1/homes/{HOME}/household").json()
    assert told["notes"] == "The bell is on the left."
    with world.database.connect() as connection:
        assert all(one.until_us <= now_us for one in registry.allowances(connection))
        test = walk_test_rows.newest(connection, home.number)
        assert test is not None
        assert not test.covers(now_us + 1)
        rows = connection.execute(select(former_addresses)).all()
        kept = connection.execute(select(households.c.sealed, households.c.key_safe)).all()
    assert "Oldgate" not in repr(rows)
    assert all(not row.key_safe for row in kept if row)
    (said,) = audited(world, "move-house")
    assert said == {"on": "2026-03-03", "keys": keys, "caps": 1, "was_tested": True,
                    "had_key_safe": True}  # fmt: skip
    done = unescape(bob.get(PAGE).text)
    assert "This home is not watched until a walk test has been passed there." in done
    assert OLD in done


def test_who_is_called_to_an_alert_of_before_is_sent_to_the_new_door(world: World) -> None:
    home = world.homes[A][0]
    smoke = world.raise_alert(AlertKind.SMOKE, home, "Smoke was noticed.", ago_min=3)
    fay = Visit(world.app, "fay")
    assert OLD not in fay.get(f"/alerts/{smoke}").text
    assert Visit(world.app, "bob").post(f"{PAGE}/confirm", TYPED).status_code == 303
    page = unescape(fay.get(f"/alerts/{smoke}").text)
    assert f"Go to: {NEW}, Exampleton, ZZ9 8AB" in page
    assert f"Moved on 3 March 2026 from {OLD}" in page
    assert "This alert was raised for the address of before." in page
    assert "Do not go to the old door." in page
    for address in ("/alerts", "/mine"):
        assert "The person has moved house since: go to the address of now" in unescape(
            fay.get(address).text
        ), address
    assert OLD not in fay.get(f"/homes/{HOME}").text
    world.now += np.timedelta64(20, "m")
    later = world.raise_alert(AlertKind.FALL, home, "A fall was noticed.", ago_min=1)
    page = unescape(fay.get(f"/alerts/{later}").text)
    assert f"Go to: {NEW}" in page
    assert "raised for the address of before" not in page
    world.now += np.timedelta64(40, "D")
    assert OLD not in Visit(world.app, "fay").get(f"/alerts/{later}").text
    assert OLD in Visit(world.app, "fay").get(f"/alerts/{smoke}").text, "it still stands"
    # Whoever may not see the home's people sees no address of theirs.
    assert Visit(world.app, "charlie").get(f"/alerts/{smoke}").status_code == 404


def test_the_home_says_that_it_is_not_watched_until_its_walk_test_is_passed(world: World) -> None:
    bob = Visit(world.app, "bob")
    bob.post(f"{PAGE}/confirm", TYPED)
    page = unescape(bob.get(f"/homes/{HOME}").text)
    assert "Moved house on 3 March 2026: this home is not watched until a walk test" in page
    assert "Smoke, falls and calls for help are raised all the same." in page
    assert "Moved house on 3 March 2026: what is below the line" in page
    assert "No earlier day with movement or use is known" in page, "what is usual begins anew"
    world.now += np.timedelta64(2, "h")
    test = f"/homes/{HOME}/walk-test"
    bob.post(test)
    assert "until a walk test is ended in which each sensor" in bob.get(
        f"/homes/{HOME}/installation"
    ).text  # fmt: skip
    speak(world, "hall")
    bob.post(f"{test}/end")
    assert home_of(world).is_untested, "one sensor is not all of them"
    world.now += np.timedelta64(10, "m")
    bob.post(test)
    speak(world)
    bob.post(f"{test}/end")
    assert not home_of(world).is_untested
    assert audited(world, "move-tested") == [{}]
    assert "Moved here on 3 March 2026." in bob.get(f"/homes/{HOME}").text


def speak(world: World, room: str = "") -> None:
    """Let each sensor of the home speak, or those of a room."""
    world.now += np.timedelta64(7, "s")
    number, at = world.homes[A][0].number, microseconds(world.now)
    own = [s.number for s in roster.sensors_of(world.resources.table(), number)
           if room in ("", s.room)]  # fmt: skip
    said = build(own, [at] * len(own), [1.0] * len(own), [at] * len(own))
    world.store.batches[number] = concat([world.store.batches[number], said])


@pytest.mark.parametrize(
    ("typed", "says"),
    [
        ({"same_place": ""}, "Select whether the same council looks after"),
        ({"same_place": "no"}, "A home stays with its council: end the enrolment here"),
        ({"moved_on-y": "2027"}, "is still to come: enter the move on that day"),
        ({"moved_on-y": "2020"}, "since when the home is at its address"),
        ({"moved_on-m": "x"}, "a day such as"),
        ({"postcode": "ZZ9"}, "a whole postcode"),
        ({"address_1": ""}, "1 to 100 characters"),
        ({"address_1": OLD.upper(), "postcode": "ZZ1 2AB"}, "is the address that is kept already"),
        ({"label": f"At {NEW}"}, "has the address in it"),
        ({"why": ""}, "3 to 200 characters"),
    ],
)
def test_a_wrong_answer_is_told_beside_its_field_and_nothing_is_saved(
    world: World, typed: dict[str, str], says: str
) -> None:
    bob = Visit(world.app, "bob")
    for address in (PAGE, f"{PAGE}/confirm"):
        told = bob.post(address, {**TYPED, **typed})
        assert told.status_code == 422, address
        assert says in unescape(told.text)
    assert (address_of(world), home_of(world).since_us, code_of(world)) == (OLD, 0, CODE)


def test_a_move_by_mistake_is_taken_back_within_a_day(world: World) -> None:
    bob, keys = Visit(world.app, "bob"), have_key(world)
    assert bob.send(REST, {**BODY, "key_safe": "5555"}).status_code == 200
    assert code_of(world) == "5555"
    world.now += np.timedelta64(23, "h")
    bob = Visit(world.app, "bob")
    assert bob.post(f"{PAGE}/take-back").status_code == 303
    home = home_of(world)
    assert (home.since_us, home.is_untested, home.sector) == (0, False, "ZZ1 2")
    assert (address_of(world), have_key(world), code_of(world)) == (OLD, keys, "")
    told = bob.get(f"/api/v1/homes/{HOME}/household").json()
    assert told["notes"] == "Side door."
    assert bob.get(REST).json()["former"] == []
    again = bob.post(f"{PAGE}/take-back")
    assert again.status_code == 422
    assert "This home has not moved; nothing is to be taken back" in again.text


def test_after_a_day_it_is_a_move_back_and_addresses_are_kept_in_order(world: World) -> None:
    bob = Visit(world.app, "bob")
    assert bob.send(REST, BODY).json()["may_take_back"]
    world.now += np.timedelta64(25, "h")
    bob = Visit(world.app, "bob")
    assert bob.send(f"{REST}/take-back").status_code == 422
    back = {**BODY, "address_1": OLD, "postcode": "ZZ1 2AB", "moved_on": "2026-03-04"}
    told = bob.send(REST, back).json()
    assert [(one["lines"], one["from_on"], one["until_on"]) for one in told["former"]] == [
        ([NEW], "2026-03-03", "2026-03-04"),
        ([OLD], str(date(2026, 3, 2)), "2026-03-03"),
    ]
    assert told["awaits_walk_test"]


def test_rest_lists_every_mistake_and_knows_only_its_own_homes(world: World) -> None:
    bob, dora = Visit(world.app, "bob"), Visit(world.app, "dora")
    wrong = bob.send(REST, {**BODY, "postcode": "x", "why": ""})
    assert wrong.status_code == 422
    assert {one["field"] for one in wrong.json()["errors"]} == {"postcode", "why"}
    assert bob.send(REST, {**BODY, "place": B}).status_code == 422
    assert bob.send(f"/api/v1/homes/{B}-home-1/moves", BODY).status_code == 404
    assert bob.get(f"/homes/{B}-home-1/move").status_code == 404
    assert dora.send(REST, BODY).status_code == 200
    assert Visit(world.app, "fay").send(REST, BODY).status_code == 403


def test_a_home_of_which_nobody_is_entered_says_to_enter_it_instead(world: World) -> None:
    bob = Visit(world.app, "bob")
    other = f"/homes/{A}-home-2/move"
    assert "nobody has entered who lives there and where" in bob.get(other).text
    assert bob.post(other, TYPED).status_code == 422


def test_the_command_tells_first_then_moves_and_takes_back(world: World) -> None:
    text = "\n".join(f'{name} = "{value}"' for name, value in BODY.items())
    by = ("--home", HOME, "--by", "bob@example.org")
    move = str(world.folder / "move.toml")
    tried = run(world, "move", move, *by, "--dry-run", file=text)
    assert tried.exit_code == 0, tried.output
    assert "nothing was changed (--dry-run)" in tried.output
    assert address_of(world) == OLD
    done = run(world, "move", move, *by)
    assert done.exit_code == 0, done.output
    assert "has moved" in done.output
    assert address_of(world) == NEW
    again = run(world, "move", move, *by)
    assert again.exit_code != 0
    assert "is the address that is kept already" in again.output
    back = run(world, "take-back-move", *by)
    assert back.exit_code == 0, back.output
    assert address_of(world) == OLD
    unknown = run(world, "move", move, *by, file=text + '\nplace = "B"')
    assert "'place' is not a known field" in unknown.output
