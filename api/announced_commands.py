"""``stillwell gateway announced``: what a home's gateway announces, and accepting it."""

from typing import Annotated, Final

import typer

from api.exits import told_plainly
from api.options import SettingsFile, tell

app: Final = typer.Typer(
    no_args_is_help=True, rich_markup_mode=None, pretty_exceptions_enable=False,
    help="Sensors that a home's gateway announces by itself, and making them the home's.",
)  # fmt: skip
HomeId = Annotated[str, typer.Option("--home", help="Id of the home.")]
By = Annotated[str, typer.Option(help="E-mail of an officer, or of an installer on a booked day.")]


@app.command("list")
def list_announced(home: HomeId, settings: SettingsFile = None) -> None:
    """Print what the home's gateways announce, and what can be done with each device."""
    from api import announced_running, wiring

    with told_plainly():
        announced_running.list_announced(wiring.read_settings(settings), home, tell=tell)


@app.command("accept")
def accept(
    home: HomeId,
    by: By,
    device: Annotated[
        list[str],
        typer.Option(
            help="Its address and room, as 0x00158d0001a2b3c4=hall; with :exit, :bed or :chair "
            "behind the room where it was put on one. Say it once for each device."
        ),
    ],
    settings: SettingsFile = None,
) -> None:
    """Make announced devices sensors of the home, all or none; they are watched from then on.

    stillwell gateway announced accept --home ID --by olga@council.example
    --device 0x00158d0001a2b3c4=hall:exit --device 0x00158d0001a2b3c5=kitchen
    """
    from api import announced_running, wiring

    with told_plainly():
        announced_running.accept(wiring.read_settings(settings), home, by, device, tell=tell)
