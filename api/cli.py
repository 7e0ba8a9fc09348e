"""The ``stillwell`` command."""

import asyncio
import sys
from pathlib import Path
from typing import Annotated, Final

import typer

from api.exits import told_plainly

EPILOG: Final = (
    "Exit codes: 0 done, 1 failed, 2 wrong input or settings, 3 not ready (check). "
    "Settings come from --settings FILE (TOML), then STILLWELL_SECTION__KEY variables."
)

app = typer.Typer(
    name="stillwell",
    help="Home sensors watch over people who live alone. Start with: stillwell demo",
    epilog=EPILOG,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
SettingsFile = Annotated[
    Path | None,
    typer.Option("--settings", help="TOML file; else STILLWELL_SETTINGS, else the defaults."),
]
Credentials = Annotated[
    Path | None,
    typer.Option(help="JSON file of broker passwords by user name (the demo writes one)."),
]


def _tell(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


@app.command()
def demo(
    port: Annotated[int, typer.Option(min=1, max=65535, help="Port of the web pages.")] = 8000,
    folder: Annotated[Path, typer.Option(help="Where everything is kept.")] = Path("demo-home"),
) -> None:
    """Run three invented councils: 60 homes, 28 days through the pipeline, then live.

    Starts broker, worker, web and simulator as supervised processes, prints one sign-in per
    role and a line `ready: http://127.0.0.1:PORT`. Ctrl-C stops everything.
    """
    from api import demo as running

    with told_plainly():
        running.run(folder, port, tell=_tell)


@app.command()
def worker(settings: SettingsFile = None) -> None:
    """Read the broker, keep readings, watch homes, raise alerts, send messages.

    One worker per broker session; a second one on the same data folder is refused.
    """
    from api import logs, wiring
    from api import worker as process

    with told_plainly():
        logs.configure()
        process.run(wiring.read_settings(settings))


@app.command()
def web(settings: SettingsFile = None) -> None:
    """Serve the pages and the REST interface.

    Runs beside the worker on the same data folder, and shows what it last said when it is
    gone. Put a proxy with https before it; `web.is_secure = false` is for this machine only.

      stillwell web --settings site.toml
    """
    from api import logs, webserver, wiring

    with told_plainly():
        logs.configure()
        webserver.run(wiring.read_settings(settings))


@app.command()
def migrate(settings: SettingsFile = None) -> None:
    """Bring the database to this version's tables, creating it where it is missing.

    Safe to repeat. Run it once after every upgrade, with worker and web stopped.

      stillwell migrate --settings site.toml
    """
    from api import wiring
    from config import database

    with told_plainly():
        loaded = wiring.read_settings(settings)
        wiring.files(loaded)
        database.migrate(loaded.database)
        have, _ = database.revision(database.connect(loaded.database))
        _tell(f"database is at revision {have}")


@app.command()
def enrol(
    file: Annotated[Path, typer.Argument(help="TOML file with one [[home]] table a household.")],
    settings: SettingsFile = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Check only, save nothing.")] = False,
) -> None:
    """Enrol homes with their gateway and sensors; a running worker follows within a second.

    All or nothing: every mistake is listed with its key, and then nothing is saved. A home:

      [[home]]
      place = "fenbridge"
      label = "Home 61, Larch Row"

      [[home.sensor]]
      dialect = "zigbee2mqtt"
      address = "hall/motion"
      kind = "motion"
      room = "hall"
    """
    from api import enrolment, wiring

    with told_plainly():
        enrolment.run(file, wiring.read_settings(settings), is_dry_run=dry_run, tell=_tell)


@app.command()
def account(
    email: Annotated[str, typer.Argument(help="Who signs in.")],
    name: Annotated[str, typer.Option(help="Shown to colleagues beside what they did.")],
    place: Annotated[list[str], typer.Option(help="Key of a place; may be repeated.")],
    role: Annotated[
        list[str],
        typer.Option(
            help="care-worker, operator, supervisor, officer or engineer; may be repeated."
        ),
    ],
    settings: SettingsFile = None,
) -> None:
    """Open an account with these roles in these places; prints a password once."""
    from api import accounts, wiring

    with told_plainly():
        loaded = wiring.read_settings(settings)
        accounts.open_account(loaded, email, name, place, role, tell=_tell)


@app.command()
def simulate(
    scenario: Annotated[str, typer.Argument(help="A scenario's name (demo) or a TOML file.")],
    credentials: Credentials = None,
    settings: SettingsFile = None,
    live: Annotated[bool, typer.Option(help="Go on live after the past is sent.")] = True,
    out: Annotated[
        Path | None,
        typer.Option(help="Write to this .csv (readings) or .jsonl (messages) instead."),
    ] = None,
) -> None:
    """Publish simulated homes through MQTT: the scenario's days, then live until Ctrl-C.

    With --out no broker is needed: the days go into a file, the same bytes every time, and
    what really happened into FILE.truth.csv beside it. Otherwise the homes must be enrolled,
    as the demo does; the past is sent on a virtual clock, so the worker's settings must say
    clock = "virtual".
    """
    from api import simulation, wiring

    with told_plainly():
        if out is not None:
            simulation.write(scenario, out, tell=_tell)
            return
        loaded = wiring.read_settings(settings)
        asyncio.run(simulation.run(scenario, loaded, credentials, goes_live=live, tell=_tell))


@app.command()
def replay(
    file: Annotated[
        Path,
        typer.Argument(
            help="CSV (time,sensor,value), JSONL of MQTT messages, "
            "or a Kasteren or Ordonez sensor file."
        ),
    ],
    place: Annotated[str, typer.Option(help="Key of the place to replay into.")],
    credentials: Credentials = None,
    settings: SettingsFile = None,
    gateway: Annotated[str, typer.Option(help="Gateway id to publish as.")] = "replayed-gateway",
    speed: Annotated[float, typer.Option(min=0, help="Times real time; 0 is flat out.")] = 0,
    in_process: Annotated[
        bool, typer.Option("--in-process", help="Without a broker or worker: same code, faster.")
    ] = False,
) -> None:
    """Send a recorded file through the real broker and pipeline, on a virtual clock.

    The recording's sensors are enrolled first, as a home of this place, unless they are. With
    --in-process the pipeline, store and engine run here instead of in a worker; the alerts
    are the same.
    """
    from api import replaying, wiring

    with told_plainly():
        loaded = wiring.read_settings(settings)
        asyncio.run(
            replaying.run(
                file,
                loaded,
                credentials,
                place=place,
                gateway=gateway,
                speed=speed,
                is_in_process=in_process,
                tell=_tell,
            )
        )


@app.command()
def evaluate(
    data: Annotated[
        Path, typer.Option(help="CSV or csv.gz with the columns home,local_time,place (TIHM).")
    ],
    out: Annotated[Path, typer.Option(help="Figures as JSON; the report lies beside it.")] = Path(
        "evaluation.json"
    ),
) -> None:
    """Judge the live engine and simple rules on recorded homes, each on days it has not seen.

    Prints the table, writes FILE.json and a report FILE.html; about two minutes for 28 homes.
    """
    from api import evaluate as evaluation

    with told_plainly():
        evaluation.run(data, out, tell=_tell)


@app.command()
def check(settings: SettingsFile = None) -> None:
    """Say whether settings, database, broker, journal, store and worker are ready.

    Prints one line each; where something is not ready it says what to do, and exits with 3.
    """
    from api import checking, wiring

    with told_plainly():
        loaded = wiring.read_settings(settings)
        raise SystemExit(checking.run(loaded, tell=_tell))


def main() -> None:
    """Run the command line."""
    app()
