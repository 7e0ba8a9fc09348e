"""``stillwell handover``: the alerts that stand go to the next shift, each accepted by name."""

from typing import Annotated, Final

import typer

from api.exits import told_plainly
from api.options import PlaceKey, SettingsFile, tell

app: Final = typer.Typer(
    no_args_is_help=True, rich_markup_mode=None, pretty_exceptions_enable=False,
    help="Hand-over at the end of a shift: each alert that stands is accepted by name.",
)  # fmt: skip
By = Annotated[str, typer.Option(help="E-mail of a member of the care team: who does it.")]


@app.command()
def show(place: PlaceKey, settings: SettingsFile = None) -> None:
    """Print what was handed over in the last 12 hours, and who accepted it."""
    from api import handover_running, wiring

    with told_plainly():
        handover_running.show(wiring.read_settings(settings), place, tell=tell)


@app.command()
def begin(place: PlaceKey, by: By, settings: SettingsFile = None) -> None:
    """Hand over each alert that stands; who is not accepted in 10 minutes, supervisors hear of."""
    from api import handover_running, wiring

    with told_plainly():
        handover_running.begin(wiring.read_settings(settings), place, by, tell=tell)


@app.command()
def accept(
    alert: Annotated[str, typer.Argument(help="Id of the alert, from stillwell handover show.")],
    by: By,
    settings: SettingsFile = None,
) -> None:
    """Take an alert over by name."""
    from api import handover_running, wiring

    with told_plainly():
        handover_running.accept(wiring.read_settings(settings), alert, by, tell=tell)
