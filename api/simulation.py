"""``stillwell simulate``: a scenario through the broker, told in heartbeats and on the terminal."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Final

from sqlalchemy import Engine

from alerts.ledger import Ledger
from api import health, wiring
from api.exits import CommandFailed
from api.progress import Progress as Shown
from api.site import read_target
from config.settings import Settings
from ingest.clock import SystemClock, instant, microseconds
from ingest.publisher import PublishFailedError
from sensors_sim import export, publish
from sensors_sim.encode import Encoder
from sensors_sim.fleet import Fleet
from sensors_sim.publish import Progress
from sensors_sim.recording import BadRecording
from sensors_sim.scenario import BadScenario, load

PATIENCE_S: Final = 60.0
"""How long a worker may take to connect."""


async def run(
    name: str,
    settings: Settings,
    credentials: Path | None,
    *,
    goes_live: bool,
    tell: Callable[[str], None],
) -> None:
    """Send the scenario's past on a virtual clock, then go on live unless told not to."""
    try:
        scenario = load(name)
    except BadScenario as problem:
        raise CommandFailed(str(problem)) from problem
    if settings.clock != "virtual":
        raise CommandFailed(
            'simulate: the settings say clock = "system"; the past needs clock = "virtual", '
            "in the worker's settings too"
        )
    database = wiring.open_database(settings)
    target = read_target(settings.mqtt.host, settings.mqtt.port, credentials)
    end_us = publish.wall_us() // 1000 * 1000
    start_us = end_us - scenario.days * publish.DAY_US
    fleet = Fleet(scenario, end_us)
    encoder = Encoder(fleet.enrolment, publish.new_boot())
    await wait_for_worker(database, "simulate")
    try:
        with Shown(f"sending {scenario.days} days", tell) as shown:
            live_us = await publish.backfill(
                fleet,
                encoder,
                target,
                start_us,
                on_progress=_told(Ledger(database), shown),
                worker_now=lambda: worker_now(database),
            )
        tell("the past is sent" + ("; now live" if goes_live else ""))
        if goes_live:
            fleet.go_live(live_us)
            await publish.live(fleet, encoder, target, live_us)
    except PublishFailedError as problem:
        raise CommandFailed(f"simulate: {problem}") from problem


def write(name: str, path: Path, *, tell: Callable[[str], None]) -> None:
    """Write the scenario's days to a file, and what really happened beside it."""
    if path.suffix not in export.SUFFIXES:
        raise CommandFailed(
            f"simulate: {path.name} has no known ending, "
            f"expected one of {', '.join(export.SUFFIXES)}"
        )
    try:
        scenario = load(name)
        with Shown(f"writing {scenario.days} days", tell) as shown:
            lines = export.write(scenario, path, shown.show)
    except (BadScenario, BadRecording, OSError) as problem:
        raise CommandFailed(f"simulate: {problem}") from problem
    tell(f"{lines:,} lines in {path}; what really happened is in {path.name}.truth.csv")


async def wait_for_worker(database: Engine, who: str) -> None:
    """Return once the worker has subscribed: what nobody subscribes to, no broker keeps."""
    end = asyncio.get_running_loop().time() + PATIENCE_S
    while not _is_subscribed(database):
        if asyncio.get_running_loop().time() > end:
            raise CommandFailed(
                f"{who}: no worker has connected for {PATIENCE_S:g} s; run `stillwell worker`"
            )
        await asyncio.sleep(0.1)


def _is_subscribed(database: Engine) -> bool:
    with database.connect() as connection:
        worker = health.beats(connection).get(health.WORKER)
    fresh_us = microseconds(SystemClock().now()) - health.STALE_S * 1_000_000
    return worker is not None and worker.beat_us > fresh_us and not worker.state.get("problem")


def _told(ledger: Ledger, shown: Shown) -> Callable[[Progress], None]:
    """Return what tells a terminal and other processes how far the past is."""
    last_us = 0

    def tell(progress: Progress) -> None:
        nonlocal last_us
        share = (progress.now_us - progress.start_us) / (progress.end_us - progress.start_us)
        shown.show(share)
        wall_us = microseconds(SystemClock().now())
        if wall_us - last_us < 500_000 and share < 1:
            return
        last_us = wall_us
        state = {
            "start_us": progress.start_us,
            "share": share,
            "messages": progress.messages,
            "readings": progress.readings,
        }
        ledger.beat(
            "simulator",
            beat_us=wall_us,
            now=instant(progress.now_us),
            is_live=share >= 1,
            state=state,
        )

    return tell


def worker_now(database: Engine) -> int | None:
    """Return the worker's virtual now, None before its first beat."""
    now, _ = wiring.last_beat(database)
    return None if now is None else microseconds(now)
