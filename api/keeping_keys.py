"""What ``stillwell keys`` does: makes, shows, copies and changes the keys of personal data."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

from sqlalchemy import Connection

from api import console, exporting, wiring
from api.contacts_file import expect_role
from config import audit, keys, master_key
from config.audit import Entry
from config.keyring import Locked
from config.people import Account, find_account, grants_of
from config.problems import ConfigProblem
from config.roles import Role
from config.settings import Settings
from config.vault import Vault
from ingest.clock import SystemClock, microseconds

_KEEPERS: Final = (Role.GOVERNANCE, Role.ENGINEER)

SETTLE_S = 20.0
"""Seconds between two looks for keys without a row: no transaction lasts so long."""

Tell = Callable[[str], None]


def show(settings: Settings, *, tell: Tell) -> None:
    """Tell where the keys are and how many each place has; Locked says why they cannot be had."""
    vault = keys.open_vault(settings, wiring.open_database(settings))
    where = (
        "the environment" if master_key.is_given(settings) else str(master_key.file_of(settings))
    )
    counts = vault.keyring.counts()
    tell(f"master key in {where}; keyring {keys.file_of(settings)}")
    for place, count in counts.items():
        tell(f"{count:>8,} keys of {'accounts' if place == audit.INSTALLATION else place}")
    tell(f"{sum(counts.values()):,} keys; keep one copy of master key and keyring elsewhere")


def sweep(settings: Settings, *, tell: Tell) -> None:
    """Drop the keys of what the database no longer holds, which a crash may have left."""
    database = wiring.open_database(settings)
    vault = keys.open_vault(settings, database)
    with database.connect() as connection:
        before = set(keys.orphans(connection, vault))
    if before:
        time.sleep(SETTLE_S)  # a row that is being written has its key first
    with database.connect() as connection:
        gone = sorted(before & set(keys.orphans(connection, vault)))
    vault.drop(gone)
    with database.begin() as connection:
        console.note(connection, audit.INSTALLATION, "sweep-keys", "keys", dropped=len(gone))
    database.dispose()
    tell(f"{len(gone):,} keys dropped: what they sealed can be read in no backup")
    if gone:
        tell("now renew the copy: stillwell keys copy FILE")


def copy(settings: Settings, target: Path, *, tell: Tell) -> None:
    """Write the keyring over the copy in ``target``."""
    if target.resolve() == keys.file_of(settings).resolve():
        raise ConfigProblem(f"keys: {target} is the keyring itself; name another file")
    database = wiring.open_database(settings)
    vault = keys.open_vault(settings, database)
    exporting.note(database, audit.INSTALLATION, "keys", microseconds(SystemClock().now()))
    try:
        vault.keyring.copy(target)
    except OSError as problem:
        raise ConfigProblem(f"keys: {target} cannot be written: {problem.strerror}") from problem
    tell(f"keyring copied to {target}, over what was there")
    tell("keep this copy only: an older one would bring back people who were erased")


def rotate(settings: Settings, by: str, place: str, *, tell: Tell) -> None:
    """Change a place's key, or the master key and all of them; nothing that is sealed changes."""
    database = wiring.open_database(settings)
    vault = keys.open_vault(settings, database)
    known = [place] if place else vault.keyring.places()
    if place and place not in vault.keyring.places():
        raise ConfigProblem(
            f"keys: {place!r} has no key, expected one of {', '.join(vault.keyring.places())}"
        )
    with database.connect() as connection:
        if place:
            account = expect_role(connection, by, place, *_KEEPERS)
        else:
            account = _expect_keeper(connection, by)
    if not place:
        _rotate_master(settings, vault, tell=tell)
    for key in known:
        tell(f"{key}: new key, {vault.keyring.rotate_place(key):,} keys wrapped by it")
    now_us = microseconds(SystemClock().now())
    with database.begin() as connection:
        for key in known if place else (audit.INSTALLATION,):
            audit.append(connection, Entry(key, now_us, account.id, "rotate-keys", "keys", {}))
    tell("now renew the copy: stillwell keys copy FILE")


def _expect_keeper(connection: Connection, by: str) -> Account:
    """Return who is governance or engineer of any place; ConfigProblem for anybody else."""
    account = find_account(connection, by)
    grants = {} if account is None else grants_of(connection, account.id)
    if account is None or not any({*_KEEPERS} & set(held) for held in grants.values()):
        raise ConfigProblem(
            f"keys: --by {by!r} is governance or engineer of no place; name one who is"
        )
    return account


def _rotate_master(settings: Settings, vault: Vault, *, tell: Tell) -> None:
    old = master_key.read(settings)
    if master_key.is_given(settings):
        if len(old) == 1:
            raise Locked(
                "keys: the master key comes from the environment: put a new one (`stillwell keys "
                "make`) and a comma before it, run this again, then take the old one away"
            )
        tell(f"{vault.keyring.rotate_master(old)} place keys wrapped by the first master key")
        tell("take the other master keys away now")
        return
    path, new = master_key.file_of(settings), master_key.parse(master_key.make(), "new")
    master_key.replace(path, [*new, *old])  # were we stopped now, either would open
    count = vault.keyring.rotate_master(new)
    master_key.replace(path, new)
    tell(f"new master key in {path}, {count} place keys wrapped by it; restart the web process")
