"""Signing in through a place's identity provider, against a real one on a loopback port."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
from fastapi import FastAPI
from httpx2 import Response
from sqlalchemy import select

from config import invitations
from config.access_tables import identities
from config.places import IdentityProvider
from config.roles import Role
from ingest.clock import SystemClock, instant, microseconds
from tests.api.life import A, B
from tests.api.visits import URL, Visit
from tests.api.world import World, account, make_world
from tests.provider_server import CLIENT, SECRET, Provider, run_provider


@pytest.fixture
def provider() -> Iterator[Provider]:
    with run_provider() as running:
        yield running


@pytest.fixture
def world(tmp_path: Path, provider: Provider) -> World:
    world = make_world(tmp_path)
    world.wall = SystemClock().now()
    secret = tmp_path / "secret"
    secret.write_text(SECRET + "\n")
    named = IdentityProvider(issuer=provider.issuer, client_id=CLIENT, client_secret_file=secret)
    places = {**world.resources.places}
    places[A] = places[A].model_copy(update={"identity_provider": named})
    world.resources = replace(world.resources, places=places, address=URL)
    return world


@pytest.fixture
def app(world: World) -> FastAPI:
    return world.app


def sent_out(visit: Visit, next_: str = "/homes") -> str:
    """Return the path with which the provider sends this browser back."""
    there = visit.get(f"/sign-in/with/{A}?next={next_}")
    assert there.status_code == 303, there.text
    back = requests.get(there.headers["location"], allow_redirects=False, timeout=20)
    return back.headers["location"].removeprefix(URL)


def come_in(app: FastAPI) -> tuple[Visit, Response]:
    visit = Visit(app)
    return visit, visit.get(sent_out(visit))


def test_an_invited_person_comes_in_by_a_verified_address_and_then_by_the_subject(
    world: World, app: FastAPI, provider: Provider
) -> None:
    assert f"/sign-in/with/{A}" in Visit(app).get("/sign-in").text
    with world.database.begin() as connection:
        invitations.invite(
            connection, email="new@example.org", name="New", place=A, roles=[Role.OPERATOR],
            by="account-bob", now_us=0,
        )  # fmt: skip
    provider.email = "New@example.org"
    visit, answer = come_in(app)
    assert answer.headers["location"] == "/homes"
    assert visit.get("/homes").status_code == 200
    provider.email, provider.is_verified = "changed@example.org", False
    visit, answer = come_in(app)
    assert visit.get("/api/v1/places").json()[0]["key"] == A
    assert provider.refusals == []


def test_nobody_comes_in_uninvited_or_by_an_address_that_is_not_verified(
    world: World, app: FastAPI, provider: Provider
) -> None:
    provider.is_verified = False
    assert come_in(app)[1].status_code == 422
    provider.is_verified, provider.email = True, "stranger@example.org"
    assert come_in(app)[1].status_code == 422
    with world.database.connect() as connection:
        assert not connection.execute(select(identities)).all()


@pytest.mark.parametrize("name", ["charlie", "both"])
def test_a_places_provider_opens_no_other_place(
    world: World, app: FastAPI, provider: Provider, name: str
) -> None:
    account(world.database, "Both", (A, Role.OPERATOR), (B, Role.OPERATOR))
    provider.email = f"{name}@example.org"
    visit, answer = come_in(app)
    assert answer.status_code == 422
    assert visit.get("/api/v1/places").status_code == 401


@pytest.mark.parametrize(
    "bent",
    [
        {"nonce": "another"},
        {"nonce": None},
        {"iss": "https://elsewhere.example"},
        {"aud": "another-client"},
        {"aud": [CLIENT, "another-client"]},
        {"exp": 1_600_000_000},
        {"sub": None},
    ],
)
def test_a_token_that_says_something_else_is_not_believed(
    app: FastAPI, provider: Provider, bent: dict[str, object]
) -> None:
    provider.bent = bent
    visit, answer = come_in(app)
    assert answer.status_code == 422
    assert "did not lead to an account" in answer.text
    assert visit.get("/api/v1/places").status_code == 401


def test_a_token_signed_by_somebody_else_is_not_believed(app: FastAPI, provider: Provider) -> None:
    provider.is_forged = True
    assert come_in(app)[1].status_code == 422


def test_the_way_back_serves_once_in_the_browser_that_was_sent_and_in_time(
    world: World, app: FastAPI
) -> None:
    visit, thief = Visit(app), Visit(app)
    back = sent_out(visit)
    assert thief.get(back).status_code == 422
    assert thief.get("/api/v1/places").status_code == 401
    assert visit.get(back.replace("state=", "state=x")).status_code == 422
    assert visit.get(back).status_code == 303
    assert Visit(app).get(back).status_code == 422
    late = Visit(app)
    back = sent_out(late)
    world.wall = instant(microseconds(world.wall) + 11 * 60_000_000)
    assert late.get(back).status_code == 422


def test_the_code_is_bound_to_a_verifier_that_the_browser_never_sees(
    world: World, app: FastAPI, provider: Provider
) -> None:
    visit = Visit(app)
    location = visit.get(f"/sign-in/with/{A}").headers["location"]
    asked = parse_qs(urlsplit(location).query)
    assert asked["code_challenge_method"] == ["S256"]
    assert "code_verifier" not in asked
    back = requests.get(location, allow_redirects=False, timeout=20).headers["location"]
    for query in provider.asked.values():
        query["code_challenge"] = "of-somebody-else"
    assert visit.get(back.removeprefix(URL)).status_code == 422
    assert provider.refusals == ["verifier"]


def test_a_place_without_a_provider_and_a_provider_that_is_away_are_told(
    world: World, app: FastAPI
) -> None:
    assert Visit(app).get(f"/sign-in/with/{B}").status_code == 404
    assert Visit(app).get("/sign-in/with/nowhere-place").status_code == 404
    places = {**world.resources.places}
    for issuer in ("http://127.0.0.1:9", "http://provider.example"):
        away = IdentityProvider(issuer=issuer, client_id=CLIENT)
        places[A] = places[A].model_copy(update={"identity_provider": away})
        world.resources = replace(world.resources, places=places)
        assert Visit(world.app).get(f"/sign-in/with/{A}").status_code == 422
