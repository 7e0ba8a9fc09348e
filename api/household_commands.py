"""``stillwell household``: who lives in a home and where, one at a time or thousands by CSV."""

from pathlib import Path
from typing import Annotated, Final

import typer

from api.exits import told_plainly
from api.options import PlaceKey, SettingsFile, tell

app: Final = typer.Typer(
    no_args_is_help=True, rich_markup_mode=None, pretty_exceptions_enable=False,
    help="Who lives in a home and where: enrol one household, or thousands by CSV.",
)  # fmt: skip
By = Annotated[str, typer.Option(help="E-mail of a supervisor or officer of the place.")]
HomeId = Annotated[str, typer.Option("--home", help="Id of the home.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Say what is wrong; save nothing.")]


@app.command("add")
def add(
    file: Annotated[Path, typer.Argument(help="TOML file, a field a line.")],
    place: PlaceKey,
    by: By,
    dry_run: DryRun = False,
    settings: SettingsFile = None,
) -> None:
    """Enrol one household: home, gateway, sensors, persons, contacts, consent. All or nothing.

    name = "Mx Ida Example"
    born = "28/02/1941"
    nhs_number = "999 000 0018"   # or untraced = "why there is none"
    address_1 = "1 Nowhere Lane"
    town = "Exampleton"
    postcode = "ZZ1 2AB"
    kit = "lean"                  # the fields are the columns of `household import --template`
    """
    from api import household_files, wiring

    with told_plainly():
        known = wiring.read_settings(settings)
        household_files.add(known, file, place, by, is_dry_run=dry_run, tell=tell)


@app.command("show")
def show(
    home: HomeId,
    key_safe: Annotated[
        bool, typer.Option("--key-safe", help="Show the code too; needs --by, and is noted.")
    ] = False,
    by: Annotated[str, typer.Option(help="E-mail of a supervisor or officer.")] = "",
    settings: SettingsFile = None,
) -> None:
    """Print who lives in a home and where, as a file for `household edit`. This is noted."""
    from api import household_files, wiring

    with told_plainly():
        known = wiring.read_settings(settings)
        household_files.show(known, home, with_key_safe=key_safe, by=by, tell=tell)


@app.command("edit")
def edit(
    file: Annotated[Path, typer.Argument(help="TOML file with the fields that change.")],
    home: HomeId,
    by: By,
    settings: SettingsFile = None,
) -> None:
    """Change who lives in a home, where, or what matters at the door; other fields stay."""
    from api import household_files, wiring

    with told_plainly():
        household_files.edit(wiring.read_settings(settings), home, file, by, tell=tell)


@app.command("list")
def show_all(
    place: PlaceKey,
    name: Annotated[str, typer.Option(help="Only homes of people of this name.")] = "",
    settings: SettingsFile = None,
) -> None:
    """Print a place's homes and who lives there, as CSV. This is noted."""
    from api import household_files, wiring

    with told_plainly():
        household_files.show_all(wiring.read_settings(settings), place, name, tell=tell)


@app.command("import")
def read_file(
    file: Annotated[Path | None, typer.Argument(help="CSV file in UTF-8 with a header.")] = None,
    place: Annotated[str, typer.Option(help="Key of the place.")] = "",
    by: Annotated[str, typer.Option(help="E-mail of a supervisor or officer of the place.")] = "",
    template: Annotated[
        bool, typer.Option("--template", help="Print the header and one row to write over.")
    ] = False,
    dry_run: DryRun = False,
    settings: SettingsFile = None,
) -> None:
    """Enrol the households of a CSV file, thousands at once.

    Every mistake is named with its row and column, and then nothing is saved. Stopped half way,
    the same command goes on where it ended; no household is lost or enrolled twice.
    """
    from api import household_files, wiring
    from config.household_form import COLUMNS
    from config.problems import ConfigProblem

    if template:
        tell(",".join(COLUMNS))
        example = household_files.EXAMPLE
        tell(",".join(household_files.cell(example.get(column, "")) for column in COLUMNS))
        return
    with told_plainly():
        if file is None or not place or not by:
            raise ConfigProblem("household: name the file, --place and --by, or ask --template")
        known = wiring.read_settings(settings)
        household_files.read_file(known, file, place, by, is_dry_run=dry_run, tell=tell)
