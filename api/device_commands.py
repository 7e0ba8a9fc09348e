"""``stillwell device``: moving devices between homes, which takes two people."""

from typing import Annotated, Final

import typer

from api.exits import told_plainly
from api.options import PlaceKey, SettingsFile, tell

app: Final = typer.Typer(
    no_args_is_help=True, rich_markup_mode=None, pretty_exceptions_enable=False,
    help="Move devices between homes: one person proposes it, a second one accepts it.",
)  # fmt: skip
HomeId = Annotated[str, typer.Option("--home", help="Id of the home that they leave.")]
MoveId = Annotated[str, typer.Argument(help="Id of the move; `stillwell device moves` lists them.")]
Officer = Annotated[str, typer.Option(help="E-mail of an officer of the place.")]


@app.command("move")
def move(
    home: HomeId,
    to: Annotated[str, typer.Option(help="Id of the home, of the same place, that they go to.")],
    why: Annotated[str, typer.Option(help="A few words without names.")],
    by: Annotated[str, typer.Option(help="E-mail of an officer, or of an installer on that day.")],
    sensor: Annotated[
        list[str] | None,
        typer.Option(help="Id of any sensor of the device, =ROOM, :exit; may be repeated."),
    ] = None,
    gateway: Annotated[str, typer.Option(help="Id of a gateway that moves with all on it.")] = "",
    to_gateway: Annotated[
        str, typer.Option(help="Id of the gateway it speaks through then, where there are several.")
    ] = "",
    settings: SettingsFile = None,
) -> None:
    """Propose that devices move to another home: nothing changes until a second person accepts.

    It can be accepted for 7 days. Without --sensor and --gateway the devices are listed.

      stillwell device move --home k3v9x2mq --to p8s4d6wn --sensor f5h2n7rc=hall
        --why "no longer needed there" --by olga@council.example
    """
    from api import device_running, wiring

    with told_plainly():
        asked = device_running.Asked(home, to, tuple(sensor or ()), gateway, to_gateway, why, by)
        device_running.move(wiring.read_settings(settings), asked, tell=tell)


@app.command("moves")
def moves(place: PlaceKey, settings: SettingsFile = None) -> None:
    """List what waits for a second person in a place, the oldest first."""
    from api import device_running, wiring

    with told_plainly():
        device_running.moves(wiring.read_settings(settings), place, tell=tell)


@app.command("accept")
def accept(move: MoveId, by: Officer, settings: SettingsFile = None) -> None:
    """Accept a move that somebody else proposed: the devices are the other home's from now on."""
    from api import device_running, wiring

    with told_plainly():
        device_running.accept(wiring.read_settings(settings), move, by, tell=tell)


@app.command("refuse")
def refuse(
    move: MoveId,
    by: Officer,
    why: Annotated[str, typer.Option(help="A few words without names.")],
    settings: SettingsFile = None,
) -> None:
    """Refuse a move that somebody else proposed."""
    from api import device_running, wiring

    with told_plainly():
        device_running.refuse(wiring.read_settings(settings), move, by, why, tell=tell)


@app.command("withdraw")
def withdraw(
    move: MoveId,
    by: Annotated[str, typer.Option(help="E-mail of who proposed it.")],
    settings: SettingsFile = None,
) -> None:
    """Take a move back that you proposed yourself."""
    from api import device_running, wiring

    with told_plainly():
        device_running.withdraw(wiring.read_settings(settings), move, by, tell=tell)
