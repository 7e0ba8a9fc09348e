"""How soon a revoked gateway's open connection ends, on both brokers."""

import asyncio
import tempfile
from collections.abc import Iterator
from pathlib import Path
from statistics import median
from typing import Final

from api.rows import Row, at_most
from tests.kept_broker import KINDS, ONE, OWN, kept_broker, seconds_until_cut

TIMES: Final = 5


def revocation() -> Iterator[Row]:
    """Revoke a gateway that speaks, each time with a new credential; the slowest counts."""
    for kind in sorted(KINDS):
        with tempfile.TemporaryDirectory() as folder, kept_broker(kind, Path(folder)) as site:
            took = [asyncio.run(seconds_until_cut(site, ONE, OWN)) for _ in range(TIMES)]
        yield at_most(f"gateway.revoked.{kind}_s", round(max(took), 3), "s", 1)
        yield Row(f"gateway.revoked.{kind}_median_s", round(median(took), 3), "s")
