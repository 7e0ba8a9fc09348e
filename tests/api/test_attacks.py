"""What an attacker tries, with a session and without one."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import update

from alerts.alert import AlertKind
from api.auth import Lockout
from api.live import Feed
from config import people, registry, tables
from config.homes import HomeState
from config.registry import set_home_state
from config.roles import Role
from tests.api.life import SECRET, A, B
from tests.api.visits import URL, Visit
from tests.api.world import NOW, PASSWORD, World, account, make_world
from tests.policy.test_routes import filled, routes

HOSTILE = """<script>alert(1)</script><img src=x onerror=alert(2)>"' onfocus='x' {{7*7}}"""
ESCAPED = "&lt;script&gt;alert(1)&lt;/script&gt;"


@pytest.fixture
def world(tmp_path: Path) -> World:
    return make_world(tmp_path)


def test_every_unsafe_route_refuses_another_sites_form(world: World) -> None:
    app = world.app
    visit = Visit(app, "bob")
    unsafe = [(m, p) for m, p, _ in routes(app) if m not in ("GET", "HEAD", "OPTIONS")]
    assert len(unsafe) >= 6
    alert = world.alerts_of(A)[-1]
    for method, path in unsafe:
        for headers in ({}, {"Origin": "https://evil.example"}, {"Sec-Fetch-Site": "cross-site"}):
            answer = visit.client.request(
                method, filled(path, A, alert), headers=headers, data={"outcome": "test"}
            )
            assert answer.status_code == 403, (method, path, headers)
    assert visit.get(f"/api/v1/alerts/{alert}").json()["state"] == "open"


@pytest.mark.parametrize("origin", ["http://[", "http://testserver:80", "testserver", "//", "é"])
def test_an_origin_that_is_not_ours_to_the_letter_is_refused_without_a_failure(
    world: World, origin: str
) -> None:
    answer = Visit(world.app).client.post("/sign-in", headers={b"Origin": origin.encode()})
    assert answer.status_code == 403


def test_over_https_a_page_of_plain_http_is_another_site(world: World) -> None:
    object.__setattr__(world.resources, "is_secure", True)
    visit = Visit(world.app)
    for origin, status in (("http://testserver", 403), ("https://testserver", 422)):
        assert visit.client.post("/sign-in", headers={"Origin": origin}).status_code == status


def test_a_session_named_before_signing_in_is_never_taken_over(world: World) -> None:
    app = world.app
    visit = Visit(app)
    visit.client.cookies.set("stillwell", "chosen-by-somebody-else")
    answer = visit.sign_in("alice@example.org", PASSWORD)
    assert len(answer.cookies["stillwell"]) > 40
    assert answer.cookies["stillwell"] != "chosen-by-somebody-else"
    thief = Visit(app)
    thief.client.cookies.set("stillwell", "chosen-by-somebody-else")
    assert thief.get("/api/v1/places").status_code == 401


def test_many_tries_at_once_gain_no_more_than_ten(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    checked: list[str] = []

    def verify(_hash: str, password: str) -> bool:
        checked.append(password)
        time.sleep(0.02)
        return False

    monkeypatch.setattr(people, "verify_password", verify)
    visit = Visit(world.app)
    with ThreadPoolExecutor(8) as pool:
        guesses = [str(n) for n in range(40)]
        said = list(pool.map(lambda g: visit.sign_in("alice@example.org", g).status_code, guesses))
    assert len(checked) == Lockout.LIMIT
    assert said.count(429) == 30


def test_a_flood_of_sign_ins_leaves_threads_for_those_who_are_signed_in(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    is_free = threading.Event()

    def verify(_hash: str, _password: str) -> bool:
        return is_free.wait(20)

    app = world.app
    alice = Visit(app, "alice")
    monkeypatch.setattr(people, "verify_password", verify)
    with alice.client, ThreadPoolExecutor(40) as pool:
        flood = Visit(app)
        flood.client = alice.client
        # Each waits in a thread of the one server that both share.
        tries = [pool.submit(flood.sign_in, f"{n}@example.org", "x") for n in range(40)]
        end = time.monotonic() + 10
        while sum(t.done() for t in tries) < 28 and time.monotonic() < end:
            time.sleep(0.01)
        assert {t.result().status_code for t in tries if t.done()} == {503}
        started = time.monotonic()
        assert alice.get("/api/v1/places").status_code == 200
        assert time.monotonic() - started < 5
        is_free.set()
    assert sum(t.result().status_code == 503 for t in tries) == 28


def test_lockout_forgets_after_the_right_password() -> None:
    lockout = Lockout()
    for _ in range(9):
        assert lockout.admit("a@example.org", NOW)
    lockout.forget("A@example.org ")
    assert [lockout.admit("a@example.org", NOW) for _ in range(11)] == [True] * 10 + [False]


def test_hostile_names_and_notes_are_shown_as_text_on_every_page(world: World) -> None:
    home = world.homes[A][0]
    with world.database.begin() as connection:
        h, s, a = tables.homes, tables.sensors, tables.accounts
        connection.execute(update(h).where(h.c.id == home.id).values(label=HOSTILE))
        connection.execute(update(s).values(room=HOSTILE, address=s.c.address + HOSTILE))
        connection.execute(update(a).where(a.c.id == "account-bob").values(name=HOSTILE))
    with world.database.connect() as connection:
        table = registry.load(connection)
    world.resources = replace(world.resources, table=lambda: table)
    alert = world.raise_alert(AlertKind.FALL, home, HOSTILE, ago_min=1)
    visit = Visit(world.app, "bob")
    visit.post(f"/alerts/{alert}/acknowledge")
    visit.post(f"/alerts/{alert}/resolve", {"outcome": "other", "note": HOSTILE})
    paths = ["/alerts", "/alerts?show=ended", f"/alerts/{alert}", "/homes", f"/homes/{home.id}"]
    for path in [*paths, "/places", "/system"]:
        page = visit.get(path).text
        assert ESCAPED in page, path
        assert "<script>alert" not in page, path
        assert "<img src=x" not in page, path
        assert "49" not in page.split(ESCAPED)[1][:120], path
        assert "' onfocus='" not in page, path
    problem = visit.post(f"/alerts/{alert}/resolve", {"outcome": HOSTILE, "note": HOSTILE})
    assert "<script>alert" not in problem.text


def test_what_was_typed_wrong_comes_back_as_text(world: World) -> None:
    answer = Visit(world.app).sign_in(HOSTILE, "x", f"/{HOSTILE}")
    assert ESCAPED in answer.text
    assert "<script>alert" not in answer.text
    visit = Visit(world.app, "alice")
    for path in (f"/alerts?place={HOSTILE}", f"/alerts?show={HOSTILE}", f"/homes?after={HOSTILE}"):
        assert "<script>alert" not in visit.get(path).text


@pytest.mark.parametrize(
    "asked",
    ["/%0d%0aSet-Cookie:%20a=b", "/alerts?x=%0d%0aX-Evil:%201", "/\r\nX-Evil: 1", "/é\u2028x"],
)
def test_no_address_becomes_a_header(world: World, asked: str) -> None:
    app = world.app
    answers = [Visit(app).sign_in("alice@example.org", PASSWORD, asked)]
    if asked.isprintable():
        answers.append(Visit(app).get(asked))
    for answer in answers:
        assert "x-evil" not in answer.headers
        assert "a=b" not in answer.headers.get("set-cookie", "")
        assert answer.headers.get("location", "/").startswith("/")


def test_no_redirect_follows_the_host_header(world: World) -> None:
    visit = Visit(world.app, "alice")
    for path in ("/alerts/", "/homes/", "/static", "/sign-in/", "/", "//evil.example/alerts"):
        answer = visit.client.get(path, headers={"Host": "evil.example"})
        assert "evil.example" not in answer.headers.get("location", ""), path
        assert "evil.example/" not in answer.text, path


def test_a_long_address_to_return_to_is_dropped_and_signing_in_works(world: World) -> None:
    long = f"/alerts?x={'a' * 30_000}"
    visit = Visit(world.app)
    assert visit.get(long).headers["location"] == "/sign-in"
    assert len(visit.get(f"/sign-in?next={long}").text) < 20_000
    assert visit.sign_in("alice@example.org", PASSWORD, long[:3000]).headers["location"] == "/"


@pytest.mark.parametrize(
    "query",
    ["place=%FF", "place=%00", f"place={'a' * 60_000}", "show=", "after=%F0%9F", "x[]=1&x=2&x"],
)
def test_odd_queries_are_answered_without_a_failure(world: World, query: str) -> None:
    visit = Visit(world.app, "bob")
    for path in ("/alerts", "/homes", "/places", "/system", "/api/v1/alerts", "/sign-in"):
        answer = visit.get(f"{path}?{query}")
        assert answer.status_code in (200, 303, 404, 422), (path, query, answer.status_code)
        assert len(answer.content) < 100_000


@pytest.mark.parametrize(
    "path",
    [
        "/static/../app.py",
        "/static/%2e%2e/app.py",
        "/static/..%2fapp.py",
        "/static/%2e%2e%2f%2e%2e%2fpyproject.toml",
        "/static//etc/passwd",
        "/static/%2fetc%2fpasswd",
        "/static/..\\app.py",
        "/static/stillwell.css%00.txt",
        "/static/",
        "/static/govuk-frontend-6.3.0",
    ],
)
def test_static_files_stay_in_their_folder(world: World, path: str) -> None:
    answer = Visit(world.app).get(path)
    assert answer.status_code == 404, path
    assert "immutable" not in answer.headers["cache-control"]


def test_another_versions_address_is_not_kept_with_this_versions_content(world: World) -> None:
    visit = Visit(world.app)
    for query in ("?v=000000000000", "?v=", "?v", "?w=1"):
        assert visit.get(f"/static/stillwell.js{query}").headers["cache-control"] == "no-cache"


def test_methods_that_a_route_lacks_are_refused_and_head_is_get_without_a_body(
    world: World,
) -> None:
    app = world.app
    visit = Visit(app, "bob")
    alert = world.alerts_of(A)[-1]
    known = {(method, path) for method, path, _ in routes(app)}
    for method, path in sorted(known):
        address = filled(path, A, alert)
        if method == "GET" and path not in ("/live", "/static"):
            head = visit.client.head(address)
            assert head.content == b""
            assert head.status_code == visit.get(address).status_code
            assert head.headers["x-content-type-options"] == "nosniff"
        for odd in ("PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "PROPFIND"):
            if (odd, path) in known:
                continue
            answer = visit.client.request(odd, address, headers={"Origin": URL})
            assert answer.status_code in (404, 405), (odd, path)
            assert answer.headers["cache-control"] == "no-store"
    assert visit.client.head("/live").status_code == 405
    assert visit.get(f"/alerts/{alert}/resolve").status_code == 405
    assert visit.get(f"/api/v1/alerts/{alert}").json()["state"] == "open"


def test_a_method_named_in_a_form_or_header_changes_nothing(world: World) -> None:
    visit = Visit(world.app, "alice")
    alert = world.alerts_of(A)[-1]
    visit.client.get(
        f"/alerts/{alert}/acknowledge?_method=POST", headers={"X-HTTP-Method-Override": "POST"}
    )
    assert visit.get(f"/api/v1/alerts/{alert}").json()["state"] == "open"


def test_a_file_or_a_list_where_a_word_is_expected_is_told_and_does_no_harm(world: World) -> None:
    visit = Visit(world.app)
    sent = visit.client.post(
        "/sign-in",
        files={"email": ("a.txt", b"x"), "password": ("b", b"y")},
        headers={"Origin": URL},
    )
    assert sent.status_code == 422
    twice = visit.client.post(
        "/sign-in", data={"email": ["a@b.example", "c@d.example"]}, headers={"Origin": URL}
    )
    assert twice.status_code == 422


@pytest.mark.parametrize("length", ["-1", "1e3", "²", "0x10", "", "9" * 400])
def test_a_length_that_is_no_number_is_refused(world: World, length: str) -> None:
    answer = Visit(world.app).client.post(
        "/sign-in", headers={b"Origin": URL.encode(), b"Content-Length": length.encode("latin-1")}
    )
    assert answer.status_code == 413


@pytest.mark.parametrize("token", ["", "x" * 5000, "é", "a b", "../../etc", "%00"])
def test_a_made_up_session_is_no_session(world: World, token: str) -> None:
    answer = Visit(world.app).client.get(
        "/api/v1/places", headers={b"Cookie": f"stillwell={token}".encode("latin-1")}
    )
    assert answer.status_code == 401


def test_every_answer_but_a_static_file_is_kept_by_nobody(world: World) -> None:
    app = world.app
    for visit in (Visit(app), Visit(app, "bob")):
        for method, path, _ in routes(app):
            if method != "GET" or path in ("/live", "/static"):
                continue
            answer = visit.get(filled(path, A, world.alerts_of(A)[0]))
            assert answer.headers["cache-control"] == "no-store", path
            policy = answer.headers["content-security-policy"]
            assert "unsafe-" not in policy, path
            assert "default-src 'none'" in policy, path


async def test_engineers_hear_no_change_about_people(world: World) -> None:
    account(world.database, "Edda", (A, Role.ENGINEER))
    from api.auth import HOMES, find_visitor
    from api.live import Client

    token = Visit(world.app, "edda").client.cookies["stillwell"]
    visitor = find_visitor(world.resources, token)
    assert visitor is not None
    client = Client(visitor.account.id, frozenset(visitor.places(*HOMES)))
    assert client.places == frozenset()
    assert not Feed(world.resources).read(0, 1000, client.places)


def test_a_home_that_has_ended_is_no_way_into_another_place(world: World) -> None:
    with world.database.begin() as connection:
        set_home_state(connection, [f"{B}-home-1"], HomeState.ENDED)
    visit = Visit(world.app, "alice")
    for path in (f"/homes/{B}-home-1", f"/api/v1/homes/{B}-home-1/sensors"):
        answer = visit.get(path)
        assert answer.status_code == 404
        assert SECRET[B] not in answer.text
