"""A world in which every form of the application stands on some page."""

import re
from dataclasses import dataclass
from pathlib import Path

from httpx2 import Response

from config.roles import Role
from tests.api.life import A
from tests.api.test_access import switch_on
from tests.api.test_caps import propose
from tests.api.test_contacts import LIST
from tests.api.test_households import record
from tests.api.visits import URL, Visit
from tests.api.world import PASSWORD, World, account, make_world

HOME, NEXT = f"{A}-home-1", f"{A}-home-2"
ENDED = f"/homes/{A}-home-3/end"
"""The page of a home whose enrolment has ended."""

ELSEWHERE = {
    "moved_on": "2026-03-03", "why": "a flat without stairs", "address_1": "7 Newmill Rise",
    "town": "Exampleton", "postcode": "ZZ9 8AB", "key_safe": "4711#", "notes": "Ring twice.",
}  # fmt: skip
"""Where the first home is now, and was not before."""

REASON = {"reason": "The team cannot be reached", "hours": "1"}


@dataclass
class FormWorld:
    """The world, and the recovery codes of Gwen, who signs in with a second step."""

    world: World
    codes: list[str]

    def visit(self, who: str) -> Visit:
        """Return somebody's visit: nobody's when empty, "half" when Gwen's code is missing."""
        if who not in ("half", "gwen"):
            return Visit(self.world.app, who)
        visit = Visit(self.world.app)
        visit.sign_in("gwen@example.org", PASSWORD)
        if who == "gwen":
            visit.post("/sign-in/code", {"code": self.codes.pop()})
        return visit


def make_form_world(folder: Path, *, url: str = "") -> FormWorld:
    """Return a world with a household, contacts, a pause, a hold, a credential and the like."""
    world = make_world(folder, url=url)
    account(world.database, "Dora", (A, Role.SUPERVISOR))
    account(world.database, "Fay", (A, Role.CARE_WORKER))
    account(world.database, "Gwen", (A, Role.CARE_WORKER))
    bob, dora = Visit(world.app, "bob"), Visit(world.app, "dora")
    kept = bob.client.put(
        f"/api/v1/homes/{HOME}/household",
        json={"household": record()},
        headers={"Origin": URL, "If-Match": "*"},
    )
    assert kept.status_code == 200, kept.text
    done = [
        bob.send(f"/api/v1/homes/{HOME}/contacts", {"contact": LIST}),
        bob.post(f"/homes/{NEXT}/pauses", {"reason": "holiday", "until": "2026-03-09T12:00"}),
        bob.post(f"/data-requests/{HOME}/holds", {"reason": "a case"}),
        bob.send(f"/api/v1/homes/{HOME}/moves", ELSEWHERE),
        bob.post(f"/homes/{HOME}/gateways/{A}-gateway-1/credentials"),
        bob.post(f"/homes/{HOME}/installations", {"day": "2026-03-04"}),
        bob.post(f"/homes/{NEXT}/walk-test"),
        bob.send(
            f"/api/v1/homes/{NEXT}/gateways/{A}-gateway-2/replacement",
            {"why": "It fell off the wall.", "overlap_h": 24},
        ),
        bob.send(
            f"/api/v1/homes/{NEXT}/sensors/{A}-2-sensor-1/replacement",
            {"address": "landing-motion-2", "why": "It fell into the bath."},
        ),
        bob.post(f"/homes/{A}-home-3/welfare-calls"),
        bob.post("/me/tokens", {"name": "a program", "scope": "read", "days": "9"}),
        bob.post(f"/break-glass/{A}/open", REASON),
        dora.post(f"/break-glass/{A}/open", REASON),
        dora.post(f"/handover/{A}"),
        end(bob),
    ]
    assert [one.status_code for one in done if one.status_code >= 400] == []
    propose(world.database, NEXT, A)
    bob.post(f"/caps/{A}/accept/{NEXT}", {"days": "5", "why": "rises late"})
    propose(world.database, HOME, A)
    bob.post(f"/homes/{A}-home-2/settings/room_z", {"value": "4", "why": "slow on the stairs"})
    Visit(world.app, "fay").post("/me/factor", {"current": PASSWORD})
    _, codes = switch_on(Visit(world.app, "gwen"), world)
    return FormWorld(world, codes)


def end(visit: Visit) -> Response:
    """End the enrolment of a home, whatever stands there."""
    address = f"/api/v1{ENDED}ing"
    p1 = visit.get(address).json()["p1"]
    return visit.send(address, {"reason": "died", "ended_on": "2026-03-03", "close_p1": p1})


def invitation_of(world: World) -> str:
    """Return the link of somebody who was invited."""
    form = {"email": "new@example.org", "name": "New", "role": "operator"}
    made = Visit(world.app, "bob").post(f"/people/{A}/invite", form)
    found = re.search(r"/invitation/[\w-]+", made.text)
    assert found is not None
    return found.group()
