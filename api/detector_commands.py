"""``stillwell detectors``: what is in shadow or live where, and the switch between them."""

from enum import StrEnum
from typing import Annotated, Final

import typer

from api.exits import told_plainly
from api.options import SettingsFile, tell

app: Final = typer.Typer(
    no_args_is_help=False, rich_markup_mode=None, pretty_exceptions_enable=False
)


class Wish(StrEnum):
    """What --mode takes."""

    OFF = "off"
    SHADOW = "shadow"
    LIVE = "live"


@app.callback(invoke_without_command=True)
def detectors(
    context: typer.Context,
    place: Annotated[str, typer.Option(help="Key of one place; else every place.")] = "",
    settings: SettingsFile = None,
) -> None:
    """Show each detector's mode, who chose it and on what evidence, and every parameter.

    A detector starts in shadow at every place: what it finds is recorded for supervisors to
    judge, and nothing is sent. Life safety, faults and unwatched homes are always live.

      stillwell detectors --place fenbridge
    """
    if context.invoked_subcommand is not None:
        return
    from api import switching, wiring

    with told_plainly():
        switching.show(wiring.read_settings(settings), place, tell=tell)


@app.command("set")
def set_mode(
    place: Annotated[str, typer.Option(help="Key of the place.")],
    detector: Annotated[str, typer.Option(help="Key of the detector, or all.")],
    mode: Annotated[Wish, typer.Option(help="What becomes of what it finds.")],
    by: Annotated[str, typer.Option(help="E-mail of a supervisor of the place: who decided.")],
    evidence: Annotated[str, typer.Option(help="On what evidence; kept for those who ask.")],
    without_evidence: Annotated[
        str, typer.Option(help="Why it must go live with too few findings judged.")
    ] = "",
    settings: SettingsFile = None,
) -> None:
    """Switch a detector off, to shadow or live at a place, in the name of a supervisor.

    Going live raises at once what stands: a person on the floor is not lost because the switch
    came later. Alerts that people have open stay with them. A worker follows within seconds.
    With fewer than 20 findings judged, going live needs --without-evidence and a reason.
    """
    from alerts.modes import Mode
    from api import switching, wiring

    with told_plainly():
        switching.switch(
            wiring.read_settings(settings),
            place,
            detector,
            Mode(mode.value),
            by=by,
            evidence=evidence,
            without_evidence=without_evidence,
            tell=tell,
        )
