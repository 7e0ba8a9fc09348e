"""``stillwell subject``: what is kept about one home, for the people who live there."""

from pathlib import Path
from typing import Annotated, Final

import typer

from api.exits import told_plainly
from api.options import SettingsFile, tell

app: Final = typer.Typer(
    no_args_is_help=True, rich_markup_mode=None, pretty_exceptions_enable=False,
    help="What is kept about one home: handed over or erased.",
)  # fmt: skip
HomeId = Annotated[str, typer.Argument(help="Id of the home, as pages and REST show it.")]
By = Annotated[str, typer.Option(help="E-mail of somebody of the place's information governance.")]


@app.command("export")
def export(
    home: HomeId,
    folder: Annotated[Path, typer.Argument(help="New folder for both files.")],
    by: By,
    with_notes: Annotated[
        bool,
        typer.Option(
            "--with-notes",
            help="Let what staff wrote freely stand, known names blacked out. Read it first.",
        ),
    ] = False,
    settings: SettingsFile = None,
) -> None:
    """Write all that is kept about one home: subject.json, and subject.html to read.

    Contacts and staff are left out by name, as the law asks. Who took it is in the audit log.
    Check who asks before you hand it over: it says when somebody is at home.

      stillwell subject export q3x8k2m1 request-17 --by gwen@council.example
    """
    from api import subject_running, wiring

    with told_plainly():
        loaded = wiring.read_settings(settings)
        subject_running.export(loaded, home, folder, by, with_notes=with_notes, tell=tell)


@app.command("erase")
def erase(
    home: HomeId,
    by: By,
    sure: Annotated[bool, typer.Option("--sure", help="Erase; without it nothing goes.")] = False,
    also: Annotated[
        list[Path] | None,
        typer.Option(help="Search this folder too (exports, backups); may be repeated."),
    ] = None,
    settings: SettingsFile = None,
) -> None:
    """Tell what is kept about one home; with --sure erase it, and prove that it is gone.

    Registry, alerts, readings in every store, journal, dead letters, what was learned, and keys.
    Then every file in the data folder is searched, unpacked. It may run beside the worker. When it
    breaks in the middle, run the same again: it goes on. A legal hold forbids it.

      stillwell subject erase q3x8k2m1 --by gwen@council.example --sure
    """
    from api import subject_erasing, wiring

    with told_plainly():
        loaded = wiring.read_settings(settings)
        subject_erasing.erase(loaded, home, by, also=also or [], sure=sure, tell=tell)


@app.command("hold")
def hold(
    home: HomeId,
    by: By,
    reason: Annotated[str, typer.Option(help="Which case it is, without names.")],
    settings: SettingsFile = None,
) -> None:
    """Put a legal hold on a home: nothing of it is erased, and nothing of it expires.

    stillwell subject hold q3x8k2m1 --by gwen@council.example --reason "Inquiry 2026/17"
    """
    from api import subject_running, wiring

    with told_plainly():
        subject_running.hold(wiring.read_settings(settings), home, by, reason, tell=tell)


@app.command("lift")
def lift(
    number: Annotated[int, typer.Argument(help="Number of the hold, as `holds` shows it.")],
    by: By,
    why: Annotated[str, typer.Option(help="Why it is over, without names.")],
    settings: SettingsFile = None,
) -> None:
    """Lift a legal hold: from now on the home may be erased, and expires as its place says."""
    from api import subject_running, wiring

    with told_plainly():
        subject_running.lift(wiring.read_settings(settings), number, by, why, tell=tell)


@app.command("holds")
def list_holds(
    place: Annotated[str, typer.Option(help="Key of the place; else of all.")] = "",
    settings: SettingsFile = None,
) -> None:
    """List legal holds: those that stand first, then those that were lifted."""
    from api import subject_running, wiring

    with told_plainly():
        subject_running.list_holds(wiring.read_settings(settings), place, tell=tell)
