"""``stillwell check``: is everything that this installation needs ready, and if not, what to do."""

import asyncio
import sqlite3
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

from api import broker_files, detectors, health, stores, wiring
from api.exits import Exit
from config import credentials, keys, master_key, registry
from config.places import Place, is_live_for_p1
from config.problems import ConfigProblem
from config.settings import Settings
from ingest.clock import SystemClock, instant, microseconds
from ingest.journal import JournalTail
from ingest.link import open_link
from ingest.packets import ProtocolError
from ingest.positions import Positions
from ingest.probe import probe
from ingest.session import ConnectionLostError

MOST_GAPS: Final = 5
"""Gateways with gaps that are named."""


@dataclass(frozen=True, slots=True)
class Answer:
    """One line of the report; ``advice`` says what to do when it is not ready."""

    what: str
    is_ready: bool
    found: str
    advice: str = ""


def run(settings: Settings, *, tell: Callable[[str], None]) -> Exit:
    """Tell one line for each part; NOT_READY when any is not."""
    is_ready = True
    for answer in answers(settings):
        tell(f"{'ready    ' if answer.is_ready else 'NOT READY'}  {answer.what}: {answer.found}")
        if not answer.is_ready:
            is_ready = False
            tell(f"           {answer.advice}")
    return Exit.OK if is_ready else Exit.NOT_READY


def answers(settings: Settings) -> Iterator[Answer]:
    """Look at settings, places, database, broker, journal, store, worker and detectors."""
    yield Answer("settings", True, f"data in {settings.data}")  # reads as "ready"
    yield _places(settings)
    database = _database(settings)
    yield database
    if database.is_ready:
        yield _keys(settings)
    yield asyncio.run(_broker(settings))
    yield from _probed(settings)
    yield _journal(settings)
    yield from _store(settings)
    if database.is_ready:
        yield _gaps(settings)
        yield _worker(settings)
        yield from _broker_files(settings)
        yield from _detectors(settings)


def _places(settings: Settings) -> Answer:
    try:
        found = wiring.places(settings)
    except ConfigProblem as problem:
        return Answer("places", is_ready=False, found=str(problem), advice="Correct the file.")
    if unready := [key for key, place in found.items() if not is_live_for_p1(place)]:
        return Answer(
            "places",
            is_ready=False,
            found=f"{', '.join(unready)} not live for P1: P1 alerts are raised and shown, but "
            "nobody has promised to answer them at all hours",
            advice="stillwell place check says what each place file must still name.",
        )
    return Answer("places", is_ready=True, found=", ".join(found))


def _database(settings: Settings) -> Answer:
    try:
        wiring.open_database(settings)
    except ConfigProblem as problem:
        return Answer("database", is_ready=False, found=str(problem), advice="stillwell migrate")
    except Exception as problem:  # noqa: BLE001  # any driver's error means not ready
        return Answer(
            "database",
            is_ready=False,
            found=f"{type(problem).__name__}: {problem}",
            advice="Is database_url right, and does the server run?",
        )
    return Answer("database", is_ready=True, found="at this version's revision")


def _keys(settings: Settings) -> Answer:
    database = wiring.open_database(settings)
    if master_key.is_open_to_others(settings):  # before it is opened, which closes our own
        path = master_key.file_of(settings)
        found = f"{path} can be read by others on this machine"
        advice = f"Run chmod 600 {path}; if one of them may have read it, stillwell keys rotate."
        return Answer("keys", is_ready=False, found=found, advice=advice)
    vault = keys.open_vault(settings, database)
    if vault.locked:
        advice = "Alerts are raised without names until then."
        return Answer("keys", is_ready=False, found=vault.locked, advice=advice)
    with database.connect() as connection:
        lost, idle = keys.unreadable(connection, vault), len(keys.orphans(connection, vault))
    if lost:
        return Answer(
            "keys",
            is_ready=False,
            found=f"{lost:,} persons, households, contacts or second factors have no key, "
            "and are not shown",
            advice="If the keyring is an older copy, put the newest back; if they were erased "
            "after the backup that you restored, save these again without them.",
        )
    left = f"; {idle:,} of them seal nothing any more: stillwell keys sweep" if idle else ""
    return Answer("keys", is_ready=True, found=f"in {keys.file_of(settings)}{left}")


async def _broker(settings: Settings) -> Answer:
    host, port = settings.mqtt.host, settings.mqtt.port
    where = f"{host}:{port}"
    try:
        options = wiring.connect_options(settings)
        link = await open_link(host, port, timeout_s=3.0, tls=options.tls)
        await link.close()
    except ConfigProblem as problem:
        return Answer("broker", is_ready=False, found=str(problem), advice="Correct the setting.")
    except (OSError, ProtocolError, ConnectionLostError) as problem:
        return Answer(
            "broker",
            is_ready=False,
            found=f"nobody answers on {where} ({problem})",
            advice="Start the broker, or correct mqtt.host and mqtt.port.",
        )
    who = options.username or "nobody in particular"
    return Answer("broker", is_ready=True, found=f"{where} answers; the worker signs in as {who}")


def _probed(settings: Settings) -> Iterator[Answer]:
    try:
        options = wiring.connect_options(settings)
    except ConfigProblem:
        return  # told already
    found = asyncio.run(probe(options, settings.mqtt.broker_config))
    for problem in found.problems:
        yield Answer(
            "broker",
            is_ready=False,
            found=problem,
            advice="See ingest/brokers for a configuration that loses nothing.",
        )
    for line in found.unknown:
        yield Answer("broker", is_ready=True, found=line)


def _journal(settings: Settings) -> Answer:
    path = wiring.files(settings).journal
    if not path.exists():
        return Answer("journal", is_ready=True, found="empty; the worker makes it when it starts")
    tail = JournalTail.open(path)
    try:
        last = tail.last_seq()
        tail.read(max(last - 1, 0), 1)
    except (OSError, ValueError, sqlite3.Error, RuntimeError) as problem:
        return Answer(
            "journal",
            is_ready=False,
            found=str(problem),
            advice="Stop the worker, keep a copy of the file, and see ingest/README.md.",
        )
    finally:
        tail.close()
    return Answer("journal", is_ready=True, found=f"{last} rows committed")


def _gaps(settings: Settings) -> Answer:
    path = wiring.files(settings).journal
    tail = JournalTail.open(path) if path.exists() else None
    positions = {} if tail is None else tail.positions()
    if tail is not None:
        tail.close()
    with wiring.open_database(settings).connect() as connection:
        table = registry.load(connection)
    found = {box: (table.box_id(box), count) for box, count in Positions(positions).gaps().items()}
    gaps = {id_: count for id_, count in found.values() if id_ is not None}
    if not gaps:
        return Answer("gateways", is_ready=True, found="no gap in what they numbered")
    worst = sorted(gaps, key=lambda gateway: -gaps[gateway])[:MOST_GAPS]
    listed = ", ".join(f"{id_}: {gaps[id_]:,}" for id_ in worst)
    return Answer(
        "gateways",
        is_ready=True,
        found=f"{sum(gaps.values()):,} messages of {len(gaps):,} never came ({listed})",
        advice="",
    )


def _store(settings: Settings) -> Iterator[Answer]:
    kind = settings.store.kind
    if kind == "embedded" and not stores.file_of(settings).exists():
        yield Answer("store", is_ready=True, found="empty; the worker makes it when it starts")
        return
    advice = (
        "Stop the worker, move store.db away: the journal fills a new one."
        if kind == "embedded"
        else f"Start the server at {settings.store.url}, or correct [store]; the journal keeps what"
        " it misses meanwhile."
    )
    try:
        store = stores.open_to_read(settings)
    except ConfigProblem as problem:
        yield Answer("store", is_ready=False, found=str(problem), advice="Correct the setting.")
        return
    try:
        why, position = store.problem(), store.position()
        limits = store.limits()
    except (OSError, sqlite3.Error) as error:
        yield Answer("store", is_ready=False, found=str(error), advice=advice)
        return
    finally:
        store.close()
    taken = f"has taken {position} rows of the journal"
    if why:
        yield Answer("store", is_ready=False, found=f"{why}; it {taken}", advice=advice)
    else:
        yield Answer(
            "store", is_ready=True, found=taken if kind == "embedded" else f"{kind} {taken}"
        )
    for sentence in limits:
        yield Answer("store", is_ready=True, found=f"{kind} {sentence}")


def _worker(settings: Settings) -> Answer:
    database = wiring.open_database(settings)
    with database.connect() as connection:
        beat = health.beats(connection).get(health.WORKER)
    wall_us = microseconds(SystemClock().now())
    reasons = health.reasons(beat, wall_us)
    if reasons or beat is None:
        return Answer("worker", is_ready=False, found=" ".join(reasons), advice="stillwell worker")
    mode = "live" if beat.is_live else f"replaying {instant(beat.now_us)} UTC"
    full_h = beat.state.get("disk_full_h")
    disk = f"; at this pace the disk is full in {full_h} h" if full_h else ""
    homes = beat.state.get("homes", 0)
    return Answer("worker", is_ready=True, found=f"{mode}, {homes} homes{disk}")


def _broker_files(settings: Settings) -> Iterator[Answer]:
    """Say whether the broker's files hold what the registry says, where they are ours."""
    kind, what = settings.broker.kind, "broker files"
    if not kind:
        return
    now_us = microseconds(SystemClock().now())
    with wiring.open_database(settings).connect() as connection:
        beat = health.beats(connection).get(health.BROKER)
        wanted = broker_files.state_of(connection, kind, now_us)
        refused = credentials.without(connection, now_us)
    advice = "Run `stillwell broker keep` beside the broker, under a supervisor."
    if beat is None:
        yield Answer(what, is_ready=False, found="were never written", advice=advice)
        return
    written = f"{instant(beat.beat_us)} UTC"
    if beat.state.get("fingerprint") != wanted:
        found = f"of {written} are older than the registry: who was revoked is still let in"
        yield Answer(what, is_ready=False, found=found, advice=advice)
    elif problem := beat.state.get("problem"):
        yield Answer(what, is_ready=False, found=str(problem), advice="Tell the broker to reload.")
    else:
        left_out = f"; {refused:,} gateways without a credential are refused" if refused else ""
        found = f"hold what the registry says (looked at {written}){left_out}"
        yield Answer(what, is_ready=True, found=found)


def _detectors(settings: Settings) -> Iterator[Answer]:
    """Say loudly where nothing is sent: ready, because a detector goes shadow first."""
    with wiring.open_database(settings).connect() as connection:
        told = detectors.notices(connection, _known_places(settings))
    for line in told or ["all live"]:
        yield Answer("detectors", is_ready=True, found=line)


def _known_places(settings: Settings) -> dict[str, Place]:
    try:
        return wiring.places(settings)
    except ConfigProblem:
        return {}  # told already
