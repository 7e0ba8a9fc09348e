"""``stillwell pause``: homes that are not watched for a stated time, and who said so."""

from typing import Annotated, Final

import typer

from api.exits import told_plainly
from api.options import SettingsFile, tell

app: Final = typer.Typer(
    no_args_is_help=False, rich_markup_mode=None, pretty_exceptions_enable=False
)
By = Annotated[str, typer.Option(help="E-mail of an account of the home's place: who decides.")]
Number = Annotated[int, typer.Argument(help="Number of the pause, from stillwell pause.")]
Until = Annotated[str, typer.Option(help="Local time at which it ends: 2026-12-01 14:00.")]


@app.callback(invoke_without_command=True)
def pauses(
    context: typer.Context,
    place: Annotated[str, typer.Option(help="Key of one place; else every place.")] = "",
    settings: SettingsFile = None,
) -> None:
    """Show which homes are paused until when, by whom and why; also those over in 28 days.

    In a paused home smoke, falls and calls for help are raised all the same; nothing else is,
    and nothing is learned. Something that moves there asks whether the person is home again.
    """
    if context.invoked_subcommand is not None:
        return
    from api import pause_running, wiring

    with told_plainly():
        pause_running.show(wiring.read_settings(settings), place, tell=tell)


@app.command()
def begin(
    home: Annotated[str, typer.Option(help="Id of the home.")],
    reason: Annotated[str, typer.Option(help="hospital, holiday or works.")],
    until: Until,
    by: By,
    start: Annotated[
        str, typer.Option("--from", help="Local time at which it begins; else now.")
    ] = "",
    why: Annotated[str, typer.Option(help="More about it; do not name anybody.")] = "",
    settings: SettingsFile = None,
) -> None:
    """Pause a home until a stated time, at most 92 days; a day before, its end is announced.

    stillwell pause begin --home 3f2a... --reason hospital --until "2026-12-01 14:00" --by EMAIL
    """
    from api import pause_running, wiring

    with told_plainly():
        loaded = wiring.read_settings(settings)
        pause_running.begin(loaded, home, reason, (start, until), by=by, why=why, tell=tell)


@app.command()
def end(number: Number, by: By, settings: SettingsFile = None) -> None:
    """End a pause now: the home is watched again."""
    from api import pause_running, wiring

    with told_plainly():
        pause_running.end(wiring.read_settings(settings), number, by=by, tell=tell)


@app.command()
def extend(number: Number, until: Until, by: By, settings: SettingsFile = None) -> None:
    """Let a pause that runs end at another time."""
    from api import pause_running, wiring

    with told_plainly():
        pause_running.extend(wiring.read_settings(settings), number, until, by=by, tell=tell)
