"""The rota on a page: changed with a reason and its gaps in sight, and never lost between two."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from httpx2 import Response
from sqlalchemy import select

from alerts import tables as alert_tables
from alerts.alert import AlertKind
from alerts.escalate import climb
from config import declarations, recipients, rota_edits, rotas, tables
from config.places import Fallback, Place, Responsible
from config.recipients import Recipient
from config.roles import Role
from tests.api.life import A, B
from tests.api.test_place_page import hidden
from tests.api.visits import Visit
from tests.api.world import World, account, make_world

AT = f"/places/{A}/rota"
DAY = {"team": "day", "days": list(rotas.DAYS), "from": "08:00", "to": "20:00"}
NIGHT = {**DAY, "from": "20:00", "to": "08:00"}
ROTA: dict[str, Any] = {
    "team": [
        {"key": "day", "name": "Day", "members": ["alice@example.org", "bob@example.org"]},
        {"key": "spare", "name": "Spare", "members": ["bob@example.org"]},
    ],
    "shift": [
        {**DAY, "people": ["alice@example.org"]},
        {**NIGHT, "people": ["bob@example.org"]},
    ],
}
FORM = {
    "line": "first", "from": "20:00", "to": "08:00", "weeks": "1", "people-0": "alice@example.org",
    "since-d": "3", "since-m": "3", "since-y": "2026",
}  # fmt: skip


@pytest.fixture
def world(tmp_path: Path) -> World:
    """Fenbridge on Tuesday 3 March 2026 at 14:10, with officers Olga and Piet."""
    made = make_world(tmp_path)
    account(made.database, "Olga", (A, Role.OFFICER))
    account(made.database, "Piet", (A, Role.OFFICER))
    with made.database.begin() as connection:
        rotas.save(connection, A, rotas.read_plan(ROTA, "test"), "account-bob", 0)
    return made


@pytest.fixture
def olga(world: World) -> Visit:
    return Visit(world.app, "olga")


def rota_of(world: World) -> rotas.Rota:
    with world.database.connect() as connection:
        found = rotas.find(connection, A)
    assert found is not None
    return found


def mark(world: World, number: int) -> str:
    return rota_edits.mark(rota_of(world).shift[number])


def send(visit: Visit, path: str, form: dict[str, Any]) -> Response:
    """Type into a form as it stands, and check it."""
    read = hidden(visit.get(path.partition("?")[0]))["read"]
    return visit.client.post(
        path, data={**form, "read": read, "then": "check"}, headers={"Origin": "http://testserver"}
    )


def save(visit: Visit, path: str, checked: Response, **more: str) -> Response:
    """Save what was checked; several boxes of one name are sent as they were."""
    found: dict[str, list[str]] = {}
    for name, value in re.findall(r'type="hidden" name="([^"]+)" value="([^"]*)"', checked.text):
        found.setdefault(name, []).append(value)
    found.pop("next", None)
    return visit.client.post(
        path,
        data={**found, "then": "save", "why": "Agreed today", **more},
        headers={"Origin": "http://testserver"},
    )


def tick(checked: Response) -> str:
    found = re.search(r'name="gaps" type="checkbox" value="(\w+)"', checked.text)
    assert found is not None, checked.text[-3000:]
    return found.group(1)


def test_the_week_is_a_picture_and_a_table_and_says_where_nobody_is(
    world: World, olga: Visit
) -> None:
    page = olga.get(AT).text
    assert "Week of 2 March 2026" in page
    assert '<svg class="strip-picture"' in page
    assert page.count("Somebody else, or swap") == 15, "seven days, eight nights"
    assert "Nobody is on call at times" not in page
    with world.database.begin() as connection:
        plan = rotas.read_plan({**ROTA, "shift": ROTA["shift"][:1]}, "test")
        rotas.save(connection, A, plan, "account-bob", 1)
    page = olga.get(AT).text
    assert "Day: nobody is on call from Tuesday 3 March 2026, 20:00 until Wednesday 4" in page
    assert page.count('govuk-tag--red">Nobody') == 8
    assert 'class="rota-gap"' in page
    assert "This team has no shift yet" in olga.get(f"{AT}?team=spare").text
    clocks = olga.get(f"{AT}?week=2026-03-29").text
    assert "The clocks change on Sunday 29 March 2026: it has 23 hours" in clocks
    assert "Friday 3 April 2026 is a bank holiday" in olga.get(f"{AT}?week=2026-04-03").text


def test_only_officers_and_supervisors_of_the_place_change_it(world: World, olga: Visit) -> None:
    assert olga.get(AT).status_code == 200
    assert Visit(world.app, "bob").get(AT).status_code == 200
    assert Visit(world.app, "alice").get(AT).status_code == 403
    assert Visit(world.app, "charlie").get(AT).status_code == 404
    assert olga.get(f"/places/{B}/rota").status_code == 404


def test_a_shift_is_changed_from_today_with_a_reason(world: World, olga: Visit) -> None:
    path = f"{AT}/shift/{mark(world, 1)}"
    checked = send(olga, path, {**FORM, "days": list(rotas.DAYS)})
    assert checked.status_code == 200, checked.text[:3000]
    assert "until 2 March 2026" in checked.text
    assert "from 3 March 2026 on" in checked.text
    assert "Is it meant?" not in checked.text
    done = save(olga, path, checked)
    assert done.headers["location"] == f"{AT}?team=day&week=2026-03-03&saved=yes"
    assert "The rota is in force" in olga.get(done.headers["location"]).text
    made = rota_of(world)
    assert [(str(one.since), str(one.until)) for one in made.shift if one.start == "20:00"] == [
        ("None", "2026-03-02"), ("2026-03-03", "None")
    ]  # fmt: skip
    a = tables.audit.c
    with world.database.connect() as connection:
        query = (
            select(a.actor, a.detail)
            .where(a.what == "setting", a.subject == "rota")
            .order_by(a.seq.desc())
        )
        actor, detail = connection.execute(query).first() or ("", "{}")
        assert declarations.history(connection, A, "rota")[0].why == "Agreed today"
    noted = json.loads(detail)
    assert actor == "account-olga"
    assert [one["people"] for one in noted["after"] if "since" in one] == [["account-alice"]]
    assert "@" not in detail


def test_somebody_is_ill_today_and_the_next_step_calls_who_stands_in(
    world: World, olga: Visit
) -> None:
    with world.database.begin() as connection:
        for name in ("alice", "bob"):
            told = Recipient(email=f"{name}@example.org", phone="07700900001")
            recipients.save(connection, f"account-{name}", told)
    ladder = {
        "rung": [{"who": ["on-call:day"], "channel": ["sms"], "wait_min": 5}],
        "fallback": {"who": ["role:supervisor"], "channel": ["email"], "wait_min": 30},
    }
    assert Visit(world.app, "bob").send(f"/api/v1/places/{A}/ladders/P2", ladder).is_success

    def called() -> list[str]:
        alert = world.raise_alert(
            AlertKind.NO_SIGN_OF_LIFE, world.homes[A][0], "x", ago_min=world_minutes.pop()
        )
        for _ in range(40):
            if not climb(world.database, world.resources.places, world.now):
                break
        o = alert_tables.outbox.c
        query = select(o.recipient).where(o.alert == alert, o.channel == "sms")
        with world.database.connect() as connection:
            return list(connection.execute(query).scalars())

    world_minutes = [2.0, 3.0]
    assert called() == ["account-alice"]
    path = f"{AT}/turn/day.first.2026-03-03.0800"
    checked = send(olga, path, {"way": "cover", "person": "bob@example.org"})
    assert "Bob Example" in checked.text
    assert save(olga, path, checked, why="Ill").status_code == 303
    assert called() == ["account-bob"]
    page = olga.get(AT).text
    assert "instead of Alice Example" in page


def test_two_people_swap(world: World, olga: Visit) -> None:
    path = f"{AT}/turn/day.first.2026-03-04.0800"
    form = {"way": "swap", "person": "", "other": "day.first.2026-03-06.2000"}
    checked = send(olga, path, form)
    assert save(olga, path, checked).status_code == 303, checked.text[:3000]
    assert [(str(one.day), one.start, one.person) for one in rota_of(world).cover] == [
        ("2026-03-04", "08:00", "bob@example.org"),
        ("2026-03-06", "20:00", "alice@example.org"),
    ]


def test_a_gap_is_saved_only_when_it_is_said_to_be_meant(world: World, olga: Visit) -> None:
    path = f"{AT}/shift/{mark(world, 1)}/end"
    checked = send(olga, path, {"last-d": "4", "last-m": "3", "last-y": "2026"})
    assert "nobody is on call from Thursday 5 March 2026, 20:00 until Friday 6" in checked.text
    assert "P1 has no ladder" in checked.text
    refused = save(olga, path, checked)
    assert refused.status_code == 422
    assert 'href="#gaps"' in refused.text
    assert len([one for one in rota_of(world).shift if one.until]) == 0
    other = save(olga, path, checked, gaps="0" * 16)
    assert other.status_code == 422, "a tick for other gaps is none"
    assert save(olga, path, checked, gaps=tick(checked)).status_code == 303
    assert [str(one.until) for one in rota_of(world).shift if one.until] == ["2026-03-04"]


def live(place: Place) -> Place:
    made = {
        "manufacturer": Responsible(name="Maker Invented", email="maker@example.org"),
        "safety_officer": Responsible(name="Safety Invented", email="safety@example.org"),
        "fallback": Fallback(name="Centre", phone="01632 960 011", is_staffed_24h=True),
    }
    return place.model_copy(update=made)


def test_a_gap_that_leaves_a_p1_of_a_live_place_to_nobody_is_refused(
    world: World, olga: Visit
) -> None:
    ladder = {
        "rung": [{"who": ["on-call:day"], "channel": ["sms"], "wait_min": 5}],
        "fallback": {"who": ["role:engineer"], "channel": ["sms"], "wait_min": 30},
    }
    assert Visit(world.app, "bob").send(f"/api/v1/places/{A}/ladders/P1", ladder).is_success
    places = dict(world.resources.places)
    world.resources.places.update({A: live(places[A])})  # type: ignore[attr-defined]  # a dict
    path = f"{AT}/shift/{mark(world, 1)}/end"
    last = {"last-d": "4", "last-m": "3", "last-y": "2026"}
    refused = send(olga, path, last)
    assert refused.status_code == 422
    assert "the last step of the P1 ladder reaches nobody" in refused.text
    with world.database.begin() as connection:
        recipients.save(connection, "account-bob", Recipient(phone="07700900001"))
    allowed = send(olga, path, last)
    assert "Is it meant?" in allowed.text
    assert "P1 goes on to its next step at once, in the end to" in allowed.text


def test_an_overlap_is_said_with_who_and_when_and_what_was_typed_stays(
    world: World, olga: Visit
) -> None:
    path = f"{AT}/shift/new?team=day"
    form = {**FORM, "days": ["sat"], "from": "12:00", "to": "14:00", "people-0": "bob@example.org"}
    refused = send(olga, path, form)
    assert refused.status_code == 422
    assert "Alice Example and Bob Example would both be on call from Saturday 7 March" in (
        refused.text
    )
    assert 'value="12:00"' in refused.text
    second = send(olga, path, {**form, "line": "second"})
    assert save(olga, path, second).status_code == 303
    assert "Second on call" in olga.get(AT).text


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"days": []}, "days"),
        ({"days": ["someday"]}, "days"),
        ({"from": "25:00"}, "from"),
        ({"to": "late"}, "to"),
        ({"people-0": ""}, "people-0"),
        ({"people-0": "charlie@example.org"}, "people-0"),
        ({"line": "fourth"}, "line"),
        ({"since-d": "31", "since-m": "2"}, "since-d"),
        ({"since-d": "2"}, "since-d"),
        ({"until-d": "1", "until-m": "3", "until-y": "2026"}, "until-d"),
    ],
)
def test_a_shift_that_is_none_is_refused_at_its_field(
    world: World, olga: Visit, change: dict[str, Any], field: str
) -> None:
    path = f"{AT}/shift/{mark(world, 1)}"
    refused = send(olga, path, {**FORM, "days": list(rotas.DAYS), **change})
    assert refused.status_code == 422
    assert f'href="#{field}"' in refused.text
    assert re.search(rf'id="{field}"', refused.text)
    assert rota_of(world) == rotas.read_plan(ROTA, "test")


def test_of_two_officers_both_changes_hold_and_the_second_sees_the_first(
    world: World, olga: Visit
) -> None:
    piet = Visit(world.app, "piet")
    night, day = (f"{AT}/shift/{mark(world, number)}" for number in (1, 0))
    mine = send(olga, night, {**FORM, "days": list(rotas.DAYS)})
    hours = {"from": "08:00", "to": "20:00", "people-0": "bob@example.org"}
    his = send(piet, day, {**FORM, **hours, "days": list(rotas.DAYS)})
    assert save(olga, night, mine, why="Nights for Alice").status_code == 303
    second = save(piet, day, his)
    assert second.status_code == 412
    assert "Saved by Olga Example" in second.text
    assert "Nights for Alice" in second.text
    assert save(piet, day, second).status_code == 303
    new = [(one.start, one.people) for one in rota_of(world).shift if one.since]
    assert sorted(new) == [("08:00", ["bob@example.org"]), ("20:00", ["alice@example.org"])]


def test_who_changes_a_shift_that_another_changed_is_told_and_nothing_is_lost(
    world: World, olga: Visit
) -> None:
    piet, path = Visit(world.app, "piet"), f"{AT}/shift/{mark(world, 1)}"
    mine = send(olga, path, {**FORM, "days": list(rotas.DAYS)})
    his = send(piet, path, {**FORM, "days": ["mon"]})
    assert save(olga, path, mine).status_code == 303
    late = save(piet, path, his)
    assert late.status_code == 412
    assert "That shift is not in the rota any more" in late.text
    assert "Saved by Olga Example" in late.text
    assert [one.people for one in rota_of(world).shift if one.since] == [["alice@example.org"]]


def test_a_shift_is_copied_and_people_take_turns(world: World, olga: Visit) -> None:
    copy = olga.get(f"{AT}/shift/{mark(world, 1)}/copy")
    assert 'value="20:00"' in copy.text
    assert f'action="{AT}/shift/new?team=day"' in copy.text
    more = olga.post(f"{AT}/shift/new?team=day", {**FORM, "then": "add"})
    assert more.text.count("and every 2 weeks") == 2
    turns = {**FORM, "weeks": "2", "people-1": "bob@example.org", "line": "second"}
    checked = send(olga, f"{AT}/shift/new?team=day", {**turns, "days": ["mon"]})
    assert "By turns, week by week: Alice Example, Bob Example" in checked.text


def test_a_shift_that_is_over_or_never_was_is_no_error(world: World, olga: Visit) -> None:
    for path in (
        "turn/day.first.2026-03-02.0800", "turn/x", "turn/day.first.2026-99-02.0800",
        "shift/000000000000", "shift/000000000000/end", "shift/000000000000/copy",
    ):  # fmt: skip
        assert olga.get(f"{AT}/{path}").status_code == 412, path


def test_a_place_without_a_rota_says_what_comes_first(tmp_path: Path) -> None:
    world = make_world(tmp_path)
    page = Visit(world.app, "bob").get(AT)
    assert "first say who is in a team" in page.text
    assert Visit(world.app, "bob").get(f"{AT}/shift/new").status_code == 412
