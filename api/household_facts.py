"""What decides how homes are watched, for REST and the command line: scope first."""

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Final

from sqlalchemy import Connection

from api import csv_files, exporting, wiring
from api.auth import HOMES, Visitor
from api.contacting import EDITORS
from api.contacts_file import expect_role
from api.errors import Problem, absent
from api.resources import Resources
from api.roster import find_home
from config import fact_rows, facts
from config.fact_rows import Outrun
from config.facts import Facts
from config.homes import Home
from config.problems import ConfigProblem
from config.settings import Settings
from ingest.clock import microseconds

EXAMPLE: Final = ("k7w2q9xm", "1", "no", "accompanied", "2", "ZZ1 2")
"""A row of the template; the id is invented."""


def facts_of(resources: Resources, visitor: Visitor, home: str) -> Facts:
    """Return what is known of a home; Problem 404 when it is not the visitor's."""
    with resources.database.connect() as connection:
        found = find_home(connection, visitor.places(*HOMES), home)
    if found is None:
        raise absent()
    return facts.facts_of(found)


def tag_of(known: Facts) -> str:
    """Return the entity tag (RFC 9110) of these facts, with its quotes."""
    text = ",".join(facts.as_row(known).values())
    return f'"{hashlib.sha256(text.encode()).hexdigest()[:16]}"'


def save(
    resources: Resources, visitor: Visitor, home: str, wanted: Facts, if_match: str | None
) -> Facts:
    """Change what is known of a home.

    Problem 404 out of reach, 428 without the tag of what the change is based on, 412 when
    somebody else has changed it since.
    """
    now_us = microseconds(resources.clock())
    with resources.database.begin() as connection:
        found = find_home(connection, visitor.places(*EDITORS), home)
        if found is None:
            raise absent()
        before = facts.facts_of(found)
        _expect_match(if_match, before)
        try:
            write(connection, found, before, wanted, visitor.account.id, now_us)
        except Outrun:
            raise _outrun() from None
    return wanted


def read_file(
    settings: Settings,
    file: Path,
    place: str,
    by: str,
    *,
    is_dry_run: bool,
    tell: Callable[[str], None],
) -> None:
    """Change the homes that a CSV file names, all or none; ConfigProblem lists every mistake."""
    csv_files.expect_place(settings, place, "facts")
    rows = facts.read_csv(csv_files.read_bytes(file, "facts"), file.name)
    database = wiring.open_database(settings)
    now_us = microseconds(wiring.web_clock(settings, database)())
    with database.begin() as connection:
        account = expect_role(connection, by, place, *EDITORS)
        known = fact_rows.read(connection, place)
        wanted = facts.read_rows(rows, known, place)
        changed = {home: one for home, one in wanted.items() if one != known[home]}
        told = f"{len(wanted)} homes of {place}, {len(changed)} of them changed"
        if is_dry_run:
            for line in _lines(known, changed):
                tell(line)
            tell(f"{told}, are right; nothing was saved (--dry-run)")
            return
        try:
            fact_rows.save(connection, place, known, changed, by=account.id, now_us=now_us)
        except Outrun as home:
            raise ConfigProblem(
                f"facts: somebody else changed home {home} meanwhile; nothing was saved, try again"
            ) from home
    tell(f"{told}, are saved; a running worker follows within a minute")


def show(settings: Settings, place: str, home: str, *, tell: Callable[[str], None]) -> None:
    """Tell what is known of a place's homes, or of one, as CSV that can be read again."""
    csv_files.expect_place(settings, place, "facts")
    database = wiring.open_database(settings)
    with database.connect() as connection:
        known = fact_rows.read(connection, place)
    if home and home not in known:
        raise ConfigProblem(f"facts: there is no home {home!r} at {place}")
    now_us = microseconds(wiring.web_clock(settings, database)())
    exporting.note(database, place, "facts", now_us, homes=home or "all")
    tell(",".join(facts.COLUMNS))
    for id_, one in known.items():
        if home in ("", id_):
            tell(",".join((id_, *facts.as_row(one).values())))


def write(
    connection: Connection, home: Home, before: Facts, wanted: Facts, by: str, now_us: int
) -> None:
    """Change what is known of one home; Outrun when it is no longer as ``before``."""
    known, after = {home.id: before}, {home.id: wanted}
    fact_rows.save(connection, home.place, known, after, by=by, now_us=now_us)


def _expect_match(if_match: str | None, known: Facts) -> None:
    if if_match is None:
        raise Problem(
            428,
            "Send If-Match with the ETag of the facts that you read, so that no change is lost.",
        )
    tags = {tag.strip() for tag in if_match.split(",")}
    if not tags & {"*", tag_of(known)}:
        raise _outrun()


def _outrun() -> Problem:
    return Problem(
        412, "Somebody else has changed these facts since you read them; read them again first."
    )


def _lines(known: dict[str, Facts], changed: dict[str, Facts]) -> list[str]:
    """Return, for each home that changes, what becomes of each of its facts."""
    lines = []
    for home, one in changed.items():
        old, new = facts.as_row(known[home]), facts.as_row(one)
        told = [f"{name} {old[name]} -> {new[name]}" for name in old if old[name] != new[name]]
        lines.append(f"{home}: {', '.join(told)}")
    return lines
