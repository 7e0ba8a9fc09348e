"""The household record for pages, REST and commands: scope first, and each role what it needs.

A care worker or operator sees what helps at the door and on the telephone; NHS number and date of
birth are for supervisors and officers; an installer sees name and address, of today's homes only.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

import structlog
from sqlalchemy import Connection

from api import installing
from api.auth import CARE, HOMES, Visitor
from api.contacting import EDITORS
from api.enrolment import new_id
from api.errors import Problem, absent
from api.resources import Resources
from api.roster import find_home
from api.web import words
from config import audit, home_labels, household_enrol, household_form, household_rows
from config.audit import Entry
from config.csv_rows import Mistake, Row
from config.database import hold_writers
from config.household_enrol import Enrolled
from config.household_rows import Kept, Outrun
from config.households import Household, Person, age_on, read_household
from config.keyring import Locked
from config.places import Place
from config.roles import Role
from ingest.clock import microseconds

READERS: Final = (*HOMES, Role.INSTALLER)
"""Roles that see something of who lives in a home."""

LABEL: Final = "label"
"""What staff call a home, beside the fields of its household."""

_FULL: Final = EDITORS
_log = structlog.get_logger(__name__)


class Wrong(Exception):
    """Fields that cannot be saved: (where, field, what is wrong) of each."""

    def __init__(self, mistakes: Sequence[tuple[str, str, str]]) -> None:
        super().__init__(household_form.lines(mistakes))
        self.mistakes = mistakes


@dataclass(frozen=True, slots=True)
class Shown:
    """A household as one reader sees it; what is not theirs to see is empty."""

    kept: Kept
    persons: Sequence[Mapping[str, Any]]
    is_full: bool
    is_door: bool
    """Whether notes and the key safe are shown: not to an installer."""


def today(place: Place, now_us: int) -> date:
    """Return the local day at a place."""
    return words.local(now_us, place.zone).date()


def enrol(
    resources: Resources,
    connection: Connection,
    place: str,
    rows: Sequence[Row],
    by: str,
    *,
    is_dry_run: bool = False,
) -> list[Enrolled]:
    """Enrol these rows at a place, all or none; Wrong lists every mistake."""
    now_us = microseconds(resources.clock())
    if not is_dry_run:
        hold_writers(connection)  # who is known now is all who is when it is written
    known = household_enrol.known(connection, resources.vault, place)
    there = resources.places[place]
    told = [(f"households.{number}", row) for number, row in enumerate(rows)]
    wishes, wrong = household_form.read_rows(told, today(there, now_us), there.kits, known)
    if wrong:
        raise Wrong(wrong)
    if is_dry_run:
        return []
    return household_enrol.enrol(
        connection, resources.vault, place, wishes, new_id, by=by, now_us=now_us
    )


def read(resources: Resources, visitor: Visitor, home: str) -> Shown:
    """Return a household as this visitor may see it; Problem 404 out of reach.

    The route's rule notes the reading of those who see homes; an installer's is noted here.
    """
    now_us = microseconds(resources.clock())
    with resources.database.connect() as connection:
        found = find_home(connection, visitor.places(*HOMES), home)
        is_door = found is not None
        if found is None:
            found = installing.find_home(connection, resources, visitor, home)
        if found is None:
            raise absent()
        kept = household_rows.read(connection, resources.vault, home)
    if kept is None:
        raise absent()
    if not is_door:
        entry = Entry(found.place, microseconds(resources.wall()), visitor.account.id, "read",
                      f"home:{home}", {"what": "household"})  # fmt: skip
        with resources.database.begin() as connection:
            audit.append(connection, entry)
    is_full = found.place in visitor.places(*_FULL)
    day = today(resources.places[found.place], now_us)
    people = [_person(one, day, is_full=is_full, is_door=is_door) for one in kept.persons]
    return Shown(kept, people, is_full, is_door)


def save(resources: Resources, visitor: Visitor, home: str, row: Row, revision: int | None) -> Kept:
    """Change who lives in a home and where.

    Problem 404 out of reach, 412 when somebody else has changed it; Wrong lists every mistake.
    """
    now_us = microseconds(resources.clock())
    with resources.database.begin() as connection:
        found = find_home(connection, visitor.places(*EDITORS), home)
        if found is None:
            raise absent()
        gone = change(resources, connection, found.place, home, row, revision, visitor.account.id,
                      now_us)  # fmt: skip
        kept = household_rows.read(connection, resources.vault, home)
    resources.vault.drop(gone)
    if kept is None:
        raise absent()
    return kept


def change(
    resources: Resources,
    connection: Connection,
    place: str,
    home: str,
    row: Row,
    revision: int | None,
    by: str,
    now_us: int,
    *,
    drops_key_safe: bool = False,
) -> list[str]:
    """Write the record of a home; return the subjects whose keys go when this is committed.

    Problem 412 when it is of another revision; Wrong lists every mistake.
    """
    household = expect_household(row, today(resources.places[place], now_us))
    hold_writers(connection)
    known = household_rows.nhs_numbers(connection, resources.vault, place)
    wrong: list[Mistake] = [
        (field, f"is that of somebody in home {known[person.nhs_number]}")
        for person, field in zip(household.persons, ("nhs_number", "nhs_number_2"), strict=False)
        if known.get(person.nhs_number, home) != home
    ]
    if not wrong:
        label = row.get(LABEL)
        said = home_labels.agree(connection, home, household, label, by=by, now_us=now_us)
        wrong += [(LABEL, said)] if said else []
    if wrong:
        raise Wrong([("household", *one) for one in wrong])
    try:
        return household_rows.save(
            connection,
            resources.vault,
            home,
            household,
            revision=revision,
            by=by,
            now_us=now_us,
            drops_key_safe=drops_key_safe,
        )
    except Outrun:
        raise Problem(
            412, "Somebody else has changed this household since you read it; read it again first."
        ) from None


def expect_household(row: Row, day: date) -> Household:
    """Return what these fields say; Wrong lists every mistake."""
    household, wrong = read_household(row, day)
    if household is None:
        raise Wrong([("household", column, said) for column, said in wrong])
    return household


def key_safe(resources: Resources, visitor: Visitor, home: str) -> str:
    """Return the code of a key safe, and note who asked; Problem 404 out of reach."""
    now_us = microseconds(resources.wall())
    with resources.database.begin() as connection:
        if find_home(connection, visitor.places(*CARE, Role.OFFICER), home) is None:
            raise absent()
        return household_rows.key_safe(
            connection, resources.vault, home, visitor.account.id, now_us
        )


def search(
    resources: Resources, visitor: Visitor, places: Sequence[str], said: str
) -> dict[str, list[str]]:
    """Return the homes (ids) of these places, of the visitor's own, that somebody of this name has.

    The search is noted at each place, without what was looked for.
    """
    mine = [place for place in places if place in visitor.places(*HOMES)]
    with resources.database.connect() as connection:
        found = household_rows.search(connection, resources.vault, mine, said)
    now_us = microseconds(resources.wall())
    with resources.database.begin() as connection:
        for place in mine:
            entry = Entry(place, now_us, visitor.account.id, "read", "list", {"what": "search"})
            audit.append(connection, entry)
    return found


def names_of(resources: Resources, connection: Connection, homes: Sequence[int]) -> dict[int, str]:
    """Return the names in each of these homes (numbers), for lists; none without the keys."""
    try:
        found = household_rows.names(connection, resources.vault, homes)
    except Locked:  # a list of homes is of use without names
        _log.warning("names_locked")
        return {}
    return {home: " and ".join(known) for home, known in found.items()}


def _person(person: Person, day: date, *, is_full: bool, is_door: bool) -> dict[str, Any]:
    age = None if person.born is None else age_on(person.born, day)
    return {
        "name": person.name,
        "age": age if is_door else None,
        "language": person.language if is_door else "",
        "born": person.born if is_full else None,
        "nhs_number": person.nhs_number if is_full else "",
        "untraced": person.untraced if is_full else "",
    }
