"""``stillwell household end`` and ``take-back``: the end of an enrolment, and its undoing."""

from typing import Annotated

import typer

from api.exits import told_plainly
from api.options import SettingsFile, tell

HomeId = Annotated[str, typer.Option("--home", help="Id of the home.")]
By = Annotated[str, typer.Option(help="E-mail of a supervisor or officer of the place.")]


def end(
    home: HomeId,
    reason: Annotated[str, typer.Option(help="died, moved-into-care, withdrew or other.")],
    by: By,
    on: Annotated[str, typer.Option(help="Day on which it ended, such as 2026-11-20.")],
    close_p1: Annotated[
        list[str] | None,
        typer.Option(help="Id of a standing P1 alert that you have made sure of; may be repeated."),
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Tell what would happen; nothing is changed.")
    ] = False,
    settings: SettingsFile = None,
) -> None:
    """End the enrolment of a home: all of it at once, or nothing.

    Its gateways are shut out within a second, nothing more is stored, standing alerts are closed
    with the outcome "enrolment-ended", and consent, pauses, visits and limits end. It tells by
    when each kind of data is erased, and can be taken back for 14 days.

      stillwell household end --home k3v9x2mq --reason died --on 2026-11-20 --by EMAIL --dry-run
    """
    from api import ending_running, wiring

    with told_plainly():
        known, p1 = wiring.read_settings(settings), frozenset(close_p1 or ())
        asked = ending_running.Asked(home, reason, on, by, p1)
        ending_running.end(known, asked, is_dry_run=dry_run, tell=tell)


def take_back(
    home: HomeId,
    by: By,
    why: Annotated[str, typer.Option(help="What was mistaken, in a few words without names.")],
    settings: SettingsFile = None,
) -> None:
    """Take the end of an enrolment back, within 14 days: the home is watched as before.

    Its gateways get new credentials, told this once. Pauses, visits and longer limits are not
    brought back, nor are alerts that were closed.
    """
    from api import ending_running, wiring

    with told_plainly():
        ending_running.take_back(wiring.read_settings(settings), home, by, why, tell=tell)
