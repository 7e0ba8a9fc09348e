"""What ``stillwell subject`` does, in the name of somebody of information governance."""

from collections.abc import Callable, Iterable
from pathlib import Path

from sqlalchemy import Connection

from api import (
    console,
    exporting,
    home_rows,
    place_files,
    stores,
    subject_file,
    subject_rows,
    wiring,
)
from api.contacts_file import expect_role
from api.home_rows import Subject
from api.subject_file import Sources
from config import holds, keys, people, registry
from config.people import Account
from config.problems import ConfigProblem
from config.roles import Role
from config.settings import Settings
from ingest.clock import SystemClock, microseconds
from ingest.dead_letters import DeadLetters

Tell = Callable[[str], None]


def expect(connection: Connection, home: str, by: str) -> tuple[Subject, Account]:
    """Return home and account; ConfigProblem when either is not what this needs."""
    found = home_rows.find(connection, home)
    if found is None:
        raise ConfigProblem(f"subject: there is no home {home!r}; its id stands on its page")
    return found, expect_role(connection, by, found.place, Role.GOVERNANCE)


def export(
    settings: Settings, home: str, folder: Path, by: str, *, with_notes: bool, tell: Tell
) -> None:
    """Write both files into a new folder, for its owner only; the audit log says who took them."""
    if folder.exists() and any(folder.iterdir()):
        raise ConfigProblem(f"subject: {folder} is not empty, expected a new folder")
    database, places = wiring.open_database(settings), wiring.places(settings)
    vault = keys.open_vault(settings, database)
    now = SystemClock().now()
    with database.connect() as connection:
        subject, account = expect(connection, home, by)
    exporting.note(
        database, subject.place, f"home:{home}", microseconds(now), actor=account.id,
        what="subject", notes=with_notes,
    )  # fmt: skip
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    folder.chmod(0o700)
    where, store = wiring.files(settings), stores.open_to_read(settings)
    letters = DeadLetters.open(where.journal)
    try:
        with database.connect() as connection:
            sources = Sources(
                connection, vault, registry.load(connection), store, letters, where.checkpoint,
                places[subject.place].zone,
            )  # fmt: skip
            found = subject_file.gather(sources, subject, now, with_notes=with_notes)
            _write(folder / "subject.json", subject_file.as_json(found, sources, now))
            _write(folder / "subject.html", [subject_file.as_html(found, sources, now)])
    finally:
        store.close()
        letters.close()
    for name, rows in found.rows.items():
        if rows:
            tell(f"{len(rows):>10,} rows of {name}")
    tell(f"subject.json and subject.html are in {folder}; they say when somebody is at home")


def hold(settings: Settings, home: str, by: str, reason: str, *, tell: Tell) -> None:
    """Put a legal hold on a home; ConfigProblem says what is wrong."""
    with wiring.open_database(settings).begin() as connection:
        _, account = expect(connection, home, by)
        now_us = microseconds(SystemClock().now())
        made = holds.place(connection, home, reason, account.id, now_us)
    tell(f"hold {made.number} stands on home {home}: nothing of it is erased or expires")


def lift(settings: Settings, number: int, by: str, why: str, *, tell: Tell) -> None:
    """Lift a legal hold; ConfigProblem says what is wrong."""
    with wiring.open_database(settings).begin() as connection:
        account = people.find_account(connection, by)
        grants = {} if account is None else people.grants_of(connection, account.id)
        places = [key for key, held in grants.items() if Role.GOVERNANCE in held]
        if account is None or not places:
            raise ConfigProblem(f"--by {by!r} is no governance of any place; name one who is")
        now_us = microseconds(SystemClock().now())
        lifted = holds.lift(connection, places, number, why, account.id, now_us)
    tell(f"hold {number} of home {lifted.home} is lifted")


def list_holds(settings: Settings, place: str, *, tell: Tell) -> None:
    """Tell every hold of a place, or of all."""
    places = [place_files.known_place(place, settings)] if place else list(wiring.places(settings))
    database = wiring.open_database(settings)
    for key in places:
        console.note_read(database, key, "holds")
    with database.connect() as connection:
        found = holds.of_places(connection, places)
        by = {account for one in found for account in (one.set_by, one.lifted_by) if account}
        named = people.names(connection, frozenset(by))
    for one in found:
        who, since = named.get(one.set_by, one.set_by), subject_rows.iso(one.set_us)
        told = f"{one.number}. {one.place}, home {one.home}: {one.reason} ({who}, {since})"
        if one.lifted_us is not None:
            who = named.get(one.lifted_by, one.lifted_by)
            told += f"; lifted {subject_rows.iso(one.lifted_us)} by {who}: {one.lifted_why}"
        tell(told)
    tell(f"{sum(one.lifted_us is None for one in found)} holds stand")


def _write(file: Path, pieces: Iterable[str]) -> None:
    file.touch(0o600)
    with file.open("w", encoding="utf-8") as written:
        for piece in pieces:
            written.write(piece)
