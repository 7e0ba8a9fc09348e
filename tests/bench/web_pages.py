"""First view of queue and home in a browser, at a council of 5,000 homes with 90 days of readings.

The homes, the alerts of 90 days and those that stand are in the registry and the ledger; the
readings of one home are real and read, the pieces of the others are copies of them, so that the
store is as large and as deep as it would be.
"""

import sqlite3
import statistics
import threading
import time
import urllib.request
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from playwright.sync_api import Browser, Page
from sqlalchemy import insert, select

from alerts import tables
from alerts.alert import AlertKind, State, Unwatched
from api.roster import sensors_of
from config.registry import enrol
from ingest.batch import concat
from ingest.clock import SystemClock, instant, microseconds
from tests.api.life import DAY_US, HOUR_US, MINUTE_US, A, four_weeks
from tests.api.world import World, make_world
from tests.browser import open_browser, open_page
from tests.e2e.living_site import Beating, sign_in
from tests.e2e.test_queue_desk import shift
from tests.e2e.web_process import serve
from tests.make import enrolment as more_homes

HOMES: Final = 5_000
DAYS: Final = 90
STANDING: Final = 300
ENDED: Final = 15_000
UNSEEN: Final = 250
STORM: Final = 400
BAR_KB: Final = 150.0
BAR_MS: Final = 300.0
TRIES: Final = 9


@dataclass(frozen=True, slots=True)
class View:
    """One page: its first view over the wire, its time from the server, its layout shift."""

    kb: float
    ms: float
    shift: float


def measure(folder: Path) -> dict[str, View]:
    """Return the views of queue and home, and of the queue under a storm of ``STORM`` alerts."""
    world = council(folder)
    beating = Beating(world, threading.Event())
    thread = threading.Thread(target=beating.run, daemon=True)
    thread.start()
    home = f"/homes/{A}-home-1"
    try:
        with serve(world.folder) as (url, _process), open_browser() as browser:
            found = {
                "queue": view(browser, url, "/alerts", ".stillwell-line"),
                "home": view(browser, url, home, ".strip-picture"),
            }
            copies(world, world.alerts_of(A)[-1], STORM, AlertKind.SMOKE, State.OPEN, "5")
            found["storm"] = view(browser, url, "/alerts", ".stillwell-banner--storm")
    finally:
        beating.is_stopped.set()
        thread.join()
    return found


def view(browser: Browser, url: str, path: str, wanted: str) -> View:
    """Return one page as a browser with an empty cache gets it."""
    with open_page(browser, url) as page:
        sign_in(page, "bob")
        cookie = "; ".join(f"{c['name']}={c['value']}" for c in page.context.cookies())
        told = _received(page)
        page.goto(path)
        page.wait_for_selector(wanted)
        kb, moved = sum(told) / 1000, shift(page)
    return View(round(kb, 1), round(from_server(url + path, cookie), 1), round(moved, 4))


def _received(page: Page) -> list[float]:
    """Return the list to which the bytes of every answer are added, headers included."""
    told: list[float] = []
    session = page.context.new_cdp_session(page)
    session.send("Network.enable")
    session.send("Network.clearBrowserCache")

    def add(event: dict[str, Any]) -> None:
        told.append(event["encodedDataLength"])

    session.on("Network.loadingFinished", add)
    return told


def from_server(url: str, cookie: str) -> float:
    """Return the median milliseconds until the page has come, of several tries after the first."""
    took = []
    for _ in range(TRIES + 1):
        request = urllib.request.Request(url, headers={"Cookie": cookie, "Accept-Encoding": "gzip"})  # noqa: S310  # loopback
        began = time.perf_counter()
        with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310  # loopback
            answer.read()
        took.append((time.perf_counter() - began) * 1000)
    return statistics.median(took[1:])


def council(folder: Path) -> World:
    """Return a world of ``HOMES`` homes at one place, with alerts and readings of ``DAYS`` days."""
    world = make_world(folder, now=SystemClock().now())
    now_us = microseconds(world.now)
    number = world.homes[A][0].number
    own = sensors_of(world.resources.table(), number)
    months = [four_weeks(own, instant(now_us - 28 * n * DAY_US), seed=n) for n in range(3, -1, -1)]
    world.store.batches[number] = concat(months)
    world.write_store()
    with world.database.begin() as connection:
        new = enrol(connection, more_homes(HOMES - 3, first=101, place=A), now_us=now_us - DAY_US)
    world.homes[A] += new.homes
    fill_store(folder / "store.db", [home.number for home in new.homes])
    quiet, cold = AlertKind.NO_SIGN_OF_LIFE, AlertKind.COLD_HOME
    first = world.alerts_of(A)[0]
    copies(world, first, ENDED, quiet, State.RESOLVED, "1")
    copies(world, first, STANDING // 3, quiet, State.OPEN, "2")
    copies(world, first, 2 * STANDING // 3, cold, State.OPEN, "3")
    since = now_us - 3 * HOUR_US
    gone = [Unwatched(h.id, A, since, "gateway") for h in new.homes[-UNSEEN:]]
    world.ledger.set_unwatched(gone, world.now)
    return world


def fill_store(path: Path, homes: Sequence[int]) -> None:
    """Give every home the pieces of the first for ``DAYS`` days: they are counted, never read."""
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TEMP TABLE others (home INTEGER)")
        connection.executemany("INSERT INTO others VALUES (?)", [(home,) for home in homes])
        connection.execute(
            "INSERT INTO pieces (home, day, level, count, codec, checksum, columns)"
            " SELECT others.home, p.day, p.level, p.count, p.codec, p.checksum, p.columns"
            " FROM others JOIN pieces p ON p.home = (SELECT MIN(home) FROM pieces)"
            " WHERE p.day > (SELECT MAX(day) FROM pieces) - ?",
            (DAYS,),
        )
    connection.close()


def copies(world: World, alert: str, count: int, kind: AlertKind, state: State, digit: str) -> None:
    """Let this alert be in the ledger ``count`` times more, of one home after the other."""
    priority = {AlertKind.SMOKE: "P1", AlertKind.COLD_HOME: "P3"}.get(kind, "P2")
    step_us = 4 * MINUTE_US if state is State.RESOLVED else 1_000_000
    homes = world.homes[A]
    now_us = microseconds(SystemClock().now())
    with world.database.begin() as connection:
        row = connection.execute(select(tables.alerts).where(tables.alerts.c.id == alert)).one()
        rows = [
            {
                **row._mapping,
                "id": f"{digit}{n:031x}",
                "home": homes[n % len(homes)].id,
                "kind": kind.value,
                "priority": priority,
                "state": state.value,
                "onset_us": now_us - n * step_us - 2 * HOUR_US * (kind is not AlertKind.SMOKE),
                "raised_us": now_us - n * step_us,
                "outcome": "seen-well" if state is State.RESOLVED else None,
            }
            for n in range(1, count + 1)
        ]
        connection.execute(insert(tables.alerts), rows)
        if state is State.OPEN:
            climb = {"due_us": now_us + MINUTE_US, "rung": 2, "loop": 0, "rung_us": now_us}
            connection.execute(
                insert(tables.escalations), [{"alert": one["id"], **climb} for one in rows]
            )


def rows(found: dict[str, View]) -> Iterator[tuple[str, float, str, float]]:
    """Yield name, value, unit and bar of every figure."""
    for name, one in found.items():
        yield f"web.{name}_kb", one.kb, "kB", BAR_KB
        yield f"web.{name}_ms", one.ms, "ms", BAR_MS
        yield f"web.{name}_cls", one.shift, "layout shift", 0.0
