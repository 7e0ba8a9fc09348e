"""``stillwell people`` and ``stillwell break-glass``: who may do what, and emergency access."""

from typing import Annotated, Final

import typer

from api.exits import told_plainly
from api.options import SettingsFile

people: Final = typer.Typer(
    help="Invite people, give and take roles. Whoever gets or loses one is signed out at once.",
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)
break_glass: Final = typer.Typer(
    help="Emergency access to a place's homes: a reason, a few hours, told to governance.",
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)
Email = Annotated[str, typer.Argument(help="Whom it is about.")]
At = Annotated[str, typer.Option("--place", help="Key of the place.")]
Which = Annotated[
    list[str],
    typer.Option(
        "--role",
        help="care-worker, operator, supervisor, officer, engineer, installer, governance, "
        "commissioner or hub-operator; may be repeated.",
    ),
]


@people.command("list")
def list_people(place: At, settings: SettingsFile = None) -> None:
    """Say who holds which roles at a place."""
    from api import people_running, wiring

    with told_plainly():
        people_running.list_people(wiring.read_settings(settings), place, tell=typer.echo)


@people.command("invite")
def invite(
    email: Email,
    name: Annotated[str, typer.Option(help="Shown to colleagues beside what they did.")],
    place: At,
    role: Which,
    settings: SettingsFile = None,
) -> None:
    """Make an account with these roles, and print the link by which a password is chosen.

    The link works once, for three days; append it to the address of your pages.
    """
    from api import people_running, wiring

    with told_plainly():
        loaded = wiring.read_settings(settings)
        people_running.invite(loaded, email, name, place, role, tell=typer.echo)


@people.command("give")
def give(email: Email, place: At, role: Which, settings: SettingsFile = None) -> None:
    """Give roles at a place to an account."""
    from api import people_running, wiring

    with told_plainly():
        loaded = wiring.read_settings(settings)
        people_running.change(loaded, email, place, role, is_given=True, tell=typer.echo)


@people.command("take")
def take(email: Email, place: At, role: Which, settings: SettingsFile = None) -> None:
    """Take roles at a place from an account."""
    from api import people_running, wiring

    with told_plainly():
        loaded = wiring.read_settings(settings)
        people_running.change(loaded, email, place, role, is_given=False, tell=typer.echo)


@people.command("reset")
def reset(email: Email, settings: SettingsFile = None) -> None:
    """Take password, second factor and sessions of an account, and print a new link.

    For a lost password or telephone, once you know by other means who is asking.
    """
    from api import people_running, wiring

    with told_plainly():
        people_running.reset(wiring.read_settings(settings), email, tell=typer.echo)


@break_glass.command("open")
def open_access(
    email: Email,
    place: At,
    reason: Annotated[str, typer.Option(help="Why, in a sentence; governance reads it.")],
    hours: Annotated[int, typer.Option(help="For how many hours, 1 to 4.")] = 1,
    settings: SettingsFile = None,
) -> None:
    """Open the homes of a place to an account that has no role for them."""
    from api import people_running, wiring

    with told_plainly():
        loaded = wiring.read_settings(settings)
        people_running.open_access(loaded, email, place, reason, hours, tell=typer.echo)


@break_glass.command("list")
def list_accesses(place: At, settings: SettingsFile = None) -> None:
    """Say what was opened at a place, by whom, why, and whether governance took notice."""
    from api import people_running, wiring

    with told_plainly():
        people_running.list_accesses(wiring.read_settings(settings), place, tell=typer.echo)


@break_glass.command("end")
def end_access(
    email: Email,
    access: Annotated[str, typer.Argument(help="Its id, as `list` prints it.")],
    settings: SettingsFile = None,
) -> None:
    """End an emergency access before its time."""
    from api import people_running, wiring

    with told_plainly():
        people_running.end_access(wiring.read_settings(settings), email, access, tell=typer.echo)
