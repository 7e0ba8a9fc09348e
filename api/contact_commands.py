"""``stillwell contacts``: whom to call about a home, and who must be confirmed again."""

from pathlib import Path
from typing import Annotated, Final

import typer

from api.exits import told_plainly
from api.options import SettingsFile, tell

app: Final = typer.Typer(
    no_args_is_help=True, rich_markup_mode=None, pretty_exceptions_enable=False,
    help="Whom to call about a home, in order, and who must be confirmed again.",
)  # fmt: skip


@app.command("show")
def show(
    home: Annotated[str, typer.Option(help="Id of the home.")], settings: SettingsFile = None
) -> None:
    """Print the contacts of a home in the order of calling."""
    from api import contacts_file, wiring

    with told_plainly():
        contacts_file.show(wiring.read_settings(settings), home, tell=tell)


@app.command("set")
def save(
    file: Annotated[Path, typer.Argument(help="TOML file with [[contact]] tables, in order.")],
    home: Annotated[str, typer.Option(help="Id of the home.")],
    by: Annotated[str, typer.Option(help="E-mail of a supervisor or officer of the place.")],
    settings: SettingsFile = None,
) -> None:
    """Replace the contacts of a home. All or nothing; every mistake is named with its key.

    [[contact]]
    kind = "person"          # person, contact or responder
    name = "Mrs Example"
    phone = "01632 960 001"
    wait_min = 3             # how long to let it ring before the next one's turn
    """
    from api import contacts_file, wiring

    with told_plainly():
        contacts_file.save(wiring.read_settings(settings), home, file, by, tell=tell)


@app.command("stale")
def stale(
    place: Annotated[str, typer.Option(help="Key of one place; else every place.")] = "",
    settings: SettingsFile = None,
) -> None:
    """List contacts that nobody has confirmed for 180 days, the oldest first."""
    from api import contacts_file, wiring

    with told_plainly():
        contacts_file.stale(wiring.read_settings(settings), place, tell=tell)
