"""``stillwell enrol``: a file of homes into the registry, all or nothing."""

import secrets
from collections.abc import Callable
from pathlib import Path

from sqlalchemy import Connection

from api import console, wiring
from config import registry
from config.database import hold_writers
from config.enrol import Plan, build, read_plan, taken
from config.problems import ConfigProblem, read_text
from config.settings import Settings
from ingest.clock import SystemClock, microseconds


def new_id() -> str:
    """Return a random id that says nothing about anybody."""
    return secrets.token_hex(8)


def run(file: Path, settings: Settings, *, is_dry_run: bool, tell: Callable[[str], None]) -> None:
    """Enrol what the file says; ConfigProblem lists every mistake, and nothing is saved."""
    plan = read_plan(
        read_text(file, "enrol"), file=file.name, places=frozenset(wiring.places(settings))
    )
    enrolment = build(plan, new_id)
    counted = f"{len(enrolment.homes)} homes, {len(enrolment.sensors)} sensors"
    database = wiring.open_database(settings)
    if is_dry_run:
        with database.connect() as connection:
            _expect_free(connection, plan, file.name)
        tell(f"{file.name}: {counted}; nothing was saved (--dry-run)")
        return
    with database.begin() as connection:
        hold_writers(connection)  # what is free now is free when it is written
        _expect_free(connection, plan, file.name)
        now_us = microseconds(SystemClock().now())
        made = registry.enrol(connection, enrolment, now_us=now_us)
        for home in made.homes:
            console.note(connection, home.place, "enrol", f"home:{home.id}")
    tell(f"{file.name}: {counted} enrolled")
    for home, gateway in zip(made.homes, made.gateways, strict=True):
        tell(f"  home {home.id}: publish under stillwell/v1/{home.place}/{gateway.id}/")


def _expect_free(connection: Connection, plan: Plan, file: str) -> None:
    wrong = taken(plan, file, registry.taken(connection))
    if wrong:
        raise ConfigProblem("\n".join(wrong))
