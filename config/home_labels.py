"""What staff call a home: it stands in the clear in lists, so that nobody may be in it.

``homes.label`` is what lists sort by in SQL. It may hold neither a name of a person of the home nor
its address.
"""

from typing import Final

from sqlalchemy import Connection, select, update

from config import audit, household_rows, registry, tables
from config.audit import Entry
from config.households import Household, label_mistake, read_words
from config.vault import Vault

LONGEST: Final = 120
_h = tables.homes.c


def save(
    connection: Connection, vault: Vault, home: str, label: str, *, by: str, now_us: int
) -> str:
    """Call a home (id) this, or return why it may not be called so; empty is that it is saved.

    An empty label is made anew from the home's id. LookupError where there is no such home.
    """
    kept = household_rows.read(connection, vault, home)
    if kept is None:
        raise LookupError(home)
    household = Household(kept.persons, kept.address) if kept.address is not None else None
    return agree(connection, home, household, label, by=by, now_us=now_us)


def agree(
    connection: Connection,
    home: str,
    household: Household | None,
    label: str | None,
    *,
    by: str,
    now_us: int,
) -> str:
    """Return why a home (id) in which this household lives may not be called so, or save it.

    None asks about the label that it has. LookupError where there is no such home.
    """
    found = connection.execute(select(_h.place, _h.label).where(_h.id == home)).first()
    if found is None:
        raise LookupError(home)
    if label is None:
        return label_mistake(found.label, household) or "" if household else ""
    try:
        wanted = read_words(label.strip(), 0, LONGEST) or f"Home {home[:8]}"
    except ValueError as problem:
        return f"is not right, expected {problem}"
    if said := label_mistake(wanted, household):
        return said
    if wanted != found.label:
        connection.execute(update(tables.homes).where(_h.id == home).values(label=wanted))
        registry.bump(connection)
        audit.append(connection, Entry(found.place, now_us, by, "label", f"home:{home}", {}))
    return ""
