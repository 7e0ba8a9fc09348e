"""``stillwell ladder``, ``rota``, ``recipient`` and ``webhook``: who is told of alerts, and how."""

from pathlib import Path
from typing import Annotated, Final

import typer

from api.exits import told_plainly
from api.options import PlaceKey, SettingsFile, tell


def _group(about: str) -> typer.Typer:
    return typer.Typer(
        no_args_is_help=True, rich_markup_mode=None, pretty_exceptions_enable=False, help=about
    )


ladder: Final = _group("Who is told of alerts at a place, step by step, and how long each has.")
rota: Final = _group("Teams of a place and who is on call when.")
recipient: Final = _group("How an account wants to be told: addresses, language, quiet hours.")
webhook: Final = _group("Where a place's alerts go as signed events.")
By = Annotated[str, typer.Option(help="E-mail of a supervisor of the place: who decided.")]
File = Annotated[Path, typer.Argument(help="TOML file; alerts/README.md shows one.")]


@ladder.command("show")
def show_ladders(place: PlaceKey, settings: SettingsFile = None) -> None:
    """Print the ladder of each priority at a place."""
    from api import telling_files, wiring

    with told_plainly():
        telling_files.show_ladders(wiring.read_settings(settings), place, tell=tell)


@ladder.command("set")
def save_ladder(
    file: File,
    place: PlaceKey,
    priority: Annotated[str, typer.Option(help="P1, P2, P3 or T.")],
    by: By,
    settings: SettingsFile = None,
) -> None:
    """Put a ladder in force, also for alerts that stand; refused without a final fallback.

    loops = 2
    [[rung]]
    who = ["on-call:responders"]   # or team:KEY, role:supervisor, place
    channel = ["sms", "email"]
    wait_min = 5
    [fallback]
    who = ["role:supervisor"]
    channel = ["sms", "email"]
    wait_min = 10
    """
    from api import telling_files, wiring

    with told_plainly():
        loaded = wiring.read_settings(settings)
        telling_files.save_ladder(loaded, place, priority, file, by, tell=tell)


@rota.command("show")
def show_rota(place: PlaceKey, settings: SettingsFile = None) -> None:
    """Print who is on call now and next, and the gaps of the next four weeks."""
    from api import telling_files, wiring

    with told_plainly():
        telling_files.show_rota(wiring.read_settings(settings), place, tell=tell)


@rota.command("set")
def save_rota(
    file: File,
    place: PlaceKey,
    by: Annotated[
        str, typer.Option(help="E-mail of a supervisor or officer of the place: who decided.")
    ],
    accept_gaps: Annotated[
        bool, typer.Option("--accept-gaps", help="Save it though it leaves nobody on call.")
    ] = False,
    settings: SettingsFile = None,
) -> None:
    """Put a rota in force; refused when two people of a team are on call at one time.

    Where somebody is on call within the next 7 days and nobody would be, it is saved only with
    --accept-gaps.

    [[team]]
    key = "responders"
    name = "Responders"
    members = ["ann@example.org", "bea@example.org"]
    [[shift]]
    team = "responders"
    days = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
    from = "08:00"
    to = "08:00"                   # hand-over the next day
    people = ["ann@example.org", "bea@example.org"]   # by turns, week by week
    # line = "second" (or "third"): called after the first; since, until = first, last day
    # [[cover]]  team, day, from, person: somebody else for the one shift that begins then
    """
    from api import telling_files, wiring

    with told_plainly():
        telling_files.save_rota(
            wiring.read_settings(settings), place, file, by, is_gap_meant=accept_gaps, tell=tell
        )


@recipient.command("set")
def save_recipient(
    file: File,
    account: Annotated[str, typer.Option(help="E-mail of the account.")],
    settings: SettingsFile = None,
) -> None:
    """Say how an account is told: email, phone, apprise, language, quiet_from, quiet_to."""
    from api import telling_files, wiring

    with told_plainly():
        telling_files.save_recipient(wiring.read_settings(settings), account, file, tell=tell)


@webhook.command("set")
def save_webhook(
    url: Annotated[str, typer.Argument(help="https address; one inside a network is refused.")],
    place: PlaceKey,
    by: By,
    settings: SettingsFile = None,
) -> None:
    """Replace the webhook of a place; the secret that signs is printed this once."""
    from api import telling_files, wiring

    with told_plainly():
        telling_files.save_webhook(wiring.read_settings(settings), place, url, by, tell=tell)
