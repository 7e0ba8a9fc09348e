"""What ``stillwell household`` does, in somebody's name: add, show, edit, list and import."""

import hashlib
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

from sqlalchemy import Connection, Engine, insert, select, update

from api import csv_files, exporting, wiring
from api.contacting import EDITORS
from api.contacts_file import expect_role, read_toml
from api.enrolment import new_id
from api.households import LABEL, today
from api.place_export import FORMULA
from api.progress import Progress
from config import (
    home_labels,
    household_enrol,
    household_form,
    household_rows,
    keys,
    registry,
    tables,
)
from config.contacts import place_of
from config.csv_rows import Row, shown
from config.database import hold_writers
from config.household_form import COLUMNS, Known, Wish
from config.household_tables import imports
from config.households import FIELDS, Household, as_row, read_household
from config.places import Place
from config.problems import ConfigProblem
from config.settings import Settings
from config.vault import Vault
from ingest.clock import microseconds

Tell = Callable[[str], None]
AT_ONCE: Final = 250
"""Households of one transaction."""

EXAMPLE: Final = {
    "label": "Round 4, house 12", "name": "Mx Ida Example", "born": "28/02/1941",
    "nhs_number": "999 000 0018", "language": "en", "phone": "01632 960 001",
    "address_1": "1 Nowhere Lane", "town": "Exampleton", "postcode": "ZZ1 2AB",
    "notes": "Hard of hearing: ring twice.", "key_safe": "1234", "residents": "1", "pets": "no",
    "goes_out": "alone", "risk_tier": "2", "contact_1_name": "Mx Sam Example",
    "contact_1_relation": "sibling", "contact_1_phone": "01632 960 002", "contact_1_key": "yes",
    "basis": "consent", "decided_by": "person", "decided_on": "2026-03-01",
    "review_on": "2026-09-01", "reference": "CASE-1", "kit": "lean",
}  # fmt: skip
"""A row of the template; everything in it is invented."""

_i, _h = imports.c, tables.homes.c


def add(
    settings: Settings, file: Path, place: str, by: str, *, is_dry_run: bool, tell: Tell
) -> None:
    """Enrol the one household of a TOML file; ConfigProblem lists every mistake."""
    csv_files.expect_place(settings, place, "household")
    row = fields_of(file, COLUMNS)
    database = wiring.open_database(settings)
    vault = keys.open_vault(settings, database)
    now_us = microseconds(wiring.web_clock(settings, database)())
    there = wiring.places(settings)[place]
    with database.begin() as connection:
        hold_writers(connection)
        account = expect_role(connection, by, place, *EDITORS)
        known = household_enrol.known(connection, vault, place)
        (wish,) = _expect([(file.name, row)], there, now_us, known)
        if is_dry_run:
            tell("the household is right; nothing was saved (--dry-run)")
            return
        (made,) = household_enrol.enrol(
            connection, vault, place, [wish], new_id, by=account.id, now_us=now_us
        )
    awaits = "" if wish.consent else "; nothing it says is stored before its consent is recorded"
    tell(f"home {made.home} is enrolled as {made.label!r}, gateway {made.gateway}{awaits}")


def show(settings: Settings, home: str, *, with_key_safe: bool, by: str, tell: Tell) -> None:
    """Tell who lives in a home as TOML that can be changed and given to ``edit``."""
    database = wiring.open_database(settings)
    vault = keys.open_vault(settings, database)
    now_us = microseconds(wiring.web_clock(settings, database)())
    with database.connect() as connection:
        place = _place(connection, home)
        kept = household_rows.read(connection, vault, home)
    exporting.note(database, place, f"home:{home}", now_us, what="household")
    if kept is None or kept.address is None:
        tell(f"nobody has entered who lives in home {home}")
        return
    fields = as_row(Household(kept.persons, kept.address, kept.notes))
    if with_key_safe:
        with database.begin() as connection:
            account = expect_role(connection, by, place, *EDITORS)
            code = household_rows.key_safe(connection, vault, home, account.id, now_us)
        fields["key_safe"] = code
    for name, value in fields.items():
        if value:
            tell(f"{name} = {_quoted(value)}")
    if kept.has_key_safe and not with_key_safe:
        tell("# there is a key safe; --key-safe --by EMAIL shows its code, and that is noted")


def edit(settings: Settings, home: str, file: Path, by: str, *, tell: Tell) -> None:
    """Change the fields that a TOML file names; the others stay. ConfigProblem lists mistakes."""
    wanted = fields_of(file, (*FIELDS, LABEL))
    database = wiring.open_database(settings)
    vault = keys.open_vault(settings, database)
    now_us = microseconds(wiring.web_clock(settings, database)())
    with database.begin() as connection:
        hold_writers(connection)
        place = _place(connection, home)
        account = expect_role(connection, by, place, *EDITORS)
        kept = household_rows.read(connection, vault, home)
        held: dict[str, str] = {}
        if kept is not None and kept.address is not None:
            held = as_row(Household(kept.persons, kept.address, kept.notes))
        day = today(wiring.places(settings)[place], now_us)
        household, wrong = read_household({**held, **wanted}, day)
        known = household_rows.nhs_numbers(connection, vault, place)
        if household is None:
            raise ConfigProblem(household_form.lines([(file.name, c, s) for c, s in wrong]))
        for person in household.persons:
            if known.get(person.nhs_number, home) != home:
                said = f"an NHS number is that of somebody in home {known[person.nhs_number]}"
                raise ConfigProblem(f"household: {said}; nothing was saved")
        label = wanted.get(LABEL)
        said = home_labels.agree(connection, home, household, label, by=account.id, now_us=now_us)
        if said:
            raise ConfigProblem(household_form.lines([(file.name, LABEL, said)]))
        revision = None if kept is None else kept.revision
        gone = household_rows.save(
            connection, vault, home, household, revision=revision, by=account.id, now_us=now_us
        )
    vault.drop(gone)
    tell(f"the household of home {home} is saved")


def show_all(settings: Settings, place: str, name: str, *, tell: Tell) -> None:
    """Tell a place's homes with who lives there, or those of a name, as CSV."""
    csv_files.expect_place(settings, place, "household")
    database = wiring.open_database(settings)
    vault = keys.open_vault(settings, database)
    now_us = microseconds(wiring.web_clock(settings, database)())
    exporting.note(database, place, "households", now_us, what="search" if name else "all")
    with database.connect() as connection:
        query = select(_h.number, _h.id, _h.label, _h.state).where(_h.place == place)
        homes = connection.execute(query.order_by(_h.label, _h.number)).all()
        known = household_rows.names(connection, vault, [row.number for row in homes])
        wanted = household_rows.search(connection, vault, [place], name) if name else None
    tell("home,label,state,names")
    for row in homes:
        if wanted is None or row.id in wanted:
            told = (row.id, row.label, row.state, " and ".join(known.get(row.number, ())))
            tell(",".join(cell(text) for text in told))


def read_file(
    settings: Settings, file: Path, place: str, by: str, *, is_dry_run: bool, tell: Tell
) -> None:
    """Enrol every household of a CSV file; ConfigProblem lists every mistake, nothing is saved.

    A run that was stopped goes on where it ended when it is started again with the same file.
    """
    csv_files.expect_place(settings, place, "household")
    data = csv_files.read_bytes(file, "household")
    rows = household_form.read_csv(data, file.name)
    if not rows:
        raise ConfigProblem(f"household: {file.name} has no row below its header")
    database = wiring.open_database(settings)
    vault = keys.open_vault(settings, database)
    now_us = microseconds(wiring.web_clock(settings, database)())
    digest = hashlib.sha256(data).hexdigest()
    there = wiring.places(settings)[place]
    with database.connect() as connection:
        account = expect_role(connection, by, place, *EDITORS)
        done = _done(connection, place, digest)
        known = household_enrol.known(connection, vault, place)
        revision = registry.revision(connection)
    if done == len(rows):
        tell(f"all {done:,} households of {file.name} were enrolled before; nothing was changed")
        return
    wishes = _expect(rows, there, now_us, known, done=done)
    if done:
        tell(f"{done:,} of {len(rows):,} households were enrolled before; going on after them")
    if is_dry_run:
        tell(f"{len(rows):,} households of {place} are right; nothing was saved (--dry-run)")
        return
    with Progress(f"enrolling {len(rows):,} households", tell) as progress:
        told = [(where, wish) for (where, _), wish in zip(rows, wishes, strict=True)]
        enrol_all(database, vault, place, told, digest, by=account.id, now_us=now_us,
                  done=done, revision=revision,
                  show=lambda n: progress.show(n / len(rows), f"{n:,}"))  # fmt: skip
    awaiting = sum(wish.consent is None for wish in wishes[done:])
    tell(f"{len(rows) - done:,} households are enrolled, {awaiting:,} of them await consent")


def enrol_all(
    database: Engine,
    vault: Vault,
    place: str,
    wishes: Sequence[tuple[str, Wish]],
    digest: str,
    *,
    by: str,
    now_us: int,
    done: int,
    revision: int,
    show: Callable[[int], None],
) -> None:
    """Enrol the (where, wish) after the first ``done`` of a file, some in each transaction.

    How far it came is in the same transaction: stopped anywhere, none is lost or doubled. They
    were found right at this ``revision`` of the roster; at another one they are looked at again.
    """
    for start in range(done, len(wishes), AT_ONCE):
        part = wishes[start : start + AT_ONCE]
        with database.begin() as connection:
            hold_writers(connection)
            if registry.revision(connection) != revision:
                _expect_free(part, household_enrol.known(connection, vault, place), start)
            _advance(connection, place, digest, by, len(wishes), start, len(part), now_us)
            wanted = [wish for _, wish in part]
            household_enrol.enrol(connection, vault, place, wanted, new_id, by=by, now_us=now_us)
            revision = registry.revision(connection)
        show(start + len(part))


def _expect_free(part: Sequence[tuple[str, Wish]], known: Known, done: int) -> None:
    wrong = household_form.taken(part, known)
    if wrong:
        told = f"household: the first {done:,} rows are enrolled; take them out, mend the others"
        raise ConfigProblem(f"{household_form.lines(wrong)}\n{told}")


def _advance(
    connection: Connection, place: str, digest: str, by: str, total: int, start: int, more: int,
    now_us: int,
) -> None:  # fmt: skip
    mine = (_i.place == place) & (_i.digest == digest)
    values = {"done": start + more, "saved_us": now_us}
    moved = update(imports).where(mine, _i.done == start).values(values)
    if connection.execute(moved).rowcount:
        return
    if connection.execute(select(_i.done).where(mine)).first() is not None:
        raise ConfigProblem("household: this file is being imported by somebody else; stopped here")
    first = {"place": place, "digest": digest, "account": by, "total": total, "began_us": now_us}
    connection.execute(insert(imports).values(**first, **values))


def _done(connection: Connection, place: str, digest: str) -> int:
    query = select(_i.done).where(_i.place == place, _i.digest == digest)
    return int(connection.execute(query).scalar() or 0)


def _expect(
    rows: Sequence[tuple[str, Row]], place: Place, now_us: int, known: Known, *, done: int = 0
) -> list[Wish]:
    day = today(place, now_us)
    wishes, wrong = household_form.read_rows(rows, day, place.kits, known, done=done)
    if wrong:
        raise ConfigProblem(household_form.lines(wrong))
    return wishes


def fields_of(file: Path, columns: Sequence[str]) -> dict[str, str]:
    """Return the fields of a TOML file as texts; ConfigProblem names what is none of these."""
    """Return the fields of a TOML file as texts; ConfigProblem names what is not one of these."""
    found = read_toml(file, "household")
    wrong = [f"{shown(name)} is not a known field" for name in found if name not in columns]
    kinds = (str, int)
    wrong += [
        f"{name} is {type(value).__name__}, expected words in quotes"
        for name, value in found.items()
        if not isinstance(value, kinds) and not hasattr(value, "isoformat")
    ]
    if wrong:
        raise ConfigProblem("\n".join(f"household: {said} ({file.name})" for said in wrong))
    return {
        name: ("yes" if value else "no") if isinstance(value, bool) else str(value)
        for name, value in found.items()
    }


def _place(connection: Connection, home: str) -> str:
    found = place_of(connection, home)
    if found is None:
        raise ConfigProblem(f"household: there is no home {home!r}")
    return found


def _quoted(value: str) -> str:
    escaped = value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'


def cell(text: str) -> str:
    """Return a text as a cell of CSV; what a spreadsheet would run has a ' before it."""
    safe = f"'{text}" if text.startswith(FORMULA) else text
    return f'"{safe.replace(chr(34), chr(34) * 2)}"' if set(safe) & set(',"\n') else safe
