"""Which ended homes still have rows of which tables: one statement, however many they are.

What hangs on a gateway or a sensor alone is there as long as these are.
"""

from collections.abc import Mapping
from typing import Any, Final

from sqlalchemy import Connection, Select, Table, literal, select, union_all

from alerts import tables as alert_tables
from alerts.alert import STANDING as STATES
from api.table_copy import every_table
from config import tables
from config.endings import Kept
from config.homes import HomeState

OF: Final[Mapping[Kept, frozenset[str]]] = {
    Kept.HOUSEHOLD: frozenset({"contacts", "persons", "households", "former_addresses"}),
    Kept.DEVICES: frozenset(
        {"sensors", "replaced_sensors", "gateways", "gateway_credentials", "gateway_topics",
         "walk_tests", "installations", "visits", "pauses", "allowances", "overrides",
         "cap_proposals", "unwatched", "device_moves"}
    ),
}  # fmt: skip
"""Tables whose rows go before the home itself does."""

STANDING: Final = "standing"
"""What the homes are listed under of which an alert waits for a person."""

Holders = Mapping[str, set[int]]
"""By table the homes (numbers) of which it holds rows."""

_h, _e = tables.homes.c, tables.endings.c


def kept(connection: Connection, now_us: int, home: int | None = None) -> Holders:
    """Return which homes, whose end can be taken back no longer, have rows of what goes before it.

    Of every such home, or of one (number); alerts and findings are told too.
    """
    over = [_e.taken_back_us.is_(None), _e.until_us <= now_us, _h.state == HomeState.ENDED.value]
    if home is not None:
        over.append(_h.number == home)
    ended = (
        select(_h.number, _h.id)
        .join(tables.endings, _e.home == _h.number)
        .where(*over)
        .distinct()
        .cte("ended")
    )
    names = {*OF[Kept.HOUSEHOLD], *OF[Kept.DEVICES], "alerts", "shadow_findings"}
    with_home = [table for table in every_table() if table.name in names and "home" in table.c]
    asked = [_holders(table.name, table, ended) for table in with_home]
    states = [one.value for one in STATES]
    waits = _holders(STANDING, alert_tables.alerts, ended)
    asked.append(waits.where(alert_tables.alerts.c.state.in_(states)))
    found: dict[str, set[int]] = {name: set() for name in (STANDING, *(t.name for t in with_home))}
    for name, number in connection.execute(union_all(*asked)):
        found[name].add(number)
    return found


def _holders(name: str, table: Table, ended: Any) -> Select[Any]:  # noqa: ANN401  # a CTE
    by_number = any(key.parent.name == "home" for key in table.foreign_keys)
    mine = table.c.home == (ended.c.number if by_number else ended.c.id)
    query = select(literal(name).label("name"), ended.c.number.label("home"))
    return query.join(table, mine).distinct()
