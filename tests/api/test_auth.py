from pathlib import Path

import pytest

from api.auth import Lockout
from api.web.sign_in import own_path
from config import people, sessions
from config.roles import Role
from ingest.clock import instant, microseconds
from tests.api.life import HOUR_US, A
from tests.api.visits import URL, Visit
from tests.api.world import NOW, PASSWORD, World, make_world

DOCUMENT = {"Sec-Fetch-Dest": "document"}


@pytest.fixture
def world(tmp_path: Path) -> World:
    return make_world(tmp_path, homes=3)


def test_a_page_leads_to_sign_in_and_back(world: World) -> None:
    visit = Visit(world.app)
    there = visit.get("/homes?place=fenbridge")
    assert there.status_code == 303
    assert there.headers["location"] == "/sign-in?next=%2Fhomes%3Fplace%3Dfenbridge"
    assert 'value="/homes?place=fenbridge"' in visit.get(there.headers["location"]).text
    back = visit.sign_in("alice@example.org", PASSWORD, "/homes?place=fenbridge")
    assert back.headers["location"] == "/homes?place=fenbridge"
    assert visit.get("/homes?place=fenbridge").status_code == 200


def test_rest_asks_for_sign_in_with_a_problem(world: World) -> None:
    answer = Visit(world.app).get("/api/v1/alerts")
    assert answer.status_code == 401
    assert answer.headers["content-type"] == "application/problem+json"
    assert "sign in" in answer.json()["detail"]


def test_the_cookie_is_out_of_reach_of_scripts_and_other_sites(world: World) -> None:
    set_ = Visit(world.app).sign_in("alice@example.org", PASSWORD).headers["set-cookie"]
    assert "HttpOnly" in set_
    assert "SameSite=lax" in set_
    object.__setattr__(world.resources, "is_secure", True)
    form = {"email": "alice@example.org", "password": PASSWORD}
    origin = URL.replace("http:", "https:")
    secure = Visit(world.app).client.post("/sign-in", data=form, headers={"Origin": origin})
    assert secure.headers["set-cookie"].startswith("__Host-stillwell=")
    assert "Secure" in secure.headers["set-cookie"]
    assert "max-age" in secure.headers["strict-transport-security"]


def test_wrong_and_missing_words_are_told_in_an_error_summary(world: World) -> None:
    visit = Visit(world.app)
    empty = visit.sign_in("", "")
    assert empty.status_code == 422
    assert 'href="#email">Enter your email address</a>' in empty.text
    assert 'href="#password">Enter your password</a>' in empty.text
    wrong = visit.sign_in("alice@example.org<b>", "nope")
    assert wrong.status_code == 422
    assert 'value="alice@example.org&lt;b&gt;"' in wrong.text
    assert "nope" not in wrong.text
    known, unknown = (
        visit.sign_in(email, "x").text for email in ("alice@example.org", "nobody@example.org")
    )
    assert known.replace("alice", "nobody").split("<main")[1] == unknown.split("<main")[1]


def test_ten_wrong_passwords_shut_an_address_for_fifteen_minutes(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(people, "verify_password", lambda _hash, password: password == PASSWORD)
    app = world.app
    visit = Visit(app)
    for _ in range(10):
        assert visit.sign_in("Alice@example.org", "wrong").status_code == 422
    assert visit.sign_in("alice@example.org ", PASSWORD).status_code == 429
    assert visit.sign_in("bob@example.org", PASSWORD).status_code == 303
    world.wall = instant(microseconds(NOW) + HOUR_US // 4)
    assert visit.sign_in("alice@example.org", PASSWORD).status_code == 303


def test_the_lockout_keeps_a_bounded_number_of_addresses() -> None:
    lockout = Lockout()
    for number in range(Lockout.CAP + 50):
        assert lockout.admit(f"{number}@example.org", NOW)
    assert len(lockout._tries) == Lockout.CAP


def test_signing_out_ends_the_session_everywhere(world: World) -> None:
    app = world.app
    visit = Visit(app, "alice")
    stolen = dict(visit.client.cookies)
    assert visit.post("/sign-out").headers["location"] == "/sign-in"
    thief = Visit(app)
    thief.client.cookies.update(stolen)
    assert thief.get("/api/v1/places").status_code == 401


def test_signing_in_again_ends_the_older_session_of_that_browser(world: World) -> None:
    app = world.app
    visit = Visit(app, "alice")
    old = dict(visit.client.cookies)
    visit.sign_in("alice@example.org", PASSWORD)
    assert dict(visit.client.cookies) != old
    thief = Visit(app)
    thief.client.cookies.update(old)
    assert thief.get("/api/v1/places").status_code == 401


def test_a_session_ends_when_idle_and_stays_while_used(world: World) -> None:
    visit = Visit(world.app, "alice")
    for _ in range(3):
        world.wall = instant(microseconds(world.wall) + 3 * HOUR_US)
        assert visit.get("/api/v1/places").status_code == 200
    world.wall = instant(microseconds(world.wall) + 2 * HOUR_US)
    assert visit.get("/api/v1/places").status_code == 200
    world.wall = instant(microseconds(world.wall) + 1 * HOUR_US)
    assert visit.get("/api/v1/places").status_code == 401


def test_a_role_that_is_taken_away_ends_the_session_at_once(world: World) -> None:
    visit = Visit(world.app, "alice")
    assert visit.get("/api/v1/alerts").status_code == 200
    with world.database.begin() as connection:
        people.revoke(connection, "account-alice", A, Role.CARE_WORKER)
    assert visit.get("/api/v1/alerts").status_code == 401
    visit.sign_in("alice@example.org", PASSWORD)
    assert visit.get("/api/v1/alerts").status_code == 403


def test_a_page_hands_over_the_next_token_after_an_hour(world: World) -> None:
    app = world.app
    visit = Visit(app, "alice")
    old = dict(visit.client.cookies)
    assert "set-cookie" not in visit.client.get("/alerts", headers=DOCUMENT).headers
    world.wall = instant(microseconds(world.wall) + sessions.RENEW_US + 1_000_000)
    assert "set-cookie" not in visit.get("/alerts?fragment=1").headers
    renewed = visit.client.get("/alerts", headers=DOCUMENT)
    assert "HttpOnly" in renewed.headers["set-cookie"]
    assert dict(visit.client.cookies) != old
    world.wall = instant(microseconds(world.wall) + sessions.GRACE_US)
    assert visit.get("/api/v1/places").status_code == 200
    thief = Visit(app)
    thief.client.cookies.update(old)
    assert thief.get("/api/v1/places").status_code == 401


@pytest.mark.parametrize(
    ("headers", "is_let_in"),
    [
        ({"Origin": URL}, True),
        ({"Origin": URL, "Sec-Fetch-Site": "same-origin"}, True),
        ({"Sec-Fetch-Site": "same-origin"}, True),
        ({}, False),
        ({"Origin": "https://evil.example"}, False),
        ({"Origin": "null"}, False),
        ({"Origin": URL, "Sec-Fetch-Site": "cross-site"}, False),
        ({"Origin": URL, "Sec-Fetch-Site": "same-site"}, False),
        ({"Origin": "https://evil.example", "Sec-Fetch-Site": "none"}, False),
        ({"Origin": f"{URL}.evil.example"}, False),
        ({"Referer": URL}, False),
    ],
)
def test_a_form_of_another_site_changes_nothing(
    world: World, headers: dict[str, str], *, is_let_in: bool
) -> None:
    visit = Visit(world.app, "alice")
    alert = world.alerts_of(A)[0]
    answer = visit.client.post(f"/api/v1/alerts/{alert}/acknowledge", headers=headers)
    assert (answer.status_code != 403) is is_let_in
    if not is_let_in:
        assert "did not come from a page of Stillwell" in answer.json()["detail"]


@pytest.mark.parametrize(
    ("asked", "leads"),
    [
        ("/alerts?place=a", "/alerts?place=a"),
        ("https://evil.example", "/"),
        ("//evil.example", "/"),
        ("/\\evil.example", "/"),
        ("/alerts\r\nSet-Cookie: a=b", "/"),
        ("javascript:alert(1)", "/"),
        ("/sign-out", "/"),
        ("", "/"),
    ],
)
def test_sign_in_leads_to_our_own_pages_only(asked: str, leads: str) -> None:
    assert own_path(asked) == leads
