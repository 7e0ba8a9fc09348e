"""``stillwell keys``: the keys under which names, addresses and telephone numbers are kept."""

from pathlib import Path
from typing import Annotated, Final

import typer

from api.exits import told_plainly
from api.options import SettingsFile, tell

app: Final = typer.Typer(
    no_args_is_help=True, rich_markup_mode=None, pretty_exceptions_enable=False,
    help="The keys under which names, addresses and telephone numbers are kept.",
)  # fmt: skip


@app.command("show")
def show(settings: SettingsFile = None) -> None:
    """Say where the keys are and how many each place has, or why they cannot be had."""
    from api import keeping_keys, wiring

    with told_plainly():
        keeping_keys.show(wiring.read_settings(settings), tell=tell)


@app.command("make")
def make() -> None:
    """Print a new master key, for a file of your own or for STILLWELL_PRIVACY__MASTER_KEY."""
    from config import master_key

    tell(master_key.make())


@app.command("copy")
def copy(
    target: Annotated[Path, typer.Argument(help="File to write over; keep no older one.")],
    settings: SettingsFile = None,
) -> None:
    """Copy the keyring, whose keys only the master key opens. Backups do not hold it.

    Keep the newest copy only: who was erased since an older one would come back with it.
    """
    from api import keeping_keys, wiring

    with told_plainly():
        keeping_keys.copy(wiring.read_settings(settings), target, tell=tell)


@app.command("sweep")
def sweep(settings: SettingsFile = None) -> None:
    """Drop the keys of what the database no longer holds, which a crash may have left.

    It looks twice, 20 seconds apart, so that nothing that is just being written is taken for gone.
    """
    from api import keeping_keys, wiring

    with told_plainly():
        keeping_keys.sweep(wiring.read_settings(settings), tell=tell)


@app.command("rotate")
def rotate(
    by: Annotated[str, typer.Option(help="E-mail of who decides; it is in the audit log.")],
    place: Annotated[
        str, typer.Option(help="Key of one place, by its governance or engineer; else all.")
    ] = "",
    settings: SettingsFile = None,
) -> None:
    """Change the master key and the key of every place, or the key of one place.

    What is sealed stays as it is: the keys of people are wrapped anew. Stopped half way it is
    whole; run it again.
    """
    from api import keeping_keys, wiring

    with told_plainly():
        keeping_keys.rotate(wiring.read_settings(settings), by, place, tell=tell)
