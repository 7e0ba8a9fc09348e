"""Opens the vault of an installation, and sees that keyring and database belong together.

The database keeps the id of its keyring: a keyring that is missing or another's is found before
a single name would be taken for erased.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Final

from sqlalchemy import Connection, Engine, insert, inspect, select
from sqlalchemy.exc import IntegrityError

from config import master_key, tables
from config.access_tables import second_factors
from config.household_tables import drafts, households, persons
from config.keyring import Keyring, Locked
from config.settings import Settings
from config.vault import Vault, key_name


def file_of(settings: Settings) -> Path:
    """Return where the keyring is."""
    return settings.privacy.keyring or settings.data / "keys.db"


def open_vault(settings: Settings, database: Engine) -> Vault:
    """Return the vault of this database; where it cannot be opened, one that is locked.

    The first time it makes keyring and, in the data folder, master key.
    """
    keyring = None
    try:
        bound = _bound_to(database)
        keyring = _open(settings, is_new=bound is None)
        _bind(database, keyring.id, bound, file_of(settings))
    except Locked as problem:
        if keyring is not None:
            keyring.close()
        return Vault(None, str(problem))
    return Vault(keyring)


def unreadable(connection: Connection, vault: Vault) -> int:
    """Return how many sealed rows have no key; Locked without the keys.

    They were erased after a backup that was restored, or the keyring is older than the database.
    """
    names = set(_used(connection))
    return len(names) - len(vault.keyring.find(list(names)))


def orphans(connection: Connection, vault: Vault) -> list[str]:
    """Return the keys of what the database no longer holds; Locked without the keys.

    A process that ended between letting go of a row and dropping its key leaves one. Keys of a
    kind that this version does not know are not among them.
    """
    used, known = set(_used(connection)), {f"{start}:" for start in _SEALED}
    return [
        name
        for name in vault.keyring.subjects()
        if name not in used and any(name.startswith(start) for start in known)
    ]


_SEALED: Final = {
    "contact": (tables.contacts.c.id, (tables.contacts.c.sealed,)),
    "account": (second_factors.c.account, (second_factors.c.sealed,)),
    "household": (
        households.c.id,
        (households.c.sealed, households.c.key_safe, households.c.barred),
    ),
    "person": (persons.c.id, (persons.c.sealed,)),
    "draft": (drafts.c.id, (drafts.c.sealed,)),
}
"""How names of keys begin: the column of the id that follows, and what the key seals."""


def _used(connection: Connection) -> Iterator[str]:
    for start, (key, columns) in _SEALED.items():
        for id_, *texts in connection.execute(select(key, *columns)):
            for text in {text for text in texts if text}:
                yield key_name(f"{start}:{id_}", text)


def _open(settings: Settings, *, is_new: bool) -> Keyring:
    path, key = file_of(settings), master_key.file_of(settings)
    is_ours = settings.privacy.master_key_file is None and not master_key.is_given(settings)
    if is_new and is_ours and not path.exists():
        master_key.create(key)
    masters = master_key.read(settings)
    if not is_new and not path.exists():
        raise Locked(
            f"keys: {path} is missing. Without it no name, address or telephone number can be "
            "read: put its newest copy back (`stillwell keys copy` made it)"
        )
    return Keyring(path, masters)


def _bound_to(database: Engine) -> str | None:
    if not inspect(database).has_table(tables.keyring.name):
        return None  # before the first migration
    with database.connect() as connection:
        return connection.execute(select(tables.keyring.c.id)).scalar()


def _bind(database: Engine, id_: str, bound: str | None, path: Path) -> None:
    if bound is None and inspect(database).has_table(tables.keyring.name):
        try:
            with database.begin() as connection:
                bind(connection, id_)
        except IntegrityError:
            bound = _bound_to(database)  # another process was first
    if bound not in (None, id_):
        raise Locked(f"keys: {path} belongs to another database: put the keyring of this one there")


def bind(connection: Connection, id_: str) -> None:
    """Note which keyring holds the keys of this database."""
    connection.execute(insert(tables.keyring).values(only=1, id=id_))
