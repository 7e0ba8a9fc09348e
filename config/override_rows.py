"""Overrides in SQL: set, taken back and read; each is a roster change and an audit row."""

from collections.abc import Sequence
from dataclasses import asdict, replace

from sqlalchemy import Connection, select, update

from config import audit, tables
from config.audit import Entry
from config.overrides import Override

_t = tables.overrides
_c = _t.c


def read(connection: Connection, homes: Sequence[int] | None = None) -> list[Override]:
    """Return every override that there is or was, of these homes or of all, by number."""
    query = select(_t).order_by(_c.number)
    if homes is not None:
        query = query.where(_c.home.in_(homes))
    return [Override(**row) for row in connection.execute(query).mappings()]


def in_force(connection: Connection, homes: Sequence[int] | None = None) -> list[Override]:
    """Return the overrides that hold, of these homes or of all, by number."""
    query = select(_t).where(_c.ended_us.is_(None)).order_by(_c.number)
    if homes is not None:
        query = query.where(_c.home.in_(homes))
    return [Override(**row) for row in connection.execute(query).mappings()]


def write(connection: Connection, override: Override) -> Override:
    """Write an override, which ends the one that the home has of this name; return it numbered.

    Call ``hold_writers`` first, and check it with ``alerts.detect.own_settings``.
    """
    standing = select(_c.number, _c.value).where(
        _c.home == override.home, _c.name == override.name, _c.ended_us.is_(None)
    )
    before = connection.execute(standing).first()
    if before is not None:
        _close(connection, before.number, override.account, override.set_us)
    values = asdict(override)
    del values["number"]
    number = connection.execute(_t.insert().values(values)).inserted_primary_key
    if number is None:
        raise RuntimeError("override: the database gave no number for a new row")
    made = replace(override, number=int(number[0]))
    _log(connection, made, override.account, override.set_us,
         {"before": None if before is None else before.value, "after": made.value})  # fmt: skip
    return made


def end(connection: Connection, override: Override, account: str, now_us: int) -> Override:
    """Take an override back: from now on the place's own setting holds."""
    _close(connection, override.number, account, now_us)
    _log(connection, override, account, now_us, {"before": override.value, "after": None})
    return replace(override, ended_us=now_us, ended_by=account)


def _close(connection: Connection, number: int, account: str, now_us: int) -> None:
    values = {"ended_us": now_us, "ended_by": account}
    connection.execute(update(_t).where(_c.number == number).values(values))


def _log(
    connection: Connection, one: Override, account: str, now_us: int, change: dict[str, object]
) -> None:
    homes = tables.homes.c
    place = connection.execute(select(homes.place).where(homes.number == one.home)).scalar()
    detail = {"setting": one.name, **change}
    subject = f"override:{one.number}"
    audit.append(
        connection,
        Entry(place or audit.INSTALLATION, now_us, account, "setting", subject, detail),
    )
    revision = tables.roster.c.revision
    connection.execute(update(tables.roster).values(revision=revision + 1))
