"""``stillwell audit``: verifies, anchors and shows the audit log."""

from pathlib import Path
from typing import Annotated, Final

import typer

from api.exits import told_plainly
from api.options import SettingsFile, tell

app: Final = typer.Typer(
    no_args_is_help=True, rich_markup_mode=None, pretty_exceptions_enable=False,
    help="The audit log: a hash chain over what was done, set and read.",
)  # fmt: skip


@app.command("verify")
def verify(
    anchors: Annotated[
        Path | None, typer.Option(help="File of heads that `audit anchor` wrote.")
    ] = None,
    settings: SettingsFile = None,
) -> None:
    """Find every row that was edited, deleted or cut off; exits with 1 when there is one.

    Somebody who may write to the database could forge a whole chain: only heads that were kept
    elsewhere (--anchors) tell that.
    """
    from api import auditing, wiring

    with told_plainly():
        auditing.verify(wiring.read_settings(settings), anchors, tell=tell)


@app.command("anchor")
def anchor(
    file: Annotated[Path, typer.Argument(help="File to append the heads to; keep it elsewhere.")],
    settings: SettingsFile = None,
) -> None:
    """Append the newest row of every chain to a file: place, number, hash and time, as JSON."""
    from api import auditing, wiring

    with told_plainly():
        auditing.anchor(wiring.read_settings(settings), file, tell=tell)


@app.command("show")
def show(
    place: Annotated[str, typer.Option(help="Key of the place, or - for the installation.")],
    limit: Annotated[int, typer.Option(min=1, max=100_000, help="Rows, the newest first.")] = 50,
    settings: SettingsFile = None,
) -> None:
    """Print what was done, set and read at a place, the newest first."""
    from api import auditing, wiring

    with told_plainly():
        auditing.show(wiring.read_settings(settings), place, limit, tell=tell)
