"""Decisions to watch a home by REST: recorded, read, withdrawn and due, on both databases."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sqlalchemy import select

from api.auth import HOMES
from api.contacting import EDITORS
from config import audit, tables
from config.roles import Role
from tests.api.life import A, B
from tests.api.visits import Visit
from tests.api.world import World, account, world_on

KINDS = ("motion", "contact", "power", "bed", "temperature", "humidity", "smoke")
HOME = f"{A}-home-1"
PATH = f"/api/v1/homes/{HOME}/consents"


@pytest.fixture(params=["sqlite", "postgresql"])
def world(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[World]:
    yield from world_on(request, tmp_path)


def decision(**changed: object) -> dict[str, Any]:
    return {
        "basis": "consent",
        "decided_by": "person",
        "decided_on": "2026-01-02",  # before the four weeks of readings
        "review_on": "2026-03-20",
        "reference": "CASE-1",
        "purpose": dict.fromkeys(KINDS, "to see that all is well"),
        **changed,
    }


def noted(world: World, what: str) -> list[tuple[str, str]]:
    """Return (actor, subject) of what the audit log of the place holds, the oldest first."""
    a = tables.audit.c
    query = select(a.actor, a.subject).where(a.place == A, a.what == what).order_by(a.seq)
    with world.database.connect() as connection:
        assert audit.verify(connection) == []
        return [(row.actor, row.subject) for row in connection.execute(query)]


def state(visit: Visit) -> str:
    return str(visit.get(f"/api/v1/homes/{HOME}").json()["state"])


def test_a_decision_is_recorded_renewed_read_and_withdrawn(world: World) -> None:
    bob = Visit(world.app, "bob")
    first = bob.send(PATH, decision())
    assert first.status_code == 200, first.text
    said = first.json()
    assert (said["home"], said["recorded_by"], said["withdrawn"]) == (HOME, "account-bob", None)
    renewed = bob.send(
        PATH, decision(basis="best-interests", decided_by="meeting", review_on="2026-06-01")
    )
    assert (renewed.status_code, renewed.json()["basis"]) == (200, "best-interests")
    newest, before = bob.get(PATH).json()["consents"]
    assert (newest["number"], newest["withdrawn"]) == (renewed.json()["number"], None)
    assert (before["why"], before["withdrawn_by"]) == ("replaced", "account-bob")
    assert bob.send(f"{PATH}/withdraw", {"why": "asked for it"}).status_code == 204
    assert state(bob) == "awaiting-consent"
    assert bob.get(PATH).json()["consents"][0]["why"] == "asked for it"
    again = bob.send(f"{PATH}/withdraw", {"why": "asked for it"})
    assert (again.status_code, "none that stands" in again.json()["detail"]) == (422, True)
    assert bob.send(PATH, decision()).status_code == 200
    assert state(bob) == "active"
    mine = ("account-bob", f"home:{HOME}")
    assert noted(world, "consent") == [mine] * 3
    assert noted(world, "withdraw-consent") == [mine]
    assert mine in noted(world, "read")


def test_reviews_that_are_due_and_homes_without_a_decision_are_listed(world: World) -> None:
    bob = Visit(world.app, "bob")
    assert bob.send(PATH, decision()).status_code == 200
    late = f"/api/v1/homes/{A}-home-2/consents"
    assert bob.send(late, decision(review_on="2026-12-20")).status_code == 200
    due = bob.get(f"/api/v1/places/{A}/consents").json()
    assert due["today"] == "2026-03-03"
    assert [(one["home"], one["is_overdue"]) for one in due["reviews"]] == [(HOME, False)]
    assert due["unrecorded"] == [f"{A}-home-3"]
    assert ("account-bob", "consents") in noted(world, "read")
    world.now += np.timedelta64(18, "D")
    (one,) = Visit(world.app, "bob").get(f"/api/v1/places/{A}/consents").json()["reviews"]
    assert one["is_overdue"]


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        ({"decided_by": "neighbour"}, "decided_by"),
        ({"decided_on": "2026-04-02"}, "still to come"),
        ({"review_on": "2028-01-01"}, "within a year"),
        ({"basis": "best-interests"}, "in their own best interests"),
        ({"purpose": {"motion": "to see"}}, "purpose lacks"),
        ({"purpose": dict.fromkeys(KINDS, "x" * 5_000)}, "5000 characters"),
        ({"reference": "Mx Invented, née <b>"}, "reference"),
        ({"decided_on": "2026-03-01"}, "readings of this home are kept since"),
        ({"nobody": "asked"}, "nobody"),
    ],
)
def test_what_is_wrong_is_told_and_nothing_is_kept(
    world: World, changed: dict[str, object], says: str
) -> None:
    bob = Visit(world.app, "bob")
    answer = bob.send(PATH, decision(**changed))
    assert (answer.status_code, says in answer.text) == (422, True), answer.text
    assert bob.send(f"{PATH}/withdraw", {"why": "x" * 201}).status_code == 422
    assert bob.send(f"{PATH}/withdraw", {"why": " "}).status_code == 422
    assert bob.get(PATH).json() == {"consents": []}
    assert state(bob) == "active"
    assert noted(world, "consent") == noted(world, "withdraw-consent") == []


def test_only_supervisors_and_officers_of_the_place_decide_and_read(world: World) -> None:
    calls = [
        ("GET", PATH, None),
        ("POST", PATH, decision()),
        ("POST", f"{PATH}/withdraw", {"why": "asked for it"}),
        ("GET", f"/api/v1/places/{A}/consents", None),
    ]
    refused = sorted(set(Role) - set(EDITORS))
    assert set(refused) & set(HOMES)
    for role in refused:
        account(world.database, f"only-{role.value}", (A, role), (B, Role.OFFICER))
        visit = Visit(world.app, f"only-{role.value}")
        codes = [visit.send(path, body, method).status_code for method, path, body in calls]
        assert set(codes) <= {403, 404}, (role, codes)
    charlie = Visit(world.app, "charlie")
    assert [charlie.send(p, body, m).status_code for m, p, body in calls] == [404] * 4
    assert noted(world, "consent") == []
