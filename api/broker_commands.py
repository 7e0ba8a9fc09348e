"""``stillwell broker``: the files by which the broker knows who may connect."""

from typing import Annotated, Final

import typer

from api.exits import told_plainly
from api.options import SettingsFile, tell

app: Final = typer.Typer(
    no_args_is_help=True, rich_markup_mode=None, pretty_exceptions_enable=False,
    help="Keep the broker's files of users and rights as the registry says.",
)  # fmt: skip


@app.command("keep")
def keep(settings: SettingsFile = None) -> None:
    """Keep them until stopped: a gateway that is revoked loses its connection within a second.

    Run it beside the broker, as the broker's user, under a supervisor. It renders the files of
    Mosquitto (passwords, mosquitto.acl) or of the NATS server (users.conf) into broker.folder
    whenever the registry says something else, replaces them whole, and tells the broker to read
    them; nothing is restarted.

      stillwell broker keep --settings site.toml
    """
    from api import broker_keeping, logs, wiring

    with told_plainly():
        logs.configure()
        broker_keeping.run(wiring.read_settings(settings))


@app.command("render")
def render(
    settings: SettingsFile = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Count users and who is refused, write nothing.")
    ] = False,
) -> None:
    """Bring them up to date once, and say which gateways have no credential.

    stillwell broker render --dry-run
    """
    from api import broker_keeping, wiring

    with told_plainly():
        broker_keeping.render(wiring.read_settings(settings), is_dry_run=dry_run, tell=tell)
