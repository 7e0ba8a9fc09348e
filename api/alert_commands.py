"""``stillwell alert``: what stands, and what somebody says of it."""

from typing import Annotated, Final

import typer

from api.exits import told_plainly
from api.options import SettingsFile, tell

app: Final = typer.Typer(
    no_args_is_help=True, rich_markup_mode=None, pretty_exceptions_enable=False,
    help="Alerts: list what stands, take one on, say that you go, say how it ended.",
)  # fmt: skip
Id = Annotated[str, typer.Argument(help="Id of the alert, as `stillwell alert list` prints it.")]
By = Annotated[str, typer.Option(help="E-mail of a member of the care team: who does it.")]


@app.command("list")
def show(
    place: Annotated[str, typer.Option(help="Key of the place.")], settings: SettingsFile = None
) -> None:
    """Print the alerts that stand at a place, the most urgent first. The audit log has it."""
    from api import alert_running, wiring

    with told_plainly():
        alert_running.show(wiring.read_settings(settings), place, tell=tell)


@app.command()
def acknowledge(alert: Id, by: By, settings: SettingsFile = None) -> None:
    """Take an alert on."""
    from api import alert_running, wiring

    with told_plainly():
        loaded = wiring.read_settings(settings)
        alert_running.act(
            loaded, alert, by, "is taken on by",
            lambda ledger, id_, who, now: ledger.acknowledge(id_, who, now), tell=tell,
        )  # fmt: skip


@app.command()
def attend(alert: Id, by: By, settings: SettingsFile = None) -> None:
    """Say that somebody is on the way."""
    from api import alert_running, wiring

    with told_plainly():
        loaded = wiring.read_settings(settings)
        alert_running.act(
            loaded, alert, by, "is attended by",
            lambda ledger, id_, who, now: ledger.attend(id_, who, now), tell=tell,
        )  # fmt: skip


@app.command()
def resolve(
    alert: Id,
    by: By,
    outcome: Annotated[
        str, typer.Option(help="spoken-to, seen-well, needs-help, referred, false-visitor, ...")
    ],
    note: Annotated[str, typer.Option(help="What happened; needed for the outcome other.")] = "",
    settings: SettingsFile = None,
) -> None:
    """Say how it ended. A wrong outcome is refused with those that there are."""
    from api import alert_running, wiring

    with told_plainly():
        said = alert_running.read_outcome(outcome)
        loaded = wiring.read_settings(settings)
        alert_running.act(
            loaded, alert, by, "is resolved by",
            lambda ledger, id_, who, now: ledger.resolve(id_, who, said, note, now), tell=tell,
        )  # fmt: skip
