"""Takes a contact from whom a person must be kept safe out of a home's list, at once and for good.

The row goes, its key is dropped, and the telephone number is barred: sealed with the home, compared
when contacts are saved, shown to nobody.
"""

import json
import secrets
from collections.abc import Sequence

from sqlalchemy import Connection, delete, insert, select, update

from config import audit, tables
from config.audit import Entry
from config.database import hold_writers
from config.household_tables import households
from config.problems import ConfigProblem
from config.vault import Clear, Sealed, Vault

ABOUT = "barred"
_h, _c, _r = tables.homes.c, tables.contacts.c, households.c


def bar(
    connection: Connection, vault: Vault, contact: str, account: str, now_us: int
) -> Sequence[str]:
    """Remove this contact (id) and bar its number; return the subjects whose keys are to go.

    Drop them once the transaction has ended. ConfigProblem when there is no such contact.
    """
    hold_writers(connection)
    query = select(_c.sealed, _c.home, _h.id, _h.place).join(tables.homes, _h.number == _c.home)
    found = connection.execute(query.where(_c.id == contact)).first()
    if found is None:
        raise ConfigProblem("safeguarding: there is no such contact")
    words = vault.open_row(f"contact:{contact}", "contact", found.sealed)
    connection.execute(delete(tables.contacts).where(_c.id == contact))
    if words is not None:
        phone = words["phone"]
        _remember(connection, vault, found.home, found.place, phone, account, now_us)
    entry = Entry(found.place, now_us, account, "safeguarding", f"home:{found.id}", {})
    audit.append(connection, entry)
    return [f"contact:{contact}"]


def barred(connection: Connection, vault: Vault, home: int) -> frozenset[str]:
    """Return the digits of the numbers that are barred at this home (number)."""
    row = connection.execute(select(_r.id, _r.barred).where(_r.home == home)).first()
    if row is None or not row.barred:
        return frozenset()
    opened = vault.open([Sealed(f"household:{row.id}", ABOUT, row.barred)])[0]
    return frozenset(json.loads(opened)) if opened else frozenset()


def digits(phone: str) -> str:
    """Return a telephone number as it is compared: +44 and 0 are one."""
    found = "".join(c for c in phone if c.isdigit())
    if phone.strip().startswith("+44") or found.startswith("0044"):
        return found.removeprefix("00")[2:].lstrip("0")
    return found.lstrip("0")


def _remember(
    connection: Connection, vault: Vault, home: int, place: str, phone: str, account: str, at: int
) -> None:
    id_ = connection.execute(select(_r.id).where(_r.home == home)).scalar()
    if id_ is None:  # nobody has entered who lives there yet
        id_ = secrets.token_hex(8)
        empty = {"sealed": "", "key_safe": "", "barred": "", "revision": 0}
        saved = {"id": id_, "home": home, "saved_by": account, "saved_us": at}
        connection.execute(insert(households).values(**empty, **saved))
    kept = sorted(barred(connection, vault, home) | {digits(phone)})
    text = vault.seal([Clear(f"household:{id_}", place, ABOUT, json.dumps(kept))])[0]
    connection.execute(update(households).where(_r.id == id_).values(barred=text))
