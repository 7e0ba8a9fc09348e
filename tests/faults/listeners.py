"""Fault 16: 500 pages are open, fifty of them frozen, while the change feed moves.

A page is its stream of server-sent events over a plain socket; what it shows is fetched when an
event says so. The web process is ours, whole; the rows of the feed are written by the test.
"""

import asyncio
import contextlib
import json
import os
import socket
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from sqlalchemy import Engine, func, insert, select

from alerts import tables
from api.live import STREAMS
from api.rows import Row, at_least, at_most
from api.site import Site, create
from api.supervisor import Child, Supervisor
from config import people, sessions
from config.database import connect
from config.homes import Enrolment
from config.places import FOLDER
from config.roles import Role
from tests.e2e.stack import until
from tests.faults import open_pages
from tests.faults.living import rss_mib
from tests.faults.open_pages import Frozen, Page, all_open, open_page, request
from tests.make import enrolment
from tests.servers import free_port

RSS_MIB: Final = 150
P99_MS: Final = 1000
TURN_S: Final = 0.05
"""Pause between two transactions that write changes."""

CALM_S: Final = 10.0
SETTLE_S: Final = 5.0


@dataclass(frozen=True, slots=True)
class Crowd:
    """How many pages of how many places, and how much is told to them for how long."""

    pages: int
    frozen: int
    places: int
    rate: int
    seconds: float
    send_s: float | None = None
    """What a page may take to accept an event, where not what the web process says."""


WHOLE: Final = Crowd(pages=500, frozen=50, places=25, rate=500, seconds=65)
SMALL: Final = Crowd(pages=40, frozen=4, places=2, rate=200, seconds=25, send_s=2)


def cookies(database: Engine, pages: Mapping[str, int]) -> list[tuple[str, str]]:
    """Return place and session of every page, as many an account as are allowed."""
    made = list[tuple[str, str]]()
    now_us = time.time_ns() // 1000
    with database.begin() as connection:
        for place, count in pages.items():
            for number in range(-(-count // STREAMS)):
                account = people.create_account(
                    connection, email=f"page-{number}@{place}.example", name="Page",
                    password="an-invented-password", now_us=now_us,
                )  # fmt: skip
                people.grant(connection, account.id, place, Role.OPERATOR)
                token = sessions.open_session(
                    connection, account.id, now_us=now_us, lasts_us=3_600_000_000
                )
                made += [(place, token)] * min(STREAMS, count - number * STREAMS)
    return made


def homes(places: Sequence[str]) -> Enrolment:
    """Return one home of each place."""
    parts = [enrolment(1, place=place, first=1 + 10 * n) for n, place in enumerate(places)]
    return Enrolment(
        tuple(home for part in parts for home in part.homes),
        tuple(gateway for part in parts for gateway in part.gateways),
        tuple(sensor for part in parts for sensor in part.sensors),
    )


def tell(database: Engine, places: Sequence[str], rate: int, seconds: float) -> None:
    """Write changes of one place after another, so many a second, each with the time that it is."""
    began, written = time.monotonic(), 0
    while (elapsed := time.monotonic() - began) < seconds:
        due, now_us = int(elapsed * rate), time.time_ns() // 1000
        rows = [
            {"at_us": now_us, "place": places[n % len(places)], "what": "raise",
             "home": f"home-{n:06d}", "alert": f"alert-{n:012d}"}
            for n in range(written, due)
        ]  # fmt: skip
        if rows:
            with database.begin() as connection:
                connection.execute(insert(tables.changes), rows)
        written = due
        time.sleep(TURN_S)


def told_of(database: Engine, after: int) -> tuple[dict[int, int], dict[str, set[int]]]:
    """Return when each change after this id was written, and the ids of each place."""
    c, at_us, ids = tables.changes.c, dict[int, int](), dict[str, set[int]]()
    with database.connect() as connection:
        for row in connection.execute(select(c.id, c.at_us, c.place).where(c.id > after)):
            at_us[row.id] = row.at_us
            ids.setdefault(row.place, set()).add(row.id)
    return at_us, ids


def newest(database: Engine) -> int:
    """Return the id of the newest change."""
    with database.connect() as connection:
        return int(connection.execute(select(func.max(tables.changes.c.id))).scalar() or 0)


@contextlib.contextmanager
def web_alone(folder: Path, crowd: Crowd) -> Iterator[tuple[Site, Engine, Sequence[str], Child]]:
    """Run the web process over an installation of these places."""
    places = [f"council-{number:02d}" for number in range(crowd.places)]
    site, _ = create(folder, homes(places), broker_port=free_port(), web_port=free_port())
    councils = folder / "councils"
    councils.mkdir()
    text = (FOLDER / "fenbridge.toml").read_text("utf-8")
    lines = [line for line in text.splitlines() if not line.startswith("gss_codes")]
    for place in places:
        (councils / f"{place}.toml").write_text("\n".join(lines), "utf-8")
    written = site.settings.read_text("utf-8")
    site.settings.write_text(f"places = {json.dumps(str(councils))}\n{written}", "utf-8")
    database = connect(site.database_url)
    supervisor = Supervisor(lambda _: None)
    command = site.process_command("web")
    if crowd.send_s is not None:
        at_once = f"from api import live; live.SEND_S = {crowd.send_s}; "
        start = f"import sys; sys.argv[0] = 'api'; {at_once}from api.cli import main; main()"
        command = [command[0], "-c", start, *command[3:]]
    child = Child("web", command, site.logs / "web.log")
    supervisor.add(child)
    try:
        until(lambda: _answers(site), 60, "the web process does not answer")
        yield site, database, places, child
    finally:
        supervisor.stop()
        database.dispose()


def _answers(site: Site) -> bool:
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", site.web_port), 1):
        return True
    return False


async def measure(
    crowd: Crowd, site: Site, database: Engine, places: Sequence[str], pid: int
) -> list[Row]:
    """Open the pages, let them listen, freeze some, tell them all, thaw the frozen."""
    port = site.web_port
    share = -(-crowd.pages // crowd.places)
    every = cookies(database, dict.fromkeys(places, share))[: crowd.pages]
    step = crowd.pages // crowd.frozen
    cold = every[::step][: crowd.frozen]
    warm = [
        one for number, one in enumerate(every) if number % step or number // step >= crowd.frozen
    ]
    before_mib = rss_mib(pid)
    pages = dict[Page, str]()
    for place, cookie in warm:
        pages[await open_page(port, request(cookie))] = place
    await all_open(list(pages))
    opened_mib = rss_mib(pid)
    start = newest(database)
    await asyncio.to_thread(tell, database, places, crowd.rate, min(CALM_S, crowd.seconds))
    await asyncio.sleep(SETTLE_S)
    alone = delays_ms(pages, *told_of(database, start))
    begin = newest(database)
    frozen = [Frozen(place, cookie, port) for place, cookie in cold]
    await asyncio.sleep(SETTLE_S / 2)
    most_mib, began, began_s = [opened_mib], time.monotonic(), cpu_s(pid)
    telling = asyncio.create_task(
        asyncio.to_thread(tell, database, places, crowd.rate, crowd.seconds)
    )
    while not telling.done():
        most_mib.append(rss_mib(pid))
        await asyncio.sleep(0.5)
    cores = (cpu_s(pid) - began_s) / (time.monotonic() - began)
    await asyncio.sleep(SETTLE_S)
    at_us, ids = told_of(database, begin)
    found, missed = delays_ms(pages, at_us, ids)
    still_open = sum(page.is_open for page in pages)
    thawed = await asyncio.gather(*(asyncio.to_thread(one.thaw) for one in frozen))
    returned, lost = await _return(frozen, [read for read, _ in thawed], begin, ids, port)
    for page in [*pages, *returned]:
        page.transport.abort()
    evicted, count = sum(is_ended for _, is_ended in thawed), len(frozen)
    owed = sum(len(ids[one.place]) for one in frozen)
    anew = sum(page.is_reset for page in returned)
    return [
        at_most("fault.16.page_p99_ms", _p99(found), "ms", P99_MS),
        Row("fault.16.page_p99_ms_none_frozen", round(_p99(alone[0]), 1), "ms"),
        Row("fault.16.page_p50_ms", round(float(np.median(found)), 1), "ms"),
        at_most("fault.16.events_missed", missed + alone[1], f"of {found.size + missed}", 0),
        at_least("fault.16.pages_still_live", still_open, f"of {len(pages)}", len(pages)),
        at_least("fault.16.frozen_evicted", evicted, f"of {count}", count),
        at_most("fault.16.rss_growth_mib", max(most_mib) - before_mib, "MiB", RSS_MIB),
        Row("fault.16.rss_growth_mib_frozen", round(max(most_mib) - opened_mib, 1), "MiB"),
        at_most("fault.16.replay_lost", lost, f"of {owed}", 0),
        at_most("fault.16.told_to_read_anew", anew, f"of {count}", 0),
        Row("fault.16.web_cores", round(cores, 2), "cores"),
    ]


def cpu_s(pid: int) -> float:
    """Return the seconds of a core that a process has used."""
    fields = Path(f"/proc/{pid}/stat").read_text("ascii").rpartition(") ")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _p99(found_ms: np.ndarray) -> float:
    return float(np.percentile(found_ms, 99)) if found_ms.size else float("inf")


def delays_ms(
    pages: Mapping[Page, str], at_us: Mapping[int, int], ids: Mapping[str, set[int]]
) -> tuple[np.ndarray, int]:
    """Return milliseconds from change to page of all events, and how many never came."""
    found, missed = list[float](), 0
    for page, place in pages.items():
        heard = [
            (when - at_us[id_]) / 1000
            for id_, when in zip(page.ids, page.at_us, strict=True)
            if id_ in at_us
        ]
        missed += len(ids[place] - set(page.ids))
        found += heard
    return np.array(found), missed


async def _return(
    frozen: Sequence[Frozen],
    read: Sequence[bytes],
    begin: int,
    ids: Mapping[str, set[int]],
    port: int,
) -> tuple[list[Page], int]:
    """Come back as the browser does, after the last event that was read; return what is lost."""
    pages, before = list[Page](), list[set[int]]()
    for one, data in zip(frozen, read, strict=True):
        complete = data[: data.rfind(b"\n\n") + 2]
        known = open_pages.ids(complete)
        page = await open_page(port, request(one.cookie, known[-1] if known else begin))
        pages.append(page)
        before.append(set(known))
    await all_open(pages)
    await asyncio.sleep(SETTLE_S)
    lost = 0
    for one, page, had in zip(frozen, pages, before, strict=True):
        if not page.is_reset:  # it reads everything anew
            lost += len(ids[one.place] - had - set(page.ids))
    return pages, lost


def many_listeners(crowd: Crowd = WHOLE) -> Iterator[Row]:
    """16: RSS bounded, frozen pages dropped and back without loss, the others not slowed down."""
    with (
        tempfile.TemporaryDirectory() as folder,
        web_alone(Path(folder) / "site", crowd) as (site, database, places, child),
    ):
        assert child.process is not None
        yield from asyncio.run(measure(crowd, site, database, places, child.process.pid))
