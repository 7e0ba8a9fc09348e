"""Every item of the security list has its test or a reason, and the cheap ones are tested here."""

import ast
import re
from datetime import datetime
from pathlib import Path
from typing import Final

import pytest
import structlog
from limits import RateLimitItemPerHour, RateLimitItemPerMinute

from api import logs, throttle
from config import people
from config.roles import Role
from ingest.clock import Instant, instant, microseconds
from tests.api.life import A
from tests.api.visits import URL, Visit
from tests.api.world import PASSWORD, World, account, make_world
from tests.policy.test_routes import routes

ROOT: Final = Path(__file__).resolve().parents[2]
LIST: Final = ROOT / "config" / "SECURITY.md"
BROKERS: Final = ROOT / "ingest" / "brokers"
ROW: Final = re.compile(r"^\| ([SF]\d+) \| (.+?) \| (.+) \|$", re.MULTILINE)
ITEMS: Final = [*(f"S{number}" for number in range(1, 33)), "F15", "F19"]
TEST: Final = re.compile(r"`(tests/[\w/]+\.py)::(\w+)`")


@pytest.fixture
def world(tmp_path: Path) -> World:
    return make_world(tmp_path)


def rows() -> dict[str, str]:
    """Return what is said of the test of each item."""
    return {item: told for item, _, told in ROW.findall(LIST.read_text("utf-8"))}


def test_every_item_names_its_test_or_says_why_there_is_none() -> None:
    found = rows()
    assert list(found) == ITEMS
    for item, told in found.items():
        reason = re.match(r"Not(?: yet)?: .{20,}", told)
        assert TEST.search(told) or reason, f"{item} has neither a test nor a reason"


def test_every_test_that_is_named_exists_and_every_promise_names_one() -> None:
    said = LIST.read_text("utf-8")
    for row in re.findall(r"^\| .+ \|$", said, re.MULTILINE):
        is_head = row.rstrip(" |").endswith(("test", "test, or why not")) or set(row) <= set("| -")
        assert is_head or TEST.search(row) or "| Not" in row, row
    named = TEST.findall(said)
    assert len(named) == said.count("::")  # none is written in another way
    for file in {file for file, _ in named}:
        tree = ast.parse((ROOT / file).read_text("utf-8"))
        names = {  # of the module itself: what stands within something else is not run
            node.name
            for node in tree.body
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        }
        missing = {name for of, name in named if of == file} - names
        assert not missing, f"{file} has no {missing}"
        assert all(name.startswith("test_") for of, name in named if of == file), file


def test_every_measurement_that_is_named_exists() -> None:
    said = LIST.read_text("utf-8")
    benches = (ROOT / "tests" / "bench" / "__main__.py").read_text("utf-8")
    faults = (ROOT / "tests" / "faults" / "__main__.py").read_text("utf-8")
    found = re.findall(r"`python -m tests\.bench (\w+)`", said)
    assert "revocation" in found
    for name in found:
        assert f"        {name},\n" in benches, name
    for name in re.findall(r"`make faults FAULTS=(\w+)`", said):
        assert f"def {name}(" in faults, name


def settings_of(name: str) -> str:
    """Return a shipped broker configuration without what is commented out."""
    lines = (BROKERS / name).read_text("utf-8").splitlines()
    return "\n".join(line.partition("#")[0].rstrip() for line in lines)


def test_the_shipped_brokers_let_nobody_in_without_a_credential_or_in_the_clear() -> None:
    mosquitto = settings_of("mosquitto.conf")
    assert "allow_anonymous false" in mosquitto
    listeners = re.findall(r"^listener .*$", mosquitto, re.MULTILINE)
    assert listeners == ["listener 8883"]
    assert {"certfile", "keyfile", "tls_version tlsv1.2"} <= {
        line if line.startswith("tls") else line.split(" ")[0] for line in mosquitto.splitlines()
    }
    nats = settings_of("nats.conf")
    assert "no_auth_user" not in nats
    assert re.search(r"mqtt \{[^}]*tls \{[^}]*cert_file", nats)
    assert 'host: "127.0.0.1"' in nats.partition("mqtt {")[0]


def test_no_shipped_rule_opens_the_brokers_own_topics() -> None:
    for name in ("mosquitto.acl", "mosquitto.conf", "nats.conf"):
        told = settings_of(name)
        assert "$CONTROL" not in told
        assert "$SYS" not in told
        assert not re.search(r"^(topic|pattern)( \w+)? #$", told, re.MULTILINE), name
        assert "plugin" not in told


def test_the_shipped_brokers_bound_what_one_client_may_do() -> None:
    mosquitto, nats = settings_of("mosquitto.conf"), settings_of("nats.conf")
    for key in ("message_size_limit", "max_connections", "max_keepalive"):
        found = re.search(rf"^{key} (\d+)$", mosquitto, re.MULTILINE)
        assert found, key
        assert int(found[1]) > 0
    for key in ("max_payload", "max_connections"):
        assert re.search(rf"^{key}: [1-9]\d*$", nats, re.MULTILINE), key


def test_every_answer_over_https_carries_every_header(world: World) -> None:
    object.__setattr__(world.resources, "is_secure", True)
    visit = Visit(world.app)
    for path in ("/sign-in", "/alerts", "/api/v1/alerts", "/nowhere", "/health", "/live"):
        told = visit.get(path).headers
        assert "max-age=31536000" in told["strict-transport-security"], path
        assert told["x-content-type-options"] == "nosniff"
        assert told["x-frame-options"] == "DENY"
        assert told["cache-control"] == "no-store"
        policy = told["content-security-policy"]
        assert "frame-ancestors 'none'" in policy
        assert "unsafe" not in policy


def test_one_client_and_one_account_ask_only_so_often(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(throttle, "TRIES", RateLimitItemPerMinute(5, 15))
    monkeypatch.setattr(throttle, "REQUESTS", RateLimitItemPerMinute(10))
    app = world.app
    alice, bob = Visit(app, "alice"), Visit(app, "bob")
    said = [alice.get("/api/v1/places").status_code for _ in range(12)]
    assert said == [200] * 10 + [429] * 2
    assert bob.get("/api/v1/places").status_code == 200
    stranger = Visit(app)
    monkeypatch.setattr(people, "verify_password", lambda *_: False)
    tries = [stranger.sign_in(f"{n}@example.org", "wrong").status_code for n in range(8)]
    assert 429 in tries
    assert stranger.get("/invitation/made-up-token-000000").status_code == 429


@pytest.mark.parametrize(
    "calls",
    [
        [("POST", f"/api/v1/places/{A}/households/search", {"name": "example"})],
        [("POST", f"/api/v1/homes/{A}-home-1/key-safe", None),
         ("POST", f"/homes/{A}-home-1/key-safe", None)],
        [("GET", f"/data-requests/{A}-home-1/export.json", None),
         ("GET", f"/api/v1/homes/{A}-home-1/subject-export", None)],
    ],
    ids=["searches", "key safes", "exports"],
)  # fmt: skip
def test_one_account_is_given_only_so_much_by_page_and_rest_together(
    world: World, monkeypatch: pytest.MonkeyPatch, calls: list[tuple[str, str, object]]
) -> None:
    few = {
        path: RateLimitItemPerHour(4, namespace=limit.namespace)
        for path, limit in throttle.COSTLY.items()
    }
    monkeypatch.setattr(throttle, "COSTLY", few)
    account(world.database, "Olive", *((A, role) for role in Role))
    app = world.app
    bob, olive = Visit(app, "bob"), Visit(app, "olive")
    said = [bob.send(path, body, method).status_code for method, path, body in (calls * 6)[:6]]
    assert [code == 429 for code in said] == [False] * 4 + [True] * 2, said
    assert not [code for code in said if code >= 500]
    method, path, body = calls[0]
    assert olive.send(path, body, method).status_code != 429  # another account
    assert bob.get("/api/v1/places").status_code == 200


def test_every_route_of_which_there_is_only_so_much_exists(world: World) -> None:
    known = {path.removeprefix("/api/v1") for _, path, _ in routes(world.app)}
    assert set(throttle.COSTLY) <= known


def test_no_secret_is_in_a_log(
    world: World,
    request: pytest.FixtureRequest,
    capfd: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    logs.configure()
    request.addfinalizer(structlog.reset_defaults)
    account(world.database, "Olive", (A, Role.OFFICER))
    app = world.app
    olive, canary = Visit(app, "olive"), "canary-in-a-coal-mine"
    Visit(app).sign_in(f"{canary}@example.org", canary)
    form = {"email": "new@example.org", "name": "New", "role": "operator"}
    link = re.search(r'"(/invitation/[^"]+)"', olive.post(f"/people/{A}/invite", form).text)
    assert link
    Visit(app).post(link[1], {"password": canary, "again": canary})
    shown = olive.post("/me/tokens", {"name": "x", "scope": "read", "days": "1"}).text
    token = re.search(r"stillwell_[\w-]+", shown)
    assert token
    Visit(app).client.get("/api/v1/places", headers={"Authorization": f"Bearer {token[0]}"})
    olive.post("/me/password", {"current": PASSWORD, "password": canary, "again": canary})
    monkeypatch.setattr("api.web.places.queries.scope_of", lambda _: 1 / 0)
    olive.client.get("/places", headers={"Origin": URL})  # fails, and its trace is logged
    said = "".join(capfd.readouterr())
    assert '"route"' in said
    assert "request_failed" in said
    secrets = (canary, PASSWORD, token[0], link[1].rpartition("/")[2], "new@example.org")
    for secret in (*secrets, *olive.client.cookies.values()):
        assert secret not in said


def test_every_pin_has_a_hash_and_no_address() -> None:
    for name in ("requirements.lock", "requirements-dev.lock"):
        text = (ROOT / name).read_text("utf-8")
        pins = re.findall(r"^[a-z0-9][\w.-]*(?:\[[\w,-]+\])?==[^\\]+\\?$", text, re.MULTILINE)
        assert len(pins) > 40
        blocks = re.split(r"\n(?=[a-z0-9])", text)
        bare = [block for block in blocks if "==" in block and "--hash=sha256:" not in block]
        assert not bare, bare
        assert "://" not in text, name


def test_what_is_asked_of_our_pins_is_asked_of_all_of_them() -> None:
    said = (ROOT / "Makefile").read_text("utf-8")
    audit = re.search(r"^audit: .*\n\t(.+)$", said, re.MULTILINE)
    sbom = re.search(r"^sbom: .*\n\t(.+)$", said, re.MULTILINE)
    assert audit
    assert sbom
    assert {"--strict", "--require-hashes", "requirements.lock"} <= set(audit[1].split())
    assert "ignore" not in audit[1]  # what is known is mended or told here, not left out
    assert "requirements.lock" in sbom[1].split()
    assert re.search(r"^check: .*\bbandit\b", said, re.MULTILINE)


def test_security_txt_says_whom_to_tell_and_until_when(world: World) -> None:
    assert Visit(world.app).get("/.well-known/security.txt").status_code == 404
    object.__setattr__(world.resources, "security_contact", "mailto:security@council.example")
    object.__setattr__(world.resources, "support_ends", "2031-12-31")
    answer = Visit(world.app).get("/.well-known/security.txt")
    assert answer.headers["content-type"].startswith("text/plain")
    fields = dict(line.split(": ", 1) for line in answer.text.splitlines() if ": " in line)
    assert fields["Contact"] == "mailto:security@council.example"
    assert "2031-12-31" in answer.text
    assert fields["Expires"].endswith("Z")
    assert microseconds(world.wall) < microseconds(parsed(fields["Expires"]))


def parsed(when: str) -> Instant:
    return instant(int(datetime.fromisoformat(when).timestamp() * 1_000_000))
