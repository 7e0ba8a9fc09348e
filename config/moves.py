"""Moves homes with their gateways to another place; gateways are heard under both meanwhile."""

from collections.abc import Sequence
from typing import Final

from sqlalchemy import ColumnElement, Connection, delete, insert, select, update

from config import tables
from config.registry import bump

_AT_ONCE: Final = 500


def move(connection: Connection, numbers: Sequence[int], place: str) -> int:
    """Move these homes with their gateways to another place; return how many gateways moved.

    A gateway goes on being heard under the place that it had.
    """
    topics, gateways_ = tables.gateway_topics, tables.gateways
    moved = 0
    for start in range(0, len(numbers), _AT_ONCE):
        part = numbers[start : start + _AT_ONCE]
        mine = gateways_.c.home.in_(part) & (gateways_.c.place != place)
        moved += _keep_topics(connection, mine)
        connection.execute(
            delete(topics).where(
                topics.c.place == place,
                topics.c.gateway.in_(select(gateways_.c.number).where(mine)),
            )
        )
        connection.execute(update(gateways_).where(mine).values(place=place))
        connection.execute(
            update(tables.homes).where(tables.homes.c.number.in_(part)).values(place=place)
        )
    bump(connection)
    return moved


def move_shared_gateways(connection: Connection, source: str, place: str) -> int:
    """Move the gateways of no single home from one place to another; return how many."""
    mine = (tables.gateways.c.place == source) & tables.gateways.c.home.is_(None)
    moved = _keep_topics(connection, mine)
    connection.execute(update(tables.gateways).where(mine).values(place=place))
    bump(connection)
    return moved


def _keep_topics(connection: Connection, mine: ColumnElement[bool]) -> int:
    """Let these gateways be heard under the place that they have now; return how many there are."""
    topics, gateways_ = tables.gateway_topics.c, tables.gateways.c
    found = set(connection.execute(select(gateways_.number, gateways_.place).where(mine)).all())
    query = select(topics.gateway, topics.place).where(
        topics.gateway.in_(select(gateways_.number).where(mine))
    )
    new = found - set(connection.execute(query).all())
    if new:
        rows = [{"gateway": number, "place": place} for number, place in sorted(new)]
        connection.execute(insert(tables.gateway_topics), rows)
    return len(found)
