"""Takes a contact from whom a person must be kept safe out of a home's list, at once and for good.

The row goes, its key is dropped, and the telephone number is barred: sealed with the home, compared
when contacts are saved, shown to nobody. What was barred, by whom and why is kept beside it; taking
a bar back says who did and why, and forgets the number. The contact itself cannot come back: its
words are readable nowhere, and it is entered anew.
"""

import json
import secrets
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final

from sqlalchemy import Connection, delete, insert, select, update

from config import audit, tables
from config.audit import Entry
from config.database import hold_writers
from config.household_tables import households
from config.households import read_words
from config.problems import ConfigProblem
from config.vault import Clear, Sealed, Vault, key_name

ABOUT: Final = "barred"
SHORTEST_WHY: Final = 5
LONGEST_WHY: Final = 500
_h, _c, _r = tables.homes.c, tables.contacts.c, households.c


@dataclass(frozen=True, slots=True)
class Bar:
    """One contact that was taken out of a home; ``lifted_us`` 0 is that the number stays barred.

    ``digits`` is empty once it is lifted, ``why`` where it was barred before reasons were kept.
    """

    digits: str
    at_us: int = 0
    by: str = ""
    why: str = ""
    lifted_us: int = 0
    lifted_by: str = ""
    lifted_why: str = ""


def read_why(text: str) -> str:
    """Return a reason as it is kept; ConfigProblem says what is missing."""
    try:
        return read_words(text.strip(), SHORTEST_WHY, LONGEST_WHY, lines=True)
    except ValueError as problem:
        raise ConfigProblem(f"safeguarding: say why in words, expected {problem}") from problem


def bar(
    connection: Connection, vault: Vault, contact: str, account: str, now_us: int, why: str
) -> Sequence[str]:
    """Remove this contact (id) and bar its number; return the subjects whose keys are to go.

    Drop them once the transaction has ended. ConfigProblem when there is no such contact, or no
    reason.
    """
    said = read_why(why)
    hold_writers(connection)
    query = select(_c.sealed, _c.home, _h.id, _h.place).join(tables.homes, _h.number == _c.home)
    found = connection.execute(query.where(_c.id == contact)).first()
    if found is None:
        raise ConfigProblem("safeguarding: there is no such contact")
    words = vault.open_row(f"contact:{contact}", "contact", found.sealed)
    connection.execute(delete(tables.contacts).where(_c.id == contact))
    kept = bars(connection, vault, found.home)
    one = Bar("" if words is None else digits(words["phone"]), now_us, account, said)
    gone = _keep(connection, vault, found.home, found.place, [*kept, one])
    entry = Entry(found.place, now_us, account, "safeguarding", f"home:{found.id}", {})
    audit.append(connection, entry)
    return [key_name(f"contact:{contact}", found.sealed), *gone]


def lift(
    connection: Connection,
    vault: Vault,
    home: str,
    number: int,
    account: str,
    now_us: int,
    why: str,
) -> Sequence[str]:
    """Let the number of one bar (from 1, as ``bars`` lists them) be a contact of this home again.

    Return the subjects whose keys are to go, as ``bar`` does: the number is then readable nowhere.
    ConfigProblem when there is none that stands, or no reason.
    """
    said = read_why(why)
    hold_writers(connection)
    found = connection.execute(select(_h.number, _h.place).where(_h.id == home)).first()
    kept = [] if found is None else bars(connection, vault, found.number)
    if found is None or not 1 <= number <= len(kept) or kept[number - 1].lifted_us:
        raise ConfigProblem(f"safeguarding: nothing is barred in this home under number {number}")
    old = kept[number - 1]
    kept[number - 1] = Bar("", old.at_us, old.by, old.why, now_us, account, said)
    gone = _keep(connection, vault, found.number, found.place, kept)
    detail = {"number": number}
    entry = Entry(found.place, now_us, account, "safeguarding-lifted", f"home:{home}", detail)
    audit.append(connection, entry)
    return gone


def barred(connection: Connection, vault: Vault, home: int) -> frozenset[str]:
    """Return the digits of the numbers that are barred at this home (number)."""
    return frozenset(one.digits for one in bars(connection, vault, home) if one.digits)


def bars(connection: Connection, vault: Vault, home: int) -> list[Bar]:
    """Return what was ever barred at this home (number), the oldest first."""
    row = connection.execute(select(_r.id, _r.barred).where(_r.home == home)).first()
    if row is None or not row.barred:
        return []
    opened = vault.open([Sealed(f"household:{row.id}", ABOUT, row.barred)])[0]
    return [_bar(one) for one in json.loads(opened)] if opened else []


def digits(phone: str) -> str:
    """Return a telephone number as it is compared: +44 and 0 are one."""
    found = "".join(c for c in phone if c.isdigit())
    if phone.strip().startswith("+44") or found.startswith("0044"):
        return found.removeprefix("00")[2:].lstrip("0")
    return found.lstrip("0")


def _bar(words: str | dict[str, Any]) -> Bar:
    """Return one bar; before 2026-11-28 only the digits were kept."""
    return Bar(words) if isinstance(words, str) else Bar(**words)


def _keep(
    connection: Connection, vault: Vault, home: int, place: str, wanted: Sequence[Bar]
) -> list[str]:
    """Write what is barred in a home (number), by a new key; return the keys that are to go."""
    row = connection.execute(select(_r.id, _r.barred).where(_r.home == home)).first()
    id_ = secrets.token_hex(8) if row is None else row.id
    if row is None:  # nobody has entered who lives there yet
        empty = {"sealed": "", "key_safe": "", "barred": "", "revision": 0}
        newest = wanted[-1]
        saved = {"id": id_, "home": home, "saved_by": newest.by, "saved_us": newest.at_us}
        connection.execute(insert(households).values(**empty, **saved))
    subject, before = f"household:{id_}", "" if row is None else row.barred
    text = json.dumps([asdict(one) for one in wanted], ensure_ascii=False)
    sealed = vault.seal([Clear(subject, place, ABOUT, text, is_fresh=True)])[0]
    connection.execute(update(households).where(_r.id == id_).values(barred=sealed))
    used = key_name(subject, before) if before else subject
    return [] if used == subject else [used]
