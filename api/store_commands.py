"""``stillwell store``: what the store holds, erasure, retention, packing, and moving to another."""

from pathlib import Path
from typing import Annotated, Final

import typer

from api.exits import told_plainly
from api.options import SettingsFile, tell

app: Final = typer.Typer(
    no_args_is_help=True, rich_markup_mode=None, pretty_exceptions_enable=False
)


@app.callback()
def store() -> None:
    """Look after the readings that are kept for years; the worker may run meanwhile.

    Which store it is stands in the settings: `[store] kind = "embedded"`.
    """


@app.command()
def erase(
    home: Annotated[str, typer.Argument(help="Id of the home, as pages and REST show it.")],
    settings: SettingsFile = None,
) -> None:
    """Delete every reading of one home, so that no byte of them stays in the store.

    What the engine had learned of it goes from its checkpoint, at once or with the next one.

    The journal and its copies forget them after `journal.keep_days`; backups are yours to end.
    Exits with 1 where the store cannot erase, and says which can.

      stillwell store erase q3x8k2m1 --settings site.toml
    """
    from api import store_work, wiring

    with told_plainly():
        store_work.erase(wiring.read_settings(settings), home, tell=tell)


@app.command()
def retention(
    settings: SettingsFile = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Tell what would go, by place; nothing goes.")
    ] = False,
) -> None:
    """Delete now what is older than each place keeps; the worker does it once a day.

    Readings go after retention_days of the place file; alerts that are over, findings and
    changes after alert_days. What homes leave whose enrolment has ended goes after household_days
    and device_days, and the audit log after audit_days. Homes under a legal hold keep everything.
    What went is in the audit log of the place.

      stillwell store retention --settings site.toml --dry-run
    """
    from api import store_work, wiring

    with told_plainly():
        store_work.retention(wiring.read_settings(settings), is_dry_run=dry_run, tell=tell)


@app.command()
def compact(settings: SettingsFile = None) -> None:
    """Pack every day that is over into one piece a home; the worker does it bit by bit.

    stillwell store compact --settings site.toml
    """
    from api import store_work, wiring

    with told_plainly():
        store_work.compact(wiring.read_settings(settings), tell=tell)


@app.command()
def copy(
    source: Annotated[Path, typer.Argument(help="Settings file of the store to read.")],
    target: Annotated[Path, typer.Argument(help="Settings file of the store to fill.")],
) -> None:
    """Move history from one store to another, home by home, and compare what arrived.

    Stopped, it goes on where it was when it is run again. Stop the worker that writes the
    target; the one that writes the source may run: when this is done, start it with the
    target's settings, and the journal brings what came meanwhile.

      stillwell store copy site.toml site-influx.toml
    """
    from api import store_copy, wiring

    with told_plainly():
        store_copy.run(wiring.read_settings(source), wiring.read_settings(target), tell=tell)
