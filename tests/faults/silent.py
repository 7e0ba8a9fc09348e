"""Fault 5: a broker with its default settings, and one open to anybody, are named at the start."""

import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from api import health
from api.rows import Row, at_least
from tests.brokers import start_mosquitto
from tests.e2e.stack import Stack, running, until
from tests.make import enrolment

DEFAULTS: Final = "max_queued_messages 1000\nmax_inflight_messages 20\n"


def default_settings() -> Iterator[Row]:
    """Start a worker on Mosquitto's defaults; read what it says of itself."""
    with (
        tempfile.TemporaryDirectory() as folder,
        start_mosquitto(Path(folder) / "mosquitto", DEFAULTS) as broker,
        running(
            Path(folder) / "site", enrolment(1), with_web=False, broker_port=broker.port
        ) as stack,
    ):
        until(lambda: bool(_reasons(stack)), 30, "nothing is said of the broker")
        said = " ".join(_reasons(stack))
    for word, text in (("queue", "max_queued"), ("inflight", "inflight"), ("anonymous", "anybody")):
        yield at_least(f"fault.05.{word}_named", float(text in said), "of 1", 1)


def _reasons(stack: Stack) -> list[str]:
    with stack.database.connect() as connection:
        beat = health.beats(connection).get(health.WORKER)
    found = health.reasons(beat, 0 if beat is None else beat.beat_us)
    return [reason for reason in found if "roker" in reason and "connected" not in reason]
