"""``stillwell backup`` and ``stillwell restore``."""

from pathlib import Path
from typing import Annotated

import typer

from api.exits import told_plainly
from api.options import SettingsFile, tell


def backup(
    folder: Annotated[Path, typer.Argument(help="A new folder; it will hold personal data.")],
    settings: SettingsFile = None,
) -> None:
    """Copy the whole installation into a folder, consistent while worker and web run.

    Database (SQLite or PostgreSQL), journal with dead letters, embedded store, checkpoint and
    place files. Not in it: the settings file, passwords and keys, and readings on a store server.

      stillwell backup /backups/2026-11-27 --settings site.toml
    """
    from api import backup as work
    from api import wiring

    with told_plainly():
        work.back_up(wiring.read_settings(settings), folder, tell=tell)


def restore(
    folder: Annotated[Path, typer.Argument(help="What `stillwell backup` wrote.")],
    settings: SettingsFile = None,
) -> None:
    """Put a backup into an empty installation, and prove that counts and audit chains are equal.

    The settings say where: an empty data folder, an empty database, SQLite or PostgreSQL whichever
    the backup came from. Stop the old installation first, or gateways will be heard twice.

      stillwell restore /backups/2026-11-27 --settings site.toml
    """
    from api import backup as work
    from api import wiring

    with told_plainly():
        work.restore(folder, wiring.read_settings(settings), tell=tell)
