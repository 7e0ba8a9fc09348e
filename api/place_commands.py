"""``stillwell place``: councils join, are checked, exported, imported, merged and split."""

from pathlib import Path
from typing import Annotated, Final

import typer

from api.exits import told_plainly
from api.options import SettingsFile, tell

app: Final = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    help="Councils: add, check and list their place files; export, import, merge and split them.",
)


@app.command()
def add(
    file: Annotated[Path, typer.Argument(help="The place file; its name is the place's key.")],
    settings: SettingsFile = None,
) -> None:
    """Check a place file and put it, with its logo, into the folder that `places` names.

    A wrong file is refused with line and reason, and so is a key or a GSS code that another place
    has. Restart worker and web afterwards: they read place files when they start.

      stillwell place add willowmere.toml --settings site.toml
    """
    from api import place_files, wiring

    with told_plainly():
        place_files.add(file, wiring.read_settings(settings), tell=tell)


@app.command()
def check(
    file: Annotated[Path | None, typer.Argument(help="A place file; else every place.")] = None,
    settings: SettingsFile = None,
) -> None:
    """Say what each place must still name before it may go live for P1; exits with 3 if any must.

    Without a FILE it also says what was saved on the pages of places and holds over their files,
    and which saved ladder could leave a P1 without anybody told.

    Until then its P1 alerts are raised, shown and sent as everywhere, and its pages, the hub and
    `stillwell check` say that nobody has promised to answer them at all hours.
    """
    from api import place_files, wiring

    with told_plainly():
        raise SystemExit(place_files.check(file, wiring.read_settings(settings), tell=tell))


@app.command(name="list")
def list_(settings: SettingsFile = None) -> None:
    """List the places: key, name, homes, and whether each is live for P1."""
    from api import place_files, wiring

    with told_plainly():
        place_files.list_places(wiring.read_settings(settings), tell=tell)


By = Annotated[
    str, typer.Option("--decided-by", help="E-mail of who decides; it stands in the audit log.")
]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Count and tell, change nothing.")]


@app.command()
def merge(
    sources: Annotated[list[str], typer.Argument(help="Keys of the places that end.")],
    into: Annotated[str, typer.Option(help="Key of the place that their homes move to.")],
    by: By,
    settings: SettingsFile = None,
    dry_run: DryRun = False,
) -> None:
    """Move every home of these places into another, with all that hangs on it.

    History, contacts, alerts with the step of their ladder, findings, sensors and gateways move;
    people, ladders, rota, webhook and live detectors of the old places hold at the new one where it
    has none. Gateways may go on publishing under the old place. Every row is counted before and
    after; when one would be lost or doubled nothing happens. The new place's file comes first:

      stillwell place add willowmere.toml
      stillwell place merge fenbridge northmoor --into willowmere --dry-run
    """
    from api import place_moving, wiring

    with told_plainly():
        place_moving.merge(
            wiring.read_settings(settings), sources, into, by, is_dry_run=dry_run, tell=tell
        )


@app.command()
def split(
    source: Annotated[str, typer.Argument(help="Key of the place whose homes move.")],
    file: Annotated[Path, typer.Option("--by", help="CSV with columns home and place.")],
    by: By,
    settings: SettingsFile = None,
    dry_run: DryRun = False,
) -> None:
    """Move the homes that a file names to other places; those that it does not name stay.

    Like `place merge`. Every mistake of the file is listed with its row, and then nothing happens.
    """
    from api import place_moving, wiring

    with told_plainly():
        place_moving.split(
            wiring.read_settings(settings), source, file, by, is_dry_run=dry_run, tell=tell
        )


@app.command()
def export(
    place: Annotated[str, typer.Argument(help="Key of the place.")],
    folder: Annotated[Path, typer.Argument(help="A new folder; it will hold personal data.")],
    settings: SettingsFile = None,
) -> None:
    """Write everything of a place as CSV and Parquet: tables, readings and the place file.

    What is in which file stands in config/README.md. Not in it: passwords, sessions, second
    factors, tokens and the webhook's secret.

      stillwell place export fenbridge /exports/fenbridge
    """
    from api import place_export, wiring

    with told_plainly():
        place_export.export(wiring.read_settings(settings), place, folder, tell=tell)


@app.command(name="import")
def import_(
    folder: Annotated[Path, typer.Argument(help="What `stillwell place export` wrote.")],
    settings: SettingsFile = None,
) -> None:
    """Put an exported place into this installation, and prove that the counts are equal.

    Add its place file first, and stop the worker. All rows or none; a run that stopped among the
    readings is gone on with by running it again.

      stillwell place add /exports/fenbridge/fenbridge.toml
      stillwell place import /exports/fenbridge
    """
    from api import place_import, wiring

    with told_plainly():
        place_import.import_place(wiring.read_settings(settings), folder, tell=tell)
