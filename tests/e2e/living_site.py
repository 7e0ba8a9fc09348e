"""A web process over a living world, a browser, and every page there is to look at."""

import re
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, timedelta

import pytest
from playwright.sync_api import Browser, Page

from alerts import welfare_calls
from api.web import household_steps, rota_week, words
from api.web.enrol_steps import KEYS
from config import contacts, drafts, household_rows, rota_edits, rotas, safeguarding
from config.households import Address, Household, Person
from config.rotas import Spot
from ingest.clock import SystemClock, microseconds
from tests.api.carrying import device_in, waiting_move
from tests.api.life import A
from tests.api.rehearsed import rehearsals_of
from tests.api.world import PASSWORD, World, make_world
from tests.browser import open_browser
from tests.e2e.web_process import serve


@dataclass
class Beating:
    """Beats in the worker's stead, so that pages are live, until it is stopped."""

    world: World
    is_stopped: threading.Event

    def run(self) -> None:
        while not self.is_stopped.is_set():
            self.world.now = self.world.wall = SystemClock().now()
            self.world.beat(ago_s=0, state={"gaps": 12, "gaps_of": [(1, 12)]})
            self.is_stopped.wait(2)


@dataclass
class Site:
    world: World
    url: str
    beating: Beating


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with open_browser() as browser:
        yield browser


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory, browser: Browser) -> Iterator[Site]:
    world = make_world(tmp_path_factory.mktemp("site"), now=SystemClock().now())
    world.write_store()
    beating = Beating(world, threading.Event())
    thread = threading.Thread(target=beating.run, daemon=True)
    thread.start()
    with serve(world.folder) as (url, _process):
        yield Site(world, url, beating)
    beating.is_stopped.set()
    thread.join()


def sign_in(page: Page, name: str) -> None:
    page.goto("/sign-in")
    page.get_by_label("Email address").fill(f"{name}@example.org")
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url(re.compile("/(alerts|mine)$"))
    page.goto("/alerts")


def draft_of(world: World) -> str:
    """Return a draft of Bob's with some fields typed, begun when it is first asked for."""
    vault, bob = world.resources.vault, "account-bob"
    with world.database.begin() as connection:
        for found in drafts.read(connection, vault, bob):
            return found.id
        made = drafts.create(connection, vault, A, bob, microseconds(world.now))
        draft = drafts.find(connection, vault, bob, made)
        assert draft is not None
        drafts.save(connection, vault, draft, {"name": "Mx Teasel", "kit": "lean"}, 0)
    return made


def called(world: World, home: str) -> str:
    """Let Bob call about a home that cannot be seen, once; return the address of its calls."""
    with world.database.connect() as connection:
        is_called = home in welfare_calls.newest(connection, [home])
    if not is_called:
        now_us = microseconds(world.now)
        welfare_calls.claim(world.database, A, home, "account-bob", now_us)
    return f"/homes/{home}/welfare-calls"


def entered(world: World) -> str:
    """Return a home of which it is known who lives there, entered when it is first asked for."""
    vault, home, now_us = world.resources.vault, f"{A}-home-2", microseconds(world.now)
    with world.database.begin() as connection:
        kept = household_rows.read(connection, vault, home)
        if kept is None or kept.address is None:
            person = Person("Mx Sedge Invented", None, "", "new in the country", "cy")
            address = Address(("2 Nowhere Lane",), "Exampleton", "ZZ1 2AB")
            wanted = Household((person,), address, "Ring twice.", "1234#")
            household_rows.save(
                connection, vault, home, wanted, revision=None, by="account-bob", now_us=now_us
            )
    return home


ROTA = {
    "team": [
        {
            "key": "responders",
            "name": "Responders",
            "members": ["alice@example.org", "bob@example.org"],
        }
    ],
    "shift": [
        {
            "team": "responders",
            "days": [*rotas.DAYS],
            "from": start,
            "to": end,
            "people": people,
            "line": line,
        }
        for start, end, people, line in (
            ("08:00", "20:00", ["alice@example.org", "bob@example.org"], "first"),
            ("20:00", "06:00", ["bob@example.org"], "first"),
            ("22:00", "06:00", ["alice@example.org"], "second"),
        )
    ],
}
"""Somebody at most hours: nobody is on call from six until eight."""


def on_call(world: World) -> dict[str, str]:
    """Return addresses below a rota, which is saved when they are first asked for."""
    place, now_us = world.resources.places[A], microseconds(world.now)
    with world.database.begin() as connection:
        rota = rotas.find(connection, A)
        if rota is None:
            rota = rotas.read_plan(ROTA, "here")
            rotas.save(connection, A, rota, "account-bob", now_us)
    shift, *_ = rota.shift
    day = words.local(now_us, place.zone).date() + timedelta(days=1)
    mark = rota_edits.mark(shift)
    return {
        "new": "shift/new",
        "change": f"shift/{mark}",
        "copy": f"shift/{mark}/copy",
        "end": f"shift/{mark}/end",
        "turn": f"turn/{rota_week.spot_text(Spot(shift.team, shift.line, day, shift.start))}",
    }


def contact_of(world: World) -> str:
    """Return somebody to call about the first home."""
    with world.database.connect() as connection:
        return contacts.read(connection, world.resources.vault, f"{A}-home-1")[0].id


def barred_in(world: World) -> int:
    """Return the number of what was taken out of the second home, when it is first asked for."""
    vault, home, now_us = world.resources.vault, f"{A}-home-2", microseconds(world.now)
    listed = [{"kind": "contact", "name": "Mx Sedge", "phone": "01632 960 077"}]
    with world.database.begin() as connection:
        if not safeguarding.bars(connection, vault, world.homes[A][1].number):
            plan = contacts.read_plan({"contact": listed}, "here")
            (saved,), _ = contacts.save(connection, vault, home, plan, "account-bob", now_us)
            why = "The social worker asked for it."
            safeguarding.bar(connection, vault, saved.id, "account-bob", now_us, why)
    return 1


def pages_of(world: World) -> dict[str, str]:
    draft = draft_of(world)
    rehearsed = rehearsals_of(world, "account-bob")
    return {
        "alerts": "/alerts",
        "mine": "/mine",
        "offline": "/offline",
        "help": "/help",
        "accessibility": "/accessibility",
        "privacy": "/privacy",
        "cookies": "/cookies",
        "ended": "/alerts?show=ended",
        "alert": f"/alerts/{world.alerts_of(A)[-1]}",
        "homes": "/homes",
        "home": f"/homes/{A}-home-1",
        "day": f"/homes/{A}-home-1/days/{words.local(microseconds(world.now), UTC).date()}",
        "case-file": f"/homes/{A}-home-1/case-file",
        "all-unwatched": "/alerts?show=unwatched",
        "unwatched": f"/homes/{A}-home-3",
        "calling": called(world, f"{A}-home-3"),
        "places": "/places",
        "detectors": "/detectors",
        "detector": f"/detectors/{A}/inactivity",
        "findings": "/detectors/findings",
        "finding": f"/detectors/findings/{world.findings_of(A)[0]}",
        "judged": "/detectors/findings?show=judged",
        "caps": "/caps",
        "home-settings": f"/homes/{A}-home-2/settings",
        "home-setting": f"/homes/{A}-home-1/settings/room_z",
        "rehearse": "/rehearse",
        "rehearse-new": f"/rehearse/{A}/new",
        **{f"rehearse-{state}": f"/rehearse/{A}/{number}" for state, number in rehearsed.items()},
        "system": "/system",
        "people": f"/people?place={A}",
        "me": "/me",
        "break-glass": "/break-glass",
        "audit": f"/audit?place={A}",
        "data-requests": "/data-requests",
        "data-request": f"/data-requests?home={A}-home-1",
        "counts": "/counts",
        "hub": "/hub",
        "measures": "/measures",
        "handover": "/handover",
        "incident": f"/alerts/{world.alerts_of(A)[-1]}/incident",
        "rota": "/rota",
        "place": f"/places/{A}",
        "ladder": f"/places/{A}/ladder/P1",
        "budget": f"/places/{A}/budget",
        "texts": f"/places/{A}/texts",
        "teams": f"/places/{A}/teams",
        "new-team": f"/places/{A}/teams/new",
        "rota-week": f"/places/{A}/rota",
        **{f"rota-{name}": f"/places/{A}/rota/{at}" for name, at in on_call(world).items()},
        "enrol": "/enrol",
        **{f"enrol-{step}": f"/enrol/{draft}/{step}" for step in (*KEYS, "check")},
        "consent": f"/homes/{A}-home-1/consent",
        "consent-record": f"/homes/{A}-home-1/consent/record",
        "consent-withdraw": f"/homes/{A}-home-1/consent/withdraw",
        "end": f"/homes/{A}-home-1/end",
        "move-house": f"/homes/{entered(world)}/move",
        "household": f"/homes/{entered(world)}/household",
        "household-first": f"/homes/{A}-home-1/household/first",
        **{
            f"household-{step.key}": f"/homes/{entered(world)}/household/{step.key}"
            for step in household_steps.STEPS
        },
        "safeguard": f"/contacts/{contact_of(world)}/safeguard",
        "lift": f"/homes/{A}-home-2/safeguards/{barred_in(world)}/lift",
        "installations": "/installations",
        "installation": f"/homes/{A}-home-1/installation",
        "devices": f"/homes/{A}-home-1/devices",
        "replace-gateway": f"/homes/{A}-home-1/gateways/{A}-gateway-1/replace",
        "replace-sensor": f"/homes/{A}-home-1/sensors/{A}-1-sensor-1/replace",
        "announced": f"/homes/{A}-home-1/announced",
        **moves(world),
    }


def moves(world: World) -> dict[str, str]:
    """Return the pages of moving a device between homes: a move of Bob's, and another's."""
    homes = f"{A}-home-1", f"{A}-home-2"
    waiting_move(world, "move-of-bob", homes[0], homes[1], "account-bob")
    waiting_move(world, "move-of-alice", homes[1], homes[0], "account-alice")
    return {
        "moves": f"/homes/{homes[0]}/moves",
        "move-new": f"/homes/{homes[0]}/moves/new?sensor={device_in(world, homes[0]).id}",
        "move-gateway": f"/homes/{homes[0]}/moves/new?gateway={A}-gateway-1",
        "moves-waiting": "/device-moves",
        "move": "/device-moves/move-of-alice",
    }
