"""What ``stillwell subject erase`` tells and asks: the dry run, the work, the proof."""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

from sqlalchemy import Connection, select

from api import erasing, erasure_proof, erasure_record, home_rows, stores, subject_rows, wiring
from api.contacts_file import expect_role
from api.erasing import Here, Tell
from api.erasure_proof import Proof
from api.erasure_record import Record
from api.exits import CommandFailed
from api.home_rows import Subject
from api.store_copy import AFTER_ALL, BEFORE_ALL
from api.subject_readings import refused
from config import audit, holds, keys, replacements, tables
from config.people import Account
from config.problems import ConfigProblem
from config.roles import Role
from config.settings import Settings
from ingest import journal_erasure
from ingest.dead_letters import DeadLetters
from ingest.journal_erasure import Own
from ingest.sink import StoreDown

_TRIES: Final = 3
"""Times that the steps a running worker may outrun are done, before somebody has to look."""


def erase(
    settings: Settings, home: str, by: str, *, also: Sequence[Path], sure: bool, tell: Tell
) -> None:
    """Tell what would go; with ``sure`` erase it and prove that it is gone.

    Held, ConfigProblem and CommandFailed say what stands in the way; then it can be run again.
    """
    database = wiring.open_database(settings)
    try:
        here = Here(settings, database, keys.open_vault(settings, database))
        _erase(here, home, by, also=also, sure=sure, tell=tell)
    finally:
        database.dispose()


def _erase(here: Here, home: str, by: str, *, also: Sequence[Path], sure: bool, tell: Tell) -> None:
    settings, database = here.settings, here.database
    for folder in also:
        if not folder.is_dir():
            raise ConfigProblem(f"subject: {folder} is no folder")
    with database.connect() as connection:
        subject, account = _expect(settings, connection, home, by)
        holds.expect_free(connection, subject.number)
        if not sure:
            _tell_plan(here, connection, subject, tell=tell)
            return
    _expect_able(settings)
    record = erasing.begin(here, subject, account)
    if record.done:
        tell(f"going on after: {', '.join(record.done)}")
    proof = _until_proven(here, record, also, tell=tell)
    erasing.finish(here, record, {**proof.detail, "rows": sum(record.counts.values())})
    for line in proof.asked:
        tell(f"proven: {line}")
    tell(f"proven: {proof.files:,} files, {proof.bytes:,} bytes searched, unpacked too: nothing")
    tell(f"home {home} is erased; its id leads to nobody and stays in the audit log")
    with database.connect() as connection:
        _tell_copies(connection, subject, tell=tell)


def _expect(
    settings: Settings, connection: Connection, home: str, by: str
) -> tuple[Subject, Account]:
    found = home_rows.find(connection, home)
    begun = erasure_record.read(settings.data, home)
    subject = found or (None if begun is None else begun.home)
    if subject is None:
        raise ConfigProblem(f"subject: there is no home {home!r}; its id stands on its page")
    return subject, expect_role(connection, by, subject.place, Role.GOVERNANCE)


def _expect_able(settings: Settings) -> None:
    """Refuse before anything goes where a store erases nothing: half an erasure helps nobody."""
    limits = [one for one in erasing.cannot(settings) if "eras" in one]
    if limits:
        raise CommandFailed(
            f"subject: nothing was erased: {settings.store.kind} {limits[0]}. Move the history to "
            "another store first (`stillwell store copy`)"
        )


def _until_proven(here: Here, record: Record, also: Sequence[Path], *, tell: Tell) -> Proof:
    for _ in range(_TRIES):
        erasing.run(here, record, tell=tell)
        proof = erasure_proof.prove(here, record, also)
        if not proof.found:
            return proof
        if proof.is_in_database:
            erasing.rewrite(here.database)
        erasing.again(here, record)
    raise CommandFailed(
        "subject: not proven yet, something of the home is left:\n  "
        + "\n  ".join(proof.found)
        + "\nfiles of yours (exports, logs, copies) are yours to remove; then run the same again"
    )


def _tell_plan(here: Here, connection: Connection, home: Subject, *, tell: Tell) -> None:
    for name, count in subject_rows.counts(connection, home).items():
        if count:
            stays = " stay: they name the home by its id only" if name in erasing.STAYS else ""
            tell(f"{count:>10,} rows of {name}{stays}")
    s = tables.sensors.c
    sensors = connection.execute(select(s.number).where(s.home == home.number)).scalars().all()
    own = Own(sensors, *replacements.boxes_of(connection, home.number))
    for settings in erasing.stores_of(here.settings):
        tell(f"{_held(settings, home.number):>10,} readings in {settings.store.kind}")
    held = journal_erasure.count(wiring.files(here.settings).journal, own)
    tell(f"{held.readings:>10,} readings in the journal")
    tell(f"{held.strays:>10,} signals in the journal that belong nowhere else")
    letters = DeadLetters.open(wiring.files(here.settings).journal)
    tell(f"{len(list(refused(letters, own.gateway_id))):>10,} dead letters")
    letters.close()
    if held.aside:
        tell(f"{held.aside:>10,} damaged rows of the journal, whoever's they were")
    for limit in erasing.cannot(here.settings):
        tell(f"look at this: {here.settings.store.kind} {limit}")
    _tell_copies(connection, home, tell=tell)
    tell("nothing was erased; say --sure to erase all this, which nobody can undo")


def _held(settings: Settings, home: int) -> int:
    store = stores.open_to_read(settings)
    try:
        return len(store.read(home, BEFORE_ALL, AFTER_ALL))
    except StoreDown as problem:
        raise CommandFailed(f"subject: {problem}") from problem
    finally:
        store.close()


def _tell_copies(connection: Connection, home: Subject, *, tell: Tell) -> None:
    """Tell of what was taken out and lies where nobody can reach it from here."""
    a = tables.audit.c
    places = (home.place, audit.INSTALLATION)
    query = select(a.at_us, a.actor, a.subject).where(
        a.place.in_(places), a.what.in_(["export", "release"]),
        a.subject.in_([f"home:{home.id}", "place", "backup"]),
    )  # fmt: skip
    for row in connection.execute(query.order_by(a.at_us)):
        when = subject_rows.iso(row.at_us)
        tell(f"taken out: {row.subject} at {when} by {row.actor}; end that copy where it lies")
