"""The consent page of a home: what it rests on is shown, decided anew and withdrawn."""

from collections.abc import Iterator
from html import unescape
from pathlib import Path

import numpy as np
import pytest
from sqlalchemy import select

from api.auth import HOMES
from api.contacting import EDITORS
from api.web import language
from config import audit, tables
from config.consents import LONGEST_WHY
from config.homes import HomeState
from config.roles import Role
from tests.api.life import A
from tests.api.test_rest_consents import HOME, KINDS, decision, noted, state
from tests.api.visits import Visit
from tests.api.world import World, account, world_on

PAGE = f"/homes/{HOME}/consent"
RECORD, WITHDRAW = f"{PAGE}/record", f"{PAGE}/withdraw"
REST = f"/api/v1/homes/{HOME}/consents"


@pytest.fixture(params=["sqlite", "postgresql"])
def world(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[World]:
    yield from world_on(request, tmp_path)


def days(name: str, text: str) -> dict[str, str]:
    return dict(zip((f"{name}-d", f"{name}-m", f"{name}-y"), text.split(), strict=True))


def form(visit: Visit, **changed: str) -> dict[str, str]:
    """Return a form that is filled in well, as the page that was opened sends it."""
    page = visit.get(RECORD).text
    seen = page.partition('name="seen" value="')[2].partition('"')[0]
    return {
        "seen": seen,
        "basis": "consent",
        "decided_by": "person",
        **days("decided_on", "2 1 2026"),
        **days("review_on", "20 6 2026"),
        "reference": "CASE-1",
        **{f"purpose-{kind}": f"to see by {kind}" for kind in KINDS},
        **changed,
    }


def test_a_decision_is_checked_kept_and_shown_with_who_and_when(world: World) -> None:
    bob = Visit(world.app, "bob")
    page = bob.get(PAGE)
    assert page.status_code == 200
    assert "no decision about it is kept" in page.text
    answers = form(bob)
    check = bob.post(RECORD, answers)
    assert check.status_code == 200
    for words in ("Check your answers", "2 January 2026", "20 June 2026", "to see by smoke"):
        assert words in check.text, words
    assert bob.get(REST).json() == {"consents": []}
    done = bob.post(RECORD, {**answers, "step": "confirm"})
    assert (done.status_code, done.headers["location"]) == (303, PAGE)
    (kept,) = bob.get(REST).json()["consents"]
    assert kept["purpose"]["smoke"] == "to see by smoke"
    assert (kept["basis"], kept["decided_on"], kept["reference"]) == (
        "consent", "2026-01-02", "CASE-1",
    )  # fmt: skip
    shown = bob.get(PAGE).text
    for words in ("Bob Example", "2 January 2026", "20 June 2026", "CASE-1", "The person"):
        assert words in shown, words
    mine = ("account-bob", f"home:{HOME}")
    assert noted(world, "consent") == [mine]
    assert mine in noted(world, "read")


def test_consent_becomes_best_interests_with_the_assessor_and_other_purposes(world: World) -> None:
    bob = Visit(world.app, "bob")
    assert bob.send(REST, decision()).status_code == 200
    opened = bob.get(RECORD).text
    assert ">to see that all is well</textarea>" in opened
    answers = form(bob, basis="best-interests", decided_by="meeting") | {"also-pendant": "yes"}
    check = bob.post(RECORD, answers).text
    assert "The ground was: Consent" in check
    assert "Covers from now on: Help button" in check or "Covers from now on: Pendant" in check
    assert bob.post(RECORD, {**answers, "step": "confirm"}).status_code == 303
    newest, before = bob.get(REST).json()["consents"]
    assert (newest["basis"], newest["decided_by"]) == ("best-interests", "meeting")
    assert newest["purpose"]["pendant"]
    assert before["why"] == "replaced"
    page = bob.get(PAGE).text
    assert "A best-interests meeting" in page
    assert "a newer decision took its place" in page
    narrower = form(bob)
    narrower.pop("also-pendant", None)
    assert "Covers no longer" in bob.post(RECORD, narrower).text
    assert bob.post(RECORD, {**narrower, "step": "confirm"}).status_code == 303
    assert "pendant" not in bob.get(REST).json()["consents"][0]["purpose"]


def test_a_withdrawal_says_what_it_means_is_confirmed_and_can_be_renewed(world: World) -> None:
    bob = Visit(world.app, "bob")
    assert bob.send(REST, decision()).status_code == 200
    asked = bob.get(WITHDRAW).text
    assert "Within a minute nothing more is stored" in asked
    assert "Smoke, falls and calls for help are raised all the same" in asked
    seen = asked.partition('name="seen" value="')[2].partition('"')[0]
    check = bob.post(WITHDRAW, {"why": "The person said no", "seen": seen})
    assert check.status_code == 200
    assert "Check your answers" in check.text
    assert state(bob) == "active"
    again = bob.post(WITHDRAW, {"why": "The person said no", "seen": seen, "step": "change"})
    assert 'value="The person said no"' in again.text
    done = bob.post(WITHDRAW, {"why": "The person said no", "seen": seen, "step": "confirm"})
    assert (done.status_code, done.headers["location"]) == (303, PAGE)
    assert state(bob) == "awaiting-consent"
    page = bob.get(PAGE).text
    assert "“The person said no”" in page
    assert "nothing is stored of this home" in page
    assert noted(world, "withdraw-consent") == [("account-bob", f"home:{HOME}")]
    assert "Nothing stands that could be withdrawn" in bob.get(WITHDRAW).text
    twice = bob.post(WITHDRAW, {"why": "once more", "seen": "0", "step": "confirm"})
    assert twice.headers["location"] == PAGE
    answers = form(bob)
    assert bob.post(RECORD, {**answers, "step": "confirm"}).status_code == 303
    assert state(bob) == "active"


@pytest.mark.parametrize(
    ("changed", "field", "says"),
    [
        (days("decided_on", "4 3 2026"), "decided_on-d", "still to come"),
        (days("decided_on", "31 2 2026"), "decided_on-d", "a day such as"),
        (days("decided_on", "1 3 2026"), "decided_on-d", "Readings of this home are kept since"),
        (days("review_on", "3 3 2026"), "review_on-d", "is past"),
        (days("review_on", "3 3 2028"), "review_on-d", "within a year"),
        ({"reference": "Mx Invented, née <b>"}, "reference", "without names"),
        ({"basis": ""}, "basis", "expected one of"),
        ({"decided_by": ""}, "decided_by", "expected one of"),
        ({"basis": "best-interests"}, "decided_by", "their own best interests"),
        ({"purpose-motion": ""}, "purpose-motion", "is empty"),
        ({"purpose-motion": "x" * 201}, "purpose-motion", "has 201 characters"),
        ({"purpose-motion": "a\x07b"}, "purpose-motion", "of one line"),
        ({f"purpose-{kind}": "" for kind in KINDS}, "purpose-smoke", "is empty"),
    ],
)
@pytest.mark.parametrize("step", ["check", "confirm"])
def test_what_is_wrong_is_told_beside_its_field_and_nothing_is_kept(
    world: World, changed: dict[str, str], field: str, says: str, step: str
) -> None:
    bob = Visit(world.app, "bob")
    answer = bob.post(RECORD, form(bob) | changed | {"step": step})
    assert answer.status_code == 422
    assert f'href="#{field}"' in answer.text
    assert f'id="{field}"' in answer.text
    assert says in answer.text
    assert ">to see by contact</textarea>" in answer.text or "purpose-contact" in changed
    assert bob.get(REST).json() == {"consents": []}
    assert state(bob) == "active"


def test_the_day_is_the_places_and_not_that_of_utc(world: World) -> None:
    """At 23:30 UTC of a summer's day it is tomorrow in London, and a decision of it is no lie."""
    world.now = np.datetime64("2026-07-01T23:30:00", "us")
    world.store.batches.clear()
    bob = Visit(world.app, "bob")
    late = days("review_on", "20 6 2027")
    tomorrow = bob.post(RECORD, form(bob) | late | days("decided_on", "3 7 2026"))
    assert tomorrow.status_code == 422
    assert bob.post(RECORD, form(bob) | late | days("decided_on", "2 7 2026")).status_code == 200
    wrong = decision(decided_on="2026-07-03", review_on="2027-06-20")
    assert "still to come" in bob.send(REST, wrong).json()["detail"]


@pytest.mark.parametrize("why", ["", " ", "x" * (LONGEST_WHY + 1), "two\nlines"])
def test_a_withdrawal_needs_a_reason_in_a_few_words(world: World, why: str) -> None:
    bob = Visit(world.app, "bob")
    assert bob.send(REST, decision()).status_code == 200
    seen = str(bob.get(REST).json()["consents"][0]["number"])
    answer = bob.post(WITHDRAW, {"why": why, "seen": seen, "step": "confirm"})
    assert answer.status_code == 422
    assert 'href="#why"' in answer.text
    assert state(bob) == "active"


def test_nobody_replaces_or_withdraws_a_decision_that_they_have_not_seen(world: World) -> None:
    bob = Visit(world.app, "bob")
    opened = form(bob)
    assert bob.send(REST, decision(reference="CASE-2")).status_code == 200
    late = bob.post(RECORD, {**opened, "step": "confirm"})
    assert late.status_code == 422
    assert "Something was decided or changed" in late.text
    assert ">to see by smoke</textarea>" in late.text
    assert bob.get(REST).json()["consents"][0]["reference"] == "CASE-2"
    gone = bob.post(WITHDRAW, {"why": "asked for it", "seen": "0", "step": "confirm"})
    assert gone.status_code == 422
    assert state(bob) == "active"


def test_the_home_and_the_lists_lead_to_a_review_that_is_due(world: World) -> None:
    bob = Visit(world.app, "bob")
    assert "no decision about it is kept" in bob.get(f"/homes/{HOME}").text
    assert f'href="{PAGE}"' in bob.get("/enrol").text  # watched without a decision
    assert bob.send(REST, decision(review_on="2026-12-20")).status_code == 200
    page = bob.get(f"/homes/{HOME}").text
    assert f'href="{PAGE}"' in page
    assert "Consent review" not in page
    assert f'href="{PAGE}"' in bob.get(f"/homes/{HOME}/household").text
    assert f'href="{PAGE}"' not in bob.get("/enrol").text
    assert bob.send(REST, decision(review_on="2026-03-20")).status_code == 200
    assert "Consent review due: it is to be reviewed by 20 March 2026" in (
        bob.get(f"/homes/{HOME}").text
    )
    assert "Review due" in bob.get(PAGE).text
    assert f'href="{PAGE}"' in bob.get("/enrol").text
    world.now += np.timedelta64(18, "D")
    bob = Visit(world.app, "bob")
    assert "Consent review overdue" in bob.get(f"/homes/{HOME}").text
    assert "Review overdue" in bob.get(PAGE).text
    account(world.database, "Cleo", (A, Role.CARE_WORKER))
    carer = Visit(world.app, "cleo").get(f"/homes/{HOME}").text
    assert "Consent review" not in carer
    assert PAGE not in carer


def test_an_ended_home_shows_what_was_decided_and_asks_for_nothing(world: World) -> None:
    bob = Visit(world.app, "bob")
    assert bob.send(REST, decision()).status_code == 200
    end = f"/api/v1/homes/{HOME}/ending"
    p1 = bob.get(end).json()["p1"]
    said = bob.send(end, {"reason": "died", "ended_on": "2026-03-03", "close_p1": p1})
    assert said.status_code < 300, said.text
    page = bob.get(PAGE).text
    assert "The enrolment has ended" in page
    assert "the enrolment ended" in page
    assert RECORD not in page
    answer = {"why": "asked for it", "seen": "0", "step": "confirm"}
    for done in (bob.post(RECORD, form_of_ended()), bob.post(WITHDRAW, answer)):
        assert (done.status_code, done.headers["location"]) == (303, PAGE)
    assert len(bob.get(REST).json()["consents"]) == 1


def form_of_ended() -> dict[str, str]:
    return {
        "seen": "0", "basis": "consent", "decided_by": "person", "step": "confirm",
        **days("decided_on", "2 1 2026"), **days("review_on", "20 6 2026"),
        **{f"purpose-{kind}": "to see" for kind in KINDS},
    }  # fmt: skip


def test_a_page_in_welsh_keeps_what_was_typed(world: World) -> None:
    bob = Visit(world.app, "bob")
    bob.client.cookies.set(language.COOKIE, "cy")
    answer = bob.post(RECORD, form(bob, basis="best-interests"))
    assert answer.status_code == 422
    assert 'lang="cy"' in answer.text
    shipped = "To notice when nobody has moved for long."
    opened = bob.get(RECORD).text
    shown = opened.partition('id="purpose-motion"')[2].partition(">")[2].partition("<")[0]
    assert shown != shipped  # in Welsh, and kept as it ships
    kept = form(bob, step="confirm") | {"purpose-motion": unescape(shown)}
    assert bob.post(RECORD, kept).status_code == 303
    assert bob.get(REST).json()["consents"][0]["purpose"]["motion"] == shipped
    assert ">to see by smoke</textarea>" in answer.text


def test_only_supervisors_and_officers_of_the_place_see_and_decide(world: World) -> None:
    for role in sorted(set(Role) - set(EDITORS)):
        account(world.database, f"only-{role.value}", (A, role))
        visit = Visit(world.app, f"only-{role.value}")
        codes = {visit.get(path).status_code for path in (PAGE, RECORD, WITHDRAW)}
        codes |= {visit.post(path, {}).status_code for path in (RECORD, WITHDRAW)}
        assert codes <= {403, 404}, role
    charlie = Visit(world.app, "charlie")
    assert {charlie.get(path).status_code for path in (PAGE, RECORD, WITHDRAW)} == {404}
    assert set(HOMES) - set(EDITORS)
    with world.database.connect() as connection:
        assert audit.verify(connection) == []
        states = set(connection.execute(select(tables.homes.c.state)).scalars())
    assert states == {HomeState.ACTIVE.value}
