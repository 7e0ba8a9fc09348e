"""``stillwell gateway``: what gateways sign in with, days of work, and walk tests."""

from pathlib import Path
from typing import Annotated, Final

import typer

from api.announced_commands import app as announced
from api.exits import told_plainly
from api.options import SettingsFile, tell

app: Final = typer.Typer(
    no_args_is_help=True, rich_markup_mode=None, pretty_exceptions_enable=False,
    help="What gateways sign in with, and testing what they send.",
)  # fmt: skip
credential: Final = typer.Typer(
    no_args_is_help=True, rich_markup_mode=None, pretty_exceptions_enable=False,
    help="Issue, rotate and revoke what gateways sign in with.",
)  # fmt: skip
walk: Final = typer.Typer(
    no_args_is_help=True, rich_markup_mode=None, pretty_exceptions_enable=False,
    help="Test a home: its alarms are marked TEST for 60 minutes, and nobody is sent.",
)  # fmt: skip
app.add_typer(credential, name="credential")
app.add_typer(walk, name="walk-test")
app.add_typer(announced, name="announced")
Gateway = Annotated[str, typer.Argument(help="Id of the gateway.")]
HomeId = Annotated[str, typer.Option("--home", help="Id of the home.")]
By = Annotated[str, typer.Option(help="E-mail of an officer, or of an installer on a booked day.")]
Officer = Annotated[str, typer.Option(help="E-mail of an officer of the place.")]


@credential.command("issue")
def issue(
    gateway: Gateway,
    by: By,
    qr: Annotated[
        Path | None, typer.Option(help="SVG file for the QR code; else it is drawn here.")
    ] = None,
    settings: SettingsFile = None,
) -> None:
    """Issue a credential and tell it, once. An older one stays valid until this one is in use.

    stillwell gateway credential issue gate-0123456789 --by olga@council.example
    """
    from api import gateway_running, wiring

    with told_plainly():
        gateway_running.issue(wiring.read_settings(settings), gateway, by, qr, tell=tell)


@credential.command("issue-all")
def issue_all(
    place: Annotated[str, typer.Option(help="Key of the place.")],
    by: Officer,
    to: Annotated[Path, typer.Option(help="CSV file for them; must not be there yet.")],
    settings: SettingsFile = None,
) -> None:
    """Issue one for every gateway of a place that has none, into a CSV that only you may read."""
    from api import gateway_running, wiring

    with told_plainly():
        gateway_running.issue_all(wiring.read_settings(settings), place, by, to, tell=tell)


@credential.command("revoke")
def revoke(
    gateway: Gateway,
    by: By,
    why: Annotated[str, typer.Option(help="A few words without names.")],
    user: Annotated[str, typer.Option(help="Only this one of its user names.")] = "",
    settings: SettingsFile = None,
) -> None:
    """End a gateway's credentials: its connection is cut, and nothing it says is heard."""
    from api import gateway_running, wiring

    with told_plainly():
        loaded = wiring.read_settings(settings)
        gateway_running.revoke(loaded, gateway, by, why, user, tell=tell)


@credential.command("show")
def show(gateway: Gateway, settings: SettingsFile = None) -> None:
    """Print every credential of a gateway, the newest first; never a secret."""
    from api import gateway_running, wiring

    with told_plainly():
        gateway_running.show(wiring.read_settings(settings), gateway, tell=tell)


@app.command("replace")
def replace(
    gateway: Gateway,
    by: By,
    why: Annotated[str, typer.Option(help="A few words without names.")],
    overlap_h: Annotated[
        float | None,
        typer.Option(
            help="Hours that the old box is still heard; 0 shuts it out at once. Else as set.",
            show_default=False,
        ),
    ] = None,
    new_id: Annotated[str, typer.Option(help="Id of the new box; else one is drawn.")] = "",
    qr: Annotated[
        Path | None, typer.Option(help="SVG file for the QR code; else it is drawn here.")
    ] = None,
    settings: SettingsFile = None,
) -> None:
    """Let another box serve in a gateway's place: sensors and history stay, the password is new.

    stillwell gateway replace gate-0123456789 --why "no longer starts" --by olga@council.example
    """
    from api import gateway_running, wiring

    with told_plainly():
        gateway_running.replace(
            wiring.read_settings(settings), gateway, by, why, overlap_h, new_id, qr, tell=tell
        )


@app.command("end-overlap")
def end_overlap(
    old: Annotated[str, typer.Argument(help="Id of the box that was replaced.")],
    by: By,
    settings: SettingsFile = None,
) -> None:
    """Hear no more of a box that was replaced, before its time is over."""
    from api import gateway_running, wiring

    with told_plainly():
        gateway_running.end_overlap(wiring.read_settings(settings), old, by, tell=tell)


@walk.command("begin")
def begin(home: HomeId, by: By, settings: SettingsFile = None) -> None:
    """Begin a walk test; it ends by itself after 60 minutes."""
    from api import gateway_running, wiring

    with told_plainly():
        gateway_running.begin_test(wiring.read_settings(settings), home, by, tell=tell)


@walk.command("end")
def end(home: HomeId, by: By, settings: SettingsFile = None) -> None:
    """End it now: every alarm is real again."""
    from api import gateway_running, wiring

    with told_plainly():
        gateway_running.end_test(wiring.read_settings(settings), home, by, tell=tell)


@walk.command("show")
def show_test(home: HomeId, settings: SettingsFile = None) -> None:
    """Print when each sensor of a home last spoke, and which did in the test."""
    from api import gateway_running, wiring

    with told_plainly():
        gateway_running.show_test(wiring.read_settings(settings), home, tell=tell)


@app.command("book")
def book(
    home: HomeId,
    day: Annotated[str, typer.Option(help="Such as 2026-12-01, the place's own day.")],
    by: Officer,
    settings: SettingsFile = None,
) -> None:
    """Book a day of work in a home: on that day, and only then, installers see it."""
    from api import gateway_running, wiring

    with told_plainly():
        gateway_running.book(wiring.read_settings(settings), home, day, by, tell=tell)
