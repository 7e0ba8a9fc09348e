"""``stillwell household move`` and ``take-back-move``: another address, and its undoing."""

from pathlib import Path
from typing import Annotated

import typer

from api.exits import told_plainly
from api.options import SettingsFile, tell

HomeId = Annotated[str, typer.Option("--home", help="Id of the home.")]
By = Annotated[str, typer.Option(help="E-mail of a supervisor or officer of the place.")]


def move(
    file: Annotated[Path, typer.Argument(help="TOML file with the new address and the day.")],
    home: HomeId,
    by: By,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Tell what would happen; nothing is changed.")
    ] = False,
    settings: SettingsFile = None,
) -> None:
    """Let a home be at another address of its place from now on: all of it, or nothing.

    Person, consent, contacts, devices and history stay. The code of the old key safe is dropped,
    and the home is not watched until a walk test has been passed at the new address; calls for
    help are raised all the same. To another place: end the enrolment and enrol anew.

    moved_on = "2026-11-20"       # today, or a day in the past
    why = "a flat without stairs"
    address_1 = "2 Nowhere Lane"
    town = "Exampleton"
    postcode = "ZZ1 2AB"          # also address_2, uprn, notes, key_safe and label
    """
    from api import move_running, wiring

    with told_plainly():
        known = wiring.read_settings(settings)
        move_running.move(known, home, file, by, is_dry_run=dry_run, tell=tell)


def take_back(home: HomeId, by: By, settings: SettingsFile = None) -> None:
    """Take a move back that was entered by mistake, within 24 hours.

    The address of before holds again, with its notes and keys. Codes of key safes do not come
    back, nor do longer limits; what is usual is learned anew (`stillwell relearn` is quicker).
    """
    from api import move_running, wiring

    with told_plainly():
        move_running.take_back(wiring.read_settings(settings), home, by, tell=tell)
