"""Every route has a rule, and no byte of one place is seen from another."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.dependencies.models import Dependant
from fastapi.routing import iter_route_contexts
from httpx2 import Response
from sqlalchemy import event, select
from starlette.routing import Mount

from alerts import tables
from api.auth import PUBLIC, Needs
from config import gateway_tables, household_tables
from config import tables as registry
from config.roles import Role
from ingest.batch import empty
from ingest.journal import Journal
from ingest.message import Reason, Reject
from tests.api.carrying import waiting_move
from tests.api.life import SECRET, A, B
from tests.api.visits import Visit
from tests.api.world import World, account, make_world

GOLDEN = Path(__file__).parent / "route_roles.txt"
STREAMS = frozenset({"/live"})
"""Routes that never end; tests/api/test_live.py holds them to the same."""


OWN = frozenset({"/homes/search", "/data-requests/search"})
"""Routes that name no place: they look through the caller's own."""


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    world = make_world(tmp_path_factory.mktemp("places"))
    for place in (A, B):
        for role in Role:
            account(world.database, f"{place}-{role.value}", (place, role))
        homes = f"{place}-home-1", f"{place}-home-2"
        waiting_move(world, f"move-of-{place}", *homes, f"account-{place}-installer")
    account(world.database, f"{A}-all", *((A, role) for role in Role))
    journal = Journal.open(world.folder / "journal.db")
    letters = [
        Reject(Reason.NOT_JSON, f"stillwell/v1/{p}/{p}-gateway-1/r", SECRET[p].encode(), "", 7)
        for p in (A, B)
    ]
    journal.append(empty(), [], letters)
    journal.close()
    return world


@pytest.fixture(scope="module")
def app(world: World) -> FastAPI:
    return world.app


def rules(dependant: Dependant) -> Iterator[Needs]:
    for inner in dependant.dependencies:
        if isinstance(inner.call, Needs):
            yield inner.call
        yield from rules(inner)


def routes(app: FastAPI) -> list[tuple[str, str, list[Needs]]]:
    """Return (method, path, rules) of every route."""
    found: list[tuple[str, str, list[Needs]]] = []
    for context in iter_route_contexts(app.routes):
        if isinstance(context.original_route, Mount):
            found.append(("GET", str(context.path), []))
            continue
        needs = list(rules(context.dependant))
        found += [(method, str(context.path), needs) for method in sorted(context.methods or ())]
    return found


def test_every_route_has_one_rule_or_is_public_on_purpose(app: FastAPI) -> None:
    found = routes(app)
    assert len(found) >= 25
    for method, path, needs in found:
        if path in PUBLIC:
            assert not needs, f"{path} is public and has a rule"
        else:
            assert len(needs) == 1, f"{method} {path} has {len(needs)} rules, expected one"
    assert {path for _, path, _ in found if path in PUBLIC} == PUBLIC


def table(app: FastAPI) -> str:
    """Return who may call each route, one line a route, as ``route_roles.txt`` keeps it."""
    lines = []
    for method, path, needs in routes(app):
        who = [role.value for role in Role if needs and role in needs[0].roles]
        lines.append(f"{method} {path}: {', '.join(who) if needs else 'anybody'}")
    return "\n".join(sorted(lines)) + "\n"


def test_who_may_call_which_route_is_what_was_agreed(app: FastAPI) -> None:
    """After a change on purpose: ``python -m tests.policy.route_roles`` writes the file anew."""
    assert table(app) == GOLDEN.read_text("utf-8")


def filled(path: str, place: str, alert: str = "", finding: str = "") -> str:
    known = {
        "{alert}": alert,
        "{finding}": finding,
        "{detector}": "inactivity",
        "{name}": "room_z",
        "{contact}": f"contact-{place}-1",
        "{attempt}": "1",
        "{priority}": "P1",
        "{home}": f"{place}-home-1",
        "{home_id}": f"{place}-home-1",
        "{gateway}": f"{place}-gateway-1",
        "{sensor}": f"{place}-1-sensor-1",
        "{place}": place,
        "{number}": "1",
        "{account}": f"account-{place}-care-worker",
        "{access}": f"access-{place}",
        "{token}": f"token-of-{place}-000000",
        "{on}": "2026-03-02",
        "{draft}": f"draft-of-{place}",
        "{move}": f"move-of-{place}",
        "{step}": "person",
        "{team}": "new",
        "{shift}": "new",
        "{spot}": "day.first.2026-03-03.0800",
    }
    for name, value in known.items():
        path = path.replace(name, value)
    assert "{" not in path, f"{path} has a parameter that this test does not know"
    return path


def calls(app: FastAPI, world: World, place: str) -> Iterator[tuple[str, str]]:
    """Yield (method, address) of every route, asked about what belongs to this place."""
    day = "from=2026-03-02T00:00:00Z&to=2026-03-03T00:00:00Z"
    for method, path, _ in routes(app):
        if path in STREAMS or path in PUBLIC:
            continue
        if "{alert}" in path:
            for alert in world.alerts_of(place):
                yield method, filled(path, place, alert)
            continue
        if "{finding}" in path:
            for finding in world.findings_of(place):
                yield method, filled(path, place, finding=finding)
            continue
        address = filled(path, place)
        yield method, f"{address}?{day}" if path.endswith("/readings") else address
        yield method, f"{address}?place={place}&{day}"


def marks(world: World, place: str) -> Sequence[str]:
    """Return the words by which this place's bytes are known."""
    names = ["Wintergreen", "Northmoor"] if place == B else ["Larkspur", "Fenbridge"]
    ids = [*world.alerts_of(place), *world.findings_of(place)]
    return [*names, *ids, f"{place}-home", f"{place}-gateway", f"{place}-1-"]


@pytest.mark.parametrize("role", [role.value for role in Role])
@pytest.mark.parametrize(("own", "other"), [(A, B), (B, A)])
def test_no_byte_of_another_place_is_seen_in_any_role(
    world: World, app: FastAPI, own: str, other: str, role: str
) -> None:
    visit = Visit(app, f"{own}-{role}")
    foreign = marks(world, other)
    tried = 0
    for asked in (own, other):
        for method, address in calls(app, world, asked):
            if address.split("?")[0] in ("/sign-out", "/me/sign-out-everywhere"):
                continue
            answer = visit.get(address) if method == "GET" else act(visit, address, method)
            if method == "GET" and asked == other and f"place={other}" not in address:
                is_named = any(word in address for word in (other, *ids_of(world, other)))
                assert not is_named or answer.status_code in (403, 404), (address, answer)
            is_own = "/me/" in address or address.split("?")[0] in OWN
            if method != "GET" and asked == other and not is_own:
                assert answer.status_code in (403, 404), (address, answer.status_code)
            leaked = [word for word in foreign if word in answer.text]
            assert not leaked, (method, address, leaked)
            tried += 1
    assert tried > 60
    assert not _touched(world, other)


def ids_of(world: World, place: str) -> list[str]:
    return [*world.alerts_of(place), *world.findings_of(place)]


BODIES: dict[str, dict[str, Any]] = {
    "visits": {"visits": [{"day": "daily", "from": "08:00", "to": "09:00"}]},
    "pauses": {"reason": "holiday", "until": "2026-03-09T12:00:00Z"},
    "end": {"outcome": "no-answer"},
    "extend": {"until": "2026-03-10T12:00:00Z"},
    "contacts": {"contact": []},
    "installations": {"day": "2026-03-03"},
    "announced": {"devices": []},
    "device-moves": {"to_home": "home-of-nobody", "why": "a test"},  # refused, and told as sent
    "refuse": {"why": " "},
    "revoke": {"why": "a test"},
    "replacement": {"why": " "},  # refused: the gateway has its name in this world
    "replace": {"why": "a test", "overlap": "24"},  # shown to be checked only
    "sensor replacement": {"address": "a-test", "why": " "},  # refused: it has its address here
    "sensor replace": {"device": "other", "address": "a-test", "why": "a test"},  # shown only
    "consents": {
        "basis": "consent",
        "decided_by": "person",
        "decided_on": "2026-03-01",
        "review_on": "2026-02-01",  # refused: what is kept would stay in this world
        "purpose": {"motion": "a test"},
    },
    "withdraw": {"why": " "},
    "record": {"basis": "consent"},  # refused: the rest is empty
    "ending": {"reason": "died", "ended_on": "2999-01-01"},  # refused: a home ends for good
    "take-back": {"why": "a test"},
    "move": {"same_place": "no"},  # refused: a home would stay moved in this world
    "moves": {
        "moved_on": "2999-01-01",
        "why": "a test",
        "address_1": "1 Nowhere Lane",
        "town": "Exampleton",
        "postcode": "ZZ1 2AB",
    },
    "households": {"households": [{"name": "Mx Invented"}]},
    "search": {"name": "Mx Invented"},
    "household": {"household": {"name": "Mx Invented"}},
    "emergency-access": {"reason": "refused"},  # what is opened would stay open in this world
    "holds": {"reason": "a test"},
    "safeguard": {"why": " "},  # refused: the contact would be gone from this world
    "lift": {"why": "a test"},
    "facts": {"residents": 2, "has_pets": True, "goes_out": "never", "risk_tier": 1},
}
"""What routes take, by the last part of their address."""


def named(path: str) -> str:
    """Return the last part of an address, with what it is done to where two share the part."""
    last = path.rpartition("/")[2]
    return f"sensor {last}" if "/sensors/" in path else last


SETTINGS: dict[str, dict[str, Any]] = {
    "ladders": {"ladder": {}, "why": "a test"},
    "budget": {"per_100_homes_week": 9, "why": "a test"},
    "texts": {"texts": {}, "why": "a test"},
    "rota": {"rota": {}, "why": "a test"},
}
"""What puts settings of a place, by the part of the address after it; without If-Match in vain."""


def act(visit: Visit, address: str, method: str) -> Response:
    path = address.partition("?")[0]
    if path.endswith("/attempts"):
        return attempt(visit, address)
    body = _body(address, path, method)
    return (
        visit.send(address, body, method)
        if "/api/" in address
        else visit.post(address, {name: str(value) for name, value in body.items()})
    )


def _body(address: str, path: str, method: str) -> dict[str, Any]:
    parts = path.split("/")
    if "/api/" in address and path.endswith("/caps"):
        body = {
            "home": f"{parts[4]}-home-1",
            "from_min": 0,
            "to_min": 60,
            "days": 1,
            "why": "a test",
        }
    elif method == "PUT" and "/api/v1/places/" in path and parts[5] in SETTINGS:
        body = SETTINGS[parts[5]]
    elif (found := next((part for part in PARTS if part in address), None)) is not None:
        body = PARTS[found]
    elif (last := named(path)) in BODIES:
        body = BODIES[last]
    elif "/detectors/" in address:
        body = {"mode": "off", "evidence": "a test"}
    else:
        body = {"outcome": "test"}
    return body


PARTS: dict[str, dict[str, Any]] = {
    "/adjudicate": {"said": "true"},
    "/settings/": {"value": 9, "why": "refused"},  # what is set would stay in this world
    "/webhook": {"url": "https://127.0.0.1/"},
    "/me/": {"language": "cy"},
    "/attempts/": {"result": "answered"},
}
"""... and by a part of it, the first that is there."""


def attempt(visit: Visit, address: str) -> Response:
    """Try the first contact of either place."""
    for place in (A, B):
        body = {"contact": f"contact-{place}-1", "result": "no-answer"}
        is_rest = "/api/" in address
        answer = visit.send(address, body) if is_rest else visit.post(address, body)
        if answer.status_code != 404:
            break
    return answer


def _touched(world: World, place: str) -> bool:
    visit = Visit(world.app, f"{place}-{Role.SUPERVISOR.value}")
    found = visit.get("/api/v1/alerts?limit=200").json()["alerts"]
    actors = {alert["acknowledged_by"] for alert in found} | {a["resolved_by"] for a in found}
    other = A if place == B else B
    path = "/api/v1/shadow-findings"
    with world.database.connect() as connection:
        tried, listed = tables.contact_attempts, registry.contacts
        by = select(tried.c.actor).join(tables.alerts).where(tables.alerts.c.place == place)
        actors |= set(connection.execute(by).scalars())
        booked = registry.visits
        by = select(booked.c.saved_by).join(registry.homes)
        actors |= set(connection.execute(by.where(registry.homes.c.place == place)).scalars())
        by = select(listed.c.confirmed_by).join(registry.homes)
        actors |= set(connection.execute(by.where(registry.homes.c.place == place)).scalars())
        paused = registry.pauses
        by = select(paused.c.account).join(registry.homes)
        actors |= set(connection.execute(by.where(registry.homes.c.place == place)).scalars())
        for column in (gateway_tables.walk_tests.c.account, gateway_tables.installations.c.made_by):
            by = select(column).join(registry.homes)
            actors |= set(connection.execute(by.where(registry.homes.c.place == place)).scalars())
        decided = registry.consents
        for column in (decided.c.recorded_by, decided.c.withdrawn_by):
            by = select(column).join(registry.homes)
            actors |= set(connection.execute(by.where(registry.homes.c.place == place)).scalars())
        kept, begun = household_tables.households, household_tables.drafts
        by = select(kept.c.saved_by).join(registry.homes)
        actors |= set(connection.execute(by.where(registry.homes.c.place == place)).scalars())
        by = select(begun.c.account).where(begun.c.place == place)
        actors |= set(connection.execute(by).scalars())
        held = gateway_tables.credentials
        for column in (held.c.issued_by, held.c.ended_by):
            by = select(column).join(registry.gateways)
            mine = registry.gateways.c.place == place
            actors |= set(connection.execute(by.where(mine)).scalars())
    actors |= {found["said_by"] for found in visit.get(path).json()["shadow_findings"]}
    past = visit.get(f"/api/v1/places/{place}/detectors/inactivity/history").json()
    actors |= {switch["account"] for switch in past}
    return any(str(actor).startswith(f"account-{other}") for actor in actors)


def test_absent_and_foreign_are_one_answer_by_the_same_statements(
    world: World, app: FastAPI
) -> None:
    visit = Visit(app, f"{A}-{Role.SUPERVISOR.value}")
    said: list[str] = []
    event.listen(world.database, "before_cursor_execute", lambda *a: said.append(a[2]))
    alert, found = world.alerts_of(B)[0], world.findings_of(B)[0]
    pairs = [
        (f"/api/v1/homes/{B}-home-1", "/api/v1/homes/nowhere-home"),
        (f"/api/v1/homes/{B}-home-1/sensors", "/api/v1/homes/nowhere-home/sensors"),
        (f"/api/v1/places/{B}/homes", "/api/v1/places/nowhere-place/homes"),
        (f"/api/v1/alerts/{alert}", f"/api/v1/alerts/{'0' * 32}"),
        (f"/homes/{B}-home-1", "/homes/nowhere-home"),
        (f"/alerts/{alert}", f"/alerts/{'0' * 32}"),
        (f"/alerts?place={B}", "/alerts?place=nowhere-place"),
        (f"/detectors/{B}/inactivity", "/detectors/nowhere-place/inactivity"),
        (f"/detectors/findings?place={B}", "/detectors/findings?place=nowhere-place"),
        (f"/api/v1/shadow-findings/{found}", f"/api/v1/shadow-findings/{'0' * 32}"),
        (f"/api/v1/places/{B}/detectors", "/api/v1/places/nowhere-place/detectors"),
    ]
    for foreign, absent in pairs:
        answers, statements = [], []
        for address in (foreign, absent):
            said.clear()
            answer = visit.get(address)
            nonce = answer.headers["content-security-policy"].split("nonce-")[1].split("'")[0]
            answers.append((answer.status_code, answer.text.replace(nonce, "")))
            statements.append(list(said))
        assert answers[0] == answers[1], foreign
        assert answers[0][0] == 404
        assert statements[0] == statements[1], foreign


NOWHERE = "nowhere-place"
"""A place that does not exist; ids are made of it as they are of a place that does."""


def told(visit: Visit, said: list[str], method: str, address: str) -> tuple[int, str, list[str]]:
    """Return (status, answer without nonce and ids, statements) of a call."""
    said.clear()
    answer = visit.get(address) if method == "GET" else act(visit, address, method)
    nonce = answer.headers["content-security-policy"].partition("nonce-")[2].partition("'")[0]
    text = answer.text.replace(nonce, "") if nonce else answer.text
    for word in sorted(filter(None, address.split("/")), key=len, reverse=True):
        text = text.replace(word, "")
    return answer.status_code, text, list(said)


@pytest.mark.parametrize("who", ["all", Role.INSTALLER.value, Role.CARE_WORKER.value])
def test_by_every_route_that_names_something_absent_and_foreign_are_one(
    world: World, app: FastAPI, who: str
) -> None:
    visit = Visit(app, f"{A}-{who}")
    said: list[str] = []

    def note(*words: Any) -> None:  # noqa: ANN401  # what the event hands over
        said.append(words[2])

    event.listen(world.database, "before_cursor_execute", note)
    foreign = (B, world.alerts_of(B)[0], world.findings_of(B)[0])
    absent = (NOWHERE, "0" * 32, "0" * 32)
    differ, tried = [], 0
    for method, path, _ in routes(app):
        if path in STREAMS | PUBLIC or filled(path, B) == filled(path, NOWHERE):
            continue
        there, nowhere = (
            told(visit, said, method, filled(path, *one)) for one in (foreign, absent)
        )
        tried += 1
        if there != nowhere:
            differ.append((method, path, there[0], nowhere[0], there[2] == nowhere[2]))
    event.remove(world.database, "before_cursor_execute", note)
    assert tried > 100
    assert differ == []


def test_roles_do_what_they_are_for_and_nothing_else(world: World, app: FastAPI) -> None:
    expected = {
        Role.CARE_WORKER: {"/alerts": 200, "/homes": 200, "/system": 403, "/detectors": 403},
        Role.OPERATOR: {"/alerts": 200, "/homes": 200, "/system": 403, "/detectors": 403},
        Role.SUPERVISOR: {"/alerts": 200, "/homes": 200, "/system": 403, "/detectors": 200},
        Role.OFFICER: {"/alerts": 200, "/homes": 200, "/system": 403, "/detectors": 403},
        Role.ENGINEER: {"/alerts": 200, "/homes": 403, "/system": 200, "/detectors": 403},
    }
    others = {Role.INSTALLER, Role.GOVERNANCE, Role.COMMISSIONER, Role.HUB_OPERATOR}
    for role in others:  # neither people nor alerts, by page or by REST
        expected[role] = dict.fromkeys(("/alerts", "/homes", "/system", "/detectors"), 403)
        expected[role] |= dict.fromkeys(("/api/v1/alerts", f"/api/v1/homes/{A}-home-1"), 403)
    assert set(expected) == set(Role)
    for role, pages in expected.items():
        visit = Visit(app, f"{A}-{role.value}")
        assert {path: visit.get(path).status_code for path in pages} == pages, role
        acts = visit.post(f"/alerts/{world.alerts_of(A)[0]}/acknowledge").status_code
        assert (acts == 403) is (role is Role.OFFICER or role in others), (role, acts)


def test_nothing_of_gov_uk_s_identity_is_served() -> None:
    folder = Path(__file__).parents[2] / "api"
    files = [path for sub in ("static", "templates") for path in (folder / sub).rglob("*.*")]
    assert len(files) > 12
    for path in files:
        if path.suffix not in {".css", ".js", ".html", ".svg"}:
            continue
        text = path.read_text("utf-8").lower().replace("http://www.w3.org/2000/svg", "")
        for word in ("gds transport", "@font-face", "crest", "crown"):
            assert word not in text, (path.name, word)
        if "govuk-frontend" not in path.name:
            assert "http:" not in text, path.name
            assert "https:" not in text, path.name
