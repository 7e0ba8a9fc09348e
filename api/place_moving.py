"""Runs ``stillwell place merge`` and ``place split``."""

from collections.abc import Callable, Sequence
from pathlib import Path

from sqlalchemy import Connection

from api import place_move, sealed_rows, wiring
from api.place_files import known_place
from api.place_move import Moved, Plan
from config import keys, people
from config.database import hold_writers
from config.problems import ConfigProblem
from config.settings import Settings
from config.vault import Vault
from ingest.clock import SystemClock, microseconds

Tell = Callable[[str], None]


def merge(
    settings: Settings,
    sources: Sequence[str],
    target: str,
    by: str,
    *,
    is_dry_run: bool,
    tell: Tell,
) -> None:
    """Move every home of the sources into the target."""
    for key in (*sources, target):
        known_place(key, settings)
    _run(
        settings,
        lambda connection: place_move.merging(connection, sources, target),
        by,
        is_dry_run=is_dry_run,
        tell=tell,
    )


def split(
    settings: Settings, source: str, file: Path, by: str, *, is_dry_run: bool, tell: Tell
) -> None:
    """Move the homes that the file names."""
    known_place(source, settings)
    places = list(wiring.places(settings))
    _run(
        settings,
        lambda connection: place_move.splitting(connection, source, file, places),
        by,
        is_dry_run=is_dry_run,
        tell=tell,
    )


def _move_keys(connection: Connection, done: Moved, vault: Vault, tell: Tell) -> None:
    """Let the keys of the people follow; until then the old place's key opens them as well."""
    if vault.locked:
        tell(f"look at this: {vault.locked}; then move again, so that their keys follow")
        return
    for target, numbers in done.homes.items():
        vault.move(sealed_rows.subjects_of(connection, numbers), target)


def _run(
    settings: Settings,
    planned: Callable[[Connection], Plan],
    by: str,
    *,
    is_dry_run: bool,
    tell: Tell,
) -> None:
    database = wiring.open_database(settings)
    with database.connect() as connection:
        hold_writers(connection)  # no home may be enrolled between the plan and the move
        account = people.find_account(connection, by)
        if account is None:
            raise ConfigProblem(f"place: nobody signs in as {by!r}, expected who decides")
        now_us = microseconds(SystemClock().now())
        done = place_move.move(connection, planned(connection), account=account.id, now_us=now_us)
        if is_dry_run:
            connection.rollback()
        else:
            connection.commit()
            _move_keys(connection, done, keys.open_vault(settings, database), tell)
    database.dispose()
    place_move.tell_of(done, tell=tell, is_dry_run=is_dry_run)
    if not is_dry_run:
        tell("restart worker and web if a place is new to them; re-point gateways when you like")
