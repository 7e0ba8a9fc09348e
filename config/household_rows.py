"""The household record in SQL: sealed when written, opened when read, every step in the audit log.

Nothing of it stands in the clear: a name is searched by opening the names of the places that the
searcher serves, in memory. A blind index would be a second copy of each name that a dropped key
does not erase.
"""

import json
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Connection, Row, delete, insert, select, update

from config import audit, registry, tables
from config.audit import Entry
from config.homes import HomeState
from config.household_tables import households, persons
from config.households import (
    Address,
    Household,
    Person,
    home_words,
    person_words,
    sector_of,
    to_address,
    to_person,
)
from config.safeguarding import ABOUT as BARRED
from config.vault import Clear, Sealed, Vault, key_name

HOME: Final = "household"
PERSON: Final = "person"
KEY_SAFE: Final = "key-safe"
_AT_ONCE: Final = 500
_h, _r, _p = tables.homes.c, households.c, persons.c


class Outrun(Exception):
    """Somebody else has changed what a change was based on; nothing was saved."""


@dataclass(frozen=True, slots=True)
class Kept:
    """A household as it is kept: its home (id), without the code of its key safe.

    ``address`` is None, and ``persons`` are fewer, where nothing was entered or it was erased.
    """

    home: str
    place: str
    revision: int
    persons: tuple[Person, ...]
    address: Address | None
    notes: str
    has_key_safe: bool
    saved_us: int


def add(
    connection: Connection,
    vault: Vault,
    place: str,
    wanted: Mapping[int, Household],
    *,
    by: str,
    now_us: int,
) -> None:
    """Write the records of homes (numbers) of a place that have none yet, all or none.

    The caller notes the enrolment in the audit log.
    """
    ids = {home: secrets.token_hex(8) for home in wanted}
    sealed = _sealed(vault, place, [(ids[home], one) for home, one in wanted.items()])
    base = {"revision": 1, "barred": "", "saved_by": by, "saved_us": now_us}
    rows = [
        {**base, "id": ids[home], "home": home, **words}
        for home, words in zip(wanted, sealed, strict=True)
    ]
    connection.execute(insert(households), rows)
    listed = [
        (secrets.token_hex(8), home, position, person)
        for home, one in wanted.items()
        for position, person in enumerate(one.persons, start=1)
    ]
    _add_persons(connection, vault, place, listed)


def save(
    connection: Connection,
    vault: Vault,
    home: str,
    wanted: Household,
    *,
    revision: int | None,
    by: str,
    now_us: int,
    drops_key_safe: bool = False,
) -> list[str]:
    """Change the record of a home (id), or write its first; ``revision`` None asks for no match.

    Without a code of the key safe the one that is there stays, unless it is dropped. Return the
    subjects of what is no longer said, persons and former codes: drop their keys once the
    transaction has ended. LookupError where there is no such home; Outrun when the record is no
    longer of this revision.
    """
    found = _find(connection, home)
    if found is None:
        raise LookupError(home)
    held = found.revision or 0
    if revision is not None and revision != held:
        raise Outrun(home)
    gone: list[str] = []
    if found.id is None:
        add(connection, vault, found.place, {found.number: wanted}, by=by, now_us=now_us)
    else:
        words, gone = _sealed_anew(vault, found, wanted, drops_key_safe=drops_key_safe)
        values = {**words, "revision": held + 1, "saved_by": by, "saved_us": now_us}
        mine = (_r.id == found.id) & (_r.revision == held)
        if connection.execute(update(households).where(mine).values(values)).rowcount != 1:
            raise Outrun(home)
        gone += _replace_persons(connection, vault, found, wanted.persons)
    sector = sector_of(wanted.address.postcode)
    mine = (_h.number == found.number) & (_h.sector != sector)
    if connection.execute(update(tables.homes).where(mine).values(sector=sector)).rowcount:
        registry.bump(connection)
    detail = {"revision": held + 1}
    audit.append(connection, Entry(found.place, now_us, by, HOME, f"home:{home}", detail))
    return gone


def read(connection: Connection, vault: Vault, home: str) -> Kept | None:
    """Return the record of a home (id), empty where none was entered; None without such a home.

    Locked without the keys.
    """
    found = _find(connection, home)
    if found is None:
        return None
    people = [person for _, person in _persons(connection, vault, found.number)]
    words = None
    if found.id is not None and found.sealed:
        words = vault.open_row(f"household:{found.id}", HOME, found.sealed)
    return Kept(
        home,
        found.place,
        found.revision or 0,
        tuple(people),
        None if words is None else to_address(words),
        "" if words is None else words["notes"],
        bool(found.key_safe),
        found.saved_us or 0,
    )


def with_key_safe(connection: Connection, homes: Sequence[int]) -> list[int]:
    """Return which of these homes (numbers, at most some hundreds) have a code kept."""
    query = select(_r.home, _r.key_safe).where(_r.home.in_(homes))
    return [row.home for row in connection.execute(query) if row.key_safe]


def names(connection: Connection, vault: Vault, homes: Sequence[int]) -> dict[int, list[str]]:
    """Return the names of who is watched over in these homes (numbers), by number."""
    rows: list[Row[Any]] = []
    for start in range(0, len(homes), _AT_ONCE):
        query = select(_p.id, _p.home, _p.sealed).where(
            _p.home.in_(homes[start : start + _AT_ONCE])
        )
        rows.extend(connection.execute(query.order_by(_p.home, _p.position)))
    opened = vault.open([Sealed(f"person:{r.id}", PERSON, r.sealed) for r in rows])
    found: dict[int, list[str]] = {}
    for row, words in zip(rows, opened, strict=True):
        if words is not None:
            found.setdefault(row.home, []).append(json.loads(words)["name"])
    return found


def nhs_numbers(connection: Connection, vault: Vault, place: str) -> dict[str, str]:
    """Return the home (id) of each NHS number of a place's homes that have not ended."""
    query = select(_p.id, _p.sealed, _h.id.label("home")).join(tables.homes, _h.number == _p.home)
    mine = (_h.place == place) & (_h.state != HomeState.ENDED.value)
    rows = connection.execute(query.where(mine)).all()
    opened = vault.open([Sealed(f"person:{r.id}", PERSON, r.sealed) for r in rows])
    pairs = [(json.loads(w)["nhs_number"], r.home) for r, w in zip(rows, opened, strict=True) if w]
    return {number: home for number, home in pairs if number}


def search(
    connection: Connection, vault: Vault, places: Sequence[str], said: str
) -> dict[str, list[str]]:
    """Return the homes (ids) of these places in which somebody of this name is watched over.

    Every word that is said begins a word of the name. The names of these places are opened for it.
    """
    query = select(_h.number, _h.id).where(_h.place.in_(places)).order_by(_h.number)
    ids = dict(connection.execute(query).all())
    wanted = said.casefold().split()
    found: dict[str, list[str]] = {}
    for home, known in names(connection, vault, list(ids)).items():
        if wanted and any(_fits(wanted, name) for name in known):
            found[ids[home]] = known
    return found


def search_whole(
    connection: Connection, vault: Vault, places: Sequence[str], said: str
) -> dict[str, tuple[list[str], str]]:
    """Return the homes (ids) of these places whose names or address hold all that is said.

    Every word that is said begins a word of a name or of the address; a postcode may be said
    without its gap. Yields names and the address in one line; all of the places are opened for it.
    """
    query = select(_h.number, _h.id).where(_h.place.in_(places)).order_by(_h.number)
    ids = dict(connection.execute(query).all())
    wanted = said.casefold().split()
    known, found = names(connection, vault, list(ids)), {}
    where = _addresses(connection, vault, list(ids))
    for number, home in ids.items():
        people, address = known.get(number, []), where.get(number)
        told = [] if address is None else [*address.lines, address.town, address.postcode]
        compact = "" if address is None else address.postcode.replace(" ", "")
        if wanted and _fits(wanted, " ".join([*people, *told, compact])):
            found[home] = people, ", ".join(line for line in told if line)
    return found


def _addresses(connection: Connection, vault: Vault, homes: Sequence[int]) -> dict[int, Address]:
    rows: list[Row[Any]] = []
    for start in range(0, len(homes), _AT_ONCE):
        part = _r.home.in_(homes[start : start + _AT_ONCE])
        rows.extend(connection.execute(select(_r.id, _r.home, _r.sealed).where(part)))
    kept = [row for row in rows if row.sealed]
    opened = vault.open([Sealed(f"household:{row.id}", HOME, row.sealed) for row in kept])
    return {
        row.home: address
        for row, words in zip(kept, opened, strict=True)
        if words is not None and (address := to_address(json.loads(words))) is not None
    }


def key_safe(connection: Connection, vault: Vault, home: str, account: str, now_us: int) -> str:
    """Return the code of a home's (id) key safe, and note who was shown it; empty is none."""
    found = _find(connection, home)
    if found is None:
        raise LookupError(home)
    audit.append(connection, Entry(found.place, now_us, account, KEY_SAFE, f"home:{home}", {}))
    return _code(vault, found)


def _code(vault: Vault, found: Any) -> str:  # noqa: ANN401  # a row, as SQLAlchemy types it
    if not found.key_safe:
        return ""
    return vault.open([Sealed(f"household:{found.id}", KEY_SAFE, found.key_safe)])[0] or ""


def _fits(wanted: Sequence[str], name: str) -> bool:
    words = name.casefold().split()
    return all(any(word.startswith(one) for word in words) for one in wanted)


def _find(connection: Connection, home: str) -> Any:  # noqa: ANN401  # a row, as SQLAlchemy types it
    columns = (_r.id, _r.revision, _r.sealed, _r.key_safe, _r.barred, _r.saved_us)
    query = select(_h.number, _h.place, *columns).outerjoin(households, _r.home == _h.number)
    return connection.execute(query.where(_h.id == home)).first()


def _sealed(
    vault: Vault, place: str, wanted: Sequence[tuple[str, Household]]
) -> list[dict[str, str]]:
    """Return the sealed columns of each (id, household), all sealed in one step."""
    clear = [Clear(f"household:{id_}", place, HOME, _text(home_words(one))) for id_, one in wanted]
    clear += [Clear(f"household:{i}", place, KEY_SAFE, one.key_safe) for i, one in wanted]
    sealed = vault.seal(clear)
    half = len(wanted)
    return [
        {"sealed": text, "key_safe": code if one.key_safe else ""}
        for (_, one), text, code in zip(wanted, sealed[:half], sealed[half:], strict=True)
    ]


def _sealed_anew(
    vault: Vault,
    found: Any,  # noqa: ANN401  # a row, as SQLAlchemy types it
    wanted: Household,
    *,
    drops_key_safe: bool,
) -> tuple[dict[str, str], list[str]]:
    """Return the columns that change, sealed, and the keys that nothing needs any more.

    A code that is replaced or dropped must be readable in no backup either: all that lay under
    its key gets keys of its own. What has one once is never sealed under the common key again,
    which may be about to be dropped.
    """
    subject = f"household:{found.id}"
    code = _code(vault, found)
    is_new = bool(wanted.key_safe) and wanted.key_safe != code
    is_over = is_new or (drops_key_safe and not wanted.key_safe and bool(found.key_safe))
    held = {"sealed": found.sealed, "key_safe": found.key_safe, "barred": found.barred}
    told = {"sealed": Clear(subject, found.place, HOME, _text(home_words(wanted)),
                            is_over or key_name(subject, found.sealed) != subject)}  # fmt: skip
    if is_new:
        told["key_safe"] = Clear(subject, found.place, KEY_SAFE, wanted.key_safe, is_fresh=True)
    if is_over and found.barred and key_name(subject, found.barred) == subject:
        (barred,) = vault.open([Sealed(subject, BARRED, found.barred)])
        told["barred"] = Clear(subject, found.place, BARRED, barred or "[]", is_fresh=True)
    changed = dict(zip(told, vault.seal(list(told.values())), strict=True))
    if is_over and not is_new:
        changed["key_safe"] = ""
    kept = {key_name(subject, text) for text in {**held, **changed}.values() if text}
    return changed, sorted({key_name(subject, text) for text in held.values() if text} - kept)


def _persons(connection: Connection, vault: Vault, home: int) -> list[tuple[str, Person]]:
    query = select(_p.id, _p.sealed).where(_p.home == home).order_by(_p.position)
    rows = connection.execute(query).all()
    opened = vault.open([Sealed(f"person:{r.id}", PERSON, r.sealed) for r in rows])
    return [(r.id, to_person(json.loads(w))) for r, w in zip(rows, opened, strict=True) if w]


def _replace_persons(
    connection: Connection, vault: Vault, found: Row[Any], wanted: Sequence[Person]
) -> list[str]:
    """Write who is watched over now; who was before keeps the key. Return the subjects gone."""
    before = _persons(connection, vault, found.number)
    held = list(connection.execute(select(_p.id).where(_p.home == found.number)).scalars())
    connection.execute(delete(persons).where(_p.home == found.number))
    rows = []
    for position, person in enumerate(wanted, start=1):
        same = next((one for one in before if _is_same(one[1], person)), None)
        if same is not None:
            before.remove(same)
        id_ = secrets.token_hex(8) if same is None else same[0]
        rows.append((id_, found.number, position, person))
    _add_persons(connection, vault, found.place, rows)
    kept = {row[0] for row in rows}
    return [f"person:{id_}" for id_ in held if id_ not in kept]


def _is_same(old: Person, new: Person) -> bool:
    is_number = bool(new.nhs_number) and old.nhs_number == new.nhs_number
    return is_number or (old.name == new.name and old.born == new.born)


def _add_persons(
    connection: Connection, vault: Vault, place: str, listed: Sequence[tuple[str, int, int, Person]]
) -> None:
    clear = [Clear(f"person:{i}", place, PERSON, _text(person_words(p))) for i, _, _, p in listed]
    rows = [
        {"id": id_, "home": home, "position": position, "sealed": text}
        for (id_, home, position, _), text in zip(listed, vault.seal(clear), strict=True)
    ]
    if rows:
        connection.execute(insert(persons), rows)


def _text(words: Mapping[str, Any]) -> str:
    return json.dumps(words, ensure_ascii=False)
