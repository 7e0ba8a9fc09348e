"""A home moves to another address of its place: the same person, elsewhere.

Person, consent, devices and history stay. The address of before is kept sealed; what belonged to
its door (key safe, keys, notes) is not taken along. A move holds from the moment at which it is
entered, so that an address on record is where somebody goes, and never one to come.
"""

import json
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from sqlalchemy import Connection, Row, delete, insert, select, update

from config import audit, household_rows, registry, tables, walk_test_rows
from config.audit import Entry
from config.homes import HomeState
from config.household_rows import Kept
from config.household_tables import former_addresses
from config.households import Address, Household, to_address
from config.problems import ConfigProblem
from config.vault import Clear, Sealed, Vault

UNDO_H: Final = 24
"""Hours in which a move can be taken back."""

LONGEST_WHY: Final = 200
ABOUT: Final = "former-address"
_HOUR_US: Final = 3_600_000_000
_f, _h, _c = former_addresses.c, tables.homes.c, tables.contacts.c


@dataclass(frozen=True, slots=True)
class Former:
    """Where a home was from a local day until another, as far as it can be read.

    ``address`` is None where its key is gone. ``notes`` were those of its door, ``key_holders``
    the contacts (ids) who had its key; ``why`` it moved. ``was_since_us`` and ``was_untested``
    are of the home before.
    """

    number: int
    id: str
    from_on: date
    until_on: date
    moved_us: int
    moved_by: str
    was_since_us: int
    was_untested: bool
    address: Address | None
    notes: str = ""
    key_holders: tuple[str, ...] = ()
    why: str = ""

    def may_take_back(self, now_us: int) -> bool:
        """Return whether the move away from it can still be taken back."""
        return now_us < self.moved_us + UNDO_H * _HOUR_US


@dataclass(frozen=True, slots=True)
class Moved:
    """What a move came to; ``gone`` are subjects whose keys go once it is committed.

    ``keys`` contacts no longer have a key, ``caps`` longer limits ended, and so did a walk test
    where ``was_tested`` says so.
    """

    gone: Sequence[str]
    keys: int
    caps: int
    was_tested: bool


def mistakes(
    state: HomeState,
    kept: Kept,
    wanted: Household,
    moved_on: date,
    why: str,
    *,
    from_on: date,
    today: date,
) -> list[tuple[str, str]]:
    """Return (field, what is wrong) of moving a home so (pure); empty when nothing is.

    ``from_on`` is the day from which the home is where it is now.
    """
    if (no := refusal(state, kept)) is not None:
        return [("home", no)]
    wrong = []
    if moved_on > today:
        said = "is still to come: enter the move on that day; until then help goes to the old door"
        wrong.append(("moved_on", said))
    elif moved_on < from_on:
        said = f"is before {from_on}, since when the home is at its address: look at the day"
        wrong.append(("moved_on", said))
    if kept.address is not None and _is_same(kept.address, wanted.address):
        said = "is the address that is kept already: a slip in it is put right without a move"
        wrong.append(("address_1", said))
    if not 3 <= len(why) <= LONGEST_WHY or not why.isprintable():
        said = f"has {len(why)} characters, expected 3 to {LONGEST_WHY} in one line"
        wrong.append(("why", said))
    return wrong


def refusal(state: HomeState, kept: Kept) -> str | None:
    """Return why a home cannot move at all, None when it can (pure)."""
    if state is HomeState.ENDED:
        return "its enrolment has ended: enrol the household at its new address"
    if state is HomeState.TEST:
        return "it is a canary home: nobody lives there"
    if kept.address is None or not kept.persons:
        return "nobody has entered who lives there and where: enter that instead"
    return None


def move(
    connection: Connection,
    vault: Vault,
    kept: Kept,
    wanted: Household,
    moved_on: date,
    why: str,
    *,
    from_on: date,
    by: str,
    now_us: int,
) -> Moved:
    """Let a home be at the address of ``wanted`` from now on; check ``mistakes`` first.

    Outrun when the record is another than ``kept``. A code of the old key safe is gone for good.
    """
    if kept.address is None:
        raise RuntimeError("house move: there is no address to move from")
    home = connection.execute(select(tables.homes).where(_h.id == kept.home)).one()
    keys = _take_keys(connection, home.number)
    _keep_former(connection, vault, home, kept, keys, (from_on, moved_on), why, by, now_us)
    gone = household_rows.save(
        connection, vault, kept.home, wanted, revision=kept.revision, by=by, now_us=now_us,
        drops_key_safe=True,
    )  # fmt: skip
    caps = registry.end_allowances(connection, home.number, now_us, by=by)
    was_tested = _end_test(connection, home.number, by, now_us)
    _set(connection, home.number, since_us=now_us, is_untested=True)
    detail = {
        "on": moved_on.isoformat(), "keys": len(keys), "caps": caps, "was_tested": was_tested,
        "had_key_safe": kept.has_key_safe,
    }  # fmt: skip
    audit.append(connection, Entry(home.place, now_us, by, "move-house", f"home:{home.id}", detail))
    return Moved(gone, len(keys), caps, was_tested)


def take_back(
    connection: Connection, vault: Vault, kept: Kept, *, by: str, now_us: int
) -> list[str]:
    """Let a home be where it was before its last move; return subjects whose keys go then.

    ConfigProblem says why it cannot be. Codes of key safes do not come back, nor do limits.
    """
    number = connection.execute(select(_h.number).where(_h.id == kept.home)).scalar_one()
    last = next(iter(of_home(connection, vault, kept.home)), None)
    if last is None:
        raise ConfigProblem("move: this home has not moved; nothing is to be taken back")
    if not last.may_take_back(now_us):
        raise ConfigProblem(
            f"move: it was entered more than {UNDO_H} hours ago: enter a move back instead"
        )
    if last.address is None:
        raise ConfigProblem("move: the former address cannot be read any more; enter it anew")
    household = Household(kept.persons, last.address, last.notes)
    gone = household_rows.save(
        connection, vault, kept.home, household, revision=kept.revision, by=by, now_us=now_us,
        drops_key_safe=True,
    )  # fmt: skip
    connection.execute(delete(former_addresses).where(_f.number == last.number))
    mine = (_c.home == number) & _c.id.in_(last.key_holders)
    connection.execute(update(tables.contacts).where(mine).values(has_key=True))
    _set(connection, number, since_us=last.was_since_us, is_untested=last.was_untested)
    detail = {"keys": len(last.key_holders)}
    entry = Entry(kept.place, now_us, by, "take-back-move", f"home:{kept.home}", detail)
    audit.append(connection, entry)
    return [*gone, _subject(last.id)]


def pass_test(connection: Connection, home: str, by: str, now_us: int) -> None:
    """Let a home (id) that moved be watched: every sensor that sees the person spoke there."""
    found = connection.execute(select(_h.number, _h.place).where(_h.id == home)).one()
    mine = (_h.number == found.number) & _h.is_untested
    if connection.execute(update(tables.homes).where(mine).values(is_untested=False)).rowcount:
        registry.bump(connection)
        audit.append(connection, Entry(found.place, now_us, by, "move-tested", f"home:{home}", {}))


def of_home(connection: Connection, vault: Vault, home: str) -> list[Former]:
    """Return where a home (id) was before, the last first; Locked without the keys."""
    rows = connection.execute(_rows(home)).all()
    opened = vault.open([Sealed(_subject(row.id), ABOUT, row.sealed) for row in rows])
    return [_former(row, words) for row, words in zip(rows, opened, strict=True)]


def last_day(connection: Connection, home: str) -> date | None:
    """Return the day on which a home (id) last moved, None when it never did."""
    row = connection.execute(_rows(home)).first()
    return None if row is None else date.fromisoformat(row.until_on)


def one_line(address: Address) -> str:
    """Return an address in one line."""
    return ", ".join((*address.lines, address.town, address.postcode))


def _rows(home: str) -> Any:  # noqa: ANN401  # a query, as SQLAlchemy types it
    joined = select(former_addresses).join(tables.homes, _h.number == _f.home)
    return joined.where(_h.id == home).order_by(_f.number.desc())


def _former(row: Row[Any], words: str | None) -> Former:
    said = {} if words is None else json.loads(words)
    return Former(
        number=row.number,
        id=row.id,
        from_on=date.fromisoformat(row.from_on),
        until_on=date.fromisoformat(row.until_on),
        moved_us=row.moved_us,
        moved_by=row.moved_by,
        was_since_us=row.was_since_us,
        was_untested=bool(row.was_untested),
        address=to_address(said) if said else None,
        notes=said.get("notes", ""),
        key_holders=tuple(said.get("key_holders", ())),
        why=said.get("why", ""),
    )


def _keep_former(
    connection: Connection,
    vault: Vault,
    home: Row[Any],
    kept: Kept,
    keys: Sequence[str],
    days: tuple[date, date],
    why: str,
    by: str,
    now_us: int,
) -> None:
    id_, address = secrets.token_hex(8), kept.address
    if address is None:
        return
    words = {
        "lines": list(address.lines), "town": address.town, "postcode": address.postcode,
        "uprn": address.uprn, "notes": kept.notes, "key_holders": list(keys), "why": why,
    }  # fmt: skip
    text = json.dumps(words, ensure_ascii=False)
    (sealed,) = vault.seal([Clear(_subject(id_), home.place, ABOUT, text)])
    values = {
        "id": id_, "home": home.number, "from_on": days[0].isoformat(),
        "until_on": days[1].isoformat(), "was_since_us": home.since_us,
        "was_untested": home.is_untested, "moved_us": now_us, "moved_by": by, "sealed": sealed,
    }  # fmt: skip
    connection.execute(insert(former_addresses).values(values))


def _take_keys(connection: Connection, home: int) -> list[str]:
    """Note of nobody any more that they have a key: it is that of the old door."""
    mine = (_c.home == home) & _c.has_key
    holders = list(connection.execute(select(_c.id).where(mine).order_by(_c.position)).scalars())
    connection.execute(update(tables.contacts).where(mine).values(has_key=False))
    return holders


def _end_test(connection: Connection, home: int, by: str, now_us: int) -> bool:
    """End a walk test of the old house: an alarm of the new one is real."""
    test = walk_test_rows.newest(connection, home)
    if test is None or not test.covers(now_us):
        return False
    walk_test_rows.end(connection, home, by, now_us, {})
    return True


def _set(connection: Connection, home: int, **values: object) -> None:
    connection.execute(update(tables.homes).where(_h.number == home).values(values))
    registry.bump(connection)


def _is_same(one: Address, other: Address) -> bool:
    def key(address: Address) -> tuple[str, ...]:
        words = (*address.lines, address.town, address.postcode)
        return tuple("".join(word.casefold().split()) for word in words)

    return key(one) == key(other)


def _subject(id_: str) -> str:
    return f"former:{id_}"
