"""What the worker knows of its broker: what it would lose, and if its messages are committed."""

import asyncio
from dataclasses import dataclass, field
from typing import Final

import structlog

from api import wiring
from config.settings import Settings
from ingest.mqtt import Subscriber
from ingest.probe import Found, probe

PROBE_S: Final = 0.5
"""How often the probe looks whether the broker is there."""

_log = structlog.get_logger(__name__)


@dataclass(slots=True)
class Stuck:
    """How long messages have waited without any being committed.

    Looked at every second; a commit, or nothing to commit, begins it anew.
    """

    handled: int = 0
    since_us: int = 0

    def seconds(self, handled: int, waiting: int, now_us: int) -> float:
        """Return the seconds since something was committed while something waits."""
        if waiting <= 0 or handled != self.handled or not self.since_us:
            self.handled, self.since_us = handled, now_us
        return (now_us - self.since_us) / 1e6


@dataclass(slots=True)
class Broker:
    """What the probe found, and whether what the broker sends is committed."""

    found: Found = field(default_factory=Found)
    stuck: Stuck = field(default_factory=Stuck)

    async def ask(self, subscriber: Subscriber, settings: Settings) -> None:
        """Ask the broker, once it is there, what would lose readings in silence."""
        while not subscriber.is_connected:  # noqa: ASYNC110 - no event
            await asyncio.sleep(PROBE_S)
        self.found = await probe(wiring.connect_options(settings), settings.mqtt.broker_config)
        for problem in self.found.problems:
            _log.error("broker_problem", what=problem)
