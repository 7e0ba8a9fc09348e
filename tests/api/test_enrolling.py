"""Enrolling a home page by page: what is typed is kept, mistakes are told, the end is one step."""

import re
from pathlib import Path

import pytest
from sqlalchemy import func, select

from api.web.enrol_steps import BY_KEY, FIELD_OF, KEYS
from config import tables
from config.household_form import COLUMNS
from config.household_tables import drafts
from config.roles import Role
from tests.api.life import A, B
from tests.api.visits import Visit
from tests.api.world import World, account, make_world

ANSWERS: dict[str, dict[str, str]] = {
    "person": {
        "name": "Mx Teasel Invented", "born-d": "28", "born-m": "2", "born-y": "1941",
        "nhs_number": "999 000 0018", "language": "cy",
    },
    "second": {},
    "address": {"address_1": "1 Nowhere Lane", "town": "Fenbridge", "postcode": "zz1 2ab"},
    "facts": {"residents": "1", "pets": "no", "goes_out": "alone", "risk_tier": "1"},
    "door": {"notes": "Ring twice.", "key_safe": "1234"},
    "contacts": {"phone": "01632 960 001", "contact_1_name": "A Relative",
                 "contact_1_relation": "sibling", "contact_1_phone": "01632 960 002"},
    "kit": {"kit": "lean"},
    "consent": {
        "basis": "consent", "decided_by": "person", "decided_on-d": "1", "decided_on-m": "3",
        "decided_on-y": "2026", "review_on-d": "1", "review_on-m": "9", "review_on-y": "2026",
    },
}  # fmt: skip


@pytest.fixture
def world(tmp_path: Path) -> World:
    return make_world(tmp_path)


def begin(visit: Visit, place: str = A) -> str:
    answer = visit.post(f"/places/{place}/drafts")
    assert answer.status_code == 303, answer.text
    return answer.headers["location"].split("/")[2]


def answer_all(visit: Visit, draft: str, **changed: dict[str, str]) -> None:
    for key in KEYS:
        answer = visit.post(f"/enrol/{draft}/{key}", {**ANSWERS[key], **changed.get(key, {})})
        assert answer.status_code == 303, (key, answer.text)


def count(world: World, table: object = tables.homes) -> int:
    with world.database.connect() as connection:
        query = select(func.count()).select_from(table)  # type: ignore[arg-type]  # a table
        return int(connection.execute(query).scalar_one())


def test_the_pages_ask_for_every_field_of_an_enrolment_once() -> None:
    asked = [field.name for key in KEYS for field in BY_KEY[key].fields]
    assert sorted(asked) == sorted(COLUMNS)
    assert set(FIELD_OF) == set(COLUMNS)


def test_a_home_is_enrolled_page_by_page_and_its_installation_comes_next(world: World) -> None:
    bob, before = Visit(world.app, "bob"), count(world)
    draft = begin(bob)
    answer_all(bob, draft)
    told = bob.get(f"/enrol/{draft}/check").text
    for words in ("Mx Teasel Invented", "28 February 1941", "Yes, alone", "Lean: movement"):
        assert words in told
    assert "1234" not in told
    done = bob.post(f"/enrol/{draft}/check")
    assert done.status_code == 303, done.text
    home = done.headers["location"].split("/")[2]
    assert done.headers["location"].endswith("/installation")
    assert "Recorded: this home may be watched" in bob.get(done.headers["location"]).text
    page = bob.get(f"/homes/{home}").text
    for words in ("Mx Teasel Invented", "85 years", "Welsh", "1 Nowhere Lane", "999 000 0018"):
        assert words in page
    assert "1234" not in page
    assert "1234" in bob.post(f"/homes/{home}/key-safe").text
    assert (count(world), count(world, drafts)) == (before + 1, 0)
    assert bob.post(f"/enrol/{draft}/check").status_code == 404  # a second tap enrols no second


def test_what_is_wrong_is_told_beside_its_field_and_nothing_that_was_typed_is_lost(
    world: World,
) -> None:
    bob = Visit(world.app, "bob")
    draft = begin(bob)
    typed = {**ANSWERS["person"], "born-y": "2041", "nhs_number": "999 000 0019"}
    answer = bob.post(f"/enrol/{draft}/person", typed)
    assert answer.status_code == 422
    for href in ("#born-d", "#nhs_number"):
        assert f'href="{href}"' in answer.text
        assert f'id="{href[1:]}"' in answer.text
    assert "Date of birth is" in answer.text
    assert "check digit" in answer.text
    for page in (answer.text, bob.get(f"/enrol/{draft}/person").text):
        assert 'value="Mx Teasel Invented"' in page
        assert 'value="2041"' in page
    assert "Error: " in answer.text.split("</title>")[0]


def test_it_is_kept_for_later_sealed_and_seen_by_nobody_else(world: World) -> None:
    bob = Visit(world.app, "bob")
    draft = begin(bob)
    later = bob.post(f"/enrol/{draft}/person", {**ANSWERS["person"], "then": "later"})
    assert later.headers["location"] == "/enrol"
    listed = bob.get("/enrol").text
    assert "Mx Teasel Invented" in listed
    assert f"/enrol/{draft}/address" in listed
    with world.database.connect() as connection:
        assert "Teasel" not in connection.execute(select(drafts.c.sealed)).scalar_one()
    account(world.database, "sue", (A, Role.SUPERVISOR))
    for other in (Visit(world.app, "sue"), Visit(world.app, "charlie")):
        assert other.get(f"/enrol/{draft}/person").status_code == 404
        assert other.post(f"/enrol/{draft}/drop").status_code == 404
        assert "Teasel" not in other.get("/enrol").text
    assert bob.post(f"/enrol/{draft}/drop").status_code == 303
    assert bob.get(f"/enrol/{draft}/person").status_code == 404
    assert count(world, drafts) == 0


def test_what_is_missing_is_told_at_the_end_with_the_page_to_go_to(world: World) -> None:
    bob, before = Visit(world.app, "bob"), count(world)
    draft = begin(bob)
    bob.post(f"/enrol/{draft}/person", ANSWERS["person"])
    answer = bob.post(f"/enrol/{draft}/check")
    assert answer.status_code == 422
    assert re.search(f'href="/enrol/{draft}/address\\?back=check#postcode"', answer.text)
    assert (count(world), count(world, drafts)) == (before, 1)
    changed = bob.post(f"/enrol/{draft}/address", {**ANSWERS["address"], "back": "check"})
    assert changed.headers["location"] == f"/enrol/{draft}/check"


def test_without_a_decision_the_home_awaits_it_and_is_listed(world: World) -> None:
    bob = Visit(world.app, "bob")
    draft = begin(bob)
    answer_all(bob, draft, consent=dict.fromkeys(ANSWERS["consent"], ""))
    assert "nothing is stored of this home" in bob.get(f"/enrol/{draft}/check").text
    home = bob.post(f"/enrol/{draft}/check").headers["location"].split("/")[2]
    assert f"/homes/{home}" in bob.get("/enrol").text
    assert "Consent is not recorded" in bob.get(f"/homes/{home}").text


def test_the_consent_page_says_what_each_sensor_is_for(world: World) -> None:
    bob = Visit(world.app, "bob")
    draft = begin(bob)
    bob.post(f"/enrol/{draft}/kit", ANSWERS["kit"])
    assert "To call for help when there is smoke." in bob.get(f"/enrol/{draft}/consent").text


def test_only_supervisors_and_officers_enrol_and_only_at_their_places(world: World) -> None:
    assert Visit(world.app, "alice").get("/enrol").status_code == 403
    assert Visit(world.app, "bob").post(f"/places/{B}/drafts").status_code == 404


def test_a_home_is_found_by_the_name_of_who_lives_there(world: World) -> None:
    bob = Visit(world.app, "bob")
    draft = begin(bob)
    answer_all(bob, draft)
    home = bob.post(f"/enrol/{draft}/check").headers["location"].split("/")[2]
    found = Visit(world.app, "alice").post("/homes/search", {"name": "teas"})
    assert f'href="/homes/{home}"' in found.text
    assert "Mx Teasel Invented" in Visit(world.app, "alice").get("/homes").text
    assert home not in Visit(world.app, "charlie").post("/homes/search", {"name": "teas"}).text
    short = bob.post("/homes/search", {"name": "t"})
    assert (short.status_code, "at least two letters" in short.text) == (422, True)


def test_a_draft_that_nobody_goes_on_with_is_dropped(world: World) -> None:
    bob = Visit(world.app, "bob")
    first = begin(bob)
    with world.database.begin() as connection:
        connection.execute(drafts.update().values(saved_us=0))
    begin(bob)
    assert bob.get(f"/enrol/{first}/person").status_code == 404
    assert count(world, drafts) == 1
