"""Ladder, budget, texts and rota over REST: If-Match, a reason, and the field that is wrong."""

import json
from pathlib import Path
from typing import Any

import pytest
from httpx2 import Response
from sqlalchemy import select

from alerts import calibrations
from alerts.action import Calibrated
from alerts.budget import Calibration
from alerts.texts import TEXTS
from config import tables
from config.roles import Role
from tests.api.life import A, B
from tests.api.test_rota_pages import ROTA
from tests.api.visits import URL, Visit
from tests.api.world import World, account, make_world

AT = f"/api/v1/places/{A}"
LADDER: dict[str, Any] = {
    "rung": [{"who": ["role:operator"], "channel": ["email"], "wait_min": 5}],
    "loops": 1,
    "fallback": {"who": ["role:supervisor"], "channel": ["sms"], "wait_min": 10},
}
CHANGES: dict[str, dict[str, Any]] = {
    "budget": {"per_100_homes_week": 7.5},
    "ladders/P1": {"ladder": LADDER},
    "rota": {"rota": ROTA},
    "texts": {"texts": {**TEXTS, "alert_en": "Telecare: {priority}, reference {reference}"}},
}


@pytest.fixture
def world(tmp_path: Path) -> World:
    made = make_world(tmp_path)
    account(made.database, "Olga", (A, Role.OFFICER))
    account(made.database, "Piet", (A, Role.OFFICER))
    return made


def put(visit: Visit, path: str, body: dict[str, Any], **headers: str) -> Response:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    sent = {"why": "Agreed today", **body}
    return visit.client.put(f"{AT}/{path}", json=sent, headers={"Origin": URL, **named})


@pytest.mark.parametrize("path", sorted(CHANGES))
def test_a_change_names_what_it_is_based_on_and_of_two_the_second_is_told(
    world: World, path: str
) -> None:
    olga, piet, body = Visit(world.app, "olga"), Visit(world.app, "piet"), CHANGES[path]
    read = olga.get(f"{AT}/{path}")
    assert (read.status_code, read.headers["etag"]) == (200, '"0"')
    assert put(olga, path, body).status_code == 428
    done = put(olga, path, body, If_Match='"0"')
    assert done.status_code == 200, done.text
    tag = done.headers["etag"]
    assert olga.get(f"{AT}/{path}").headers["etag"] == tag != '"0"'
    late = put(piet, path, body, If_Match='"0"')
    assert late.status_code == 412
    told = late.json()
    assert (told["etag"], told["by"], told["why"]) == (tag, "account-olga", "Agreed today")
    assert "Somebody else has changed the" in told["detail"]
    assert put(piet, path, {**body, "why": "Both agree"}, If_Match=tag).status_code == 200
    assert put(piet, path, {**body, "why": "  "}, If_Match="*").status_code == 422
    assert put(Visit(world.app, "alice"), path, body, If_Match="*").status_code == 403
    assert put(Visit(world.app, "charlie"), path, body, If_Match="*").status_code == 404
    a = tables.audit.c
    query = select(a.actor, a.detail).where(a.what == "setting", a.place == A).order_by(a.seq)
    with world.database.connect() as connection:
        (first, noted), (second, _) = connection.execute(query).all()
    assert (first, second) == ("account-olga", "account-piet")
    detail = json.loads(noted)
    assert (detail["version_before"], detail["version"]) == (0, int(tag.strip('"')))


def test_the_audit_log_says_what_was_before_and_after(world: World) -> None:
    olga = Visit(world.app, "olga")
    for budget in (7.5, 6.0):
        put(olga, "budget", {"per_100_homes_week": budget}, If_Match="*")
    query = select(tables.audit.c.detail).where(tables.audit.c.subject == "alert-budget")
    with world.database.connect() as connection:
        last = [json.loads(one) for one in connection.execute(query).scalars()][-1]
    assert (last["before"], last["after"]) == ({"alert_budget": 7.5}, {"alert_budget": 6.0})


def test_sent_twice_with_one_key_it_is_saved_once(world: World) -> None:
    olga, key = Visit(world.app, "olga"), "a-key-of-mine-1"
    first = put(olga, "budget", CHANGES["budget"], If_Match='"0"', Idempotency_Key=key)
    again = put(olga, "budget", CHANGES["budget"], If_Match='"0"', Idempotency_Key=key)
    assert (first.status_code, again.status_code) == (200, 200)
    assert first.headers["etag"] == again.headers["etag"]
    other = put(olga, "budget", {"per_100_homes_week": 3}, If_Match='"0"', Idempotency_Key=key)
    assert other.status_code == 409


@pytest.mark.parametrize(
    ("path", "change", "field", "says"),
    [
        ("budget", {"per_100_homes_week": 0}, "per_100_homes_week", "expected 0.1..100"),
        ("budget", {"per_100_homes_week": 101}, "per_100_homes_week", "is 101"),
        (
            "ladders/P1",
            {"ladder": {**LADDER, "rung": [{**LADDER["rung"][0], "wait_min": 31}]}},
            "ladder.rung.0.wait_min",
            "comes to the fallback after 31 min, expected 30 or less",
        ),
        (
            "ladders/P1",
            {"ladder": {**LADDER, "fallback": {**LADDER["fallback"], "wait_min": 45}}},
            "ladder.fallback.wait_min",
            "expected 30 or less for a P1",
        ),
        ("ladders/P2", {"ladder": {"rung": []}}, "ladder.fallback.who", "has no fallback"),
        ("ladders/P2", {"ladder": {**LADDER, "loops": 0}}, "ladder.loops", "expected 1..20"),
        ("texts", {"texts": {**TEXTS, "alert_en": "Alert"}}, "texts.alert_en", "does not have"),
        ("texts", {"texts": {**TEXTS, "sms": "x"}}, "texts.sms", "not a known text"),
        ("rota", {"rota": {"team": []}}, "rota.team", "team"),
        (
            "rota",
            {"rota": {**ROTA, "shift": [{**ROTA["shift"][0], "people": ["d@x.org"]}]}},
            "rota.shift.0",
            "is no member of day",
        ),
    ],
)
def test_what_is_wrong_is_told_with_its_field_and_nothing_is_saved(
    world: World, path: str, change: dict[str, Any], field: str, says: str
) -> None:
    olga = Visit(world.app, "olga")
    refused = put(olga, path, change, If_Match="*")
    assert refused.status_code == 422
    (told,) = refused.json()["errors"]
    assert told["field"] == field
    assert says in told["said"]
    assert olga.get(f"{AT}/{path}").headers["etag"] == '"0"'


def test_the_budget_stands_beside_the_calibrated_rate_with_its_interval(world: World) -> None:
    olga = Visit(world.app, "olga")
    assert olga.get(f"{AT}/budget").json()["calibrated"] is None
    found = Calibration(2.1, 9.2, 6.9, 12.3, 4.0, 20, 300, 56, is_at_edge=False)
    with world.database.begin() as connection:
        calibrations.write(connection, Calibrated(A, 1, 9.0, found, is_applied=False))
    shown = olga.get(f"{AT}/budget").json()
    rate = shown["calibrated"]
    assert (rate["expected"], rate["low"], rate["high"]) == (9.2, 6.9, 12.3)
    assert shown["per_100_homes_week"] == shown["of_place_file"]
    put(olga, "budget", {"per_100_homes_week": 4}, If_Match="*")
    assert olga.get(f"{AT}/budget").json()["per_100_homes_week"] == 4.0
    assert olga.get(f"/api/v1/places/{B}/budget").status_code == 404


def test_a_rota_that_leaves_nobody_is_saved_only_when_that_is_accepted(world: World) -> None:
    olga = Visit(world.app, "olga")
    put(olga, "rota", {"rota": ROTA}, If_Match="*")
    days = {**ROTA, "shift": ROTA["shift"][:1]}
    refused = put(olga, "rota", {"rota": days}, If_Match="*")
    assert refused.status_code == 422
    assert (
        "nobody would be on call for Day from 3 March 2026, 20:00 until 4 March"
        in (refused.json()["detail"])
    )
    assert Visit(world.app, "bob").send(f"{AT}/rota", days).status_code == 422
    saved = put(olga, "rota?accept_gaps=true", {"rota": days}, If_Match="*")
    assert saved.status_code == 200
    assert len(saved.json()["gaps"]) > 20


def test_openapi_says_what_each_of_them_takes(world: World) -> None:
    paths = Visit(world.app, "olga").get("/api/v1/openapi.json").json()["paths"]
    for path in ("ladders/{priority}", "budget", "texts", "rota"):
        said = paths[f"/api/v1/places/{{place}}/{path}"]["put"]
        assert "If-Match names the ETag that was read (428, 412)" in said["description"]
        assert {"if-match", "Idempotency-Key"} <= {one["name"] for one in said["parameters"]}
