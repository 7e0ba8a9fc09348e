"""Editing what is known of a home a page at a time: no change of somebody else is ever lost.

A page names what it had read by a tag of its own fields, so that two who edit different things of
one home do not hinder each other, and two who edit the same do not overwrite.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from sqlalchemy import Connection

from api import household_facts, households
from api.auth import Visitor
from api.contacting import EDITORS
from api.errors import Problem, absent
from api.households import LABEL, Wrong
from api.resources import Resources
from api.roster import find_home
from config import fact_rows, facts, home_labels, household_rows
from config.csv_rows import Row
from config.database import hold_writers
from config.facts import FACTS
from config.homes import Home
from config.household_rows import Kept
from config.households import FIELDS, Household, as_row
from ingest.clock import microseconds

KEY_SAFE: Final = "key_safe"
NO_KEY_SAFE: Final = "no_key_safe"
"""Said when there is no key safe any more; an empty code leaves the one that is kept."""


class Changed(Exception):
    """Somebody else has changed these fields since they were read; nothing was saved."""


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of a home as fields of text; never the code of its key safe."""

    home: Home
    kept: Kept
    fields: Mapping[str, str]

    @property
    def is_entered(self) -> bool:
        """Return whether somebody has said who lives there and where; else both come first."""
        return self.kept.address is not None and bool(self.kept.persons)

    def tag(self, names: Iterable[str]) -> str:
        """Return what stands for these fields as they are now."""
        said = {name: self.fields.get(name, "") for name in sorted(names)}
        if KEY_SAFE in said:  # a code is not shown, so it is known by its revision
            said[KEY_SAFE] = str(self.kept.revision)
        return hashlib.sha256(json.dumps(said).encode()).hexdigest()[:16]


def read(resources: Resources, visitor: Visitor, home: str) -> Known:
    """Return what is known of a home that this visitor may change; Problem 404 out of reach."""
    with resources.database.connect() as connection:
        return _read(resources, connection, visitor, home)


def save(resources: Resources, visitor: Visitor, home: str, said: Row, seen: str) -> None:
    """Change the fields that are ``said``, which are those of one page, read as ``seen``.

    Problem 404 out of reach, Changed when they are not as they were read; Wrong lists every
    mistake, and nothing is saved.
    """
    now_us, by = microseconds(resources.clock()), visitor.account.id
    names = [name for name in said if name != NO_KEY_SAFE]
    gone: list[str] = []
    with resources.database.begin() as connection:
        hold_writers(connection)
        known = _read(resources, connection, visitor, home)
        if seen != known.tag(names):
            raise Changed
        try:
            if set(names) <= set(FACTS):
                _save_facts(connection, known, said, by, now_us)
            elif names == [LABEL]:
                _save_label(resources, connection, known, said[LABEL] or "", by, now_us)
            else:
                gone = _save_household(resources, connection, known, said, by, now_us)
        except fact_rows.Outrun:
            raise Changed from None
        except Problem as problem:
            if problem.status == 412:
                raise Changed from None
            raise
    resources.vault.drop(gone)


def _read(resources: Resources, connection: Connection, visitor: Visitor, home: str) -> Known:
    found = find_home(connection, visitor.places(*EDITORS), home)
    if found is None:
        raise absent()
    kept = household_rows.read(connection, resources.vault, home)
    if kept is None:
        raise absent()
    fields = {LABEL: found.label, **facts.as_row(facts.facts_of(found))}
    if kept.address is not None:
        fields |= as_row(Household(kept.persons, kept.address, kept.notes))
    return Known(found, kept, fields)


def _save_household(
    resources: Resources, connection: Connection, known: Known, said: Row, by: str, now_us: int
) -> list[str]:
    fields = {n: known.fields.get(n, "") for n in FIELDS} | {
        n: v for n, v in said.items() if n in FIELDS
    }
    return households.change(
        resources,
        connection,
        known.home.place,
        known.home.id,
        fields,
        known.kept.revision,
        by,
        now_us,
        drops_key_safe=bool(said.get(NO_KEY_SAFE)),
    )


def _save_facts(connection: Connection, known: Known, said: Row, by: str, now_us: int) -> None:
    before = facts.facts_of(known.home)
    wanted, wrong = facts.read_row({**said, "sector": ""}, before)
    if wanted is None:
        raise Wrong([("household", *one) for one in wrong])
    household_facts.write(connection, known.home, before, wanted, by, now_us)


def _save_label(
    resources: Resources, connection: Connection, known: Known, label: str, by: str, now_us: int
) -> None:
    vault = resources.vault
    wrong = home_labels.save(connection, vault, known.home.id, label, by=by, now_us=now_us)
    if wrong:
        raise Wrong([("household", LABEL, wrong)])
