"""``stillwell subject erase``: takes one home out of everything that is kept, step by step.

Each step may be done again, and what is done is noted in a private file (erasure_record.py), so
that one that broke in the middle goes on. Readings go before the registry does: as long as the
home is known, nothing of it can be stored as nobody's.
"""

import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from sqlalchemy import Connection, Engine, delete, text

from alerts import blinding, forgetting
from api import erasure_marks, erasure_record, health, home_rows, stores, wiring
from api.erasure_record import Record
from api.exits import CommandFailed
from api.home_rows import Subject
from api.store_work import writing
from api.table_copy import every_table
from config import audit, endings, holds, registry
from config.audit import Entry
from config.database import hold_writers
from config.homes import HomeState
from config.people import Account
from config.problems import ConfigProblem
from config.settings import Settings
from config.vault import Vault
from ingest import journal_erasure
from ingest.clock import SystemClock, microseconds
from ingest.journal_erasure import JournalHeld

Tell = Callable[[str], None]

STAYS: Final = frozenset({"audit"})
"""Tables whose rows stay: a chain that others check. They name the home by an id of nobody."""

PATIENCE_S: Final = 120.0
"""How long a running worker is waited for, beyond the time between two checkpoints."""

_LOOK_S: Final = 0.25


@dataclass(frozen=True, slots=True)
class Here:
    """The installation in which a home is erased."""

    settings: Settings
    database: Engine
    vault: Vault


def begin(here: Here, home: Subject, account: Account) -> Record:
    """Note durably what is to go, unless that was begun before; Held where a hold stands."""
    data = here.settings.data
    with here.database.connect() as connection:
        holds.expect_free(connection, home.number)
        known = erasure_record.read(data, home.id)
        if known is not None:
            return known
        record = erasure_marks.collect(here.settings, connection, here.vault, home, account.id)
    _expect_own(here, record)
    erasure_record.write(data, record)
    with here.database.begin() as connection:
        at_us = microseconds(SystemClock().now())
        entry = Entry(home.place, at_us, account.id, "erase-begin", f"home:{home.id}", {})
        audit.append(connection, entry)
    return record


def run(here: Here, record: Record, *, tell: Tell) -> None:
    """Do every step that is not done yet; CommandFailed says what broke, and to run it again."""
    steps: Mapping[str, Callable[[Here, Record], str]] = {
        "shut": _shut,
        "settle": _settle,
        "journal": _journal,
        "store": _store,
        "engine": _engine,
        "tables": _tables,
        "keys": _keys,
        "tidy": _tidy,
    }
    for name, step in steps.items():
        if name in record.done:
            continue
        with here.database.connect() as connection:
            holds.expect_free(connection, record.home.number)
        tell(step(here, record))
        record.done.append(name)
        erasure_record.write(here.settings.data, record)


def again(here: Here, record: Record) -> None:
    """Let the steps that may be outrun by a running worker be done once more."""
    record.done = [name for name in record.done if name in ("shut", "settle", "keys")]
    erasure_record.write(here.settings.data, record)


def finish(here: Here, record: Record, detail: Mapping[str, object]) -> None:
    """Write into the audit log that the home is gone and how that was found; end the record."""
    at_us = microseconds(SystemClock().now())
    entry = Entry(
        record.home.place, at_us, record.account, "erased", f"home:{record.home.id}", detail
    )
    with here.database.begin() as connection:
        audit.append(connection, entry)
    erasure_record.remove(here.settings.data, record.home.id)


def stores_of(settings: Settings) -> list[Settings]:
    """Return the settings of every store that this installation has: also of a file left behind."""
    found = [settings]
    if settings.store.kind != "embedded" and wiring.files(settings).store.exists():
        store = settings.store.model_copy(update={"kind": "embedded"})
        found.append(settings.model_copy(update={"store": store}))
    return found


def _expect_own(here: Here, record: Record) -> None:
    """Refuse while sensors of another home hang on a gateway of this one."""
    with here.database.connect() as connection:
        strange = endings.foreign_sensor(connection, record.home.number)
    if strange is not None:
        raise ConfigProblem(
            f"subject: sensor {strange[0]} of home {strange[1]} hangs on a gateway of home "
            f"{record.home.id}: move one of them first"
        )


def _shut(here: Here, record: Record) -> str:
    """Let nothing more of the home be stored, and nothing of its gateways be heard."""
    with here.database.begin() as connection:
        registry.set_home_state(connection, [record.home.id], HomeState.ENDED)
    return "nothing more of the home is stored, and its gateways are shut out"


def _settle(here: Here, _record: Record) -> str:
    """Wait until a running worker knows it and the store has what was committed before."""
    since_us = microseconds(SystemClock().now())
    wanted: list[int] = []

    def is_settled(worker: health.Beat) -> bool:
        if worker.beat_us <= since_us + 2_000_000:
            return False
        if not wanted:
            wanted.append(int(worker.state.get("journal_seq", 0)))
        return int(worker.state.get("store_seq", 0)) >= wanted[0]

    is_there = _wait(here, is_settled, "the worker's store is behind the journal")
    return "the running worker has stored what it had" if is_there else "no worker is running"


def _wait(here: Here, is_done: Callable[[health.Beat], bool], what: str) -> bool:
    """Wait for a running worker; False when none runs, CommandFailed when it takes too long."""
    end = time.monotonic() + PATIENCE_S + 2 * here.settings.engine.checkpoint_s
    while time.monotonic() < end:
        with here.database.connect() as connection:
            worker = health.beats(connection).get(health.WORKER)
        if worker is None:
            return False
        if not health.liveness(worker, microseconds(SystemClock().now())).is_live:
            return False
        if is_done(worker):
            return True
        time.sleep(_LOOK_S)
    raise CommandFailed(f"subject: {what}: run the same again once that has changed")


def _journal(here: Here, record: Record) -> str:
    path = wiring.files(here.settings).journal
    try:
        gone = journal_erasure.erase(path, record.own)
    except JournalHeld as problem:
        raise CommandFailed(f"subject: {problem}") from problem
    return (
        f"{gone.readings:,} readings, {gone.strays:,} signals and {gone.letters:,} dead letters "
        "taken out of the journal"
    )


def _store(here: Here, record: Record) -> str:
    told = []
    for settings in stores_of(here.settings):
        with writing(settings) as store:
            gone = store.erase(record.home.number)
        told.append(f"{gone:,} readings" if gone else "all readings that there were")
    return f"{' and '.join(told)} erased in {' and '.join(kinds(here.settings))}"


def kinds(settings: Settings) -> list[str]:
    """Return the stores of this installation, by the name of their kind."""
    return [one.store.kind for one in stores_of(settings)]


def _engine(here: Here, record: Record) -> str:
    checkpoint = wiring.files(here.settings).checkpoint
    forgetting.wish(checkpoint, record.erased)
    is_there = _wait(
        here, lambda _: not forgetting.is_wished(checkpoint), "the worker writes no checkpoint"
    )
    if not is_there:
        forgetting.forget(checkpoint)
    with here.database.begin() as connection:
        steps = forgetting.forget_steps(connection, record.erased, record.gateway_ids)
    return f"what was learned of the home is forgotten, and {steps:,} steps of the engine's log"


def _tables(here: Here, record: Record) -> str:
    with here.database.begin() as connection:
        hold_writers(connection)
        holds.expect_free(connection, record.home.number)  # one may have come since
        gone = delete_rows(connection, record.home)
        blinding.blind(connection, record.home.id)
        registry.bump(connection)
    return f"{gone:,} rows of {len(every_table())} tables deleted"


def delete_rows(connection: Connection, home: Subject) -> int:
    """Delete every row about a home but the audit log; return how many."""
    gone = 0
    for table, mine in reversed(list(home_rows.rules(home))):
        if table.name not in STAYS:
            gone += connection.execute(delete(table).where(mine)).rowcount
    return gone


def _keys(here: Here, record: Record) -> str:
    gone = here.vault.drop(record.subjects)
    return f"{gone:,} keys dropped: what they sealed can be read in no backup"


def _tidy(here: Here, _record: Record) -> str:
    """Let the database's files hold nothing of what was deleted."""
    if here.database.dialect.name == "postgresql":
        _rewrite_on_postgres(here.database)
        return "the tables of the database are written anew"
    _empty_log(here.database)
    return "the log of the database is emptied"


def _rewrite_on_postgres(database: Engine) -> None:
    names = [table.name for table in every_table() if table.name not in STAYS]
    with database.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        for name in names:
            connection.execute(text(f'VACUUM FULL "{name}"'))  # names of ours


def _empty_log(database: Engine) -> None:
    """Write what was deleted over its old pages; pages of other connections are short."""
    end = time.monotonic() + PATIENCE_S
    database.dispose()  # our own idle connections hold no old pages, but are counted
    while time.monotonic() < end:
        with database.connect() as connection:
            busy, _, _ = connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)").one()
        if not busy:
            return
        time.sleep(_LOOK_S)
    raise CommandFailed(
        "subject: the rows are deleted, but somebody reads the database's old pages all the time: "
        "run the same again, or with worker and web stopped"
    )


def rewrite(database: Engine) -> None:
    """Write the whole SQLite file anew, where pages of before would still hold something."""
    with database.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql("VACUUM")
    _empty_log(database)


def cannot(settings: Settings) -> Iterable[str]:
    """Return what stores of this installation say that they cannot do."""
    for one in stores_of(settings):
        store = stores.open_to_read(one)
        try:
            yield from store.limits()
        finally:
            store.close()
