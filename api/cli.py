"""The ``stillwell`` command."""

from pathlib import Path
from typing import Annotated, Final

import typer

from api import (
    backup_commands,
    ending_commands,
    incident_command,
    measure_commands,
    move_commands,
    records_command,
    rehearsal_command,
    relearn_command,
    replay_commands,
    watch_commands,
)
from api.alert_commands import app as alert
from api.audit_commands import app as audit
from api.broker_commands import app as broker
from api.cap_commands import app as caps
from api.consent_commands import app as consent
from api.contact_commands import app as contacts
from api.detector_commands import app as detectors
from api.device_commands import app as device
from api.exits import told_plainly
from api.fact_commands import app as facts
from api.gateway_commands import app as gateway
from api.handover_commands import app as handover
from api.household_commands import app as household
from api.key_commands import app as keys_
from api.options import SettingsFile, tell
from api.pause_commands import app as pauses
from api.people_commands import break_glass, people
from api.place_commands import app as place
from api.sensor_commands import app as sensor
from api.store_commands import app as store
from api.subject_commands import app as subject
from api.telling_commands import ladder, recipient, rota, webhook
from api.visit_commands import app as visits

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
app.add_typer(alert, name="alert")
app.add_typer(detectors, name="detectors")
app.add_typer(store, name="store")
app.add_typer(subject, name="subject")
app.add_typer(caps, name="caps")
app.add_typer(pauses, name="pause")
app.add_typer(handover, name="handover")
app.add_typer(consent, name="consent")
app.add_typer(contacts, name="contacts")
household.command("end")(ending_commands.end)
household.command("take-back")(ending_commands.take_back)
household.command("move")(move_commands.move)
household.command("take-back-move")(move_commands.take_back)
app.add_typer(household, name="household")
app.add_typer(facts, name="facts")
app.add_typer(keys_, name="keys")
app.add_typer(visits, name="visits")
app.add_typer(audit, name="audit")
app.add_typer(ladder, name="ladder")
app.add_typer(rota, name="rota")
app.add_typer(recipient, name="recipient")
app.add_typer(webhook, name="webhook")
app.add_typer(people, name="people")
app.add_typer(break_glass, name="break-glass")
app.add_typer(place, name="place")
app.add_typer(gateway, name="gateway")
app.add_typer(sensor, name="sensor")
app.add_typer(device, name="device")
app.add_typer(broker, name="broker")


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
        running.run(folder, port, tell=tell)


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
    from config import database, keys
    from config.problems import ConfigProblem

    with told_plainly():
        loaded = wiring.read_settings(settings)
        wiring.files(loaded)
        engine = database.connect(loaded.database)
        database.migrate(loaded.database, keys.open_vault(loaded, engine))
        have, _ = database.revision(engine)
        if locked := keys.open_vault(loaded, engine).locked:
            raise ConfigProblem(f"the database is at revision {have}, but {locked}")
        tell(f"database is at revision {have}")


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
        enrolment.run(file, wiring.read_settings(settings), is_dry_run=dry_run, tell=tell)


@app.command()
def account(
    email: Annotated[str, typer.Argument(help="Who signs in.")],
    name: Annotated[str, typer.Option(help="Shown to colleagues beside what they did.")],
    place: Annotated[list[str], typer.Option(help="Key of a place; may be repeated.")],
    role: Annotated[
        list[str],
        typer.Option(
            help="care-worker, operator, supervisor, officer, engineer, installer, governance, "
            "commissioner or hub-operator; may be repeated."
        ),
    ],
    settings: SettingsFile = None,
) -> None:
    """Open an account with these roles in these places; prints a password once."""
    from api import accounts, wiring

    with told_plainly():
        loaded = wiring.read_settings(settings)
        accounts.open_account(loaded, email, name, place, role, tell=tell)


app.command()(measure_commands.measures)
app.command()(watch_commands.watch)
app.command()(watch_commands.canary)
app.command()(backup_commands.backup)
app.command()(backup_commands.restore)
app.command()(replay_commands.simulate)
app.command()(replay_commands.replay)
app.command()(rehearsal_command.rehearse)
app.command()(incident_command.incident)
app.command()(records_command.records)
app.command()(relearn_command.relearn)


@app.command()
def evaluate(
    data: Annotated[
        Path, typer.Option(help="CSV or csv.gz with the columns home,local_time,place (TIHM).")
    ],
    out: Annotated[Path, typer.Option(help="Figures as JSON; the report lies beside it.")] = Path(
        "evaluation.json"
    ),
    settings: Annotated[
        Path | None,
        typer.Option(help="TOML with [limits] and [detectors], or a place file; else defaults."),
    ] = None,
    against: Annotated[
        Path | None, typer.Option(help="Another such file, judged beside it on the same draws.")
    ] = None,
    half: Annotated[str, typer.Option(help="a or b: only every other home, by name.")] = "",
    peers: Annotated[
        bool, typer.Option("--peers", help="Judge other methods too; some minutes more.")
    ] = False,
    tick_s: Annotated[
        int, typer.Option(min=5, max=900, help="Seconds between two looks of the detectors.")
    ] = 60,
) -> None:
    """Judge the live engine and simple rules on recorded homes, each on days it has not seen.

    Prints the table, writes FILE.json and a report FILE.html; about three minutes for 28 homes.
    """
    from api import evaluate as evaluation

    with told_plainly():
        evaluation.run(
            data,
            out,
            tell=tell,
            settings=settings,
            against=against,
            half=half,
            has_peers=peers,
            tick_s=tick_s,
        )


@app.command()
def realism(
    data: Annotated[
        Path, typer.Option(help="CSV or csv.gz with the columns home,local_time,place (TIHM).")
    ],
    out: Annotated[Path, typer.Option(help="Ratios as JSON; the report lies beside it.")] = Path(
        "realism.json"
    ),
    half: Annotated[
        str, typer.Option(help="judged, or calibration while parameters are being set.")
    ] = "judged",
) -> None:
    """Say how like recorded homes the simulated ones are, in units of how homes differ anyway.

    Prints a ratio for each group of statistics, writes FILE.json and a report FILE.html; about
    a minute. Fails when a ratio is above 1.5.
    """
    from api import realism as likeness

    with told_plainly():
        likeness.run(data, out, half, tell=tell)


@app.command()
def check(settings: SettingsFile = None) -> None:
    """Say whether settings, database, broker, journal, store and worker are ready.

    Prints one line each; where something is not ready it says what to do, and exits with 3.
    """
    from api import checking, wiring

    with told_plainly():
        loaded = wiring.read_settings(settings)
        raise SystemExit(checking.run(loaded, tell=tell))


def main() -> None:
    """Run the command line."""
    app()
