"""``stillwell consent``: on what ground homes are watched, and which decisions are due again."""

from pathlib import Path
from typing import Annotated, Final

import typer

from api.exits import told_plainly
from api.options import SettingsFile, tell

app: Final = typer.Typer(
    no_args_is_help=True, rich_markup_mode=None, pretty_exceptions_enable=False,
    help="On what ground homes are watched, and which decisions are due to be reviewed.",
)  # fmt: skip
HomeId = Annotated[str, typer.Option("--home", help="Id of the home.")]
By = Annotated[str, typer.Option(help="E-mail of an officer or supervisor of the place.")]


@app.command("record")
def record(
    file: Annotated[Path, typer.Argument(help="TOML file with the decision.")],
    home: HomeId,
    by: By,
    settings: SettingsFile = None,
) -> None:
    """Keep a decision about a home; one that awaited it is watched from now on.

    basis = "consent"            # or best-interests
    decided_by = "person"        # person, attorney, deputy; court, meeting for best interests
    decided_on = 2026-11-20
    review_on = 2027-05-20       # within a year
    reference = "CASE-1"         # where the council's own record of it is; no names
    [purpose]                    # for every kind of sensor of the home
    motion = "to see that somebody is up and about"
    """
    from api import consenting, wiring

    with told_plainly():
        consenting.record(wiring.read_settings(settings), home, file, by, tell=tell)


@app.command("withdraw")
def withdraw(
    home: HomeId,
    by: By,
    why: Annotated[str, typer.Option(help="A few words without names.")],
    settings: SettingsFile = None,
) -> None:
    """Stop storing what a home says. Smoke, falls and calls for help are raised all the same."""
    from api import consenting, wiring

    with told_plainly():
        consenting.withdraw(wiring.read_settings(settings), home, by, why, tell=tell)


@app.command("show")
def show(home: HomeId, settings: SettingsFile = None) -> None:
    """Print every decision about a home, the newest first."""
    from api import consenting, wiring

    with told_plainly():
        consenting.show(wiring.read_settings(settings), home, tell=tell)


@app.command("due")
def due(
    place: Annotated[str, typer.Option(help="Key of one place; else every place.")] = "",
    settings: SettingsFile = None,
) -> None:
    """List decisions to be reviewed within four weeks, and homes watched without one."""
    from api import consenting, wiring

    with told_plainly():
        consenting.due(wiring.read_settings(settings), place, tell=tell)
