"""``stillwell visits``: who is booked to come to which homes."""

from pathlib import Path
from typing import Annotated, Final

import typer

from api.exits import told_plainly
from api.options import PlaceKey, SettingsFile, tell

app: Final = typer.Typer(
    no_args_is_help=True, rich_markup_mode=None, pretty_exceptions_enable=False,
    help="Booked visits: whose door and movement is a visitor's, and which carer is expected.",
)  # fmt: skip


@app.command("import")
def read_file(
    file: Annotated[Path, typer.Argument(help="CSV file in UTF-8 with a header.")],
    place: PlaceKey,
    by: Annotated[str, typer.Option(help="E-mail of a supervisor or officer of the place.")],
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what is wrong; save nothing.")
    ] = False,
    settings: SettingsFile = None,
) -> None:
    """Replace the booked visits of the homes that the file names. All or nothing.

    Columns: home (its id), day (mon-fri, tue thu, daily, or a date as 2026-12-03), from and to
    (local time, over midnight where to is earlier), kind (care or other; care if left out),
    first and last (dates between which it comes again; may be left out). Every mistake is named
    with its row and column. Homes that the file does not name keep what they have.
    """
    from api import visiting, wiring

    with told_plainly():
        known = wiring.read_settings(settings)
        visiting.read_file(known, file, place, by, is_dry_run=dry_run, tell=tell)


@app.command("list")
def show(
    place: PlaceKey,
    home: Annotated[str, typer.Option(help="Id of one home; else every home.")] = "",
    settings: SettingsFile = None,
) -> None:
    """Print the booked visits of a place, as CSV that can be imported again."""
    from api import visiting, wiring

    with told_plainly():
        visiting.show(wiring.read_settings(settings), place, home, tell=tell)
