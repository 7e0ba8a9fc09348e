"""``stillwell enrol``: a file of homes into the registry, all or nothing."""

import secrets
from collections.abc import Callable
from pathlib import Path

from sqlalchemy.exc import IntegrityError

from api import console, wiring
from config import registry
from config.enrol import build, read_plan
from config.problems import ConfigProblem
from config.settings import Settings
from ingest.clock import SystemClock, microseconds


def new_id() -> str:
    """Return a random id that says nothing about anybody."""
    return secrets.token_hex(8)


def run(file: Path, settings: Settings, *, is_dry_run: bool, tell: Callable[[str], None]) -> None:
    """Enrol what the file says; ConfigProblem lists every mistake, and nothing is saved."""
    try:
        text = file.read_bytes().decode("utf-8")
    except (OSError, UnicodeDecodeError) as problem:
        raise ConfigProblem(f"enrol: {file.name} cannot be read as UTF-8: {problem}") from problem
    plan = read_plan(text, file=file.name, places=frozenset(wiring.places(settings)))
    enrolment = build(plan, new_id)
    counted = f"{len(enrolment.homes)} homes, {len(enrolment.sensors)} sensors"
    database = wiring.open_database(settings)
    if is_dry_run:
        tell(f"{file.name}: {counted}; nothing was saved (--dry-run)")
        return
    try:
        with database.begin() as connection:
            now_us = microseconds(SystemClock().now())
            made = registry.enrol(connection, enrolment, now_us=now_us)
            for home in made.homes:
                console.note(connection, home.place, "enrol", f"home:{home.id}")
    except IntegrityError as problem:
        raise ConfigProblem(
            f"enrol: an id or a sensor's address in {file.name} is enrolled already "
            f"({problem.orig}); nothing was saved"
        ) from problem
    tell(f"{file.name}: {counted} enrolled")
    for home, gateway in zip(made.homes, made.gateways, strict=True):
        tell(f"  home {home.id}: publish under stillwell/v1/{home.place}/{gateway.id}/")
