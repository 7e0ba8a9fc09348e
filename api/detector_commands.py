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


class Word(StrEnum):
    """What somebody says of a finding."""

    TRUE = "true"
    FALSE = "false"
    UNCLEAR = "unclear"


@app.command("findings")
def list_findings(
    place: Annotated[str, typer.Option(help="Key of the place.")],
    is_judged: Annotated[
        bool, typer.Option("--judged/--waiting", help="Those judged before, or those that wait.")
    ] = False,
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="How many, newest first.")] = 50,
    settings: SettingsFile = None,
) -> None:
    """List what was found in shadow at a place and not sent, for `detectors judge`.

    A line a finding: id, when it was found, detector, home, and what it says.
    """
    from api import findings_running, wiring

    with told_plainly():
        loaded = wiring.read_settings(settings)
        findings_running.show(loaded, place, is_judged=is_judged, limit=limit, tell=tell)


@app.command("judge")
def judge(
    finding: Annotated[str, typer.Argument(help="Its id, as `detectors findings` prints it.")],
    said: Annotated[Word, typer.Argument(help="true, false or unclear.")],
    by: Annotated[str, typer.Option(help="E-mail of a supervisor of the place: who says so.")],
    note: Annotated[str, typer.Option(help="How you know; names nobody.")] = "",
    settings: SettingsFile = None,
) -> None:
    """Say whether what was found in shadow was true; the last word counts, every one is kept."""
    from alerts.precision import Said
    from api import findings_running, wiring

    with told_plainly():
        loaded = wiring.read_settings(settings)
        findings_running.judge(loaded, finding, Said(said.value), by=by, note=note, tell=tell)


@app.command("override")
def override(
    home: Annotated[str, typer.Option(help="Id of the home.")],
    name: Annotated[str, typer.Option(help="Name of the setting, as `detectors` prints it.")],
    value: Annotated[float, typer.Option(help="In the unit of the setting.")],
    by: Annotated[str, typer.Option(help="E-mail of a supervisor of the place: who decided.")],
    why: Annotated[str, typer.Option(help="The reason, kept for those who ask; names nobody.")],
    settings: SettingsFile = None,
) -> None:
    """Give one home a setting of its own, in place of its place's, until somebody takes it back.

    A worker follows within seconds. Rehearsals keep it.

      stillwell detectors override --home 3f2a... --name cold_review_c --value 20
          --by sam@council.example --why "feels the cold since an illness"
    """
    from api import override_running, wiring

    with told_plainly():
        loaded = wiring.read_settings(settings)
        override_running.choose(loaded, home, name, value, by=by, why=why, tell=tell)


@app.command("take-back")
def take_back(
    home: Annotated[str, typer.Option(help="Id of the home.")],
    name: Annotated[str, typer.Option(help="Name of the setting.")],
    by: Annotated[str, typer.Option(help="E-mail of a supervisor of the place: who decided.")],
    settings: SettingsFile = None,
) -> None:
    """Let the setting of its place hold for a home again."""
    from api import override_running, wiring

    with told_plainly():
        override_running.take_back(wiring.read_settings(settings), home, name, by=by, tell=tell)


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
