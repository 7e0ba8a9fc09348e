"""Legal holds: while one stands, nothing of the home is erased, and nothing of it expires.

Set and lifted by a named person of information governance, each with a reason.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Connection, Row, Select, insert, select, update

from config import audit, gateway_tables, tables
from config.audit import Entry
from config.database import hold_writers
from config.problems import ConfigProblem

LONGEST: Final = 500
"""Characters of a reason."""

_l, _h = tables.legal_holds.c, tables.homes.c


@dataclass(frozen=True, slots=True)
class Hold:
    """A hold as it is kept; ``home`` is the home's id. ``lifted_us`` is None while it stands."""

    number: int
    home: str
    place: str
    reason: str
    set_by: str
    set_us: int
    lifted_us: int | None
    lifted_by: str
    lifted_why: str


class Held(ConfigProblem):
    """A legal hold forbids it; nothing was erased."""


def place(connection: Connection, home: str, reason: str, account: str, now_us: int) -> Hold:
    """Hold a home (id) in this account's name; ConfigProblem says what is wrong.

    ``reason`` names the case, not people. Several may stand: each is lifted by itself.
    """
    hold_writers(connection)  # what ends rows asks for holds under the same lock
    row = connection.execute(select(_h.number, _h.place).where(_h.id == home)).first()
    if row is None:
        raise ConfigProblem(f"hold: there is no home {home!r}")
    values = {
        "home": row.number, "reason": _checked("reason", reason), "set_by": account,
        "set_us": now_us, "lifted_by": "", "lifted_why": "",
    }  # fmt: skip
    key = connection.execute(insert(tables.legal_holds).values(values)).inserted_primary_key
    number = 0 if key is None else int(key[0])
    _note(connection, row.place, now_us, account, "hold", home, number)
    return next(one for one in of_home(connection, home) if one.number == number)


def lift(
    connection: Connection, places: Sequence[str], number: int, why: str, account: str, now_us: int
) -> Hold:
    """Lift a hold of these places; ConfigProblem when none of them has it, or it is lifted."""
    found = connection.execute(_query().where(_l.number == number, _h.place.in_(places))).first()
    if found is None:
        raise ConfigProblem(f"hold: there is no hold {number} at your places")
    if found.lifted_us is not None:
        raise ConfigProblem(f"hold: hold {number} is lifted already")
    values = {"lifted_us": now_us, "lifted_by": account, "lifted_why": _checked("why", why)}
    connection.execute(update(tables.legal_holds).where(_l.number == number).values(values))
    _note(connection, found.place, now_us, account, "lift-hold", found.home, number)
    return next(one for one in of_home(connection, found.home) if one.number == number)


def of_home(connection: Connection, home: str) -> list[Hold]:
    """Return every hold of a home (id), the newest first."""
    return _holds(connection, _query().where(_h.id == home))


def of_places(connection: Connection, places: Sequence[str]) -> list[Hold]:
    """Return every hold of these places, those that stand first, then the newest."""
    found = _holds(connection, _query().where(_h.place.in_(places)))
    return sorted(found, key=lambda one: one.lifted_us is not None)


def held(connection: Connection) -> frozenset[int]:
    """Return the homes (numbers) that are held now."""
    query = select(_l.home).where(_l.lifted_us.is_(None)).distinct()
    return frozenset(connection.execute(query).scalars())


def held_gateways(connection: Connection) -> list[str]:
    """Return the gateways (ids, also of replaced boxes) of homes that are held now."""
    g = tables.gateways.c
    standing = select(_l.home).where(_l.lifted_us.is_(None))
    return list(connection.execute(gateway_tables.ids_of(g.home.in_(standing))).scalars())


def expect_free(connection: Connection, home: int) -> None:
    """Raise Held when a hold stands on this home (number)."""
    query = select(_l.number).where(_l.home == home, _l.lifted_us.is_(None)).order_by(_l.number)
    numbers = connection.execute(query).scalars().all()
    if numbers:
        named = ", ".join(str(number) for number in numbers)
        raise Held(
            f"hold: a legal hold stands on this home (number {named}): nothing of it may be "
            "erased until information governance lifts it (`stillwell subject lift`)"
        )


def _checked(name: str, words: str) -> str:
    said = words.strip()
    if not 3 <= len(said) <= LONGEST or not said.isprintable():
        raise ConfigProblem(
            f"hold: {name} has {len(said)} characters, expected 3 to {LONGEST} in one line: say "
            "which case it is, without names"
        )
    return said


def _note(
    connection: Connection, key: str, now_us: int, by: str, what: str, home: str, number: int
) -> None:
    audit.append(connection, Entry(key, now_us, by, what, f"home:{home}", {"hold": number}))


def _query() -> Select[Any]:
    columns = [column for column in _l if column.name != "home"]
    joined = select(*columns, _h.id.label("home"), _h.place)
    return joined.join(tables.homes, _h.number == _l.home).order_by(_l.number.desc())


def _holds(connection: Connection, query: Select[Any]) -> list[Hold]:
    return [_hold(row) for row in connection.execute(query)]


def _hold(row: Row[Any]) -> Hold:
    return Hold(**row._mapping)  # noqa: SLF001  # the documented way to a row's names
