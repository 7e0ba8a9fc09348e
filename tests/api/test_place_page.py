"""The page of a place: what holds is seen, changed with a reason, and never lost between two."""

import re
from pathlib import Path

import pytest
from httpx2 import Response
from sqlalchemy import select

from alerts import calibrations
from alerts.action import Calibrated
from alerts.alert import Priority
from alerts.budget import Calibration
from alerts.texts import TEXTS, text, walk_test_text
from config import alert_budgets, declarations, ladder_rows, message_texts, tables
from config.places import load_places
from config.roles import Role
from tests.api.life import A, B
from tests.api.test_telling import ROTA
from tests.api.visits import Visit
from tests.api.world import World, account, make_world

AT = f"/places/{A}"
LADDER = {
    "steps": "1", "loops": "1", "who-0": "role:operator", "channel-0": "email", "wait-0": "5",
    "who-f": "role:supervisor", "channel-f": "sms", "wait-f": "10",
}  # fmt: skip


@pytest.fixture
def world(tmp_path: Path) -> World:
    made = make_world(tmp_path)
    account(made.database, "Olga", (A, Role.OFFICER))
    account(made.database, "Piet", (A, Role.OFFICER))
    return made


@pytest.fixture
def olga(world: World) -> Visit:
    return Visit(world.app, "olga")


def hidden(page: Response) -> dict[str, str]:
    """Return what the form of a page sends by itself."""
    found = re.findall(r'type="hidden" name="([^"]+)" value="([^"]*)"', page.text)
    return {name: value for name, value in found if name != "next"}


def save(visit: Visit, path: str, form: dict[str, str], why: str = "Agreed today") -> Response:
    """Open the form, type, check and save."""
    read = hidden(visit.get(path))["read"]
    checked = visit.post(path, {**form, "read": read, "then": "check"})
    assert "After saving" in checked.text, checked.text[:3000]
    return visit.post(path, {**hidden(checked), "then": "save", "why": why})


def ladder_of(world: World, priority: str = "P1") -> object:
    with world.database.connect() as connection:
        found = ladder_rows.find(connection, A, priority)
    return None if found is None else found.model_dump(exclude_none=True)


def test_an_officer_finds_everything_of_the_place_and_nobody_else_does(
    world: World, olga: Visit
) -> None:
    page = olga.get(AT).text
    ladders = ("Ladder of P1", "Ladder of T", "Rota", "Teams")
    others = ("Alert budget", "Texts of messages", "People and roles", "Audit search")
    for heading in (*ladders, *others, "Data requests"):
        assert heading in page, heading
    assert "ask Bob Example" in page  # holds information governance here, as Olga does not
    assert f'href="{AT}/rota"' in page
    assert f'href="/audit?place={A}"' not in page
    assert f'href="/audit?place={A}"' in Visit(world.app, "bob").get(AT).text
    assert f'href="{AT}"' in olga.get("/homes").text
    assert Visit(world.app, "alice").get(AT).status_code == 403
    assert Visit(world.app, "charlie").get(AT).status_code == 404
    assert olga.get(f"/places/{B}").status_code == 404


def test_a_ladder_is_changed_with_a_reason_and_is_in_force(world: World, olga: Visit) -> None:
    done = save(olga, f"{AT}/ladder/P1", LADDER)
    assert (done.status_code, done.headers["location"]) == (303, f"{AT}?saved=ladder-P1")
    assert ladder_of(world) == {
        "rung": [
            {"who": ["role:operator"], "channel": ["email"], "wait_min": 5, "everyone": False}
        ],
        "fallback": {
            "who": ["role:supervisor"], "channel": ["sms"], "wait_min": 10, "everyone": False
        },
        "loops": 1,
    }  # fmt: skip
    page = olga.get(done.headers["location"]).text
    assert "it is in force" in page
    assert "Saved by Olga Example on 3 March 2026" in page
    assert "Agreed today" in page
    with world.database.connect() as connection:
        a = tables.audit.c
        query = select(a.actor).where(a.place == A, a.what == "setting", a.subject == "ladder-P1")
        assert list(connection.execute(query).scalars()) == ["account-olga"]


@pytest.mark.parametrize(
    ("change", "field", "says"),
    [
        ({"who-f": ""}, "who-f", "choose who is told"),
        ({"who-f": "role:nobody"}, "who-f", "from the list"),
        ({"channel-0": "pigeon"}, "channel-0", "how they are told"),
        ({"wait-0": "soon"}, "wait-0", "from 0 to 1440"),
        ({"wait-0": "31"}, "wait-0", "comes to the fallback after 31 min, expected 30 or less"),
        ({"wait-f": "45"}, "wait-f", "expected 30 or less for a P1"),
        ({"wait-f": "1"}, "wait-f", "expected 5 or more"),
        ({"loops": "0"}, "loops", "from 1 to 20"),
        ({"who-f": "on-call:day"}, "who-f", "only who is on call"),
    ],
)
def test_a_ladder_that_could_leave_somebody_on_the_floor_is_refused(
    world: World, olga: Visit, change: dict[str, str], field: str, says: str
) -> None:
    Visit(world.app, "bob").send(f"/api/v1/places/{A}/rota", ROTA)
    refused = olga.post(f"{AT}/ladder/P1", {**LADDER, **change, "then": "save", "why": "x"})
    assert refused.status_code == 422
    assert f'href="#{field}"' in refused.text
    assert says in refused.text
    assert ladder_of(world) is None


def test_a_place_file_is_held_to_the_same_rule(tmp_path: Path) -> None:
    source = Path(alert_budgets.__file__).parent / "places" / "northmoor.toml"
    late = '[ladder.P1.fallback]\nwho = ["role:operator"]\nchannel = ["email"]\nwait_min = 45\n'
    (tmp_path / "northmoor.toml").write_text(source.read_text("utf-8") + late, "utf-8")
    with pytest.raises(Exception, match=r"fallback\.wait_min is 45, expected 30 or less for a P1"):
        load_places(tmp_path)


def test_steps_are_added_and_left_out(world: World, olga: Visit) -> None:
    path = f"{AT}/ladder/P2"
    more = olga.post(path, {**LADDER, "then": "add"})
    assert "Step 2" in more.text
    two = {"who-1": "place", "channel-1": "webhook", "wait-1": "2", "steps": "2"}
    assert save(olga, path, {**LADDER, **two}).status_code == 303
    assert "The place itself, by its webhook" in olga.get(AT).text
    assert save(olga, path, {**LADDER, **two, "drop-0": "yes"}).status_code == 303
    held = ladder_of(world, "P2")
    assert isinstance(held, dict)
    assert [one["who"] for one in held["rung"]] == [["place"]]


def test_of_two_officers_the_second_is_told_and_nothing_is_lost(world: World, olga: Visit) -> None:
    piet, path = Visit(world.app, "piet"), f"{AT}/budget"
    read = {visit: hidden(visit.get(path))["read"] for visit in (olga, piet)}
    mine = {"budget": "7.5", "read": read[olga], "then": "save", "why": "Fewer staff"}
    assert olga.post(path, mine).status_code == 303
    second = piet.post(path, {"budget": "11", "read": read[piet], "then": "save", "why": "More"})
    assert second.status_code == 412
    assert "Saved by Olga Example" in second.text
    assert "Fewer staff" in second.text
    assert "7.5 alerts of P2 and P3" in second.text  # what holds now, beside Piet's
    assert "11 alerts of P2 and P3" in second.text
    with world.database.connect() as connection:
        assert alert_budgets.in_force(connection, load_places())[A].alert_budget == 7.5
    again = piet.post(path, {**hidden(second), "then": "save", "why": "Both agree"})
    assert again.status_code == 303
    with world.database.connect() as connection:
        past = declarations.history(connection, A, alert_budgets.SUBJECT)
    assert [(one.content["alert_budget"], one.why) for one in past] == [
        (11.0, "Both agree"),
        (7.5, "Fewer staff"),
    ]


def test_the_second_is_told_even_when_both_save_at_once(world: World) -> None:
    with world.database.begin() as connection:
        alert_budgets.save(connection, A, 7.0, "account-olga", 1, read=0)
    with pytest.raises(declarations.Stale) as told, world.database.begin() as connection:
        alert_budgets.save(connection, A, 8.0, "account-piet", 2, read=0)
    assert told.value.now.account == "account-olga"
    with world.database.connect() as connection:
        assert len(declarations.history(connection, A, alert_budgets.SUBJECT)) == 1


def test_the_budget_stands_beside_the_rate_to_expect_and_its_interval(
    world: World, olga: Visit
) -> None:
    assert "no day has been counted yet" in olga.get(f"{AT}/budget").text
    few = Calibration(2.1, 9.2, 6.9, 12.3, 4.0, 20, 300, 56, is_at_edge=False)
    with world.database.begin() as connection:
        calibrations.write(connection, Calibrated(A, 1, 9.0, few, is_applied=False))
    for path in (f"{AT}/budget", AT):
        page = olga.get(path).text
        assert "20 homes are too few to keep a budget: about 9.2 alerts" in page
        assert "(6.9 to 12.3)" in page
    save(olga, f"{AT}/budget", {"budget": "4"})
    page = olga.get(f"{AT}/budget").text
    assert "The place file says" in page
    assert "4 of P2 and P3" in Visit(world.app, "bob").get(f"/measures?place={A}").text


@pytest.mark.parametrize("typed", ["", "0", "101", "-3", "nine", "1e1", "٣"])
def test_a_budget_that_is_none_is_refused(olga: Visit, typed: str) -> None:
    refused = olga.post(f"{AT}/budget", {"budget": typed, "then": "save", "why": "x"})
    assert (refused.status_code, 'href="#budget"' in refused.text) == (422, True)


def test_texts_are_previewed_checked_and_sent(world: World, olga: Visit) -> None:
    path = f"{AT}/texts"
    first = olga.get(path).text
    assert "P1 alert in your area. Open Stillwell to see it. Ref 3F9A." in first
    assert "PRAWF, peidiwch a mynd. Rhybudd P1" in first
    own = {**TEXTS, "alert_en": "Telecare: {priority}, reference {reference}"}
    seen = olga.post(path, {**own, "then": "preview"})
    assert "Telecare: P1, reference 3F9A" in seen.text
    assert save(olga, path, own).status_code == 303
    with world.database.connect() as connection:
        found = message_texts.find(connection, A)
        assert message_texts.find(connection, B) is None
    assert text(Priority.P2, "ab12" * 8, "en", found) == "Telecare: P2, reference AB12"
    assert walk_test_text(Priority.P2, "ab12" * 8, "en", found).startswith("TEST, do not go. Tel")
    assert text(Priority.T, "ab12" * 8, "cy", found).startswith("Nam ar y system")


@pytest.mark.parametrize(
    ("typed", "says"),
    [
        ("", "is empty"),
        ("Alert {priority}", "does not have {reference}"),
        ("Alert {priority} {reference} at {home}", "has {home}, expected only"),
        ("Alert {priority} {reference} {", "a brace that belongs to nothing"),
        ("Alert {priority}\n{reference}", "has a line break"),
        ("Alert {priority} {reference} " + "x" * 140, "characters with"),
        ("Rhybudd ŵ {priority} {reference} " + "x" * 50, "expected at most 70"),
    ],
)
def test_a_text_that_would_not_serve_is_refused(
    world: World, olga: Visit, typed: str, says: str
) -> None:
    form = {**TEXTS, "alert_cy": typed, "then": "save", "why": "x"}
    refused = olga.post(f"{AT}/texts", form)
    assert (refused.status_code, says in refused.text) == (422, True), refused.text[:4000]
    assert 'href="#alert_cy"' in refused.text
    with world.database.connect() as connection:
        assert message_texts.find(connection, A) is None


def test_a_team_is_added_changed_and_removed_but_not_from_under_a_ladder(
    world: World, olga: Visit
) -> None:
    new = {"name": "Night team", "members": "olga@example.org", "covered": "no"}
    assert save(olga, f"{AT}/teams/new", new).status_code == 303
    assert "Night team" in olga.get(f"{AT}/teams").text
    at = f"{AT}/teams/night-team"
    assert save(olga, at, {**new, "members": "bob@example.org"}).status_code == 303
    ladder = {**LADDER, "who-f": "team:night-team"}
    assert save(olga, f"{AT}/ladder/P3", ladder).status_code == 303
    refused = olga.post(at, {"remove": "yes", "then": "check"})
    assert (refused.status_code, "needs one team at least" in refused.text) == (422, True)
    save(olga, f"{AT}/teams/new", {**new, "name": "Day team"})
    refused = olga.post(at, {"remove": "yes", "then": "check"})
    assert "which the ladder of P3 tells" in refused.text
    assert save(olga, f"{AT}/ladder/P3", LADDER).status_code == 303
    assert save(olga, at, {"remove": "yes"}).status_code == 303
    assert "Night team" not in olga.get(f"{AT}/teams").text
    assert olga.get(at).status_code == 404


def test_nothing_is_saved_without_a_reason_or_without_a_change(world: World, olga: Visit) -> None:
    path = f"{AT}/budget"
    for why in ("", "x" * 501, "a\x07b"):
        refused = olga.post(path, {"budget": "5", "then": "save", "why": why})
        assert (refused.status_code, 'href="#why"' in refused.text) == (422, True), why
    same = olga.post(path, {"budget": hidden_budget(olga), "then": "check"})
    assert "nothing to save" in same.text
    with world.database.connect() as connection:
        assert declarations.changes(connection, A) == []


def hidden_budget(visit: Visit) -> str:
    found = re.search(r'id="budget"[^>]*value="([^"]*)"', visit.get(f"{AT}/budget").text)
    assert found is not None
    return found[1]
