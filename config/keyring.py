"""The keys of personal data in a small SQLite file of its own, each wrapped by the one above it.

The master key wraps a key for each place, and that wraps a key for each person (a *subject* such
as ``home:k3v9x2mq``). The file is no part of the database nor of its backups: once a key is
dropped here, what it sealed can be read in none of their copies.
"""

import os
import secrets
import sqlite3
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from config.durable import sync_folder
from config.problems import ConfigProblem

KEY_BYTES: Final = 32
_NONCE: Final = 12
_AT_ONCE: Final = 500
_CHECK: Final = "stillwell"
_TABLES: Final = """
CREATE TABLE IF NOT EXISTS meta (name TEXT PRIMARY KEY, value BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS place_keys (place TEXT PRIMARY KEY, wrapped BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS subject_keys (
  subject TEXT PRIMARY KEY, place TEXT NOT NULL, wrapped BLOB NOT NULL);
CREATE INDEX IF NOT EXISTS subject_keys_place ON subject_keys (place);
"""


class Locked(ConfigProblem):
    """Personal data can neither be read nor written; the message says what to do."""


def encrypt(key: bytes, text: bytes, about: str) -> bytes:
    """Return the text under AES-256-GCM; it opens only with the same words about it."""
    nonce = os.urandom(_NONCE)
    return nonce + AESGCM(key).encrypt(nonce, text, about.encode())


def decrypt(key: bytes, sealed: bytes, about: str) -> bytes:
    """Return what ``encrypt`` was given; InvalidTag when key, bytes or words are others."""
    return AESGCM(key).decrypt(sealed[:_NONCE], sealed[_NONCE:], about.encode())


class Keyring:
    """The open file; methods may be called from any thread. ``path`` None keeps it in memory."""

    def __init__(self, path: Path | None, masters: Sequence[bytes]) -> None:
        """Open it, making it where it is missing; Locked when none of the masters opens it."""
        self._masters = list(masters)
        self._turn = threading.RLock()
        is_new = path is not None and not path.exists()
        try:
            self._file = sqlite3.connect(
                ":memory:" if path is None else path, isolation_level=None, timeout=10,
                check_same_thread=False,
            )  # fmt: skip
            if path is not None:
                path.chmod(0o600)
            # No log beside it, and freed pages zeroed: a dropped key leaves no byte behind.
            for pragma in ("journal_mode=DELETE", "secure_delete=ON", "synchronous=FULL"):
                self._file.execute(f"PRAGMA {pragma}")
            self._file.executescript(_TABLES)
            self.id = self._prepare()
            if is_new and path is not None:
                sync_folder(path.parent)
        except (sqlite3.Error, OSError) as problem:
            raise Locked(f"keys: {path} cannot be opened: {problem}") from problem
        except InvalidTag as problem:
            raise Locked(
                f"keys: the master key is not the one that {path} was made with: put that one back"
            ) from problem

    def _prepare(self) -> str:
        check = encrypt(self._masters[0], _CHECK.encode(), "check")
        with self._writing():
            for name, value in (("id", secrets.token_hex(16).encode()), ("check", check)):
                self._file.execute("INSERT OR IGNORE INTO meta VALUES (?, ?)", (name, value))
        held = dict(self._file.execute("SELECT name, value FROM meta"))
        self._unwrap(held["check"], "check")
        return bytes(held["id"]).decode()

    def close(self) -> None:
        """Close the file."""
        with self._turn:
            self._file.close()

    def find(self, subjects: Sequence[str]) -> dict[str, bytes]:
        """Return the keys of these subjects; one whose key was dropped is not among them.

        Locked when the keys were changed by another process since this one opened them.
        """
        try:
            with self._turn:
                rows = list(self._rows(subjects))
                places = {place: self._place_key(place) for place in {row[1] for row in rows}}
            return {s: decrypt(places[place], wrapped, s) for s, place, wrapped in rows}
        except InvalidTag as problem:
            raise Locked(
                "keys: they were changed since this process opened them: restart it"
            ) from problem

    def ensure(self, subjects: Sequence[tuple[str, str]]) -> dict[str, bytes]:
        """Return the key of each (subject, place), made where there is none."""
        names = list(dict(subjects))
        with self._writing():
            found = self.find(names)
            new = {s: place for s, place in subjects if s not in found}
            places = {place: self._place_key(place) for place in set(new.values())}
            made = {s: secrets.token_bytes(KEY_BYTES) for s in new}
            self._file.executemany(
                "INSERT INTO subject_keys VALUES (?, ?, ?)",
                [(s, place, encrypt(places[place], made[s], s)) for s, place in new.items()],
            )
        return found | made

    def drop(self, subjects: Sequence[str]) -> int:
        """Forget the keys of these subjects for good; return how many there were."""
        with self._writing():
            return sum(
                self._file.execute("DELETE FROM subject_keys WHERE subject = ?", (s,)).rowcount
                for s in subjects
            )

    def move(self, subjects: Sequence[str], place: str) -> None:
        """Wrap the keys of these subjects by the key of another place."""
        with self._writing():
            self._wrap(self.find(subjects), place)

    def rotate_place(self, place: str) -> int:
        """Give a place a new key and wrap its subjects' keys by it; return how many."""
        with self._writing():
            query = "SELECT subject FROM subject_keys WHERE place = ?"
            names = [row[0] for row in self._file.execute(query, (place,))]
            keys = self.find(names)
            self._file.execute("DELETE FROM place_keys WHERE place = ?", (place,))
            self._wrap(keys, place)
        return len(keys)

    def rotate_master(self, masters: Sequence[bytes]) -> int:
        """Wrap the keys of all places by the first of these masters; return how many there are."""
        with self._writing():
            places = [row[0] for row in self._file.execute("SELECT place FROM place_keys")]
            keys = {place: self._place_key(place) for place in places}
            self._masters = list(masters)
            rows = [(encrypt(masters[0], key, place), place) for place, key in keys.items()]
            self._file.executemany("UPDATE place_keys SET wrapped = ? WHERE place = ?", rows)
            check = encrypt(masters[0], _CHECK.encode(), "check")
            self._file.execute("UPDATE meta SET value = ? WHERE name = 'check'", (check,))
        return len(keys)

    def subjects(self) -> list[str]:
        """Return the names of all keys of subjects."""
        with self._turn:
            query = "SELECT subject FROM subject_keys ORDER BY subject"
            return [row[0] for row in self._file.execute(query)]

    def places(self) -> list[str]:
        """Return the places that have a key."""
        with self._turn:
            query = "SELECT place FROM place_keys ORDER BY place"
            return [row[0] for row in self._file.execute(query)]

    def counts(self) -> dict[str, int]:
        """Return how many subjects' keys each place has."""
        with self._turn:
            query = "SELECT place, COUNT(*) FROM subject_keys GROUP BY place ORDER BY place"
            return dict(self._file.execute(query))

    def copy(self, target: Path) -> None:
        """Write the file as it is now over ``target``, which must never hold an older one."""
        beside = target.with_name(f"{target.name}.new")
        beside.unlink(missing_ok=True)
        with self._turn, sqlite3.connect(beside) as to:
            beside.chmod(0o600)
            self._file.backup(to)
        to.close()
        beside.replace(target)
        sync_folder(target.parent)

    def _rows(self, subjects: Sequence[str]) -> Iterator[tuple[str, str, bytes]]:
        for start in range(0, len(subjects), _AT_ONCE):
            part = list(subjects[start : start + _AT_ONCE])
            marks = ",".join("?" * len(part))
            query = "SELECT subject, place, wrapped FROM subject_keys WHERE subject IN ({})"
            yield from self._file.execute(query.format(marks), part)

    def _place_key(self, place: str) -> bytes:
        query = "SELECT wrapped FROM place_keys WHERE place = ?"
        row = self._file.execute(query, (place,)).fetchone()
        if row is not None:
            return self._unwrap(row[0], place)
        key = secrets.token_bytes(KEY_BYTES)
        wrapped = encrypt(self._masters[0], key, place)
        self._file.execute("INSERT INTO place_keys VALUES (?, ?)", (place, wrapped))
        return key

    def _wrap(self, keys: dict[str, bytes], place: str) -> None:
        mine = self._place_key(place)
        rows = [(place, encrypt(mine, key, s), s) for s, key in keys.items()]
        update = "UPDATE subject_keys SET place = ?, wrapped = ? WHERE subject = ?"
        self._file.executemany(update, rows)

    def _unwrap(self, wrapped: bytes, about: str) -> bytes:
        for master in self._masters:
            try:
                return decrypt(master, wrapped, about)
            except InvalidTag:
                continue
        raise InvalidTag

    @contextmanager
    def _writing(self) -> Iterator[None]:
        with self._turn:
            if self._file.in_transaction:  # within a larger step
                yield
                return
            self._file.execute("BEGIN IMMEDIATE")
            try:
                yield
            except BaseException:
                self._file.execute("ROLLBACK")
                raise
            self._file.execute("COMMIT")
