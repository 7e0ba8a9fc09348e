"""How people come in and what they are given: invitations, roles, tokens, codes, emergencies."""

import re
from pathlib import Path

import pyotp
import pytest
from fastapi import FastAPI
from sqlalchemy import select, update

from api.counts import suppressed
from config import audit, people, tables
from config.access_tables import api_tokens, break_glass, invitations, second_factors
from config.invitations import LASTS_US
from config.roles import Role
from ingest.clock import instant, microseconds
from tests.api.life import HOUR_US, SECRET, A, B
from tests.api.visits import URL, Visit
from tests.api.world import PASSWORD, World, account, make_world

NEW = "three-quiet-harbours"


@pytest.fixture
def world(tmp_path: Path) -> World:
    world = make_world(tmp_path)
    account(world.database, "Olive", (A, Role.OFFICER))
    account(world.database, "Sam", (A, Role.SUPERVISOR))
    account(world.database, "Gil", (A, Role.GOVERNANCE))
    account(world.database, "Cora", (A, Role.COMMISSIONER))
    account(world.database, "Hub", (A, Role.HUB_OPERATOR), (B, Role.HUB_OPERATOR))
    return world


@pytest.fixture
def app(world: World) -> FastAPI:
    return world.app


def invite(visit: Visit, email: str = "new@example.org", role: str = "operator") -> str:
    answer = visit.post(f"/people/{A}/invite", {"email": email, "name": "New", "role": role})
    assert answer.status_code == 200, answer.text
    found = re.search(r'href="(/invitation/[^"]+)"', answer.text)
    return found.group(1) if found else ""


def later(world: World, us: int) -> None:
    world.wall = instant(microseconds(world.wall) + us)


def noted(world: World, place: str, what: str) -> list[str]:
    with world.database.connect() as connection:
        rows = audit.read(connection, place, limit=500)
        return [row._mapping["subject"] for row in rows if row._mapping["what"] == what]


def test_an_invited_person_chooses_a_password_once_and_works_in_the_role(
    world: World, app: FastAPI
) -> None:
    link = invite(Visit(app, "olive"))
    guest = Visit(app)
    assert guest.sign_in("new@example.org", "").status_code == 422
    assert "New, you are invited" in guest.get(link).text
    assert guest.get(link).status_code == 200, "looking does not spend it"
    for password, again, told in (
        (NEW, NEW + "x", "same password again"),
        ("short", "short", "12"),
    ):
        answer = guest.post(link, {"password": password, "again": again})
        assert (answer.status_code, told in answer.text) == (422, True)
    assert guest.post(link, {"password": NEW, "again": NEW}).headers["location"] == "/sign-in"
    assert guest.get(link).status_code == 404
    assert guest.post(link, {"password": NEW, "again": NEW}).status_code == 404
    assert guest.sign_in("new@example.org", NEW).status_code == 303
    assert guest.get("/api/v1/places").json()[0]["roles"] == ["operator"]
    assert noted(world, A, "invited")
    assert noted(world, A, "invitation-accepted")


def test_a_link_ends_after_three_days_and_when_another_is_made(world: World, app: FastAPI) -> None:
    olive, guest = Visit(app, "olive"), Visit(app)
    first = invite(olive)
    second = invite(olive)
    assert guest.get(first).status_code == 404
    assert guest.get(second).status_code == 200
    later(world, LASTS_US)
    assert guest.get(second).status_code == 404


def test_a_link_is_kept_as_a_hash_only(world: World, app: FastAPI) -> None:
    link = invite(Visit(app, "olive"))
    with world.database.connect() as connection:
        kept = str(connection.execute(select(invitations)).all())
    assert link.rpartition("/")[2] not in kept


def test_nobody_gets_a_link_to_an_account_that_has_a_password(app: FastAPI) -> None:
    olive = Visit(app, "olive")
    assert invite(olive, "charlie@example.org") == ""
    said = olive.post(
        f"/people/{A}/invite", {"email": "charlie@example.org", "name": "X", "role": "operator"}
    ).text
    assert "had an account before you invited" in said


def test_supervisors_give_the_roles_of_their_teams_only_and_nobody_their_own(
    world: World, app: FastAPI
) -> None:
    sam, olive = Visit(app, "sam"), Visit(app, "olive")
    path = f"/people/{A}/roles/account-alice"
    for role, status in (("operator", 303), ("officer", 422), ("governance", 422), ("", 422)):
        assert sam.post(path, {"role": role, "action": "give"}).status_code == status, role
    assert (
        sam.post(f"/people/{A}/invite", {"email": "x@example.org", "role": "officer"}).status_code
        == 422
    )
    own = f"/people/{A}/roles/account-olive"
    assert olive.post(own, {"role": "supervisor", "action": "give"}).status_code == 422
    assert olive.post(path, {"role": "operator", "action": "take"}).status_code == 303
    with world.database.connect() as connection:
        assert people.grants_of(connection, "account-alice") == {A: {Role.CARE_WORKER}}
    assert noted(world, A, "role-given") == ["account-alice"]
    assert noted(world, A, "role-taken") == ["account-alice"]


def test_an_officer_sees_and_changes_nobody_of_another_place(world: World, app: FastAPI) -> None:
    olive = Visit(app, "olive")
    assert "charlie@example.org" not in olive.get("/people").text
    assert olive.get(f"/people?place={B}").status_code == 404
    for path in (f"/people/{B}/roles/account-charlie", f"/people/{A}/roles/account-charlie"):
        answer = olive.post(path, {"role": "operator", "action": "give"})
        assert answer.status_code == 404, path
    assert (
        olive.post(
            f"/people/{B}/invite", {"email": "a@example.org", "role": "operator"}
        ).status_code
        == 404
    )


def issue(visit: Visit, scope: str = "read", days: str = "30") -> str:
    answer = visit.post("/me/tokens", {"name": "report", "scope": scope, "days": days})
    found = re.search(r"stillwell_[\w-]+", answer.text)
    assert found, answer.text
    return found.group()


def by_token(app: FastAPI, secret: str, method: str, path: str) -> int:
    program = Visit(app).client
    return program.request(method, path, headers={"Authorization": f"Bearer {secret}"}).status_code


def test_a_token_reads_with_the_roles_of_its_account_and_acts_only_within_its_scope(
    world: World, app: FastAPI
) -> None:
    alice = Visit(app, "alice")
    reads, acts = issue(alice), issue(alice, "act")
    alert = world.alerts_of(A)[-1]
    assert by_token(app, reads, "GET", "/api/v1/alerts") == 200
    assert by_token(app, reads, "GET", f"/api/v1/alerts/{world.alerts_of(B)[0]}") == 404
    assert by_token(app, reads, "GET", f"/api/v1/places/{A}/dead-letters") == 403
    assert by_token(app, reads, "POST", f"/api/v1/alerts/{alert}/acknowledge") == 403
    assert by_token(app, acts, "POST", f"/api/v1/alerts/{alert}/acknowledge") == 200
    for path in ("/alerts", "/me", "/live"):
        assert by_token(app, acts, "GET", path) in (303, 401), path
    assert "never" in alice.get("/me").text or "last used" in alice.get("/me").text
    with world.database.begin() as connection:
        people.revoke(connection, "account-alice", A, Role.CARE_WORKER)
    assert by_token(app, reads, "GET", "/api/v1/alerts") == 403


def test_a_token_is_kept_as_a_hash_ends_by_itself_and_when_revoked(
    world: World, app: FastAPI
) -> None:
    alice = Visit(app, "alice")
    one, two = issue(alice), issue(alice, days="1")
    with world.database.connect() as connection:
        rows = connection.execute(select(api_tokens).order_by(api_tokens.c.expires_us.desc())).all()
    assert one not in str(rows)
    assert one not in alice.get("/me").text
    assert Visit(app, "sam").post(f"/me/tokens/{rows[0].id}/revoke").status_code == 404
    assert by_token(app, one, "GET", "/api/v1/places") == 200
    assert alice.post(f"/me/tokens/{rows[0].id}/revoke").status_code == 303
    assert by_token(app, one, "GET", "/api/v1/places") == 401
    assert by_token(app, two, "GET", "/api/v1/places") == 200
    later(world, 24 * HOUR_US)
    assert by_token(app, two, "GET", "/api/v1/places") == 401
    for days in ("0", "366", "-1", "x"):
        answer = alice.post("/me/tokens", {"name": "x", "scope": "read", "days": days})
        assert answer.status_code in (401, 303, 422)


def test_a_cookie_beside_a_token_counts_for_nothing(app: FastAPI) -> None:
    alice = Visit(app, "alice")
    answer = alice.client.post(
        "/api/v1/me/recipient", json={}, headers={"Authorization": "Bearer made-up"}
    )
    assert answer.status_code == 401


def switch_on(visit: Visit, world: World) -> tuple[pyotp.TOTP, list[str]]:
    assert visit.post("/me/factor", {"current": PASSWORD}).status_code == 303
    page = visit.get("/me").text
    assert "<svg" in page
    found = re.search(r"Key: <code[^>]*>(\w+)<", page)
    assert found
    totp = pyotp.TOTP(found.group(1))
    done = visit.post("/me/factor/confirm", {"code": code(totp, world)})
    return totp, re.findall(r">([0-9a-f]{6}-[0-9a-f]{6})<", done.text)


def code(totp: pyotp.TOTP, world: World, ahead_s: int = 0) -> str:
    return totp.at(microseconds(world.wall) // 1_000_000 + ahead_s)


def test_with_a_second_factor_a_password_alone_opens_nothing(world: World, app: FastAPI) -> None:
    totp, codes = switch_on(Visit(app, "alice"), world)
    assert len(codes) == 8
    half = Visit(app)
    there = half.sign_in("alice@example.org", PASSWORD, "/homes")
    assert there.headers["location"].startswith("/sign-in/code")
    for path in ("/alerts", "/api/v1/places", "/live"):
        assert half.get(path).status_code in (303, 401), path
    assert half.post("/sign-in/code", {"code": "000000"}).status_code == 422
    assert half.post("/sign-in/code", {"code": code(totp, world)}).status_code == 422, "was taken"
    later(world, 30_000_000)
    before = dict(half.client.cookies)
    done = half.post("/sign-in/code", {"code": code(totp, world), "next": "/homes"})
    assert done.headers["location"] == "/homes"
    assert dict(half.client.cookies) != before
    assert half.get("/homes").status_code == 200


def test_a_recovery_code_serves_once(world: World, app: FastAPI) -> None:
    _, codes = switch_on(Visit(app, "alice"), world)
    for status in (303, 422):
        visit = Visit(app)
        visit.sign_in("alice@example.org", PASSWORD)
        assert visit.post("/sign-in/code", {"code": codes[0].upper()}).status_code == status
    assert noted(world, A, "recovery-code-used") == ["account-alice"]


def test_codes_cannot_be_guessed_at_will(world: World, app: FastAPI) -> None:
    totp, _ = switch_on(Visit(app, "alice"), world)
    later(world, 60_000_000)
    visit = Visit(app)
    visit.sign_in("alice@example.org", PASSWORD)
    said = [visit.post("/sign-in/code", {"code": f"{n:06}"}).status_code for n in range(11)]
    assert said == [422] * 10 + [429]
    assert visit.post("/sign-in/code", {"code": code(totp, world)}).status_code == 429


def test_the_second_factor_goes_only_with_the_password(world: World, app: FastAPI) -> None:
    visit = Visit(app, "alice")
    switch_on(visit, world)
    assert visit.post("/me/factor/off", {"current": "wrong"}).status_code == 422
    assert Visit(app).sign_in("alice@example.org", PASSWORD).headers["location"] != "/"
    assert visit.post("/me/factor/off", {"current": PASSWORD}).status_code == 303
    assert Visit(app).sign_in("alice@example.org", PASSWORD).headers["location"] == "/"
    with world.database.connect() as connection:
        assert not connection.execute(select(second_factors)).all()


def test_a_changed_password_ends_every_other_session(app: FastAPI) -> None:
    here, there = Visit(app, "alice"), Visit(app, "alice")
    wrong = {"current": "wrong", "password": NEW, "again": NEW}
    assert here.post("/me/password", wrong).status_code == 422
    assert here.post("/me/password", {**wrong, "current": PASSWORD}).status_code == 303
    assert here.get("/me").status_code == 200
    assert there.get("/api/v1/places").status_code == 401
    assert Visit(app).sign_in("alice@example.org", PASSWORD).status_code == 422


def test_signing_out_everywhere_ends_this_session_too(app: FastAPI) -> None:
    here, there = Visit(app, "alice"), Visit(app, "alice")
    assert here.post("/me/sign-out-everywhere").headers["location"] == "/sign-in"
    for visit in (here, there):
        assert visit.get("/api/v1/places").status_code == 401


def test_emergency_access_shows_the_homes_of_one_place_until_its_time_is_over(
    world: World, app: FastAPI
) -> None:
    hub = Visit(app, "hub")
    assert hub.get("/homes").status_code == 403
    path = f"/break-glass/{A}/open"
    for reason, hours in (("short", "1"), ("The team cannot be reached", "5"), ("x" * 2000, "1")):
        assert hub.post(path, {"reason": reason, "hours": hours}).status_code == 422
    assert hub.post(path, {"reason": "The team cannot be reached", "hours": "2"}).status_code == 303
    page = hub.get("/homes").text
    assert SECRET[A] in page
    assert SECRET[B] not in page
    assert hub.get(f"/homes/{B}-home-1").status_code == 404
    later(world, 2 * HOUR_US)
    assert hub.get("/homes").status_code == 403


def test_emergency_access_is_told_to_governance_and_noted(world: World, app: FastAPI) -> None:
    hub, gil = Visit(app, "hub"), Visit(app, "gil")
    hub.post(f"/break-glass/{B}/open", {"reason": "A reason of elsewhere", "hours": "1"})
    assert "Emergency access was opened" not in gil.get("/audit").text
    hub.post(f"/break-glass/{A}/open", {"reason": "The team cannot be reached", "hours": "1"})
    assert "1 waits for your notice" in gil.get("/audit").text
    page = gil.get("/break-glass").text
    assert "The team cannot be reached" in page
    assert "A reason of elsewhere" not in page
    with world.database.connect() as connection:
        ids = {row.place: row.id for row in connection.execute(select(break_glass))}
    assert noted(world, A, "break-glass") == [ids[A]]
    assert gil.post(f"/break-glass/accesses/{ids[B]}/notice").status_code == 404
    assert hub.post(f"/break-glass/accesses/{ids[A]}/notice").status_code == 403
    assert gil.post(f"/break-glass/accesses/{ids[A]}/notice").status_code == 303
    assert "for your notice" not in gil.get("/audit").text
    assert noted(world, A, "break-glass-noticed") == [ids[A]]
    assert gil.post(f"/break-glass/accesses/{ids[A]}/end").status_code == 404
    assert hub.post(f"/break-glass/accesses/{ids[A]}/end").status_code == 303
    assert hub.get("/api/v1/places").status_code == 401


def test_emergency_access_needs_some_role_at_the_place(app: FastAPI) -> None:
    alice = Visit(app, "alice")
    sent = {"reason": "The team cannot be reached", "hours": "1"}
    assert alice.post(f"/break-glass/{B}/open", sent).status_code == 404
    assert alice.post("/break-glass/nowhere-place/open", sent).status_code == 404


def test_commissioners_see_no_small_number_and_the_hub_sees_exact_ones(app: FastAPI) -> None:
    told = Visit(app, "cora").get(f"/api/v1/places/{A}/counts").json()
    assert told["homes"] is None
    assert not told["is_exact"]
    assert all(n is None or n % 5 == 0 for n in [*told["standing"].values()])
    hub = Visit(app, "hub")
    assert hub.get(f"/api/v1/places/{B}/counts").json()["homes"] == 3
    assert "3" in hub.get("/counts").text
    assert "1 to 4" in Visit(app, "cora").get("/counts").text


@pytest.mark.parametrize(
    ("number", "told"), [(0, 0), (1, None), (4, None), (5, 5), (7, 5), (8, 10)]
)
def test_numbers_below_five_are_suppressed_and_others_rounded(
    number: int, told: int | None
) -> None:
    assert suppressed(number) == told


def test_governance_reads_the_log_of_its_place_only(world: World, app: FastAPI) -> None:
    Visit(app, "alice").get(f"/homes/{A}-home-1")
    gil = Visit(app, "gil")
    assert f"home:{A}-home-1" in gil.get("/audit").text
    rows = gil.get(f"/api/v1/places/{A}/audit?limit=200").json()
    assert {"sign-in", "read"} <= {row["what"] for row in rows}
    assert gil.get(f"/audit?place={B}").status_code == 404
    assert gil.get(f"/api/v1/places/{B}/audit").status_code == 404


def test_a_name_that_attacks_is_text_on_the_pages_of_people(world: World, app: FastAPI) -> None:
    hostile = "<script>alert(1)</script>"
    with world.database.begin() as connection:
        a = tables.accounts.c
        connection.execute(
            update(tables.accounts).where(a.id == "account-alice").values(name=hostile)
        )
    assert hostile not in Visit(app, "olive").get("/people").text
    hub = Visit(app, "hub")
    hub.post(f"/break-glass/{A}/open", {"reason": hostile, "hours": "1"})
    assert hostile not in hub.get("/break-glass").text
    assert hostile not in Visit(app, "gil").get("/break-glass").text


def test_origin_is_what_the_link_begins_with(app: FastAPI) -> None:
    answer = Visit(app, "olive").post(
        f"/people/{A}/invite", {"email": "n@example.org", "name": "N", "role": "operator"}
    )
    assert f">{URL}/invitation/" in answer.text
