"""The audit log: a hash chain per place over what people and the system did.

Each row holds the hash of the one before it, and is written in the transaction of what it tells.
The head, which can be anchored outside, names the newest row, so that a cut tail is found too.
"""

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import ColumnElement, Connection, Row, delete, insert, or_, select, update

from config import tables

GENESIS: Final = "0" * 64
"""What the first row of a chain follows."""

INSTALLATION: Final = "-"
"""The chain of what concerns no single place."""

CUT: Final = "audit-cut"
"""What a row says that tells of rows which the place keeps no longer."""

_AT_ONCE: Final = 1000
_starts: Final = tables.audit_starts
_a, _heads = tables.audit.c, tables.audit_heads.c


@dataclass(frozen=True, slots=True)
class Entry:
    """What happened: ``subject`` is an id, ``detail`` ids and codes, never a name or an address."""

    place: str
    at_us: int
    actor: str
    what: str
    subject: str
    detail: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Head:
    """The newest row of a chain."""

    place: str
    seq: int
    hash: str


@dataclass(frozen=True, slots=True)
class Fault:
    """Where a chain is not what was written; ``what`` is a plain sentence."""

    place: str
    seq: int
    what: str


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which rows are asked for; what is empty leaves out none.

    ``about`` is part of a subject or of the detail, ``until_us`` is not included.
    """

    actor: str = ""
    what: str = ""
    about: str = ""
    from_us: int | None = None
    until_us: int | None = None


EVERYTHING: Final = Wanted()


def append(connection: Connection, entry: Entry) -> Head:
    """Write the entry at the end of its place's chain, in the caller's transaction."""
    return append_all(connection, entry.place, [entry])


def append_all(connection: Connection, place: str, entries: Sequence[Entry]) -> Head:
    """Write these entries, at least one and all of this place, at the end of its chain.

    Writers follow each other (``config/database.py``): the head is the newest row's until the
    transaction ends.
    """
    table, mine = tables.audit_heads, _heads.place == place
    moved = update(table).where(mine).values(seq=_heads.seq + len(entries))
    if connection.execute(moved).rowcount == 0:
        connection.execute(insert(table).values(place=place, seq=len(entries), hash=GENESIS))
    end, previous = connection.execute(select(_heads.seq, _heads.hash).where(mine)).one()
    rows = []
    for seq, entry in enumerate(entries, end - len(entries) + 1):
        row = {
            "place": place,
            "seq": seq,
            "at_us": entry.at_us,
            "actor": entry.actor,
            "what": entry.what,
            "subject": entry.subject,
            "detail": json.dumps(dict(entry.detail), sort_keys=True, ensure_ascii=False),
            "previous": previous,
        }
        previous = digest_of(row)
        rows.append({**row, "hash": previous})
    connection.execute(insert(tables.audit), rows)
    connection.execute(update(table).where(mine).values(hash=previous))
    return Head(place, end, previous)


def digest_of(row: Mapping[str, object]) -> str:
    """Return the SHA-256 of a row: all that it holds, and the hash before it."""
    names = ("place", "seq", "at_us", "actor", "what", "subject", "detail", "previous")
    canonical = json.dumps([row[name] for name in names], ensure_ascii=False)
    return hashlib.sha256(canonical.encode()).hexdigest()


def cut(connection: Connection, place: str, before_us: int, now_us: int, limit: int) -> int:
    """Let the oldest rows of a chain go, up to the first that is not older; return how many.

    At most ``limit`` at once, and never the newest row. The chain itself says what went: a row
    names the last number and hash, and without it ``verify`` calls them missing.
    """
    begin = _start(connection, place)
    mine = _a.place == place
    newest = connection.execute(select(_heads.seq).where(_heads.place == place)).scalar()
    young = select(_a.seq).where(mine, _a.at_us >= before_us).order_by(_a.seq).limit(1)
    first = connection.execute(young).scalar() or newest
    last = min((first or 0) - 1, begin.seq + limit)
    if last <= begin.seq:
        return 0
    last_hash = connection.execute(select(_a.hash).where(mine, _a.seq == last)).scalar_one()
    connection.execute(delete(tables.audit).where(mine, _a.seq <= last))
    connection.execute(delete(_starts).where(_starts.c.place == place))
    connection.execute(insert(_starts).values(place=place, seq=last, hash=last_hash))
    gone = last - begin.seq
    detail = {"rows": gone, "upto": last, "hash": last_hash}
    append(connection, Entry(place, now_us, "system", CUT, "audit", detail))
    return gone


def would_cut(connection: Connection, place: str, before_us: int) -> int:
    """Return how many rows of a chain ``cut`` would let go in the end, none deleted."""
    mine = _a.place == place
    newest = connection.execute(select(_heads.seq).where(_heads.place == place)).scalar()
    young = select(_a.seq).where(mine, _a.at_us >= before_us).order_by(_a.seq).limit(1)
    first = connection.execute(young).scalar() or newest or 1
    return max(first - 1 - _start(connection, place).seq, 0)


def starts(connection: Connection) -> dict[str, Head]:
    """Return the newest row that has gone of each chain whose oldest rows went, by place."""
    rows = connection.execute(select(_starts.c.place, _starts.c.seq, _starts.c.hash))
    return {row.place: Head(*row) for row in rows}


def heads(connection: Connection, places: Sequence[str] | None = None) -> list[Head]:
    """Return the head of each chain; of these places, or of all."""
    query = select(_heads.place, _heads.seq, _heads.hash).order_by(_heads.place)
    if places is not None:
        query = query.where(_heads.place.in_(places))
    return [Head(*row) for row in connection.execute(query)]


def verify(
    connection: Connection, anchors: Sequence[Head] = (), places: Sequence[str] | None = None
) -> list[Fault]:
    """Return where a chain was edited, has a hole or was cut; empty when all are whole.

    ``anchors`` are heads that were kept elsewhere: a chain must still hold each of them, but for
    those of rows that the place keeps no longer (``cut``).
    Looks at the chains of ``places``, at all when that is None.
    """
    known = {head.place: head for head in heads(connection)}
    query = select(_a.place).distinct().order_by(_a.place)
    every = {*known, *connection.execute(query).scalars(), *(a.place for a in anchors)}
    faults: list[Fault] = []
    for place in sorted(every if places is None else every & {*places}):
        kept = [anchor for anchor in anchors if anchor.place == place]
        faults += _verify(connection, place, known.get(place), kept)
    return faults


def read(
    connection: Connection,
    place: str,
    *,
    before: int | None = None,
    limit: int,
    wanted: Wanted = EVERYTHING,
) -> list[Row[tuple[object, ...]]]:
    """Return rows of a chain, the newest first; ``before`` is the seq of the last one seen."""
    query = select(tables.audit).where(_a.place == place, *_fitting(wanted))
    if before is not None:
        query = query.where(_a.seq < before)
    return list(connection.execute(query.order_by(_a.seq.desc()).limit(limit)))


def acts(connection: Connection, place: str) -> list[str]:
    """Return the code of everything that was ever done or seen at a place, by name."""
    query = select(_a.what).where(_a.place == place).distinct().order_by(_a.what)
    return list(connection.execute(query).scalars())


def _fitting(wanted: Wanted) -> Iterator[ColumnElement[bool]]:
    if wanted.actor:
        yield _a.actor == wanted.actor
    if wanted.what:
        yield _a.what == wanted.what
    if wanted.about:
        places = (_a.subject, _a.detail)
        yield or_(*(one.contains(wanted.about, autoescape=True) for one in places))
    if wanted.from_us is not None:
        yield _a.at_us >= wanted.from_us
    if wanted.until_us is not None:
        yield _a.at_us < wanted.until_us


def _verify(
    connection: Connection, place: str, head: Head | None, anchors: Sequence[Head]
) -> Iterator[Fault]:
    begin = _start(connection, place)
    wanted = {anchor.seq: anchor.hash for anchor in anchors if anchor.seq >= begin.seq}
    seq, previous, is_told = begin.seq, begin.hash, begin.seq == 0
    if wanted.pop(seq, previous) != previous:
        yield Fault(place, seq, "the last row that went is not the one that was anchored")
    for row in _rows(connection, place):
        if row.seq != seq + 1:
            yield Fault(place, seq + 1, f"rows {seq + 1} to {row.seq - 1} are missing")
        elif row.previous != previous:
            yield Fault(place, row.seq, "the row does not follow the one before it")
        if digest_of(row._asdict()) != row.hash:
            yield Fault(place, row.seq, "the row was changed after it was written")
        if wanted.pop(row.seq, row.hash) != row.hash:
            yield Fault(place, row.seq, "the row is not the one that was anchored")
        is_told = is_told or (row.what == CUT and _names(row.detail, begin))
        seq, previous = row.seq, row.hash
    if not is_told:
        yield Fault(place, 1, f"rows 1 to {begin.seq} are missing, and no row says that they went")
    if head is None or (head.seq, head.hash) != (seq, previous):
        end = "no head" if head is None else f"row {head.seq}"
        yield Fault(place, seq, f"the chain ends at row {seq}, its head says {end}")
    for missing in sorted(wanted):
        yield Fault(place, missing, f"row {missing} was anchored and is gone")


def _start(connection: Connection, place: str) -> Head:
    """Return the newest row of a chain that has gone; number 0 where none has."""
    query = select(_starts.c.seq, _starts.c.hash).where(_starts.c.place == place)
    row = connection.execute(query).first()
    return Head(place, 0, GENESIS) if row is None else Head(place, row.seq, row.hash)


def _names(detail: object, begin: Head) -> bool:
    said = json.loads(str(detail))
    return bool(said.get("upto") == begin.seq and said.get("hash") == begin.hash)


def _rows(connection: Connection, place: str) -> Iterator[Row[tuple[object, ...]]]:
    after = 0
    while True:
        query = select(tables.audit).where(_a.place == place, _a.seq > after)
        rows = connection.execute(query.order_by(_a.seq).limit(_AT_ONCE)).all()
        yield from rows
        if not rows:
            return
        after = rows[-1].seq
