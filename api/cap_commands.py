"""``stillwell caps``: longer limits of single homes, proposed, accepted by a person, taken back."""

from typing import Annotated, Final

import typer

from api.exits import told_plainly
from api.options import SettingsFile, tell

app: Final = typer.Typer(
    no_args_is_help=False, rich_markup_mode=None, pretty_exceptions_enable=False
)
By = Annotated[str, typer.Option(help="E-mail of a supervisor of the home's place: who decides.")]


@app.callback(invoke_without_command=True)
def caps(
    context: typer.Context,
    place: Annotated[str, typer.Option(help="Key of one place; else every place.")] = "",
    settings: SettingsFile = None,
) -> None:
    """Show longer limits for single homes: proposed, in force until when, ended in 28 days.

    A silence of 12 hours is told whatever was learned. Where a home is often quiet for longer at
    one time of day a longer limit is proposed; it holds once a named person accepts it, for a
    stated time, and then the 12 hours are back.

      stillwell caps --place fenbridge
    """
    if context.invoked_subcommand is not None:
        return
    from api import cap_running, wiring

    with told_plainly():
        cap_running.show(wiring.read_settings(settings), place, tell=tell)


@app.command()
def accept(
    home: Annotated[str, typer.Option(help="Id of the home.")],
    by: By,
    why: Annotated[str, typer.Option(help="The reason, kept for those who ask.")],
    days: Annotated[float, typer.Option(help="For how long: up to 92 days.")],
    start: Annotated[
        str, typer.Option("--from", help="Local time from which silences may begin: 21:00.")
    ] = "",
    end: Annotated[str, typer.Option("--to", help="Up to this local time: 03:00.")] = "",
    hours: Annotated[float, typer.Option(help="The longer limit: up to 24.")] = 24.0,
    out: Annotated[
        bool, typer.Option("--out", help="About absences after the door, not silences at home.")
    ] = False,
    settings: SettingsFile = None,
) -> None:
    """Accept a longer limit for one home and a part of its day, in the name of a supervisor.

    Without --from and --to it is the part of the day that is proposed. A worker follows at once.

      stillwell caps accept --home 3f2a... --days 28 --by sam@council.example --why "late riser"
    """
    from api import cap_running, wiring

    with told_plainly():
        cap_running.accept(
            wiring.read_settings(settings),
            home,
            (start, end),
            cap_h=hours,
            days=days,
            is_out=out,
            by=by,
            why=why,
            tell=tell,
        )


@app.command()
def withdraw(
    number: Annotated[int, typer.Argument(help="Number of the limit, from stillwell caps.")],
    by: By,
    settings: SettingsFile = None,
) -> None:
    """Take a longer limit back: from now on the place's own holds again."""
    from api import cap_running, wiring

    with told_plainly():
        cap_running.withdraw(wiring.read_settings(settings), number, by=by, tell=tell)
