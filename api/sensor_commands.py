"""``stillwell sensor``: the devices of a home, and another one in the place of a broken one."""

from typing import Annotated, Final

import typer

from api.exits import told_plainly
from api.options import SettingsFile, tell

app: Final = typer.Typer(
    no_args_is_help=True, rich_markup_mode=None, pretty_exceptions_enable=False,
    help="Sensors of a home: which device speaks for each, and replacing one.",
)  # fmt: skip
By = Annotated[str, typer.Option(help="E-mail of an officer, or of an installer on a booked day.")]


@app.command("list")
def list_sensors(
    home: Annotated[str, typer.Option("--home", help="Id of the home.")],
    settings: SettingsFile = None,
) -> None:
    """Print the sensors of a home, which device speaks for each, and those before it."""
    from api import sensor_running, wiring

    with told_plainly():
        sensor_running.list_sensors(wiring.read_settings(settings), home, tell=tell)


@app.command("replace")
def replace(
    sensor: Annotated[str, typer.Argument(help="Id of the sensor, as `sensor list` prints it.")],
    by: By,
    address: Annotated[
        str, typer.Option(help="What the hub calls the new device, or its Zigbee address.")
    ],
    why: Annotated[str, typer.Option(help="A few words without names.")],
    gateway: Annotated[
        str, typer.Option(help="Id of another gateway of the home, if it speaks through that.")
    ] = "",
    dialect: Annotated[str, typer.Option(help="How it speaks, if not as the old one.")] = "",
    model: Annotated[str, typer.Option(help="Its model, if not that of the old one.")] = "",
    settings: SettingsFile = None,
) -> None:
    """Let another device speak for a sensor: what was stored stays, the old one is not heard.

    All sensors of one device go together.

    stillwell sensor replace sens-0123456789 --address hall-motion-2 --why "its battery leaks"
    --by olga@council.example
    """
    from api import sensor_running, wiring
    from config.sensor_replacements import NewDevice

    with told_plainly():
        new = NewDevice(address, gateway, dialect, model)
        sensor_running.replace(wiring.read_settings(settings), sensor, by, new, why, tell=tell)
