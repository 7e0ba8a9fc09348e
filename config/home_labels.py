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
    found = connection.execute(select(_h.place, _h.label).where(_h.id == home)).first()
    if found is None:
        raise LookupError(home)
    try:
        wanted = read_words(label.strip(), 0, LONGEST) or f"Home {home[:8]}"
    except ValueError as problem:
        return f"is not right, expected {problem}"
    kept = household_rows.read(connection, vault, home)
    if kept is not None and kept.address is not None:
        household = Household(kept.persons, kept.address)
        if said := label_mistake(wanted, household):
            return said
    if wanted == found.label:
        return ""
    connection.execute(update(tables.homes).where(_h.id == home).values(label=wanted))
    registry.bump(connection)
    audit.append(connection, Entry(found.place, now_us, by, "label", f"home:{home}", {}))
    return ""
