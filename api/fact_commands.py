"""``stillwell facts``: who lives in which homes, and how they are to be watched."""

from pathlib import Path
from typing import Annotated, Final

import typer

from api.exits import told_plainly
from api.options import PlaceKey, SettingsFile, tell

app: Final = typer.Typer(
    no_args_is_help=True, rich_markup_mode=None, pretty_exceptions_enable=False,
    help="What decides how a home is watched: who lives there, pets, going out, risk.",
)  # fmt: skip


@app.command("import")
def read_file(
    file: Annotated[Path, typer.Argument(help="CSV file in UTF-8 with a header.")],
    place: PlaceKey,
    by: Annotated[str, typer.Option(help="E-mail of a supervisor or officer of the place.")],
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what is wrong or would change; save nothing.")
    ] = False,
    settings: SettingsFile = None,
) -> None:
    """Change what is known of the homes that the file names. All or nothing.

    Columns: home (its id), residents (1 to 12), pets (yes or no), goes_out (alone, accompanied or
    never), risk_tier (1 is the highest, to 3), sector (of the postcode, as "PE1 2", never all
    of it; unknown takes it back). An empty cell, or a column that is left out, keeps
    what is known. Every mistake is named with its row and column.
    """
    from api import household_facts, wiring

    with told_plainly():
        known = wiring.read_settings(settings)
        household_facts.read_file(known, file, place, by, is_dry_run=dry_run, tell=tell)


@app.command("list")
def show(
    place: PlaceKey,
    home: Annotated[str, typer.Option(help="Id of one home; else every home.")] = "",
    settings: SettingsFile = None,
) -> None:
    """Print what is known of a place's homes, as CSV that can be changed and imported again."""
    from api import household_facts, wiring

    with told_plainly():
        household_facts.show(wiring.read_settings(settings), place, home, tell=tell)


@app.command()
def template() -> None:
    """Print the header of a file and one row to write over."""
    from api import household_facts
    from config.facts import COLUMNS

    tell(",".join(COLUMNS))
    tell(",".join(household_facts.EXAMPLE))
