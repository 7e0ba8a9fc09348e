"""What gateways sign in to the broker with: issued, rotated without a gap, and revoked.

A secret is shown once; what is kept are its hashes. Brokers know one password a user, so each
credential is a user of its own: the gateway's id for the first, ``id_2`` for the second, and so on.
A hub that takes it as its client id may do so: NATS refuses a dot there, and no id holds ``_``.
A new one leaves the old one valid until the new one has been seen, or its time is over. Those of a
box that was replaced bear its own id, and end when it is no longer heard (see replacements.py).
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, Row, func, insert, or_, select, update

from config import audit, registry, tables
from config.audit import Entry
from config.credential_hashes import hashes_of, new_secret
from config.database import hold_writers
from config.gateway_tables import credentials
from config.homes import HomeState
from config.problems import ConfigProblem

MOST: Final = 3
"""Credentials of one gateway that may be valid at once."""

LONGEST_WHY: Final = 200
_AT_ONCE: Final = 500
_HOUR_US: Final = 3_600_000_000
_SYSTEM: Final = "system"

_c, _g, _h = credentials.c, tables.gateways.c, tables.homes.c


@dataclass(frozen=True, slots=True)
class Issued:
    """A new credential with its secret, which nobody can be told again."""

    gateway: str
    place: str
    username: str
    secret: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Credential:
    """A credential as it is kept; ``gateway`` is an id, times are us since 1970 UTC.

    ``until_us`` is when it ends because a newer one was issued, ``seen_us`` when it was first used
    as far as the broker could be asked.
    """

    gateway: str
    place: str
    username: str
    issued_us: int
    issued_by: str
    until_us: int | None
    seen_us: int | None
    ended_us: int | None
    ended_by: str
    why: str

    def is_valid(self, now_us: int) -> bool:
        """Return whether the broker lets it in at this moment."""
        return self.ended_us is None and (self.until_us is None or now_us < self.until_us)


@dataclass(frozen=True, slots=True)
class Login:
    """A valid credential as the broker must know it; ``places`` are those it may publish under."""

    username: str
    gateway: str
    places: tuple[str, ...]
    mosquitto: str = field(repr=False)
    nats: str = field(repr=False)


def issue(
    connection: Connection, gateway: str, account: str, now_us: int, overlap_h: float
) -> Issued:
    """Return a new secret for this gateway (id), this once; older ones end after the overlap.

    ConfigProblem when there is no such gateway, or when too many are valid already.
    """
    number, place = find(connection, gateway)
    return _issue(connection, [(number, gateway, place)], account, now_us, overlap_h)[0]


def issue_missing(
    connection: Connection, place: str, account: str, now_us: int
) -> Sequence[Issued]:
    """Return new secrets for every gateway of a place that has no valid one."""
    valid = select(_c.gateway).where(*_valid(now_us))
    query = (
        select(_g.number, _g.id, _g.place)
        .outerjoin(tables.homes, _h.number == _g.home)
        .where(_g.place == place, _g.number.not_in(valid))
        .where(or_(_h.state.is_(None), _h.state != HomeState.ENDED.value))
        .order_by(_g.number)
    )
    wanted = [(row.number, row.id, row.place) for row in connection.execute(query)]
    return _issue(connection, wanted, account, now_us, 0.0)


def _issue(
    connection: Connection,
    wanted: Sequence[tuple[int, str, str]],
    account: str,
    now_us: int,
    overlap_h: float,
) -> list[Issued]:
    hold_writers(connection)  # each counts those before it
    made, rows = [], []
    until_us = now_us + int(overlap_h * _HOUR_US)
    for number, gateway, place in wanted:
        count = _expect_room(connection, number, gateway, now_us)
        older = (_c.gateway == number) & of_box(gateway) & _c.ended_us.is_(None)
        later = or_(_c.until_us.is_(None), _c.until_us > until_us)
        statement = update(credentials).where(older, later).values(until_us=until_us)
        connection.execute(statement)
        username = gateway if count == 0 else f"{gateway}_{count + 1}"
        one = Issued(gateway, place, username, new_secret())
        hashes = hashes_of(one.secret)
        made.append(one)
        rows.append(
            {"gateway": number, "username": username, "mosquitto": hashes.mosquitto,
             "nats": hashes.nats, "issued_us": now_us, "issued_by": account, "ended_by": "",
             "why": ""}
        )  # fmt: skip
        detail = {"issued": username}
        entry = Entry(place, now_us, account, "credential", f"gateway:{gateway}", detail)
        audit.append(connection, entry)
    if rows:
        connection.execute(insert(credentials), rows)
        registry.bump(connection)
    return made


def _expect_room(connection: Connection, number: int, gateway: str, now_us: int) -> int:
    """Return how many credentials this box ever had."""
    query = select(func.count()).select_from(credentials).where(_c.gateway == number)
    if connection.execute(query.where(*_valid(now_us))).scalar_one() >= MOST:
        raise ConfigProblem(
            f"credential: {gateway} has {MOST} that are valid: revoke those that nobody uses first"
        )
    return int(connection.execute(query.where(of_box(gateway))).scalar_one())


def box_of(username: str) -> str:
    """Return the id of the box that signs in so."""
    return username.partition("_")[0]


def of_box(id_: str) -> ColumnElement[bool]:
    """Return the clause that picks the credentials of the box with this id."""
    return or_(_c.username == id_, _c.username.startswith(f"{id_}_", autoescape=True))


def end_with_box(
    connection: Connection, id_: str, until_us: int, now_us: int, *, by: str, why: str
) -> int:
    """Let the credentials of a box that was replaced end then, or at once; return how many."""
    mine = [of_box(id_), *_valid(now_us)]
    statement = update(credentials).where(*mine)
    if until_us <= now_us:
        values = {"ended_us": now_us, "ended_by": by, "why": why}
        return connection.execute(statement.values(values)).rowcount
    later = or_(_c.until_us.is_(None), _c.until_us > until_us)
    return connection.execute(statement.where(later).values(until_us=until_us)).rowcount


def revoke(
    connection: Connection,
    gateway: str,
    account: str,
    why: str,
    now_us: int,
    *,
    username: str = "",
) -> int:
    """End every credential of this gateway (id), or the one named, at once; return how many.

    ConfigProblem when there is no such gateway, none that is valid, or no reason.
    """
    number, place = find(connection, gateway)
    why = why.strip()
    if not 1 <= len(why) <= LONGEST_WHY or not why.isprintable():
        raise ConfigProblem(
            f"credential: why has {len(why)} characters, expected 1..{LONGEST_WHY} without line "
            "breaks; say in a few words why it is revoked"
        )
    mine = [_c.gateway == number, *_valid(now_us)]
    if username:
        mine.append(_c.username == username)
    values = {"ended_us": now_us, "ended_by": account, "why": why}
    count = connection.execute(update(credentials).where(*mine).values(values)).rowcount
    if not count:
        named = username or gateway
        raise ConfigProblem(f"credential: {named} has none that is valid; nothing is to be revoked")
    detail = {"revoked": username or "all", "count": count}
    entry = Entry(place, now_us, account, "credential", f"gateway:{gateway}", detail)
    audit.append(connection, entry)
    registry.bump(connection)
    return count


def see(connection: Connection, usernames: Iterable[str], now_us: int) -> int:
    """Take note that the broker let these in; what they replace ends. Return how many ended."""
    ended = 0
    for username in usernames:
        mine = (_c.username == username) & _c.seen_us.is_(None) & _c.ended_us.is_(None)
        if not connection.execute(update(credentials).where(mine).values(seen_us=now_us)).rowcount:
            continue
        newest = connection.execute(select(credentials).where(_c.username == username)).one()
        older = of_box(box_of(username)) & (_c.number < newest.number) & _c.ended_us.is_(None)
        values = {"ended_us": now_us, "ended_by": _SYSTEM, "why": f"{username} is in use"}
        ended += connection.execute(update(credentials).where(older).values(values)).rowcount
    if ended:
        registry.bump(connection)
    return ended


def unseen(connection: Connection, now_us: int) -> list[str]:
    """Return the user names that replace another and have not been seen."""
    older = credentials.alias()
    waiting = (
        select(older.c.number)
        .where(older.c.gateway == _c.gateway, older.c.number < _c.number)
        .where(older.c.ended_us.is_(None), older.c.until_us > now_us)
        .exists()
    )
    query = select(_c.username).where(_c.seen_us.is_(None), waiting, *_valid(now_us))
    return list(connection.execute(query.order_by(_c.number)).scalars())


def logins(connection: Connection, now_us: int) -> list[Login]:
    """Return every valid credential, by user name."""
    topics = tables.gateway_topics
    old: dict[int, tuple[str, ...]] = {}
    for row in connection.execute(select(topics).order_by(*topics.primary_key)):
        old[row.gateway] = (*old.get(row.gateway, ()), row.place)
    query = (
        select(_c.username, _c.mosquitto, _c.nats, _g.number, _g.place)
        .join(tables.gateways, _g.number == _c.gateway)
        .where(*_valid(now_us))
        .order_by(_c.username)
    )
    return [
        Login(
            r.username,
            box_of(r.username),
            (r.place, *old.get(r.number, ())),
            r.mosquitto,
            r.nats,
        )
        for r in connection.execute(query)
    ]


def next_end_us(connection: Connection, now_us: int) -> int | None:
    """Return when the next credential ends by itself, None when none does."""
    query = select(func.min(_c.until_us)).where(_c.ended_us.is_(None), _c.until_us > now_us)
    return connection.execute(query).scalar()


def without(connection: Connection, now_us: int) -> int:
    """Return how many gateways have no valid credential: the broker refuses them."""
    valid = select(_c.gateway).where(*_valid(now_us))
    query = select(func.count()).select_from(tables.gateways).where(_g.number.not_in(valid))
    return int(connection.execute(query).scalar_one())


def of_home(connection: Connection, home: int, now_us: int) -> list[str]:
    """Return the gateways (ids) of a home (number) that have a valid credential."""
    query = select(_g.id).join(credentials, _c.gateway == _g.number).where(_g.home == home)
    return list(
        connection.execute(query.where(*_valid(now_us)).distinct().order_by(_g.id)).scalars()
    )


def history(connection: Connection, gateway: str) -> list[Credential]:
    """Return every credential of a gateway (id), the newest first."""
    query = _query().where(_g.id == gateway).order_by(_c.number.desc())
    return [_credential(row) for row in connection.execute(query)]


def _query() -> Any:  # noqa: ANN401  # a Select of many columns
    named = [getattr(_c, name) for name in Credential.__slots__ if name in _c and name != "gateway"]
    return select(_g.id.label("gateway"), _g.place, *named).join(
        tables.gateways, _g.number == _c.gateway
    )


def _credential(row: Row[Any]) -> Credential:
    return Credential(**row._asdict())


def _valid(now_us: int) -> tuple[Any, Any]:
    return _c.ended_us.is_(None), or_(_c.until_us.is_(None), _c.until_us > now_us)


def find(connection: Connection, gateway: str) -> tuple[int, str]:
    """Return number and place of this gateway (id); ConfigProblem when there is none."""
    found = connection.execute(select(_g.number, _g.place).where(_g.id == gateway)).first()
    if found is None:
        raise ConfigProblem(f"credential: there is no gateway {gateway!r}")
    return found.number, found.place
