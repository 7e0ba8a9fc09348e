"""Writes the golden table of who may call which route: ``python -m tests.policy.route_roles``."""

import tempfile
from pathlib import Path

from tests.api.world import make_world
from tests.policy.test_routes import GOLDEN, table

if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        GOLDEN.write_text(table(make_world(Path(folder)).app), "utf-8")
