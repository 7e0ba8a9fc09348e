"""Seals and opens personal data: a text in the database, readable only while its key is kept."""

import base64
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from cryptography.exceptions import InvalidTag

from config.keyring import Keyring, Locked, decrypt, encrypt

_FIRST: Final = "v1."
"""How a sealed text begins, so that another way of sealing can follow this one."""


@dataclass(frozen=True, slots=True)
class Clear:
    """A text to be sealed: whose it is, of which place, what it is about, and the text."""

    subject: str
    place: str
    about: str
    text: str


@dataclass(frozen=True, slots=True)
class Sealed:
    """A sealed text: whose it is, what it is about, and what the database holds."""

    subject: str
    about: str
    text: str


class Vault:
    """Seals by the key of a subject, which it makes when it is first needed.

    ``locked`` says why nothing can be sealed or opened; then every method raises Locked.
    """

    def __init__(self, keyring: Keyring | None, locked: str = "") -> None:
        self._keyring = keyring
        self.locked = locked

    @property
    def keyring(self) -> Keyring:
        """The keys; Locked when they cannot be had."""
        if self._keyring is None:
            raise Locked(self.locked)
        return self._keyring

    def seal(self, texts: Sequence[Clear]) -> list[str]:
        """Return each text sealed, in order."""
        keys = self.keyring.ensure([(one.subject, one.place) for one in texts])
        return [
            _FIRST
            + base64.b64encode(
                encrypt(keys[one.subject], one.text.encode(), _bound(one.subject, one.about))
            ).decode()
            for one in texts
        ]

    def open(self, sealed: Sequence[Sealed]) -> list[str | None]:
        """Return each text, in order; None where the key was dropped: that is erased.

        Locked when a text is not what was sealed for this subject.
        """
        keys = self.keyring.find(list({one.subject for one in sealed}))
        return [None if one.subject not in keys else _open(keys[one.subject], one)
                for one in sealed]  # fmt: skip

    def seal_row(self, subject: str, place: str, about: str, row: Mapping[str, Any]) -> str:
        """Return these values sealed as one text."""
        return self.seal([Clear(subject, place, about, json.dumps(row, ensure_ascii=False))])[0]

    def open_row(self, subject: str, about: str, text: str) -> dict[str, Any] | None:
        """Return the values that ``seal_row`` was given, or None once they are erased."""
        opened = self.open([Sealed(subject, about, text)])[0]
        return None if opened is None else dict(json.loads(opened))

    def drop(self, subjects: Sequence[str]) -> int:
        """Erase these subjects here and in every backup; call it once the database has let go."""
        return self.keyring.drop(subjects)

    def move(self, subjects: Sequence[str], place: str) -> None:
        """Keep the keys of these subjects with those of another place."""
        self.keyring.move(subjects, place)


def open_vault(path: Path | None, masters: Sequence[bytes]) -> Vault:
    """Return the vault over this keyring; one that is locked says why."""
    try:
        return Vault(Keyring(path, masters))
    except Locked as problem:
        return Vault(None, str(problem))


def _open(key: bytes, sealed: Sealed) -> str:
    try:
        raw = base64.b64decode(sealed.text.removeprefix(_FIRST), validate=True)
        return decrypt(key, raw, _bound(sealed.subject, sealed.about)).decode()
    except (InvalidTag, ValueError) as problem:
        raise Locked(
            f"keys: what is kept about {sealed.subject} was changed, or belongs to another: "
            "restore it from a backup"
        ) from problem


def _bound(subject: str, about: str) -> str:
    return f"{subject}|{about}"
